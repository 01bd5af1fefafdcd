"""What a consumer has applied and not written down yet: positions of streams, and the offsets that follow from them."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping

from shared.messaging.broker import Partition
from shared.messaging.positions import Positions


class Progress:
    """It is to be written down `seconds` after the first thing that was not; `due_at` is a time of the loop."""

    def __init__(self, positions: Positions, seconds: float) -> None:
        self._positions = positions
        self._seconds = seconds
        self._offsets: dict[Partition, int] = {}
        self.due_at = math.inf

    def note(self, offsets: Mapping[Partition, int]) -> None:
        """The group goes on from these."""
        self._offsets.update(offsets)

    def is_due(self) -> bool:
        """Whether to write down now."""
        now = asyncio.get_running_loop().time()
        if self.due_at == math.inf and (self._offsets or self._positions.is_behind):
            self.due_at = now + self._seconds
        return now >= self.due_at

    async def save_positions(self) -> Mapping[Partition, int]:
        """Write the positions; the offsets that may be recorded after that."""
        await self._positions.save()
        return self._offsets

    def written(self) -> None:
        """Both are written."""
        self._offsets.clear()
        self.due_at = math.inf

    def forget(self, partition: Partition) -> None:
        """The partition is read from elsewhere."""
        self._offsets.pop(partition, None)

    def forget_all(self) -> None:
        """The group was balanced anew: offsets are not ours to record any more. Positions are true all the same."""
        self._offsets.clear()
