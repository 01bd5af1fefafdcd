"""Operators look at parked events over HTTP, mend, replay and discard them; nobody else may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest
from fastapi import APIRouter

from shared.definition import Service
from shared.http.openapi import document_of, shortcomings
from shared.ids import new_id
from shared.messaging.parked import Parked
from shared.running import build_app
from shared.testing.world import World
from tests.shared.messaging.post import TOPIC, Listener, Notebook
from tests.shared.messaging.test_parking import message

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LIST = "/api/operations/listeners/parked"


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def service(listener: Listener) -> Service:
    return Service("listeners", "Notes numbers.", APIRouter(), {Notebook: ()}, reactions=listener.subscriptions())


@pytest.fixture
async def world(service: Service) -> AsyncIterator[World]:
    async with World([service]) as opened:
        await opened.broker.ensure_topics([TOPIC])
        yield opened


async def poisoned(world: World, listener: Listener) -> tuple[str, str]:
    """An occurrence whose second event of three is parked, and the key of that."""
    occurrence = new_id()
    listener.broken = {2}
    for number in (1, 2, 3):
        world.broker.append(TOPIC, message(occurrence, number))
    await world.settle()
    return occurrence, f"courses/occurrences/{occurrence}/2"


async def noted(world: World, occurrence: str) -> tuple[int, ...]:
    book = await world.databases["listeners"].collection(Notebook).get(occurrence)
    assert isinstance(book, Notebook)
    return book.noted


def operator(world: World) -> Any:
    return world.caller("operator-1", "operator")


async def test_what_is_parked_is_listed_in_pages_and_shown(world: World, listener: Listener) -> None:
    _, key = await poisoned(world, listener)
    auditor = world.caller("auditor-1", "auditor")
    first = await world.get("listeners", LIST, auditor, limit=1)
    assert [item["key"] for item in first["items"]] == [key]
    second = await world.get("listeners", LIST, auditor, limit=1, cursor=first["next"])
    assert [item["sequence"] for item in second["items"]] == [3]
    assert second["next"] is None
    assert (await world.get("listeners", LIST, auditor, reason="behind"))["items"] == second["items"]
    shown = await world.get("listeners", f"{LIST}/{key}", auditor)
    assert (shown["state"], shown["reason"], shown["detail"]) == ("parked", "failed", "ValueError: 2 cannot be noted")
    assert orjson.loads(shown["body"])["reason"] == "2"


async def test_a_mended_event_is_replayed_in_its_place(world: World, listener: Listener) -> None:
    occurrence, key = await poisoned(world, listener)
    body = orjson.dumps({"occurrence_id": occurrence, "reason": "22"}).decode()
    mended = await world.post(
        "listeners", f"{LIST}/{key}/mend", operator(world), {"body": body, "note": "wrong number"}, status=200
    )
    assert (mended["mended"], mended["body"], mended["asked_by"]) == (True, body, "operator-1")
    answer = await world.post("listeners", f"{LIST}/{key}/replay", operator(world), {"note": "mended"}, status=202)
    assert answer["state"] == "replay"
    await world.settle()
    await world.running["listeners"].consumer.step()
    assert await noted(world, occurrence) == (1, 22, 3)
    assert (await world.get("listeners", LIST, operator(world)))["items"] == []
    everything = await world.get("listeners", LIST, operator(world), state="all")
    assert [item["state"] for item in everything["items"]] == ["replayed", "replayed"]


async def test_a_repeated_request_changes_nothing_and_a_settled_event_refuses_a_new_one(
    world: World, listener: Listener
) -> None:
    occurrence, key = await poisoned(world, listener)
    path, body = f"{LIST}/{key}/discard", {"note": "sent by mistake"}
    await world.post("listeners", path, operator(world), body, key="once", status=202)
    await world.running["listeners"].consumer.step()
    assert await noted(world, occurrence) == (1, 3)
    again = await world.post("listeners", path, operator(world), body, key="once", status=202)
    assert (again["state"], again["note"]) == ("discarded", "sent by mistake")
    refused = await world.post("listeners", path, operator(world), body, key="twice", status=409)
    assert refused["type"] == "/problems/parked-event-settled"


@pytest.mark.parametrize("role", ["teacher", "programme-officer", "auditor"])
async def test_only_operators_may_act(world: World, listener: Listener, role: Any) -> None:
    _, key = await poisoned(world, listener)
    caller = world.caller("somebody", role)
    for verb in ("mend", "replay", "discard"):
        await world.post("listeners", f"{LIST}/{key}/{verb}", caller, {"note": "please"}, status=403)
    row = await world.databases["listeners"].collection(Parked).get(key)
    assert isinstance(row, Parked)
    assert (row.state, row.asked) == ("parked", False)


async def test_an_unknown_event_is_not_found(world: World) -> None:
    path = f"{LIST}/courses/occurrences/nobody/1"
    await world.post("listeners", f"{path}/replay", operator(world), {"note": "please"}, status=404)
    answer = await world.client("listeners").get(path, headers=dict(operator(world)))
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "body", [{}, {"note": ""}, {"note": "x", "more": 1}, {"note": {"$ne": 1}}, {"note": "x" * 501}]
)
async def test_a_request_that_makes_no_sense_is_refused(world: World, listener: Listener, body: object) -> None:
    _, key = await poisoned(world, listener)
    for verb in ("mend", "replay", "discard"):
        await world.post("listeners", f"{LIST}/{key}/{verb}", operator(world), body, status=422)


async def test_the_operations_are_described_in_full(service: Service) -> None:
    assert shortcomings(document_of(build_app(service), service)) == []


async def test_a_service_that_reacts_to_nothing_has_nothing_to_operate_on() -> None:
    silent = Service("speakers", "Says numbers.", APIRouter(), {})
    paths = document_of(build_app(silent), silent)["paths"]
    assert not [path for path in paths if "operations" in path]
