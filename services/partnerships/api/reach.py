"""What was reached, by partnership, sponsor and academic year, with the events behind each number; and as files."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import ConfigDict, Field

from services.partnerships.api.parameters import Acting, Id, PartnershipId, SponsorId
from services.partnerships.api.pots import Finance, Reader
from services.partnerships.domain.employer import EmployerUnknown
from services.partnerships.domain.reach import Contribution, year_of
from services.partnerships.domain.sponsor import Sponsor
from services.partnerships.use_cases import partnerships, reach
from services.partnerships.views import reach as views
from services.partnerships.views.pots import SponsorAnswer, sponsor_answer
from services.partnerships.views.reach import (
    EMPLOYER_ID,
    ContributionAnswer,
    PartnershipReachAnswer,
    SponsorReachAnswer,
    contribution_answer,
)
from shared.http.files import CSV_RESPONSE, csv_file
from shared.http.paging import CursorMalformed, Page, PageRequest, following
from shared.http.problems import RequestInvalid, problems
from shared.http.requests import RequestModel
from shared.http.versions import set_etag
from shared.http.working import HttpWork
from shared.refusals import NotAllowed, NotFound, VersionMismatch

router = APIRouter(prefix="/api", tags=["reach"])
OF_PARTNERSHIP = "/partnerships/{partnership_id}/reach"
OF_SPONSOR = "/sponsors/{sponsor_id}/reach"


async def academic_year_of(
    work: HttpWork,
    year: Annotated[
        str | None,
        Query(
            pattern=r"^20[0-9]{2}-[0-9]{2}$",
            description="The academic year, September to August; this one if not given.",
            examples=["2026-27"],
        ),
    ] = None,
) -> str:
    """The academic year that is asked about."""
    return year_of(work.clock.now().date()) if year is None else year


Year = Annotated[str, Depends(academic_year_of)]


class EmployerLink(RequestModel):
    """Which employer the sponsor is: by its id, or by its company number; neither takes the link away."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"employer_id": EMPLOYER_ID}]})
    employer_id: Id | None = None
    company_number: Annotated[str | None, Field(pattern="^[0-9A-Z]{8}$")] = None


@router.get(OF_PARTNERSHIP, summary="Show what a partnership has reached", responses=problems(NotFound))
async def get_partnership_reach(
    partnership_id: PartnershipId, actor: Acting, work: HttpWork, year: Year
) -> PartnershipReachAnswer:
    """In one academic year, as it stands now: corrections of attendance, days and visits have been taken off."""
    await partnerships.all_visible(work, partnership_id, actor)
    return await views.partnership_reach(work, partnership_id, year)


@router.get(
    OF_PARTNERSHIP + "/contributions",
    summary="Show what a partnership's reach is made of",
    responses=problems(NotFound, CursorMalformed),
)
async def list_contributions(
    partnership_id: PartnershipId, actor: Acting, work: HttpWork, year: Year, paging: PageRequest
) -> Page[ContributionAnswer]:
    """Each booking, placement and visit with what it adds, and the events that say so."""
    await partnerships.all_visible(work, partnership_id, actor)
    where = {"partnership_id": partnership_id, "years": year, **following((("id", 1),), paging.after(str))}
    found = await work.collection(Contribution).find(where, sort=(("id", 1),), limit=paging.limit + 1)
    return paging.page(found, position=lambda one: (one.id,), show=lambda one: contribution_answer(one.within(year)))


@router.get(
    OF_PARTNERSHIP + "/file",
    summary="Download what a partnership's reach is made of",
    response_class=Response,
    responses={**CSV_RESPONSE, **problems(NotFound)},
)
async def download_partnership_reach(
    partnership_id: PartnershipId, actor: Acting, work: HttpWork, year: Year
) -> Response:
    """The contributions as CSV; no cell is a formula."""
    await partnerships.all_visible(work, partnership_id, actor)
    found = await views.contributions_of(work, partnership_id, year)
    return csv_file(f"reach-{partnership_id}-{year}", views.COLUMNS, views.contribution_rows(found, year))


async def existing_sponsor(sponsor_id: SponsorId, work: HttpWork) -> Sponsor:
    """The sponsor of the path. Raises NotFound."""
    sponsor = await work.collection(Sponsor).get(sponsor_id)
    if sponsor is None:
        raise NotFound()
    return sponsor


ExistingSponsor = Annotated[Sponsor, Depends(existing_sponsor)]


@router.get(OF_SPONSOR, summary="Show what a sponsor has helped to reach", responses=problems(NotAllowed, NotFound))
async def get_sponsor_reach(
    _caller: Reader, sponsor: ExistingSponsor, work: HttpWork, year: Year
) -> SponsorReachAnswer:
    """By partnership that it has given money; and, where it is an employer, what it hosts and whom it sends."""
    return await views.sponsor_reach(work, sponsor, year)


@router.get(
    OF_SPONSOR + "/file",
    summary="Download what a sponsor has helped to reach",
    response_class=Response,
    responses={**CSV_RESPONSE, **problems(NotAllowed, NotFound)},
)
async def download_sponsor_reach(_caller: Reader, sponsor: ExistingSponsor, work: HttpWork, year: Year) -> Response:
    """A row a partnership, as CSV; no cell is a formula."""
    answer = await views.sponsor_reach(work, sponsor, year)
    return csv_file(f"reach-{sponsor.id}-{year}", views.SPONSOR_COLUMNS, views.sponsor_rows(sponsor, answer))


@router.put(
    "/sponsors/{sponsor_id}/employer",
    summary="Say which employer a sponsor is",
    responses=problems(NotAllowed, NotFound, EmployerUnknown, VersionMismatch, RequestInvalid),
)
async def link_employer(
    sponsor_id: SponsorId, body: EmployerLink, _caller: Finance, work: HttpWork, response: Response
) -> SponsorAnswer:
    """From then on its report shows the placements that it hosts and the visits of its ambassadors."""
    sponsor = await reach.link_employer(work, sponsor_id, body.employer_id, body.company_number)
    set_etag(response, sponsor.version)
    return sponsor_answer(sponsor)
