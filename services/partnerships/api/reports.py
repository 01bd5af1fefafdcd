"""Termly progress reports, and the instalments that they release."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import ConfigDict, Field

from services.partnerships.api.parameters import Acting, PartnershipId, ReasonText
from services.partnerships.domain.academic_year import TERMS
from services.partnerships.domain.instalment import Instalment
from services.partnerships.domain.life_cycle import YEARS
from services.partnerships.domain.progress_report import (
    PartnershipNotRunning,
    PlanNotApproved,
    ProgressReport,
    ReportChange,
    TermNotBegun,
    YearNotReached,
    report_id,
)
from services.partnerships.use_cases import reports
from services.partnerships.use_cases.partnerships import all_visible
from services.partnerships.views.reports import (
    InstalmentAnswer,
    ReportAnswer,
    ReportChangeAnswer,
    instalment_answer,
    report_answer,
    report_change_answer,
)
from shared.http.paging import CursorMalformed, Page, PageRequest, following
from shared.http.problems import RequestInvalid, problems
from shared.http.requests import RequestModel
from shared.http.working import HttpWork
from shared.refusals import NotAllowed, NotFound, VersionMismatch
from shared.transitions import WrongState

router = APIRouter(prefix="/api/partnerships/{partnership_id}", tags=["reports"])

Year = Annotated[int, Path(ge=YEARS[0], le=YEARS[-1], description="The year of the partnership.")]
Term = Annotated[int, Path(ge=TERMS[0], le=TERMS[-1], description="The term of that year.")]
REPORT = "/reports/{year}/{term}"
REPORT_PROBLEMS = (NotAllowed, NotFound, WrongState, VersionMismatch, RequestInvalid)


class ReportText(RequestModel):
    """A term's report. No names of persons."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"summary": "Four teachers attended; the visits are planned for May."}]}
    )
    summary: Annotated[str, Field(min_length=1, max_length=4000)]


class ReportExplanation(RequestModel):
    """Why, in words that the lead school will read. No names of persons."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Say what became of the visits."}]})
    reason: ReasonText


@router.post(
    REPORT,
    summary="Submit a progress report",
    responses=problems(*REPORT_PROBLEMS, PartnershipNotRunning, PlanNotApproved, YearNotReached, TermNotBegun),
)
async def submit_report(
    partnership_id: PartnershipId, year: Year, term: Term, body: ReportText, actor: Acting, work: HttpWork
) -> ReportAnswer:
    """The lead school tells how the term went; how the plan stands is noted beside it."""
    return report_answer(await reports.submit(work, partnership_id, year, term, body.summary, actor))


@router.post(REPORT + "/return", summary="Give a progress report back", responses=problems(*REPORT_PROBLEMS))
async def return_report(
    partnership_id: PartnershipId, year: Year, term: Term, body: ReportExplanation, actor: Acting, work: HttpWork
) -> ReportAnswer:
    """A programme officer gives it back with what is missing."""
    return report_answer(await reports.give_back(work, partnership_id, year, term, body.reason, actor))


@router.post(
    REPORT + "/acceptance",
    summary="Accept a progress report",
    responses=problems(*REPORT_PROBLEMS, PartnershipNotRunning),
)
async def accept_report(
    partnership_id: PartnershipId, year: Year, term: Term, actor: Acting, work: HttpWork
) -> ReportAnswer:
    """A programme officer accepts it, and its instalment falls due."""
    return report_answer(await reports.accept(work, partnership_id, year, term, actor))


@router.get(REPORT, summary="Show a progress report", responses=problems(NotFound, RequestInvalid))
async def get_report(
    partnership_id: PartnershipId, year: Year, term: Term, actor: Acting, work: HttpWork
) -> ReportAnswer:
    """One term's report."""
    await all_visible(work, partnership_id, actor)
    report = await work.collection(ProgressReport).get(report_id(partnership_id, year, term))
    if report is None:
        raise NotFound()
    return report_answer(report)


@router.get(
    REPORT + "/history",
    summary="Show a progress report's history",
    responses=problems(NotFound, RequestInvalid, CursorMalformed),
)
async def list_report_history(
    partnership_id: PartnershipId, year: Year, term: Term, actor: Acting, work: HttpWork, paging: PageRequest
) -> Page[ReportChangeAnswer]:
    """Every text that was submitted, and why it was given back, oldest first."""
    await all_visible(work, partnership_id, actor)
    after = following((("number", 1),), paging.after(int))
    found = await work.collection(ReportChange).find(
        {"report_id": report_id(partnership_id, year, term), **after}, sort=(("number", 1),), limit=paging.limit + 1
    )
    return paging.page(found, position=lambda change: (change.number,), show=report_change_answer)


@router.get("/reports", summary="List progress reports", responses=problems(NotFound, CursorMalformed))
async def list_reports(
    partnership_id: PartnershipId, actor: Acting, work: HttpWork, paging: PageRequest
) -> Page[ReportAnswer]:
    """In the order of the terms."""
    await all_visible(work, partnership_id, actor)
    after = following((("id", 1),), paging.after(str))
    found = await work.collection(ProgressReport).find(
        {"partnership_id": partnership_id, **after}, sort=(("id", 1),), limit=paging.limit + 1
    )
    return paging.page(found, position=lambda report: (report.id,), show=report_answer)


@router.get("/instalments", summary="List instalments", responses=problems(NotFound, CursorMalformed))
async def list_instalments(
    partnership_id: PartnershipId, actor: Acting, work: HttpWork, paging: PageRequest
) -> Page[InstalmentAnswer]:
    """What has fallen due of the award, and whether it was released or waits for money."""
    await all_visible(work, partnership_id, actor)
    after = following((("id", 1),), paging.after(str))
    found = await work.collection(Instalment).find(
        {"partnership_id": partnership_id, **after}, sort=(("id", 1),), limit=paging.limit + 1
    )
    return paging.page(found, position=lambda due: (due.id,), show=instalment_answer)
