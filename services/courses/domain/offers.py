"""A school answers an offer from the waiting list, or claims a free place late.

When offers are no longer made (the last working days before the course), the head of the waiting list may claim free
places itself; nobody else may, so that the order of the list holds to the end.
"""

from __future__ import annotations

from datetime import datetime

from services.courses.domain.approval_rule import approved_by
from services.courses.domain.booking import Booking, BookingStatus, moved
from services.courses.domain.cancellation import Ask, booking_of, check_not_begun
from services.courses.domain.change import Change
from services.courses.domain.occurrence import Occurrence, free
from services.courses.domain.places import give_back, promote, take
from shared.contracts.courses import OfferDeclined
from shared.decision import Decision, Documents
from shared.refusals import Conflict


class NotYourTurn(Conflict):
    slug = "not-your-turn"
    title = "No place is free for this booking, or others wait before it."


def accept(occurrence: Occurrence, documents: Documents, now: datetime, ask: Ask) -> Decision[Booking]:
    """Take the offered places, or claim free ones. Raises NotFound, WrongState, OccurrenceBegun, NotYourTurn."""
    change = Change(occurrence, documents, now, ask.by)
    booking = booking_of(change, ask)
    check_not_begun(change)
    verb = "claim" if booking.status is BookingStatus.WAITLISTED else "accept"
    if verb == "claim":
        _check_turn(change, booking)
    urn = ask.school_urn or booking.school_urn
    rule = change.approval_rule(urn)
    own = booking.booked_by == ask.by and not ask.approver
    approved = booking.approved_by or (None if own else approved_by(rule, ask.by, ask.approver, now))
    taken = moved(booking, verb, now, "The school takes the places.", ask.by, expires_at=None, approved_by=approved)
    give_back(change, booking)
    reason = "The offer was accepted." if verb == "accept" else "The head of the list claimed it."
    return change.decision(take(change, taken, reason, rule, urn))


def decline_offer(occurrence: Occurrence, documents: Documents, now: datetime, ask: Ask) -> Decision[Booking]:
    """Turn the offered places down; they go to the next. Raises NotFound, WrongState, OccurrenceBegun."""
    change = Change(occurrence, documents, now, ask.by)
    booking = booking_of(change, ask)
    check_not_begun(change)
    kept = moved(booking, "turn-down", now, "The school does not want the offered places.", ask.by, expires_at=None)
    give_back(change, booking)
    change.keep(kept)
    change.say(OfferDeclined(occurrence_id=occurrence.id, booking_id=booking.id, school_urn=booking.school_urn))
    promote(change, "An offer was declined.")
    return change.decision(kept)


def _check_turn(change: Change, booking: Booking) -> None:
    head = change.occurrence.queue[0] if change.occurrence.queue else None
    left = free(change.occurrence, change.now)
    if head is None or head.booking_id != booking.id or left < booking.places:
        raise NotYourTurn(places_left=max(left, 0), queue_number=booking.queue_number)
