"""What school and ambassador say of a visit: confirmed, cancelled, delivered, hours, feedback, and what was wrong."""

from __future__ import annotations

from datetime import datetime

from services.ambassadors.domain.change import Change
from services.ambassadors.domain.known import Urns, of_school
from services.ambassadors.domain.visit import (
    AHEAD,
    VISIT,
    Feedback,
    Hours,
    Side,
    Supervision,
    Visit,
    VisitStatus,
    call_off,
    changing,
    lose,
    say_outcome,
)
from shared.contracts.ambassadors import (
    FeedbackGiven,
    HoursConfirmed,
    VisitCancelledBy,
    VisitConfirmed,
)
from shared.decision import Decision, Documents
from shared.refusals import Conflict, Invalid, NotFound


class VisitBegun(Conflict):
    slug = "visit-begun"
    title = "The visit has begun: it can no longer be changed."


class VisitNotBegun(Conflict):
    slug = "visit-not-begun"
    title = "What came of a visit is said once it has begun."


class CorrectionReasonNeeded(Invalid):
    slug = "visit-correction-reason-needed"
    title = "What corrects an earlier word about a visit needs a reason."


class NoHoursLogged(Conflict):
    slug = "no-hours-logged"
    title = "The ambassador has logged no hours that wait to be confirmed."


class HoursDiffer(Conflict):
    slug = "hours-differ"
    title = "The ambassador has logged other hours than those: read the visit again."


class FeedbackGivenAlready(Conflict):
    slug = "feedback-given-already"
    title = "This side has given its feedback."


def _for_school(visit: Visit, documents: Documents, now: datetime, by: str, urns: Urns | None) -> Change[Visit]:
    """For a school, under whichever identifier it was asked for, or (None) for the programme."""
    of_school(visit.school_urn, urns)
    return changing(visit, documents, now, by)


def _for_ambassador(visit: Visit, documents: Documents, now: datetime, by: str, ambassador_id: str) -> Change[Visit]:
    if visit.ambassador_id != ambassador_id:
        raise NotFound()
    change = changing(visit, documents, now, by)
    if change.root.status is VisitStatus.SEEKING_SUBSTITUTE:
        raise NotFound()
    return change


def confirm(visit: Visit, documents: Documents, now: datetime, *, by: str, urns: Urns, note: str) -> Decision[Visit]:
    """Confirm the date, and say who is with the pupils. Raises NotFound, WrongState, VisitBegun."""
    change = _for_school(visit, documents, now, by, urns)
    status = VISIT.next(change.root.status, "confirm")
    if change.root.begun:
        raise VisitBegun()
    first = change.root.supervision is None
    supervision = Supervision(note=note, confirmed_by=by, confirmed_at=now)
    change.move("confirm", status, "The school has confirmed date and supervision.", supervision=supervision)
    if first:
        root = change.root
        change.say(
            VisitConfirmed(
                visit_id=root.id,
                request_id=root.request_id,
                school_urn=root.school_urn,
                takes_place_at=root.starts_at,
            )
        )
    return change.decision(change.root)


def cancel(
    visit: Visit,
    documents: Documents,
    now: datetime,
    *,
    by: str,
    urns: Urns | None,
    reason: str,
    by_whom: VisitCancelledBy,
) -> Decision[Visit]:
    """Cancel for the school, or for the programme. Raises NotFound, WrongState, VisitBegun."""
    change = _for_school(visit, documents, now, by, urns)
    if change.root.begun and change.root.status in AHEAD:
        raise VisitBegun()
    call_off(change, "cancel", reason, by_whom, by=by)
    return change.decision(change.root)


def withdraw(visit: Visit, documents: Documents, now: datetime, *, by: str, ambassador_id: str) -> Decision[Visit]:
    """The ambassador cannot come: somebody else is looked for. Raises NotFound, WrongState, VisitBegun."""
    change = _for_ambassador(visit, documents, now, by, ambassador_id)
    if change.root.begun and change.root.status in AHEAD:
        raise VisitBegun()
    lose(change, "withdraw")
    return change.decision(change.root)


