"""What partnerships keeps: documents, indexes, and the queries that have names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from services.partnerships.domain.account import Account, Credit, Funded, LedgerEntry
from services.partnerships.domain.allocation_return import Returned
from services.partnerships.domain.claim import Claim
from services.partnerships.domain.clawback import Clawback
from services.partnerships.domain.cover import Cover
from services.partnerships.domain.cover_request import CoverRequest
from services.partnerships.domain.employer import KnownEmployer
from services.partnerships.domain.instalment import Instalment, InstalmentStatus
from services.partnerships.domain.known_occurrence import KnownOccurrence
from services.partnerships.domain.partnership import Membership, Partnership, Step
from services.partnerships.domain.payment_run import PaymentRun
from services.partnerships.domain.planned import ActionPlan, PlanChange
from services.partnerships.domain.pot import Allocation, Payment, Pot
from services.partnerships.domain.progress_report import ProgressReport, ReportChange
from services.partnerships.domain.reach import Contribution
from services.partnerships.domain.register_file import Piece
from services.partnerships.domain.register_import import RegisterImport, RowErrors
from services.partnerships.domain.reservation import Reservation, ReservationStatus
from services.partnerships.domain.school import Conversions, Facts, School
from services.partnerships.domain.sponsor import Sponsor
from services.partnerships.domain.usage import Usage
from shared.database import Index
from shared.decision import Document
from shared.work import Work

KEEP_PIECES: Final = timedelta(days=7)
LINKED_AT_ONCE: Final = 500

DOCUMENTS: Mapping[type[Document], Sequence[Index]] = {
    School: (
        Index((("words", 1),)),
        Index((("facts.name", 1), ("id", 1))),
        Index((("facts.latitude", 1), ("facts.longitude", 1))),
        Index((("facts.postcode", 1),)),
        Index((("facts.la_number", 1),)),
        Index((("successor_urn", 1),), only={"successor_urn": {"$gt": ""}}),
        Index((("facts.status", 1), ("id", 1)), only={"facts.status": "closed"}),
    ),
    RegisterImport: (Index((("started_at", -1), ("id", -1))),),
    Piece: (
        Index((("import_id", 1), ("number", 1)), unique=True),
        Index((("made_at", 1),), expire_seconds=int(KEEP_PIECES.total_seconds())),
    ),
    RowErrors: (Index((("import_id", 1), ("number", 1)), unique=True),),
    Partnership: (
        Index((("school_urns", 1),)),
        Index((("status", 1), ("id", 1))),
        Index((("at_risk", 1), ("id", 1)), only={"at_risk": True}),
        Index((("adviser_id", 1), ("id", 1)), only={"adviser_id": {"$gt": ""}}),
        Index((("overdue", 1), ("id", 1)), only={"overdue": {"$gt": ""}}),
    ),
    Membership: (),
    Step: (Index((("partnership_id", 1), ("number", 1)), unique=True),),
    ActionPlan: (),
    PlanChange: (Index((("partnership_id", 1), ("number", 1)), unique=True),),
    KnownOccurrence: (),
    Sponsor: (),
    Pot: (Index((("sponsor_id", 1),)),),
    Payment: (Index((("pot_id", 1), ("id", 1))),),
    Allocation: (Index((("pot_id", 1), ("id", 1))), Index((("partnership_id", 1), ("id", 1)))),
    Account: (),
    Credit: (Index((("partnership_id", 1), ("id", 1))),),
    Returned: (),
    LedgerEntry: (
        Index((("partnership_id", 1), ("number", 1)), unique=True),
        Index((("partnership_id", 1), ("funded_id", 1), ("number", 1)), only={"funded_id": {"$gt": ""}}),
    ),
    Claim: (
        Index((("partnership_id", 1), ("id", 1))),
        Index((("status", 1), ("changed_at", 1), ("id", 1))),
        Index((("partnership_id", 1), ("changed_at", 1), ("id", 1)), only={"status": "short"}),
    ),
    Clawback: (Index((("partnership_id", 1), ("id", 1))),),
    PaymentRun: (),
    ProgressReport: (Index((("partnership_id", 1), ("id", 1))),),
    ReportChange: (Index((("report_id", 1), ("number", 1)), unique=True),),
    Instalment: (
        Index((("partnership_id", 1), ("id", 1))),
        Index((("partnership_id", 1), ("due_on", 1), ("id", 1)), only={"status": "waiting"}),
    ),
    Reservation: (
        Index((("partnership_id", 1), ("id", 1))),
        Index((("funded_id", 1),)),
        Index((("asked_by", 1),), only={"status": "reserved"}),
    ),
    Conversions: (),
    Usage: (),
    Cover: (),
    KnownEmployer: (Index((("company_number", 1),)),),
    Contribution: (
        Index((("partnership_id", 1), ("years", 1), ("id", 1))),
        Index((("employer_id", 1), ("years", 1), ("id", 1))),
    ),
    CoverRequest: (Index((("school_urn", 1), ("id", 1))), Index((("asked_by", 1), ("status", 1)))),
}


async def schools_by_urn(work: Work, urns: Iterable[str]) -> dict[str, School]:
    """The schools of the register among these URNs."""
    found = await work.collection(School).find({"id": {"$in": sorted(set(urns))}})
    return {school.id: school for school in found}


async def reservation_of(work: Work, funded: Funded) -> Reservation | None:
    """The money of a booking or placement, whichever partnership it was asked of."""
    where = {"funded_id": funded.id, "purpose": funded.purpose}
    found = await work.collection(Reservation).find(where, limit=1)
    return found[0] if found else None


async def ledger_of(work: Work, claim: Claim) -> list[LedgerEntry]:
    """The entries of what a claim is for, oldest first: as many as it has revisions, and a few."""
    where = {"partnership_id": claim.partnership_id, "funded_id": claim.funded_id, "purpose": claim.purpose}
    return await work.collection(LedgerEntry).find(where, sort=(("number", 1),))


async def held_for(work: Work, asked_by: str) -> list[Reservation]:
    """What is reserved for an aggregate of another service: all bookings of an occurrence, say."""
    where = {"asked_by": asked_by, "status": ReservationStatus.RESERVED.value}
    return await work.collection(Reservation).find(where, sort=(("id", 1),))


async def plan_approved_by(work: Work, partnership_id: str) -> str | None:
    """Who has approved a partnership's plan, the last time that it was approved: an account id."""
    where = {"partnership_id": partnership_id, "verb": "approve"}
    found = await work.collection(PlanChange).find(where, sort=(("number", -1),), limit=1)
    return found[0].by if found else None


