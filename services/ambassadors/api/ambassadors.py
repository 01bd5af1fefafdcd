"""Ambassadors: registering, what they offer, pausing, leaving; and the programme's view of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.ambassadors.api.ambassador_models import (
    AmbassadorAnswer,
    ProfileRequest,
    ambassador_answer,
    history_answer,
)
from services.ambassadors.api.fields import ID_PATTERN, AmbassadorId, HistoryAnswer, Programme, Volunteer
from services.ambassadors.domain.ambassador import Ambassador, Status
from services.ambassadors.domain.known import EmployerNotKnown
from services.ambassadors.domain.registering import AlreadyAnAmbassador
from services.ambassadors.use_cases import ambassadors as use_cases
from services.ambassadors.views import ambassadors as views
from services.ambassadors.views.ambassadors import AmbassadorSearch
from services.ambassadors.views.positions import HomePostcodeNotKnown
from shared.http.paging import CursorMalformed, Page, PageRequest
from shared.http.principal import Caller
from shared.http.problems import problems
from shared.http.versions import set_etag
from shared.http.working import HttpWork
from shared.refusals import NotAllowed, NotFound, VersionMismatch
from shared.transitions import WrongState
from shared.work import Work

router = APIRouter(prefix="/api/ambassadors", tags=["Ambassadors"])
CHANGE = (NotFound, WrongState, VersionMismatch)


def shown(found: Ambassador, work: Work, response: Response) -> AmbassadorAnswer:
    """An ambassador for the wire, with the version."""
    set_etag(response, found.version)
    return ambassador_answer(found, work.clock.now())


@router.post(
    "",
    status_code=201,
    summary="Register as an ambassador",
    responses=problems(AlreadyAnAmbassador, EmployerNotKnown, HomePostcodeNotKnown),
)
async def register_ambassador(
    body: ProfileRequest, caller: Volunteer, work: HttpWork, response: Response
) -> AmbassadorAnswer:
    """Yourself. A programme officer has you checked and inducted before schools may meet you."""
    found = await use_cases.register(work, caller.subject, body.profile(), body.postcode)
    response.headers["Location"] = f"/api/ambassadors/{found.id}"
    return shown(found, work, response)


@router.get("", summary="List ambassadors, newest first", responses=problems(CursorMalformed, NotAllowed))
async def list_ambassadors(
    caller: Caller,
    work: HttpWork,
    paging: PageRequest,
    status: Status | None = None,
    subject: Annotated[str | None, Query(max_length=200, examples=["Physics"])] = None,
    employer_id: Annotated[str | None, Query(max_length=64, pattern=ID_PATTERN)] = None,
    renewal_due: Annotated[bool, Query(description="Only those with a check to renew now.")] = False,
) -> Page[AmbassadorAnswer]:
    """All of them for the programme; an ambassador finds themself."""
    wanted = AmbassadorSearch(status, subject, employer_id, renewal_due)
    found = await views.ambassadors(work, caller, wanted, paging.after(str), paging.limit + 1)
    now = work.clock.now()
    return paging.page(found, lambda one: (one.id,), lambda one: ambassador_answer(one, now))


@router.get("/{ambassador_id}", summary="Read an ambassador", responses=problems(NotFound, NotAllowed))
async def read_ambassador(
    ambassador_id: AmbassadorId, caller: Caller, work: HttpWork, response: Response
) -> AmbassadorAnswer:
    """As they truly stand now."""
    return shown(await views.ambassador(work, caller, ambassador_id), work, response)


@router.get(
    "/{ambassador_id}/history", summary="Read what was decided about an ambassador", responses=problems(NotFound)
)
async def read_ambassador_history(ambassador_id: AmbassadorId, caller: Programme, work: HttpWork) -> HistoryAnswer:
    """Each decision with its time, who made it, and why."""
    return history_answer(await views.ambassador(work, caller, ambassador_id))


@router.put(
    "/{ambassador_id}",
    summary="Change what you offer",
    responses=problems(*CHANGE, EmployerNotKnown, HomePostcodeNotKnown),
)
async def change_ambassador(
    ambassador_id: AmbassadorId, body: ProfileRequest, caller: Volunteer, work: HttpWork, response: Response
) -> AmbassadorAnswer:
    """Takes the whole new set. Visits that are agreed stand."""
    await views.must_be(work, caller, ambassador_id)
    found = await use_cases.change_profile(work, ambassador_id, caller.subject, body.profile(), body.postcode)
    return shown(found, work, response)


@router.post("/{ambassador_id}/activation", summary="Be there for schools", responses=problems(*CHANGE))
async def activate_ambassador(
    ambassador_id: AmbassadorId, caller: Volunteer, work: HttpWork, response: Response
) -> AmbassadorAnswer:
    """Once you are inducted. Invitations may come from now on."""
    await views.must_be(work, caller, ambassador_id)
    return shown(await use_cases.activate(work, ambassador_id, caller.subject), work, response)


@router.post("/{ambassador_id}/pause", summary="Take no invitations for a while", responses=problems(*CHANGE))
async def pause_ambassador(
    ambassador_id: AmbassadorId, caller: Volunteer, work: HttpWork, response: Response
) -> AmbassadorAnswer:
    """What you have agreed to stands."""
    await views.must_be(work, caller, ambassador_id)
    return shown(await use_cases.pause(work, ambassador_id, caller.subject), work, response)


@router.post("/{ambassador_id}/resumption", summary="Take invitations again", responses=problems(*CHANGE))
async def resume_ambassador(
    ambassador_id: AmbassadorId, caller: Volunteer, work: HttpWork, response: Response
) -> AmbassadorAnswer:
    """After a pause."""
    await views.must_be(work, caller, ambassador_id)
    return shown(await use_cases.resume(work, ambassador_id, caller.subject), work, response)


@router.post("/{ambassador_id}/departure", summary="Leave for good", responses=problems(*CHANGE))
async def leave_programme(
    ambassador_id: AmbassadorId, caller: Volunteer, work: HttpWork, response: Response
) -> AmbassadorAnswer:
    """What is personal is erased at once; schools that expected you get somebody else. Not while
    you are suspended.
    """
    await views.must_be(work, caller, ambassador_id)
    return shown(await use_cases.leave(work, ambassador_id, caller.subject), work, response)
