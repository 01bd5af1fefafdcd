"""A school changes its mind: it cancels a booking or a delegate (substitution.py: it sends somebody else).

Both are possible until the course begins, at the fee that the occurrence's cancellation policy has for that moment: the
school's own cost, also where a bursary pays for the course, whose reservation is released in full. Nobody pays more
than they have agreed to. What becomes free goes to the waiting list in the same decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.courses.domain.booking import BOOKING, Booking, BookingStatus, Delegate, as_of, moved
from services.courses.domain.change import Change
from services.courses.domain.charging import agreed, charged, quote_for
from services.courses.domain.ending import cancel
from services.courses.domain.fees import Quote
from services.courses.domain.occurrence import Occurrence
from services.courses.domain.places import promote
from shared.contracts.courses import BookingReduced
from shared.decision import Decision, Documents
from shared.refusals import Conflict, Missing, NotFound, VersionMismatch


class OccurrenceBegun(Conflict):
    slug = "occurrence-begun"
    title = "The course has begun: the booking can no longer be changed."


class NoSuchDelegate(Missing):
    slug = "no-such-delegate"
    title = "The booking takes no such delegate."


class LastDelegate(Conflict):
    slug = "last-delegate"
    title = "This is the booking's last delegate: cancel the booking instead."


@dataclass(frozen=True, slots=True)
class Ask:
    """Who asks about which booking: `school_urn` for its school alone, `revision` if it must be unchanged since.

    `earlier_urns` are those that the school had before: its bookings keep the one that they were made under.
    `approver`: they approve for that school.
    """

    booking_id: str
    by: str
    school_urn: str | None = None
    revision: int | None = None
    earlier_urns: tuple[str, ...] = ()
    approver: bool = False

    @property
    def urns(self) -> tuple[str, ...]:
        """Every URN of the school that asks."""
        return (self.school_urn or "", *self.earlier_urns)


def booking_of(change: Change, ask: Ask) -> Booking:
    """The booking that is asked about, as it truly stands. Raises NotFound, VersionMismatch."""
    booking = as_of(change.booking(ask.booking_id), change.now)
    if ask.school_urn is not None and booking.school_urn not in ask.urns:
        raise NotFound()
    if ask.revision is not None and booking.revision != ask.revision:
        raise VersionMismatch(current_version=booking.revision)
    return booking


def check_not_begun(change: Change) -> None:
    """Refuse what is possible only before the first session. Raises OccurrenceBegun."""
    if change.now >= change.occurrence.starts_at:
        raise OccurrenceBegun()


def quote_cancellation(
    occurrence: Occurrence, stored: Booking, now: datetime, *, delegate_id: str | None = None
) -> Quote:
    """What cancelling a booking, or one of its delegates, costs now and later.

    Raises WrongState, OccurrenceBegun, NoSuchDelegate, LastDelegate, as cancelling would.
    """
    booking = as_of(stored, now)
    if now >= occurrence.starts_at:
        raise OccurrenceBegun()
    if delegate_id is None:
        BOOKING.next(booking.status, "cancel")
        return quote_for(occurrence, booking, booking.places, now)
    _check_reducible(booking, delegate_id)
    BOOKING.next(booking.status, "reduce")
    return quote_for(occurrence, booking, 1, now)


def cancel_booking(
    occurrence: Occurrence,
    documents: Documents,
    now: datetime,
    ask: Ask,
    *,
    reason: str,
    accepts: int | None = None,
) -> Decision[Booking]:
    """Cancel a booking for its school, for a fee of at most `accepts` pence.

    Raises NotFound, WrongState, OccurrenceBegun, FeeRisen.
    """
    change = Change(occurrence, documents, now, ask.by)
    booking = booking_of(change, ask)
    check_not_begun(change)
    kept = cancel(change, booking, "cancel", reason, agreed(change, booking, booking.places, accepts))
    promote(change, "Another booking was cancelled.")
    return change.decision(kept)


def cancel_delegate(
    occurrence: Occurrence,
    documents: Documents,
    now: datetime,
    ask: Ask,
    *,
    delegate_id: str,
    reason: str,
    accepts: int | None = None,
) -> Decision[Booking]:
    """Take one delegate off a booking, for a fee of at most `accepts` pence.

    Raises NotFound, WrongState, OccurrenceBegun, NoSuchDelegate, LastDelegate, FeeRisen.
    """
    change = Change(occurrence, documents, now, ask.by)
    booking = booking_of(change, ask)
    check_not_begun(change)
    _check_reducible(booking, delegate_id)
    due = agreed(change, booking, 1, accepts)
    kept = moved(
        booking,
        "reduce",
        now,
        reason,
        ask.by,
        places=booking.places - 1,
        delegates=replaced(booking.delegates, delegate_id, "cancelled"),
        charges=charged(booking, due, now, delegate_id),
    )
    change.keep(kept)
    _reduce_numbers(change, kept)
    change.say(
        BookingReduced(
            occurrence_id=occurrence.id,
            booking_id=kept.id,
            school_urn=kept.school_urn,
            delegate_id=delegate_id,
            places=kept.places,
            partnership_id=kept.partnership_id,
            amount_pence=kept.amount_pence,
            fee_pence=due.fee_pence,
            tier=due.tier,
        )
    )
    promote(change, "A delegate of another booking was cancelled.")
    return change.decision(change.booking(kept.id))


def _check_reducible(booking: Booking, delegate_id: str) -> None:
    line_of(booking, delegate_id)
    if booking.places == 1:
        raise LastDelegate(field="delegate_id")


def _reduce_numbers(change: Change, booking: Booking) -> None:
    occurrence = change.occurrence
    if booking.status is BookingStatus.CONFIRMED:
        change.update(confirmed=occurrence.confirmed - 1)
        return
    change.update(
        queue=tuple(
            entry.model_copy(update={"places": booking.places}) if entry.booking_id == booking.id else entry
            for entry in occurrence.queue
        )
    )


def line_of(booking: Booking, delegate_id: str) -> Delegate:
    """The line of a delegate whom it still takes. Raises NoSuchDelegate."""
    for line in booking.booked():
        if line.delegate_id == delegate_id:
            return line
    raise NoSuchDelegate(field="delegate_id")


def replaced(lines: Sequence[Delegate], delegate_id: str, status: str) -> tuple[Delegate, ...]:
    """The lines with a delegate who was booked in another status."""
    return tuple(
        line.model_copy(update={"status": status})
        if line.delegate_id == delegate_id and line.status == "booked"
        else line
        for line in lines
    )
