"""Everything the stores and the topics hold, read once, as plain documents."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bson import encode
from pymongo import MongoClient

from tests.faults.checker.topics import PUBLISHERS, Found, records

Row = dict[str, Any]

FOLLOWS = {
    "courses": ("partnerships",),
    "partnerships": ("courses", "placements", "partnerships"),
    "placements": ("partnerships", "placements"),
}
"""Which service follows whose events."""
BUSINESS = {
    "courses": ("templates", "occurrences", "bookings", "seats", "known_schools", "known_partnerships", "outbox"),
    "partnerships": ("schools", "partnerships", "pots", "accounts", "reservations", "ledger", "credits", "outbox"),
    "placements": (
        "employers",
        "offers",
        "applications",
        "placements",
        "known_schools",
        "known_partnerships",
        "outbox",
    ),
}


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
    "partnerships": (
        "accounts",
        "reservations",
        "ledger",
        "allocations",
        "instalments",
        "claims",
        "covers",
        "cover_requests",
        "positions",
        "inbox",
        "parked",
    ),
    "placements": ("offers", "placements", "positions", "inbox", "parked"),
}
LEFT_OUT = {"bookings": {"marks": False, "history.reason": False}, "parked": {"body": False, "headers": False}}
"""What no rule asks for, and is much."""


def client_of(uri: str) -> MongoClient[Row]:
    """A client that gives aware times."""
    return MongoClient(uri, tz_aware=True, tzinfo=UTC, serverSelectionTimeoutMS=10_000)


def snapshot(uri: str, bootstrap: str, *, topics: bool = True) -> Snapshot:
    """Read everything. Without `topics` only the stores are read, which is quicker."""
    seen = Snapshot(datetime.now(UTC))
    with client_of(uri) as client:
        _read_stores(client, seen)
        if topics:
            seen.found = records(bootstrap)
            # After the topics: what was told while they were read is in an outbox all the same.
            seen.ids = {(one, row["_id"]) for one in PUBLISHERS for row in client[one]["outbox"].find({}, {"_id": 1})}
    return seen


def _read_stores(client: MongoClient[Row], seen: Snapshot) -> None:
    """All stores as of one moment: work may be under way."""
    with client.start_session(snapshot=True) as moment:
        for service, collections in READ.items():
            seen.stores[service] = {
                name: list(client[service][name].find({}, LEFT_OUT.get(name), session=moment)) for name in collections
            }
            if service == "courses":
                seen.at = datetime.now(UTC)
        for publisher in PUBLISHERS:
            rows = client[publisher]["outbox"].find(sort=[("subject", 1), ("sequence", 1)], session=moment)
            seen.told += [_told(publisher, row) for row in rows]


def _told(publisher: str, row: Row) -> Told:
    return Told(
        publisher, row["_id"], row["subject"], row["sequence"], row["type"], row["time"], row["state"], row["body"]
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
