"""Places change hands here and nowhere else: held, confirmed, given back, offered to the waiting list.

One promotion rule serves every path that frees a place. The list is served strictly in the order of its numbers: while
it is not empty a free place goes to its head, even if somebody behind it or a newcomer would fit. Who must stay
together is one entry, so an entry is offered whole or not at all.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeVar

from services.courses.domain.approval_rule import ApprovalRule
from services.courses.domain.booking import SYSTEM, Booking, BookingStatus, moved, noted
from services.courses.domain.change import AT_ONCE, Change, kept_beyond, promotable
from services.courses.domain.occurrence import Entry, Hold, Offer, days_out, free
from services.courses.domain.terms import offer_ends
from shared.contracts.courses import (
    ApprovalAsked,
    BookingConfirmed,
    BookingWaitlisted,
    CoverAsked,
    PlaceHeld,
    PlaceOffered,
)

T = TypeVar("T")
K = TypeVar("K", Hold, Offer)


def take(change: Change, booking: Booking, reason: str, rule: ApprovalRule | None, urn: str) -> Booking:
    """Give a HELD booking its places; by the rule of its school it is asked first, unless it has said yes already.

    `urn` is what the school is called now, whatever the booking was made under.

    So a booking from the waiting list is asked about when its offer is accepted, not when it joins: the school decides
    about a place that there is, and is not troubled for those that never come. The place is kept for as long as the
    school may take, whatever was left of the offer.
    """
    if rule is not None and rule.required and booking.approved_by is None:
        return _ask_for_approval(change, booking, rule)
    return go_on(change, booking, reason, urn)


def _ask_for_approval(change: Change, booking: Booking, rule: ApprovalRule) -> Booking:
    occurrence = change.occurrence
    expires_at = _hold(change, booking, rule.time_to_answer(occurrence.terms.approval_hours))
    why = "Its school approves it first."
    kept = moved(booking, "ask-for-approval", change.now, why, change.by, expires_at=expires_at)
    change.keep(kept)
    change.say(
        ApprovalAsked(
            occurrence_id=occurrence.id,
            booking_id=kept.id,
            school_urn=kept.school_urn,
            places=kept.places,
            delegate_ids=tuple(line.delegate_id for line in kept.booked()),
            starts_on=occurrence.starts_on,
            approval_due_at=expires_at,
        )
    )
    return kept


def go_on(change: Change, booking: Booking, reason: str, urn: str) -> Booking:
    """Keep the places of a HELD booking while its school is asked for cover, then a bursary for money.

    Confirmed at once if nothing has to be asked.
    """
    if days_out(change.occurrence) and change.guards_cover(urn):
        expires_at = _hold(change, booking)
        kept = moved(booking, "ask-for-cover", change.now, reason, change.by, expires_at=expires_at)
        change.keep(kept)
        ask_for_cover(change, kept)
        return kept
    return ask_for_funds(change, booking, reason)


def ask_for_cover(
    change: Change, booking: Booking, *, already_booked: bool = False, delegate_ids: tuple[str, ...] | None = None
) -> None:
    """Ask the school whether the delegates, or these, may be away, or tell it that they will be."""
    change.say(
        CoverAsked(
            occurrence_id=change.occurrence.id,
            booking_id=booking.id,
            school_urn=booking.school_urn,
            delegate_ids=delegate_ids or tuple(line.delegate_id for line in booking.booked()),
            days_out=days_out(change.occurrence),
            already_booked=already_booked,
        )
    )


def ask_for_funds(change: Change, booking: Booking, reason: str) -> Booking:
    """Confirm a booking if nobody else pays for it, else keep its places until its funds are reserved."""
    if booking.partnership_id is None:
        return confirm(change, booking, reason)
    occurrence = change.occurrence
    expires_at = _hold(change, booking)
    kept = moved(booking, "ask-for-funds", change.now, reason, change.by, expires_at=expires_at)
    change.keep(kept)
    change.say(
        PlaceHeld(
            occurrence_id=occurrence.id,
            booking_id=booking.id,
            school_urn=booking.school_urn,
            places=booking.places,
            partnership_id=booking.partnership_id,
            amount_pence=booking.amount_pence,
            starts_on=occurrence.starts_on,
            hold_expires_at=expires_at,
            delegate_ids=tuple(line.delegate_id for line in booking.booked()),
        )
    )
    return kept


def confirm(change: Change, booking: Booking, reason: str) -> Booking:
    """Make the places the school's."""
    occurrence = change.occurrence
    changes: dict[str, object] = {
        "confirmed": occurrence.confirmed + booking.places,
        "unsettled": occurrence.unsettled + 1,
    }
    if booking.id in occurrence.holds:
        changes["holds"] = _without(occurrence.holds, booking.id)
    change.update(**changes)
    kept = moved(booking, "confirm", change.now, reason, change.by, expires_at=None)
    change.keep(kept)
    change.say(
        BookingConfirmed(
            occurrence_id=occurrence.id,
            booking_id=booking.id,
            school_urn=booking.school_urn,
            places=booking.places,
            partnership_id=booking.partnership_id,
            amount_pence=booking.amount_pence,
        )
    )
    return kept


