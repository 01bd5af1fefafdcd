"""The one seam to the broker: sending in order, following topics as a member of a group, and looking at extents.

Two implementations pass the same suite: `shared.messaging.kafka` (the real one, the only driver import) and
`shared.testing.broker` (a twin for tests in one loop). Every call has a deadline: what is not answered in time raises
BrokerUnavailable, never hangs. A producer or a membership that raised it is not to be used again: close it and make a
new one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

Headers = tuple[tuple[str, bytes], ...]


class BrokerUnavailable(Exception):
    """No answer in time, or an answer that says so."""


class TopicMissing(BrokerUnavailable):
    """The broker does not have the topic."""


class AssignmentLost(Exception):
    """The group gave the partitions to somebody else, or is about to: what was fetched will be read again."""


class Partition(NamedTuple):
    """One partition of a topic."""

    topic: str
    number: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.number}"


class Placement(NamedTuple):
    """Where the broker put a message."""

    partition: int
    offset: int


class Extent(NamedTuple):
    """What a partition holds: offsets from `beginning` up to, not including, `end`."""

    beginning: int
    end: int


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent."""

    key: bytes | None
    headers: Headers
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Record:
    """What is read: a message and where it was found."""

    partition: Partition
    offset: int
    key: bytes | None
    headers: Headers
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Assignment:
    """The partitions a member holds. `number` changes with every rebalance, also when the partitions do not."""

    number: int
    partitions: frozenset[Partition]


@dataclass(frozen=True, slots=True)
class Fetched:
    """Records, in order within each partition, and the assignment under which they were fetched."""

    records: Sequence[Record]
    assignment: Assignment


class SendFailed(BrokerUnavailable):
    """Not everything was acknowledged: `placements` has None for what was not (it may be in the topic all the same)."""

    def __init__(self, reason: str, placements: Sequence[Placement | None]) -> None:
        self.placements = tuple(placements)
        super().__init__(reason)


class Producer(Protocol):
    """Sends messages; those with the same key in the order given."""

    async def send(self, topic: str, messages: Sequence[Message]) -> list[Placement]:
        """Send, and wait until all are acknowledged by the broker. Raises SendFailed.

        Within a partition nothing after the first unacknowledged message is reported as acknowledged.
        """

    async def close(self) -> None:
        """Let go, within a bound. What was not acknowledged is not sent any more."""


class Membership(Protocol):
    """A member of a consumer group that reads from where the group has got to, or else from the beginning."""

    @property
    def assignment(self) -> Assignment:
        """What this member holds now."""

    async def fetch(self, max_records: int, timeout: float, held: Collection[Partition] = ()) -> Fetched:
        """Records that have arrived; none from `held`; no records after `timeout` seconds."""

    async def commit(self, offsets: Mapping[Partition, int], assignment: Assignment) -> None:
        """Record where the group goes on (the next offset). Raises AssignmentLost if `assignment` is not held."""

    def seek(self, partition: Partition, offset: int) -> None:
        """Read on from this offset. Does nothing when the partition is not held any more.

        What was fetched under an earlier assignment says nothing about where to read on under this one.
        """

    async def extents(self) -> Mapping[Partition, Extent]:
        """What the partitions of the assignment hold at the moment."""

    async def lag(self) -> Mapping[Partition, int]:
        """How many records of the assignment have not been fetched yet."""

    async def close(self) -> None:
        """Leave the group, within a bound."""


class Broker(Protocol):
    """The broker."""

    async def ensure_topics(self, topics: Collection[str]) -> None:
        """Make the topics that do not exist, with unlimited retention."""

    async def producer(self) -> Producer:
        """A fresh producer."""

    async def join(self, group: str, topics: Collection[str]) -> Membership:
        """A new member of the group. Returns before anything is assigned."""

    async def extents(self, topic: str) -> Mapping[int, Extent]:
        """What each partition holds. Raises TopicMissing."""

    async def record_at(self, topic: str, placement: Placement) -> Record | None:
        """The record at this place, or None if there is none."""

    async def close(self) -> None:
        """Let go of connections."""
