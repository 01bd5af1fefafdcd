"""Lists around safeguarding: none of them shows what a concern says."""

from __future__ import annotations

from typing import Any

from services.ambassadors.domain.safeguarding import Concern, ConcernEntry, ConcernStatus, Designation
from shared.http.paging import Value, following
from shared.work import Work


async def designations(work: Work, after: tuple[Value, ...] | None, limit: int) -> list[Designation]:
    """Everybody who was ever designated, by account."""
    where = following((("id", 1),), after)
    return await work.collection(Designation).find(where, sort=(("id", 1),), limit=limit)


async def concerns(
    work: Work, status: ConcernStatus | None, after: tuple[Value, ...] | None, limit: int
) -> list[Concern]:
    """Concerns from the newest on."""
    where: dict[str, Any] = following((("id", -1),), after)
    if status is not None:
        where = {**where, "status": status.value}
    return await work.collection(Concern).find(where, sort=(("id", -1),), limit=limit)


async def entries(
    work: Work, concern_id: str | None, after: tuple[Value, ...] | None, limit: int
) -> list[ConcernEntry]:
    """Who did what with which concern, from the newest on."""
    where: dict[str, Any] = following((("id", -1),), after)
    if concern_id is not None:
        where = {**where, "concern_id": concern_id}
    return await work.collection(ConcernEntry).find(where, sort=(("id", -1),), limit=limit)
