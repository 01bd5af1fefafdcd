"""What a rule may ask for besides the subject: one course, the owner school, and always the activity's own time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.partnerships.domain import action_plan
from services.partnerships.domain.evidence import Heard
from services.partnerships.domain.life_cycle import LEAD, Status
from services.partnerships.domain.planned import ActionPlan
from tests.partnerships.planning import NOW, activity, attended, completed, days, objectives, visited, whole_plan
from tests.partnerships.programme import URNS, Programme
from tests.partnerships.test_life_cycle import ACTORS, partnership
from tests.partnerships.test_plans import activity_of

OF = partnership(Status.ACTIVE)
OWNER, OTHER = URNS[1], URNS[2]
COURSE: dict[str, Any] = {"kind": "cpd", "teachers": 1}
PLACEMENT: dict[str, Any] = {"kind": "placement", "completed": 1}
VISIT: dict[str, Any] = {"kind": "visit", "count": 1}
KINDS: dict[str, tuple[str, dict[str, Any], Heard]] = {
    "cpd": ("cpd", COURSE, attended(1, "t1")),
    "placement": ("placement", PLACEMENT, completed(1)),
    "visit": ("ambassador", VISIT, visited(1)),
}


def counted(kind: str, rule: dict[str, Any], *heard: Heard, year: int = 1) -> int:
    """How much counts for the one activity of a plan that begins in September 2026."""
    plan: ActionPlan | None = None
    for fact in heard:
        root = action_plan.hear(plan, OF, fact, NOW).root
        assert isinstance(root, ActionPlan)
        plan = root
    planned = objectives(activity("one", kind, rule, year=year))
    (row,) = action_plan.write(plan, OF, 2026, planned, ACTORS[LEAD], NOW).reply.fulfilments
    return row.counted


def saying(heard: Heard, **fields: object) -> Heard:
    return replace(heard, fields={**heard.fields, **fields})


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    ("by_owner", "urn", "counts"), [(True, OWNER, 1), (True, OTHER, 0), (False, OWNER, 1), (False, OTHER, 1)]
)
def test_an_activity_may_be_its_owners_to_do(name: str, by_owner: bool, urn: str, counts: int) -> None:
    kind, rule, heard = KINDS[name]
    assert counted(kind, {**rule, "by_owner": by_owner}, saying(heard, school_urn=urn)) == counts


@pytest.mark.parametrize(("code", "counts"), [("PH210", 1), ("ph210", 1), ("PH211", 0), (None, 0)])
def test_an_activity_may_ask_for_one_course(code: str | None, counts: int) -> None:
    assert counted("cpd", {**COURSE, "course_code": "PH210"}, saying(attended(1, "t1"), course_code=code)) == counts


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    ("year", "on", "counts"),
    [
        (1, date(2026, 8, 31), 0),
        (1, date(2026, 9, 1), 1),
        (1, date(2027, 9, 1), 1),
        (2, date(2027, 8, 31), 0),
        (2, date(2027, 9, 1), 1),
        (2, None, 1),
    ],
)
def test_an_activity_counts_what_happened_from_its_own_year_on(
    name: str, year: int, on: date | None, counts: int
) -> None:
    kind, rule, heard = KINDS[name]
    assert counted(kind, rule, saying(heard, on=on), year=year) == counts


def test_a_placement_counts_by_the_last_of_its_days() -> None:
    in_summer = saying(days(1, 5, 1), on=date(2026, 8, 31))
    assert counted("placement", PLACEMENT, completed(1), in_summer) == 0
    assert counted("placement", PLACEMENT, completed(1), in_summer, saying(days(1, 5, 2), on=date(2026, 9, 1))) == 1


async def test_what_the_owner_did_under_its_old_urn_goes_on_counting(programme: Programme) -> None:
    partnership_id = await programme.funded(1_000_000)
    path = f"/api/partnerships/{partnership_id}/plan"
    rule = {"kind": "cpd", "teachers": 3, "by_owner": True}
    body = {**whole_plan(), "objectives": [{"title": "One", "activities": [activity("one", "cpd", rule)]}]}
    await programme.post(path, programme.school(URNS[0]), body)
    await programme.say(programme.settled(partnership_id, "booking-1", 0, fully_attended=("t1",)))
    await programme.world.settle()
    await programme.convert(OWNER, "900077")
    await programme.world.settle()
    assert (await activity_of(programme, path, "one"))["counted"] == 1
    late = programme.settled(partnership_id, "booking-2", 0, fully_attended=("t2",))
    new = programme.settled(partnership_id, "booking-3", 0, fully_attended=("t3",))
    await programme.say(late, new.model_copy(update={"school_urn": "900077"}))
    await programme.world.settle()
    assert (await activity_of(programme, path, "one"))["done"]


async def test_a_school_that_was_converted_before_the_plan_was_written_owns_what_it_did_before(
    programme: Programme,
) -> None:
    partnership_id = await programme.funded(1_000_000)
    await programme.convert(OWNER, "900077")
    await programme.convert("900077", "900078")
    await programme.world.settle()
    path = f"/api/partnerships/{partnership_id}/plan"
    rule = {"kind": "cpd", "teachers": 1, "by_owner": True}
    owned = {**activity("one", "cpd", rule), "owner_urn": "900078"}
    body = {**whole_plan(), "objectives": [{"title": "One", "activities": [owned]}]}
    await programme.post(path, programme.school(URNS[0]), body)
    await programme.say(programme.settled(partnership_id, "booking-1", 0, fully_attended=("t1",)))
    await programme.world.settle()
    assert (await activity_of(programme, path, "one"))["done"]


async def test_course_and_owner_and_day_are_told_by_events(programme: Programme) -> None:
    partnership_id = await programme.funded(1_000_000)
    path = f"/api/partnerships/{partnership_id}/plan"
    rules = {
        "this-course": {**COURSE, "course_code": "PHY-1", "by_owner": True},
        "another-course": {**COURSE, "course_code": "PHY-2"},
        "placement": {**PLACEMENT, "by_owner": True},
        "visit": {**VISIT, "by_owner": True},
        "next-visit": VISIT,
    }
    kinds = {"placement": "placement", "visit": "ambassador", "next-visit": "ambassador"}
    activities = [
        activity(name, kinds.get(name, "cpd"), rule, year=2 if name.startswith("next") else 1)
        for name, rule in rules.items()
    ]
    body = {**whole_plan(), "objectives": [{"title": "One", "activities": activities}]}
    await programme.post(path, programme.school(URNS[0]), body)
    await programme.say(
        programme.scheduled("Physics"),
        programme.settled(partnership_id, "booking-1", 0, fully_attended=("t1", "t2")),
        programme.days_settled(partnership_id, "placement-1", 0),
        programme.placement_completed(partnership_id, "placement-1"),
        programme.visit_delivered(partnership_id, "visit-1"),
        programme.visit_delivered(partnership_id, "visit-2"),
    )
    await programme.world.settle()
    done = {name: (await activity_of(programme, path, name))["done"] for name in rules}
    expected = {"this-course": True, "another-course": False, "placement": True, "visit": True, "next-visit": False}
    assert done == expected
