"""What time does to an occurrence: holds and offers run out, and the waiting list ends when the course begins.

Tidying is never what makes an expiry true: a hold or an offer that has run out does not count for anybody. It writes
down what has happened, says so, and offers the places on.
"""

from __future__ import annotations

from datetime import datetime

from services.courses.domain.booking import SCHEDULE, lapsed
from services.courses.domain.change import AT_ONCE, Change, running_out
from services.courses.domain.ending import decline, expire
from services.courses.domain.occurrence import Occurrence, Status
from services.courses.domain.places import promote
from shared.decision import Decision, Documents


def tidy(occurrence: Occurrence, documents: Documents, now: datetime) -> Decision[None]:
    """Write down what time has done: expiries, offers that follow, the end of the waiting list. In slices."""
    change = Change(occurrence, documents, now, SCHEDULE)
    for _, booking_id in running_out(occurrence):
        booking = change.booking(booking_id)
        if lapsed(booking, now):
            expire(change, booking)
    if change.occurrence.status in (Status.RUNNING, Status.DELIVERED):
        for entry in change.occurrence.queue[:AT_ONCE]:
            decline(change, change.booking(entry.booking_id), "The course began before a place became free.")
        change.complete_if_settled()
    promote(change, "A hold or an offer had run out.")
    return change.decision(None)
