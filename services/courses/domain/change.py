"""A decision in the making: the occurrence, the bookings it touches and the events so far.

Each decision on an occurrence begins with a Change and ends with its `decision`. Beginning one lets the occurrence
catch up with the clock (it is running once its first session has begun, whether the schedule has looked at it or not);
ending one works out when the schedule has to look at it next.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from services.courses.domain.approval_rule import ApprovalRule
from services.courses.domain.booking import Booking
from services.courses.domain.known import is_guarded
from services.courses.domain.occurrence import LIFE_CYCLE, Chore, Entry, Occurrence, Status, free
from services.courses.domain.terms import offer_ends
from shared.contracts.courses import AttendanceOverdue, OccurrenceCompleted
from shared.contracts.event import Event
from shared.decision import Decision, Document, Documents, Read
from shared.refusals import NotFound

R = TypeVar("R", bound=Document | None)

AT_ONCE = 20
"""How many bookings beside its own a decision may move; a schedule's slice goes on where one has stopped."""

BEFORE_START = (Status.SCHEDULED, Status.OPEN, Status.CLOSED)


class Change:
    """What a decision has changed so far. `by` names who decides, in the history of bookings."""

    __slots__ = ("_before", "_documents", "_kept", "by", "events", "now", "occurrence")

    def __init__(self, occurrence: Occurrence, documents: Documents, now: datetime, by: str) -> None:
        self._before = occurrence
        self._documents = documents
        self._kept: dict[tuple[type[Document], str], Document] = {}
        self.occurrence = occurrence
        self.now = now
        self.by = by
        self.events: list[Event] = []
        if occurrence.due_at is not None and occurrence.due_at <= now:
            self._catch_up()

    def booking(self, booking_id: str) -> Booking:
        """A booking as it stands in this change. Raises NotFound for one that is not of this occurrence."""
        booking = self._kept.get((Booking, booking_id)) or self._documents.get(Booking, booking_id)
        if not isinstance(booking, Booking) or booking.occurrence_id != self.occurrence.id:
            raise NotFound()
        return booking

    def guards_cover(self, school_urn: str) -> bool:
        """Whether this school, which is among the declared reads, is to be asked before its staff are booked."""
        return is_guarded(self._documents, school_urn)

    def approval_rule(self, school_urn: str) -> ApprovalRule | None:
        """What this school wants to be asked, if it has ever said so; its rule is among the declared reads."""
        return self._documents.get(ApprovalRule, school_urn)

    def keep(self, document: Document) -> None:
        """Write a side document with this decision."""
        self._kept[type(document), document.id] = document

    def update(self, **changes: object) -> None:
        """Give the occurrence new numbers or facts."""
        self.occurrence = self.occurrence.model_copy(update=changes)

    def move(self, verb: str, **changes: object) -> None:
        """Take the occurrence along its life cycle. Raises WrongState."""
        self.update(status=LIFE_CYCLE.next(self.occurrence.status, verb), **changes)

    def say(self, event: Event) -> None:
        """Publish a fact with this decision."""
        self.events.append(event)

    def complete_if_settled(self) -> None:
        """Nothing is left to settle after the last session: the occurrence is completed."""
        occurrence = self.occurrence
        if occurrence.status is Status.DELIVERED and not (occurrence.unsettled or occurrence.holds or occurrence.queue):
            self.move("complete", chore=Chore.COMPLETE)
            self.say(OccurrenceCompleted(occurrence_id=occurrence.id))

    def decision(self, reply: R) -> Decision[R]:
        """The decision as the door takes it; a change of nothing writes nothing."""
        if self.occurrence is self._before and not self._kept:
            return Decision(reply)
        due_at = next_due(self.occurrence, self.now)
        if due_at != self.occurrence.due_at:
            self.update(due_at=due_at)
        if isinstance(reply, Occurrence):
            reply = self.occurrence  # type: ignore[assignment]
        return Decision(reply, self.occurrence, tuple(self._kept.values()), tuple(self.events))

    def _catch_up(self) -> None:
        if self.occurrence.status in BEFORE_START and self.now >= self.occurrence.starts_at:
            self.move("start")
        if self.occurrence.status is Status.RUNNING and self.now >= self.occurrence.ends_at:
            self.move("deliver", chore=Chore.SETTLE if self.occurrence.unsettled else None)
            self.complete_if_settled()
        if (due := awaited_register(self.occurrence)) is not None and self.now >= due:
            self.move("remind", attendance_overdue=True)
            self.say(AttendanceOverdue(occurrence_id=self.occurrence.id, bookings=self.occurrence.unsettled))


def awaited_register(occurrence: Occurrence) -> datetime | None:
    """When attendance that is waited for is overdue; None where none is, or that was told."""
    days, waits = occurrence.terms.attendance_days, occurrence.status is Status.DELIVERED and occurrence.unsettled
    if not waits or days is None or occurrence.chore is not None or occurrence.attendance_overdue:
        return None
    return occurrence.ends_at + timedelta(days=days)


def next_due(occurrence: Occurrence, now: datetime) -> datetime | None:
    """When the schedule has to look at it: an expiry, its start, its end, or now when work is left over."""
    if occurrence.chore is not None or promotable(occurrence, now) or _list_is_over(occurrence):
        return now
    times = [hold.expires_at for hold in occurrence.holds.values()]
    times += [offer.expires_at for offer in occurrence.offers.values()]
    if occurrence.status in BEFORE_START:
        times.append(occurrence.starts_at)
    elif occurrence.status is Status.RUNNING:
        times.append(occurrence.ends_at)
    if (due := awaited_register(occurrence)) is not None:
        times.append(due)
    return min(times, default=None)


def promotable(occurrence: Occurrence, now: datetime) -> bool:
    """Whether the head of the waiting list is to be offered its places now."""
    return (
        bool(occurrence.queue)
        and occurrence.status in BEFORE_START
        and occurrence.queue[0].places <= free(occurrence, now)
        and offer_ends(occurrence.terms, occurrence.offers_made, occurrence.starts_at, now) is not None
    )


def _list_is_over(occurrence: Occurrence) -> bool:
    return bool(occurrence.queue) and occurrence.status in (Status.RUNNING, Status.DELIVERED)


def heads(occurrence: Occurrence | None) -> Iterable[Read]:
    """The bookings that a decision which frees places may promote."""
    entries: tuple[Entry, ...] = () if occurrence is None else occurrence.queue[:AT_ONCE]
    return [(Booking, entry.booking_id) for entry in entries]


def kept_beyond(occurrence: Occurrence | None, ends_at: datetime) -> Iterable[Read]:
    """The bookings whose hold or offer would last longer than this."""
    return [(Booking, booking_id) for expires_at, booking_id in _expiries(occurrence) if expires_at > ends_at]


def running_out(occurrence: Occurrence | None) -> Iterable[Read]:
    """The bookings whose hold or offer runs out first."""
    return [(Booking, booking_id) for _, booking_id in sorted(_expiries(occurrence))[:AT_ONCE]]


def _expiries(occurrence: Occurrence | None) -> list[tuple[datetime, str]]:
    if occurrence is None:
        return []
    both = [(hold.expires_at, booking_id) for booking_id, hold in occurrence.holds.items()]
    both += [(offer.expires_at, booking_id) for booking_id, offer in occurrence.offers.items()]
    return both
