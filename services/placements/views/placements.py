"""Placements as callers may see them."""

from __future__ import annotations

from typing import Any

from services.placements.domain.placement import Placement, PlacementStatus
from services.placements.views.applications import Audience
from shared.http.paging import Value, following
from shared.refusals import NotFound
from shared.work import Work


def sees(audience: Audience, placement: Placement) -> bool:
    """Whether this placement is theirs to see."""
    match = placement.match
    return (
        audience.everything
        or audience.teacher_id == match.teacher_id
        or match.school_urn in audience.school_urns
        or audience.employer_id == match.employer_id
    )


def _filter(audience: Audience) -> dict[str, Any]:
    if audience.everything:
        return {}
    named = (
        ("match.teacher_id", audience.teacher_id),
        ("match.school_urn", {"$in": list(audience.school_urns)} if audience.school_urns else None),
        ("match.employer_id", audience.employer_id),
    )
    return {"$or": [{field: value} for field, value in named if value is not None]}


async def placement(work: Work, audience: Audience, placement_id: str) -> Placement:
    """One placement. Raises NotFound, also for one that the caller may not see."""
    found = await work.collection(Placement).get(placement_id)
    if found is None or not sees(audience, found):
        raise NotFound()
    return found


async def placements(
    work: Work,
    audience: Audience,
    status: PlacementStatus | None,
    after: tuple[Value, ...] | None,
    limit: int,
) -> list[Placement]:
    """Placements from the newest on."""
    where = [_filter(audience), following((("id", -1),), after)]
    if status is not None:
        where.append({"status": status.value})
    return await work.collection(Placement).find(
        {"$and": [condition for condition in where if condition] or [{}]}, sort=(("id", -1),), limit=limit
    )
