"""The consumer's own affairs: progress is watched, offsets are held back, a stop is clean. On the twins."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from shared.clock import SystemClock
from shared.commit import Door
from shared.ids import new_id
from shared.messaging.broker import AssignmentLost, BrokerUnavailable, Fetched, Partition
from shared.messaging.consumer import Consumer, Stuck
from shared.messaging.positions import Position
from shared.testing.broker import MemoryMembership
from shared.testing.memory import MemoryDatabase
from tests.shared.messaging.post import CONSUMER_TIMING, TOPIC

if TYPE_CHECKING:
    from shared.testing.broker import MemoryBroker
    from tests.shared.messaging.post import Post

WATCHED = replace(CONSUMER_TIMING, watch_seconds=0.0, stuck_seconds=0.2)


async def test_a_membership_that_reads_nothing_although_there_is_something_is_made_anew(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    occurrence = new_id()
    await post.restart_consumer(WATCHED)
    await post.consumer.step()
    await post.say(occurrence, 3)
    await post.publish()

    async def deaf(membership: MemoryMembership, *_: object) -> Fetched:
        await asyncio.sleep(0)
        return Fetched((), membership.assignment)

    with monkeypatch.context() as patch:
        patch.setattr(MemoryMembership, "fetch", deaf)
        with pytest.raises(Stuck, match="none arrives"):
            async with asyncio.timeout(10):
                while True:
                    await post.consumer.step()
    await post.until_noted(occurrence, (1, 2, 3))


async def test_a_consumer_with_nothing_to_read_is_left_alone(post: Post) -> None:
    await post.restart_consumer(replace(WATCHED, stuck_seconds=0.0))
    for _ in range(20):
        await post.consumer.step()


async def test_a_member_without_partitions_asks_anew_ever_more_seldom(post: Post) -> None:
    await post.consumer.step()
    others = [post.new_consumer(replace(WATCHED, stuck_seconds=0.05)) for _ in range(6)]
    for other in others[:-1]:
        await other.step()
    loop = asyncio.get_running_loop()
    times: list[float] = []
    async with asyncio.timeout(10):
        while len(times) < 3:
            begun = loop.time()
            with pytest.raises(Stuck, match="no partition"):
                while True:
                    await others[-1].step()
            times.append(loop.time() - begun)
    assert times[2] > 2 * times[0]
    for other in others:
        await other.close()


async def test_offsets_stop_before_what_could_not_be_applied_yet(post: Post, twin: MemoryBroker) -> None:
    occurrence = new_id()
    post.listener.troubled[3] = 1_000_000
    await post.say(occurrence, 5)
    await post.publish()
    await post.consumer.step()
    partition = next(records[0].partition for records in twin.records(TOPIC) if records)
    assert twin.group(post.group).committed[partition] == 2
    assert await post.noted(occurrence) == (1, 2)
    post.listener.troubled.clear()
    await post.until_noted(occurrence, range(1, 6))


async def test_how_far_it_has_got_is_written_down_when_it_leaves(post: Post) -> None:
    occurrence = new_id()
    await post.restart_consumer(replace(CONSUMER_TIMING, note_seconds=60.0))
    await post.say(occurrence, 3)
    await post.until_noted(occurrence, (1, 2, 3))
    positions = post.listeners.collection(Position)
    assert await positions.find({}) == []
    await post.consumer.close()
    assert [position.sequence for position in await positions.find({})] == [3]
    await post.restart_consumer()
    assert await post.consumer.step() == 0
    assert post.listener.calls == 3


async def test_how_far_it_has_got_is_written_down_after_a_while_although_nothing_more_comes(
    post: Post, twin: MemoryBroker
) -> None:
    occurrence = new_id()
    await post.restart_consumer(replace(CONSUMER_TIMING, note_seconds=0.05, fetch_seconds=30.0))
    await post.say(occurrence, 3)
    await post.publish()
    async with asyncio.timeout(10):
        while sum(twin.group(post.group).committed.values()) < 3:
            await post.consumer.step()
    assert [position.sequence for position in await post.listeners.collection(Position).find({})] == [3]


async def test_a_consumer_that_dies_before_it_has_written_down_is_repeated_without_harm(
    post: Post, twin: MemoryBroker
) -> None:
    occurrence = new_id()
    await post.restart_consumer(replace(CONSUMER_TIMING, note_seconds=60.0))
    await post.say(occurrence, 3)
    await post.until_noted(occurrence, (1, 2, 3))
    twin.group(post.group).members.clear()
    post.consumer = post.new_consumer()
    await post.say(occurrence, 1)
    await post.until_noted(occurrence, (1, 2, 3, 4))
    assert post.listener.calls == 3 + 4


async def test_a_lost_assignment_costs_nothing(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    occurrence = new_id()
    await post.say(occurrence, 3)
    await post.publish()

    async def refuse(*_: object) -> None:
        raise AssignmentLost("balanced anew")

    with monkeypatch.context() as patch:
        patch.setattr(MemoryMembership, "commit", refuse)
        await post.consume()
    assert await post.noted(occurrence) == (1, 2, 3)
    await post.say(occurrence)
    await post.until_noted(occurrence, (1, 2, 3, 4))


async def test_a_drained_consumer_has_finished_its_step_and_left_the_group(post: Post, twin: MemoryBroker) -> None:
    occurrence = new_id()
    running = asyncio.create_task(post.consumer.run())
    await post.say(occurrence, 3)
    await post.publish()
    async with asyncio.timeout(10):
        while not await post.noted(occurrence):
            await asyncio.wait({running}, timeout=0.01)
    assert await post.consumer.drain(5)
    await asyncio.wait_for(running, 5)
    assert twin.group(post.group).members == []
    partition = next(records[0].partition for records in twin.records(TOPIC) if records)
    assert twin.group(post.group).committed[partition] == 3


async def test_a_service_that_follows_nobody_joins_no_group(twin: MemoryBroker) -> None:
    database, clock = MemoryDatabase(), SystemClock()
    door = Door(database, source="/hermits", documents=(), clock=clock)
    hermit = Consumer(database, twin, door, clock, "hermits", (), timing=CONSUMER_TIMING)
    assert await hermit.step() == 0
    assert twin.group("hermits").members == []


async def test_whatever_goes_wrong_in_a_step_the_next_one_begins_with_a_fresh_membership(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    occurrence = new_id()
    await post.say(occurrence, 3)
    await post.publish()

    async def break_down(*_: object) -> Fetched:
        raise RuntimeError("a mistake of the driver")

    with monkeypatch.context() as patch:
        patch.setattr(MemoryMembership, "fetch", break_down)
        with pytest.raises(RuntimeError):
            await post.consumer.step()
    await post.until_noted(occurrence, (1, 2, 3))


async def test_a_broker_that_was_away_is_followed_on_with_the_same_membership(
    post: Post, twin: MemoryBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new one would be taken in only when the session of the old one is over."""
    occurrence = new_id()
    await post.restart_consumer(WATCHED)
    await post.consumer.step()
    (joined,) = twin.group(post.group).members
    loop = asyncio.get_running_loop()
    longer_than_a_stuck_one_is_put_up_with = loop.time() + 2 * WATCHED.stuck_seconds
    monkeypatch.setattr(twin, "available", False)
    while loop.time() < longer_than_a_stuck_one_is_put_up_with:
        with pytest.raises(BrokerUnavailable):
            await post.consumer.step()
    monkeypatch.setattr(twin, "available", True)
    await post.say(occurrence, 3)
    await post.publish()
    await post.until_noted(occurrence, (1, 2, 3))
    assert twin.group(post.group).members == [joined]


async def test_a_membership_that_the_broker_answers_no_more_is_made_anew(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    occurrence = new_id()
    await post.restart_consumer(WATCHED)
    await post.consumer.step()
    await post.say(occurrence, 3)
    await post.publish()

    async def unheard(_membership: MemoryMembership) -> dict[Partition, int]:
        raise BrokerUnavailable("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(MemoryMembership, "lag", unheard)
        with pytest.raises(Stuck, match="does not answer"):
            async with asyncio.timeout(10):
                while True:
                    with suppress(BrokerUnavailable):
                        await post.consumer.step()
    await post.until_noted(occurrence, (1, 2, 3))
