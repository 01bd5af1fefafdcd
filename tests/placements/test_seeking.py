"""Placement requests over HTTP: unmet demand, matched both ways."""

from __future__ import annotations

from typing import Any

from services.placements.use_cases.facts import keep_successor
from shared.contracts.placements import PlacementRequested, PlacementRequestEnded
from tests.placements.host import EMPLOYER, OTHER_EMPLOYER, URNS, Host

REQUESTS = "/api/placement-requests"


def wanted(host: Host, weeks: int = 8, **changes: Any) -> dict[str, Any]:
    """Physics in secondary schools, free in one week."""
    free = {"free_from": host.monday(weeks).isoformat(), "free_to": host.cohort(weeks)["ends_on"]}
    return {"subjects": ["Physics"], "phases": ["secondary"], **free} | changes


async def test_demand_that_no_offer_meets_is_recorded(host: Host) -> None:
    await host.register()
    made = await host.post(REQUESTS, host.teacher(), wanted(host))
    assert made["status"] == "open"
    await host.published()
    await host.post(REQUESTS, host.teacher("bo", URNS[1]), wanted(host))
    assert [event.offers_found for event in await host.told(PlacementRequested)] == [0, 1]
    assert len((await host.get(REQUESTS, status="open"))["items"]) == 2


async def test_offers_are_found_for_a_teacher_with_reasons_and_near_misses(host: Host) -> None:
    await host.register()
    fits = await host.published()
    later = await host.published(cohorts=[host.cohort(9)])
    await host.published(subjects=["Computing"])
    await host.drafted()
    made = await host.post(REQUESTS, host.teacher(), wanted(host))
    found = await host.get(f"{REQUESTS}/{made['request_id']}/matches", host.teacher())
    (match,) = found["matches"]
    assert (match["offer_id"], match["cohort"], match["distance_km"]) == (fits, 1, 0.0)
    assert sum(factor["points"] for factor in match["factors"]) == match["score"]
    (near,) = found["near_misses"]
    assert near["offer_id"] == later
    assert near["broken"][0]["would_match"] == "A week later it would match."


async def test_offers_of_suspended_hosts_are_not_found(host: Host) -> None:
    await host.register()
    await host.register(OTHER_EMPLOYER)
    own = await host.published()
    shared = await host.published(
        cohorts=[host.cohort(), host.cohort(employer_id=OTHER_EMPLOYER)], also_hosted_by=[OTHER_EMPLOYER]
    )
    made = await host.post(REQUESTS, host.teacher(), wanted(host))

    async def found() -> list[tuple[str, int]]:
        answer = await host.get(f"{REQUESTS}/{made['request_id']}/matches", host.teacher())
        assert answer["near_misses"] == []
        return sorted((one["offer_id"], one["cohort"]) for one in answer["matches"])

    assert await found() == sorted([(own, 1), (shared, 1)])
    await host.post(f"/api/employers/{EMPLOYER}/suspension", host.officer(), {"reason": "an accident"})
    assert await found() == [(shared, 2)]
    await host.post(f"/api/employers/{EMPLOYER}/verification", host.officer())
    assert await found() == sorted([(own, 1), (shared, 1)])


async def test_teachers_are_found_for_an_offer(host: Host) -> None:
    await host.register()
    offer_id = await host.published()
    await host.know("900099", latitude=50.37, longitude=-4.14)
    near = await host.post(REQUESTS, host.teacher(), wanted(host))
    far = await host.post(REQUESTS, host.teacher("bo", "900099"), wanted(host))
    await host.post(REQUESTS, host.teacher("cy", URNS[1]), wanted(host, phases=["primary"]))
    found = await host.get(f"/api/offers/{offer_id}/matches", host.host())
    assert [one["request_id"] for one in found["matches"]] == [near["request_id"]]
    assert [one["request_id"] for one in found["near_misses"]] == [far["request_id"]]
    await host.register(OTHER_EMPLOYER)
    stranger = await host.world.client("placements").get(
        f"/api/offers/{offer_id}/matches", headers=dict(host.host(OTHER_EMPLOYER))
    )
    assert stranger.status_code == 404


async def test_no_teacher_fits_an_offer_of_a_suspended_host(host: Host) -> None:
    await host.register()
    offer_id = await host.published()
    await host.post(REQUESTS, host.teacher(), wanted(host))
    assert len((await host.get(f"/api/offers/{offer_id}/matches", host.host()))["matches"]) == 1
    await host.post(f"/api/employers/{EMPLOYER}/suspension", host.officer(), {"reason": "an accident"})
    found = await host.get(f"/api/offers/{offer_id}/matches", host.host())
    assert (found["matches"], found["near_misses"]) == ([], [])


