"""The host's side of an application: shortlisted, offered a place, rejected with a code."""

from __future__ import annotations

from datetime import datetime

from services.placements.domain.application import Application, moved
from services.placements.domain.applying import reminder
from services.placements.domain.asking import Ask, application_of, check_going_on, check_host, deadline, ended
from services.placements.domain.change import Change
from services.placements.domain.offer import Offer, free
from shared.contracts.placements import PlacementOffered
from shared.decision import Decision, Documents
from shared.refusals import Conflict


class NoPlaceLeft(Conflict):
    slug = "no-place-left"
    title = "Every place of the cohort is taken or offered to somebody."


def shortlist(offer: Offer, documents: Documents, now: datetime, ask: Ask) -> Decision[Application]:
    """Take an application into closer consideration. Raises NotFound, WrongState, OfferOver."""
    change = Change(offer, documents, now, ask.by)
    application = application_of(change, ask)
    check_going_on(change.offer)
    terms = change.offer.terms
    expires_at = deadline(change, application, terms.host_days)
    kept = moved(
        application,
        "shortlist",
        now,
        "The host looks closer.",
        ask.by,
        expires_at=expires_at,
        remind_at=reminder(now, terms.reminder_days, expires_at),
    )
    change.await_answer(kept)
    return change.decision(kept)


def offer_place(offer: Offer, documents: Documents, now: datetime, ask: Ask) -> Decision[Application]:
    """Keep a place for the teacher until the answer.

    Raises NotFound, WrongState, OfferOver, HostSuspended, NoPlaceLeft.
    """
    change = Change(offer, documents, now, ask.by)
    application = application_of(change, ask)
    check_going_on(change.offer)
    check_host(change, application)
    expires_at = deadline(change, application, change.offer.terms.answer_days)
    kept = moved(application, "offer", now, "The host offers a place.", ask.by, expires_at=expires_at)
    cohort = change.offer.cohort(application.wishes.cohort)
    if cohort is None or free(change.offer, cohort, now) < 1:
        raise NoPlaceLeft(cohort=application.wishes.cohort)
    change.await_answer(kept, offered=True)
    change.say(
        PlacementOffered(
            offer_id=offer.id,
            application_id=kept.id,
            school_urn=kept.school_urn,
            teacher_id=kept.teacher_id,
            answer_due_at=expires_at,
        )
    )
    return change.decision(kept)


def reject(offer: Offer, documents: Documents, now: datetime, ask: Ask, *, code: str) -> Decision[Application]:
    """Turn an application down, with a reason for statistics and for the teacher. Raises NotFound, WrongState."""
    change = Change(offer, documents, now, ask.by)
    application = application_of(change, ask)
    kept = moved(application, "reject", now, "The host has chosen others.", ask.by, reason_code=code)
    ended(change, kept, "rejected")
    return change.decision(kept)
