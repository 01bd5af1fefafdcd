"""Where a postcode lies, as far as the register of schools can say."""

from __future__ import annotations

from dataclasses import dataclass

from services.ambassadors.domain.known import KnownSchool
from shared.refusals import Invalid
from shared.work import Work

MOST_SCHOOLS = 500


class HomePostcodeNotKnown(Invalid):
    slug = "home-postcode-not-known"
    title = "No school of the register lies in this postcode's district, so its place is not known."


@dataclass(frozen=True, slots=True)
class Position:
    """A postcode as it is written, and a position in degrees (WGS84)."""

    postcode: str
    latitude: float
    longitude: float


async def position_of(work: Work, postcode: str) -> Position:
    """The middle of the schools that have this postcode, or of those in its district. Raises HomePostcodeNotKnown."""
    typed = "".join(postcode.upper().split())
    full = f"{typed[:-3]} {typed[-3:]}" if len(typed) > 4 else typed
    outcode = full.split(" ")[0]
    for where in ({"facts.postcode": full}, {"facts.outcode": outcode}):
        schools = await work.collection(KnownSchool).find(where, limit=MOST_SCHOOLS)
        positions = [
            (school.facts.latitude, school.facts.longitude)
            for school in schools
            if school.facts is not None and school.facts.latitude is not None and school.facts.longitude is not None
        ]
        if positions:
            return Position(
                full,
                sum(latitude for latitude, _ in positions) / len(positions),
                sum(longitude for _, longitude in positions) / len(positions),
            )
    raise HomePostcodeNotKnown(field="postcode")
