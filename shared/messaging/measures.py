"""What the event path tells about itself; whoever counts implements these."""

from __future__ import annotations

from typing import Protocol


class RelayMetrics(Protocol):
    """What the relay tells about itself."""

    def published(self, events: int, seconds: float) -> None:
        """A batch was sent and acknowledged."""

    def outbox(self, waiting: int, oldest_seconds: float) -> None:
        """How many events wait, and for how long the oldest of them has."""

    def lost(self, events: int) -> None:
        """Events that the broker lost will be sent again."""


class ConsumerMetrics(Protocol):
    """What the consumer tells about itself."""

    def followed(self, records: int, seconds: float) -> None:
        """A step was taken: records read, effects committed, offsets recorded."""

    def handled(self, subscription: str, seconds: float) -> None:
        """A reaction has happened."""

    def retried(self, subscription: str) -> None:
        """A reaction ran into trouble that passes and is tried again."""

    def parked(self, reason: str) -> None:
        """An event was put aside."""

    def open_parked(self, events: int) -> None:
        """How many events are put aside at the moment."""

    def lag(self, topic: str, partition: int, records: int) -> None:
        """How many records of a partition have not been fetched yet."""

    def rebuilt(self, reason: str) -> None:
        """The membership was given up and made anew."""


class NoMetrics:
    """Counts nothing."""

    def published(self, events: int, seconds: float) -> None:
        """Ignore."""

    def outbox(self, waiting: int, oldest_seconds: float) -> None:
        """Ignore."""

    def lost(self, events: int) -> None:
        """Ignore."""

    def followed(self, records: int, seconds: float) -> None:
        """Ignore."""

    def handled(self, subscription: str, seconds: float) -> None:
        """Ignore."""

    def retried(self, subscription: str) -> None:
        """Ignore."""

    def parked(self, reason: str) -> None:
        """Ignore."""

    def open_parked(self, events: int) -> None:
        """Ignore."""

    def lag(self, topic: str, partition: int, records: int) -> None:
        """Ignore."""

    def rebuilt(self, reason: str) -> None:
        """Ignore."""
