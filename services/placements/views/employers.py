"""Reading employers."""

from __future__ import annotations

from typing import Any

from services.placements.domain.employer import Employer, EmployerStatus
from shared.http.paging import Value, following
from shared.refusals import NotFound
from shared.work import Work

SORT = (("facts.name", 1), ("id", 1))


async def employer(work: Work, employer_id: str, *, only: str | None = None) -> Employer:
    """One employer; `only`: the one that the caller may see. Raises NotFound."""
    found = await work.collection(Employer).get(employer_id)
    if found is None or (only is not None and only != employer_id):
        raise NotFound()
    return found


async def employers(
    work: Work, status: EmployerStatus | None, after: tuple[Value, ...] | None, limit: int
) -> list[Employer]:
    """Employers by name."""
    where: list[dict[str, Any]] = [following(SORT, after)]
    if status is not None:
        where.append({"status": status.value})
    return await work.collection(Employer).find(
        {"$and": [condition for condition in where if condition] or [{}]}, sort=SORT, limit=limit
    )
