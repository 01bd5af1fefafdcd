"""Marking rows of the outbox as published: a few times a second, since each time costs as much as a commit.

Until a row is marked it waits in the store, and whoever publishes next sends it again; this process knows better, and
leaves out what is `open`. A mark never overwrites what the owner of a later lease has done.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Set

from shared.clock import Clock
from shared.database import Collection
from shared.messaging.broker import Placement
from shared.messaging.outbox import OutboxRow


class Marks:
    """What was published and is not marked yet. It is marked after `seconds`, or once there are `most`."""

    def __init__(self, rows: Collection[OutboxRow], clock: Clock, seconds: float, most: int) -> None:
        self._rows = rows
        self._clock = clock
        self._seconds = seconds
        self._most = most
        self._open: dict[str, Placement] = {}
        self._epoch = 0
        self._making: asyncio.Task[None] | None = None
        self.due_at = math.inf

    @property
    def open(self) -> Set[str]:
        """The rows that are published and not marked, as of now."""
        return frozenset(self._open)

    def note(self, published: Mapping[str, Placement], epoch: int) -> None:
        """These rows are published under the lease of this epoch."""
        if self.due_at == math.inf:
            self.due_at = asyncio.get_running_loop().time() + self._seconds
        self._epoch = epoch
        self._open |= published

    async def make_if_due(self) -> None:
        """Begin to mark if it is time, while the next batch is being sent."""
        due = asyncio.get_running_loop().time() >= self.due_at
        if self._open and (due or len(self._open) >= self._most):
            await self.finish()
            self._begin()

    async def make_all(self) -> None:
        """Mark everything now."""
        await self.finish()
        self._begin()
        await self.finish()

    async def finish(self) -> None:
        """Wait for the marks that are being made."""
        making, self._making = self._making, None
        if making is not None:
            await making

    def _begin(self) -> None:
        self.due_at = math.inf
        if self._open:
            self._making = asyncio.create_task(self._make(dict(self._open), self._epoch))

    async def _make(self, published: Mapping[str, Placement], epoch: int) -> None:
        now = self._clock.now()
        ours = {"state": "waiting", "$or": [{"epoch": None}, {"epoch": {"$lte": epoch}}]}
        marks = (
            (row_id, {"state": "published", "partition": p, "offset": o, "published_at": now, "epoch": epoch})
            for row_id, (p, o) in published.items()
        )
        try:
            await self._rows.set_each(marks, where=ours)
        finally:
            # If they could not be marked they still wait, and are sent again.
            for row_id in published:
                self._open.pop(row_id, None)
