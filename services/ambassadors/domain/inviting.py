"""Inviting, one ambassador at a time: the best who suits is asked; who does not want to, or does not answer in time,
is not asked again, and the next one is. Whoever was found before the decision is looked at again in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.ambassadors.domain.ambassador import Ambassador, may_visit
from services.ambassadors.domain.change import Change
from services.ambassadors.domain.matching import Assessment, assess, rank
from services.ambassadors.domain.offer import Offer
from services.ambassadors.domain.request import (
    REQUEST,
    SEEKING,
    ActivityRequest,
    DiaryDay,
    Invitation,
    Promise,
    RequestStatus,
    Slot,
    changing,
    diary_key,
    end,
    end_invitation,
)
from services.ambassadors.domain.terms import invitation_ends
from shared.contracts.ambassadors import AmbassadorInvited, VisitAgreed
from shared.decision import Decision, Documents, Read
from shared.refusals import Conflict, NotFound

_S = RequestStatus


class NotSuitable(Conflict):
    slug = "ambassador-not-suitable"
    title = "The ambassador does not suit this request."


class NoSuchDate(Conflict):
    slug = "no-such-date"
    title = "The school did not ask for this date."


class DateTooNear(Conflict):
    slug = "visit-date-too-near"
    title = "This date is so near that the school expects nobody any more."


class PromisedAlready(Conflict):
    slug = "promised-already"
    title = "You have promised this time to another school."


class MayNotVisit(Conflict):
    slug = "may-not-visit"
    title = "Your status or your checks do not let you go to this school on that day."


def proceed(
    request: ActivityRequest, documents: Documents, now: datetime, *, found: Sequence[str], by: str, force: bool = False
) -> Decision[ActivityRequest]:
    """Let time do its work, then ask the best of those who were found, or look again later, or give up."""
    change = changing(request, documents, now, by)
    if change.root.status in SEEKING and change.root.seeks_until <= now:
        end(change, "expire", "Nobody could come in time.", "expired")
    elif change.root.status in (_S.OPEN, _S.MATCHED) and (force or _is_time(change.root, now)):
        _ask_the_best(change, found)
    return change.decision(change.root)


def _is_time(request: ActivityRequest, now: datetime) -> bool:
    return request.status is _S.MATCHED or request.look_at is None or request.look_at <= now


def _ask_the_best(change: Change[ActivityRequest], found: Sequence[str]) -> None:
    offers = [offer for key in found if (offer := change.get(Offer, key)) is not None]
    ranking = rank(change.root, offers, change.now)
    change.update(looked_at=change.now)
    if not ranking:
        _look_again(change)
        return
    if change.root.status is _S.OPEN:
        change.move("match", REQUEST.next(_S.OPEN, "match"), f"{len(ranking)} suit.", look_at=None)
    _invite(change, ranking[0])


def _look_again(change: Change[ActivityRequest]) -> None:
    look_at = change.now + timedelta(hours=change.root.terms.look_again_hours)
    if change.root.status is _S.MATCHED:
        change.move("run-out", REQUEST.next(_S.MATCHED, "run-out"), "Nobody else suits now.", look_at=look_at)
    else:
        change.update(look_at=look_at)


def _invite(change: Change[ActivityRequest], best: Assessment) -> None:
    request = change.root
    expires_at = invitation_ends(request.terms, request.slots[-1].starts_at, request.closes_before, change.now)
    invitation = Invitation(
        ambassador_id=best.ambassador_id,
        invited_at=change.now,
        expires_at=expires_at,
        score=best.score,
        because=best.reasons(),
        by=change.by,
    )
    status = REQUEST.next(request.status, "invite")
    change.move(
        "invite",
        status,
        "The best who suits was invited.",
        invitations=(*request.invitations, invitation),
        invited_id=best.ambassador_id,
    )
    change.keep(change.must(Offer, best.ambassador_id).reserve(request.id, expires_at, change.now))
    change.say(
        AmbassadorInvited(request_id=request.id, ambassador_id=best.ambassador_id, invitation_expires_at=expires_at)
    )


def invite(
    request: ActivityRequest, documents: Documents, now: datetime, *, ambassador_id: str, by: str
) -> Decision[ActivityRequest]:
    """Invite somebody whom an officer has chosen among those who suit. Raises NotFound, WrongState, NotSuitable."""
    change = changing(request, documents, now, by)
    offer = change.must(Offer, ambassador_id)
    if change.root.status is _S.OPEN:
        change.move("match", REQUEST.next(_S.OPEN, "match"), "An officer has chosen somebody.", look_at=None)
    REQUEST.next(change.root.status, "invite")
    found = assess(change.root, offer, now)
    if not found.suitable:
        raise NotSuitable("; ".join(factor.says for factor in found.factors if factor.hard and not factor.holds) + ".")
    _invite(change, found)
    return change.decision(change.root)


def accept(
    request: ActivityRequest,
    documents: Documents,
    now: datetime,
    *,
    ambassador_id: str,
    by: str,
    starts_at: datetime,
    visit_id: str,
) -> Decision[ActivityRequest]:
    """Promise to come at one of the dates.

    Raises NotFound, WrongState, NoSuchDate, DateTooNear, MayNotVisit, PromisedAlready.
    """
    change = changing(request, documents, now, by)
    _check_invited(change.root, ambassador_id)
    status = REQUEST.next(change.root.status, "accept")
    slot = _slot(change.root, starts_at)
    ambassador = change.get(Ambassador, ambassador_id)
    if request.is_too_near(slot, now):
        raise DateTooNear(field="starts_at")
    if not may_visit(ambassador, request.place.jurisdiction, slot.starts_at.date(), now):
        raise MayNotVisit()
    _promise(change, ambassador_id, slot)
    answered = change.root.invitations[-1].model_copy(update={"ending": "accepted"})
    change.move(
        "accept",
        status,
        "The invitation was accepted.",
        invitations=(*change.root.invitations[:-1], answered),
        invited_id=None,
        ambassador_id=ambassador_id,
        visit_id=change.root.visit_id or visit_id,
        slot=slot,
    )
    change.say(_agreed(change.root, ambassador))
    return change.decision(change.root)


def _agreed(request: ActivityRequest, ambassador: Ambassador | None) -> VisitAgreed:
    assert ambassador is not None  # noqa: S101 - for the type checker: may_visit has asked
    assert request.visit_id is not None  # noqa: S101 - for the type checker
    assert request.slot is not None  # noqa: S101 - for the type checker
    return VisitAgreed(
        request_id=request.id,
        visit_id=request.visit_id,
        ambassador_id=ambassador.id,
        employer_id=ambassador.profile.employer_id,
        school_urn=request.school_urn,
        partnership_id=request.partnership_id,
        takes_place_at=request.slot.starts_at,
    )


def turn_down(
    request: ActivityRequest, documents: Documents, now: datetime, *, ambassador_id: str, by: str
) -> Decision[ActivityRequest]:
    """Not want to come; the next one is asked. Raises NotFound, WrongState."""
    change = changing(request, documents, now, by)
    _check_invited(change.root, ambassador_id)
    end_invitation(change, "turn-down", "The invitation was declined.", "declined")
    return change.decision(change.root)


def take_back(request: ActivityRequest, documents: Documents, now: datetime, *, ambassador_id: str) -> Decision[None]:
    """Take an invitation back from somebody who may not be sent any more; the next one is asked."""
    change = changing(request, documents, now, "system")
    invitation = change.root.invitation
    ambassador = change.get(Ambassador, ambassador_id)
    days = [slot.starts_at.date() for slot in change.root.slots]
    if (
        invitation is not None
        and invitation.ambassador_id == ambassador_id
        and not any(may_visit(ambassador, request.place.jurisdiction, day, now) for day in days)
    ):
        end_invitation(change, "take-back", "Another ambassador is looked for.", "withdrawn")
    return change.decision(None)


def seek_substitute(
    request: ActivityRequest, documents: Documents, now: datetime, *, visit_id: str, ambassador_id: str
) -> Decision[None]:
    """Look for somebody else for the agreed date."""
    change = changing(request, documents, now, "system")
    root = change.root
    if (
        root.visit_id == visit_id
        and root.ambassador_id == ambassador_id
        and root.slot is not None
        and REQUEST.allows(root.status, "seek-substitute")
    ):
        status = REQUEST.next(root.status, "seek-substitute")
        change.move(
            "seek-substitute", status, "Another ambassador is looked for.", slots=(root.slot,), ambassador_id=None
        )
    return change.decision(None)


def _check_invited(request: ActivityRequest, ambassador_id: str) -> None:
    """Hide a request from those who were not asked. Raises NotFound."""
    if ambassador_id not in request.asked():
        raise NotFound()
    last = request.invitations[-1]
    if request.status is _S.INVITED and last.ambassador_id != ambassador_id:
        raise NotFound()


def _slot(request: ActivityRequest, starts_at: datetime) -> Slot:
    for slot in request.slots:
        if slot.starts_at == starts_at:
            return slot
    raise NoSuchDate(field="starts_at")


def _promise(change: Change[ActivityRequest], ambassador_id: str, slot: Slot) -> None:
    key = diary_key(ambassador_id, slot.starts_at)
    day = change.get(DiaryDay, key) or DiaryDay(id=key)
    others = tuple(promise for promise in day.promises if promise.request_id != change.root.id)
    if any(promise.starts_at < slot.ends_at and slot.starts_at < promise.ends_at for promise in others):
        raise PromisedAlready(field="starts_at")
    promise = Promise(request_id=change.root.id, starts_at=slot.starts_at, ends_at=slot.ends_at)
    change.keep(day.model_copy(update={"promises": (*others, promise)}))


def its_diary(ambassador_id: str, starts_at: datetime) -> list[Read]:
    """What accepting looks at."""
    return [(Ambassador, ambassador_id), (DiaryDay, diary_key(ambassador_id, starts_at))]
