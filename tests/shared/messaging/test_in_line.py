"""Several reactions to one event, in line and one by one: each takes effect once, in order, behind the one before."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from shared.ids import new_id
from shared.messaging.consumer import TooManyParked
from shared.messaging.parked import Ask
from shared.testing.memory import MemoryDatabase
from tests.shared.messaging.post import CONSUMER_TIMING, Post

if TYPE_CHECKING:
    from shared.testing.broker import MemoryBroker


@pytest.fixture(params=["in line", "one by one"])
async def two(request: pytest.FixtureRequest, twin: MemoryBroker) -> AsyncIterator[Post]:
    """A post whose listener has two reactions to every event."""
    in_line = request.param == "in line"
    async with Post(MemoryDatabase(), MemoryDatabase(), twin, in_line=in_line, twice=True).open() as opened:
        yield opened


async def test_two_reactions_to_an_event_both_take_effect_in_order(two: Post) -> None:
    occurrence = new_id()
    await two.say(occurrence, 20)
    await two.publish()
    await two.until_noted(occurrence, range(1, 21))
    assert await two.noted_again(occurrence) == tuple(range(1, 21))
    assert two.commits.made < 20 if two.listener.in_line else two.commits.made == 40


@pytest.mark.parametrize("which", ["broken", "broken_again"])
async def test_an_event_fails_with_any_of_its_reactions_and_what_follows_waits(two: Post, which: str) -> None:
    occurrence = new_id()
    getattr(two.listener, which).add(3)
    await two.say(occurrence, 5)
    await two.publish()
    await two.consume()
    first = (1, 2) if which == "broken" else (1, 2, 3)
    assert (await two.noted(occurrence), await two.noted_again(occurrence)) == (first, (1, 2))
    assert [(row.sequence, row.reason) for row in await two.parked()] == [(3, "failed"), (4, "behind"), (5, "behind")]


async def test_a_replay_repeats_no_reaction_that_went_well(two: Post) -> None:
    occurrence = new_id()
    two.listener.broken_again = {2}
    await two.say(occurrence, 3)
    await two.publish()
    await two.consume()
    two.listener.broken_again = set()
    await two.operator.replay(f"courses/occurrences/{occurrence}/2", Ask(by="operator-1", note="mended"))
    await two.until_noted(occurrence, (1, 2, 3))
    assert await two.noted_again(occurrence) == (1, 2, 3)


async def test_reactions_that_fail_in_part_use_up_the_patience(two: Post) -> None:
    """An event is handled well only as a whole: one reaction that goes well must not hide that the other never does."""
    two.listener.broken_again = {1}
    for _ in range(10):
        await two.say(new_id())
    await two.publish()
    await two.restart_consumer(replace(CONSUMER_TIMING, parked_in_a_row=5, batch_size=1))
    with pytest.raises(TooManyParked):
        await two.consume()
    assert len(await two.parked()) == 5
