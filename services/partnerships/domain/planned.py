"""What a partnership has planned: two years of objectives and activities, and how far the evidence meets them.

This is the plan's state; action_plan.py changes it, standing.py holds it against the terms.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.partnerships.domain.evidence import Evidence, EvidenceRule, Fulfilment
from services.partnerships.domain.life_cycle import LEAD, OFFICER, SCHOOL
from shared.decision import Document, Root
from shared.refusals import Missing
from shared.transitions import Table, Transition

ActivityKind = Literal["cpd", "resource", "placement", "ambassador", "enrichment"]

FITTING: Final[dict[ActivityKind, frozenset[str]]] = {
    "cpd": frozenset({"cpd", "declared"}),
    "resource": frozenset({"declared"}),
    "placement": frozenset({"placement", "declared"}),
    "ambassador": frozenset({"visit", "declared"}),
    "enrichment": frozenset({"declared"}),
}
"""Which evidence rules an activity of a kind may have."""


class PlanStatus(StrEnum):
    """Where a plan stands. UNWRITTEN: evidence has come before the plan."""

    UNWRITTEN = "unwritten"
    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"


PLAN: Table[PlanStatus] = Table(
    (
        *(
            Transition(status, "write", who, PlanStatus.DRAFT)
            for status in (PlanStatus.UNWRITTEN, PlanStatus.DRAFT)
            for who in (LEAD, OFFICER)
        ),
        Transition(PlanStatus.DRAFT, "submit", LEAD, PlanStatus.SUBMITTED),
        Transition(PlanStatus.SUBMITTED, "return", OFFICER, PlanStatus.DRAFT),
        Transition(PlanStatus.SUBMITTED, "approve", OFFICER, PlanStatus.APPROVED),
        Transition(PlanStatus.APPROVED, "reopen", OFFICER, PlanStatus.DRAFT),
        *(Transition(PlanStatus.APPROVED, "declare", who, PlanStatus.APPROVED) for who in (LEAD, SCHOOL)),
        *(Transition(PlanStatus.APPROVED, "retract", who, PlanStatus.APPROVED) for who in (LEAD, SCHOOL, OFFICER)),
    )
)


class ActivityUnknown(Missing):
    slug = "activity-unknown"
    title = "The plan has no activity with this id."


class Activity(BaseModel):
    """What a school is to see done by the end of a term: `year` 1 or 2 of the partnership, `term` 1 to 3."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    title: str
    kind: ActivityKind
    owner_urn: str
    year: int
    term: int
    evidence: EvidenceRule


class Objective(BaseModel):
    """What the partnership wants to reach, and the activities that are to bring it there."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    title: str
    activities: tuple[Activity, ...]


class Declaration(BaseModel):
    """Somebody's word that an activity was done. `by` is an account id."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    activity_id: str
    note: str
    by: str
    at: datetime


class ActionPlan(Root):
    """A partnership's plan; its id is the partnership's.

    `first_year` is the academic year that year 1 is. `fulfilments` has one row an activity. `changes` counts the
    history. `unticked` says of activities that once were done why they are not any more. `at_risk` says whether it had
    fallen behind its terms when it was last looked at.
    """

    collection = "plans"
    status: PlanStatus = PlanStatus.UNWRITTEN
    first_year: int = 0
    objectives: tuple[Objective, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    declarations: tuple[Declaration, ...] = ()
    fulfilments: tuple[Fulfilment, ...] = ()
    approved_on: date | None = None
    unticked: dict[str, str] = Field(default_factory=dict)
    at_risk: bool = False
    changes: int = 0

    @property
    def activities(self) -> tuple[Activity, ...]:
        """All of them, in the order of the plan."""
        return tuple(activity for objective in self.objectives for activity in objective.activities)

    def activity(self, activity_id: str) -> Activity:
        """Raises ActivityUnknown."""
        found = next((activity for activity in self.activities if activity.id == activity_id), None)
        if found is None:
            raise ActivityUnknown()
        return found


class PlanChange(Document):
    """One step of a plan's history: `activity_id` where one was ticked or unticked, `by` an account or "evidence"."""

    collection = "plan_changes"
    partnership_id: str
    number: int
    verb: str
    by: str
    at: datetime
    reason: str | None = None
    activity_id: str | None = None
    evidence: tuple[str, ...] = ()
