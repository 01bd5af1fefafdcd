"""How far a service has followed each stream: the number of the last event whose effects have happened.

Positions only grow, whoever writes them: a member that lost a partition and does not know yet cannot take one back.
They are noted at once and written now and then, always before the offsets of what they stand for: whatever was not
written is read again, and dropped by the inbox marks of its effects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from shared.database import Database, Index
from shared.decision import Document
from shared.messaging.broker import Partition

MOST_REMEMBERED = 200_000


class Position(Document):
    """id is the stream, sequence the number of the last event that was applied."""

    collection: ClassVar[str] = "positions"
    sequence: int


class FollowedPartition(Document):
    """id is "<topic>/<partition>", generation the topic's generation under which it was read from its beginning."""

    collection: ClassVar[str] = "followed_partitions"
    generation: int


POSITION_DOCUMENTS: Mapping[type[Document], Sequence[Index]] = {Position: (), FollowedPartition: ()}


class Positions:
    """Positions as stored, remembered while this process follows their partitions."""

    def __init__(self, database: Database) -> None:
        self._positions = database.collection(Position)
        self._partitions = database.collection(FollowedPartition)
        self._known: dict[str, int] = {}
        self._unsaved: dict[str, int] = {}

    @property
    def is_behind(self) -> bool:
        """Whether the store does not know all of them yet."""
        return bool(self._unsaved)

    async def begin_anew(self) -> None:
        """Somebody else may have moved them on: ask the store again."""
        await self.save()
        self._known.clear()

    async def load(self, streams: Iterable[str]) -> None:
        """Have these at hand for `of`."""
        if len(self._known) > MOST_REMEMBERED:
            self._known = dict(self._unsaved)
        missing = [stream for stream in set(streams) if stream not in self._known]
        if not missing:
            return
        found = await self._positions.find({"id": {"$in": missing}})
        self._known.update(dict.fromkeys(missing, 0) | {position.id: position.sequence for position in found})

    def of(self, stream: str) -> int:
        """The position of a stream that was loaded."""
        return self._known[stream]

    def note(self, moved: Mapping[str, int]) -> None:
        """Move on to these."""
        self._known.update(moved)
        self._unsaved.update(moved)

    async def save(self) -> None:
        """Write what was noted."""
        if self._unsaved:
            await self._positions.raise_each("sequence", self._unsaved)
            self._unsaved.clear()

    async def generations(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """The generation each partition was read under; 0 for one that is new."""
        wanted = {str(partition): partition for partition in partitions}
        found = await self._partitions.find({"id": {"$in": list(wanted)}})
        return dict.fromkeys(wanted.values(), 0) | {wanted[row.id]: row.generation for row in found}

    async def save_generation(self, partition: Partition, generation: int) -> None:
        """From now on the partition is read under this generation."""
        await self._partitions.raise_each("generation", {str(partition): generation})
