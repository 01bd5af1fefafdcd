"""Reading topics: what is on them, and how far they go."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

ANSWER_SECONDS = 30
PUBLISHERS = ("partnerships", "courses", "placements", "gateway")
MARK = "fault-lab"
"""The header of records that the lab put on a topic and that no outbox knows."""

Ends = Mapping[tuple[str, int], int]
"""By publisher and partition: the offset after the last record."""


@dataclass(frozen=True, slots=True)
class Found:
    """A record on a topic. Those that the lab put there itself have no id."""

    publisher: str
    partition: int
    offset: int
    id: str
    subject: str
    sequence: int


def records(bootstrap: str, since: Ends | None = None) -> list[Found]:
    """All records of all topics, or those from these offsets on, in order within each partition."""
    return asyncio.run(_records(bootstrap, since or {}))


def ends(bootstrap: str) -> Ends:
    """How far every topic goes."""
    return asyncio.run(_ends(bootstrap))


async def _ends(bootstrap: str) -> Ends:
    consumer, partitions = await _reader(bootstrap)
    try:
        found = await asyncio.wait_for(consumer.end_offsets(partitions), ANSWER_SECONDS)
    finally:
        await consumer.stop()
    return {(publisher_of(one), one.partition): end for one, end in found.items()}


async def _records(bootstrap: str, since: Ends) -> list[Found]:
    consumer, partitions = await _reader(bootstrap)
    found: list[Found] = []
    try:
        end = await asyncio.wait_for(consumer.end_offsets(partitions), ANSWER_SECONDS)
        if since:
            for one in partitions:
                consumer.seek(one, since.get((publisher_of(one), one.partition), 0))
        else:
            await consumer.seek_to_beginning(*partitions)
        while any([await consumer.position(one) < end[one] for one in partitions]):
            batches = await asyncio.wait_for(consumer.getmany(timeout_ms=500, max_records=5_000), ANSWER_SECONDS)
            for partition, batch in batches.items():
                found += [_found(publisher_of(partition), record) for record in batch]
    finally:
        await consumer.stop()
    return found


async def _reader(bootstrap: str) -> tuple[Any, Sequence[TopicPartition]]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest")
    await asyncio.wait_for(consumer.start(), ANSWER_SECONDS)
    try:
        cluster = await asyncio.wait_for(consumer._client.fetch_all_metadata(), ANSWER_SECONDS)
    except BaseException:
        await consumer.stop()
        raise
    topics = [f"{publisher}.events" for publisher in PUBLISHERS]
    partitions = [TopicPartition(t, number) for t in topics for number in cluster.partitions_for_topic(t) or ()]
    consumer.assign(partitions)
    return consumer, partitions


def publisher_of(partition: Any) -> str:
    """Whose topic it belongs to."""
    return str(partition.topic).partition(".")[0]


def _found(publisher: str, record: Any) -> Found:
    headers = dict(record.headers)
    if MARK in headers:
        return Found(publisher, record.partition, record.offset, "", "", 0)
    subject = headers.get("ce_subject", b"").decode(errors="replace")
    identifier = headers.get("ce_id", b"").decode(errors="replace")
    sequence = headers.get("ce_sequence", b"0")
    return Found(
        publisher,
        record.partition,
        record.offset,
        identifier,
        subject,
        int(sequence) if sequence.isdigit() else 0,
    )
