"""Placement requests: recorded by teachers, or for those whose application nobody answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.placements.domain import seeking
from services.placements.domain.application import Application
from services.placements.domain.known import KnownSchool, check_school
from services.placements.domain.offer import Offer
from services.placements.domain.placement import FINISHED, Placement
from services.placements.domain.seeking import PlacementRequest, RequestStatus, Search
from services.placements.domain.terms import today
from services.placements.domain.vocabulary import AccessNeed, Phase
from services.placements.policies import policy_at
from services.placements.store import current_urn, open_requests
from services.placements.views.matching import offers_for
from shared.ids import new_id
from shared.work import Work


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a teacher looks for."""

    subjects: tuple[str, ...]
    phases: tuple[Phase, ...]
    free_from: date
    free_to: date
    most_km: float | None = None
    remote: bool = True
    access_needs: tuple[AccessNeed, ...] = ()


async def record(
    work: Work,
    teacher_id: str,
    school_urn: str,
    wanted: Wanted,
    request_id: str | None = None,
    because: str | None = None,
) -> PlacementRequest:
    """Record what a teacher looks for, and how many offers fit it now. Raises SchoolNotKnown, SchoolClosed."""
    school = await work.collection(KnownSchool).get(school_urn)
    check_school(school)
    facts = school.facts if school is not None else None
    now = work.clock.now()
    policy = policy_at(now)
    search = Search(
        subjects=wanted.subjects,
        phases=wanted.phases,
        free_from=wanted.free_from,
        free_to=wanted.free_to,
        most_km=policy.far_km if wanted.most_km is None else wanted.most_km,
        remote=wanted.remote,
        access_needs=wanted.access_needs,
        latitude=facts.latitude if facts is not None else None,
        longitude=facts.longitude if facts is not None else None,
    )
    before = await _done(work, teacher_id)
    fresh = PlacementRequest(
        id=request_id or new_id(),
        teacher_id=teacher_id,
        school_urn=school_urn,
        status=RequestStatus.OPEN,
        search=search,
        earlier_placements=len(before),
        hosts_before=tuple(dict.fromkeys(placement.match.employer_id for placement in before)),
        made_at=now,
        expires_at=seeking.expiry(search, now, policy.request_days, policy.zone),
        because=because,
    )
    found = await offers_for(work, fresh, 200)
    return await work.create_or_change(
        PlacementRequest,
        fresh.id,
        lambda existing, documents, at: seeking.record(
            existing, documents, at, fresh=fresh, today=today(at, policy.zone), offers_found=len(found.matches)
        ),
    )


async def record_for_placement(work: Work, placement_id: str) -> None:
    """Look on for a teacher whose placement was cancelled by others, under the placement's own identity."""
    placement = await work.collection(Placement).get(placement_id)
    if placement is not None:
        await record_for_application(work, placement.match.application_id, because=placement_id)


async def record_for_application(work: Work, application_id: str, because: str | None = None) -> None:
    """Look on for a teacher whose application came to nothing, under the application's own identity or the other's."""
    application = await work.collection(Application).get(application_id)
    offer = None if application is None else await work.collection(Offer).get(application.offer_id)
    school = None if application is None else await _current(work, application.school_urn)
    if application is None or offer is None or school is None:
        return
    now = work.clock.now()
    begins = today(now, offer.terms.zone)
    wanted = Wanted(
        subjects=application.wishes.subjects or offer.listing.subjects,
        phases=offer.listing.phases,
        free_from=begins,
        free_to=max(application.wishes.dates[-1], seeking.later(begins, policy_at(now).request_days)),
        access_needs=application.wishes.access_needs,
    )
    key = because or application.id
    await record(work, application.teacher_id, school.id, wanted, request_id=key, because=key)


async def withdraw(work: Work, request_id: str, teacher_id: str) -> PlacementRequest:
    """The teacher looks no more."""
    return await work.change(
        PlacementRequest,
        request_id,
        lambda request, documents, now: seeking.end(request, documents, now, verb="withdraw", teacher_id=teacher_id),
    )


async def meet(work: Work, teacher_id: str) -> None:
    """The teacher has accepted a placement."""
    for request_id in await open_requests(work, teacher_id):
        await _end(work, request_id, "meet")


async def act_on_due(work: Work, request_id: str) -> None:
    """Time is up."""
    await _end(work, request_id, "expire")


async def _end(work: Work, request_id: str, verb: str) -> None:
    await work.change(
        PlacementRequest,
        request_id,
        lambda request, documents, now: seeking.end_if_open(request, documents, now, verb=verb),
    )


async def _done(work: Work, teacher_id: str) -> list[Placement]:
    """A teacher's placements that were done."""
    where = {"match.teacher_id": teacher_id, "status": {"$in": [status.value for status in FINISHED]}}
    return await work.collection(Placement).find(where)


async def _current(work: Work, urn: str) -> KnownSchool | None:
    """A school under the identifier that it goes on under; None where it is closed or not known."""
    school = await work.collection(KnownSchool).get(await current_urn(work, urn))
    if school is None or school.facts is None or school.successor_urn is not None:
        return None
    return school if school.facts.open else None
