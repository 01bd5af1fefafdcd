"""The school register: search, one school, its eligibility."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.partnerships.api.parameters import PathUrn
from services.partnerships.domain.eligibility import judge
from services.partnerships.domain.school import School
from services.partnerships.store import current_urn, predecessor_urns
from services.partnerships.views import school_search
from services.partnerships.views.school_search import Found, PostcodeMalformed, PostcodeUnknown, Wanted
from services.partnerships.views.schools import (
    EligibilityAnswer,
    SchoolAnswer,
    SchoolDetail,
    eligibility_answer,
    school_answer,
    school_detail,
)
from shared.contracts.partnerships import SchoolStatus
from shared.http.paging import CursorMalformed, Page, PageRequest
from shared.http.problems import RequestInvalid, problems
from shared.http.requests import Day
from shared.http.versions import set_etag
from shared.http.working import HttpWork
from shared.refusals import NotFound
from shared.work import Work

router = APIRouter(prefix="/api/schools", tags=["schools"])


@router.get(
    "",
    summary="Search schools",
    responses=problems(CursorMalformed, PostcodeMalformed, PostcodeUnknown, RequestInvalid),
)
async def search_schools(
    work: HttpWork,
    paging: PageRequest,
    name: Annotated[
        str | None,
        Query(
            description="As typed: each word begins a word of the name; case, accents and punctuation do not matter.",
            max_length=100,
            examples=["st marys"],
        ),
    ] = None,
    postcode: Annotated[
        str | None, Query(description="NE1 4ST, or NE1: nearest first.", max_length=10, examples=["NE1 4ST"])
    ] = None,
    radius_km: Annotated[float, Query(gt=0, le=100, description="Around the postcode.")] = 25,
    phase: Annotated[str | None, Query(max_length=100, examples=["Secondary"])] = None,
    type: Annotated[str | None, Query(max_length=100, examples=["Academy converter"])] = None,
    status: SchoolStatus | None = None,
    region: Annotated[str | None, Query(max_length=100, examples=["North East"])] = None,
) -> Page[SchoolAnswer]:
    """Nearest first where a postcode is given, else in the order of their names."""
    wanted = Wanted(name=name, phase=phase, type=type, status=status, region=region)
    if postcode is None:
        found = await school_search.by_name(work, wanted, paging.limit, paging.after(str, str))
        return paging.page(found, position=lambda one: (one.school.facts.name, one.school.id), show=_answer)
    after = paging.after(int, str)
    centre = await school_search.place_of(work, postcode)
    found = await school_search.by_distance(work, wanted, centre, radius_km, paging.limit, after)
    return paging.page(found, position=lambda one: (one.metres, one.school.id), show=_answer)


def _answer(found: Found) -> SchoolAnswer:
    return school_answer(found.school, found.metres)


@router.get("/{urn}", summary="Show a school", responses=problems(NotFound, RequestInvalid))
async def get_school(urn: PathUrn, work: HttpWork, response: Response) -> SchoolDetail:
    """One school by its URN, old or new: `current_urn` says where its history goes on."""
    school = await _school(work, urn)
    set_etag(response, school.version)
    return school_detail(school, await current_urn(work, school), await predecessor_urns(work, urn))


@router.get(
    "/{urn}/eligibility",
    summary="Say whether a school may take part",
    responses=problems(NotFound, RequestInvalid),
)
async def get_eligibility(
    urn: PathUrn,
    work: HttpWork,
    on: Annotated[Day | None, Query(description="By the rules of this day; today's if absent.")] = None,
) -> EligibilityAnswer:
    """With reason codes, and what would change the answer."""
    school = await _school(work, urn)
    day = on or work.clock.now().date()
    return eligibility_answer(school, judge(school.facts, day, school.successor_urn), day)


async def _school(work: Work, urn: str) -> School:
    school = await work.collection(School).get(urn)
    if school is None:
        raise NotFound()
    return school
