"""What was promised about events: none lost, none out of order, all followed, none left aside."""

from __future__ import annotations

from collections.abc import Iterator

from tests.faults.checker.faults import Fault
from tests.faults.checker.snapshot import FOLLOWS, Snapshot, Told, in_order

ROOTS = (
    ("courses", "occurrences"),
    ("partnerships", "accounts"),
    ("placements", "offers"),
    ("placements", "placements"),
)
"""Aggregates whose root knows how many events they have told."""


def delivery_faults(seen: Snapshot) -> Iterator[Fault]:
    """All of them."""
    yield from _gaps(seen)
    yield from _missing_on_topics(seen)
    yield from _order_on_topics(seen)
    yield from _not_followed(seen)
    yield from _order_of_effects(seen)
    yield from _left_aside(seen)


def _gaps(seen: Snapshot) -> Iterator[Fault]:
    """An aggregate's events are numbered 1, 2, 3 …, up to the number its root knows."""
    streams = in_order(seen.told)
    for stream, events in streams.items():
        numbers = [event.sequence for event in events]
        if numbers != list(range(1, len(numbers) + 1)):
            yield Fault("lost", stream, f"the outbox has the numbers {_shortened(numbers)}")
    for service, kind in ROOTS:
        for root in seen.documents(service, kind):
            stream = f"{service}/{kind}/{root['_id']}"
            told = len(streams.get(stream, ()))
            if root["sequence"] != told:
                yield Fault("lost", stream, f"the root has told {root['sequence']} events, the outbox has {told}")


def _missing_on_topics(seen: Snapshot) -> Iterator[Fault]:
    """Every event that an outbox has is on its topic, and marked so; nothing is there that no outbox has."""
    on_topic = {(record.publisher, record.id) for record in seen.found}
    for row in seen.told:
        if row.state != "published":
            yield Fault("lost", f"{row.stream}/{row.sequence}", "it still waits in the outbox")
        elif (row.publisher, row.id) not in on_topic:
            yield Fault("lost", f"{row.stream}/{row.sequence}", "it is not on the topic")
    for record in seen.found:
        if record.id and (record.publisher, record.id) not in seen.ids:
            yield Fault("doubled", record.id, f"it is on {record.publisher}.events and in no outbox")


def _order_on_topics(seen: Snapshot) -> Iterator[Fault]:
    """The last copies of a stream's events stand in order: repeats before them do no harm."""
    last: dict[tuple[str, str], dict[int, int]] = {}
    for record in seen.found:
        if record.id:
            offsets = last.setdefault((record.publisher, record.subject), {})
            offsets.setdefault(record.sequence, record.offset)
    for (publisher, subject), offsets in last.items():
        firsts = [offset for _, offset in sorted(offsets.items())]
        if firsts != sorted(firsts):
            yield Fault("order", f"{publisher}/{subject}", "events first stand on the topic in another order")


def _not_followed(seen: Snapshot) -> Iterator[Fault]:
    """Every follower has got to the end of every stream."""
    for service, stream, behind in behind_in(seen):
        yield Fault("lost", f"{stream} at {service}", f"{behind} events were not followed")


def behind_in(seen: Snapshot) -> Iterator[tuple[str, str, int]]:
    """The follower, the stream, and how many of its events are still to come."""
    ends: dict[str, int] = {}
    for row in seen.told:
        ends[row.stream] = max(row.sequence, ends.get(row.stream, 0))
    for service, publishers in FOLLOWS.items():
        positions = {row["_id"]: row["sequence"] for row in seen.documents(service, "positions")}
        for stream, end in ends.items():
            if stream.partition("/")[0] in publishers and (had := positions.get(stream, 0)) < end:
                yield service, stream, end - had


def _order_of_effects(seen: Snapshot) -> Iterator[Fault]:
    """The effects of a stream's events were written in the order of the events."""
    events: dict[str, Told] = {row.id: row for row in seen.told}
    for service in FOLLOWS:
        effects: dict[str, list[tuple[int, float]]] = {}
        for mark in seen.documents(service, "inbox"):
            event = events.get(mark["_id"].partition(" ")[0])
            if event is not None:
                effects.setdefault(event.stream, []).append((event.sequence, mark["made_at"].timestamp()))
        for stream, marks in effects.items():
            times = [time for _, time in sorted(marks)]
            if times != sorted(times):
                yield Fault("order", f"{stream} at {service}", "effects happened in another order than the events")


def _left_aside(seen: Snapshot) -> Iterator[Fault]:
    for service in FOLLOWS:
        for row in seen.documents(service, "parked"):
            if row["open"]:
                yield Fault("parked", f"{row['_id']} at {service}", f"{row['reason']}: {row['detail'][:200]}")


def _shortened(numbers: list[int]) -> str:
    return str(numbers) if len(numbers) <= 12 else f"{numbers[:6]} … {numbers[-6:]}"
