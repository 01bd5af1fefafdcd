"""The safeguarding gate: whoever may not be sent to a school does not go, and the school is never told why.

It is asked when a visit is agreed and once more right after, whenever the ambassador's status or checks change, when
the visit begins, and when the ambassador stands at the door. Where it shuts, the visit seeks a substitute at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from services.ambassadors.domain.change import SYSTEM, Change, Moment
from services.ambassadors.domain.known import Urns, of_school
from services.ambassadors.domain.request import ActivityRequest
from services.ambassadors.domain.visit import (
    AHEAD,
    VISIT,
    Visit,
    VisitStatus,
    call_off,
    changing,
    fit,
    free_day_of,
    lose,
    next_due,
)
from shared.contracts.ambassadors import (
    AmbassadorReplaced,
    RequestEnding,
    VisitAgreed,
    VisitCancelledBy,
    VisitConfirmed,
)
from shared.decision import Decision, Documents
from shared.refusals import Conflict, NotFound

_GIVEN_UP: dict[RequestEnding, tuple[str, VisitCancelledBy]] = {
    "expired": ("Nobody else could be found in time.", "programme"),
    "declined": ("The programme does not do this.", "programme"),
    "cancelled": ("The school has ended its request.", "school"),
}
"""Why a visit does not take place when its request has ended so, and who has called it off."""


class NotLetIn(Conflict):
    slug = "ambassador-not-let-in"
    title = "This ambassador may not be let in. The programme looks for somebody else."


class NotTheTime(Conflict):
    slug = "not-the-time-of-the-visit"
    title = "An ambassador arrives shortly before the visit or while it lasts."


def agree(
    existing: Visit | None, documents: Documents, now: datetime, *, event: VisitAgreed, request: ActivityRequest
) -> Decision[None]:
    """Keep the visit that was agreed; agreed again with somebody else, they come instead."""
    if existing is None:
        return _open(documents, now, event, request)
    change = changing(existing, documents, now, SYSTEM)
    if change.root.status is VisitStatus.SEEKING_SUBSTITUTE and event.ambassador_id not in change.root.replaced:
        _replace(change, event)
        _look(change)
    elif not has(change.root, event.ambassador_id):
        free_day_of(change, event.ambassador_id)
    return change.decision(None)


def has(visit: Visit, ambassador_id: str) -> bool:
    """Whether an ambassador who has agreed to a visit is to go; it may have been called off in the meantime."""
    return visit.ambassador_id == ambassador_id and visit.status is not VisitStatus.CANCELLED


def _open(documents: Documents, now: datetime, event: VisitAgreed, request: ActivityRequest) -> Decision[None]:
    slot = request.slot
    if slot is None:
        raise NotFound()
    moment = Moment(at=now, verb="agree", status=VisitStatus.AGREED, reason="An ambassador has agreed.", by=SYSTEM)
    visit = Visit(
        id=event.visit_id,
        status=VisitStatus.AGREED,
        request_id=request.id,
        school_urn=request.school_urn,
        partnership_id=request.partnership_id,
        tour_id=request.tour_id,
        ambassador_id=event.ambassador_id,
        employer_id=event.employer_id,
        activity=request.activity,
        place=request.place,
        starts_at=event.takes_place_at,
        ends_at=slot.ends_at,
        agreed_at=now,
        check_at=now,
        outcome_reminder_days=request.terms.outcome_reminder_days,
        outcome_days=request.terms.outcome_days,
        history=(moment,),
    )
    change = Change(visit, documents, now, SYSTEM, next_due)
    change.update()
    _look(change)
    return change.decision(None)


def _replace(change: Change[Visit], event: VisitAgreed) -> None:
    visit = change.root
    status = VISIT.next(visit.status, "replace")
    changes = {"ambassador_id": event.ambassador_id, "employer_id": event.employer_id}
    change.move("replace", status, "Another ambassador comes.", check_at=change.now, **changes)
    change.say(
        AmbassadorReplaced(
            visit_id=visit.id,
            request_id=visit.request_id,
            school_urn=visit.school_urn,
            ambassador_id=event.ambassador_id,
            replaced_ambassador_id=visit.ambassador_id,
        )
    )
    if visit.supervision is not None:
        change.move(
            "confirm", VISIT.next(status, "confirm"), "Date and supervision stand as the school confirmed them."
        )
        change.say(_confirmed(change.root))


def _confirmed(visit: Visit) -> VisitConfirmed:
    return VisitConfirmed(
        visit_id=visit.id, request_id=visit.request_id, school_urn=visit.school_urn, takes_place_at=visit.starts_at
    )


def recheck(visit: Visit, documents: Documents, now: datetime, *, by: str = SYSTEM) -> Decision[None]:
    """Look whether the ambassador may still go; if not, seek a substitute."""
    change = changing(visit, documents, now, by)
    _look(change)
    if change.root.status in AHEAD and change.root.check_at is not None and change.root.check_at <= now:
        change.update(check_at=None)
    return change.decision(None)


def _look(change: Change[Visit]) -> None:
    visit = change.root
    if visit.status in AHEAD and not visit.begun and not fit(change, change.now):
        lose(change, "lose")


def arrive(
    visit: Visit, documents: Documents, now: datetime, *, by: str, urns: Urns, early: timedelta
) -> Decision[Visit]:
    """The ambassador stands at the school's door, at most so `early`.

    Raises NotFound, WrongState, NotTheTime, NotLetIn.
    """
    of_school(visit.school_urn, urns)
    if visit.status in AHEAD and not visit.starts_at - early <= now < visit.ends_at:
        raise NotTheTime(starts_at=visit.starts_at.isoformat())
    change = changing(visit, documents, now, by)
    if visit.status in AHEAD and (change.root.status not in AHEAD or not fit(change, now)):
        raise NotLetIn()
    change.move("arrive", VISIT.next(change.root.status, "arrive"), "The ambassador has arrived.", arrived_at=now)
    return change.decision(change.root)


def give_up(visit: Visit, documents: Documents, now: datetime, *, ending: RequestEnding) -> Decision[None]:
    """Nobody else could be found, or the request has ended: the visit does not take place."""
    change = changing(visit, documents, now, SYSTEM)
    if ending in _GIVEN_UP and VISIT.allows(change.root.status, "cancel"):
        reason, by_whom = _GIVEN_UP[ending]
        call_off(change, "cancel", reason, by_whom, by=SYSTEM)
    return change.decision(None)
