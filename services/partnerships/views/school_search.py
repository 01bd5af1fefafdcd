"""Finding schools: by words of their name, by what they are, and by distance from a postcode.

Where a postcode is, the register tells: it is the middle of the schools of its sector ("NE1 4"), or, where there are
none, of its district ("NE1"). That is right to within a kilometre or two in towns.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.partnerships.domain.school import School
from services.partnerships.domain.search_words import words_of
from shared.contracts.partnerships import SchoolStatus
from shared.database import Filter
from shared.http.paging import following
from shared.refusals import Invalid
from shared.work import Work

EARTH_KM: Final = 6371.0088
KM_PER_DEGREE: Final = math.pi * EARTH_KM / 180
FIRST_RING_KM: Final = 2.0
BY_NAME: Final = (("facts.name", 1), ("id", 1))

_FULL = re.compile(r"([A-Z]{1,2}[0-9][0-9A-Z]?)([0-9])[A-Z]{2}")
_DISTRICT = re.compile(r"[A-Z]{1,2}[0-9][0-9A-Z]?")


class PostcodeMalformed(Invalid):
    slug = "postcode-malformed"
    title = "A postcode looks like NE1 4ST, or NE1 for its district."


class PostcodeUnknown(Invalid):
    slug = "postcode-unknown"
    title = "The register has no school near this postcode, so its place is not known."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for. None: anything will do. `name` is as typed."""

    name: str | None = None
    phase: str | None = None
    type: str | None = None
    status: SchoolStatus | None = None
    region: str | None = None

    def filter(self) -> Filter:
        """The store's filter: every word begins a word of the name; the rest is equal but for case."""
        conditions: list[dict[str, Any]] = [{"words": {"$regex": f"^{word}"}} for word in words_of(self.name or "")]
        same = {"facts.phase": self.phase, "facts.type": self.type, "facts.region": self.region}
        conditions += [
            {field: {"$regex": f"(?i)^{re.escape(value)}$"}} for field, value in same.items() if value is not None
        ]
        if self.status is not None:
            conditions.append({"facts.status": self.status})
        return {"$and": conditions} if conditions else {}


@dataclass(frozen=True, slots=True)
class Point:
    """A place, in WGS84 degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Found:
    """A school, and its distance in metres where that was asked for."""

    school: School
    metres: int | None = None


async def by_name(work: Work, wanted: Wanted, limit: int, after: Sequence[Any] | None) -> list[Found]:
    """The schools in the order of their names, from a position (name, URN) on; one more than the limit."""
    where = {"$and": [part for part in (wanted.filter(), following(BY_NAME, after)) if part] or [{}]}
    schools = await work.collection(School).find(where, sort=BY_NAME, limit=limit + 1)
    return [Found(school) for school in schools]


async def by_distance(
    work: Work, wanted: Wanted, centre: Point, radius_km: float, limit: int, after: Sequence[Any] | None
) -> list[Found]:
    """The nearest first, from a position (metres, URN) on; one more than the limit. The ring widens until it does."""
    ring = FIRST_RING_KM
    while True:
        ring = min(ring, radius_km)
        found = await _within(work, wanted, centre, ring)
        if after is not None:
            found = [one for one in found if (one.metres, one.school.id) > (after[0], after[1])]
        if len(found) > limit or ring >= radius_km:
            return found[: limit + 1]
        ring *= 2


async def place_of(work: Work, postcode: str) -> Point:
    """Where a postcode or its district is. Raises PostcodeMalformed, PostcodeUnknown."""
    compact = "".join(postcode.upper().split())
    full = _FULL.fullmatch(compact)
    if full is None and _DISTRICT.fullmatch(compact) is None:
        raise PostcodeMalformed(field="postcode")
    district = full[1] if full else compact
    for prefix in ([f"{district} {full[2]}"] if full else []) + [f"{district} "]:
        point = await _middle(work, prefix)
        if point is not None:
            return point
    raise PostcodeUnknown(field="postcode", district=district)


async def _middle(work: Work, prefix: str) -> Point | None:
    where = {"facts.postcode": {"$regex": f"^{prefix}"}, "facts.latitude": {"$ne": None}}
    schools = await work.collection(School).find(where)
    places = [point for school in schools if (point := _point(school)) is not None]
    if not places:
        return None
    count = len(places)
    return Point(sum(point.latitude for point in places) / count, sum(point.longitude for point in places) / count)


async def _within(work: Work, wanted: Wanted, centre: Point, km: float) -> list[Found]:
    height = km / KM_PER_DEGREE
    width = height / max(0.1, math.cos(math.radians(centre.latitude)))
    box = {
        "facts.latitude": {"$gte": centre.latitude - height, "$lte": centre.latitude + height},
        "facts.longitude": {"$gte": centre.longitude - width, "$lte": centre.longitude + width},
    }
    schools = await work.collection(School).find({**box, **wanted.filter()})
    found = [
        Found(school, metres)
        for school in schools
        if (point := _point(school)) is not None and (metres := metres_between(centre, point)) <= km * 1000
    ]
    return sorted(found, key=lambda one: (one.metres, one.school.id))


def metres_between(one: Point, other: Point) -> int:
    """Along the great circle, in whole metres."""
    up, right = math.radians(other.latitude - one.latitude), math.radians(other.longitude - one.longitude)
    across = math.cos(math.radians(one.latitude)) * math.cos(math.radians(other.latitude))
    half = math.sin(up / 2) ** 2 + across * math.sin(right / 2) ** 2
    return round(2000 * EARTH_KM * math.asin(min(1.0, math.sqrt(half))))


def _point(school: School) -> Point | None:
    if school.facts.latitude is None or school.facts.longitude is None:
        return None
    return Point(school.facts.latitude, school.facts.longitude)
