"""What partnerships keeps: documents, indexes, and the queries that have names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from services.partnerships.domain.account import Account, Credit, LedgerEntry
from services.partnerships.domain.partnership import Membership, Partnership, Step
from services.partnerships.domain.pot import Allocation, Payment, Pot
from services.partnerships.domain.reservation import Reservation
from services.partnerships.domain.school import School
from services.partnerships.domain.sponsor import Sponsor
from shared.database import Index
from shared.decision import Document
from shared.work import Work

DOCUMENTS: Mapping[type[Document], Sequence[Index]] = {
    School: (
        Index((("words", 1),)),
        Index((("facts.name", 1), ("id", 1))),
        Index((("facts.latitude", 1), ("facts.longitude", 1))),
        Index((("facts.postcode", 1),)),
        Index((("facts.la_number", 1),)),
        Index((("successor_urn", 1),)),
    ),
    Partnership: (Index((("school_urns", 1),)), Index((("status", 1), ("id", 1)))),
    Membership: (),
    Step: (Index((("partnership_id", 1), ("number", 1)), unique=True),),
    Sponsor: (),
    Pot: (Index((("sponsor_id", 1),)),),
    Payment: (Index((("pot_id", 1), ("id", 1))),),
    Allocation: (Index((("pot_id", 1), ("id", 1))), Index((("partnership_id", 1), ("id", 1)))),
    Account: (),
    Credit: (Index((("partnership_id", 1), ("id", 1))),),
    LedgerEntry: (Index((("partnership_id", 1), ("number", 1)), unique=True),),
    Reservation: (Index((("partnership_id", 1), ("id", 1))),),
}


async def schools_by_urn(work: Work, urns: Iterable[str]) -> dict[str, School]:
    """The schools of the register among these URNs."""
    found = await work.collection(School).find({"id": {"$in": sorted(set(urns))}})
    return {school.id: school for school in found}