async def test_days_of_another_placement_do_not_match(host: Host) -> None:
    await host.register()
    await host.accepted(await host.published())
    await host.published()
    made = await host.post(REQUESTS, host.teacher(), wanted(host))
    found = await host.get(f"{REQUESTS}/{made['request_id']}/matches", host.teacher())
    assert found["matches"] == []


async def test_a_request_is_met_by_an_accepted_placement(host: Host) -> None:
    await host.register()
    made = await host.post(REQUESTS, host.teacher(), wanted(host))
    await host.accepted(await host.published())
    assert (await host.get(f"{REQUESTS}/{made['request_id']}"))["status"] == "met"
    assert [event.placement_request_ending for event in await host.told(PlacementRequestEnded)] == ["met"]


async def test_whom_a_host_has_not_answered_is_matched_anew(host: Host) -> None:
    await host.register()
    applied = await host.approved(await host.published())
    other = await host.published(cohorts=[host.cohort(12)])
    host.later(days=15)
    await host.world.settle()
    (made,) = (await host.get(REQUESTS, host.teacher()))["items"]
    assert made["because"] == applied["application_id"]
    found = await host.get(f"{REQUESTS}/{made['request_id']}/matches", host.teacher())
    assert other in [one["offer_id"] for one in found["matches"]]


async def test_whose_placement_is_cancelled_by_others_is_matched_anew(host: Host) -> None:
    await host.register()
    wish = await host.post(REQUESTS, host.teacher(), wanted(host))
    accepted = await host.accepted(await host.published())
    other = await host.published(cohorts=[host.cohort(12)])
    body = {"party": "host", "reason_code": "site-closed"}
    await host.do(accepted["placement_id"], "cancellation", host.host(), body)
    await host.world.settle()
    items = (await host.get(REQUESTS, host.teacher()))["items"]
    met, made = sorted(items, key=lambda one: str(one["status"]))
    assert (met["request_id"], met["status"]) == (wish["request_id"], "met")
    assert (made["request_id"], made["because"]) == (accepted["placement_id"], accepted["placement_id"])
    found = await host.get(f"{REQUESTS}/{made['request_id']}/matches", host.teacher())
    assert other in [one["offer_id"] for one in found["matches"]]


async def test_a_teacher_is_matched_anew_for_the_school_as_it_is_called_now(host: Host) -> None:
    await host.register()
    accepted = await host.accepted(await host.published())
    work = host.world.running["placements"].work()
    await keep_successor(work, URNS[0], URNS[4])
    await keep_successor(work, URNS[4], URNS[5])
    body = {"party": "host", "reason_code": "site-closed"}
    await host.do(accepted["placement_id"], "cancellation", host.host(), body)
    await host.world.settle()
    (made,) = (await host.get(REQUESTS, host.teacher()))["items"]
    assert (made["school_urn"], made["status"]) == (URNS[5], "open")


async def test_whose_own_school_cancels_is_not_matched_anew(host: Host) -> None:
    await host.register()
    accepted = await host.accepted(await host.published())
    body = {"party": "school", "reason_code": "no-cover"}
    await host.do(accepted["placement_id"], "cancellation", host.approver(), body)
    await host.world.settle()
    assert (await host.get(REQUESTS, host.teacher()))["items"] == []


async def test_who_turns_a_place_down_is_not_matched_anew(host: Host) -> None:
    await host.register()
    offered = await host.offered(await host.published())
    await host.ask(offered, "turning-down", host.teacher(), {"reason_code": "other"})
    await host.world.settle()
    assert (await host.get(REQUESTS, host.teacher()))["items"] == []


async def test_a_request_ends_with_its_teacher_or_with_time(host: Host) -> None:
    first, second = [await host.post(REQUESTS, host.teacher(), wanted(host)) for _ in range(2)]
    path = f"{REQUESTS}/{first['request_id']}/withdrawal"
    await host.post(path, host.teacher("bo"), status=404)
    assert (await host.post(path, host.teacher()))["status"] == "withdrawn"
    host.later(days=61)
    await host.world.settle()
    assert (await host.get(f"{REQUESTS}/{second['request_id']}"))["status"] == "expired"


async def test_a_period_that_is_over_is_refused(host: Host) -> None:
    body = wanted(host) | {"free_from": host.day(-9).isoformat(), "free_to": host.day(-2).isoformat()}
    refused = await host.post(REQUESTS, host.teacher(), body, status=422)
    assert refused["type"] == "/problems/request-period-does-not-fit"
