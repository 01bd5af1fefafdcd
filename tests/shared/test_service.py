"""A service put together: its health, its start, its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from joserfc.jwk import KeySet

from shared.clock import ManualClock
from shared.decision import Decision
from shared.http.tokens import KnownKeys
from shared.ids import new_id
from shared.messaging.outbox import OutboxRow
from shared.refusals import Unavailable
from shared.running import Running, assemble, build_app
from shared.serving import Process
from shared.settings import Settings
from shared.supervision import DEATHS
from shared.testing.broker import MemoryBroker
from shared.testing.memory import MemoryDatabase
from shared.testing.tokens import TokenMaker
from shared.work import Work
from tests.shared.http.conftest import log_lines
from tests.shared.http.tills import SERVICE
from tests.shared.till import Till

__all__ = ["log_lines"]
pytestmark = pytest.mark.usefixtures("log_lines")

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CLOCK = ManualClock(START)
TOKENS = TokenMaker(CLOCK)


def assembled(**changes: Any) -> tuple[Running, MemoryDatabase, MemoryBroker]:
    database, broker = MemoryDatabase(CLOCK), MemoryBroker()
    service = replace(SERVICE, **changes)
    settings = Settings.given(rate_limit=0)
    return assemble(service, database, broker, CLOCK, settings, keys=TOKENS.keys()), database, broker


@pytest.fixture
async def parts() -> AsyncIterator[tuple[Running, MemoryDatabase, MemoryBroker]]:
    running, database, broker = assembled()
    await broker.ensure_topics([SERVICE.topic])
    running.start()
    yield running, database, broker
    database.available = broker.available = True
    await running.stop(5.0)


async def ready(running: Running) -> tuple[int, Any]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(running.app), base_url="http://tills") as client:
        answered = await client.get("/health/ready")
        return answered.status_code, answered.json()


async def post_till(running: Running) -> httpx.Response:
    headers = {**TOKENS.headers("ann", "operator"), "Idempotency-Key": new_id()}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(running.app), base_url="http://tills") as client:
        return await client.post("/api/tills", json={"limit": 1}, headers=headers)


Parts = tuple[Running, MemoryDatabase, MemoryBroker]


async def test_a_service_with_everything_is_ready(parts: Parts) -> None:
    status, answer = await ready(parts[0])
    assert (status, answer["status"]) == (200, "ready")
    assert answer["checks"] == {name: {"status": "ok"} for name in ("store", "keys", "broker", "loop", "door", "relay")}


async def test_without_its_store_it_is_not_ready_and_says_why(parts: Parts) -> None:
    running, database, _ = parts
    database.available = False
    status, answer = await ready(running)
    assert status == 503
    assert answer["type"] == "/problems/not-ready"
    assert answer["detail"] == "Failing: store."
    assert answer["checks"]["store"]["status"] == "failing"
    assert answer["checks"]["store"]["reason"].startswith("StoreUnavailable")


async def test_without_the_broker_it_is_degraded_and_writes_are_accepted(parts: Parts) -> None:
    running, _, broker = parts
    broker.available = False
    status, answer = await ready(running)
    assert (status, answer["status"], answer["checks"]["broker"]["status"]) == (200, "degraded", "degraded")
    assert (await post_till(running)).status_code == 201


async def test_without_keys_it_is_not_ready(parts: Parts) -> None:
    running, database, broker = parts
    keyless = assemble(
        SERVICE, database, broker, CLOCK, Settings.given(rate_limit=0), keys=KnownKeys(KeySet([])), app=running.app
    )
    status, answer = await ready(keyless)
    assert (status, answer["detail"]) == (503, "Failing: keys.")


async def test_a_task_that_keeps_dying_fails_readiness(parts: Parts) -> None:
    running, _, _ = parts
    dead, go_on = asyncio.Semaphore(0), asyncio.Semaphore(DEATHS - 1)

    async def pause(_seconds: float) -> None:
        dead.release()
        await go_on.acquire()

    async def die() -> None:
        raise RuntimeError("out of luck")

    running.supervisor.pause = pause
    running.supervisor.start("schedule", die)
    async with asyncio.timeout(5):
        for _ in range(DEATHS):
            await dead.acquire()
    status, answer = await ready(running)
    assert (status, answer["detail"]) == (503, "Failing: schedule.")
    assert "out of luck" in answer["checks"]["schedule"]["reason"]


async def test_a_consumer_that_stopped_fails_readiness(parts: Parts) -> None:
    running, _, _ = parts
    running.consumer.stopped = "50 events in a row could not be handled"
    status, answer = await ready(running)
    assert (status, answer["checks"]["consumer"]["reason"]) == (503, "50 events in a row could not be handled")


async def test_before_its_parts_are_there_it_is_alive_and_refuses() -> None:
    app = build_app(SERVICE)
    app.state.readiness = Process(SERVICE, Settings.given(), app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tills") as client:
        assert (await client.get("/health/live")).json() == {"status": "alive", "service": "tills"}
        not_ready = await client.get("/health/ready")
        asked = await client.get("/api/tills/1")
    assert (not_ready.status_code, not_ready.json()["detail"]) == (503, "Failing: process.")
    assert (asked.status_code, asked.json()["detail"]) == (503, "The service is starting.")


async def test_what_is_done_at_the_start_is_done_by_the_system() -> None:
    async def open_first(work: Work) -> None:
        await work.create_or_change(
            Till, "first", lambda till, _documents, _now: Decision(None, till or Till(id="first", limit=1))
        )

    running, database, _ = assembled(on_start=(open_first,))
    running.start()
    await running.begin()
    await running.begin()
    assert await database.collection(Till).get("first") is not None
    assert running.work().cause.triggered_by == "system"
    assert await running.stop(5.0)


async def test_stopping_commits_what_waits_and_publishes_what_was_committed() -> None:
    running, database, broker = assembled()
    await broker.ensure_topics([SERVICE.topic])
    running.start()
    await database.collection(Till).insert([Till(id="t", limit=500)])
    headers = dict(TOKENS.headers("ann"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(running.app), base_url="http://tills") as client:
        asking = [
            asyncio.create_task(
                client.post(
                    "/api/tills/t/receipts", json={"amount": 1}, headers=headers | {"Idempotency-Key": new_id()}
                )
            )
            for _ in range(300)
        ]
        first, *_ = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
        assert first
        assert await running.stop(10.0)
        statuses = [answered.status_code for answered in await asyncio.gather(*asking)]
    rows = await database.collection(OutboxRow).find({})
    assert set(statuses) <= {201, 503}
    assert len(rows) == statuses.count(201)
    assert {row.state for row in rows} == {"published"}


async def test_a_stop_that_hangs_is_broken_off_and_says_so() -> None:
    running, _, broker = assembled()
    running.start()

    async def hang() -> None:
        await asyncio.Event().wait()

    broker.close = hang  # type: ignore[method-assign]
    async with asyncio.timeout(5):
        assert not await running.stop(0.5)


async def test_after_the_stop_nothing_is_accepted() -> None:
    running, database, _ = assembled()
    running.start()
    await running.stop(5.0)
    with pytest.raises(Unavailable):
        await running.work().create_or_change(Till, "t", lambda _till, _documents, _now: Decision(None))
    assert await database.collection(Till).count({}) == 0
