"""The last records of partitions that are read to their end: only they tell that a partition was filled anew."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

from shared.messaging.arrival import Arrival, arrival_of
from shared.messaging.broker import Broker, Membership, Partition, Placement

AT_A_TIME = 3


class Quiet:
    """Looks at a few of them at a time, in turn."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._turns: deque[Partition] = deque()

    async def look(self, membership: Membership, quiet: Collection[Partition]) -> list[Arrival]:
        """The last records of some of these partitions."""
        if not self._turns:
            self._turns.extend(sorted(quiet))
        extents = await membership.extents()
        found = []
        for partition in [self._turns.popleft() for _ in range(min(len(self._turns), AT_A_TIME))]:
            extent = extents.get(partition)
            if extent is None or partition not in quiet or extent.beginning == extent.end:
                continue
            record = await self._broker.record_at(partition.topic, Placement(partition.number, extent.end - 1))
            arrival = None if record is None else arrival_of(record)
            if isinstance(arrival, Arrival):
                found.append(arrival)
        return found