def join(change: Change, booking: Booking) -> Booking:
    """Put a new booking at the end of the waiting list; its number is given here, inside the decision."""
    occurrence = change.occurrence
    number = occurrence.next_number
    entry = Entry(booking_id=booking.id, queue_number=number, places=booking.places)
    change.update(queue=(*occurrence.queue, entry), next_number=number + 1)
    kept = booking.model_copy(update={"queue_number": number})
    change.keep(kept)
    change.say(
        BookingWaitlisted(
            occurrence_id=occurrence.id,
            booking_id=booking.id,
            school_urn=booking.school_urn,
            places=booking.places,
            queue_number=number,
        )
    )
    return kept


def give_back(change: Change, booking: Booking) -> None:
    """Take a booking off the numbers, whatever it has: a hold, an offer, confirmed places, a place in the queue."""
    occurrence = change.occurrence
    if booking.status is BookingStatus.CONFIRMED:
        change.update(confirmed=occurrence.confirmed - booking.places, unsettled=occurrence.unsettled - 1)
    elif booking.id in occurrence.holds:
        change.update(holds=_without(occurrence.holds, booking.id))
    elif booking.id in occurrence.offers:
        change.update(offers=_without(occurrence.offers, booking.id))
    else:
        leave_queue(change, booking.id)


def leave_queue(change: Change, booking_id: str) -> None:
    """Take a booking out of the waiting list; the others keep their numbers."""
    queue = change.occurrence.queue
    change.update(queue=tuple(entry for entry in queue if entry.booking_id != booking_id))


def promote(change: Change, because: str) -> None:
    """Offer what is free to the head of the waiting list, and to the next ones while their places are free too."""
    for _ in range(AT_ONCE):
        if not promotable(change.occurrence, change.now):
            return
        _offer(change, because)


def keep_until_start(change: Change) -> None:
    """Let no hold or offer outlast the start, which has moved: from then on nobody could answer."""
    occurrence, starts_at = change.occurrence, change.occurrence.starts_at
    for _, booking_id in kept_beyond(occurrence, starts_at):
        why = "The course begins before that now."
        change.keep(noted(change.booking(booking_id), "shorten", change.now, why, change.by, expires_at=starts_at))
    change.update(holds=_ended(occurrence.holds, starts_at), offers=_ended(occurrence.offers, starts_at))


def _ended(kept: dict[str, K], ends_at: datetime) -> dict[str, K]:
    return {
        booking_id: each if each.expires_at <= ends_at else each.model_copy(update={"expires_at": ends_at})
        for booking_id, each in kept.items()
    }


def _hold(change: Change, booking: Booking, time: timedelta | None = None) -> datetime:
    """Keep places for a booking; gives until when. A hold that it has already goes on as it was."""
    occurrence = change.occurrence
    if booking.id in occurrence.holds:
        return occurrence.holds[booking.id].expires_at
    time = timedelta(minutes=occurrence.terms.hold_minutes) if time is None else time
    expires_at = min(change.now + time, occurrence.starts_at)
    change.update(holds={**occurrence.holds, booking.id: Hold(places=booking.places, expires_at=expires_at)})
    return expires_at


def _offer(change: Change, because: str) -> None:
    occurrence = change.occurrence
    entry = occurrence.queue[0]
    expires_at = offer_ends(occurrence.terms, occurrence.offers_made, occurrence.starts_at, change.now)
    assert expires_at is not None  # noqa: S101 - for the type checker: promotable has asked
    left = free(occurrence, change.now)
    offer = Offer(places=entry.places, expires_at=expires_at, queue_number=entry.queue_number)
    change.update(queue=occurrence.queue[1:], offers={**occurrence.offers, entry.booking_id: offer})
    reason = f"{because} {left} of {occurrence.capacity} places were free, number {entry.queue_number} was next."
    booking = moved(change.booking(entry.booking_id), "offer", change.now, reason, SYSTEM, expires_at=expires_at)
    change.keep(booking)
    change.say(
        PlaceOffered(
            occurrence_id=occurrence.id,
            booking_id=booking.id,
            school_urn=booking.school_urn,
            places=entry.places,
            queue_number=entry.queue_number,
            offer_expires_at=expires_at,
        )
    )


def _without(kept: dict[str, T], key: str) -> dict[str, T]:
    return {other: value for other, value in kept.items() if other != key}
