"""Where a postcode lies, by the schools of the register that we know."""

from __future__ import annotations

from services.placements.domain.known import KnownSchool
from shared.position import Position
from shared.refusals import Invalid
from shared.work import Work


class PostcodeNotKnown(Invalid):
    slug = "placement-postcode-not-known"
    title = "No school of the register lies in this postcode's district, so its place is not known."


def tidied(postcode: str) -> str:
    """A postcode as it is written."""
    typed = "".join(postcode.upper().split())
    return f"{typed[:-3]} {typed[-3:]}" if len(typed) > 4 else typed


async def place_of(work: Work, postcode: str) -> Position:
    """The middle of the schools that have a postcode, or of those in its district. Raises PostcodeNotKnown."""
    full = tidied(postcode)
    for where in ({"facts.postcode": full}, {"facts.outcode": full.split(" ")[0]}):
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
