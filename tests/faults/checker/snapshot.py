"""Everything the stores and the topics hold, read once, as plain documents."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from bson import encode
from pymongo import MongoClient

Row = dict[str, Any]

PUBLISHERS = ("partnerships", "courses", "gateway")
FOLLOWS = {"courses": ("partnerships",), "partnerships": ("courses", "partnerships")}
"""Which service follows whose events."""
BUSINESS = {
    "courses": ("templates", "occurrences", "bookings", "seats", "known_schools", "known_partnerships", "outbox"),
    "partnerships": ("schools", "partnerships", "pots", "accounts", "reservations", "ledger", "credits", "outbox"),
}
MARK = "fault-lab"
"""The header of records that the lab put on a topic and that no outbox knows."""


@dataclass(frozen=True, slots=True)
class Told:
    """A row of an outbox."""

    publisher: str
    id: str
    subject: str
    sequence: int
    type: str
    time: datetime
    state: str
    body: str

    @property
    def stream(self) -> str:
        """The name its followers know its aggregate's events by."""
        return f"{self.publisher}/{self.subject}"

    @property
    def facts(self) -> Row:
        """Its body."""
        found: Row = json.loads(self.body)
        return found


@dataclass(frozen=True, slots=True)
class Found:
    """A record on a topic."""

    publisher: str
    partition: int
    offset: int
    id: str
    subject: str
    sequence: int


@dataclass(slots=True)
class Snapshot:
    """What was found. `stores` holds documents by service and collection; `ids` are all events of outboxes."""

    at: datetime
    stores: dict[str, dict[str, list[Row]]] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    ids: set[tuple[str, str]] = field(default_factory=set)

    def documents(self, service: str, collection: str) -> list[Row]:
        """The documents of a collection."""
        return self.stores[service][collection]

    def events(self, publisher: str) -> list[Told]:
        """A publisher's outbox, by aggregate and sequence."""
        return [row for row in self.told if row.publisher == publisher]


READ = {
    "courses": ("occurrences", "bookings", "positions", "inbox", "parked"),
    "partnerships": ("accounts", "reservations", "ledger", "positions", "inbox", "parked"),
}


def client_of(uri: str) -> MongoClient[Row]:
    """A client that gives aware times."""
    return MongoClient(uri, tz_aware=True, tzinfo=UTC, serverSelectionTimeoutMS=10_000)


def snapshot(uri: str, bootstrap: str, *, topics: bool = True) -> Snapshot:
    """Read everything. Without `topics` only the stores are read, which is quicker."""
    seen = Snapshot(datetime.now(UTC))
    with client_of(uri) as client:
        _read_stores(client, seen)
        if topics:
            seen.found = asyncio.run(_records(bootstrap))
            # After the topics: what was told while they were read is in an outbox all the same.
            seen.ids = {(one, row["_id"]) for one in PUBLISHERS for row in client[one]["outbox"].find({}, {"_id": 1})}
    return seen


def _read_stores(client: MongoClient[Row], seen: Snapshot) -> None:
    """All stores as of one moment: work may be under way."""
    with client.start_session(snapshot=True) as moment:
        for service, collections in READ.items():
            seen.stores[service] = {name: list(client[service][name].find(session=moment)) for name in collections}
            if service == "courses":
                seen.at = datetime.now(UTC)
        for publisher in PUBLISHERS:
            rows = client[publisher]["outbox"].find(sort=[("subject", 1), ("sequence", 1)], session=moment)
            seen.told += [_told(publisher, row) for row in rows]


def _told(publisher: str, row: Row) -> Told:
    return Told(
        publisher, row["_id"], row["subject"], row["sequence"], row["type"], row["time"], row["state"], row["body"]
    )


async def _records(bootstrap: str) -> list[Found]:
    """All records of all topics, in order within each partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest")
    found: list[Found] = []
    await asyncio.wait_for(consumer.start(), 30)
    try:
        cluster = await asyncio.wait_for(consumer._client.fetch_all_metadata(), 30)
        topics = {f"{publisher}.events": publisher for publisher in PUBLISHERS}
        partitions = [TopicPartition(t, number) for t in topics for number in cluster.partitions_for_topic(t) or ()]
        consumer.assign(partitions)
        ends = await asyncio.wait_for(consumer.end_offsets(partitions), 30)
        await consumer.seek_to_beginning(*partitions)
        while any([await consumer.position(one) < ends[one] for one in partitions]):
            batches = await asyncio.wait_for(consumer.getmany(timeout_ms=500, max_records=5_000), 30)
            for partition, records in batches.items():
                found += [_found(topics[partition.topic], record) for record in records]
    finally:
        await consumer.stop()
    return found


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


def fingerprints(uri: str) -> dict[str, str]:
    """A hash of every document of every business collection: what a re-read must not change."""
    with client_of(uri) as client:
        return {
            f"{service}/{name}/{row['_id']}": _hash(row)
            for service, collections in BUSINESS.items()
            for name in collections
            for row in client[service][name].find()
        }


def _hash(row: Row) -> str:
    return hashlib.sha256(encode(row)).hexdigest()


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The documents that are new, gone or different."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def in_order(rows: Iterable[Told]) -> dict[str, list[Told]]:
    """The events of each stream, in their order."""
    streams: dict[str, list[Told]] = {}
    for row in rows:
        streams.setdefault(row.stream, []).append(row)
    for events in streams.values():
        events.sort(key=lambda row: row.sequence)
    return streams
