"""A school of the partnership goes on under another URN: it goes on owning its activities of the plan."""

from __future__ import annotations

from datetime import datetime

from services.partnerships.domain.planned import ActionPlan, Activity, PlanChange
from shared.decision import Decision


def succeed(plan: ActionPlan | None, urn: str, successor_urn: str, now: datetime) -> Decision[None]:
    """Let the successor own what the school owned. Never raises."""
    if plan is None or all(activity.owner_urn != urn for activity in plan.activities):
        return Decision(None)

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
    return Decision(None, plan.model_copy(update={"objectives": objectives, "changes": number}), (step,))
