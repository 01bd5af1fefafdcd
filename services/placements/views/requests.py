"""Placement requests as callers may see them."""

from __future__ import annotations

from typing import Any

from services.placements.domain.seeking import PlacementRequest, RequestStatus
from services.placements.views.applications import Audience
from shared.http.paging import Value, following
from shared.refusals import NotFound
from shared.work import Work


async def placement_request(work: Work, audience: Audience, request_id: str) -> PlacementRequest:
    """One request. Raises NotFound, also for one that the caller may not see."""
    found = await work.collection(PlacementRequest).get(request_id)
    if found is None or not _sees(audience, found):
        raise NotFound()
    return found


async def placement_requests(
    work: Work, audience: Audience, status: RequestStatus | None, after: tuple[Value, ...] | None, limit: int
) -> list[PlacementRequest]:
    """Requests from the newest on."""
    where = [_filter(audience), following((("id", -1),), after)]
    if status is not None:
        where.append({"status": status.value})
    return await work.collection(PlacementRequest).find(
        {"$and": [condition for condition in where if condition] or [{}]}, sort=(("id", -1),), limit=limit
    )


def _sees(audience: Audience, request: PlacementRequest) -> bool:
    return (
        audience.everything or audience.teacher_id == request.teacher_id or request.school_urn in audience.school_urns
    )


def _filter(audience: Audience) -> dict[str, Any]:
    if audience.everything:
        return {}
    return {"$or": [{"teacher_id": audience.teacher_id or ""}, {"school_urn": {"$in": list(audience.school_urns)}}]}
