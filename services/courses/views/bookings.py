"""Bookings as callers may see them: as they truly stand now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from services.courses.domain.booking import Booking, BookingStatus, as_of
from services.courses.domain.cancellation import quote_cancellation
from services.courses.domain.fees import Quote
from services.courses.domain.occurrence import Occurrence
from services.courses.store import lineage
from shared.http.paging import Value, following
from shared.http.principal import Principal, Role
from shared.refusals import Conflict, NotAllowed, NotFound
from shared.work import Work

SEES_ALL: Final[tuple[Role, ...]] = ("programme-officer", "finance-officer", "auditor")
SEES_SCHOOL: Final[tuple[Role, ...]] = ("teacher", "school-approver", "partnership-lead")


class NotWaiting(Conflict):
    slug = "not-waiting"
    title = "The booking is not on the waiting list."


@dataclass(frozen=True, slots=True)
class Audience:
    """Whose bookings a caller may see: everybody's, a school's under every URN it had, those a partnership funds.

    What only counts for a partnership, while the school pays, is the school's alone: it names the school's staff.
    """

    everything: bool
    school_urns: tuple[str, ...] = ()
    partnership_id: str | None = None

    @classmethod
    def of(cls, caller: Principal) -> Audience:
        """The audience of a caller. Raises NotAllowed."""
        if caller.has(*SEES_ALL):
            return cls(everything=True)
        school = caller.school_urn if caller.has(*SEES_SCHOOL) else None
        partnership = caller.partnership_id if caller.has("partnership-lead") else None
        if school is None and partnership is None:
            raise NotAllowed("You act for no school.")
        return cls(False, () if school is None else (school,), partnership)

    async def widened(self, work: Work) -> Audience:
        """The same with the URNs that the school had before."""
        if not self.school_urns:
            return self
        return replace(self, school_urns=tuple(await lineage(work, self.school_urns[0])))

    def sees(self, booking: Booking) -> bool:
        """Whether this booking is theirs to see."""
        return (
            self.everything
            or booking.school_urn in self.school_urns
            or (
                self.partnership_id is not None
                and booking.funding.kind == "bursary"
                and booking.funding.partnership_id == self.partnership_id
            )
        )

    def filter(self) -> dict[str, Any]:
        """The same for the store."""
        if self.everything:
            return {}
        branches: list[dict[str, Any]] = []
        if self.school_urns:
            branches.append({"school_urn": {"$in": list(self.school_urns)}})
        if self.partnership_id is not None:
            branches.append({"funding.partnership_id": self.partnership_id, "funding.kind": "bursary"})
        return {"$or": branches}


async def booking(work: Work, audience: Audience, occurrence_id: str, booking_id: str) -> Booking:
    """One booking. Raises NotFound, also for one that the caller may not see."""
    found = await work.collection(Booking).get(booking_id)
    if found is None or found.occurrence_id != occurrence_id:
        raise NotFound()
    if not audience.sees(found) and not (await audience.widened(work)).sees(found):
        raise NotFound()
    return found


async def bookings(
    work: Work,
    audience: Audience,
    status: BookingStatus | None,
    occurrence_id: str | None,
    after: tuple[Value, ...] | None,
    limit: int,
) -> list[Booking]:
    """Bookings from the newest on. A lapsed hold or offer is found as expired, not as what the store still says."""
    now = work.clock.now()
    where = [(await audience.widened(work)).filter(), following((("id", -1),), after)]
    if occurrence_id is not None:
        where.append({"occurrence_id": occurrence_id})
    if status is BookingStatus.EXPIRED:
        where.append({"$or": [{"status": status.value}, {"expires_at": {"$lte": now}}]})
    elif status is not None:
        where += [{"status": status.value}, {"$or": [{"expires_at": None}, {"expires_at": {"$gt": now}}]}]
    return await work.collection(Booking).find({"$and": _some(where)}, sort=(("id", -1),), limit=limit)


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """Where a booking stands on the waiting list."""

    queue_number: int
    position: int
    places_ahead: int
    waiting: int


async def queue_place(work: Work, audience: Audience, occurrence_id: str, booking_id: str) -> QueuePlace:
    """The place of a booking on the waiting list. Raises NotFound, NotWaiting."""
    found = await booking(work, audience, occurrence_id, booking_id)
    occurrence = await work.collection(Occurrence).get(occurrence_id)
    queue = () if occurrence is None else occurrence.queue
    for index, entry in enumerate(queue):
        if entry.booking_id == booking_id:
            ahead = sum(before.places for before in queue[:index])
            return QueuePlace(entry.queue_number, index + 1, ahead, len(queue))
    raise NotWaiting(state=as_of(found, work.clock.now()).status.value)


async def cancellation_quote(
    work: Work, audience: Audience, occurrence_id: str, booking_id: str, delegate_id: str | None
) -> tuple[Quote, str]:
    """What cancelling costs now and later, and in which zone the occurrence counts its days.

    Raises NotFound, WrongState, OccurrenceBegun, NoSuchDelegate, LastDelegate.
    """
    found = await booking(work, audience, occurrence_id, booking_id)
    occurrence = await work.collection(Occurrence).get(occurrence_id)
    if occurrence is None:
        raise NotFound()
    return quote_cancellation(occurrence, found, work.clock.now(), delegate_id=delegate_id), occurrence.zone


def _some(where: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The conditions that say something; the store wants at least one."""
    return [condition for condition in where if condition] or [{}]
