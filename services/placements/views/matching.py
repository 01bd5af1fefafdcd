"""Matching both ways: offers for a teacher who looks, teachers who look for an offer.

The store narrows down by what it has indexes for (subject, phase, status, place and dates, with some room so that near
misses are seen); the rest is compared here. What matches comes first, by score; then what would match but for one rule,
which says what would have to change.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from services.placements.domain.diary import Diary
from services.placements.domain.employer import Employer, EmployerStatus
from services.placements.domain.known import KnownPartnership
from services.placements.domain.matching import Fit, Opening, Scale, Seeker, Window, fit
from services.placements.domain.offer import Offer, OfferStatus, free
from services.placements.domain.seeking import PlacementRequest, RequestStatus
from services.placements.policies import Policy, policy_at
from shared.position import KM_PER_DEGREE, Position
from shared.work import Work

SPARE_DISTANCE: Final = 1.5
"""How much further than a teacher wants to go offers are looked at, so that near misses are seen."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """What matches, best first, and what misses one rule only. `considered` were compared."""

    matches: tuple[Fit, ...]
    near_misses: tuple[Fit, ...]
    considered: int


async def offers_for(work: Work, request: PlacementRequest, limit: int) -> Ranking:
    """The offers that fit what a teacher looks for."""
    now = work.clock.now()
    policy = policy_at(now)
    seeker = await _seeker(work, request)
    spare = timedelta(days=policy.near_miss_days)
    where: dict[str, Any] = {
        "status": OfferStatus.PUBLISHED.value,
        "listing.subjects": {"$in": sorted(seeker.subjects)},
        "listing.phases": {"$in": sorted(phase.value for phase in seeker.phases)},
        "cohorts.ends_on": {"$gte": (max(seeker.free_from, now.date()) - spare).isoformat()},
        "cohorts.starts_on": {"$lte": (seeker.free_to + spare).isoformat()},
        **_around(seeker),
    }
    found = await work.collection(Offer).find(where)
    scale, suspended = _scale(policy), await _suspended(work)
    fits = [
        fit(seeker, opening_of(offer, now, suspended), offer.id, scale) for offer in found if _is_open(offer, suspended)
    ]
    return ranked(fits, limit)


async def teachers_for(work: Work, offer: Offer, limit: int) -> Ranking:
    """The teachers whose open requests fit an offer; answers are about requests. There are none for an offer at whose
    hosts nobody is placed: that lies with no teacher.
    """
    now = work.clock.now()
    suspended = await _suspended(work)
    if not _is_open(offer, suspended):
        return Ranking((), (), 0)
    policy = policy_at(now)
    spare = timedelta(days=policy.near_miss_days)
    where: dict[str, Any] = {
        "status": RequestStatus.OPEN.value,
        "expires_at": {"$gt": now},
        "search.subjects": {"$in": list(offer.listing.subjects)},
        "search.phases": {"$in": [phase.value for phase in offer.listing.phases]},
        "search.free_to": {"$gte": (offer.starts_on - spare).isoformat()},
        "search.free_from": {"$lte": (offer.ends_on + spare).isoformat()},
    }
    requests = await work.collection(PlacementRequest).find(where)
    members = await _members(work)
    busy = await _busy(work, [request.teacher_id for request in requests])
    opening, scale = opening_of(offer, now, suspended), _scale(policy)
    fits = [
        fit(
            seeker_of(request, request.school_urn in members, busy.get(request.teacher_id, frozenset())),
            opening,
            request.id,
            scale,
        )
        for request in requests
    ]
    return ranked(fits, limit)


def ranked(fits: Iterable[Fit], limit: int) -> Ranking:
    """In order: the score, and among equals the older one first."""
    ordered = sorted(fits, key=lambda one: (-one.score, one.key))
    matches = [one for one in ordered if not one.broken]
    near = [one for one in ordered if len(one.broken) == 1 and one.broken[0].would_match is not None]
    return Ranking(tuple(matches[:limit]), tuple(near[:limit]), len(ordered))


def _is_open(offer: Offer, suspended: frozenset[str]) -> bool:
    """Whether anybody could be placed at one of the hosts of an offer."""
    return any(cohort.employer_id not in suspended for cohort in offer.cohorts)


def opening_of(offer: Offer, now: datetime, suspended: frozenset[str] = frozenset()) -> Opening:
    """An offer, prepared for comparing; nobody is placed at hosts that are `suspended`."""
    listing = offer.listing
    positions = {
        site.cohort: Position(site.latitude, site.longitude)
        for site in listing.sites
        if site.latitude is not None and site.longitude is not None
    }
    windows = tuple(
        Window(cohort.number, max(cohort.starts_on, now.date()), cohort.ends_on, positions.get(cohort.number))
        for cohort in offer.cohorts
        if cohort.employer_id not in suspended and free(offer, cohort, now) > 0
    )
    return Opening(
        key=offer.id,
        subjects=frozenset(listing.subjects),
        phases=frozenset(listing.phases),
        remote=listing.remote,
        windows=windows,
        days=listing.days,
        access=frozenset(listing.access),
        employer_ids=frozenset(offer.employer_ids),
    )


def seeker_of(request: PlacementRequest, in_partnership: bool, busy: frozenset[date]) -> Seeker:
    """A teacher who looks, prepared for comparing."""
    search = request.search
    position = None
    if search.latitude is not None and search.longitude is not None:
        position = Position(search.latitude, search.longitude)
    return Seeker(
        key=request.id,
        subjects=frozenset(search.subjects),
        phases=frozenset(search.phases),
        position=position,
        most_km=search.most_km,
        free_from=search.free_from,
        free_to=search.free_to,
        remote=search.remote,
        access_needs=frozenset(search.access_needs),
        earlier_placements=request.earlier_placements,
        in_partnership=in_partnership,
        hosts_before=frozenset(request.hosts_before),
        busy=busy,
    )


async def _seeker(work: Work, request: PlacementRequest) -> Seeker:
    where = {"active": True, "school_urns": request.school_urn}
    member = await work.collection(KnownPartnership).find(where, limit=1)
    busy = await _busy(work, [request.teacher_id])
    return seeker_of(request, bool(member), busy.get(request.teacher_id, frozenset()))


async def _members(work: Work) -> frozenset[str]:
    """The schools of all active partnerships."""
    active = await work.collection(KnownPartnership).find({"active": True})
    return frozenset(urn for partnership in active for urn in partnership.school_urns)


async def _suspended(work: Work) -> frozenset[str]:
    """The employers for which the programme does not vouch any more: few, if any."""
    unverified = [status.value for status in EmployerStatus if status is not EmployerStatus.VERIFIED]
    found = await work.collection(Employer).find({"status": {"$in": unverified}, "suspended_at": {"$ne": None}})
    return frozenset(employer.id for employer in found)


async def _busy(work: Work, teachers: Sequence[str]) -> dict[str, frozenset[date]]:
    """The days that placements take of each of these teachers."""
    diaries = await work.collection(Diary).find({"id": {"$in": list(dict.fromkeys(teachers))}})
    return {
        diary.id: frozenset(day for engagement in diary.engagements for day in engagement.dates) for diary in diaries
    }


def _around(seeker: Seeker) -> dict[str, Any]:
    """Remote offers, and sites in a box around the school with some room for near misses."""
    if seeker.position is None:
        return {}
    at, degrees = seeker.position, SPARE_DISTANCE * seeker.most_km / KM_PER_DEGREE
    wide = degrees / max(0.01, math.cos(math.radians(at.latitude)))
    near = {
        "listing.sites.latitude": {"$gte": at.latitude - degrees, "$lte": at.latitude + degrees},
        "listing.sites.longitude": {"$gte": at.longitude - wide, "$lte": at.longitude + wide},
    }
    return {"$or": [{"listing.remote": True}, near]}


def _scale(policy: Policy) -> Scale:
    return Scale(policy.weights, policy.far_km)
