"""Whether a school can spare its staff: it is asked before the money is, while the places are held.

The school's own document decides, in the partnerships service; what is known here is only that it wants to be asked.
An answer counts while the hold is good: a hold that has run out is never confirmed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from services.courses.domain.booking import SYSTEM, BookingStatus, lapsed
from services.courses.domain.change import Change
from services.courses.domain.ending import decline, expire
from services.courses.domain.occurrence import Occurrence
from services.courses.domain.places import ask_for_cover, ask_for_funds, promote
from services.courses.domain.substitution import not_spared, spared
from shared.decision import Decision, Documents

TOLD_OF: Final = (BookingStatus.PENDING_FUNDING, BookingStatus.CONFIRMED)
"""How bookings stand that a school hears of when it begins to guard its cover."""


def cover_granted(occurrence: Occurrence, documents: Documents, now: datetime, booking_id: str) -> Decision[None]:
    """Go on with the booking if it still waits for this; if its hold has run out, let it expire.

    Where the question was about a colleague, send them.
    """
    change = Change(occurrence, documents, now, SYSTEM)
    booking = change.booking(booking_id)
    if booking.status is BookingStatus.PENDING_COVER:
        if lapsed(booking, now):
            expire(change, booking)
            promote(change, "A hold had run out.")
        else:
            ask_for_funds(change, booking, "The school can spare them.")
    else:
        spared(change, booking)
    return change.decision(None)


def cover_refused(
    occurrence: Occurrence, documents: Documents, now: datetime, booking_id: str, reason: str
) -> Decision[None]:
    """Decline the booking if it still waits for this; its places go to the waiting list.

    Where the question was about a colleague, the delegate comes.
    """
    change = Change(occurrence, documents, now, SYSTEM)
    booking = change.booking(booking_id)
    if booking.status is BookingStatus.PENDING_COVER:
        decline(change, booking, reason)
        promote(change, "Another booking was refused by its school.")
    else:
        not_spared(change, booking)
    return change.decision(None)


def tell_of_bookings(
    occurrence: Occurrence, documents: Documents, now: datetime, booking_ids: Sequence[str]
) -> Decision[None]:
    """Tell a school that guards its cover from now on of all bookings that it has here already."""
    change = Change(occurrence, documents, now, SYSTEM)
    for booking in map(change.booking, booking_ids):
        if booking.status in TOLD_OF and now < change.occurrence.ends_at:
            ask_for_cover(change, booking, already_booked=True)
    return Decision(None, change.occurrence, (), tuple(change.events)) if change.events else Decision(None)
