"""The broker's twin in memory, for tests in one loop.

It passes the same suite as shared.messaging.kafka: partitions by key, groups whose members share the partitions and
are balanced anew when one comes or goes, committed offsets, reading from the beginning by default. Faults on demand:
refuse to answer, lose the acknowledgement of the next sends, write the next messages twice, or lose data.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as default

from shared.messaging.broker import (
    Assignment,
    AssignmentLost,
    BrokerUnavailable,
    Extent,
    Fetched,
    Message,
    Partition,
    Placement,
    Record,
    SendFailed,
    TopicMissing,
)

PARTITIONS = 6


@dataclass(slots=True)
class Faults:
    """What goes wrong next."""

    refuse_sends: int = 0
    lose_acknowledgements: int = 0
    duplicate_sends: int = 0


@dataclass(slots=True)
class Group:
    """Who follows, and how far the group has got."""

    members: list[MemoryMembership] = default(default_factory=list)
    committed: dict[Partition, int] = default(default_factory=dict)


class MemoryBroker:
    """See shared.messaging.broker.Broker."""

    def __init__(self, partitions: int = PARTITIONS) -> None:
        self._partitions = partitions
        self._records: dict[str, list[list[Record]]] = {}
        self._groups: dict[str, Group] = {}
        self._arrived = asyncio.Event()
        self.faults = Faults()
        self.available = True

    async def ensure_topics(self, topics: Collection[str]) -> None:
        """Make the topics that do not exist."""
        self.check_available()
        for topic in topics:
            self._records.setdefault(topic, [[] for _ in range(self._partitions)])

    async def producer(self) -> MemoryProducer:
        """A fresh producer."""
        self.check_available()
        return MemoryProducer(self)

    async def join(self, group: str, topics: Collection[str]) -> MemoryMembership:
        """A new member of the group."""
        self.check_available()
        membership = MemoryMembership(self, group, frozenset(topics))
        self.group(group).members.append(membership)
        self.balance(group)
        return membership

    async def extents(self, topic: str) -> Mapping[int, Extent]:
        """What each partition holds. Raises TopicMissing."""
        return {number: Extent(0, len(records)) for number, records in enumerate(self.records(topic))}

    async def record_at(self, topic: str, placement: Placement) -> Record | None:
        """The record at this place, or None if there is none."""
        records = self.records(topic)[placement.partition]
        return records[placement.offset] if placement.offset < len(records) else None

    async def close(self) -> None:
        """Nothing to let go of."""

    def group(self, name: str) -> Group:
        """A group's members and offsets."""
        return self._groups.setdefault(name, Group())

    def records(self, topic: str) -> list[list[Record]]:
        """What each partition of a topic holds."""
        self.check_available()
        if topic not in self._records:
            raise TopicMissing(topic)
        return self._records[topic]

    def append(self, topic: str, message: Message, partition: int | None = None) -> Placement:
        """Write a message at the end of its partition, or of the one given."""
        partitions = self.records(topic)
        number = zlib.crc32(message.key or b"") % len(partitions) if partition is None else partition
        records = partitions[number]
        records.append(
            Record(Partition(topic, number), len(records), message.key, tuple(message.headers), message.value)
        )
        self._arrived.set()
        return Placement(number, len(records) - 1)

    def lose(self, topic: str, *, partition: int | None = None, keep: int = 0) -> None:
        """Lose all but the first `keep` records of one partition, or of each."""
        for number, records in enumerate(self._records[topic]):
            if partition in (None, number):
                del records[keep:]

    def delete_topic(self, topic: str) -> None:
        """Lose a topic altogether."""
        del self._records[topic]

    def balance(self, group: str) -> None:
        """Give the partitions of the topics to the members, in turn."""
        members = self.group(group).members
        partitions = sorted(
            Partition(topic, number)
            for topic in {topic for member in members for topic in member.topics}
            for number in range(len(self._records.get(topic, ())))
        )
        for place, member in enumerate(members):
            member.take_over(partitions[place :: len(members)])
        self._arrived.set()

    async def await_arrival(self, timeout: float) -> None:
        """Wait until something was written or balanced, or `timeout` seconds have passed."""
        self._arrived.clear()
        try:
            async with asyncio.timeout(timeout):
                await self._arrived.wait()
        except TimeoutError:
            return

    def check_available(self) -> None:
        """Raises BrokerUnavailable when made unavailable."""
        if not self.available:
            raise BrokerUnavailable("made unavailable")


