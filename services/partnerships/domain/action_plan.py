"""A partnership's action plan: two years of objectives and activities, which tick themselves.

The plan's root keeps all evidence that was heard of for the partnership, also before there is a plan, and for each
activity how far its rule is met by it. Both are functions of what was heard, whatever the order and the number of
times; what was ticked and unticked on the way, and why, is told by events and kept in the plan's history.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from services.partnerships.domain.academic_year import first_day
from services.partnerships.domain.evidence import DeclaredRule, Fulfilment, Heard, Wanted, fulfilments, taken_in
from services.partnerships.domain.life_cycle import ENDED
from services.partnerships.domain.milestones import refuse_other_year
from services.partnerships.domain.partnership import Actor, Partnership, permit
from services.partnerships.domain.planned import (
    FITTING,
    PLAN,
    ActionPlan,
    Activity,
    Declaration,
    Objective,
    PlanChange,
    PlanStatus,
)
from services.partnerships.domain.standing import looked_at
from shared.contracts.event import Event
from shared.contracts.plans import ActivityTicked, ActivityUnticked, PlanApproved
from shared.decision import Decision
from shared.refusals import Conflict, Invalid


class RuleDoesNotFit(Invalid):
    slug = "evidence-rule-does-not-fit"
    title = "An activity's evidence rule must be one that its kind can meet."


class OwnerNotAMember(Invalid):
    slug = "owner-not-a-member"
    title = "An activity is owned by a school of the partnership."


class ActivityTwice(Invalid):
    slug = "activity-twice"
    title = "Every activity of a plan has an id of its own."


class NotDeclared(Conflict):
    slug = "not-to-be-declared"
    title = "This activity ticks itself, by its evidence."


def hear(plan: ActionPlan | None, partnership: Partnership, heard: Heard, now: datetime) -> Decision[None]:
    """Take in a fact of another service, and tick and untick what it changes. Never raises."""
    known = plan if plan is not None else ActionPlan(id=partnership.id)
    evidence = taken_in(known.evidence, heard)
    if evidence is known.evidence:
        return Decision(None)
    changed = known.model_copy(update={"evidence": evidence})
    after, documents, events = recounted(known, changed, partnership, heard.why, now)
    return Decision(None, after, documents, events)


def write(
    plan: ActionPlan | None,
    partnership: Partnership,
    first_year: int,
    objectives: tuple[Objective, ...],
    actor: Actor,
    now: datetime,
) -> Decision[ActionPlan]:
    """Write the plan, or write it anew.

    Raises FirstYearOutOfTurn, RuleDoesNotFit, OwnerNotAMember, ActivityTwice.
    """
    known = plan if plan is not None else ActionPlan(id=partnership.id)
    status = _moved(known, partnership, "write", actor)
    refuse_other_year(first_year, partnership, now)
    _refuse_unsound(objectives, partnership)
    kept = {activity.id for objective in objectives for activity in objective.activities}
    written = known.model_copy(
        update={
            "status": status,
            "first_year": first_year,
            "objectives": objectives,
            "declarations": tuple(said for said in known.declarations if said.activity_id in kept),
        }
    )
    return _stepped(partnership, known, written, "write", actor, now)


def submit(plan: ActionPlan, partnership: Partnership, actor: Actor, now: datetime) -> Decision[ActionPlan]:
    """Hand it in for approval."""
    return _move(plan, partnership, "submit", actor, now)


def give_back(
    plan: ActionPlan, partnership: Partnership, reason: str, actor: Actor, now: datetime
) -> Decision[ActionPlan]:
    """Give it back with what has to change."""
    return _move(plan, partnership, "return", actor, now, reason)


def approve(plan: ActionPlan, partnership: Partnership, actor: Actor, now: datetime) -> Decision[ActionPlan]:
    """Approve it. `approved_on` stays the day of the first approval, on which the award stands.

    Raises FirstYearOutOfTurn.
    """
    status = _moved(plan, partnership, "approve", actor)
    refuse_other_year(plan.first_year, partnership, now)
    approved_on = plan.approved_on or now.date()
    after = plan.model_copy(update={"status": status, "approved_on": approved_on})
    told = PlanApproved(partnership_id=plan.id, first_year=plan.first_year)
    return _stepped(partnership, plan, after, "approve", actor, now, events=(told,))


def reopen(
    plan: ActionPlan, partnership: Partnership, reason: str, actor: Actor, now: datetime
) -> Decision[ActionPlan]:
    """Let an approved plan be changed."""
    return _move(plan, partnership, "reopen", actor, now, reason)


def declare(
    plan: ActionPlan, partnership: Partnership, activity_id: str, note: str, actor: Actor, now: datetime
) -> Decision[ActionPlan]:
    """Say that an activity was done. Raises ActivityUnknown, NotDeclared."""
    activity = _declarable(plan, partnership, activity_id, "declare", actor)
    said = Declaration(activity_id=activity.id, note=note, by=actor.subject, at=now)
    others = tuple(other for other in plan.declarations if other.activity_id != activity.id)
    after = plan.model_copy(update={"declarations": (*others, said)})
    return _stepped(partnership, plan, after, "declare", actor, now, reason=note)


def retract(
    plan: ActionPlan, partnership: Partnership, activity_id: str, reason: str, actor: Actor, now: datetime
) -> Decision[ActionPlan]:
    """Take back that an activity was done. Raises ActivityUnknown, NotDeclared."""
    activity = _declarable(plan, partnership, activity_id, "retract", actor)
    others = tuple(other for other in plan.declarations if other.activity_id != activity.id)
    after = plan.model_copy(update={"declarations": others})
    return _stepped(partnership, plan, after, "retract", actor, now, reason=reason)


def look_again(plan: ActionPlan, *, going_on: bool, now: datetime) -> Decision[None]:
    """A term is over: see whether the plan has fallen behind. One of a partnership that has ended rests."""
    after, events = looked_at(plan, now, going_on=going_on)
    return Decision(None, after, (), events)


def _moved(plan: ActionPlan, partnership: Partnership, verb: str, actor: Actor, owner: str | None = None) -> PlanStatus:
    permit((row.by for row in PLAN.rows if row.verb == verb), actor, partnership, owner)
    return PLAN.next(plan.status, verb)


def _move(
    plan: ActionPlan, partnership: Partnership, verb: str, actor: Actor, now: datetime, reason: str | None = None
) -> Decision[ActionPlan]:
    status = _moved(plan, partnership, verb, actor)
    return _stepped(partnership, plan, plan.model_copy(update={"status": status}), verb, actor, now, reason=reason)


def _declarable(plan: ActionPlan, partnership: Partnership, activity_id: str, verb: str, actor: Actor) -> Activity:
    owner = next((activity.owner_urn for activity in plan.activities if activity.id == activity_id), None)
    _moved(plan, partnership, verb, actor, owner)
    activity = plan.activity(activity_id)
    if not isinstance(activity.evidence, DeclaredRule):
        raise NotDeclared(activity_id=activity_id)
    return activity


def _refuse_unsound(objectives: tuple[Objective, ...], partnership: Partnership) -> None:
    seen: set[str] = set()
    for place, activity in _placed(objectives):
        if activity.id in seen:
            raise ActivityTwice(field=f"{place}.id", activity_id=activity.id)
        seen.add(activity.id)
        if activity.owner_urn not in partnership.accepted:
            raise OwnerNotAMember(field=f"{place}.owner_urn", urn=activity.owner_urn)
        if activity.evidence.kind not in FITTING[activity.kind]:
            raise RuleDoesNotFit(field=f"{place}.evidence.kind", allowed=sorted(FITTING[activity.kind]))


def _placed(objectives: tuple[Objective, ...]) -> Iterator[tuple[str, Activity]]:
    for number, objective in enumerate(objectives):
        for position, activity in enumerate(objective.activities):
            yield f"objectives.{number}.activities.{position}", activity


def _stepped(
    partnership: Partnership,
    before: ActionPlan,
    after: ActionPlan,
    verb: str,
    actor: Actor,
    now: datetime,
    *,
    reason: str | None = None,
    events: tuple[Event, ...] = (),
) -> Decision[ActionPlan]:
    """A step that somebody took, and what it ticks and unticks."""
    number = before.changes + 1
    step = _change(before.id, number, verb, actor.subject, now, reason=reason)
    changed = after.model_copy(update={"changes": number})
    counted, documents, told = recounted(before, changed, partnership, f"the plan was changed: {verb}", now)
    return Decision(counted, counted, (step, *documents), (*events, *told))


def recounted(
    before: ActionPlan, after: ActionPlan, partnership: Partnership, why: str, now: datetime
) -> tuple[ActionPlan, tuple[PlanChange, ...], tuple[Event, ...]]:
    """The plan with its activities counted anew, and what was ticked or unticked by that."""
    # Earlier terms are served first, so that what is done counts for what was due first.
    ordered = sorted(after.activities, key=lambda activity: (activity.year, activity.term))
    declared = frozenset(said.activity_id for said in after.declarations)
    wanted = (_wanted(after, partnership, activity) for activity in ordered)
    found = {row.activity_id: row for row in fulfilments(wanted, after.evidence, declared)}
    rows = tuple(found[activity.id] for activity in after.activities)
    was_met = {row.activity_id for row in before.fulfilments if row.met}
    unticked = {row.activity_id: before.unticked[row.activity_id] for row in rows if row.activity_id in before.unticked}
    documents: list[PlanChange] = []
    events: list[Event] = []
    for row in rows:
        if row.met == (row.activity_id in was_met):
            continue
        unticked = _explained(unticked, row, why)
        number = after.changes + len(documents) + 1
        verb = "tick" if row.met else "untick"
        documents.append(
            _change(
                after.id, number, verb, "evidence", now, reason=why, activity_id=row.activity_id, evidence=row.sources
            )
        )
        events.append(_told(after.id, row, why))
    changes = after.changes + len(documents)
    counted = after.model_copy(update={"fulfilments": rows, "unticked": unticked, "changes": changes})
    looked, told = looked_at(counted, now, going_on=partnership.status not in ENDED)
    return looked, tuple(documents), (*events, *told)


def _explained(unticked: Mapping[str, str], row: Fulfilment, why: str) -> dict[str, str]:
    """Why activities are not done any more, once this one was ticked or unticked."""
    others = {activity_id: reason for activity_id, reason in unticked.items() if activity_id != row.activity_id}
    return others if row.met else {**others, row.activity_id: why}


def _wanted(plan: ActionPlan, partnership: Partnership, activity: Activity) -> Wanted:
    """What fulfils an activity: what its owner does, under every URN that it had in the partnership."""
    since = first_day(plan.first_year + activity.year - 1, 1)
    owner = (activity.owner_urn, *partnership.known_as(activity.owner_urn))
    return Wanted(activity.id, activity.evidence, frozenset(owner), since)


def _told(partnership_id: str, row: Fulfilment, why: str) -> Event:
    if row.met:
        return ActivityTicked(partnership_id=partnership_id, activity_id=row.activity_id, evidence=row.sources)
    return ActivityUnticked(partnership_id=partnership_id, activity_id=row.activity_id, reason=why)


def _change(
    partnership_id: str,
    number: int,
    verb: str,
    by: str,
    now: datetime,
    *,
    reason: str | None = None,
    activity_id: str | None = None,
    evidence: tuple[str, ...] = (),
) -> PlanChange:
    return PlanChange(
        id=f"{partnership_id}/{number:06d}",
        partnership_id=partnership_id,
        number=number,
        verb=verb,
        by=by,
        at=now,
        reason=reason,
        activity_id=activity_id,
        evidence=evidence,
    )
