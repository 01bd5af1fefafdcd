"""The answer about the money: funds are reserved or refused, and the places follow.

Whether a hold is still good is decided here, when the answer arrives, by the time it arrives at: a hold that has run
out is never confirmed, and says so to those who hold the money.
"""

from __future__ import annotations

from datetime import datetime

from services.courses.domain.booking import SYSTEM, BookingStatus, lapsed
from services.courses.domain.change import Change
from services.courses.domain.ending import decline, expire
from services.courses.domain.occurrence import Occurrence
from services.courses.domain.places import confirm, promote
from shared.decision import Decision, Documents


def funds_reserved(occurrence: Occurrence, documents: Documents, now: datetime, booking_id: str) -> Decision[None]:
    """Confirm the booking if it still waits for its funds; if its hold has run out, let it expire.

    A booking that has ended meanwhile has said so, and its funds are released for that.
    """
    change = Change(occurrence, documents, now, SYSTEM)
    booking = change.booking(booking_id)
    if booking.status is BookingStatus.PENDING_FUNDING:
        if lapsed(booking, now):
            expire(change, booking)
            promote(change, "A hold had run out.")
        else:
            confirm(change, booking, "Its funds are reserved.")
    return change.decision(None)


def funds_refused(
    occurrence: Occurrence, documents: Documents, now: datetime, booking_id: str, reason: str
) -> Decision[None]:
    """Decline the booking if it still waits for its funds; its places go to the waiting list."""
    change = Change(occurrence, documents, now, SYSTEM)
    booking = change.booking(booking_id)
    if booking.status is BookingStatus.PENDING_FUNDING:
        decline(change, booking, reason)
        promote(change, "Another booking was refused its funds.")
    return change.decision(None)