def deliver(
    visit: Visit,
    documents: Documents,
    now: datetime,
    *,
    by: str,
    urns: Urns | None,
    delivered: bool,
    pupils_reached: int,
    reason: str | None,
) -> Decision[Visit]:
    """Say for the school, or for the programme, whether the visit took place and how many pupils took part; said again,
    it corrects what was said before.

    Raises NotFound, WrongState, VisitNotBegun, CorrectionReasonNeeded.
    """
    change = _for_school(visit, documents, now, by, urns)
    if change.root.status in AHEAD and not change.root.begun:
        raise VisitNotBegun()
    VISIT.next(change.root.status, "deliver" if delivered else "miss")
    if change.root.revision and not reason:
        raise CorrectionReasonNeeded(field="reason")
    said = "The visit took place." if delivered else "The visit did not take place."
    say_outcome(change, pupils_reached if delivered else None, reason or said, by=by)
    if not delivered:
        _take_hours_back(change)
    return change.decision(change.root)


def _take_hours_back(change: Change[Visit]) -> None:
    """Hours that were confirmed for a visit that did not take place count no more."""
    hours = change.root.hours
    if hours is not None and hours.confirmed:
        _say_hours(change, hours.model_copy(update={"confirmed": False, "revision": hours.revision + 1}), 0)


def _say_hours(change: Change[Visit], hours: Hours, minutes: int) -> None:
    root = change.root
    change.update(hours=hours)
    change.say(
        HoursConfirmed(
            visit_id=root.id,
            school_urn=root.school_urn,
            partnership_id=root.partnership_id,
            ambassador_id=root.ambassador_id,
            revision=hours.revision,
            minutes=minutes,
        )
    )


def log_hours(
    visit: Visit, documents: Documents, now: datetime, *, by: str, ambassador_id: str, minutes: int
) -> Decision[Visit]:
    """Say how long it took, preparation included. Other hours than before wait for the school again.

    Raises NotFound, WrongState.
    """
    change = _for_ambassador(visit, documents, now, by, ambassador_id)
    status = VISIT.next(change.root.status, "log-hours")
    before = change.root.hours
    if before is None or before.minutes != minutes:
        revision = 0 if before is None else before.revision
        hours = Hours(minutes=minutes, logged_at=now, revision=revision)
        change.move("log-hours", status, f"{minutes} minutes were logged.", hours=hours)
    return change.decision(change.root)


def confirm_hours(
    visit: Visit, documents: Documents, now: datetime, *, by: str, urns: Urns, minutes: int
) -> Decision[Visit]:
    """Confirm the hours that the ambassador has logged. Raises NotFound, WrongState, NoHoursLogged, HoursDiffer."""
    change = _for_school(visit, documents, now, by, urns)
    status = VISIT.next(change.root.status, "confirm-hours")
    hours = change.root.hours
    if hours is None or hours.confirmed:
        raise NoHoursLogged()
    if hours.minutes != minutes:
        raise HoursDiffer(field="minutes", logged_minutes=hours.minutes)
    change.move("confirm-hours", status, f"{minutes} minutes were confirmed.")
    _say_hours(change, hours.model_copy(update={"confirmed": True, "revision": hours.revision + 1}), minutes)
    return change.decision(change.root)


def give_feedback(
    visit: Visit,
    documents: Documents,
    now: datetime,
    *,
    by: str,
    urns: Urns,
    ambassador_id: str | None,
    rating: int,
    words: str,
) -> Decision[Visit]:
    """Say how the visit was, as its ambassador or (None) for the school.

    Raises NotFound, WrongState, FeedbackGivenAlready.
    """
    side: Side = "school" if ambassador_id is None else "ambassador"
    if ambassador_id is None:
        change = _for_school(visit, documents, now, by, urns)
    else:
        change = _for_ambassador(visit, documents, now, by, ambassador_id)
    status = VISIT.next(change.root.status, "give-feedback")
    if side in change.root.feedback:
        raise FeedbackGivenAlready()
    feedback = {**change.root.feedback, side: Feedback(rating=rating, words=words, at=now)}
    change.move("give-feedback", status, f"The {side} gave feedback.", feedback=feedback)
    root = change.root
    change.say(
        FeedbackGiven(
            visit_id=root.id,
            request_id=root.request_id,
            school_urn=root.school_urn,
            feedback_from=side,
            rating=rating,
        )
    )
    return change.decision(root)