class MemoryProducer:
    """See shared.messaging.broker.Producer."""

    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker

    async def send(self, topic: str, messages: Sequence[Message]) -> list[Placement]:
        """Write the messages. Raises SendFailed."""
        await asyncio.sleep(0)
        faults = self._broker.faults
        nothing: list[Placement | None] = [None] * len(messages)
        if faults.refuse_sends:
            faults.refuse_sends -= 1
            raise SendFailed("refused", nothing)
        placements = [self._broker.append(topic, message) for message in messages]
        if faults.duplicate_sends:
            faults.duplicate_sends -= 1
            for message in messages:
                self._broker.append(topic, message)
        if faults.lose_acknowledgements:
            faults.lose_acknowledgements -= 1
            raise SendFailed("the acknowledgement was lost", nothing)
        return placements

    async def close(self) -> None:
        """Nothing to let go of."""


class MemoryMembership:
    """See shared.messaging.broker.Membership."""

    def __init__(self, broker: MemoryBroker, group: str, topics: frozenset[str]) -> None:
        self._broker = broker
        self._group = group
        self.topics = topics
        self._assignment = Assignment(0, frozenset())
        self._positions: dict[Partition, int] = {}

    @property
    def assignment(self) -> Assignment:
        """What this member holds now."""
        return self._assignment

    def take_over(self, partitions: Sequence[Partition]) -> None:
        """Hold these from now on, and read from where the group has got to."""
        committed = self._broker.group(self._group).committed
        self._assignment = Assignment(self._assignment.number + 1, frozenset(partitions))
        self._positions = {partition: committed.get(partition, 0) for partition in partitions}

    async def fetch(self, max_records: int, timeout: float, held: Collection[Partition] = ()) -> Fetched:
        """Records that have arrived; none after `timeout` seconds."""
        self._broker.check_available()
        found = self._take(max_records, held)
        if not found and timeout > 0:
            await self._broker.await_arrival(timeout)
            self._broker.check_available()
            found = self._take(max_records, held)
        return Fetched(found, self._assignment)

    def _take(self, max_records: int, held: Collection[Partition]) -> list[Record]:
        found: list[Record] = []
        for partition in sorted(self._assignment.partitions.difference(held)):
            records = self._broker.records(partition.topic)[partition.number]
            position = self._positions[partition]
            if position > len(records):  # what was there is gone: read what there is
                position = 0
            taken = records[position : position + max_records - len(found)]
            self._positions[partition] = position + len(taken)
            found += taken
        return found

    async def commit(self, offsets: Mapping[Partition, int], assignment: Assignment) -> None:
        """Record where the group goes on. Raises AssignmentLost."""
        self._broker.check_available()
        if assignment.number != self._assignment.number or not assignment.partitions.issuperset(offsets):
            raise AssignmentLost("the group was balanced anew since")
        self._broker.group(self._group).committed.update(offsets)

    def seek(self, partition: Partition, offset: int) -> None:
        """Read on from this offset."""
        if partition in self._positions:
            self._positions[partition] = offset

    async def extents(self) -> Mapping[Partition, Extent]:
        """What the partitions of the assignment hold."""
        return {
            partition: Extent(0, len(self._broker.records(partition.topic)[partition.number]))
            for partition in self._assignment.partitions
        }

    async def lag(self) -> Mapping[Partition, int]:
        """How many records have not been fetched yet."""
        return {
            partition: max(0, extent.end - self._positions[partition])
            for partition, extent in (await self.extents()).items()
        }

    async def close(self) -> None:
        """Leave the group."""
        members = self._broker.group(self._group).members
        if self in members:
            members.remove(self)
            self._broker.balance(self._group)
