"""What was promised about people: no teacher and no school is funded above the caps, no school sends more than it can
spare, and what it is asked for agrees with the bookings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from tests.faults.checker.faults import Fault
from tests.faults.checker.money import OVER
from tests.faults.checker.placements import CALLED_OFF
from tests.faults.checker.snapshot import Row, Snapshot

CAPS: Final = {"teacher": 1_000_000, "school": 10_000_000}
"""In pence and academic year, as the scheme was published."""
NEW_YEAR: Final = 9
SATURDAY: Final = 5
HELD: Final = "courses.place-held.v1"
FUNDS_ASKED: Final = "placements.placement-funds-asked.v1"
BOOKING_COVER: Final = "courses.cover-asked.v1"
PLACEMENT_COVER: Final = "placements.placement-cover-asked.v1"
GRANTED: Final = "partnerships.cover-granted.v1"
UNDECIDED: Final = ("matched", "funds-refused")


@dataclass(frozen=True, slots=True)
class Sent:
    """Who was sent somewhere with whose money: a booking or a placement. `pence` are what each of the people costs."""

    name: str
    purpose: str
    status: str
    people: tuple[str, ...]
    partnership_id: str | None
    pence: int

    @property
    def goes(self) -> bool:
        """Whether they really go."""
        return self.status == "confirmed"

    @property
    def about(self) -> str:
        """The name of it."""
        return f"{self.purpose}s/{self.name}"


def limit_faults(seen: Snapshot) -> Iterator[Fault]:
    """All of them, at rest."""
    sent = {one.name: one for one in (*_booked(seen), *_placed(seen))}
    yield from _caps(seen, sent)
    yield from _cover(seen, sent)


def _booked(seen: Snapshot) -> Iterator[Sent]:
    for row in seen.documents("courses", "bookings"):
        people = tuple(sorted(line["delegate_id"] for line in row["delegates"] if line["status"] == "booked"))
        partnership_id = row["funding"]["partnership_id"]
        yield Sent(row["_id"], "booking", row["status"], people, partnership_id, row["price_pence"])


def _placed(seen: Snapshot) -> Iterator[Sent]:
    """A placement goes ahead once it can be signed; until then money or cover may still be refused."""
    for row in seen.documents("placements", "placements"):
        match, status = row["match"], row["status"]
        status = "cancelled" if status in CALLED_OFF else "waiting" if status in UNDECIDED else "confirmed"
        partnership_id = match["partnership_id"] if row["funds"] == "granted" else None
        yield Sent(row["_id"], "placement", status, (match["teacher_id"],), partnership_id, match["amount_pence"])


def _caps(seen: Snapshot, sent: dict[str, Sent]) -> Iterator[Fault]:
    """Counted from what a bursary pays for, not from what partnerships counts."""
    used: Counter[tuple[str, str, int, str]] = Counter()
    for one, held in (*_told_of(seen, sent, HELD), *_told_of(seen, sent, FUNDS_ASKED)):
        if one.partnership_id is None or not one.goes:
            continue
        year = academic_year(date.fromisoformat(held["starts_on"]))
        for person in one.people:
            used[one.partnership_id, "teacher", year, person] += one.pence
            used[one.partnership_id, "school", year, held["school_urn"]] += one.pence
    for (partnership_id, kind, year, who), amount in used.items():
        if amount > CAPS[kind]:
            what = f"{amount} pence in {year}, no more than {CAPS[kind]} are allowed"
            yield Fault("caps", f"{kind}s/{who} of {partnership_id}", what)


def academic_year(day: date) -> int:
    """The year in which the academic year of a day begins."""
    return day.year if day.month >= NEW_YEAR else day.year - 1


def _cover(seen: Snapshot, sent: dict[str, Sent]) -> Iterator[Fault]:
    granted = {row.facts["covered_id"]: row.facts for row in seen.events("partnerships") if row.type == GRANTED}
    away: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one, asked in (*_told_of(seen, sent, BOOKING_COVER), *_told_of(seen, sent, PLACEMENT_COVER)):
        if asked.get("already_booked") or asked.get("already_agreed") or not one.goes:
            continue
        if one.name not in granted:
            yield Fault("cover", one.about, "it goes ahead, and its school has not said yes")
        elif not granted[one.name]["overridden"]:
            for day in asked["days_out"]:
                away[asked["school_urn"], day].update(one.people)
    yield from _too_many_out(seen, away)
    for request in seen.documents("partnerships", "cover_requests"):
        yield from _left_behind(request, sent.get(request["covered_id"]))


def _too_many_out(seen: Snapshot, away: dict[tuple[str, str], set[str]]) -> Iterator[Fault]:
    """Counted from what a school said yes to, without what an approver let go all the same."""
    most = {cover["_id"]: cover["policy"]["most_out"] for cover in seen.documents("partnerships", "covers")}
    for (urn, day), people in away.items():
        limit = most.get(urn)
        if limit is not None and date.fromisoformat(day).weekday() < SATURDAY and len(people) > limit:
            yield Fault("cover", f"schools/{urn} on {day}", f"{len(people)} are away, it can spare {limit}")


def _left_behind(request: Row, one: Sent | None) -> Iterator[Fault]:
    """Who does not go is not away, and who goes is."""
    about, granted = f"cover of {request['purpose']}s/{request['covered_id']}", request["status"] == "granted"
    if one is None:
        yield Fault("cover", about, f"there is no such {request['purpose']}")
    elif granted and one.status in OVER:
        yield Fault("cover", about, f"it is {one.status}, and its people still count as away")
    elif granted and set(request["person_ids"]) != set(one.people):
        yield Fault("cover", about, f"{sorted(request['person_ids'])} count as away, {list(one.people)} go")
    elif not granted and one.goes:
        yield Fault("cover", about, f"it goes ahead, the request for cover is {request['status']}")


def _told_of(seen: Snapshot, sent: dict[str, Sent], kind: str) -> Iterator[tuple[Sent, Row]]:
    """What an event of this kind tells of, with its facts; the last one counts."""
    service = kind.partition(".")[0]
    told = {_named(row.facts): row.facts for row in seen.events(service) if row.type == kind}
    return ((sent[name], facts) for name, facts in told.items() if name in sent)


def _named(facts: Row) -> str:
    return str(facts.get("booking_id") or facts.get("placement_id"))
