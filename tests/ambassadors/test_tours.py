"""A tour through a partnership's schools: asked for once, one request a school, each going its own way."""

from __future__ import annotations

from typing import Any

import pytest

from services.ambassadors.domain.known import SchoolFacts
from services.ambassadors.use_cases import facts
from shared.contracts.ambassadors import VisitRequested
from shared.testing.world import Headers
from tests.ambassadors.coordinator import ACTIVITY, PARTNERSHIP, SCOTTISH, URNS, Coordinator


def lead(coordinator: Coordinator, partnership_id: str | None = PARTNERSHIP) -> Headers:
    return coordinator.world.caller("lead", "partnership-lead", school_urn=URNS[0], partnership_id=partnership_id)


def tour(coordinator: Coordinator, *urns: str) -> dict[str, Any]:
    stops = [{"school_urn": urn, "dates": coordinator.dates(60 + 7 * number)} for number, urn in enumerate(urns)]
    return ACTIVITY | {"stops": stops}


async def test_every_school_gets_a_request_of_its_own(coordinator: Coordinator) -> None:
    ada = await coordinator.active("ada")
    answer = await coordinator.post("/api/tours", lead(coordinator), tour(coordinator, *URNS))
    await coordinator.world.settle()
    shown = await coordinator.get(f"/api/tours/{answer['tour_id']}", lead(coordinator))
    assert [stop["status"] for stop in shown["stops"]] == ["invited"] * 3
    page = await coordinator.get("/api/activities", lead(coordinator), tour_id=answer["tour_id"])
    assert {one["school_urn"] for one in page["items"]} == set(URNS)
    assert await coordinator.invited(shown["stops"][0]["activity_id"]) == [ada]
    told = await coordinator.told(VisitRequested)
    assert [(event.school_urn, event.tour_id, event.partnership_id) for event in told] == [
        (urn, answer["tour_id"], PARTNERSHIP) for urn in URNS
    ]


async def test_a_tour_that_broke_off_is_gone_on_with_and_asks_nobody_twice(coordinator: Coordinator) -> None:
    await coordinator.post("/api/tours", lead(coordinator), tour(coordinator, *URNS))
    await coordinator.world.kill("ambassadors")
    await coordinator.world.start("ambassadors")
    for _ in range(2):
        await coordinator.later(minutes=1)
    assert len(await coordinator.told(VisitRequested)) == 3


async def test_a_school_that_cannot_be_asked_for_keeps_the_reason_at_its_stop(coordinator: Coordinator) -> None:
    work = coordinator.world.running["ambassadors"].work()
    await facts.keep_school(work, URNS[1], SchoolFacts(name="Closed", open=False))
    answer = await coordinator.post("/api/tours", lead(coordinator), tour(coordinator, *URNS))
    await coordinator.world.settle()
    shown = await coordinator.get(f"/api/tours/{answer['tour_id']}", lead(coordinator))
    assert [(stop["status"], stop["refused"]) for stop in shown["stops"]] == [
        ("open", None),
        (None, "visit-school-closed"),
        ("open", None),
    ]


async def test_a_tour_stops_at_schools_of_the_partnership_and_at_each_once(coordinator: Coordinator) -> None:
    foreign = tour(coordinator, URNS[0], SCOTTISH)
    problem = await coordinator.post("/api/tours", lead(coordinator), foreign, status=409)
    assert problem["type"] == "/problems/school-not-of-partnership"
    twice = tour(coordinator, URNS[0], URNS[0])
    problem = await coordinator.post("/api/tours", lead(coordinator), twice, status=422)
    assert problem["type"] == "/problems/tour-stops-twice"
    await coordinator.post("/api/tours", lead(coordinator, None), tour(coordinator, URNS[0]), status=403)
    await coordinator.post("/api/tours", coordinator.school(), tour(coordinator, URNS[0]), status=403)


@pytest.mark.parametrize(
    ("dates", "slug", "status"),
    [
        ((60, 60), "slots-overlap", 422),
        ((-1,), "visit-too-soon", 409),
        ((0.4, 0.1), "visit-too-soon", 409),
    ],
)
async def test_the_dates_of_each_stop_are_looked_at_before_the_tour_is_taken(
    coordinator: Coordinator, dates: tuple[float, ...], slug: str, status: int
) -> None:
    body = tour(coordinator, *URNS)
    body["stops"][1]["dates"] = coordinator.dates(*dates)
    problem = await coordinator.post("/api/tours", lead(coordinator), body, status=status)
    assert (problem["type"], problem["field"]) == (f"/problems/{slug}", "stops.1.dates")
    assert (await coordinator.get("/api/tours", lead(coordinator)))["items"] == []


async def test_a_tour_is_seen_by_its_partnership_and_the_programme(coordinator: Coordinator) -> None:
    answer = await coordinator.post("/api/tours", lead(coordinator), tour(coordinator, URNS[0]))
    client, path = coordinator.world.client("ambassadors"), f"/api/tours/{answer['tour_id']}"
    assert (await client.get(path, headers=dict(lead(coordinator, "another")))).status_code == 404
    assert (await client.get(path, headers=dict(coordinator.officer()))).status_code == 200
    assert (await coordinator.get("/api/tours", lead(coordinator, "another")))["items"] == []
    assert len((await coordinator.get("/api/tours", lead(coordinator)))["items"]) == 1
