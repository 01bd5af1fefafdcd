"""Background tasks that may die, and must not stay dead unnoticed.

A supervised task is an endless loop. When it ends, by an exception or by itself, that is logged and it is started again
after a back-off with jitter. A task that has died `DEATHS` times without running steadily in between is failing, and so
is one that is not running at all; readiness asks.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

import structlog

DEATHS = 3
STEADY_SECONDS = 30.0
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 15.0
LAG_INTERVAL = 0.5
LATE_SECONDS = 0.5

Status = Literal["ok", "degraded", "failing"]

log = structlog.get_logger("supervision")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. Degraded: worse than it should be, but the service can do its work."""

    status: Status
    reason: str = ""


OK = Finding("ok")


class SupervisionMetrics(Protocol):
    """What supervision tells about itself."""

    def died(self, task: str) -> None:
        """A task has ended."""

    def loop_late(self, seconds: float) -> None:
        """How late the event loop is."""


@dataclass(slots=True)
class _Watched:
    run: Callable[[], Awaitable[None]]
    task: asyncio.Task[None] | None = None
    running_since: float | None = None
    deaths: int = 0
    reason: str = ""
    is_ending: bool = False


@dataclass(slots=True)
class Supervisor:
    """Keeps tasks running. `pause` and `now` are the loop's unless a test brings its own."""

    metrics: SupervisionMetrics
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    now: Callable[[], float] = field(default=lambda: asyncio.get_running_loop().time())
    _tasks: dict[str, _Watched] = field(default_factory=dict)

    def start(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Run it until `stop`."""
        watched = _Watched(run)
        self._tasks[name] = watched
        watched.task = asyncio.create_task(self._keep(name, watched), name=name)

    async def stop(self, name: str, timeout: float, *, patience: float = 0.0) -> bool:
        """End it; False if it was still not gone after `timeout` seconds.

        A loop that has been told to end by itself gets `patience` seconds of them before it is cancelled.
        """
        watched = self._tasks.pop(name, None)
        if watched is None or watched.task is None:
            return True
        watched.is_ending = True
        if patience:
            await asyncio.wait({watched.task}, timeout=min(patience, timeout))
        watched.task.cancel()
        done, _ = await asyncio.wait({watched.task}, timeout=timeout)
        if not done:
            log.warning("a task did not stop in time", task=name, waited_seconds=round(timeout, 1))
        return bool(done)

    def names(self) -> list[str]:
        """The tasks that should be running."""
        return list(self._tasks)

    def finding(self, name: str) -> Finding:
        """How a task is doing."""
        watched = self._tasks.get(name)
        if watched is None or watched.task is None or watched.task.done():
            return Finding("failing", "not running")
        if watched.deaths >= DEATHS and not self._is_steady(watched):
            return Finding("failing", f"died {watched.deaths} times: {watched.reason}")
        return OK

    def _is_steady(self, watched: _Watched) -> bool:
        return watched.running_since is not None and self.now() - watched.running_since >= STEADY_SECONDS

    async def _keep(self, name: str, watched: _Watched) -> None:
        while True:
            watched.running_since = self.now()
            cause: Exception | None = None
            try:
                await watched.run()
                watched.reason = "ended by itself"
            except Exception as error:
                watched.reason = f"{type(error).__name__}: {error}"
                cause = error
            if watched.is_ending:
                return
            if self._is_steady(watched):
                watched.deaths = 0
            watched.running_since = None
            watched.deaths += 1
            self.metrics.died(name)
            wait = pause_after(watched.deaths)
            log.error(
                "background task died",
                task=name,
                deaths=watched.deaths,
                reason=watched.reason,
                again_in_seconds=round(wait, 2),
                exc_info=cause,
            )
            await self.pause(wait)


def pause_after(deaths: int) -> float:
    """Seconds until the next start: doubling, bounded, between half and all of it at random."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(deaths, 20))
    return random.uniform(longest / 2, longest)  # noqa: S311 - not for secrets


async def watch_loop(metrics: SupervisionMetrics) -> None:
    """Measure, for ever, how late the event loop runs what is due, and tell when something has blocked it."""
    loop = asyncio.get_running_loop()
    while True:
        expected = loop.time() + LAG_INTERVAL
        await asyncio.sleep(LAG_INTERVAL)
        late = max(0.0, loop.time() - expected)
        metrics.loop_late(late)
        if late > LATE_SECONDS:
            log.warning("the event loop was blocked", seconds=round(late, 2))
