"""How a booking ends before it is attended: it expires, is declined or cancelled. Its places are free at once.

The caller promotes afterwards, once for all that its decision has freed.
"""

from __future__ import annotations

from typing import Literal

from services.courses.domain.booking import Booking, BookingStatus, expired, moved
from services.courses.domain.change import Change
from services.courses.domain.charging import charged
from services.courses.domain.fees import Due
from services.courses.domain.places import give_back
from shared.contracts.courses import BookingCancelled, BookingDeclined, HoldExpired, OfferExpired

CancelVerb = Literal["cancel", "call-off"]
DeclineVerb = Literal["decline", "refuse"]
BY_SCHOOL = "cancelled by the school"


def expire(change: Change, booking: Booking) -> None:
    """Let a booking expire whose hold or offer has run out."""
    give_back(change, booking)
    change.keep(expired(booking))
    if booking.status is BookingStatus.OFFERED:
        change.say(
            OfferExpired(occurrence_id=change.occurrence.id, booking_id=booking.id, school_urn=booking.school_urn)
        )
        return
    change.say(
        HoldExpired(
            occurrence_id=change.occurrence.id,
            booking_id=booking.id,
            school_urn=booking.school_urn,
            partnership_id=booking.partnership_id,
        )
    )


def decline(change: Change, booking: Booking, reason: str, verb: DeclineVerb = "decline") -> Booking:
    """Turn a booking down; "refuse" is how an approver of its school does. Raises WrongState."""
    kept = moved(booking, verb, change.now, reason, change.by, expires_at=None)
    give_back(change, booking)
    change.keep(kept)
    change.say(
        BookingDeclined(
            occurrence_id=change.occurrence.id,
            booking_id=booking.id,
            school_urn=booking.school_urn,
            partnership_id=booking.partnership_id,
            reason=reason,
        )
    )
    return kept


def cancel(change: Change, booking: Booking, verb: CancelVerb, reason: str, due: Due | None = None) -> Booking:
    """Cancel a booking: "cancel" by its school, which may owe a fee; "call-off" by the organiser. Raises WrongState.

    The fee is the school's own cost: what a bursary has reserved is released in full. A school's own words may speak of
    a person: they stay in the booking's history and do not travel.
    """
    charges = booking.charges if due is None else charged(booking, due, change.now)
    kept = moved(booking, verb, change.now, reason, change.by, expires_at=None, charges=charges)
    give_back(change, booking)
    change.keep(kept)
    change.say(
        BookingCancelled(
            occurrence_id=change.occurrence.id,
            booking_id=booking.id,
            school_urn=booking.school_urn,
            places=booking.places,
            partnership_id=booking.partnership_id,
            cancelled_by="school" if verb == "cancel" else "organiser",
            reason=BY_SCHOOL if verb == "cancel" else reason,
            fee_pence=0 if due is None else due.fee_pence,
            tier=None if due is None else due.tier,
        )
    )
    return kept
