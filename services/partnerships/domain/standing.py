"""How an action plan stands against the terms: what is done, due soon, overdue, and whether it has fallen behind.

Whether it has fallen behind is kept with the plan and told when it changes: by what is ticked and unticked, and by the
end of a term, at which the schedule looks again. It is decided by the clock, so that a late look changes nothing.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from services.partnerships.domain.academic_year import academic_years, last_day
from services.partnerships.domain.evidence import Fulfilment
from services.partnerships.domain.planned import ActionPlan, Activity, PlanStatus
from shared.contracts.event import Event
from shared.contracts.plans import PlanCaughtUp, PlanFellBehind

Standing = Literal["done", "overdue", "at-risk", "begun", "planned"]


def due_on(plan: ActionPlan, activity: Activity) -> date:
    """The last day of an activity's term."""
    return last_day(plan.first_year + activity.year - 1, activity.term)


def standing(plan: ActionPlan, activity: Activity, fulfilment: Fulfilment, today: date) -> Standing:
    """How an activity stands against its term."""
    if fulfilment.met:
        return "done"
    days_left = (due_on(plan, activity) - today).days
    if days_left < 0:
        return "overdue"
    if days_left <= academic_years(today).warning_days:
        return "at-risk"
    return "begun" if fulfilment.counted else "planned"


def standings(plan: ActionPlan, today: date) -> dict[str, Standing]:
    """How each activity stands, by its id."""
    by_id = {fulfilment.activity_id: fulfilment for fulfilment in plan.fulfilments}
    return {activity.id: standing(plan, activity, by_id[activity.id], today) for activity in plan.activities}


def is_at_risk(plan: ActionPlan, today: date) -> bool:
    """Whether it has fallen behind its terms: too much of what was due by today is not done."""
    late = list(standings(plan, today).values())
    due = [activity for activity in plan.activities if due_on(plan, activity) < today]
    overdue = late.count("overdue")
    return bool(overdue) and overdue * 100 >= academic_years(today).behind_percent * len(due)


def looked_at(plan: ActionPlan, now: datetime, *, going_on: bool) -> tuple[ActionPlan, tuple[Event, ...]]:
    """The plan with whether it is behind its terms, and when to look again; and what has changed by that.

    One that is not approved, or whose partnership does not go on, stands as it stood, and rests.
    """
    if plan.status is not PlanStatus.APPROVED or not going_on:
        return plan.model_copy(update={"due_at": None}), ()
    behind = is_at_risk(plan, now.date())
    after = plan.model_copy(update={"at_risk": behind, "due_at": _next_look(plan, now.date())})
    if behind == plan.at_risk:
        return after, ()
    return after, (PlanFellBehind(partnership_id=plan.id) if behind else PlanCaughtUp(partnership_id=plan.id),)


def _next_look(plan: ActionPlan, today: date) -> datetime | None:
    """When the next term is over that something was planned for."""
    ahead = [day for activity in plan.activities if (day := due_on(plan, activity)) >= today]
    return datetime.combine(min(ahead) + timedelta(days=1), time(), UTC) if ahead else None
