"""Action plans as clients see them: what is done, by which evidence, and how it stands against the terms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.partnerships.domain.evidence import EvidenceRule, Fulfilment
from services.partnerships.domain.planned import (
    PLAN,
    ActionPlan,
    Activity,
    ActivityKind,
    Declaration,
    PlanChange,
    PlanStatus,
)
from services.partnerships.domain.standing import Standing, due_on, is_at_risk, standings
from services.partnerships.views.pots import MOMENT, PARTNERSHIP_ID
from shared.http.requests import ResponseModel

ACTIVITY_EXAMPLE: JsonDict = {
    "id": "physics-teachers",
    "title": "Four teachers attend a physics course",
    "kind": "cpd",
    "owner_urn": "900001",
    "year": 1,
    "term": 2,
    "due_on": "2027-04-15",
    "evidence": {"kind": "cpd", "subjects": ["Physics"], "teachers": 4, "attendance": "full"},
    "counted": 3,
    "needed": 4,
    "done": False,
    "standing": "begun",
    "sources": ["occurrences/0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d07/0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d06"],
    "declared": None,
    "unticked_because": "attendance was corrected",
}
PROGRESS_EXAMPLE: JsonDict = {"activities": 1, "done": 0, "overdue": 0, "at_risk": 0, "percent": 0}


class DeclarationAnswer(ResponseModel):
    """Somebody's word that it was done."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"note": "Used in all year 8 groups.", "by": "0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d08", "at": MOMENT}
            ]
        }
    )
    note: str
    by: str
    at: datetime


class ActivityAnswer(ResponseModel):
    """A planned activity: what would meet it, and what has."""

    model_config = ConfigDict(json_schema_extra={"examples": [ACTIVITY_EXAMPLE]})
    id: str
    title: str
    kind: ActivityKind
    owner_urn: str
    year: int
    term: int
    due_on: date = Field(description="The last day of its term.")
    evidence: EvidenceRule = Field(description="What has to happen.")
    counted: int = Field(description="How much of it has.")
    needed: int
    done: bool
    standing: Standing
    sources: tuple[str, ...] = Field(description="What it was done by: bookings, placements, visits.")
    declared: DeclarationAnswer | None
    unticked_because: str | None = Field(description="Why it is not done any more, where it once was.")


class ProgressAnswer(ResponseModel):
    """How much is done, in numbers of activities."""

    model_config = ConfigDict(json_schema_extra={"examples": [PROGRESS_EXAMPLE]})
    activities: int
    done: int
    overdue: int
    at_risk: int
    percent: int


class ObjectiveAnswer(ResponseModel):
    """An objective and its activities."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "More girls choose physics",
                    "activities": [ACTIVITY_EXAMPLE],
                    "progress": PROGRESS_EXAMPLE,
                }
            ]
        }
    )
    title: str
    activities: tuple[ActivityAnswer, ...]
    progress: ProgressAnswer


class PlanAnswer(ResponseModel):
    """A partnership's action plan."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "partnership_id": PARTNERSHIP_ID,
                    "status": "approved",
                    "first_year": 2026,
                    "objectives": [
                        {
                            "title": "More girls choose physics",
                            "activities": [ACTIVITY_EXAMPLE],
                            "progress": PROGRESS_EXAMPLE,
                        }
                    ],
                    "progress": PROGRESS_EXAMPLE,
                    "at_risk": False,
                    "approved_on": "2026-09-21",
                    "next_steps": ["reopen", "declare", "retract"],
                    "version": 5,
                }
            ]
        }
    )
    partnership_id: str
    status: PlanStatus
    first_year: int
    objectives: tuple[ObjectiveAnswer, ...]
    progress: ProgressAnswer
    at_risk: bool = Field(description="Whether it has fallen behind the terms.")
    approved_on: date | None
    next_steps: tuple[str, ...]
    version: int


class PlanChangeAnswer(ResponseModel):
    """One step of a plan's history."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "number": 4,
                    "verb": "untick",
                    "by": "evidence",
                    "at": MOMENT,
                    "reason": "attendance was corrected",
                    "activity_id": "physics-teachers",
                    "evidence": [],
                }
            ]
        }
    )
    number: int
    verb: str
    by: str = Field(description="The account that asked for it, or evidence.")
    at: datetime
    reason: str | None
    activity_id: str | None
    evidence: tuple[str, ...]


def plan_answer(plan: ActionPlan, today: date) -> PlanAnswer:
    """A plan as clients see it."""
    stands = standings(plan, today)
    rows = {row.activity_id: row for row in plan.fulfilments}
    declared = {said.activity_id: said for said in plan.declarations}
    answers = {
        activity.id: _activity(plan, activity, rows[activity.id], stands, declared) for activity in plan.activities
    }
    return PlanAnswer(
        partnership_id=plan.id,
        status=plan.status,
        first_year=plan.first_year,
        objectives=tuple(
            ObjectiveAnswer(
                title=objective.title,
                activities=tuple(answers[activity.id] for activity in objective.activities),
                progress=_progress(stands[activity.id] for activity in objective.activities),
            )
            for objective in plan.objectives
        ),
        progress=_progress(stands.values()),
        at_risk=is_at_risk(plan, today),
        approved_on=plan.approved_on,
        next_steps=PLAN.verbs(plan.status),
        version=plan.version,
    )


def plan_change_answer(change: PlanChange) -> PlanChangeAnswer:
    """A step as clients see it."""
    return PlanChangeAnswer(
        number=change.number,
        verb=change.verb,
        by=change.by,
        at=change.at,
        reason=change.reason,
        activity_id=change.activity_id,
        evidence=change.evidence,
    )


def _activity(
    plan: ActionPlan,
    activity: Activity,
    row: Fulfilment,
    stands: Mapping[str, Standing],
    declared: Mapping[str, Declaration],
) -> ActivityAnswer:
    said = declared.get(activity.id)
    return ActivityAnswer(
        id=activity.id,
        title=activity.title,
        kind=activity.kind,
        owner_urn=activity.owner_urn,
        year=activity.year,
        term=activity.term,
        due_on=due_on(plan, activity),
        evidence=activity.evidence,
        counted=row.counted,
        needed=row.needed,
        done=row.met,
        standing=stands[activity.id],
        sources=row.sources,
        declared=None if said is None else DeclarationAnswer(note=said.note, by=said.by, at=said.at),
        unticked_because=plan.unticked.get(activity.id),
    )


def _progress(stands: Iterable[Standing]) -> ProgressAnswer:
    all_of_them = list(stands)
    done = all_of_them.count("done")
    return ProgressAnswer(
        activities=len(all_of_them),
        done=done,
        overdue=all_of_them.count("overdue"),
        at_risk=all_of_them.count("at-risk"),
        percent=done * 100 // len(all_of_them) if all_of_them else 0,
    )
