"""Positions only grow: on the twin and on real MongoDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.messaging.broker import Partition
from shared.messaging.positions import Position, Positions

if TYPE_CHECKING:
    from shared.database import Database


async def test_a_number_is_only_ever_raised(database: Database) -> None:
    rows = database.collection(Position)
    await rows.raise_each("sequence", {"a": 3, "b": 1})
    await rows.raise_each("sequence", {"a": 2, "b": 5, "c": 1})
    await rows.raise_each("sequence", {})
    found = await rows.find({}, sort=[("id", 1)])
    assert [(row.id, row.sequence) for row in found] == [("a", 3), ("b", 5), ("c", 1)]


async def test_a_new_stream_stands_at_zero_and_a_known_one_where_it_was_left(database: Database) -> None:
    positions = Positions(database)
    await positions.load(["known", "new"])
    assert (positions.of("known"), positions.of("new")) == (0, 0)
    positions.note({"known": 4})
    assert positions.of("known") == 4
    await positions.begin_anew()
    await positions.load(["known", "new"])
    assert (positions.of("known"), positions.of("new")) == (4, 0)


async def test_a_partition_keeps_the_generation_it_was_read_under(database: Database) -> None:
    positions, partition = Positions(database), Partition("courses.events", 3)
    assert await positions.generations([partition]) == {partition: 0}
    await positions.save_generation(partition, 2)
    assert await positions.generations([partition]) == {partition: 2}
