"""What clients were told, and whether it is so: acknowledged bookings are there, repeats got the same answer."""

from __future__ import annotations

from collections.abc import Iterator

from tests.faults.checker.faults import Fault
from tests.faults.checker.snapshot import Snapshot
from tests.faults.journal import Journal


def client_faults(seen: Snapshot, journal: Journal) -> Iterator[Fault]:
    """All of them."""
    yield from _forgotten(seen, journal)
    for about, detail in journal.unequal:
        yield Fault("unequal", about, detail)
    for about, detail in journal.errors:
        yield Fault("server-error", about, detail)
    for about, detail in (*journal.dropped, *journal.unanswered):
        yield Fault("dropped", about, detail)
    for about, detail in journal.refused:
        yield Fault("refused", about, detail)
    for about, detail in journal.seen:
        yield Fault("money", about, detail)


def _forgotten(seen: Snapshot, journal: Journal) -> Iterator[Fault]:
    """What somebody was told of is there."""
    kept = {booking["_id"] for booking in seen.documents("courses", "bookings")}
    for answer in journal.acknowledged:
        if answer.booking_id not in kept:
            yield Fault("unacknowledged", f"bookings/{answer.booking_id}", "a client was told of it; it is not there")
    placed = {placement["_id"] for placement in seen.documents("placements", "placements")}
    for placement_id in journal.placements:
        if placement_id not in placed:
            yield Fault("unacknowledged", f"placements/{placement_id}", "a teacher accepted it; it is not there")
