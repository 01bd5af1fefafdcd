"""Under which identifiers a school is known: applications and placements keep the one that they were made under."""

from __future__ import annotations

from services.placements.domain.known import KnownSchool
from shared.work import Work


async def urns_of(work: Work, urn: str) -> tuple[str, ...]:
    """A school's own identifier, and those of the schools that it has succeeded."""
    known, newest = [urn], [urn]
    while newest:
        found = await work.collection(KnownSchool).find({"successor_urn": {"$in": newest}})
        newest = [school.id for school in found if school.id not in known]
        known += newest
    return tuple(known)
