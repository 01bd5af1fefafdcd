"""The action plan ticks itself: what was attended counts, and what turns out not to have been does not."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from rich.table import Table

from infra.story.answers import ActivityAnswer, BookingAnswer, PlanAnswer
from infra.story.attending import mark
from infra.story.booking import PRICE
from infra.story.cast import LEAD, NAMES, OFFICER, lead
from infra.story.claiming import claw_back
from infra.story.funding import balances, expect_balances
from infra.story.stage import Stage, expect

SEPTEMBER: Final = 9
TEACHERS: Final = 3
COURSE_ACTIVITY: Final = "energy-course"
RESOURCES_ACTIVITY: Final = "energy-resources"


def plan_work(stage: Stage, partnership_id: str) -> PlanAnswer:
    """A plan of two activities, approved: one waits for evidence, the other for the school's word."""
    stage.teller.chapter(
        "The schools write an action plan",
        "Each activity says by which evidence it counts as done. Nobody will tick the first one: the attendance of a "
        "course will.",
    )
    speaker, officer = stage.as_account(lead(LEAD)), stage.as_account(OFFICER)
    path = f"/api/partnerships/{partnership_id}/plan"
    speaker.post(path, PlanAnswer, _text(datetime.now(UTC)))
    speaker.post(f"{path}/submission", PlanAnswer)
    approved = officer.post(f"{path}/approval", PlanAnswer)
    expect("the status of the plan", "approved", approved.status)
    stage.teller.done(f"written, submitted, [bold]approved[/]: {approved.progress.activities} activities")
    declared = speaker.post(
        f"{path}/activities/{RESOURCES_ACTIVITY}/declaration",
        PlanAnswer,
        {"note": "Used in all year 8 groups."},
    )
    expect("what is done of the plan", (1, 2), (declared.progress.done, declared.progress.activities))
    stage.teller.done("the lead school says that the free resources were used")
    stage.teller.show(_table(declared))
    return declared


def show_green(stage: Stage, partnership_id: str) -> PlanAnswer:
    """The plan once the attendance of the course has ticked it."""
    stage.teller.chapter(
        "The plan ticks itself",
        f"{TEACHERS} teachers were there all the time. The plan has heard of it, and names the bookings that say so.",
    )
    began = time.monotonic()
    done = stage.eventually(
        "a plan that is done", lambda: _plan(stage, partnership_id), lambda seen: seen.progress.percent == 100
    )
    expect("what ticked the course", TEACHERS, len(_activity(done, COURSE_ACTIVITY).sources))
    stage.teller.done("every activity is done", time.monotonic() - began)
    stage.teller.show(_table(done))
    return done


def correct(stage: Stage, partnership_id: str, bookings: Sequence[BookingAnswer]) -> PlanAnswer:
    """The plan after the register was corrected: one teacher had not been there."""
    corrected = bookings[0]
    stage.teller.chapter(
        "A correction unticks it and takes the money back",
        f"The teacher of {NAMES[corrected.school_urn]} had signed for somebody else. The officer corrects the "
        "register, with a reason; plan and account follow.",
    )
    began = time.monotonic()
    mark(stage, corrected, "absent", reason="The signature was a colleague's.")
    unticked = stage.eventually(
        "a plan that lacks a teacher",
        lambda: _plan(stage, partnership_id),
        lambda seen: not _activity(seen, COURSE_ACTIVITY).done,
    )
    course = _activity(unticked, COURSE_ACTIVITY)
    expect("how many teachers count", (TEACHERS - 1, TEACHERS), (course.counted, course.needed))
    expect("whether the plan says why", True, bool(course.unticked_because))
    stage.teller.done(f"unticked: {course.unticked_because}", time.monotonic() - began)
    stage.teller.show(_table(unticked))
    claw_back(stage, partnership_id, corrected)
    stage.teller.show(balances(expect_balances(stage, partnership_id, reserved=0, spent=(TEACHERS - 1) * PRICE)))
    return unticked


def _text(now: datetime) -> dict[str, object]:
    first_year = now.year if now.month >= SEPTEMBER else now.year - 1
    course = {
        "id": COURSE_ACTIVITY,
        "title": "Three teachers attend a physics course",
        "kind": "cpd",
        "owner_urn": LEAD,
        "year": 1,
        "term": 3,
        "evidence": {"kind": "cpd", "subjects": ["Physics"], "teachers": TEACHERS, "attendance": "full"},
    }
    resources = {
        "id": RESOURCES_ACTIVITY,
        "title": "Free resources are used in year 8",
        "kind": "resource",
        "owner_urn": LEAD,
        "year": 1,
        "term": 1,
        "evidence": {"kind": "declared"},
    }
    objective = {"title": "Physics is taught with more experiments", "activities": [course, resources]}
    return {"first_year": first_year, "objectives": [objective]}


def _plan(stage: Stage, partnership_id: str) -> PlanAnswer:
    return stage.as_account(lead(LEAD)).get(f"/api/partnerships/{partnership_id}/plan", PlanAnswer)


def _activity(plan: PlanAnswer, activity_id: str) -> ActivityAnswer:
    return next(one for objective in plan.objectives for one in objective.activities if one.id == activity_id)


def _table(plan: PlanAnswer) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 3, 0, 0))
    for objective in plan.objectives:
        for one in objective.activities:
            sign = "[green]✓[/]" if one.done else "[yellow]·[/]"
            table.add_row(sign, one.title, f"{one.counted} of {one.needed}")
    return table
