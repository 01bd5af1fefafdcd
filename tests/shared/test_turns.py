"""Changes in a line take effect in order or not at all, although none waits for the one before to be committed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from shared.clock import SystemClock
from shared.commit import Cause, Door, OutOfTurn, Turn, TurnTakenTwice
from shared.decision import Decision, Documents
from shared.refusals import Refusal, Unavailable
from tests.shared.till import DOCUMENTS, Till, TillFull

if TYPE_CHECKING:
    from shared.database import Database

CAUSE = Cause("correlation", "request")


class Counter:
    """A door, a till that is to hold 1, 2, 3 … one after the other, and the numbers that it refuses or breaks on."""

    def __init__(self, database: Database, batch_size: int = 200) -> None:
        self.database = database
        self.door = Door(database, source="/tests", documents=DOCUMENTS, clock=SystemClock(), batch_size=batch_size)
        self.refused: set[int] = set()
        self.broken: set[int] = set()
        self.seen: list[int] = []

    async def change(self, number: int, turn: Turn | None) -> None:
        """Add a number; it has to be the next one."""

        def decide(till: Till, _documents: Documents, _now: datetime) -> Decision[None]:
            self.seen.append(number)
            if number in self.refused:
                raise TillFull(total=till.total)
            if number in self.broken:
                raise ValueError("broken")
            return Decision(None, till.model_copy(update={"total": till.total * 10 + number}))

        await self.door.change(Till, "till", decide, reads=lambda _: (), cause=CAUSE, turn=turn)

    async def all_at_once(
        self, numbers: Sequence[int], turns: Sequence[Turn | None]
    ) -> list[type[BaseException] | None]:
        """What became of each. They start in the opposite order, so that only turns put them right."""
        tasks = {
            number: asyncio.create_task(self.change(number, turn))
            for number, turn in reversed(list(zip(numbers, turns, strict=True)))
        }
        outcomes = await asyncio.gather(*(tasks[number] for number in numbers), return_exceptions=True)
        return [None if outcome is None else type(outcome) for outcome in outcomes]

    async def total(self) -> int:
        """The numbers that were added, as digits."""
        till = await self.database.collection(Till).get("till")
        assert till is not None
        return till.total


def line(count: int) -> list[Turn]:
    """Turns, each after the one before."""
    turns = [Turn()]
    while len(turns) < count:
        turns.append(Turn(turns[-1]))
    return turns


@asynccontextmanager
async def opened(database: Database, batch_size: int = 200) -> AsyncIterator[Counter]:
    await database.prepare(DOCUMENTS)
    counter = Counter(database, batch_size)
    running = asyncio.create_task(counter.door.run())

    def opening(_till: Till | None, _documents: Documents, _now: datetime) -> Decision[None]:
        return Decision(None, Till(id="till", limit=0))

    await counter.door.create_or_change(Till, "till", opening, reads=lambda _: (), cause=CAUSE)
    try:
        yield counter
    finally:
        running.cancel()


@pytest.mark.parametrize("batch_size", [1, 2, 200])
async def test_changes_in_a_line_happen_in_their_order_whoever_is_ready_first(
    database: Database, batch_size: int
) -> None:
    async with opened(database, batch_size) as counter:
        assert await counter.all_at_once([1, 2, 3, 4, 5], line(5)) == [None] * 5
        assert await counter.total() == 12345


async def test_control_without_turns_whoever_is_ready_first_is_first(database: Database) -> None:
    async with opened(database) as counter:
        await counter.all_at_once([1, 2, 3], [None] * 3)
        assert await counter.total() == 321


@pytest.mark.parametrize("batch_size", [1, 2, 200])
@pytest.mark.parametrize("failing", [1, 2, 3, 4])
async def test_what_follows_a_refused_change_does_not_happen(database: Database, batch_size: int, failing: int) -> None:
    async with opened(database, batch_size) as counter:
        counter.refused = {failing}
        outcomes = await counter.all_at_once([1, 2, 3, 4], line(4))
        assert outcomes == [*[None] * (failing - 1), TillFull, *[OutOfTurn] * (4 - failing)]
        assert await counter.total() == int("0" + "1234"[: failing - 1])
        assert all(number <= failing for number in counter.seen)


@pytest.mark.parametrize("batch_size", [1, 200])
async def test_what_follows_a_broken_change_does_not_happen(database: Database, batch_size: int) -> None:
    async with opened(database, batch_size) as counter:
        counter.broken = {2}
        assert await counter.all_at_once([1, 2, 3], line(3)) == [None, ValueError, OutOfTurn]
        assert await counter.total() == 1


async def test_control_without_turns_a_refusal_concerns_nobody_else(database: Database) -> None:
    async with opened(database) as counter:
        counter.refused = {1}
        assert await counter.all_at_once([1, 2, 3], [None] * 3) == [TillFull, None, None]


async def test_who_ends_well_without_a_change_lets_the_next_one_go(database: Database) -> None:
    async with opened(database) as counter:
        first, second = line(2)
        waiting = asyncio.create_task(counter.change(1, second))
        first.end(well=True)
        await waiting
        assert await counter.total() == 1


async def test_who_ends_well_without_a_change_lets_nobody_pass_who_was_before(database: Database) -> None:
    async with opened(database) as counter:
        first, second, third, fourth = line(4)
        second.end(well=True)
        third.end(well=True)
        assert await counter.all_at_once([1, 2], [first, fourth]) == [None, None]
        assert await counter.total() == 12


@pytest.mark.parametrize("batch_size", [1, 200])
async def test_what_follows_a_refused_change_does_not_happen_whoever_ended_well_between(
    database: Database, batch_size: int
) -> None:
    async with opened(database, batch_size) as counter:
        counter.refused = {1}
        first, between, last = line(3)
        between.end(well=True)
        assert await counter.all_at_once([1, 2], [first, last]) == [TillFull, OutOfTurn]
        assert await counter.total() == 0


async def test_who_ends_badly_without_a_change_lets_nobody_go(database: Database) -> None:
    async with opened(database) as counter:
        first, second = line(2)
        waiting = asyncio.create_task(counter.change(1, second))
        first.end(well=False)
        with pytest.raises(OutOfTurn):
            await waiting
        assert await counter.total() == 0


async def test_what_follows_a_change_whose_caller_has_gone_does_not_happen(database: Database) -> None:
    async with opened(database) as counter:
        first, second = line(2)
        leaving = asyncio.create_task(counter.change(1, first))
        following = asyncio.create_task(counter.change(2, second))
        await asyncio.sleep(0)  # both are on their way: the first stands in the queue
        leaving.cancel()
        outcomes = await asyncio.gather(leaving, following, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError, OutOfTurn]
        assert await counter.total() == 0


async def test_under_a_turn_one_change_is_made(database: Database) -> None:
    async with opened(database) as counter:
        (turn,) = line(1)
        await counter.change(1, turn)
        with pytest.raises(TurnTakenTwice):
            await counter.change(2, turn)
        assert await counter.total() == 1


async def test_a_stopping_door_takes_nobody_in_whose_turn_comes_late(database: Database) -> None:
    async with opened(database) as counter:
        first, second = line(2)
        late = asyncio.create_task(counter.change(2, second))
        await asyncio.sleep(0)
        assert await counter.door.drain(5)
        first.end(well=True)
        with pytest.raises(Refusal) as refused:
            await late
        assert isinstance(refused.value, Unavailable)
