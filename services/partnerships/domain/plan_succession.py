"""A school of the partnership goes on under another URN: it goes on owning its activities of the plan.

What was heard of it under its old URN goes on counting for them, and so does what is heard of that later: the
partnership knows a school under every URN that it had.
"""

from __future__ import annotations

from datetime import datetime

from services.partnerships.domain.action_plan import recounted
from services.partnerships.domain.partnership import Partnership
from services.partnerships.domain.planned import ActionPlan, Activity, PlanChange
from shared.decision import Decision


def succeed(plan: ActionPlan, partnership: Partnership, urn: str, successor_urn: str, now: datetime) -> Decision[None]:
    """Let the successor own what the school owned. Never raises."""
    owned, step = _handed_on(plan, urn, successor_urn, now)
    why = f"the school {urn} goes on as {successor_urn}"
    after, changes, events = recounted(plan, owned, partnership, why, now)
    return Decision(None, None if after == plan else after, (*step, *changes), events)


def _handed_on(
    plan: ActionPlan, urn: str, successor_urn: str, now: datetime
) -> tuple[ActionPlan, tuple[PlanChange, ...]]:
    """The plan with the successor as owner, and the step that says so where it owns anything."""
    if all(activity.owner_urn != urn for activity in plan.activities):
        return plan, ()

    def followed(activity: Activity) -> Activity:
        return activity.model_copy(update={"owner_urn": successor_urn}) if activity.owner_urn == urn else activity

    objectives = tuple(
        objective.model_copy(update={"activities": tuple(map(followed, objective.activities))})
        for objective in plan.objectives
    )
    number = plan.changes + 1
    step = PlanChange(
        id=f"{plan.id}/{number:06d}",
        partnership_id=plan.id,
        number=number,
        verb="succeed",
        by="system",
        at=now,
        reason=f"The school {urn} goes on as {successor_urn}.",
    )
    return plan.model_copy(update={"objectives": objectives, "changes": number}), (step,)
