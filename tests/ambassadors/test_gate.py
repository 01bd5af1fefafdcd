"""The safeguarding gate: whoever may not be sent does not go, whatever the moment, and the school is not told why."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from services.ambassadors.use_cases import visits
from shared.contracts.ambassadors import (
    AmbassadorReplaced,
    InvitationEnded,
    RequestEnded,
    SubstituteSought,
    VisitAgreed,
    VisitCancelled,
    VisitConfirmed,
)
from tests.ambassadors.coordinator import CHECK, NOTE, URNS, Coordinator

REFUSED = CHECK | {"decision": "refused"}


async def shut(coordinator: Coordinator, ambassador_id: str, how: str) -> None:
    """The ambassador may not be sent any more, in one of the ways in which that happens."""
    if how == "suspended":
        await coordinator.suspend(ambassador_id)
    elif how == "check refused":
        await coordinator.officer_does(ambassador_id, "credentials", REFUSED)
    elif how == "monitoring":
        await coordinator.officer_does(ambassador_id, "credentials/dbs/monitoring", {"outcome": "changed"})
    elif how == "left":
        await coordinator.post(f"/api/ambassadors/{ambassador_id}/departure", coordinator.volunteer("ada"))
        await coordinator.world.settle()


@pytest.mark.parametrize("how", ["suspended", "check refused", "monitoring", "left"])
async def test_a_visit_gets_somebody_else_the_moment_its_ambassador_may_not_come(
    coordinator: Coordinator, how: str
) -> None:
    ada = await coordinator.active("ada", {"monitored": True})
    visit_id = await coordinator.confirmed()
    bo = await coordinator.active("bo")
    await shut(coordinator, ada, how)
    visit = await coordinator.visit(visit_id, coordinator.school())
    assert (visit["status"], visit["ambassador_id"], visit["ambassador_name"]) == ("seeking-substitute", None, None)
    assert await coordinator.invited(visit["activity_id"]) == [ada, bo]
    await coordinator.accept(visit["activity_id"], "bo")
    visit = await coordinator.visit(visit_id, coordinator.school())
    assert (visit["status"], visit["ambassador_name"], visit["supervision"]) == ("confirmed", "bo", NOTE)
    assert (await coordinator.activity(visit["activity_id"]))["status"] == "confirmed"
    (replaced,) = await coordinator.told(AmbassadorReplaced)
    assert (replaced.ambassador_id, replaced.replaced_ambassador_id) == (bo, ada)
    assert len(await coordinator.told(SubstituteSought)) == 1
    assert [event.ambassador_id for event in await coordinator.told(VisitAgreed)] == [ada, bo]
    assert len(await coordinator.told(VisitConfirmed)) == 2


async def test_nothing_that_the_school_can_read_says_why(coordinator: Coordinator) -> None:
    ada = await coordinator.active("ada")
    visit_id = await coordinator.confirmed()
    await coordinator.suspend(ada)
    client, school = coordinator.world.client("ambassadors"), dict(coordinator.school())
    activity_id = (await coordinator.visit(visit_id))["activity_id"]
    for path in (f"/api/visits/{visit_id}", f"/api/activities/{activity_id}", "/api/visits", "/api/activities"):
        text = (await client.get(path, headers=school)).text
        assert "suspen" not in text.replace("suspended_at", "")
        assert "safeguarding" not in text
        assert ada not in text
    for path in (f"/api/visits/{visit_id}/history", f"/api/ambassadors/{ada}"):
        assert (await client.get(path, headers=school)).status_code == 403


async def test_a_check_that_runs_out_shuts_the_gate_by_itself(coordinator: Coordinator) -> None:
    ada = await coordinator.active("ada", {"checked_on": "2023-10-01"})
    first = await coordinator.confirmed(days=(10,))
    refused = await coordinator.asked(URNS[1], days=(60,))
    assert (await coordinator.activity(refused))["status"] == "open"
    assert await coordinator.status(first) == "confirmed"
    await coordinator.later(days=24)
    assert (await coordinator.ambassador(ada))["status"] == "lapsed"


async def test_a_visit_whose_ambassador_lapses_before_the_day_is_given_to_another(coordinator: Coordinator) -> None:
    ada = await coordinator.active("ada")
    visit_id = await coordinator.confirmed()
    await coordinator.officer_does(ada, "credentials", CHECK | {"checked_on": "2023-10-01"})
    assert (await coordinator.ambassador(ada))["cleared"] == ["england-and-wales"]
    await coordinator.later(days=24)
    assert await coordinator.status(visit_id) == "seeking-substitute"


async def test_a_visit_for_which_nobody_else_is_found_is_cancelled_by_the_programme(coordinator: Coordinator) -> None:
    ada = await coordinator.active("ada")
    visit_id = await coordinator.confirmed()
    await coordinator.suspend(ada)
    assert await coordinator.status(visit_id) == "seeking-substitute"
    await coordinator.later(days=59, hours=2)
    visit = await coordinator.visit(visit_id, coordinator.school())
    assert (visit["status"], visit["cancelled_by"]) == ("cancelled", "programme")
    assert [event.request_ending for event in await coordinator.told(RequestEnded)] == ["expired"]
    assert [event.visit_cancelled_by for event in await coordinator.told(VisitCancelled)] == ["programme"]


async def test_a_request_that_an_officer_rejects_takes_the_visit_that_seeks_with_it(coordinator: Coordinator) -> None:
    ada = await coordinator.active("ada")
    visit_id = await coordinator.confirmed()
    await coordinator.suspend(ada)
    activity_id = (await coordinator.visit(visit_id))["activity_id"]
    path, reason = f"/api/activities/{activity_id}/rejection", {"reason": "Nobody else does this."}
    await coordinator.post(path, coordinator.officer(), reason)
    await coordinator.world.settle()
    visit = await coordinator.visit(visit_id, coordinator.school())
    assert (visit["status"], visit["cancelled_by"]) == ("cancelled", "programme")
    assert (await coordinator.activity(activity_id))["status"] == "declined"
    assert [event.visit_cancelled_by for event in await coordinator.told(VisitCancelled)] == ["programme"]


async def test_a_lapse_on_the_day_itself_leaves_no_time_for_a_substitute(coordinator: Coordinator) -> None:
    ada = await coordinator.active("ada")
    visit_id = await coordinator.confirmed()
    await coordinator.active("bo")
    await coordinator.later(days=59, hours=12)
    await coordinator.suspend(ada)
    assert await coordinator.status(visit_id) == "cancelled"


async def test_nobody_is_let_in_who_may_not_be_there_whatever_was_told(coordinator: Coordinator) -> None:
    ada = await coordinator.active("ada")
    visit_id = await coordinator.confirmed()
    early = await coordinator.on_visit(visit_id, "arrival", coordinator.school(), status=409)
    assert early["type"] == "/problems/not-the-time-of-the-visit"
    await coordinator.later(days=60, hours=1, minutes=30)
    # The suspension is committed, and no event of it has been heard yet.
    path = f"/api/ambassadors/{ada}/suspension"
    await coordinator.post(path, coordinator.officer(), {"reason": "A question."})
    problem = await coordinator.post(f"/api/visits/{visit_id}/arrival", coordinator.school(), status=409)
    assert problem["type"] == "/problems/ambassador-not-let-in"
    assert "question" not in str(problem)
    assert await coordinator.status(visit_id) == "seeking-substitute"


async def test_who_may_be_there_is_let_in(coordinator: Coordinator) -> None:
    await coordinator.active("ada")
    visit_id = await coordinator.confirmed()
    await coordinator.later(days=60, hours=1)
    visit = await coordinator.on_visit(visit_id, "arrival", coordinator.school())
    assert (visit["status"], visit["arrived_at"] is not None) == ("confirmed", True)


@pytest.mark.parametrize(("minutes", "status"), [(121, 409), (120, None), (1, None)])
async def test_an_ambassador_arrives_at_most_so_early_as_the_policy_says(
    coordinator: Coordinator, minutes: int, status: int | None
) -> None:
    await coordinator.active("ada")
    visit_id = await coordinator.confirmed()
    starts_at = datetime.fromisoformat((await coordinator.visit(visit_id))["starts_at"])
    coordinator.world.clock.advance(starts_at - timedelta(minutes=minutes) - coordinator.world.clock.now())
    await coordinator.on_visit(visit_id, "arrival", coordinator.school(), status=status)


async def test_another_policy_moves_the_earliest_arrival(
    coordinator: Coordinator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visits, "arrival_minutes_at", lambda _now: 30)
    await coordinator.active("ada")
    visit_id = await coordinator.confirmed()
    await coordinator.later(days=60, hours=1)
    early = await coordinator.on_visit(visit_id, "arrival", coordinator.school(), status=409)
    assert early["type"] == "/problems/not-the-time-of-the-visit"
    await coordinator.later(minutes=30)
    await coordinator.on_visit(visit_id, "arrival", coordinator.school())


async def test_the_gate_is_asked_when_the_visit_begins_even_if_nobody_heard_the_event(coordinator: Coordinator) -> None:
    ada = await coordinator.active("ada")
    visit_id = await coordinator.confirmed()
    await coordinator.later(days=60, hours=1, minutes=59)
    path = f"/api/ambassadors/{ada}/suspension"
    await coordinator.post(path, coordinator.officer(), {"reason": "A question."})
    coordinator.world.clock.advance(coordinator._until(await coordinator.visit(visit_id)))
    body = {"delivered": True, "pupils_reached": 3}
    problem = await coordinator.post(f"/api/visits/{visit_id}/delivery", coordinator.school(), body, status=409)
    assert problem["type"] == "/problems/wrong-state"


async def test_a_suspension_between_acceptance_and_visit_is_noticed_when_the_visit_is_made(
    coordinator: Coordinator,
) -> None:
    ada = await coordinator.active("ada")
    activity_id = await coordinator.asked()
    starts_at = (await coordinator.activity(activity_id))["dates"][0]["starts_at"]
    path = f"/api/activities/{activity_id}/acceptance"
    answer = await coordinator.post(path, coordinator.volunteer("ada"), {"starts_at": starts_at})
    reason = {"reason": "A question."}
    await coordinator.post(f"/api/ambassadors/{ada}/suspension", coordinator.officer(), reason)
    await coordinator.world.settle()
    assert await coordinator.status(answer["visit_id"]) == "seeking-substitute"
    assert await coordinator.told(SubstituteSought) != []


async def test_an_open_invitation_is_taken_back_and_the_next_one_is_asked(coordinator: Coordinator) -> None:
    ada = await coordinator.active("ada")
    activity_id = await coordinator.asked()
    bo = await coordinator.active("bo")
    await coordinator.suspend(ada)
    assert await coordinator.invited(activity_id) == [ada, bo]
    assert [event.invitation_ending for event in await coordinator.told(InvitationEnded)] == ["withdrawn"]


async def test_who_is_suspended_with_an_invitation_open_cannot_accept_it(coordinator: Coordinator) -> None:
    ada = await coordinator.active("ada")
    activity_id = await coordinator.asked()
    path = f"/api/ambassadors/{ada}/suspension"
    await coordinator.post(path, coordinator.officer(), {"reason": "A question."})
    starts_at = (await coordinator.activity(activity_id))["dates"][0]["starts_at"]
    path = f"/api/activities/{activity_id}/acceptance"
    problem = await coordinator.post(path, coordinator.volunteer("ada"), {"starts_at": starts_at}, status=409)
    assert problem["type"] == "/problems/may-not-visit"


async def test_a_pause_of_ones_own_keeps_the_visits_that_are_agreed(coordinator: Coordinator) -> None:
    ada = await coordinator.active("ada")
    visit_id = await coordinator.confirmed()
    await coordinator.post(f"/api/ambassadors/{ada}/pause", coordinator.volunteer("ada"))
    await coordinator.world.settle()
    assert await coordinator.status(visit_id) == "confirmed"


async def test_one_check_of_two_ends_and_only_visits_there_are_given_away(coordinator: Coordinator) -> None:
    ada = await coordinator.active("ada")
    await coordinator.officer_does(ada, "credentials", {**CHECK, "scheme": "pvg", "level": "scheme-member"})
    english = await coordinator.confirmed()
    scottish = await coordinator.confirmed("900051", days=(63,))
    await coordinator.officer_does(ada, "credentials", REFUSED)
    assert (await coordinator.ambassador(ada))["status"] == "active"
    assert [await coordinator.status(visit_id) for visit_id in (english, scottish)] == [
        "seeking-substitute",
        "confirmed",
    ]


async def test_an_ambassador_who_cannot_come_is_replaced_like_any_other(coordinator: Coordinator) -> None:
    ada = await coordinator.active("ada")
    visit_id = await coordinator.confirmed()
    bo = await coordinator.active("bo")
    reason = {"reason": "My train does not run."}
    answer = await coordinator.on_visit(visit_id, "cancellation", coordinator.volunteer("ada"), reason)
    assert answer["status"] == "seeking-substitute"
    assert await coordinator.invited(answer["activity_id"]) == [ada, bo]
    client = coordinator.world.client("ambassadors")
    gone = await client.get(f"/api/visits/{visit_id}", headers=dict(coordinator.volunteer("ada")))
    assert gone.status_code == 404


async def test_who_steps_in_for_a_visit_that_was_just_called_off_is_free_again(coordinator: Coordinator) -> None:
    ada = await coordinator.active("ada")
    visit_id = await coordinator.confirmed()
    bo = await coordinator.active("bo")
    await coordinator.suspend(ada)
    visit = await coordinator.visit(visit_id)
    path = f"/api/activities/{visit['activity_id']}/acceptance"
    await coordinator.post(path, coordinator.volunteer("bo"), {"starts_at": visit["starts_at"]})
    # The school calls the visit off before anybody has heard of the substitute.
    reason = {"reason": "The year group is on a trip."}
    await coordinator.post(f"/api/visits/{visit_id}/cancellation", coordinator.school(), reason)
    await coordinator.world.settle()
    assert (await coordinator.ambassador(bo))["upcoming_visits"] == 0
    assert (await coordinator.activity(visit["activity_id"]))["status"] == "cancelled"
    days = (datetime.fromisoformat(visit["starts_at"]) - coordinator.world.clock.now()) / timedelta(days=1)
    other = await coordinator.asked(URNS[1], days=(days - 2 / 24,))
    assert (await coordinator.accept(other, "bo"))["status"] == "accepted"
