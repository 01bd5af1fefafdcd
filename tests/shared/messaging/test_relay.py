"""The relay: one owner at a time, nothing skipped, and what the broker lost is sent again, on the twins."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from shared.clock import ManualClock
from shared.ids import new_id
from shared.messaging.broker import BrokerUnavailable, Placement, SendFailed
from shared.messaging.outbox import OutboxRow
from shared.messaging.timing import RelayTiming
from shared.testing.broker import MemoryProducer
from shared.testing.memory import MemoryDatabase
from tests.shared.messaging.post import RELAY_TIMING, TOPIC, Post

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.messaging.broker import Message
    from shared.testing.broker import MemoryBroker

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)


async def rows(post: Post) -> list[OutboxRow]:
    return await post.speakers.collection(OutboxRow).find({}, sort=(("id", 1),))


def sequences(twin: MemoryBroker) -> list[int]:
    return [int(dict(record.headers)["ce_sequence"]) for records in twin.records(TOPIC) for record in records]


async def test_a_row_says_where_and_when_it_was_published(post: Post, twin: MemoryBroker) -> None:
    await post.say(new_id(), 2)
    await post.publish()
    for row in await rows(post):
        assert (row.state, row.epoch, row.published_at is not None) == ("published", 1, True)
        assert row.partition is not None
        assert row.offset is not None
        record = await twin.record_at(TOPIC, Placement(row.partition, row.offset))
        assert record is not None
        headers = dict(record.headers)
        assert headers["ce_id"] == row.id.encode()
        assert (record.key, record.value) == (row.subject.encode(), row.body.encode())
        assert set(headers) == {
            "content-type",
            "ce_specversion",
            "ce_id",
            "ce_type",
            "ce_source",
            "ce_subject",
            "ce_time",
            "ce_sequence",
            "ce_correlationid",
            "ce_causationid",
            "ce_triggeredby",
            "topic-generation",
        }


async def test_only_the_owner_of_the_lease_publishes(post: Post, twin: MemoryBroker) -> None:
    other = post.new_relay()
    await post.say(new_id())
    await post.publish()
    await post.say(new_id())
    assert await other.step() == 0
    assert len(sequences(twin)) == 1
    await post.relay.close()
    assert await other.step() == 1
    await other.close()


async def test_a_late_batch_of_a_stopped_owner_is_dropped_and_its_marks_change_nothing(
    twin: MemoryBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock(NOON)
    released, stopped = asyncio.Event(), asyncio.Event()
    send = MemoryProducer.send

    async def send_after_a_long_stop(
        producer: MemoryProducer, topic: str, messages: Sequence[Message]
    ) -> list[Placement]:
        stopped.set()
        await released.wait()
        return await send(producer, topic, messages)

    async with Post(MemoryDatabase(clock), MemoryDatabase(), twin).open() as post:
        occurrence = new_id()
        await post.say(occurrence, 3)
        monkeypatch.setattr(MemoryProducer, "send", send_after_a_long_stop)
        late = asyncio.create_task(post.relay.step())
        await stopped.wait()
        monkeypatch.undo()
        clock.advance(timedelta(seconds=RELAY_TIMING.lease_seconds + 1))
        successor = post.new_relay()
        await successor.step()
        await post.say(occurrence, 2)
        assert await successor.step() == 2
        await successor.drain(5)
        published = await rows(post)
        released.set()
        await late
        await post.relay.close()
        assert sequences(twin) == [1, 2, 3, 4, 5, 1, 2, 3]
        assert await rows(post) == published
        assert {row.epoch for row in published} == {2}
        await post.until_noted(occurrence, range(1, 6), publish=False)
        await successor.close()


async def test_an_owner_whose_lease_is_nearly_over_does_not_send(post: Post) -> None:
    await post.restart_relay(replace(RELAY_TIMING, lease_seconds=4.0, send_seconds=4.0))
    await post.say(new_id())
    with pytest.raises(BrokerUnavailable, match="too old"):
        await post.relay.step()


async def test_a_send_that_is_not_answered_is_given_up_in_time(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(*_: object) -> list[Placement]:
        await asyncio.Event().wait()
        return []

    await post.restart_relay(replace(RELAY_TIMING, send_seconds=0.05))
    occurrence = new_id()
    await post.say(occurrence)
    monkeypatch.setattr(MemoryProducer, "send", hang)
    with pytest.raises(BrokerUnavailable, match="not acknowledged"):
        await post.relay.step()
    monkeypatch.undo()
    await post.until_noted(occurrence, (1,))


async def test_what_was_acknowledged_before_a_failure_is_not_sent_again(
    post: Post, twin: MemoryBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def send_half(_producer: MemoryProducer, topic: str, messages: Sequence[Message]) -> list[Placement]:
        half = len(messages) // 2
        placements = [twin.append(topic, message) for message in messages[:half]]
        raise SendFailed("the broker went away", [*placements, *[None] * (len(messages) - half)])

    occurrence = new_id()
    await post.say(occurrence, 6)
    monkeypatch.setattr(MemoryProducer, "send", send_half)
    with pytest.raises(SendFailed):
        await post.relay.step()
    monkeypatch.undo()
    await post.publish()
    assert sequences(twin) == [1, 2, 3, 4, 5, 6]


async def test_an_event_committed_late_with_an_early_identifier_is_not_skipped(post: Post) -> None:
    early, late = new_id(), new_id()
    await post.say(late)
    (row,) = await rows(post)
    await post.publish()
    slow = row.model_copy(update={"id": early, "subject": f"occurrences/{early}"})
    await post.speakers.collection(OutboxRow).insert([slow])
    await post.publish()
    assert {row.state for row in await rows(post)} == {"published"}


async def test_what_is_not_marked_yet_is_not_sent_again_and_is_marked_in_the_end(
    post: Post, twin: MemoryBroker
) -> None:
    await post.restart_relay(replace(RELAY_TIMING, mark_seconds=60.0))
    await post.say(new_id(), 3)
    assert await post.relay.step() == 3
    await post.say(new_id(), 2)
    assert [await post.relay.step() for _ in range(3)] == [2, 0, 0]
    assert await post.waiting() == 5
    await post.relay.close()
    assert await post.waiting() == 0
    assert sum(extent.end for extent in (await twin.extents(TOPIC)).values()) == 5


async def test_marks_are_made_after_a_while_although_nothing_more_is_committed(post: Post) -> None:
    await post.restart_relay(replace(RELAY_TIMING, mark_seconds=0.05, poll_seconds=30.0))
    await post.say(new_id(), 3)
    publishing = asyncio.create_task(post.relay.run())
    async with asyncio.timeout(10):
        while await post.waiting():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0)
    publishing.cancel()


async def test_lost_records_that_are_not_marked_yet_are_sent_again(post: Post, twin: MemoryBroker) -> None:
    await post.restart_relay(replace(RELAY_TIMING, mark_seconds=60.0, audit_seconds=0.0))
    await post.say(new_id(), 3)
    assert await post.relay.step() == 3
    twin.lose(TOPIC)
    assert await post.relay.step() == 3
    await post.relay.close()
    assert await post.waiting() == 0


async def test_rows_are_kept_for_seven_days_after_publication(twin: MemoryBroker) -> None:
    clock = ManualClock(NOON)
    async with Post(MemoryDatabase(), MemoryDatabase(), twin, clock).open() as post:
        await post.restart_relay(replace(RELAY_TIMING, tidy_seconds=0.0))
        await post.say(new_id())
        clock.advance(timedelta(days=8))
        await post.publish()
        clock.advance(RelayTiming().keep)
        await post.relay.step()
        assert len(await rows(post)) == 1
        clock.advance(timedelta(seconds=1))
        await post.relay.step()
        assert await rows(post) == []


async def test_a_wake_is_answered_without_waiting_for_the_poll(post: Post) -> None:
    await post.restart_relay(replace(RELAY_TIMING, poll_seconds=3600.0))
    post.door_out.on_commit.append(post.relay.wake)
    running = asyncio.create_task(post.relay.run())
    occurrence = new_id()
    try:
        for number in range(1, 4):
            await post.say(occurrence)
            await post.until_noted(occurrence, range(1, number + 1), publish=False)
    finally:
        running.cancel()


async def test_what_another_process_goes_on_committing_does_not_wait_for_the_poll(post: Post) -> None:
    await post.restart_relay(replace(RELAY_TIMING, poll_seconds=3600.0))
    occurrence = new_id()
    await post.say(occurrence)
    running = asyncio.create_task(post.relay.run())
    try:
        for number in range(1, 4):
            await post.until_noted(occurrence, range(1, number + 1), publish=False)
            await post.say(occurrence)
    finally:
        running.cancel()
