"""What placements keeps, with the indexes its queries need, and those queries by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.placements.domain.application import OPEN, Application, Candidacy
from services.placements.domain.diary import Diary
from services.placements.domain.employer import CompanyNumber, Employer
from services.placements.domain.known import KnownPartnership, KnownSchool
from services.placements.domain.offer import Offer, OfferReference
from services.placements.domain.placement import BEFORE, CLEARED, Placement, PlacementStatus
from services.placements.domain.seeking import PlacementRequest, RequestStatus
from shared.database import Index
from shared.decision import Document
from shared.work import Work

DOCUMENTS: Mapping[type[Document], Sequence[Index]] = {
    Employer: (Index((("facts.name", 1), ("id", 1))), Index((("status", 1),))),
    CompanyNumber: (),
    Offer: (
        Index((("posted_at", -1), ("id", -1))),
        Index((("employer_ids", 1), ("id", 1))),
        Index((("status", 1), ("listing.subjects", 1), ("listing.remote", 1))),
        Index((("listing.words", 1),)),
    ),
    OfferReference: (),
    Application: (
        Index((("offer_id", 1), ("status", 1), ("id", 1))),
        Index((("teacher_id", 1), ("id", 1))),
        Index((("school_urn", 1), ("id", 1))),
        Index((("employer_id", 1), ("id", 1))),
    ),
    Candidacy: (),
    Placement: (
        Index((("match.teacher_id", 1), ("id", 1))),
        Index((("match.school_urn", 1), ("id", 1))),
        Index((("match.employer_id", 1), ("id", 1))),
    ),
    PlacementRequest: (
        Index((("teacher_id", 1), ("id", 1))),
        Index((("school_urn", 1), ("id", 1))),
        Index((("status", 1), ("search.subjects", 1), ("search.free_to", 1))),
    ),
    Diary: (),
    KnownSchool: (
        Index((("facts.outcode", 1),)),
        Index((("facts.postcode", 1),)),
        Index((("successor_urn", 1),), only={"successor_urn": {"$gt": ""}}),
    ),
    KnownPartnership: (Index((("school_urns", 1),)),),
}


async def applications_to_end(work: Work, offer_id: str, limit: int) -> list[str]:
    """The ids of up to `limit` open applications for an offer."""
    where = {"offer_id": offer_id, "status": {"$in": [status.value for status in OPEN]}}
    found = await work.collection(Application).find(where, sort=(("id", 1),), limit=limit)
    return [application.id for application in found]


async def open_applications(work: Work, teacher_id: str) -> list[Application]:
    """A teacher's open applications."""
    where = {"teacher_id": teacher_id, "status": {"$in": [status.value for status in OPEN]}}
    return await work.collection(Application).find(where, sort=(("id", 1),))


async def lineage(work: Work, urn: str) -> tuple[str, ...]:
    """A school's URN and all that it had before, through every conversion."""
    found, latest = [urn], [urn]
    while latest:
        before = await work.collection(KnownSchool).find({"successor_urn": {"$in": latest}}, sort=(("id", 1),))
        latest = [school.id for school in before if school.id not in found]
        found += latest
    return tuple(found)


async def current_urn(work: Work, urn: str) -> str:
    """Where the school with this URN goes on today; itself, where it does not or nobody knows it."""
    seen = [urn]
    while (known := await work.collection(KnownSchool).get(seen[-1])) is not None and known.successor_urn is not None:
        if known.successor_urn in seen:
            break
        seen.append(known.successor_urn)
    return seen[-1]


async def unended_placements(work: Work, school_urn: str) -> list[str]:
    """The ids of a school's placements that have not begun, also those agreed under an earlier URN."""
    return await _placements(work, "match.school_urn", {"$in": list(await lineage(work, school_urn))}, BEFORE)


async def placements_that_stand_on(work: Work, employer_id: str) -> list[str]:
    """The ids of placements that wait for an employer's documents or stand on them."""
    return await _placements(work, "match.employer_id", employer_id, (PlacementStatus.SIGNED, *CLEARED))


async def _placements(work: Work, field: str, value: object, statuses: Sequence[PlacementStatus]) -> list[str]:
    where = {field: value, "status": {"$in": [status.value for status in statuses]}}
    return [found.id for found in await work.collection(Placement).find(where, sort=(("id", 1),))]


async def open_requests(work: Work, teacher_id: str) -> list[str]:
    """The ids of a teacher's open placement requests."""
    where = {"teacher_id": teacher_id, "status": RequestStatus.OPEN.value}
    return [found.id for found in await work.collection(PlacementRequest).find(where, sort=(("id", 1),))]
