"""Finding occurrences: by subject, age, phase, dates, delivery, region, words, distance and places left.

The store answers what it has indexes for; distance and places left are worked out here, over slices in order of date,
until a page is full. Places left are those of this moment: holds and offers that have run out do not count.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.courses.domain.known import KnownSchool
from services.courses.domain.occurrence import Occurrence, Status, free
from services.courses.domain.vocabulary import AgeGroup, Delivery, Phase
from services.courses.views.courses import words_like
from shared.http.paging import Value, following
from shared.position import KM_PER_DEGREE, Position
from shared.refusals import Invalid, NotFound
from shared.work import Work

SORT = (("starts_at", 1), ("id", 1))
SLICE = 200
ANNOUNCED = tuple(status.value for status in Status if status is not Status.DRAFT)


class PostcodeNotKnown(Invalid):
    slug = "postcode-not-known"
    title = "No school of the register lies in this postcode's district, so its place is not known."


@dataclass(frozen=True, slots=True)
class OccurrenceSearch:
    """What is looked for. `near` with `radius_km` leaves out occurrences without a position."""

    subject: str | None = None
    age_group: AgeGroup | None = None
    phase: Phase | None = None
    delivery: Delivery | None = None
    region: str | None = None
    starts_from: datetime | None = None
    starts_before: datetime | None = None
    course_id: str | None = None
    status: str | None = None
    q: str | None = None
    near: Position | None = None
    radius_km: float = 0.0
    places: int = 0

    def filter(self) -> list[dict[str, Any]]:
        """What the store can answer."""
        where: list[dict[str, Any]] = [{"status": {"$in": list(self._statuses())}}]
        for field, value in (
            ("listing.subjects", self.subject),
            ("listing.age_groups", self.age_group),
            ("listing.phases", self.phase),
            ("listing.delivery", self.delivery),
            ("listing.region", self.region),
            ("listing.template_id", self.course_id),
        ):
            if value is not None:
                where.append({field: str(value)})
        if self.starts_from is not None:
            where.append({"starts_at": {"$gte": self.starts_from}})
        if self.starts_before is not None:
            where.append({"starts_at": {"$lt": self.starts_before}})
        return [*where, *words_like("listing.words", self.q), *self._box()]

    def _statuses(self) -> Sequence[str]:
        if self.status is None:
            return ANNOUNCED
        return ("open",) if self.status == "full" else (self.status,)

    def _box(self) -> list[dict[str, Any]]:
        if self.near is None:
            return []
        degrees = self.radius_km / KM_PER_DEGREE
        wide = degrees / max(0.01, math.cos(math.radians(self.near.latitude)))
        return [
            {
                "listing.venue.latitude": {
                    "$gte": self.near.latitude - degrees,
                    "$lte": self.near.latitude + degrees,
                },
                "listing.venue.longitude": {"$gte": self.near.longitude - wide, "$lte": self.near.longitude + wide},
            }
        ]

    def matches(self, occurrence: Occurrence, now: datetime) -> bool:
        """What the store cannot answer."""
        left = bookable(occurrence, now)
        if left < self.places or (self.status in ("open", "full") and (left > 0) == (self.status == "full")):
            return False
        distance = self.distance(occurrence)
        return self.near is None or (distance is not None and distance <= self.radius_km)

    def distance(self, occurrence: Occurrence) -> float | None:
        """How far away it is, in km; None without a place to go by, or for an occurrence without a position."""
        venue = occurrence.listing.venue
        if self.near is None or venue.latitude is None or venue.longitude is None:
            return None
        return self.near.km_to(venue.latitude, venue.longitude)


def bookable(occurrence: Occurrence, now: datetime) -> int:
    """Places that a newcomer would get at once: none while others wait."""
    return 0 if occurrence.queue else max(0, free(occurrence, now))


async def occurrence(work: Work, occurrence_id: str, *, drafts: bool) -> Occurrence:
    """One occurrence. Raises NotFound, also for a draft that the caller may not see."""
    found = await work.collection(Occurrence).get(occurrence_id)
    if found is None or (found.status is Status.DRAFT and not drafts):
        raise NotFound()
    return found


async def find_occurrences(
    work: Work, wanted: OccurrenceSearch, after: tuple[Value, ...] | None, limit: int
) -> list[Occurrence]:
    """Up to `limit` occurrences in order of their start. Slices grow while what the store gives does not match."""
    now = work.clock.now()
    found: list[Occurrence] = []
    size = min(limit, SLICE)
    while True:
        where = [*wanted.filter(), following(SORT, after)]
        part = await work.collection(Occurrence).find(
            {"$and": [condition for condition in where if condition]}, sort=SORT, limit=size
        )
        found += [occurrence for occurrence in part if wanted.matches(occurrence, now)]
        if len(part) < size or len(found) >= limit:
            return found[:limit]
        after = (part[-1].starts_at, part[-1].id)
        size = min(4 * size, SLICE)


async def place_of(work: Work, postcode: str) -> Position:
    """Where a postcode lies: the middle of the schools that have it, or of those in its district.

    Raises PostcodeNotKnown.
    """
    typed = "".join(postcode.upper().split())
    full = f"{typed[:-3]} {typed[-3:]}" if len(typed) > 4 else typed
    outcode = full.split(" ")[0]
    for where in ({"facts.postcode": full}, {"facts.outcode": outcode}):
        schools = await work.collection(KnownSchool).find(where, limit=500)
        positions = [
            (school.facts.latitude, school.facts.longitude)
            for school in schools
            if school.facts is not None and school.facts.latitude is not None and school.facts.longitude is not None
        ]
        if positions:
            return Position(
                sum(latitude for latitude, _ in positions) / len(positions),
                sum(longitude for _, longitude in positions) / len(positions),
            )
    raise PostcodeNotKnown(field="postcode")
