"""Invitations: one at a time, the best first, on to the next when they come to nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from services.ambassadors import store
from services.ambassadors.domain.matching import Assessment, assess
from services.ambassadors.domain.offer import Offer
from services.ambassadors.domain.request import ActivityRequest
from services.ambassadors.views import requests as views
from shared.contracts.ambassadors import AmbassadorInvited, InvitationEnded, RequestEnded
from tests.ambassadors.coordinator import ACTIVITY, URNS, Coordinator


async def test_who_declines_makes_way_for_the_next_one(coordinator: Coordinator) -> None:
    ada, bo = await coordinator.active("ada"), await coordinator.active("bo", radius_km=20)
    activity_id = await coordinator.asked()
    assert await coordinator.invited(activity_id) == [ada]
    answer = await coordinator.post(f"/api/activities/{activity_id}/refusal", coordinator.volunteer("ada"))
    assert (answer["status"], answer["invitations"]) == ("matched", None)
    await coordinator.world.settle()
    assert await coordinator.invited(activity_id) == [ada, bo]
    assert [event.invitation_ending for event in await coordinator.told(InvitationEnded)] == ["declined"]


async def test_an_invitation_runs_out_on_time_and_the_next_one_is_asked(coordinator: Coordinator) -> None:
    ada, bo = await coordinator.active("ada"), await coordinator.active("bo", radius_km=20)
    activity_id = await coordinator.asked()
    await coordinator.later(hours=71, minutes=59)
    assert await coordinator.invited(activity_id) == [ada]
    await coordinator.later(minutes=1)
    assert await coordinator.invited(activity_id) == [ada, bo]
    assert [event.invitation_ending for event in await coordinator.told(InvitationEnded)] == ["expired"]


async def test_an_invitation_that_has_run_out_is_accepted_by_nobody_even_if_nobody_tidied(
    coordinator: Coordinator,
) -> None:
    await coordinator.active("ada")
    activity_id = await coordinator.asked()
    coordinator.world.clock.advance(timedelta(hours=72))
    activity = await coordinator.activity(activity_id)
    assert (activity["status"], activity["invitations"][0]["ending"]) == ("matched", "expired")
    path = f"/api/activities/{activity_id}/acceptance"
    body = {"starts_at": activity["dates"][0]["starts_at"]}
    problem = await coordinator.post(path, coordinator.volunteer("ada"), body, status=409)
    assert problem["type"] == "/problems/wrong-state"


async def test_an_invitation_is_accepted_to_the_last_millisecond(coordinator: Coordinator) -> None:
    await coordinator.active("ada")
    activity_id = await coordinator.asked()
    coordinator.world.clock.advance(timedelta(hours=72, milliseconds=-2))
    assert (await coordinator.accept(activity_id))["status"] == "accepted"


async def test_a_request_waits_for_somebody_who_suits(coordinator: Coordinator) -> None:
    activity_id = await coordinator.asked()
    assert (await coordinator.activity(activity_id))["status"] == "open"
    ada = await coordinator.active("ada")
    await coordinator.later(hours=23)
    assert await coordinator.invited(activity_id) == []
    await coordinator.later(hours=1)
    assert await coordinator.invited(activity_id) == [ada]


async def test_an_officer_need_not_wait(coordinator: Coordinator) -> None:
    activity_id = await coordinator.asked()
    ada = await coordinator.active("ada")
    answer = await coordinator.post(f"/api/activities/{activity_id}/matching", coordinator.officer())
    assert (answer["status"], answer["invitations"][0]["ambassador_id"]) == ("invited", ada)


async def test_a_request_expires_when_nobody_could_come_in_time(coordinator: Coordinator) -> None:
    ada = await coordinator.active("ada")
    activity_id = await coordinator.asked(days=(4,))
    assert await coordinator.invited(activity_id) == [ada]
    await coordinator.later(days=3, hours=2)
    assert (await coordinator.activity(activity_id))["status"] == "expired"
    assert [event.request_ending for event in await coordinator.told(RequestEnded)] == ["expired"]


async def test_requests_go_round_so_that_everybody_is_asked(coordinator: Coordinator) -> None:
    names = [await coordinator.active(name) for name in ("ada", "bo", "cy")]
    asked = [
        (await coordinator.invited(await coordinator.asked(URNS[0], days=(60 + 7 * number,))))[0] for number in range(6)
    ]
    assert sorted(asked) == sorted(names * 2)
    assert set(asked[:3]) == set(names)


async def test_nobody_has_more_open_invitations_than_the_limit_however_many_ask_at_once(
    coordinator: Coordinator,
) -> None:
    ada = await coordinator.active("ada")
    asked = [await coordinator.asked(URNS[n % 3], days=(60 + n,), settle=False) for n in (0, 3, 4, 5, 7, 10)]
    await coordinator.world.settle()
    invited = [key for key in asked if await coordinator.invited(key) == [ada]]
    assert (len(invited), (await coordinator.ambassador(ada))["open_invitations"]) == (3, 3)
    await coordinator.post(f"/api/activities/{invited[0]}/refusal", coordinator.volunteer("ada"))
    await coordinator.world.settle()
    await coordinator.later(hours=24)
    assert sum([await coordinator.invited(key) == [ada] for key in asked]) == 4


async def test_an_invitation_is_counted_before_the_ambassador_has_heard_of_it(coordinator: Coordinator) -> None:
    ada = await coordinator.active("ada")
    activity_id = await coordinator.asked(settle=False)
    await coordinator.post(f"/api/activities/{activity_id}/matching", coordinator.officer())
    offers = coordinator.world.databases["ambassadors"].collection(Offer)

    async def counted() -> tuple[int, list[str]]:
        offer = await offers.get(ada)
        assert offer is not None
        return offer.invitations, list(offer.reserved)

    assert await counted() == (1, [activity_id])
    await coordinator.post(f"/api/ambassadors/{ada}/pause", coordinator.volunteer("ada"))
    assert await counted() == (1, [activity_id])
    await coordinator.world.settle()
    assert await counted() == (1, [])


async def test_an_officer_chooses_among_those_who_suit(coordinator: Coordinator) -> None:
    activity_id = await coordinator.asked()
    bo = await coordinator.active("bo")
    cy = await coordinator.active("cy", subjects=["Glaciology"])
    path = f"/api/activities/{activity_id}/invitations"
    problem = await coordinator.post(path, coordinator.officer(), {"ambassador_id": cy}, status=409)
    assert (problem["type"], problem["detail"]) == (
        "/problems/ambassador-not-suitable",
        "offers none of Physics.",
    )
    answer = await coordinator.post(path, coordinator.officer(), {"ambassador_id": bo})
    assert answer["status"] == "invited"


async def test_somebody_without_the_check_of_the_jurisdiction_is_never_invited(coordinator: Coordinator) -> None:
    ada = await coordinator.active("ada")
    activity_id = await coordinator.asked("900051")
    assert (await coordinator.activity(activity_id))["status"] == "open"
    path = f"/api/activities/{activity_id}/invitations"
    problem = await coordinator.post(path, coordinator.officer(), {"ambassador_id": ada}, status=409)
    assert problem["detail"] == "has no valid check for Scotland."


async def test_nobody_promises_the_same_hour_to_two_schools(coordinator: Coordinator) -> None:
    await coordinator.active("ada")
    first, second = await coordinator.asked(settle=False), await coordinator.asked(URNS[1], settle=False)
    await coordinator.world.settle()
    await coordinator.accept(first)
    problem = await coordinator.accept(second, status=409)
    assert problem["type"] == "/problems/promised-already"


async def test_a_time_that_was_given_back_can_be_promised_again(coordinator: Coordinator) -> None:
    await coordinator.active("ada")
    first, second = await coordinator.asked(settle=False), await coordinator.asked(URNS[1], settle=False)
    await coordinator.world.settle()
    visit_id = (await coordinator.accept(first))["visit_id"]
    await coordinator.on_visit(visit_id, "cancellation", coordinator.school(), {"reason": "A trip."})
    assert (await coordinator.accept(second))["status"] == "accepted"


async def test_of_several_dates_one_that_is_too_near_is_accepted_no_more(coordinator: Coordinator) -> None:
    await coordinator.active("ada")
    activity_id = await coordinator.asked(days=(2, 60))
    near, far = (date["starts_at"] for date in (await coordinator.activity(activity_id))["dates"])
    path = f"/api/activities/{activity_id}/acceptance"
    coordinator.world.clock.advance(datetime.fromisoformat(near) - timedelta(hours=24) - coordinator.world.clock.now())
    problem = await coordinator.post(path, coordinator.volunteer("ada"), {"starts_at": near}, status=409)
    assert (problem["type"], problem["field"]) == ("/problems/visit-date-too-near", "starts_at")
    answer = await coordinator.post(path, coordinator.volunteer("ada"), {"starts_at": far})
    assert answer["status"] == "accepted"


async def test_a_school_that_is_ready_at_short_notice_takes_whoever_comes_until_a_date_begins(
    coordinator: Coordinator,
) -> None:
    await coordinator.active("ada")
    activity_id = await coordinator.asked(days=(1, 2, 60), short_notice=True)
    over, near, _ = (date["starts_at"] for date in (await coordinator.activity(activity_id))["dates"])
    path = f"/api/activities/{activity_id}/acceptance"
    until = datetime.fromisoformat(near) - timedelta(minutes=1)
    coordinator.world.clock.advance(until - coordinator.world.clock.now())
    problem = await coordinator.post(path, coordinator.volunteer("ada"), {"starts_at": over}, status=409)
    assert problem["type"] == "/problems/visit-date-too-near"
    answer = await coordinator.post(path, coordinator.volunteer("ada"), {"starts_at": near})
    assert (answer["status"], answer["short_notice"]) == ("accepted", True)


async def test_at_short_notice_somebody_is_looked_for_until_the_only_date_begins(coordinator: Coordinator) -> None:
    ada = await coordinator.active("ada")
    body = ACTIVITY | {"dates": coordinator.dates(0)}
    problem = await coordinator.post("/api/activities", coordinator.school(), body, status=409)
    assert problem["type"] == "/problems/visit-too-soon"
    activity_id = await coordinator.asked(days=(0,), short_notice=True)
    (date,) = (await coordinator.activity(activity_id))["dates"]
    assert await coordinator.invited(activity_id) == [ada]
    until = datetime.fromisoformat(date["starts_at"]) - timedelta(minutes=1)
    coordinator.world.clock.advance(until - coordinator.world.clock.now())
    assert (await coordinator.accept(activity_id))["status"] == "accepted"


async def test_at_short_notice_a_substitute_is_looked_for_until_the_visit_begins(coordinator: Coordinator) -> None:
    await coordinator.active("ada")
    visit_id = await coordinator.confirmed(short_notice=True)
    bo, visit = await coordinator.active("bo"), await coordinator.visit(visit_id)
    until = datetime.fromisoformat(visit["starts_at"]) - timedelta(hours=3)
    coordinator.world.clock.advance(until - coordinator.world.clock.now())
    await coordinator.on_visit(visit_id, "cancellation", coordinator.volunteer("ada"), {"reason": "I am ill."})
    assert (await coordinator.invited(visit["activity_id"]))[-1] == bo
    await coordinator.accept(visit["activity_id"], "bo")
    assert (await coordinator.visit(visit_id))["status"] == "confirmed"


async def test_only_who_is_asked_sees_and_answers(coordinator: Coordinator) -> None:
    await coordinator.active("ada")
    await coordinator.active("bo", radius_km=10)
    activity_id = await coordinator.asked()
    client = coordinator.world.client("ambassadors")
    seen = await client.get(f"/api/activities/{activity_id}", headers=dict(coordinator.volunteer("ada")))
    assert seen.status_code == 200
    assert seen.json()["answer_by"].startswith("2026-09-10T08:30:00")
    hidden = await client.get(f"/api/activities/{activity_id}", headers=dict(coordinator.volunteer("bo")))
    assert hidden.status_code == 404
    body = {"starts_at": (await coordinator.activity(activity_id))["dates"][0]["starts_at"]}
    await coordinator.post(f"/api/activities/{activity_id}/acceptance", coordinator.volunteer("bo"), body, status=404)
    other = {"starts_at": "2027-01-01T10:00:00Z"}
    problem = await coordinator.post(
        f"/api/activities/{activity_id}/acceptance", coordinator.volunteer("ada"), other, status=409
    )
    assert problem["type"] == "/problems/no-such-date"


async def test_the_school_learns_who_comes_and_never_who_does_not(coordinator: Coordinator) -> None:
    ada = await coordinator.active("ada")
    await coordinator.active("bo", radius_km=20)
    activity_id = await coordinator.asked()
    await coordinator.post(f"/api/activities/{activity_id}/refusal", coordinator.volunteer("ada"))
    await coordinator.world.settle()
    client = coordinator.world.client("ambassadors")
    shown = await client.get(f"/api/activities/{activity_id}", headers=dict(coordinator.school()))
    assert ada not in shown.text
    assert shown.json()["invitations"] is None
    history = await client.get(f"/api/activities/{activity_id}/history", headers=dict(coordinator.school()))
    assert history.status_code == 403


async def test_candidates_come_with_every_factor_and_with_why_not(coordinator: Coordinator) -> None:
    near = await coordinator.active("near")
    far = await coordinator.active("far", radius_km=3)
    activity_id = await coordinator.asked("900003", settle=False)
    page = await coordinator.get(f"/api/activities/{activity_id}/candidates")
    assert [one["ambassador_id"] for one in page["items"]] == [near]
    page = await coordinator.get(f"/api/activities/{activity_id}/candidates", unsuitable="true")
    assert ([one["ambassador_id"] for one in page["items"]], page["suitable"]) == ([near, far], 1)
    one = await coordinator.get(f"/api/activities/{activity_id}/candidates/{far}")
    (place,) = [factor for factor in one["factors"] if factor["name"] == "place"]
    assert (place["holds"], place["otherwise"]) == (False, "a radius of 6 km would do")


async def test_of_many_candidates_so_many_are_shown_as_was_asked_for_and_all_are_counted(
    coordinator: Coordinator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ada", "bo", "cy"):
        await coordinator.active(name)
    await coordinator.active("far", radius_km=3)
    activity_id = await coordinator.asked("900003", settle=False)
    worded: list[str] = []

    def noted(request: ActivityRequest, offer: Offer, now: datetime) -> Assessment:
        worded.append(offer.id)
        return assess(request, offer, now)

    monkeypatch.setattr(views, "assess", noted)
    path = f"/api/activities/{activity_id}/candidates"
    page = await coordinator.get(path, limit="2", unsuitable="true")
    assert ([one["suitable"] for one in page["items"]], page["suitable"], len(worded)) == ([True, True], 3, 2)
    page = await coordinator.get(path, limit="4", unsuitable="true")
    assert [one["suitable"] for one in page["items"]] == [True, True, True, False]


async def test_so_many_are_ranked_as_the_limit_says_those_who_were_asked_least(
    coordinator: Coordinator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST_NEAR", 2)
    ada = await coordinator.active("ada")
    await coordinator.asked(URNS[1])
    others = {await coordinator.active(name) for name in ("bo", "cy")}
    activity_id = await coordinator.asked("900003", days=(63,), settle=False)
    page = await coordinator.get(f"/api/activities/{activity_id}/candidates")
    assert {one["ambassador_id"] for one in page["items"]} == others
    assert ada not in others


async def test_a_school_asks_for_skills_that_ambassadors_have_registered(coordinator: Coordinator) -> None:
    plain = await coordinator.active("plain")
    skilled = await coordinator.active("skilled", skills=["Welding robots"])
    activity_id = await coordinator.asked("900003", settle=False, skills=["welding robots"])
    assert (await coordinator.get(f"/api/activities/{activity_id}"))["skills"] == ["welding robots"]
    page = await coordinator.get(f"/api/activities/{activity_id}/candidates")
    shown = {
        one["ambassador_id"]: factor
        for one in page["items"]
        for factor in one["factors"]
        if factor["name"] == "skill-share"
    }
    assert list(shown) == [skilled, plain]
    assert (shown[skilled]["points"], shown[skilled]["otherwise"]) == (20, None)
    assert (shown[plain]["points"], shown[plain]["otherwise"]) == (0, "welding robots would add 20 points")
    await coordinator.world.settle()
    found = await coordinator.get(f"/api/activities/{activity_id}")
    (invitation,) = found["invitations"]
    assert invitation["ambassador_id"] == skilled
    assert "brings welding robots" in invitation["because"]


async def test_a_request_that_is_cancelled_frees_who_was_asked(coordinator: Coordinator) -> None:
    ada = await coordinator.active("ada")
    activity_id = await coordinator.asked()
    assert (await coordinator.ambassador(ada))["open_invitations"] == 1
    reason = {"reason": "The year group is on a trip."}
    await coordinator.post(f"/api/activities/{activity_id}/cancellation", coordinator.school(), reason)
    await coordinator.world.settle()
    assert (await coordinator.ambassador(ada))["open_invitations"] == 0
    assert len(await coordinator.told(AmbassadorInvited)) == 1
