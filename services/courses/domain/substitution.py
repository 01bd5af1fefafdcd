"""A school sends somebody else: free of charge, and possible until the course begins.

A school that guards its cover is asked first whether it can spare the colleague: who it has let go was somebody else.
Until it answers the delegate is still booked, and the colleague cannot be booked by others.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from services.courses.domain.booking import (
    BOOKING,
    OVER,
    SYSTEM,
    Booking,
    BookingStatus,
    Delegate,
    Seat,
    Substitution,
    as_of,
    moved,
    noted,
    seat_id,
)
from services.courses.domain.cancellation import Ask, booking_of, check_not_begun, line_of, replaced
from services.courses.domain.change import Change
from services.courses.domain.known import KnownSchool, successor
from services.courses.domain.occurrence import Occurrence, days_out
from services.courses.domain.places import ask_for_cover
from services.courses.domain.reservation import check_seat
from shared.contracts.courses import DelegateSubstituted
from shared.decision import Decision, Documents, Read, ReadsInTurn
from shared.refusals import Conflict

COVERED: Final = (BookingStatus.PENDING_FUNDING, BookingStatus.CONFIRMED)
"""The school has been asked for cover already; before that it is asked about whoever is booked then."""


class CoverNotAnswered(Conflict):
    slug = "booking-cover-not-answered"
    title = "The school is being asked whether it can spare the colleague of the last substitution."


def reads(occurrence_id: str, ask: Ask, colleague_id: str, bookings: Iterable[str]) -> ReadsInTurn[Occurrence]:
    """The booking, the colleague's seat and the bookings that it is known to be in, and whether the school is asked."""
    urn = ask.school_urn or ""
    first: list[Read] = [(Booking, ask.booking_id), (Seat, seat_id(occurrence_id, colleague_id)), (KnownSchool, urn)]
    first += [(Booking, other) for other in bookings]
    return ReadsInTurn[Occurrence](lambda _occurrence: first, lambda documents: successor(documents, urn))


def substitute(
    occurrence: Occurrence,
    documents: Documents,
    now: datetime,
    ask: Ask,
    *,
    delegate_id: str,
    colleague: Delegate,
    bookings: frozenset[str],
) -> Decision[Booking]:
    """Send a colleague in a delegate's place, or ask the school first.

    Raises NotFound, WrongState, OccurrenceBegun, NoSuchDelegate, CoverNotAnswered, DelegateAlreadyBooked.
    """
    change = Change(occurrence, documents, now, ask.by)
    booking = booking_of(change, ask)
    check_not_begun(change)
    BOOKING.next(booking.status, "substitute")
    line_of(booking, delegate_id)
    if booking.substitution is not None:
        raise CoverNotAnswered()
    check_seat(occurrence.id, documents, now, colleague.delegate_id, bookings)
    change.keep(Seat(id=seat_id(occurrence.id, colleague.delegate_id), booking_id=booking.id))
    wanted = Substitution(delegate_id=delegate_id, colleague=colleague, by=ask.by)
    if (
        booking.status in COVERED
        and days_out(change.occurrence)
        and change.guards_cover(ask.school_urn or booking.school_urn)
    ):
        return change.decision(_ask(change, booking, wanted))
    return change.decision(_send(change, booking, wanted))


def spared(change: Change, booking: Booking) -> None:
    """The school can spare the colleague: send them, if that is still possible."""
    wanted, kept = booking.substitution, booking.model_copy(update={"substitution": None})
    if wanted is None:
        return
    there = _is_booked(kept, wanted.delegate_id)
    standing = as_of(kept, change.now).status
    if there and change.now < change.occurrence.starts_at and BOOKING.allows(standing, "substitute"):
        _send(change, kept, wanted)
        return
    why = f"{wanted.delegate_id} is not booked any more" if not there else "The answer came too late"
    _keep(change, booking, f"{why}: {wanted.colleague.delegate_id} does not come.")
    if standing in COVERED:
        ask_for_cover(change, kept, already_booked=True)


def not_spared(change: Change, booking: Booking) -> None:
    """The school cannot spare the colleague: the delegate comes, unless they were cancelled meanwhile."""
    wanted = booking.substitution
    if wanted is None:
        return
    there = _is_booked(booking, wanted.delegate_id)
    what = f": {wanted.delegate_id} comes." if there else f", and {wanted.delegate_id} is not booked any more."
    _keep(change, booking, f"The school cannot spare {wanted.colleague.delegate_id}{what}")


def _keep(change: Change, booking: Booking, reason: str) -> None:
    change.keep(noted(booking, "keep", change.now, reason, SYSTEM, substitution=None))


def _is_booked(booking: Booking, delegate_id: str) -> bool:
    """Whether it still takes this delegate, as it stands: over, it takes nobody."""
    return booking.status not in OVER and any(line.delegate_id == delegate_id for line in booking.booked())


def _ask(change: Change, booking: Booking, wanted: Substitution) -> Booking:
    coming = wanted.colleague.delegate_id
    reason = f"The school is asked whether {coming} can come instead of {wanted.delegate_id}."
    kept = noted(booking, "ask-for-substitute", change.now, reason, wanted.by, substitution=wanted)
    change.keep(kept)
    staying = [line.delegate_id for line in booking.booked() if line.delegate_id != wanted.delegate_id]
    ask_for_cover(change, kept, delegate_ids=(*staying, coming))
    return kept


def _send(change: Change, booking: Booking, wanted: Substitution) -> Booking:
    coming = wanted.colleague.delegate_id
    lines = (*replaced(booking.delegates, wanted.delegate_id, "substituted"), wanted.colleague)
    reason = f"{coming} comes instead of {wanted.delegate_id}."
    kept = moved(booking, "substitute", change.now, reason, wanted.by, delegates=lines)
    change.keep(kept)
    change.say(
        DelegateSubstituted(
            occurrence_id=change.occurrence.id,
            booking_id=booking.id,
            school_urn=booking.school_urn,
            delegate_id=coming,
            replaced_delegate_id=wanted.delegate_id,
        )
    )
    return kept
