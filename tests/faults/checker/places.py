"""What was promised about places: never more than there are, none left free while somebody waits, the list in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from tests.faults.checker.faults import Fault
from tests.faults.checker.snapshot import Row, Snapshot, Told, in_order

NEW_DELEGATE = "delegate-"
"""Ids of delegates who were made up for a single request begin so."""
UNDECIDED = ("held", "pending-approval", "pending-cover", "pending-funding", "offered")
TAKEN = ("courses.place-held.v1", "courses.place-offered.v1", "courses.booking-confirmed.v1")
GIVEN_BACK = (
    "courses.booking-cancelled.v1",
    "courses.booking-declined.v1",
    "courses.hold-expired.v1",
    "courses.offer-declined.v1",
    "courses.offer-expired.v1",
)


def place_faults(seen: Snapshot) -> Iterator[Fault]:
    """All of them."""
    bookings: dict[str, list[Row]] = {}
    for booking in seen.documents("courses", "bookings"):
        bookings.setdefault(booking["occurrence_id"], []).append(booking)
    streams = in_order(seen.events("courses"))
    for occurrence in seen.documents("courses", "occurrences"):
        events = streams.get(f"courses/occurrences/{occurrence['_id']}", [])
        own = bookings.get(occurrence["_id"], [])
        yield from _numbers(occurrence, own, seen.at)
        yield from _history(occurrence, events)
        yield from _list(occurrence, own, events)
        yield from _doubled(occurrence, own, events, seen.at)


def _numbers(occurrence: Row, bookings: list[Row], now: datetime) -> Iterator[Fault]:
    """Counted from the bookings, not from what the occurrence says of itself."""
    key, capacity = f"occurrences/{occurrence['_id']}", occurrence["capacity"]
    confirmed = sum(booking["places"] for booking in bookings if booking["status"] == "confirmed")
    if confirmed != occurrence["confirmed"]:
        yield Fault("doubled", key, f"it counts {occurrence['confirmed']} confirmed places, its bookings {confirmed}")
    kept = sum(booking["places"] for booking in bookings if _is_kept(booking, now))
    if confirmed + kept > capacity:
        yield Fault("overbooked", key, f"{confirmed} confirmed and {kept} kept of {capacity}")
    waiting = [booking for booking in bookings if booking["status"] == "waitlisted"]
    if waiting and occurrence["status"] in ("scheduled", "open", "closed"):
        head = min(waiting, key=lambda booking: booking["queue_number"])
        free = capacity - confirmed - kept
        if head["places"] <= free:
            yield Fault("underfilled", key, f"{free} places are free and number {head['queue_number']} still waits")
    for booking in bookings:
        if booking["status"] in UNDECIDED and not _is_kept(booking, now):
            yield Fault("stuck", f"{key}/bookings/{booking['_id']}", f"{booking['status']} after its time was up")


def _is_kept(booking: Row, now: datetime) -> bool:
    if booking["status"] not in UNDECIDED:
        return False
    expires_at: datetime | None = booking["expires_at"]
    return expires_at is None or now < expires_at


def _is_alive(booking: Row, now: datetime) -> bool:
    return booking["status"] in ("confirmed", "waitlisted") or _is_kept(booking, now)


def _history(occurrence: Row, events: list[Told]) -> Iterator[Fault]:
    """After every event, at its time: places confirmed and kept are not more than there are. No hold confirms late."""
    key = f"occurrences/{occurrence['_id']}"
    taken: dict[str, tuple[int, datetime | None]] = {}
    for event in events:
        facts = event.facts
        booking_id = facts.get("booking_id", "")
        if event.type in TAKEN:
            until = facts.get("hold_expires_at") or facts.get("offer_expires_at")
            before = taken.get(booking_id)
            if event.type == "courses.booking-confirmed.v1" and before and before[1] and event.time >= before[1]:
                yield Fault("late", f"{key}/bookings/{booking_id}", f"confirmed at {event.time}, not by {before[1]}")
            taken[booking_id] = (facts["places"], _time(until))
        elif event.type in GIVEN_BACK:
            taken.pop(booking_id, None)
        elif event.type == "courses.booking-reduced.v1" and booking_id in taken:
            taken[booking_id] = (facts["places"], taken[booking_id][1])
        places = sum(n for n, until in taken.values() if until is None or event.time < until)
        if places > occurrence["capacity"]:
            yield Fault("overbooked", key, f"{places} places after event {event.sequence}")
            return


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _list(occurrence: Row, bookings: list[Row], events: list[Told]) -> Iterator[Fault]:
    """Numbers are given once, without gaps, and served in their order."""
    key = f"occurrences/{occurrence['_id']}"
    numbers = sorted(booking["queue_number"] for booking in bookings if booking["queue_number"] is not None)
    if numbers != list(range(1, occurrence["next_number"])):
        yield Fault("list-order", key, f"numbers up to {occurrence['next_number'] - 1} were given, bookings differ")
    offered = [event.facts["queue_number"] for event in events if event.type == "courses.place-offered.v1"]
    for earlier, later in pairwise(offered):
        if later <= earlier:
            yield Fault("list-order", key, f"number {later} was offered a place after number {earlier}")


def _doubled(occurrence: Row, bookings: list[Row], events: list[Told], now: datetime) -> Iterator[Fault]:
    """Whoever was made up for a request is in one booking, a teacher in one at a time. A booking is confirmed once."""
    key = f"occurrences/{occurrence['_id']}"
    delegates = Counter(
        line["delegate_id"]
        for booking in bookings
        for line in booking["delegates"]
        if line["delegate_id"].startswith(NEW_DELEGATE) or (line["status"] == "booked" and _is_alive(booking, now))
    )
    for delegate, times in delegates.items():
        if times > 1:
            yield Fault("doubled", f"{key} delegate {delegate}", f"in {times} bookings")
    once = Counter(
        (event.type, event.facts["booking_id"])
        for event in events
        if event.type in ("courses.booking-confirmed.v1", "courses.place-held.v1", "courses.booking-cancelled.v1")
    )
    for (kind, booking_id), times in once.items():
        if times > 1:
            yield Fault("doubled", f"{key}/bookings/{booking_id}", f"{kind} was told {times} times")