async def waiting_instalments(work: Work, partnership_id: str) -> list[Instalment]:
    """Instalments that wait for money, the longest waiting first."""
    where = {"partnership_id": partnership_id, "status": InstalmentStatus.WAITING.value}
    return await work.collection(Instalment).find(where, sort=(("due_on", 1), ("id", 1)))


async def closed_without_successor(work: Work, after_urn: str) -> list[School]:
    """Closed schools that point nowhere yet, in the order of their URNs; some at a time."""
    where = {
        "facts.status": "closed",
        "successor_urn": None,
        "facts.la_number": {"$ne": None},
        "id": {"$gt": after_urn},
    }
    return await work.collection(School).find(where, sort=(("id", 1),), limit=LINKED_AT_ONCE)


async def open_by_la_number(work: Work, numbers: Iterable[str]) -> dict[str, tuple[Facts, ...]]:
    """Schools that are not closed, by LA code and establishment number."""
    where = {"facts.la_number": {"$in": sorted(set(numbers))}, "facts.status": {"$ne": "closed"}}
    found: dict[str, tuple[Facts, ...]] = {}
    for school in await work.collection(School).find(where, sort=(("id", 1),)):
        number = school.facts.la_number or ""
        found[number] = (*found.get(number, ()), school.facts)
    return found


async def onward(work: Work, urn: str) -> tuple[School, ...]:
    """The school with this URN and those that it goes on as, over as many conversions as there were, today's last.

    Empty where the register does not know it.
    """
    found: dict[str, School] = {}
    following: str | None = urn
    while following is not None and following not in found:
        school = await work.collection(School).get(following)
        if school is None:
            break
        found[school.id] = school
        following = school.successor_urn
    return tuple(found.values())


async def current_urn(work: Work, school: School) -> str:
    """Where a school's history goes on today."""
    return school.id if school.successor_urn is None else await current_urn_of(work, school.id)


async def current_urn_of(work: Work, urn: str) -> str:
    """Where the history of the school with this URN goes on today; itself, where the register does not know it."""
    schools = await onward(work, urn)
    return schools[-1].id if schools else urn


async def lineage(work: Work, urn: str) -> tuple[str, ...]:
    """A school's URN and all that it had before, through every conversion."""
    found, latest = [urn], [urn]
    while latest:
        before = await work.collection(School).find({"successor_urn": {"$in": latest}}, sort=(("id", 1),))
        latest = [school.id for school in before if school.id not in found]
        found += latest
    return tuple(found)


async def predecessor_urns(work: Work, urn: str) -> tuple[str, ...]:
    """The schools that go on as this one."""
    found = await work.collection(School).find({"successor_urn": urn}, sort=(("id", 1),))
    return tuple(school.id for school in found)
