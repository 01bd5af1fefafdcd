"""What time does to an offer's applications: hosts are reminded, answers that did not come are not waited for any more.

Tidying is never what makes an expiry true: an application whose time has run out does not count for anybody. It writes
down what has happened and says so, so that the teacher can be helped to another offer.
"""

from __future__ import annotations

from datetime import datetime

from services.placements.domain.application import SCHEDULE, Application, expired, lapsed, moved
from services.placements.domain.change import Change, next_ones
from services.placements.domain.offer import Offer
from shared.contracts.placements import ApplicationEnded, HostReminded
from shared.decision import Decision, Documents


def tidy(offer: Offer, documents: Documents, now: datetime) -> Decision[None]:
    """Write down what time has done: expiries, reminders, the offer's end. In slices."""
    change = Change(offer, documents, now, SCHEDULE)
    for _, application_id in next_ones(offer):
        application = change.application(application_id)
        if lapsed(application, now):
            expire(change, application)
        elif application.remind_at is not None and application.remind_at <= now:
            _remind(change, application)
    return change.decision(None)


def expire(change: Change, application: Application) -> None:
    """Let an application expire that nobody has answered in time; a place that it held is free."""
    kept = expired(application)
    change.answered(kept)
    change.say(
        ApplicationEnded(
            offer_id=change.offer.id,
            application_id=kept.id,
            school_urn=kept.school_urn,
            teacher_id=kept.teacher_id,
            application_ending="expired",
            reason_code=kept.reason_code or "",
        )
    )


def _remind(change: Change, application: Application) -> None:
    kept = moved(
        application,
        "remind",
        change.now,
        "The host has not answered yet.",
        SCHEDULE,
        expires_at=application.expires_at,
    )
    change.await_answer(kept)
    change.say(
        HostReminded(offer_id=change.offer.id, application_id=application.id, employer_id=application.employer_id)
    )
