"""The broker loses records it had acknowledged: found, published again, and seen by every consumer, on the twins."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from zlib import crc32

import pytest

from shared.database import StoreUnavailable
from shared.ids import new_id
from shared.messaging.arrival import Arrival
from shared.messaging.audit import judge, lost_by_extent
from shared.messaging.broker import Extent, Placement
from shared.messaging.consumer import Consumer
from shared.messaging.outbox import OutboxRow
from shared.messaging.quiet import Quiet
from shared.messaging.relay import Relay
from tests.shared.messaging.post import CONSUMER_TIMING, RELAY_TIMING, TOPIC

if TYPE_CHECKING:
    from shared.testing.broker import MemoryBroker
    from tests.shared.messaging.post import Post

SELDOM_AUDITED = replace(RELAY_TIMING, audit_seconds=3600.0)
PATIENT = replace(CONSUMER_TIMING, gap_seconds=3600.0)


async def lost_before_it_was_read(post: Post, twin: MemoryBroker, keep: int = 0) -> list[str]:
    """Ten aggregates with three events each, published and gone."""
    occurrences = [new_id() for _ in range(10)]
    for occurrence in occurrences:
        await post.say(occurrence, 3)
    await post.publish()
    twin.lose(TOPIC, keep=keep)
    return occurrences


async def steps(post: Post, count: int = 20) -> None:
    for _ in range(count):
        await post.relay.step()
        await post.consumer.step()


@pytest.mark.parametrize("keep", [0, 2])
async def test_lost_records_are_found_by_the_audit_and_published_again(
    post: Post, twin: MemoryBroker, keep: int
) -> None:
    await post.restart_consumer(PATIENT)
    for occurrence in await lost_before_it_was_read(post, twin, keep):
        await post.until_noted(occurrence, (1, 2, 3))
    assert await post.parked() == []


async def test_control_without_the_audit_lost_records_stay_lost(
    post: Post, twin: MemoryBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.messaging.relay.lost_by_extent", lambda *_: {})
    occurrences = await lost_before_it_was_read(post, twin)
    await steps(post)
    assert {await post.noted(occurrence) for occurrence in occurrences} == {()}


async def test_lost_records_are_found_by_the_next_send_when_that_comes_first(post: Post, twin: MemoryBroker) -> None:
    await post.restart_relay(SELDOM_AUDITED)
    await post.restart_consumer(PATIENT)
    occurrences = await lost_before_it_was_read(post, twin)
    for occurrence in occurrences:
        await post.say(occurrence)
    for occurrence in occurrences:
        await post.until_noted(occurrence, (1, 2, 3, 4))
    assert await post.parked() == []


async def outgrown(post: Post, twin: MemoryBroker, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Lost; the owner sent more into the empty topic than had been there, and died before it could look."""

    async def die(*_: object) -> None:
        raise StoreUnavailable("killed after the send")

    await post.restart_relay(SELDOM_AUDITED)
    occurrences = await lost_before_it_was_read(post, twin)
    for _ in range(200):
        await post.say(new_id())
    with monkeypatch.context() as patch:
        patch.setattr(Relay, "_take_note", die)
        with pytest.raises(StoreUnavailable):
            await post.relay.step()
    await post.restart_relay()
    ends: dict[int, int] = {}
    for row in await post.speakers.collection(OutboxRow).find({"state": "published"}):
        assert row.partition is not None
        assert row.offset is not None
        ends[row.partition] = max(ends.get(row.partition, 0), row.offset + 1)
    assert ends
    assert not lost_by_extent(ends, await twin.extents(TOPIC))
    return occurrences


