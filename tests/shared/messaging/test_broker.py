"""What every broker must do: the same suite on the twin and on Apache Kafka."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from shared.ids import new_id
from shared.messaging.broker import AssignmentLost, Extent, Message, Partition, TopicMissing

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.messaging.broker import Broker, Membership, Record

DEADLINE = 30.0


def messages(*keys: str) -> list[Message]:
    return [Message(key.encode(), (("place", b"%d" % place),), key.encode()) for place, key in enumerate(keys)]


async def topic_of(broker: Broker) -> str:
    topic = f"{new_id()}.events"
    await broker.ensure_topics([topic])
    return topic


async def read(membership: Membership, count: int) -> list[Record]:
    """At least `count` records, or what there is at the deadline."""
    records: list[Record] = []
    async with asyncio.timeout(DEADLINE):
        while len(records) < count:
            records += (await membership.fetch(100, 1.0)).records
    return records


async def until(membership: Membership, holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not holds():
            assert not (await membership.fetch(100, 0.1)).records


async def test_a_key_keeps_its_order_and_its_partition(broker: Broker) -> None:
    topic = await topic_of(broker)
    producer = await broker.producer()
    sent = messages(*("abc" * 50))
    placements = await producer.send(topic, sent)
    await producer.close()
    membership = await broker.join(new_id(), [topic])
    records = await read(membership, len(sent))
    await membership.close()
    assert len(records) == len(sent)
    by_place = {(record.partition.number, record.offset): record for record in records}
    for placement, message in zip(placements, sent, strict=True):
        found = by_place[placement]
        assert (found.key, found.headers, found.value) == (message.key, message.headers, message.value)
    for key in (b"a", b"b", b"c"):
        of_key = [record for record in records if record.key == key]
        assert len({record.partition for record in of_key}) == 1
        assert [int(dict(r.headers)["place"]) for r in of_key] == sorted(int(dict(r.headers)["place"]) for r in of_key)


async def test_a_group_goes_on_from_what_it_committed(broker: Broker) -> None:
    topic, group = await topic_of(broker), new_id()
    producer = await broker.producer()
    await producer.send(topic, messages("a", "a", "a"))
    first = await broker.join(group, [topic])
    records = await read(first, 3)
    await first.commit({records[0].partition: records[1].offset}, first.assignment)
    await first.close()
    second = await broker.join(group, [topic])
    again = await read(second, 2)
    await second.close()
    await producer.close()
    assert [record.offset for record in again] == [record.offset for record in records[1:]]


async def test_what_was_fetched_and_not_committed_is_read_again(broker: Broker) -> None:
    topic, group = await topic_of(broker), new_id()
    producer = await broker.producer()
    await producer.send(topic, messages("a"))
    await producer.close()
    for _ in range(2):
        membership = await broker.join(group, [topic])
        assert len(await read(membership, 1)) == 1
        await membership.close()


async def test_nothing_is_committed_under_an_earlier_assignment(broker: Broker) -> None:
    topic, group = await topic_of(broker), new_id()
    producer = await broker.producer()
    await producer.send(topic, messages("a"))
    await producer.close()
    first = await broker.join(group, [topic])
    (record,) = await read(first, 1)
    earlier = first.assignment
    second = await broker.join(group, [topic])

    async def first_follows() -> None:
        async with asyncio.timeout(DEADLINE):
            while len(first.assignment.partitions) != 3:
                await first.fetch(100, 0.1)

    await first_follows()
    with pytest.raises(AssignmentLost):
        await first.commit({record.partition: 1}, earlier)
    await first.close()
    await second.close()


async def test_members_share_the_partitions(broker: Broker) -> None:
    topic, group = await topic_of(broker), new_id()
    first = await broker.join(group, [topic])
    await until(first, lambda: len(first.assignment.partitions) == 6)
    second = await broker.join(group, [topic])
    await asyncio.gather(
        until(first, lambda: len(first.assignment.partitions) == 3),
        until(second, lambda: len(second.assignment.partitions) == 3),
    )
    assert not first.assignment.partitions & second.assignment.partitions
    await second.close()
    await until(first, lambda: len(first.assignment.partitions) == 6)
    await first.close()


async def test_a_held_partition_gives_nothing_and_loses_nothing(broker: Broker) -> None:
    topic = await topic_of(broker)
    membership = await broker.join(new_id(), [topic])
    await until(membership, lambda: bool(membership.assignment.partitions))
    producer = await broker.producer()
    (placement,) = await producer.send(topic, messages("a"))
    await producer.close()
    held = {Partition(topic, placement.partition)}
    assert not (await membership.fetch(100, 0.5, held)).records
    assert not (await membership.fetch(100, 0.1, membership.assignment.partitions)).records
    assert len(await read(membership, 1)) == 1
    await membership.close()


async def test_a_seek_reads_again(broker: Broker) -> None:
    topic = await topic_of(broker)
    producer = await broker.producer()
    await producer.send(topic, messages("a", "a", "a"))
    await producer.close()
    membership = await broker.join(new_id(), [topic])
    records = await read(membership, 3)
    membership.seek(records[0].partition, 1)
    assert [record.offset for record in await read(membership, 2)] == [1, 2]
    await membership.close()


async def test_extents_and_lag_tell_what_there_is_to_read(broker: Broker) -> None:
    topic = await topic_of(broker)
    assert await broker.extents(topic) == {number: Extent(0, 0) for number in range(6)}
    membership = await broker.join(new_id(), [topic])
    await until(membership, lambda: bool(membership.assignment.partitions))
    producer = await broker.producer()
    (first, second) = await producer.send(topic, messages("a", "a"))
    await producer.close()
    assert (await broker.extents(topic))[first.partition] == Extent(0, 2)
    record = await broker.record_at(topic, second)
    assert record is not None
    assert (record.offset, dict(record.headers)["place"]) == (1, b"1")
    assert await broker.record_at(topic, second._replace(offset=2)) is None
    assert len(await read(membership, 2)) == 2
    assert set((await membership.lag()).values()) == {0}
    membership.seek(Partition(topic, first.partition), 0)
    assert (await membership.lag())[Partition(topic, first.partition)] == 2
    await membership.close()


async def test_a_missing_topic_is_said_to_be_missing_and_can_be_made(broker: Broker) -> None:
    topic = f"{new_id()}.events"
    with pytest.raises(TopicMissing):
        await broker.extents(topic)
    await broker.ensure_topics([topic])
    await broker.ensure_topics([topic])
    assert len(await broker.extents(topic)) == 6
