"""What courses keeps, with the indexes its queries need, and those queries by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from services.courses.domain.approval_rule import ApprovalRule
from services.courses.domain.booking import Booking, BookingStatus, Seat
from services.courses.domain.certificate import Certificate
from services.courses.domain.known import KnownPartnership, KnownSchool
from services.courses.domain.occurrence import Occurrence
from services.courses.domain.template import CourseCode, Template
from shared.database import Index
from shared.decision import Document
from shared.work import Work

DOCUMENTS: Mapping[type[Document], Sequence[Index]] = {
    Template: (Index((("course.title", 1), ("id", 1))), Index((("words", 1),))),
    CourseCode: (),
    Occurrence: (
        Index((("starts_at", 1), ("id", 1))),
        Index((("listing.template_id", 1), ("starts_at", 1))),
        Index((("listing.words", 1),)),
    ),
    Booking: (
        Index((("occurrence_id", 1), ("status", 1), ("id", 1))),
        Index((("school_urn", 1), ("id", 1))),
        Index((("funding.partnership_id", 1), ("id", 1)), only={"funding.kind": "bursary"}),
        Index((("school_urn", 1), ("expires_at", 1), ("id", 1)), only={"status": "pending-approval"}),
    ),
    Seat: (),
    ApprovalRule: (),
    Certificate: (
        Index((("number", 1),), unique=True),
        Index((("facts.delegate_id", 1), ("facts.issued_at", -1), ("id", -1))),
        Index((("facts.school_urn", 1), ("facts.issued_at", -1), ("id", -1))),
    ),
    KnownSchool: (
        Index((("facts.outcode", 1),)),
        Index((("facts.postcode", 1),)),
        Index((("successor_urn", 1),), only={"successor_urn": {"$gt": ""}}),
    ),
    KnownPartnership: (Index((("school_urns", 1),)),),
}


async def lineage(work: Work, urn: str) -> list[str]:
    """A school's URN and all that it had before, through every conversion."""
    return list(await lineages(work, (urn,)))


async def lineages(work: Work, urns: Iterable[str]) -> dict[str, str]:
    """All URNs that these schools have or had before, these first, each with that of these which it has become."""
    found = {urn: urn for urn in urns}
    latest = list(found)
    while latest:
        where = {"successor_urn": {"$in": latest}}
        before = await work.collection(KnownSchool).find(where, sort=(("id", 1),))
        fresh = {school.id: found[school.successor_urn or ""] for school in before if school.id not in found}
        found |= fresh
        latest = list(fresh)
    return found


async def current_urn(work: Work, urn: str) -> str:
    """Where the school with this URN goes on today; itself, where it does not or nobody knows it."""
    seen = [urn]
    while (known := await work.collection(KnownSchool).get(seen[-1])) is not None and known.successor_urn is not None:
        if known.successor_urn in seen:
            break
        seen.append(known.successor_urn)
    return seen[-1]


async def bookings_of_school(work: Work, school_urn: str, statuses: Sequence[BookingStatus]) -> list[Booking]:
    """A school's bookings in these statuses, also those that it made under an earlier URN."""
    where = {
        "school_urn": {"$in": await lineage(work, school_urn)},
        "status": {"$in": [status.value for status in statuses]},
    }
    return await work.collection(Booking).find(where, sort=(("id", 1),))


async def inviting_partnership(work: Work, school_urn: str) -> str | None:
    """The partnership that brings a school to what is for partnerships only."""
    return (await inviting_partnerships(work, (school_urn,))).get(school_urn)


async def inviting_partnerships(work: Work, school_urns: Sequence[str]) -> dict[str, str]:
    """By which partnership each of these schools is brought, an active one before alumni; each by one only."""
    wanted = sorted(set(school_urns))
    found = await work.collection(KnownPartnership).find({"school_urns": {"$in": wanted}})
    brought: dict[str, str] = {}
    for known in sorted(found, key=lambda known: (not known.active, known.id)):
        brought = {urn: known.id for urn in wanted if known.invites(urn)} | brought
    return brought


async def bookings_to_move(
    work: Work, occurrence_id: str, statuses: Sequence[BookingStatus], limit: int, *, complete: bool = False
) -> list[str]:
    """The ids of up to `limit` bookings of an occurrence in these statuses; `complete`: with a complete register."""
    where: dict[str, object] = {
        "occurrence_id": occurrence_id,
        "status": {"$in": [status.value for status in statuses]},
    }
    if complete:
        where["register_complete"] = True
    found = await work.collection(Booking).find(where, sort=(("id", 1),), limit=limit)
    return [booking.id for booking in found]
