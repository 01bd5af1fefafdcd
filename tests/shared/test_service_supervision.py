"""Background tasks that die are started again; one that keeps dying, or is gone, is noticed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from shared.observability import Metrics
from shared.supervision import DEATHS, LONGEST_PAUSE, STEADY_SECONDS, Supervisor, pause_after


class Patience:
    """A clock and a pause that the test holds in its hand."""

    def __init__(self) -> None:
        self.time = 0.0
        self.pauses: list[float] = []
        self.go_on = asyncio.Semaphore(0)
        self.paused = asyncio.Semaphore(0)

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.paused.release()
        await self.go_on.acquire()


async def supervised(run: Callable[[], Awaitable[None]]) -> tuple[Supervisor, Patience]:
    patience = Patience()
    supervisor = Supervisor(Metrics("test"), pause=patience.pause, now=lambda: patience.time)
    supervisor.start("task", run)
    return supervisor, patience


async def test_a_task_that_dies_is_started_again() -> None:
    runs = 0
    alive = asyncio.Event()

    async def run() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise RuntimeError("out of luck")
        alive.set()
        await asyncio.Event().wait()

    supervisor, patience = await supervised(run)
    async with asyncio.timeout(5):
        await patience.paused.acquire()
        assert supervisor.finding("task").status == "ok"
        patience.go_on.release()
        await alive.wait()
    assert await supervisor.stop("task", 1.0)


@pytest.mark.parametrize("dies", [True, False])
async def test_a_task_that_keeps_ending_is_failing_until_it_runs_steadily(dies: bool) -> None:
    runs = 0
    alive = asyncio.Event()

    async def run() -> None:
        nonlocal runs
        runs += 1
        if runs > DEATHS:
            alive.set()
            await asyncio.Event().wait()
        if dies:
            raise RuntimeError("out of luck")

    supervisor, patience = await supervised(run)
    async with asyncio.timeout(5):
        for _ in range(DEATHS):
            assert supervisor.finding("task").status == "ok"
            await patience.paused.acquire()
            patience.go_on.release()
        await alive.wait()
    finding = supervisor.finding("task")
    assert finding.status == "failing"
    assert ("out of luck" if dies else "ended by itself") in finding.reason
    patience.time += STEADY_SECONDS
    assert supervisor.finding("task").status == "ok"
    await supervisor.stop("task", 1.0)


async def test_deaths_far_apart_do_not_add_up() -> None:
    patience_box: list[Patience] = []

    async def run() -> None:
        patience_box[0].time += STEADY_SECONDS
        raise RuntimeError("once in a while")

    patience = Patience()
    patience_box.append(patience)
    supervisor = Supervisor(Metrics("test"), pause=patience.pause, now=lambda: patience.time)
    supervisor.start("task", run)
    async with asyncio.timeout(5):
        for _ in range(3 * DEATHS):
            await patience.paused.acquire()
            assert supervisor.finding("task").status == "ok"
            patience.go_on.release()
    await supervisor.stop("task", 1.0)


async def test_a_task_that_is_not_running_is_failing() -> None:
    supervisor, _ = await supervised(asyncio.Event().wait)  # type: ignore[arg-type]
    await supervisor.stop("task", 1.0)
    assert supervisor.finding("task").status == "failing"
    assert supervisor.names() == []


async def test_a_task_told_to_end_may_finish_what_it_does() -> None:
    told, finished = asyncio.Event(), asyncio.Event()

    async def run() -> None:
        await told.wait()
        finished.set()

    supervisor, patience = await supervised(run)
    told.set()
    assert await supervisor.stop("task", 5.0, patience=5.0)
    assert finished.is_set()
    assert patience.pauses == []


async def test_a_task_that_does_not_stop_is_not_waited_for_any_longer() -> None:
    let_go = asyncio.Event()

    async def run() -> None:
        while not let_go.is_set():
            try:
                await let_go.wait()
            except asyncio.CancelledError:
                continue

    supervisor, _ = await supervised(run)
    started = asyncio.Event()
    asyncio.get_running_loop().call_soon(started.set)
    await started.wait()
    assert not await supervisor.stop("task", 0.05)
    let_go.set()


def test_pauses_grow_and_stay_bounded() -> None:
    for deaths in range(1, 60):
        longest = min(LONGEST_PAUSE, 0.1 * 2.0 ** min(deaths, 20))
        assert longest / 2 <= pause_after(deaths) <= longest