async def test_a_topic_lost_and_outgrown_before_anybody_looked_is_recognised(
    post: Post, twin: MemoryBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    for occurrence in await outgrown(post, twin, monkeypatch):
        await post.until_noted(occurrence, (1, 2, 3))


async def test_control_without_recognition_an_outgrown_topic_hides_its_loss(
    post: Post, twin: MemoryBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    occurrences = await outgrown(post, twin, monkeypatch)

    async def overlook(*_: object) -> None:
        return

    monkeypatch.setattr(Relay, "_recognise", overlook)
    await steps(post)
    assert {await post.noted(occurrence) for occurrence in occurrences} == {()}


async def test_a_topic_deleted_under_way_is_made_again_and_filled_again(post: Post, twin: MemoryBroker) -> None:
    read, unread = new_id(), new_id()
    await post.say(read, 3)
    await post.until_noted(read, (1, 2, 3))
    await post.say(unread, 3)
    await post.publish()
    await post.consumer.close()
    twin.delete_topic(TOPIC)
    await post.restart_consumer()
    await post.say(read, 2)
    await post.until_noted(unread, (1, 2, 3))
    await post.until_noted(read, range(1, 6))


async def level(post: Post, twin: MemoryBroker) -> str:
    """The consumer stands at 4, since one event came twice; lost and filled again with one more, the partition ends
    just there."""
    await post.restart_relay(SELDOM_AUDITED)
    await post.restart_consumer(replace(PATIENT, watch_seconds=0.0))
    known = new_id()
    await post.say(known, 2)
    await post.until_noted(known, (1, 2))
    twin.faults.duplicate_sends = 1
    await post.say(known)
    await post.until_noted(known, (1, 2, 3))
    await steps(post)
    twin.lose(TOPIC)
    await post.say(known)
    await post.publish()
    assert sum(extent.end for extent in (await twin.extents(TOPIC)).values()) == 4
    return known


async def test_a_partition_that_was_filled_up_to_where_the_consumer_stands_is_read_again(
    post: Post, twin: MemoryBroker
) -> None:
    await post.until_noted(await level(post, twin), (1, 2, 3, 4))


async def test_control_without_a_look_at_quiet_partitions_what_was_filled_in_is_not_seen(
    post: Post, twin: MemoryBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def overlook(*_: object) -> list[Arrival]:
        return []

    monkeypatch.setattr(Quiet, "look", overlook)
    known = await level(post, twin)
    await steps(post)
    assert await post.noted(known) == (1, 2, 3)


async def overtaken(post: Post, twin: MemoryBroker) -> str:
    """The consumer stands at 50 of a partition that is lost and filled again beyond 50 before it looks.

    At 0 stands now the only event of an aggregate it has never seen: no gap tells of it.
    """
    await post.restart_relay(SELDOM_AUDITED)
    await post.restart_consumer(PATIENT)
    known = new_id()
    await post.say(known, 50)
    await post.until_noted(known, range(1, 51))
    twin.lose(TOPIC)
    unseen = next(
        candidate
        for candidate in (new_id() for _ in range(10_000))
        if crc32(f"occurrences/{candidate}".encode()) % 6 == crc32(f"occurrences/{known}".encode()) % 6
    )
    await post.say(unseen)
    await post.publish()
    await post.say(known, 10)
    await post.publish()
    await post.until_noted(known, range(1, 61))
    return unseen


async def test_a_consumer_that_was_overtaken_reads_the_partition_again(post: Post, twin: MemoryBroker) -> None:
    unseen = await overtaken(post, twin)
    await post.until_noted(unseen, (1,))


async def test_control_without_the_generation_an_overtaken_consumer_misses_an_event(
    post: Post, twin: MemoryBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Consumer, "_risen_generations", lambda *_: {})
    unseen = await overtaken(post, twin)
    await steps(post)
    assert await post.noted(unseen) == ()


async def test_a_crash_between_seeing_a_generation_and_reading_again_is_repaired(
    post: Post, twin: MemoryBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(*_: object) -> None:
        raise StoreUnavailable("killed in between")

    with monkeypatch.context() as patch:
        patch.setattr("shared.messaging.positions.Positions.save_generation", die)
        with pytest.raises(StoreUnavailable):
            await overtaken(post, twin)
    await post.restart_consumer(PATIENT)
    unseen = (await post.speakers.collection(OutboxRow).find({"sequence": 1}, sort=(("id", -1),), limit=1))[0]
    await post.publish()
    await post.until_noted(unseen.subject.removeprefix("occurrences/"), (1,))


async def test_a_missing_event_is_looked_for_from_the_beginning_again_and_again(post: Post, twin: MemoryBroker) -> None:
    """It turns up at a place that was passed: here by seeking past it, as after offsets recorded too far."""
    occurrence = new_id()
    await post.say(occurrence, 3)
    await post.publish()
    partition = next(records[0].partition for records in twin.records(TOPIC) if records)
    twin.group(post.group).committed[partition] = 2
    await post.restart_consumer()
    await post.consume()
    await post.until_noted(occurrence, (1, 2, 3))
    assert await post.parked() == []


class TestJudgement:
    def test_ascending_offsets_are_as_they_should_be(self) -> None:
        judgement = judge({0: 5}, [Placement(0, 5), Placement(1, 0), Placement(0, 9)])
        assert (judgement.ends, judgement.lost, judgement.standing) == ({0: 10, 1: 1}, {}, (True, True, True))

    def test_an_offset_given_before_says_that_its_record_is_lost(self) -> None:
        judgement = judge({0: 5}, [Placement(0, 3)])
        assert (judgement.ends, judgement.lost, judgement.standing) == ({0: 4}, {0: 3}, (True,))

    def test_a_loss_within_a_batch_takes_its_earlier_messages_along(self) -> None:
        placements = [Placement(0, 5), Placement(0, 6), Placement(1, 7), Placement(0, 6)]
        judgement = judge({0: 5}, placements)
        assert judgement.lost == {0: 6}
        assert judgement.standing == (True, False, True, True)

    def test_what_was_not_acknowledged_does_not_stand(self) -> None:
        assert judge({}, [Placement(0, 0), None]).standing == (True, False)

    def test_a_partition_that_ends_early_or_is_gone_has_lost_the_rest(self) -> None:
        extents = {0: Extent(0, 5), 1: Extent(0, 3), 2: Extent(2, 9)}
        assert lost_by_extent({0: 5, 1: 5, 2: 9, 3: 1}, extents) == {1: 3, 3: 0}
