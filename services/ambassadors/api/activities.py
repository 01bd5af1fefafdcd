"""Activities: schools ask, ambassadors answer, the programme sees why who was asked."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.ambassadors.api.activity_models import (
    AcceptanceRequest,
    ActivityAnswer,
    ActivityBody,
    CandidateAnswer,
    CandidatesAnswer,
    InvitationRequest,
    activity_answer,
    candidate_answer,
)
from services.ambassadors.api.ambassador_models import history_answer
from services.ambassadors.api.fields import (
    ID_PATTERN,
    ActivityId,
    AmbassadorId,
    HistoryAnswer,
    Officer,
    Programme,
    ReasonRequest,
    SchoolStaff,
    Volunteer,
    school_of,
)
from services.ambassadors.domain.asking import SlotsOverlap, TooSoon, Wish
from services.ambassadors.domain.inviting import DateTooNear, MayNotVisit, NoSuchDate, NotSuitable, PromisedAlready
from services.ambassadors.domain.known import (
    NotOfThePartnership,
    SchoolPositionNotKnown,
    VisitPartnershipNotActive,
    VisitSchoolClosed,
    VisitSchoolNotKnown,
)
from services.ambassadors.domain.request import ActivityRequest, RequestStatus
from services.ambassadors.domain.visiting import VisitBegun
from services.ambassadors.use_cases import requests as use_cases
from services.ambassadors.views import requests as views
from services.ambassadors.views.ambassadors import own
from services.ambassadors.views.requests import audience_of
from shared.http.paging import CursorMalformed, Page, PageRequest
from shared.http.principal import Caller, Principal
from shared.http.problems import problems
from shared.http.versions import set_etag
from shared.http.working import HttpWork
from shared.ids import new_id
from shared.refusals import NotAllowed, NotFound, VersionMismatch
from shared.transitions import WrongState

router = APIRouter(prefix="/api/activities", tags=["Activities"])
CHANGE = (NotFound, WrongState, VersionMismatch)
ASKING = (
    VisitSchoolNotKnown,
    VisitSchoolClosed,
    SchoolPositionNotKnown,
    VisitPartnershipNotActive,
    NotOfThePartnership,
    SlotsOverlap,
    TooSoon,
)


def _shown(
    found: ActivityRequest, caller: Principal, response: Response, ambassador_id: str | None = None
) -> ActivityAnswer:
    set_etag(response, found.version)
    return activity_answer(found, programme=caller.has(*views.SEES_ALL), ambassador_id=ambassador_id)


@router.post("", status_code=201, summary="Ask for an activity", responses=problems(*ASKING, NotAllowed))
async def ask_for_activity(
    body: ActivityBody, caller: SchoolStaff, work: HttpWork, response: Response
) -> ActivityAnswer:
    """For your school. Somebody who suits is invited at once, and the next one when an invitation comes to nothing."""
    wish = Wish(
        request_id=new_id(),
        school_urn=school_of(caller),
        asked_by=caller.subject,
        activity=body.activity(),
        slots=body.slots(),
        partnership_id=body.partnership_id,
    )
    found = await use_cases.ask(work, wish)
    response.headers["Location"] = f"/api/activities/{found.id}"
    return _shown(found, caller, response)


@router.get("", summary="List activities, newest first", responses=problems(CursorMalformed, NotAllowed))
async def list_activities(
    caller: Caller,
    work: HttpWork,
    paging: PageRequest,
    status: Annotated[RequestStatus | None, Query(description="In this status only.")] = None,
    tour_id: Annotated[str | None, Query(max_length=64, pattern=ID_PATTERN)] = None,
) -> Page[ActivityAnswer]:
    """Your school's, those of the partnership you lead, or those that you, as an ambassador, are asked to or have
    agreed to; all of them for the programme.
    """
    audience = await audience_of(work, caller)
    found = await views.requests(work, audience, status, tour_id, paging.after(str), paging.limit + 1)
    return paging.page(
        found,
        lambda one: (one.id,),
        lambda one: activity_answer(one, programme=audience.everything, ambassador_id=audience.ambassador_id),
    )


@router.get("/{activity_id}", summary="Read an activity", responses=problems(NotFound, NotAllowed))
async def read_activity(activity_id: ActivityId, caller: Caller, work: HttpWork, response: Response) -> ActivityAnswer:
    """As it truly stands now."""
    audience = await audience_of(work, caller)
    found = await views.request(work, audience, activity_id)
    return _shown(found, caller, response, audience.ambassador_id)


@router.get("/{activity_id}/history", summary="Read what was decided about an activity", responses=problems(NotFound))
async def read_activity_history(activity_id: ActivityId, caller: Programme, work: HttpWork) -> HistoryAnswer:
    """Each decision with its time, who made it, and why; with all who were asked, so it is for the programme."""
    return history_answer(await views.request(work, await audience_of(work, caller), activity_id))


@router.get("/{activity_id}/candidates", summary="See who suits, and why", responses=problems(NotFound))
async def read_activity_candidates(
    activity_id: ActivityId,
    _caller: Programme,
    work: HttpWork,
    limit: Annotated[int, Query(ge=1, le=200)] = 20,
    unsuitable: Annotated[bool, Query(description="Also those around the school who do not suit, with why.")] = False,
) -> CandidatesAnswer:
    """Best first, every factor with its weight; what must hold is apart from what ranks."""
    found = await views.candidates(work, activity_id, limit, unsuitable=unsuitable)
    return CandidatesAnswer(items=tuple(candidate_answer(one) for one in found.shown), suitable=found.suitable)


@router.get(
    "/{activity_id}/candidates/{ambassador_id}",
    summary="See why an ambassador suits, or does not",
    responses=problems(NotFound),
)
async def read_activity_candidate(
    activity_id: ActivityId, ambassador_id: AmbassadorId, _caller: Programme, work: HttpWork
) -> CandidateAnswer:
    """Every factor, and what would have to be otherwise."""
    return candidate_answer(await views.candidate(work, activity_id, ambassador_id))


@router.post("/{activity_id}/matching", summary="Look for somebody now", responses=problems(*CHANGE))
async def match_activity(
    activity_id: ActivityId, caller: Officer, work: HttpWork, response: Response
) -> ActivityAnswer:
    """The schedule does so by itself; this is for the impatient. Changes nothing while an invitation is open."""
    return _shown(await use_cases.look(work, activity_id, caller.subject), caller, response)


@router.post("/{activity_id}/invitations", summary="Invite somebody", responses=problems(*CHANGE, NotSuitable))
async def invite_ambassador(
    activity_id: ActivityId, body: InvitationRequest, caller: Officer, work: HttpWork, response: Response
) -> ActivityAnswer:
    """Somebody whom you have chosen among those who suit. No rule is waived by it."""
    found = await use_cases.invite(work, activity_id, caller.subject, body.ambassador_id)
    return _shown(found, caller, response)


@router.post(
    "/{activity_id}/acceptance",
    summary="Accept an invitation",
    responses=problems(*CHANGE, NoSuchDate, DateTooNear, MayNotVisit, PromisedAlready, NotAllowed),
)
async def promise_visit(
    activity_id: ActivityId, body: AcceptanceRequest, caller: Volunteer, work: HttpWork, response: Response
) -> ActivityAnswer:
    """You promise to come at one of the dates. The school then confirms it and says who is with the pupils."""
    ambassador_id = await own(work, caller)
    found = await use_cases.accept(work, activity_id, ambassador_id, caller.subject, body.starts_at)
    return _shown(found, caller, response, ambassador_id)


@router.post("/{activity_id}/refusal", summary="Decline an invitation", responses=problems(*CHANGE, NotAllowed))
async def turn_invitation_down(
    activity_id: ActivityId, caller: Volunteer, work: HttpWork, response: Response
) -> ActivityAnswer:
    """The next one is asked. The school does not learn of it."""
    ambassador_id = await own(work, caller)
    found = await use_cases.turn_down(work, activity_id, ambassador_id, caller.subject)
    return _shown(found, caller, response, ambassador_id)


@router.post(
    "/{activity_id}/cancellation", summary="Need no ambassador any more", responses=problems(*CHANGE, VisitBegun)
)
async def cancel_activity(
    activity_id: ActivityId, body: ReasonRequest, caller: SchoolStaff, work: HttpWork, response: Response
) -> ActivityAnswer:
    """Whoever has agreed need not come. Once the visit has begun, say what came of it instead."""
    found = await use_cases.cancel(work, activity_id, caller.subject, school_of(caller), body.reason)
    return _shown(found, caller, response)


@router.post("/{activity_id}/rejection", summary="Decline an activity", responses=problems(*CHANGE))
async def reject_activity(
    activity_id: ActivityId, body: ReasonRequest, caller: Officer, work: HttpWork, response: Response
) -> ActivityAnswer:
    """The programme does not do this."""
    return _shown(await use_cases.decline(work, activity_id, caller.subject, body.reason), caller, response)
