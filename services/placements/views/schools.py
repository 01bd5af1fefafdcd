"""Under which identifiers a school is known: applications and placements keep the one that they were made under."""

from __future__ import annotations

from services.placements.store import lineage
from shared.work import Work


async def urns_of(work: Work, urn: str) -> tuple[str, ...]:
    """A school's own identifier, and those of the schools that it has succeeded."""
    return tuple(await lineage(work, urn))
