"""Sends records straight to topics, past every relay: repeats, early birds, and things nobody can read."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer

from tests.faults.checker.snapshot import Row, client_of
from tests.faults.checker.topics import MARK
from tests.faults.lab import Lab

Record = tuple[bytes, list[tuple[str, bytes]], bytes]


def record_of(row: Row, generation: int = 0, *, marked: bool = False) -> Record:
    """What the relay would send for a row of an outbox."""
    given = {
        "content-type": "application/json",
        "ce_specversion": "1.0",
        "ce_id": row["_id"],
        "ce_type": row["type"],
        "ce_source": row["source"],
        "ce_subject": row["subject"],
        "ce_time": row["time"].isoformat(timespec="milliseconds"),
        "ce_sequence": str(row["sequence"]),
        "ce_correlationid": row["correlation_id"],
        "ce_causationid": row["causation_id"],
        "ce_triggeredby": row["triggered_by"],
        "topic-generation": str(generation),
    }
    if marked:
        given[MARK] = "1"
    return row["subject"].encode(), [(name, value.encode()) for name, value in given.items()], row["body"].encode()


def send(lab: Lab, topic: str, records: Sequence[Record]) -> None:
    """Send in this order, and wait until the broker has them."""
    asyncio.run(_send(lab.stack.kafka_bootstrap, topic, records))


async def _send(bootstrap: str, topic: str, records: Sequence[Record]) -> None:
    producer: Any = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await asyncio.wait_for(producer.start(), 30)
    try:
        for key, headers, value in records:
            await asyncio.wait_for(producer.send_and_wait(topic, value, key=key, headers=headers), 30)
    finally:
        await producer.stop()


def rows_of(lab: Lab, publisher: str, where: Row | None = None) -> list[Row]:
    """Rows of an outbox, by aggregate and sequence."""
    with client_of(lab.stack.uri()) as client:
        return list(client[publisher]["outbox"].find(where or {}, sort=[("subject", 1), ("sequence", 1)]))


def repeat(lab: Lab, publisher: str, share: float, chance: random.Random) -> int:
    """Send a share of everything that was ever published again, in no order at all; how many records."""
    rows = rows_of(lab, publisher, {"state": "published"})
    chosen = chance.sample(rows, max(1, int(len(rows) * share)))
    send(lab, f"{publisher}.events", [record_of(row) for row in chosen])
    return len(chosen)
