"""From a commit in one service to an effect in another, on the twins: in order, once, whatever goes wrong."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from shared.database import Contention, StoreUnavailable
from shared.ids import new_id
from shared.messaging.broker import BrokerUnavailable, Message, SendFailed
from shared.messaging.positions import Positions
from shared.messaging.stream import Walk
from shared.refusals import OutcomeUnknown, Unavailable
from shared.testing.broker import MemoryMembership
from shared.testing.memory import MemoryDatabase
from tests.shared.messaging.post import CONSUMER_TIMING, TOPIC

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.messaging.arrival import Arrival
    from shared.testing.broker import MemoryBroker
    from tests.shared.messaging.post import Post


async def test_what_is_committed_takes_effect_in_order(post: Post) -> None:
    occurrences = [new_id() for _ in range(10)]
    for _ in range(3):
        for occurrence in occurrences:
            await post.say(occurrence, 2)
    for occurrence in occurrences:
        await post.until_noted(occurrence, range(1, 7))


async def test_a_full_read_again_changes_nothing(post: Post, twin: MemoryBroker) -> None:
    occurrence = new_id()
    await post.say(occurrence, 20)
    await post.until_noted(occurrence, range(1, 21))
    calls = post.listener.calls
    twin.group(post.group).committed.clear()
    await post.restart_consumer()
    await post.consume()
    assert await post.noted(occurrence) == tuple(range(1, 21))
    assert post.listener.calls == calls


async def test_messages_sent_twice_take_effect_once(post: Post, twin: MemoryBroker) -> None:
    occurrence = new_id()
    twin.faults.duplicate_sends = 3
    for _ in range(3):
        await post.say(occurrence, 5)
        await post.publish()
    await post.until_noted(occurrence, range(1, 16))


async def test_a_lost_acknowledgement_sends_again_and_takes_effect_once(post: Post, twin: MemoryBroker) -> None:
    occurrence = new_id()
    twin.faults.lose_acknowledgements = 1
    await post.say(occurrence, 5)
    with pytest.raises(SendFailed):
        await post.relay.step()
    await post.until_noted(occurrence, range(1, 6))
    assert sum(len(records) for records in twin.records(TOPIC)) == 10


async def test_events_nobody_listens_to_leave_no_gap(post: Post) -> None:
    occurrence = new_id()
    await post.say(occurrence)
    await post.say(occurrence, 3, aside=True)
    await post.say(occurrence)
    await post.until_noted(occurrence, (1, 5))
    assert await post.parked() == []


async def test_a_crash_after_the_effects_and_before_the_offsets_changes_nothing(
    post: Post, twin: MemoryBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    occurrence = new_id()
    await post.say(occurrence, 8)
    await post.publish()

    async def die(*_: object) -> None:
        raise BrokerUnavailable("killed before the offsets were recorded")

    monkeypatch.setattr(MemoryMembership, "commit", die)
    with pytest.raises(BrokerUnavailable):
        await post.consume()
    monkeypatch.undo()
    assert await post.noted(occurrence) == tuple(range(1, 9))
    assert twin.group(post.group).committed == {}
    await post.restart_consumer()
    await post.say(occurrence)
    await post.until_noted(occurrence, range(1, 10))


async def test_a_crash_before_the_positions_are_written_is_caught_by_the_inbox(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    occurrence = new_id()
    await post.say(occurrence, 8)
    await post.publish()

    async def die(positions: Positions) -> None:
        if positions.is_behind:
            raise StoreUnavailable("killed before the positions were written")

    monkeypatch.setattr(Positions, "save", die)
    with pytest.raises(StoreUnavailable):
        await post.consume()
    await post.restart_consumer()
    monkeypatch.undo()
    await post.consume()
    await post.until_noted(occurrence, range(1, 9))
    assert post.listener.calls == 16


async def test_control_without_positions_and_inbox_a_read_again_doubles_effects(
    post: Post, twin: MemoryBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    occurrence = new_id()
    await post.say(occurrence, 3)
    await post.until_noted(occurrence, (1, 2, 3))
    twin.group(post.group).committed.clear()
    await post.consumer.close()
    monkeypatch.setattr(Positions, "of", lambda _self, _stream: 0)
    monkeypatch.setattr("shared.messaging.reacting.InboxMark", lambda **_: None)
    await post.restart_consumer()
    await post.consume()
    assert await post.noted(occurrence) == (1, 2, 3, 1, 2, 3)


async def said_in_disorder(post: Post, twin: MemoryBroker, occurrence: str) -> None:
    """Five events, which stand in the topic as 1, 4, 3, 5, 2."""
    await post.say(occurrence, 5)
    await post.publish()
    partition = next(records for records in twin.records(TOPIC) if records)
    messages = [Message(record.key, record.headers, record.value) for record in partition]
    partition.clear()
    for place in (0, 3, 2, 4, 1):
        twin.append(TOPIC, messages[place])


async def test_events_out_of_order_take_effect_in_order(post: Post, twin: MemoryBroker) -> None:
    occurrence = new_id()
    await said_in_disorder(post, twin, occurrence)
    await post.until_noted(occurrence, range(1, 6), publish=False)


async def test_events_out_of_order_over_several_batches_wait_aside(post: Post, twin: MemoryBroker) -> None:
    occurrence = new_id()
    await said_in_disorder(post, twin, occurrence)
    await post.restart_consumer(replace(CONSUMER_TIMING, batch_size=1, gap_seconds=60.0))
    await post.consumer.step()
    await post.consumer.step()
    assert [(row.sequence, row.reason) for row in await post.parked()] == [(4, "behind")]
    await post.until_noted(occurrence, range(1, 6), publish=False)
    assert await post.parked() == []


async def test_control_without_the_sequence_guard_order_is_broken(
    post: Post, twin: MemoryBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    occurrence = new_id()
    await said_in_disorder(post, twin, occurrence)

    async def take_as_it_comes(walk: Walk, arrivals: Iterable[Arrival]) -> None:
        for arrival in arrivals:
            await walk.handle(arrival)

    monkeypatch.setattr(Walk, "take", take_as_it_comes)
    await post.consume()
    assert await post.noted(occurrence) == (1, 4, 3, 5, 2)


@pytest.mark.parametrize("trouble", [StoreUnavailable, Contention, TimeoutError, Unavailable, OutcomeUnknown])
async def test_trouble_that_passes_is_tried_again_and_parks_nothing(post: Post, trouble: type[Exception]) -> None:
    occurrence, other = new_id(), new_id()
    post.listener.trouble = trouble
    post.listener.troubled[2] = 6
    await post.say(occurrence, 3)
    await post.until_noted(occurrence, (1, 2, 3))
    await post.say(other, 1)
    await post.until_noted(other, (1,))
    assert await post.operator.page(open_only=False, after="", limit=10) == []


async def test_a_store_that_is_away_is_waited_for(post: Post) -> None:
    occurrence = new_id()
    await post.say(occurrence, 3)
    await post.publish()
    assert isinstance(post.listeners, MemoryDatabase)
    post.listeners.available = False
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            await post.consumer.step()
    post.listeners.available = True
    await post.until_noted(occurrence, (1, 2, 3))


async def test_a_broker_that_is_away_delays_and_loses_nothing(post: Post, twin: MemoryBroker) -> None:
    occurrence = new_id()
    twin.available = False
    await post.say(occurrence, 3)
    with pytest.raises(BrokerUnavailable):
        await post.relay.step()
    with pytest.raises(BrokerUnavailable):
        await post.consumer.step()
    twin.available = True
    await post.until_noted(occurrence, (1, 2, 3))


async def test_two_members_share_the_work_and_a_third_takes_over(post: Post) -> None:
    occurrences = [new_id() for _ in range(12)]
    second = post.new_consumer()
    await post.consumer.step()
    await second.step()
    for round_ in range(3):
        for occurrence in occurrences:
            await post.say(occurrence, 2)
        await post.publish()
        if round_ == 1:
            await second.close()
            second = post.new_consumer()
        async with asyncio.timeout(10):
            while {await post.noted(o) for o in occurrences} != {tuple(range(1, 2 * round_ + 3))}:
                await asyncio.gather(post.consumer.step(), second.step())
    await second.close()
