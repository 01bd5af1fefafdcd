"""Visits: confirmed by the school, delivered, hours and feedback; and who may not come."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from services.ambassadors.api.ambassador_models import history_answer
from services.ambassadors.api.fields import (
    HistoryAnswer,
    Programme,
    ReasonRequest,
    SchoolStaff,
    VisitId,
    Volunteer,
    school_of,
)
from services.ambassadors.api.visit_models import (
    ConfirmationRequest,
    DeliveryRequest,
    FeedbackRequest,
    HoursRequest,
    VisitAnswer,
    visit_answer,
)
from services.ambassadors.domain.gate import NotLetIn, NotTheTime
from services.ambassadors.domain.visit import Visit, VisitStatus
from services.ambassadors.domain.visiting import (
    CorrectionReasonNeeded,
    FeedbackGivenAlready,
    HoursDiffer,
    NoHoursLogged,
    VisitBegun,
    VisitNotBegun,
)
from services.ambassadors.use_cases import visits as use_cases
from services.ambassadors.use_cases.visits import Judgement
from services.ambassadors.views import visits as views
from services.ambassadors.views.ambassadors import own
from services.ambassadors.views.requests import audience_of
from shared.http.paging import CursorMalformed, Page, PageRequest
from shared.http.principal import Caller, Principal, Role, requires
from shared.http.problems import problems
from shared.http.versions import set_etag
from shared.http.working import HttpWork
from shared.refusals import NotAllowed, NotFound, VersionMismatch
from shared.transitions import WrongState
from shared.work import Work

router = APIRouter(prefix="/api/visits", tags=["Visits"])
CHANGE = (NotFound, WrongState, VersionMismatch)
ROLES: Final[tuple[Role, ...]] = ("teacher", "school-approver", "partnership-lead")
Cancelling = Annotated[Principal, requires(*ROLES, "programme-officer", "ambassador")]
Reporting = Annotated[Principal, requires(*ROLES, "programme-officer")]
Judging = Annotated[Principal, requires(*ROLES, "ambassador")]


async def _shown(found: Visit, work: Work, response: Response) -> VisitAnswer:
    set_etag(response, found.version)
    return visit_answer(found, await views.name_of(work, found))


async def _ambassador(visit_id: str, caller: Principal, work: Work) -> str | None:
    """The ambassador as whom a caller speaks; None where they speak for their school, as who is both does elsewhere."""
    if not caller.has("ambassador"):
        return None
    if caller.has(*ROLES):
        return await views.speaks_as(work, visit_id, caller.subject)
    return await own(work, caller)


@router.get("", summary="List visits, newest first", responses=problems(CursorMalformed, NotAllowed))
async def list_visits(
    caller: Caller,
    work: HttpWork,
    paging: PageRequest,
    status: Annotated[VisitStatus | None, Query(description="In this status only.")] = None,
) -> Page[VisitAnswer]:
    """Your school's, your partnership's, or your own as an ambassador; all of them for the programme. Names stand in
    the single visit.
    """
    audience = await audience_of(work, caller)
    found = await views.visits(work, audience, status, paging.after(str), paging.limit + 1)
    return paging.page(found, lambda one: (one.id,), lambda one: visit_answer(one, None))


@router.get("/{visit_id}", summary="Read a visit", responses=problems(NotFound, NotAllowed))
async def read_visit(visit_id: VisitId, caller: Caller, work: HttpWork, response: Response) -> VisitAnswer:
    """Who comes, when, and what came of it."""
    return await _shown(await views.visit(work, await audience_of(work, caller), visit_id), work, response)


@router.get("/{visit_id}/history", summary="Read what was decided about a visit", responses=problems(NotFound))
async def read_visit_history(visit_id: VisitId, caller: Programme, work: HttpWork) -> HistoryAnswer:
    """Each decision with its time, who made it, and why."""
    return history_answer(await views.visit(work, await audience_of(work, caller), visit_id))


@router.post("/{visit_id}/confirmation", summary="Confirm a visit", responses=problems(*CHANGE, VisitBegun))
async def confirm_visit(
    visit_id: VisitId, body: ConfirmationRequest, caller: SchoolStaff, work: HttpWork, response: Response
) -> VisitAnswer:
    """With who is with the pupils. A visit that is not confirmed when it is to begin does not take place."""
    school = school_of(caller)
    return await _shown(
        await use_cases.confirm(work, visit_id, caller.subject, school, body.supervision), work, response
    )


@router.post("/{visit_id}/arrival", summary="Let the ambassador in", responses=problems(*CHANGE, NotLetIn, NotTheTime))
async def admit_ambassador(visit_id: VisitId, caller: SchoolStaff, work: HttpWork, response: Response) -> VisitAnswer:
    """Asks once more, at the door, whether this ambassador may be there today."""
    return await _shown(await use_cases.arrive(work, visit_id, caller.subject, school_of(caller)), work, response)


@router.post("/{visit_id}/cancellation", summary="Cancel a visit", responses=problems(*CHANGE, VisitBegun, NotAllowed))
async def cancel_visit(
    visit_id: VisitId, body: ReasonRequest, caller: Cancelling, work: HttpWork, response: Response
) -> VisitAnswer:
    """The school or the programme cancels it; an ambassador who cannot come is replaced where somebody else can."""
    if caller.has("programme-officer"):
        found = await use_cases.cancel(work, visit_id, caller.subject, None, body.reason, "programme")
    elif (ambassador_id := await _ambassador(visit_id, caller, work)) is not None:
        found = await use_cases.withdraw(work, visit_id, caller.subject, ambassador_id)
    else:
        found = await use_cases.cancel(work, visit_id, caller.subject, school_of(caller), body.reason, "school")
    return await _shown(found, work, response)


@router.post(
    "/{visit_id}/delivery",
    summary="Say what came of a visit",
    responses=problems(*CHANGE, VisitNotBegun, CorrectionReasonNeeded),
)
async def record_visit_delivery(
    visit_id: VisitId, body: DeliveryRequest, caller: Reporting, work: HttpWork, response: Response
) -> VisitAnswer:
    """Whether it took place, and how many pupils took part: the school says so, or the programme for it. Said again it
    is a correction, from which plans follow. A visit of which nobody says anything has not taken place after a while.
    """
    found = await use_cases.deliver(
        work,
        visit_id,
        caller.subject,
        None if caller.has("programme-officer") else school_of(caller),
        delivered=body.delivered,
        pupils_reached=body.pupils_reached,
        reason=body.reason,
    )
    return await _shown(found, work, response)


@router.post("/{visit_id}/hours", summary="Log your hours", responses=problems(*CHANGE, NotAllowed))
async def log_visit_hours(
    visit_id: VisitId, body: HoursRequest, caller: Volunteer, work: HttpWork, response: Response
) -> VisitAnswer:
    """They count once the school has confirmed them; other hours than before wait again."""
    ambassador_id = await own(work, caller)
    return await _shown(
        await use_cases.log_hours(work, visit_id, caller.subject, ambassador_id, body.minutes), work, response
    )


@router.post(
    "/{visit_id}/hours/confirmation",
    summary="Confirm the ambassador's hours",
    responses=problems(*CHANGE, NoHoursLogged, HoursDiffer),
)
async def confirm_visit_hours(
    visit_id: VisitId, body: HoursRequest, caller: SchoolStaff, work: HttpWork, response: Response
) -> VisitAnswer:
    """The hours as they were logged."""
    found = await use_cases.confirm_hours(work, visit_id, caller.subject, school_of(caller), body.minutes)
    return await _shown(found, work, response)


@router.post(
    "/{visit_id}/feedback",
    summary="Say how the visit was",
    responses=problems(*CHANGE, FeedbackGivenAlready, NotAllowed),
)
async def give_visit_feedback(
    visit_id: VisitId, body: FeedbackRequest, caller: Judging, work: HttpWork, response: Response
) -> VisitAnswer:
    """Once for the school, once for the ambassador. Others learn the number only."""
    ambassador_id = await _ambassador(visit_id, caller, work)
    school = school_of(caller) if ambassador_id is None else None
    given = Judgement(caller.subject, school, ambassador_id, body.rating, body.words)
    return await _shown(await use_cases.give_feedback(work, visit_id, given), work, response)
