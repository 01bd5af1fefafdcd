"""Requests as callers may see them: a school its own, a partnership's lead those that count for it, an ambassador those
they were asked to, the programme all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from services.ambassadors.domain.matching import Assessment, assess, fitting
from services.ambassadors.domain.offer import Offer
from services.ambassadors.domain.request import ActivityRequest, RequestStatus, as_of
from services.ambassadors.store import ambassador_of, lineage, offers_around, offers_for
from shared.http.paging import Value, following
from shared.http.principal import Principal, Role
from shared.position import KM_PER_DEGREE
from shared.refusals import NotAllowed, NotFound
from shared.work import Work

SEES_ALL: Final[tuple[Role, ...]] = ("programme-officer", "auditor")
SEES_SCHOOL: Final[tuple[Role, ...]] = ("teacher", "school-approver", "partnership-lead")
EXPLAINED_KM = 100.0
MOST_EXPLAINED = 200


@dataclass(frozen=True, slots=True)
class Audience:
    """Whose requests and visits a caller may see; those of a school under every identifier that it has had."""

    everything: bool
    school_urns: frozenset[str] = frozenset()
    partnership_id: str | None = None
    ambassador_id: str | None = None

    def sees(self, found: ActivityRequest) -> bool:
        """Whether this request is theirs to see."""
        return (
            self.everything
            or found.school_urn in self.school_urns
            or (self.partnership_id is not None and found.partnership_id == self.partnership_id)
            or (self.ambassador_id is not None and self._asked(found))
        )

    def _asked(self, found: ActivityRequest) -> bool:
        return self.ambassador_id in (found.invited_id, found.ambassador_id)

    def filter(self, *own: str) -> dict[str, Any]:
        """The same for the store; `own` are the fields that name the ambassador."""
        if self.everything:
            return {}
        branches: list[dict[str, Any]] = []
        if self.school_urns:
            branches.append({"school_urn": {"$in": sorted(self.school_urns)}})
        if self.partnership_id is not None:
            branches.append({"partnership_id": self.partnership_id})
        if self.ambassador_id is not None:
            branches += [{field: self.ambassador_id} for field in own]
        return {"$or": branches}


async def audience_of(work: Work, caller: Principal) -> Audience:
    """The audience of a caller. Raises NotAllowed."""
    if caller.has(*SEES_ALL):
        return Audience(everything=True)
    school = caller.school_urn if caller.has(*SEES_SCHOOL) else None
    partnership = caller.partnership_id if caller.has("partnership-lead") else None
    ambassador = await ambassador_of(work, caller.subject) if caller.has("ambassador") else None
    if caller.has("ambassador") and ambassador is None:
        ambassador = f"account {caller.subject}"
    if school is None and partnership is None and ambassador is None:
        raise NotAllowed("You act for no school and are no ambassador.")
    urns = frozenset[str]() if school is None else await lineage(work, school)
    return Audience(False, urns, partnership, ambassador)


async def request(work: Work, audience: Audience, request_id: str) -> ActivityRequest:
    """One request as it truly stands. Raises NotFound, also for one that the caller may not see."""
    found = await work.collection(ActivityRequest).get(request_id)
    if found is None:
        raise NotFound()
    found = as_of(found, work.clock.now())
    if not audience.sees(found):
        raise NotFound()
    return found


async def requests(
    work: Work,
    audience: Audience,
    status: RequestStatus | None,
    tour_id: str | None,
    after: tuple[Value, ...] | None,
    limit: int,
) -> list[ActivityRequest]:
    """Requests from the newest on, those with a status by what the store says of them."""
    where = [audience.filter("invited_id", "ambassador_id"), following((("id", -1),), after)]
    if status is not None:
        where.append({"status": status.value})
    if tour_id is not None:
        where.append({"tour_id": tour_id})
    found = await work.collection(ActivityRequest).find(
        {"$and": [condition for condition in where if condition] or [{}]}, sort=(("id", -1),), limit=limit
    )
    return [as_of(one, work.clock.now()) for one in found]


@dataclass(frozen=True, slots=True)
class Candidates:
    """The first of those who suit, and how many suit of all who were looked at."""

    shown: list[Assessment]
    suitable: int


async def candidates(work: Work, request_id: str, limit: int, *, unsuitable: bool) -> Candidates:
    """At most so many who suit a request, best first; with `unsuitable` also those around it who do not, behind them.

    Only who is shown is put into words.
    """
    found = await work.collection(ActivityRequest).get(request_id)
    if found is None:
        raise NotFound()
    now = work.clock.now()
    suitable = fitting(found, await offers_for(work, found), now)
    shown = [assess(found, offer, now) for offer in suitable[:limit]]
    if unsuitable and len(shown) < limit:
        shown += await _unsuitable(work, found, {offer.id for offer in suitable}, limit - len(shown))
    return Candidates(shown, len(suitable))


async def _unsuitable(work: Work, found: ActivityRequest, suitable: set[str], limit: int) -> list[Assessment]:
    now = work.clock.now()
    around = await offers_around(work, found, EXPLAINED_KM / KM_PER_DEGREE, MOST_EXPLAINED)
    others = [assess(found, offer, now) for offer in around if offer.id not in suitable]
    return sorted(others, key=lambda one: one.rank)[:limit]


async def candidate(work: Work, request_id: str, ambassador_id: str) -> Assessment:
    """How well one ambassador suits a request. Raises NotFound."""
    found = await work.collection(ActivityRequest).get(request_id)
    offer = await work.collection(Offer).get(ambassador_id)
    if found is None or offer is None:
        raise NotFound()
    return assess(found, offer, work.clock.now())
