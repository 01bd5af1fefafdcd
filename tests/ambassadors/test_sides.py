"""For whom somebody speaks: an ambassador who teaches, too, and a school that goes on under another identifier."""

from __future__ import annotations

import pytest

from services.ambassadors.use_cases import facts
from shared.testing.world import Headers
from tests.ambassadors.coordinator import NOTE, URNS, Coordinator

REASON = {"reason": "The year group is on a trip that day."}
HEIR, GRANDCHILD = "900201", "900202"


def both(coordinator: Coordinator, name: str, urn: str = URNS[0]) -> Headers:
    """Somebody who volunteers, and teaches at a school."""
    return coordinator.world.caller(f"account-{name}", "ambassador", "teacher", school_urn=urn)


async def test_an_ambassador_who_teaches_speaks_for_their_school_of_the_visits_of_others(
    coordinator: Coordinator,
) -> None:
    await coordinator.active("ada")
    delivered, ahead = await coordinator.delivered(), await coordinator.confirmed()
    await coordinator.active("tess")
    answer = await coordinator.on_visit(delivered, "feedback", both(coordinator, "tess"), {"rating": 5})
    assert (answer["school_feedback"]["rating"], answer["ambassador_feedback"]) == (5, None)
    answer = await coordinator.on_visit(ahead, "cancellation", both(coordinator, "tess"), REASON)
    assert (answer["status"], answer["cancelled_by"]) == ("cancelled", "school")


async def test_a_teacher_with_the_role_who_never_registered_speaks_for_their_school(coordinator: Coordinator) -> None:
    await coordinator.active("ada")
    visit_id = await coordinator.confirmed()
    answer = await coordinator.on_visit(visit_id, "cancellation", both(coordinator, "nobody"), REASON)
    assert answer["cancelled_by"] == "school"


async def test_the_ambassador_of_a_visit_speaks_as_such_wherever_they_teach(coordinator: Coordinator) -> None:
    await coordinator.active("ada")
    visit_id = await coordinator.delivered()
    answer = await coordinator.on_visit(visit_id, "feedback", both(coordinator, "ada"), {"rating": 4})
    assert (answer["ambassador_feedback"]["rating"], answer["school_feedback"]) == (4, None)
    visit_id = await coordinator.confirmed()
    answer = await coordinator.on_visit(visit_id, "cancellation", both(coordinator, "ada"), REASON)
    assert answer["status"] == "seeking-substitute"
    # Whoever does not come any more is of this visit no more: from now on they speak for their school.
    answer = await coordinator.on_visit(visit_id, "cancellation", both(coordinator, "ada"), REASON)
    assert (answer["status"], answer["cancelled_by"]) == ("cancelled", "school")


async def test_an_ambassador_who_teaches_elsewhere_has_nothing_to_do_with_a_visit(coordinator: Coordinator) -> None:
    await coordinator.active("ada")
    visit_id = await coordinator.confirmed()
    await coordinator.active("tess")
    elsewhere = both(coordinator, "tess", URNS[1])
    await coordinator.on_visit(visit_id, "cancellation", elsewhere, REASON, status=404)


@pytest.mark.parametrize("urn", [HEIR, GRANDCHILD])
async def test_what_runs_is_gone_on_with_under_the_schools_new_identifier(coordinator: Coordinator, urn: str) -> None:
    await coordinator.active("ada")
    visit_id = await coordinator.agreed()
    activity_id = (await coordinator.visit(visit_id))["activity_id"]
    other_id = await coordinator.asked(days=(63,))
    work = coordinator.world.running["ambassadors"].work()
    await facts.keep_successor(work, URNS[0], HEIR)
    await facts.keep_successor(work, HEIR, GRANDCHILD)
    school = coordinator.school(urn)
    assert (await coordinator.visit(visit_id, school))["school_urn"] == URNS[0]
    for path, found in (("/api/activities", {activity_id, other_id}), ("/api/visits", {visit_id})):
        page = await coordinator.get(path, school)
        assert {one.get("visit_id") if path == "/api/visits" else one["activity_id"] for one in page["items"]} == found
    await coordinator.post(f"/api/activities/{other_id}/cancellation", school, REASON)
    await coordinator.on_visit(visit_id, "confirmation", school, {"supervision": NOTE})
    await coordinator.later(days=60, hours=2)
    school = coordinator.school(urn)
    await coordinator.on_visit(visit_id, "arrival", school)
    await coordinator.deliver(visit_id, urn)
    await coordinator.on_visit(visit_id, "hours", coordinator.volunteer("ada"), {"minutes": 90})
    await coordinator.on_visit(visit_id, "hours/confirmation", school, {"minutes": 90})
    answer = await coordinator.on_visit(visit_id, "feedback", school, {"rating": 5})
    assert (answer["status"], answer["hours"]["confirmed"], answer["school_feedback"]["rating"]) == (
        "delivered",
        True,
        5,
    )


async def test_a_successor_opens_nothing_of_other_schools(coordinator: Coordinator) -> None:
    await coordinator.active("ada")
    visit_id = await coordinator.agreed()
    work = coordinator.world.running["ambassadors"].work()
    await facts.keep_successor(work, URNS[1], HEIR)
    await facts.keep_successor(work, HEIR, URNS[1])  # a mistake of the register ends in no circle
    await coordinator.on_visit(visit_id, "cancellation", coordinator.school(HEIR), REASON, status=404)
    await coordinator.on_visit(visit_id, "confirmation", coordinator.school(URNS[2]), {"supervision": NOTE}, status=404)
