"""Visits as callers may see them."""

from __future__ import annotations

from services.ambassadors.domain.ambassador import Ambassador
from services.ambassadors.domain.visit import Visit, VisitStatus
from services.ambassadors.store import ambassador_of
from services.ambassadors.views.requests import Audience
from shared.http.paging import Value, following
from shared.refusals import NotFound
from shared.work import Work


def sees(audience: Audience, visit: Visit) -> bool:
    """Whether this visit is theirs to see; an ambassador who is replaced sees it no more."""
    return (
        audience.everything
        or visit.school_urn in audience.school_urns
        or (audience.partnership_id is not None and visit.partnership_id == audience.partnership_id)
        or (
            audience.ambassador_id is not None
            and visit.ambassador_id == audience.ambassador_id
            and visit.status is not VisitStatus.SEEKING_SUBSTITUTE
        )
    )


async def visit(work: Work, audience: Audience, visit_id: str) -> Visit:
    """One visit. Raises NotFound, also for one that the caller may not see."""
    found = await work.collection(Visit).get(visit_id)
    if found is None or not sees(audience, found):
        raise NotFound()
    return found


async def visits(
    work: Work, audience: Audience, status: VisitStatus | None, after: tuple[Value, ...] | None, limit: int
) -> list[Visit]:
    """Visits from the newest on."""
    where = [audience.filter("ambassador_id"), following((("id", -1),), after)]
    if status is not None:
        where.append({"status": status.value})
    if audience.ambassador_id is not None and not audience.everything:
        where.append({"status": {"$ne": VisitStatus.SEEKING_SUBSTITUTE.value}})
    return await work.collection(Visit).find(
        {"$and": [condition for condition in where if condition] or [{}]}, sort=(("id", -1),), limit=limit
    )


async def speaks_as(work: Work, visit_id: str, account_id: str) -> str | None:
    """The ambassador as whom an account speaks of a visit: the one who is to go. None: it does not."""
    ambassador_id = await ambassador_of(work, account_id)
    found = None if ambassador_id is None else await work.collection(Visit).get(visit_id)
    return ambassador_id if found is not None and found.goes == ambassador_id else None


async def name_of(work: Work, visit: Visit) -> str | None:
    """The name of who comes, for those who may know it; None while nobody does."""
    if visit.status is VisitStatus.SEEKING_SUBSTITUTE:
        return None
    found = await work.collection(Ambassador).get(visit.ambassador_id)
    return None if found is None else found.profile.name or None
