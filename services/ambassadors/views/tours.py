"""Tours as callers may see them: a partnership's lead its own, the programme all of them."""

from __future__ import annotations

from services.ambassadors.domain.known import KnownPartnership
from services.ambassadors.domain.request import ActivityRequest, RequestStatus, as_of
from services.ambassadors.domain.tour import Tour
from services.ambassadors.views.requests import SEES_ALL
from shared.http.paging import Value, following
from shared.http.principal import Principal
from shared.refusals import NotAllowed, NotFound
from shared.work import Work


async def led_by(work: Work, caller: Principal) -> str:
    """The active partnership that a caller leads. Raises NotAllowed."""
    led = caller.partnership_id
    known = None if led is None else await work.collection(KnownPartnership).get(led)
    if led is None or known is None or not known.active:
        raise NotAllowed("You lead no active partnership.")
    return led


async def tour(work: Work, caller: Principal, tour_id: str) -> Tour:
    """One tour. Raises NotFound, also for one of another partnership."""
    found = await work.collection(Tour).get(tour_id)
    if found is None or not (caller.has(*SEES_ALL) or caller.partnership_id == found.partnership_id):
        raise NotFound()
    return found


async def tours(work: Work, caller: Principal, after: tuple[Value, ...] | None, limit: int) -> list[Tour]:
    """Tours from the newest on. Raises NotAllowed."""
    where = following((("id", -1),), after)
    if not caller.has(*SEES_ALL):
        if caller.partnership_id is None:
            raise NotAllowed("You lead no partnership.")
        where = {**where, "partnership_id": caller.partnership_id}
    return await work.collection(Tour).find(where, sort=(("id", -1),), limit=limit)


async def statuses(work: Work, found: Tour) -> dict[str, RequestStatus]:
    """How the request of each stop stands, by its id."""
    requests = await work.collection(ActivityRequest).find({"tour_id": found.id})
    return {one.id: as_of(one, work.clock.now()).status for one in requests}
