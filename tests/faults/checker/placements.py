"""What was promised about placements: no cohort holds more teachers than it has places for, and nobody is in two places
on one day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from tests.faults.checker.faults import Fault
from tests.faults.checker.snapshot import Row, Snapshot

CALLED_OFF = ("cancelled-by-school", "cancelled-by-host", "cancelled-by-programme")


def placement_faults(seen: Snapshot) -> Iterator[Fault]:
    """All of them, at rest."""
    placements = [row for row in seen.documents("placements", "placements") if row["status"] not in CALLED_OFF]
    for offer in seen.documents("placements", "offers"):
        yield from _cohorts(offer, [row["match"] for row in placements if row["match"]["offer_id"] == offer["_id"]])
    yield from _twice(placements)


def _cohorts(offer: Row, matches: list[Row]) -> Iterator[Fault]:
    """Counted from the placements; the cohorts of the lab's offers begin on different days."""
    for cohort in offer["cohorts"]:
        about = f"offers/{offer['_id']} cohort {cohort['number']}"
        placed = sum(match["opens_on"] == cohort["starts_on"] for match in matches)
        if placed > cohort["places"]:
            yield Fault("overbooked", about, f"{placed} teachers are placed, it has {cohort['places']} places")
        if placed != cohort["accepted"]:
            yield Fault("doubled", about, f"it counts {cohort['accepted']} teachers, there are {placed} placements")
    applications = Counter(match["application_id"] for match in matches)
    for application_id, times in applications.items():
        if times > 1:
            yield Fault("doubled", f"applications/{application_id}", f"it has led to {times} placements")


def _twice(placements: list[Row]) -> Iterator[Fault]:
    by_teacher = sorted(placements, key=lambda row: str(row["match"]["teacher_id"]))
    for teacher_id, own in groupby(by_teacher, key=lambda row: str(row["match"]["teacher_id"])):
        days = Counter(day for row in own for day in row["match"]["dates"])
        for day, times in days.items():
            if times > 1:
                yield Fault("doubled", f"teachers/{teacher_id} on {day}", f"placed {times} times")
