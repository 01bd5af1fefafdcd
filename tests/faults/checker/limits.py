"""What was promised about people: no teacher and no school is funded above the caps, no school sends more than it can
spare, and what it is asked for agrees with the bookings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Final

from tests.faults.checker.faults import Fault
from tests.faults.checker.money import OVER
from tests.faults.checker.snapshot import Row, Snapshot

CAPS: Final = {"teacher": 1_000_000, "school": 10_000_000}
"""In pence and academic year, as the scheme was published."""
NEW_YEAR: Final = 9
SATURDAY: Final = 5
GRANTED: Final = "partnerships.cover-granted.v1"


def limit_faults(seen: Snapshot) -> Iterator[Fault]:
    """All of them, at rest."""
    bookings = {booking["_id"]: booking for booking in seen.documents("courses", "bookings")}
    yield from _caps(seen, bookings)
    yield from _cover(seen, bookings)


def _caps(seen: Snapshot, bookings: dict[str, Row]) -> Iterator[Fault]:
    """Counted from the bookings that a bursary pays for, not from what partnerships counts."""
    used: Counter[tuple[str, str, int, str]] = Counter()
    for booking, held in _told_of(seen, bookings, "courses.place-held.v1").values():
        partnership_id = booking["funding"]["partnership_id"]
        if partnership_id is None or booking["status"] != "confirmed":
            continue
        year = academic_year(date.fromisoformat(held["starts_on"]))
        for person in _people(booking):
            used[partnership_id, "teacher", year, person] += booking["price_pence"]
            used[partnership_id, "school", year, held["school_urn"]] += booking["price_pence"]
    for (partnership_id, kind, year, who), amount in used.items():
        if amount > CAPS[kind]:
            what = f"{amount} pence in {year}, no more than {CAPS[kind]} are allowed"
            yield Fault("caps", f"{kind}s/{who} of {partnership_id}", what)


def academic_year(day: date) -> int:
    """The year in which the academic year of a day begins."""
    return day.year if day.month >= NEW_YEAR else day.year - 1


def _cover(seen: Snapshot, bookings: dict[str, Row]) -> Iterator[Fault]:
    granted = {row.facts["covered_id"]: row.facts for row in seen.events("partnerships") if row.type == GRANTED}
    away: dict[tuple[str, str], set[str]] = defaultdict(set)
    for booking_id, (booking, asked) in _told_of(seen, bookings, "courses.cover-asked.v1").items():
        if asked["already_booked"] or booking["status"] != "confirmed":
            continue
        if booking_id not in granted:
            yield Fault("cover", f"bookings/{booking_id}", "it is confirmed, and its school has not said yes")
        elif not granted[booking_id]["overridden"]:
            for day in asked["days_out"]:
                away[asked["school_urn"], day].update(_people(booking))
    yield from _too_many_out(seen, away)
    for request in seen.documents("partnerships", "cover_requests"):
        if request["purpose"] == "booking":
            yield from _left_behind(request, bookings.get(request["covered_id"]))


def _too_many_out(seen: Snapshot, away: dict[tuple[str, str], set[str]]) -> Iterator[Fault]:
    """Counted from the bookings that a school said yes to, without those that an approver let go all the same."""
    most = {cover["_id"]: cover["policy"]["most_out"] for cover in seen.documents("partnerships", "covers")}
    for (urn, day), people in away.items():
        limit = most.get(urn)
        if limit is not None and date.fromisoformat(day).weekday() < SATURDAY and len(people) > limit:
            yield Fault("cover", f"schools/{urn} on {day}", f"{len(people)} are away, it can spare {limit}")


def _left_behind(request: Row, booking: Row | None) -> Iterator[Fault]:
    """Who does not go is not away, and who goes is."""
    about, granted = f"cover of bookings/{request['covered_id']}", request["status"] == "granted"
    if booking is None:
        yield Fault("cover", about, "there is no such booking")
    elif granted and booking["status"] in OVER:
        yield Fault("cover", about, f"the booking is {booking['status']}, and its people still count as away")
    elif granted and set(request["person_ids"]) != set(_people(booking)):
        yield Fault("cover", about, f"{sorted(request['person_ids'])} count as away, {_people(booking)} are booked")
    elif not granted and booking["status"] == "confirmed":
        yield Fault("cover", about, f"the booking is confirmed, the request for cover is {request['status']}")


def _told_of(seen: Snapshot, bookings: dict[str, Row], kind: str) -> dict[str, tuple[Row, Row]]:
    """The bookings that an event of this kind tells of, with its facts; the last one counts."""
    told = [row.facts for row in seen.events("courses") if row.type == kind]
    return {one["booking_id"]: (bookings[one["booking_id"]], one) for one in told if one["booking_id"] in bookings}


def _people(booking: Row) -> list[str]:
    return sorted(line["delegate_id"] for line in booking["delegates"] if line["status"] == "booked")
