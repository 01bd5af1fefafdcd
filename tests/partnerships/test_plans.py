"""Action plans over HTTP, ticked by what the other services say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.partnerships.domain.planned import PlanChange
from shared.contracts.plans import ActivityTicked, ActivityUnticked
from shared.ids import new_id
from tests.partnerships.planning import whole_plan
from tests.partnerships.programme import URNS, Programme, facts


def partnership_of(path: str) -> str:
    return path.split("/")[3]


async def activity_of(programme: Programme, path: str, name: str) -> dict[str, Any]:
    plan = await programme.get(path, programme.school(URNS[3]))
    return next(each for objective in plan["objectives"] for each in objective["activities"] if each["id"] == name)


async def test_a_plan_is_written_submitted_given_back_and_approved(programme: Programme) -> None:
    await programme.register(*(facts(urn) for urn in URNS))
    path = f"/api/partnerships/{await programme.activate()}/plan"
    lead, officer = programme.school(URNS[0]), programme.officer()
    client = programme.world.client("partnerships")
    assert (await client.get(path, headers=dict(lead))).status_code == 404
    await programme.post(path, programme.school(URNS[1]), whole_plan(), status=403)
    assert (await programme.post(path, lead, whole_plan()))["status"] == "draft"
    await programme.post(f"{path}/submission", lead)
    await programme.post(path, lead, whole_plan(), status=409)
    await programme.post(f"{path}/return", officer, {"reason": "nothing for year 2"})
    await programme.post(path, lead, whole_plan())
    await programme.post(f"{path}/submission", lead)
    plan = await programme.post(f"{path}/approval", officer)
    assert (plan["status"], plan["approved_on"], plan["at_risk"]) == ("approved", "2026-09-07", False)
    history = (await programme.get(f"{path}/history", officer))["items"]
    assert [step["verb"] for step in history] == ["write", "submit", "return", "write", "submit", "approve"]


async def test_attendance_ticks_and_its_correction_unticks(planned: tuple[Programme, str]) -> None:
    programme, path = planned
    partnership_id, booking_id = partnership_of(path), new_id()
    teachers = tuple(f"teacher-{number}" for number in range(4))
    await programme.say(
        programme.scheduled("Physics"),
        programme.settled(partnership_id, booking_id, 0, fully_attended=teachers),
    )
    await programme.world.settle()
    done = await activity_of(programme, path, "physics")
    assert (done["done"], done["standing"]) == (True, "done")
    assert done["sources"] == [f"occurrences/{programme.occurrence_id}/{booking_id}"]
    await programme.say(programme.settled(partnership_id, booking_id, 0, revision=2, fully_attended=teachers[:3]))
    await programme.world.settle()
    undone = await activity_of(programme, path, "physics")
    assert (undone["done"], undone["counted"], undone["needed"]) == (False, 3, 4)
    assert undone["unticked_because"] == f"attendance of booking {booking_id} was corrected"
    assert [event.activity_id for event in await programme.told(ActivityTicked)] == ["physics"]
    assert [event.activity_id for event in await programme.told(ActivityUnticked)] == ["physics"]


async def test_a_plan_is_shown_without_reading_its_history(planned: tuple[Programme, str]) -> None:
    programme, path = planned
    await programme.say(programme.placement_completed(partnership_of(path), "placement-1"))
    await programme.world.settle()
    history = programme.world.databases["partnerships"].collection(PlanChange)
    assert await history.count({}) > 3
    await history.delete({})
    assert (await activity_of(programme, path, "placement"))["done"]
    await programme.say(programme.days_settled(partnership_of(path), "placement-1", 0, days_done=0))
    await programme.world.settle()
    await history.delete({})
    undone = await activity_of(programme, path, "placement")
    assert undone["unticked_because"] == "the days of placement placement-1 were corrected"


async def test_attendance_of_another_subject_does_not_count(planned: tuple[Programme, str]) -> None:
    programme, path = planned
    teachers = tuple(f"teacher-{number}" for number in range(4))
    await programme.say(
        programme.scheduled("Biology"),
        programme.settled(partnership_of(path), "booking-1", 0, fully_attended=teachers),
    )
    await programme.world.settle()
    assert (await activity_of(programme, path, "physics"))["counted"] == 0


async def test_a_completed_placement_ticks_and_a_correction_of_its_days_unticks(planned: tuple[Programme, str]) -> None:
    programme, path = planned
    partnership_id = partnership_of(path)
    await programme.say(programme.days_settled(partnership_id, "placement-1", 0))
    await programme.say(programme.placement_completed(partnership_id, "placement-1"))
    await programme.world.settle()
    assert (await activity_of(programme, path, "placement"))["done"]
    await programme.say(programme.days_settled(partnership_id, "placement-1", 0, revision=2, days_done=0))
    await programme.world.settle()
    undone = await activity_of(programme, path, "placement")
    assert (undone["done"], undone["unticked_because"]) == (
        False,
        "the days of placement placement-1 were corrected",
    )


async def test_two_visits_to_year_9_tick_and_one_that_was_none_unticks(planned: tuple[Programme, str]) -> None:
    programme, path = planned
    partnership_id = partnership_of(path)
    await programme.say(*(programme.visit_delivered(partnership_id, f"visit-{number}") for number in (1, 2)))
    await programme.world.settle()
    assert (await activity_of(programme, path, "visits"))["sources"] == ["visits/visit-1", "visits/visit-2"]
    await programme.say(programme.visit_delivered(partnership_id, "visit-2", revision=2, delivered=False))
    await programme.world.settle()
    assert (await activity_of(programme, path, "visits"))["counted"] == 1


async def test_evidence_that_comes_before_the_plan_counts_when_it_is_written(programme: Programme) -> None:
    partnership_id = await programme.funded(1_000_000)
    await programme.say(programme.placement_completed(partnership_id, "placement-1"))
    await programme.world.settle()
    path = f"/api/partnerships/{partnership_id}/plan"
    client = programme.world.client("partnerships")
    assert (await client.get(path, headers=dict(programme.officer()))).status_code == 404
    plan = await programme.post(path, programme.school(URNS[0]), whole_plan())
    assert plan["progress"]["done"] == 1


async def test_a_crash_and_a_reread_tick_nothing_twice(planned: tuple[Programme, str]) -> None:
    programme, path = planned
    await programme.say(programme.placement_completed(partnership_of(path), "placement-1"))
    await programme.world.settle()
    before = await programme.get(path, programme.officer())
    await programme.world.kill("partnerships")
    programme.world.broker.group("partnerships").committed.clear()
    await programme.world.start("partnerships")
    await programme.world.settle()
    assert await programme.get(path, programme.officer()) == before
    assert len(await programme.told(ActivityTicked)) == 1


async def test_resources_and_enrichment_are_declared_with_a_note(planned: tuple[Programme, str]) -> None:
    programme, path = planned
    owner, note = programme.school(URNS[1]), {"note": "used in all year 8 groups"}
    await programme.post(f"{path}/activities/packs/declaration", programme.school(URNS[2]), note, status=403)
    await programme.post(f"{path}/activities/physics/declaration", owner, note, status=409)
    await programme.post(f"{path}/activities/unknown/declaration", programme.school(URNS[0]), note, status=404)
    await programme.post(f"{path}/activities/packs/declaration", owner, note)
    packs = await activity_of(programme, path, "packs")
    assert (packs["done"], packs["declared"]["note"]) == (True, "used in all year 8 groups")
    await programme.post(f"{path}/activities/packs/retraction", owner, {"reason": "only two groups"})
    packs = await activity_of(programme, path, "packs")
    assert (packs["done"], packs["declared"]) == (False, None)


async def test_progress_falls_behind_the_terms(planned: tuple[Programme, str]) -> None:
    programme, path = planned
    plan = await programme.get(path, programme.officer())
    assert (plan["at_risk"], plan["progress"]["activities"], plan["progress"]["percent"]) == (False, 5, 0)
    programme.world.clock.advance(timedelta(days=120))
    plan = await programme.get(path, programme.officer())
    assert (plan["at_risk"], plan["progress"]["overdue"]) == (True, 1)
    assert [objective["progress"]["overdue"] for objective in plan["objectives"]] == [1, 0]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"evidence": {"kind": "cpd", "teachers": 0}}, "objectives.0.activities.0.evidence.cpd.teachers"),
        ({"evidence": {"kind": "hearsay"}}, "objectives.0.activities.0.evidence"),
        ({"evidence": {"kind": "placement", "completed": 1}}, "objectives.0.activities.0.evidence.kind"),
        ({"term": 4}, "objectives.0.activities.0.term"),
        ({"owner_urn": "900099"}, "objectives.0.activities.0.owner_urn"),
        ({"colour": "green"}, "objectives.0.activities.0.colour"),
    ],
)
async def test_an_unsound_plan_is_refused_and_the_field_named(
    programme: Programme, change: dict[str, Any], field: str
) -> None:
    await programme.register(*(facts(urn) for urn in URNS))
    path = f"/api/partnerships/{await programme.activate()}/plan"
    body = whole_plan()
    body["objectives"][0]["activities"][0] |= change
    problem = await programme.post(path, programme.school(URNS[0]), body, status=422)
    named = [problem.get("field"), *(error["field"] for error in problem.get("errors", ()))]
    assert any((name or "").endswith(field) for name in named), problem
