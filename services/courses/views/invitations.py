"""Who is invited to an occurrence that is for partnerships only, and who of them has booked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.courses.domain.booking import LIVE, SETTLED, Booking, BookingStatus
from services.courses.domain.known import KnownPartnership
from services.courses.domain.occurrence import Occurrence
from services.courses.domain.vocabulary import Audience
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
    partnerships = await work.collection(KnownPartnership).find(where, sort=(("id", 1),), limit=limit)
    places = await _places(work, occurrence.id, [urn for one in partnerships for urn in one.school_urns])
    return [
        Invitation(partnership, sum(places.get(urn, 0) for urn in partnership.school_urns))
        for partnership in partnerships
    ]


async def _places(work: Work, occurrence_id: str, urns: Sequence[str]) -> dict[str, int]:
    """How many places each of these schools has."""
    where = {"occurrence_id": occurrence_id, "status": {"$in": list(COMING)}, "school_urn": {"$in": sorted(set(urns))}}
    places: dict[str, int] = {}
    for booking in await work.collection(Booking).find(where):
        places[booking.school_urn] = places.get(booking.school_urn, 0) + booking.places
    return places
