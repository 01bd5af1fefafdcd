"""Placement requests, and matching both ways."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.placements.api.fields import OfferId, RequestId, Teacher, own_employer, own_school
from services.placements.api.request_models import (
    PlacementRequestAnswer,
    PlacementRequestRequest,
    RankingAnswer,
    ranking_answer,
    request_answer,
)
from services.placements.domain.known import SchoolClosed, SchoolNotKnown
from services.placements.domain.seeking import PeriodDoesNotFit, PlacementRequest, RequestStatus
from services.placements.use_cases import seeking as use_cases
from services.placements.views import matching, offers
from services.placements.views import requests as views
from services.placements.views.applications import Audience
from services.placements.views.offers import OfferAudience
from shared.http.paging import CursorMalformed, Page, PageRequest
from shared.http.principal import Principal, requires
from shared.http.problems import problems
from shared.http.versions import set_etag
from shared.http.working import HttpWork
from shared.refusals import NotAllowed, NotFound, VersionMismatch
from shared.transitions import WrongState

router = APIRouter(tags=["Placement requests"])
REQUESTS = "/api/placement-requests"
ONE = REQUESTS + "/{request_id}"

Seeing = Annotated[
    Principal, requires("teacher", "school-approver", "partnership-lead", "programme-officer", "auditor")
]
Choosing = Annotated[Principal, requires("host-contact", "programme-officer", "auditor")]
Most = Annotated[int, Query(ge=1, le=200, description="At most so many matches, and so many near misses.")]


def _shown(request: PlacementRequest, response: Response) -> PlacementRequestAnswer:
    set_etag(response, request.version)
    return request_answer(request)


@router.post(
    REQUESTS,
    status_code=201,
    summary="Say what you look for",
    responses=problems(PeriodDoesNotFit, SchoolNotKnown, SchoolClosed, NotAllowed),
)
async def request_placement(
    body: PlacementRequestRequest, caller: Teacher, work: HttpWork, response: Response
) -> PlacementRequestAnswer:
    """It stays open until you accept a placement, look no more, or time is up. Hosts see that somebody looks."""
    request = await use_cases.record(work, caller.subject, own_school(caller), body.wanted())
    response.headers["Location"] = f"{REQUESTS}/{request.id}"
    return _shown(request, response)


@router.get(REQUESTS, summary="List placement requests, newest first", responses=problems(CursorMalformed))
async def list_placement_requests(
    caller: Seeing,
    work: HttpWork,
    paging: PageRequest,
    status: Annotated[RequestStatus | None, Query(description="In this status only.")] = None,
) -> Page[PlacementRequestAnswer]:
    """Your own, your school's; all of them for the programme: the demand that is not met."""
    found = await views.placement_requests(
        work, await Audience.of(caller, work), status, paging.after(str), paging.limit + 1
    )
    return paging.page(found, lambda one: (one.id,), request_answer)


@router.get(ONE, summary="Read a placement request", responses=problems(NotFound))
async def read_placement_request(
    request_id: RequestId, caller: Seeing, work: HttpWork, response: Response
) -> PlacementRequestAnswer:
    """One of those that you may see."""
    return _shown(await views.placement_request(work, await Audience.of(caller, work), request_id), response)


@router.post(ONE + "/withdrawal", summary="Look no more", responses=problems(NotFound, WrongState, VersionMismatch))
async def withdraw_placement_request(
    request_id: RequestId, caller: Teacher, work: HttpWork, response: Response
) -> PlacementRequestAnswer:
    """You are no longer shown to hosts."""
    return _shown(await use_cases.withdraw(work, request_id, caller.subject), response)


@router.get(ONE + "/matches", summary="Find offers that fit a request", responses=problems(NotFound))
async def match_offers(request_id: RequestId, caller: Seeing, work: HttpWork, limit: Most = 20) -> RankingAnswer:
    """Best first, each with every factor and its weight; then what would match but for one rule."""
    request = await views.placement_request(work, await Audience.of(caller, work), request_id)
    return ranking_answer(await matching.offers_for(work, request, limit), of_offers=True)


@router.get(
    "/api/offers/{offer_id}/matches",
    summary="Find teachers who fit an offer",
    responses=problems(NotFound, NotAllowed),
)
async def match_teachers(offer_id: OfferId, caller: Choosing, work: HttpWork, limit: Most = 20) -> RankingAnswer:
    """Open requests, best first, by id only: the programme asks the teacher."""
    audience = OfferAudience.of(caller)
    offer = await offers.offer(work, audience, offer_id)
    if not audience.everything and own_employer(caller) not in offer.employer_ids:
        raise NotFound()
    return ranking_answer(await matching.teachers_for(work, offer, limit), of_offers=False)
