"""Who is invited to an occurrence that is for partnerships only, and who of them has booked.

A school that belongs to an alumni partnership and to an active one is brought by the active one, and counts there only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.courses.domain.booking import LIVE, SETTLED, Booking, BookingStatus
from services.courses.domain.known import KnownPartnership
from services.courses.domain.occurrence import Occurrence
from services.courses.domain.vocabulary import Audience
from services.courses.store import inviting_partnership, inviting_partnerships, lineages
from shared.database import Collection
from shared.http.paging import Value, following
from shared.work import Work

COMING = tuple(
    status.value for status in (*LIVE, *SETTLED, BookingStatus.COMPLETED) if status is not BookingStatus.WAITLISTED
)


@dataclass(frozen=True, slots=True)
class Invitation:
    """A partnership that is invited, and how many places its schools have."""

    partnership: KnownPartnership
    places_booked: int


async def invitations(
    work: Work, occurrence: Occurrence, after: tuple[Value, ...] | None, limit: int
) -> list[Invitation]:
    """The active and alumni partnerships, in the order of their ids; nobody where everybody may book."""
    if occurrence.audience is Audience.EVERYBODY:
        return []
    where = {"$and": [{"$or": [{"active": True}, {"alumni": True}]}, following((("id", 1),), after)]}
    where["$and"] = [condition for condition in where["$and"] if condition]
    return await _counted(work, occurrence, await _kept(work).find(where, sort=(("id", 1),), limit=limit))


async def invitation_of(work: Work, occurrence: Occurrence, school_urn: str) -> list[Invitation]:
    """That of the partnership which brings a school; none where no one does, or where everybody may book."""
    if occurrence.audience is Audience.EVERYBODY:
        return []
    partnership_id = await inviting_partnership(work, school_urn)
    partnership = None if partnership_id is None else await _kept(work).get(partnership_id)
    return [] if partnership is None else await _counted(work, occurrence, [partnership])


def _kept(work: Work) -> Collection[KnownPartnership]:
    return work.collection(KnownPartnership)


async def _counted(work: Work, occurrence: Occurrence, partnerships: Sequence[KnownPartnership]) -> list[Invitation]:
    urns = [urn for one in partnerships for urn in one.school_urns]
    brought, places = await inviting_partnerships(work, urns), await _places(work, occurrence.id, urns)
    return [
        Invitation(one, sum(places.get(urn, 0) for urn in one.school_urns if brought.get(urn) == one.id))
        for one in partnerships
    ]


async def _places(work: Work, occurrence_id: str, urns: Sequence[str]) -> dict[str, int]:
    """How many places each of these schools has, also those that it booked under an earlier URN."""
    present = await lineages(work, urns)
    where = {"occurrence_id": occurrence_id, "status": {"$in": list(COMING)}, "school_urn": {"$in": sorted(present)}}
    places: dict[str, int] = {}
    for booking in await work.collection(Booking).find(where):
        urn = present[booking.school_urn]
        places[urn] = places.get(urn, 0) + booking.places
    return places
