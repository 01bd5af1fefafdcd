"""From a commit in one service to an effect in another, on the twins: in order, once, whatever goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.ids import new_id
from shared.testing.broker import MemoryBroker
from shared.testing.memory import MemoryDatabase
from tests.shared.messaging.post import TOPIC, Post

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def broker() -> MemoryBroker:
    return MemoryBroker()


@pytest.fixture
async def post(broker: MemoryBroker) -> AsyncIterator[Post]:
    async with Post(MemoryDatabase(), MemoryDatabase(), broker).open() as opened:
        yield opened


async def test_what_is_committed_takes_effect_in_order(post: Post) -> None:
    occurrences = [new_id() for _ in range(10)]
    for _ in range(3):
        for occurrence in occurrences:
            await post.say(occurrence, 2)
    for occurrence in occurrences:
        await post.until_noted(occurrence, range(1, 7))


async def test_a_full_read_again_changes_nothing(post: Post, broker: MemoryBroker) -> None:
    occurrence = new_id()
    await post.say(occurrence, 20)
    await post.until_noted(occurrence, range(1, 21))
    calls = post.listener.calls
    broker.group(post.group).committed.clear()
    await post.consumer.close()
    post.consumer = post.new_consumer()
    await post.consume()
    assert await post.noted(occurrence) == tuple(range(1, 21))
    assert post.listener.calls == calls


async def test_messages_sent_twice_take_effect_once(post: Post, broker: MemoryBroker) -> None:
    occurrence = new_id()
    broker.faults.duplicate_sends = 3
    for _ in range(3):
        await post.say(occurrence, 5)
        await post.publish()
    await post.until_noted(occurrence, range(1, 16))


async def test_a_lost_acknowledgement_sends_again_and_takes_effect_once(post: Post, broker: MemoryBroker) -> None:
    occurrence = new_id()
    broker.faults.lose_acknowledgements = 1
    await post.say(occurrence, 5)
    with pytest.raises(Exception, match="acknowledgement"):
        await post.relay.step()
    await post.until_noted(occurrence, range(1, 6))
    assert sum(len(records) for records in broker.records(TOPIC)) == 10


async def test_events_nobody_listens_to_leave_no_gap(post: Post) -> None:
    occurrence = new_id()
    await post.say(occurrence)
    await post.say(occurrence, 3, aside=True)
    await post.say(occurrence)
    await post.until_noted(occurrence, (1, 5))
    assert await post.parked() == []
