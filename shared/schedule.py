"""Due times: finds roots whose `due_at` has come and gives the domain the occasion to act.

It only triggers. Whether a hold has run out is decided where it is used, by the clock, so a late or dead schedule lets
nothing through, and restarts lose nothing since due times are in the store. One process of a service does it at a time
(a lease spares the others the work; two would do no harm). A root that fails, or stays due after it was acted on, is
left alone for a while and does not hold up the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from shared.clock import Clock
from shared.commit import Cause, Door
from shared.database import Contention, Database, Lease, StoreUnavailable
from shared.decision import Root
from shared.definition import Due
from shared.ids import new_id
from shared.refusals import Refusal
from shared.work import Work

AT_ONCE = 200
LEASE = "schedule"
LEASE_SECONDS = 5.0
INTERVAL_SECONDS = 1.0
STILL_DUE_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=5)

log = structlog.get_logger("schedule")


class ScheduleMetrics(Protocol):
    """What the schedule tells about itself."""

    def triggered(self, kind: str, outcome: str) -> None:
        """A due root was acted on: "done", "refused" or "failed"."""


@dataclass(frozen=True, slots=True)
class _Left:
    """A root that is left alone until a time, unless its due time changes. `failures` are those in a row."""

    due_at: datetime
    until: datetime
    failures: int


class Schedule:
    """Acts on due roots of one service."""

    def __init__(
        self, database: Database, door: Door, clock: Clock, due: Sequence[Due], metrics: ScheduleMetrics
    ) -> None:
        self._database = database
        self._door = door
        self._clock = clock
        self._due = due
        self._metrics = metrics
        self._owner = new_id()
        self._lease: Lease | None = None
        self._left: dict[tuple[str, str], _Left] = {}

    async def run(self) -> None:
        """Act on what is due, for ever. To be supervised."""
        away = False
        while True:
            acted = 0
            try:
                acted = await self.step()
                away = False
            except (StoreUnavailable, Contention) as passing:
                if not away:
                    log.warning("the schedule waits for the store", reason=str(passing))
                away = True
            if not acted:
                await asyncio.sleep(INTERVAL_SECONDS)

    async def step(self) -> int:
        """Act once on what is due now; how many roots were acted on without a failure."""
        if not self._due:
            return 0
        self._lease = await self._database.acquire_lease(LEASE, self._owner, LEASE_SECONDS)
        if self._lease is None:
            return 0
        self._forget()
        acted = 0
        for due in self._due:
            roots = await self._found(due.kind)
            acted += sum(await asyncio.gather(*(self._act(due, root) for root in roots)))
        return acted

    async def close(self) -> None:
        """Let another process take over at once."""
        lease, self._lease = self._lease, None
        if lease is not None:
            await self._database.release_lease(lease)

    async def _found(self, kind: type[Root]) -> Sequence[Root]:
        now = self._clock.now()
        where = {"due_at": {"$lte": now}}
        # What is left alone may well be found again: it must not crowd out the others.
        limit = AT_ONCE + sum(left.until > now for left in self._left.values())
        found = await self._database.collection(kind).find(where, sort=(("due_at", 1),), limit=limit)
        return [root for root in found if not self._is_left(root, now)][:AT_ONCE]

    def _is_left(self, root: Root, now: datetime) -> bool:
        left = self._left.get((root.collection, root.id))
        return left is not None and left.due_at == root.due_at and left.until > now

    async def _act(self, due: Due, root: Root) -> bool:
        assert root.due_at is not None  # noqa: S101 - for the type checker: it was found by its due time
        aggregate = root.aggregate
        cause = Cause(new_id(), f"due {aggregate} {root.due_at.isoformat()}", "schedule")
        work = Work(self._database, self._door, self._clock, cause)
        outcome = "done"
        with structlog.contextvars.bound_contextvars(correlation_id=cause.correlation_id, aggregate=aggregate):
            try:
                await due.act(work, root.id)
            except Refusal as refusal:
                outcome = "refused"
                log.warning("due root refused", slug=refusal.slug, reason=refusal.detail)
            except Exception:
                outcome = "failed"
                log.exception("due root failed", due_at=root.due_at.isoformat())
        self._metrics.triggered(root.collection, outcome)
        # Also after success: if the root is still due at the same time, acting at once again would not help.
        self._leave(root, failed=outcome != "done")
        return outcome == "done"

    def _leave(self, root: Root, *, failed: bool) -> None:
        assert root.due_at is not None  # noqa: S101 - for the type checker
        name = (root.collection, root.id)
        before = self._left.get(name)
        failures = (before.failures if before is not None and before.due_at == root.due_at else 0) + 1 if failed else 0
        pause = (
            timedelta(seconds=min(2.0 ** min(failures, 20), LONGEST_PAUSE.total_seconds()))
            if failed
            else STILL_DUE_PAUSE
        )
        self._left[name] = _Left(root.due_at, self._clock.now() + pause, failures)

    def _forget(self) -> None:
        """Failures are remembered a while longer than they are left alone, so that the next pause is longer."""
        now = self._clock.now()
        self._left = {
            name: left
            for name, left in self._left.items()
            if left.until + (LONGEST_PAUSE if left.failures else timedelta()) > now
        }
