"""Streams that stand still, and why: before a parked event (a person is needed) or before one that has not arrived.

A missing event that does not turn up is looked for by reading its partition again from the beginning: the broker may
have lost it and had it published again at a place that was passed already. The pauses between such readings grow.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from shared.messaging.broker import Partition

LONGEST_PATIENCE = 600.0


@dataclass(slots=True)
class Blocked:
    """A stream that stands still. `asked`: what is parked of it should be looked at again."""

    partition: Partition
    poisoned: bool
    patience: float
    read_again_at: float
    asked: bool = False


class BlockedStreams:
    """The streams that stand still among the partitions this process holds. Times are the loop's."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._streams: dict[str, Blocked] = {}

    def __contains__(self, stream: str) -> bool:
        """Whether it stands still."""
        return stream in self._streams

    def clear(self) -> None:
        """Forget all: the assignment has changed."""
        self._streams.clear()

    def block(self, stream: str, partition: Partition, *, poisoned: bool, now: float) -> None:
        """It stands still. A gap keeps the age it has."""
        known = self._streams.get(stream)
        if known is not None and known.poisoned == poisoned:
            known.asked = False
        else:
            self._streams[stream] = Blocked(partition, poisoned, self._patience, now + self._patience)

    def free(self, stream: str) -> None:
        """It moves again."""
        self._streams.pop(stream, None)

    def ask(self, stream: str) -> None:
        """Have what is parked of it looked at."""
        if stream in self._streams:
            self._streams[stream].asked = True

    def is_asked(self, stream: str) -> bool:
        """Whether what is parked of it should be looked at."""
        return stream in self._streams and self._streams[stream].asked

    def asked(self) -> dict[str, Partition]:
        """The streams of which what is parked should be looked at, and their partitions."""
        return {stream: blocked.partition for stream, blocked in self._streams.items() if blocked.asked}

    def overdue(self, held: Collection[Partition], now: float) -> dict[Partition, list[str]]:
        """Partitions to be read again, and the streams that miss an event there. It is taken to be done now."""
        gaps = [
            (stream, blocked)
            for stream, blocked in self._streams.items()
            if not blocked.poisoned and blocked.partition in held
        ]
        partitions = {blocked.partition for _, blocked in gaps if blocked.read_again_at <= now}
        found: dict[Partition, list[str]] = {partition: [] for partition in partitions}
        for stream, blocked in gaps:
            if blocked.partition in partitions:
                found[blocked.partition].append(stream)
                blocked.patience = min(LONGEST_PATIENCE, blocked.patience * 2)
                blocked.read_again_at = now + blocked.patience
        return found
