"""The host's side of a placement: it confirms, records days, corrects them; and how either side ends it.

Days are marked, never overwritten: a later mark for the same day is a correction and needs a reason. What was recorded
counts once the teacher has confirmed it, or has not objected in time. Where a host does not record, the programme
records the days or closes them as they are (what has no mark was not done); once they are overdue the teacher may
record them too, and then the host confirms them, or does not object. Whoever has marked last does not confirm. After a
dispute the programme's word settles them. A correction after that settles it again under a higher revision, from which
the money follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.placements.domain import compliance
from services.placements.domain.arranging import ask_for_cover
from services.placements.domain.compliance import ComplianceMissing
from services.placements.domain.diary import entered
from services.placements.domain.party import Actor, permit
from services.placements.domain.placement import (
    PLACEMENT,
    DayMark,
    Party,
    Placement,
    PlacementStatus,
    all_marked,
    confirmer,
    latest_marks,
)
from services.placements.domain.progress import Progress, reflection_due
from services.placements.domain.reflecting import tell_completed
from services.placements.domain.settling import conclude
from shared.contracts.placements import CancelledPlacementBy, PlacementConfirmed
from shared.decision import Decision, Documents
from shared.refusals import Conflict, Invalid

_S = PlacementStatus


class NoSuchDay(Invalid):
    slug = "no-such-placement-day"
    title = "The placement has no such day."


class DayNotYet(Conflict):
    slug = "placement-day-not-yet"
    title = "A day is recorded once it has come."


class DayReasonNeeded(Invalid):
    slug = "placement-day-reason-needed"
    title = "A mark that corrects an earlier one needs a reason."


@dataclass(frozen=True, slots=True)
class Day:
    """How a day is recorded; `reason` is needed for a correction."""

    day: date
    done: bool
    reason: str | None = None


def confirm(placement: Placement, documents: Documents, now: datetime, *, actor: Actor) -> Decision[Placement]:
    """The host expects the teacher. Raises NotFound, WrongParty, ComplianceMissing, WrongState."""
    permit(placement, actor, ["host"])
    progress = Progress(placement, documents, now, actor.subject)
    progress.look_at_compliance()
    current = progress.placement
    if current.status is _S.SIGNED:
        raise ComplianceMissing(lacks=list(compliance.missing(progress.employer, progress.today)))
    progress.move("confirm", "The host expects the teacher.")
    progress.say(
        PlacementConfirmed(
            placement_id=current.id,
            employer_id=current.match.employer_id,
            school_urn=current.match.school_urn,
            starts_on=current.dates[0],
            ends_on=current.dates[-1],
        )
    )
    return progress.decision(progress.placement)


def record(
    placement: Placement, documents: Documents, now: datetime, *, actor: Actor, days: Sequence[Day]
) -> Decision[Placement]:
    """Record days, or stand by what was recorded and disputed.

    Raises NotFound, WrongParty, WrongState, NoSuchDay, DayNotYet, DayReasonNeeded.
    """
    progress = Progress(placement, documents, now, actor.subject)
    under_way = progress.placement.status is _S.IN_PROGRESS
    overdue = under_way and progress.placement.days_overdue
    permit(placement, actor, ["host", "teacher"] if overdue else ["host"], officer=True)
    PLACEMENT.next(progress.placement.status, "record")
    marks = _marks(progress, days)
    if marks or (under_way and all_marked(progress.placement)):
        progress.update(marks=(*progress.placement.marks, *marks))
        _recorded(progress)
        _end_dispute(progress, actor)
    return progress.decision(progress.placement)


def _recorded(progress: Progress) -> None:
    """Once every day has a mark, it is to be confirmed; what is recorded later has as much time to be disputed."""
    placement = progress.placement
    if not all_marked(placement):
        progress.move("record", "Days were recorded.")
        return
    confirm_by = progress.now + timedelta(days=placement.terms.confirm_days)
    if placement.status is _S.IN_PROGRESS:
        progress.move("record-last", "Every day is recorded.", confirm_by=confirm_by, days_overdue=False)
    else:
        progress.move("record", "Days were recorded.", confirm_by=confirm_by)


def _end_dispute(progress: Progress, actor: Actor) -> None:
    """What the programme says after a dispute is the last word: nobody is asked about it any more."""
    placement = progress.placement
    disputed = any(step.verb == "dispute" for step in placement.history)
    if disputed and placement.status is _S.DAYS_RECORDED and not actor.parties(placement):
        progress.settle("The programme has ended the dispute.")


def close_days(
    placement: Placement, documents: Documents, now: datetime, *, actor: Actor, reason: str
) -> Decision[Placement]:
    """Wait for no more days of the host; the teacher is asked as ever, but for days that were disputed before.

    Raises NotFound, WrongParty, WrongState, DayNotYet.
    """
    permit(placement, actor, [], officer=True)
    progress = Progress(placement, documents, now, actor.subject)
    PLACEMENT.next(progress.placement.status, "close-days")
    if now < progress.placement.ends_at:
        raise DayNotYet()
    known = latest_marks(progress.placement)
    missing = [day for day in progress.placement.dates if day not in known]
    marks = [DayMark(day=day, done=False, at=now, by=progress.by, reason=reason) for day in missing]
    confirm_by = now + timedelta(days=progress.placement.terms.confirm_days)
    marked = (*progress.placement.marks, *marks)
    progress.move("close-days", reason, marks=marked, confirm_by=confirm_by, days_overdue=False)
    _end_dispute(progress, actor)
    return progress.decision(progress.placement)


def confirm_days(placement: Placement, documents: Documents, now: datetime, *, actor: Actor) -> Decision[Placement]:
    """The teacher agrees to what was recorded, or the host to what the teacher has recorded.

    Raises NotFound, WrongParty, WrongState.
    """
    party = confirmer(placement)
    permit(placement, actor, [party])
    progress = Progress(placement, documents, now, actor.subject)
    progress.settle(f"The {party} has confirmed the days.")
    return progress.decision(progress.placement)


def dispute_days(
    placement: Placement, documents: Documents, now: datetime, *, actor: Actor, reason: str
) -> Decision[Placement]:
    """The teacher does not agree: the host looks again. Raises NotFound, WrongParty, WrongState."""
    permit(placement, actor, ["teacher"])
    progress = Progress(placement, documents, now, actor.subject)
    progress.move("dispute", reason, confirm_by=None, days_overdue=False)
    return progress.decision(progress.placement)


def correct(
    placement: Placement, documents: Documents, now: datetime, *, actor: Actor, days: Sequence[Day]
) -> Decision[Placement]:
    """Correct days that were settled; what follows is settled again under a higher revision.

    Raises NotFound, WrongParty, WrongState, NoSuchDay, DayNotYet, DayReasonNeeded.
    """
    permit(placement, actor, ["host"], officer=True)
    progress = Progress(placement, documents, now, actor.subject)
    PLACEMENT.next(progress.placement.status, "correct")
    marks = _marks(progress, days)
    if not marks:
        return progress.decision(progress.placement)
    progress.update(marks=(*progress.placement.marks, *marks))
    done = conclude(progress.placement)
    if done.days == progress.placement.done_on:
        return progress.decision(progress.placement)
    _settle_again(progress, done.days, done.charged_pence, "; ".join(mark.reason or "" for mark in marks))
    progress.say(done.event(progress.placement))
    if progress.placement.outcome is not None:
        tell_completed(progress)
    return progress.decision(progress.placement)


def _settle_again(progress: Progress, days: tuple[date, ...], charged_pence: int, reason: str) -> None:
    placement = progress.placement
    whole = len(days) == len(placement.dates)
    if not days:
        verb, outcome = "correct-to-none", None
    elif placement.reflection is None:
        verb, outcome = "correct", None
    else:
        verb = "correct-to-all" if whole else "correct-to-part"
        outcome = "completed" if whole else "partially-completed"
    progress.move(
        verb,
        reason,
        settled=placement.settled + 1,
        done_on=days,
        charged_pence=charged_pence,
        outcome=outcome,
        reflection_due_at=placement.reflection_due_at or (reflection_due(placement) if days else None),
    )


def cancel(
    placement: Placement, documents: Documents, now: datetime, *, actor: Actor, party: Party | None, code: str
) -> Decision[Placement]:
    """End it before it has begun, or leave out the days that are left: for a party, or for the programme where None.

    Raises NotFound, WrongParty, WrongState.
    """
    permit(placement, actor, [] if party is None else [party], officer=party is None)
    progress = Progress(placement, documents, now, actor.subject)
    if progress.placement.status is _S.IN_PROGRESS:
        _break_off(progress, code)
    else:
        verb, whose = _ENDING[party]
        progress.end(verb, whose, "", code)
    return progress.decision(progress.placement)


_ENDING: dict[Party | None, tuple[str, CancelledPlacementBy]] = {
    "teacher": ("cancel", "school"),
    "school": ("cancel", "school"),
    "host": ("call-off", "host"),
    None: ("stop", "programme"),
}


def _break_off(progress: Progress, code: str) -> None:
    """The days to come are not done, and the teacher is at school on them; those that were stay to be recorded."""
    placement = progress.placement
    known = latest_marks(placement)
    left = [day for day in placement.dates if day > progress.today and day not in known]
    marks = [DayMark(day=day, done=False, at=progress.now, by=progress.by, reason=code) for day in left]
    progress.move("break-off", code, marks=(*placement.marks, *marks), broken_off_from=min(left, default=None))
    if left:
        _stay_at_school(progress, tuple(day for day in placement.dates if day not in left))
    if all_marked(progress.placement):
        _recorded(progress)


def _stay_at_school(progress: Progress, away: tuple[date, ...]) -> None:
    """The diary and the school's cover keep the days that the teacher was away, and no others."""
    placement = progress.placement
    progress.enter(entered(progress.documents, placement.match.teacher_id, placement.id, away))
    if placement.cover != "not-needed":
        ask_for_cover(progress, already_agreed=True, days=away)


def _marks(progress: Progress, days: Sequence[Day]) -> list[DayMark]:
    placement = progress.placement
    known = latest_marks(placement)
    marks: list[DayMark] = []
    for index, wanted in enumerate(days):
        if wanted.day not in placement.dates:
            raise NoSuchDay(field=f"days.{index}.day")
        if wanted.day > progress.today:
            raise DayNotYet(field=f"days.{index}.day")
        earlier = known.get(wanted.day)
        if earlier is not None and earlier.done == wanted.done:
            continue
        if earlier is not None and wanted.reason is None:
            raise DayReasonNeeded(field=f"days.{index}.reason")
        marks.append(DayMark(day=wanted.day, done=wanted.done, at=progress.now, by=progress.by, reason=wanted.reason))
    return marks
