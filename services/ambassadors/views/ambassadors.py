"""Ambassadors as callers may see them: the programme sees all, an ambassador themself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from services.ambassadors.domain.ambassador import Ambassador, Status
from services.ambassadors.store import ambassador_of
from shared.http.paging import Value, following
from shared.http.principal import Principal, Role
from shared.refusals import NotAllowed, NotFound
from shared.work import Work

SEES_ALL: Final[tuple[Role, ...]] = ("programme-officer", "auditor")


@dataclass(frozen=True, slots=True)
class AmbassadorSearch:
    """Which ambassadors are looked for. `renewal_due`: a check ends within the renewal window, or has ended."""

    status: Status | None = None
    subject: str | None = None
    employer_id: str | None = None
    renewal_due: bool = False


async def own(work: Work, caller: Principal) -> str:
    """Which ambassador the caller is. Raises NotAllowed for who is none."""
    found = await ambassador_of(work, caller.subject) if caller.has("ambassador") else None
    if found is None:
        raise NotAllowed("You are not registered as an ambassador.")
    return found


async def ambassador(work: Work, caller: Principal, ambassador_id: str) -> Ambassador:
    """One ambassador. Raises NotFound, also for one that is not the caller, and NotAllowed."""
    if not caller.has(*SEES_ALL) and not (
        caller.has("ambassador") and await ambassador_of(work, caller.subject) == ambassador_id
    ):
        raise _refusal(caller)
    found = await work.collection(Ambassador).get(ambassador_id)
    if found is None:
        raise _refusal(caller)
    return found


async def must_be(work: Work, caller: Principal, ambassador_id: str) -> None:
    """Let through the ambassador themself. Raises NotFound."""
    if await ambassador_of(work, caller.subject) != ambassador_id:
        raise NotFound()


def _refusal(caller: Principal) -> NotFound | NotAllowed:
    return NotFound() if caller.has("ambassador", *SEES_ALL) else NotAllowed()


async def ambassadors(
    work: Work, caller: Principal, wanted: AmbassadorSearch, after: tuple[Value, ...] | None, limit: int
) -> list[Ambassador]:
    """Ambassadors from the newest on. Raises NotAllowed."""
    where: list[dict[str, Any]] = [following((("id", -1),), after)]
    if not caller.has(*SEES_ALL):
        if not caller.has("ambassador"):
            raise NotAllowed()
        where.append({"account_id": caller.subject})
    for field, value in (
        ("status", wanted.status and wanted.status.value),
        ("profile.subjects", wanted.subject),
        ("profile.employer_id", wanted.employer_id),
    ):
        if value is not None:
            where.append({field: value})
    if wanted.renewal_due:
        where.append({"renew_from": {"$lte": work.clock.now().date().isoformat()}})
    return await work.collection(Ambassador).find(
        {"$and": [condition for condition in where if condition] or [{}]}, sort=(("id", -1),), limit=limit
    )
