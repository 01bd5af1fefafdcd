"""Applications: what teachers, schools and hosts do with them, and reading them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.placements.api.application_models import (
    ApplicationAnswer,
    ApplicationRequest,
    CodeRequest,
    WishesRequest,
    application_answer,
)
from services.placements.api.fields import (
    ID_PATTERN,
    ApplicationId,
    Approver,
    Host,
    OfferId,
    Teacher,
    hosts_of,
    own_school,
    work_without_version,
)
from services.placements.domain.application import Application, ApplicationStatus
from services.placements.domain.applying import AlreadyApplied, DatesDoNotFit, NoSuchCohort, OwnApplication
from services.placements.domain.asking import Ask, HostSuspended, OfferOver
from services.placements.domain.choosing import NoPlaceLeft
from services.placements.domain.diary import OverlappingPlacement
from services.placements.domain.known import NotAMember, PartnershipNotActive, SchoolClosed, SchoolNotKnown
from services.placements.domain.terms import ReasonUnknown
from services.placements.store import lineage
from services.placements.use_cases import applying as use_cases
from services.placements.views import applications as views
from services.placements.views.applications import Audience
from shared.http.paging import CursorMalformed, Page, PageRequest
from shared.http.principal import Caller, Principal
from shared.http.problems import problems
from shared.http.versions import set_etag
from shared.http.working import HttpWork
from shared.refusals import NotAllowed, NotFound, VersionMismatch
from shared.transitions import WrongState
from shared.work import Work

router = APIRouter(tags=["Placement applications"])
APPLICATIONS = "/api/offers/{offer_id}/applications"
ONE = APPLICATIONS + "/{application_id}"

CHANGE = (NotFound, WrongState, VersionMismatch)
WISHES = (NoSuchCohort, DatesDoNotFit)
HAND_IN = (HostSuspended, OverlappingPlacement, SchoolNotKnown, SchoolClosed, NotAMember, PartnershipNotActive)


def _shown(application: Application, work: Work, response: Response) -> ApplicationAnswer:
    answer = application_answer(application, work.clock.now())
    set_etag(response, answer.revision)
    return answer


def _by_teacher(caller: Principal, application_id: str, work: Work) -> tuple[Work, Ask]:
    """A teacher's question: If-Match speaks of the application, not of its offer."""
    ask = Ask(application_id, caller.subject, teacher_id=caller.subject, revision=work.if_version)
    return work_without_version(work), ask


async def _by_school(caller: Principal, application_id: str, work: Work) -> tuple[Work, Ask]:
    urns = await lineage(work, own_school(caller))
    ask = Ask(application_id, caller.subject, school_urns=urns, revision=work.if_version)
    return work_without_version(work), ask


def _by_host(caller: Principal, application_id: str, work: Work) -> tuple[Work, Ask]:
    ask = Ask(application_id, caller.subject, hosts=hosts_of(caller), revision=work.if_version)
    return work_without_version(work), ask


@router.post(
    APPLICATIONS,
    status_code=201,
    summary="Apply for a placement",
    responses=problems(NotFound, WrongState, AlreadyApplied, *WISHES, *HAND_IN, NotAllowed),
)
async def apply_for_placement(
    offer_id: OfferId, body: ApplicationRequest, caller: Teacher, work: HttpWork, response: Response
) -> ApplicationAnswer:
    """A draft, or handed in at once: then your school is asked, and after it the host."""
    application = await use_cases.apply(
        work_without_version(work),
        offer_id,
        teacher_id=caller.subject,
        school_urn=own_school(caller),
        wishes=body.wishes(),
        submit=body.submit,
    )
    response.headers["Location"] = f"/api/offers/{offer_id}/applications/{application.id}"
    return _shown(application, work, response)


@router.get(
    "/api/applications", summary="List applications, newest first", responses=problems(CursorMalformed, NotAllowed)
)
async def list_applications(
    caller: Caller,
    work: HttpWork,
    paging: PageRequest,
    status: Annotated[ApplicationStatus | None, Query(description="In this status only.")] = None,
    offer_id: Annotated[str | None, Query(max_length=64, pattern=ID_PATTERN)] = None,
) -> Page[ApplicationAnswer]:
    """Your own; your school's, once handed in; those for your employer's cohorts, once the school has agreed; all for
    the programme."""
    audience = await Audience.of(caller, work)
    now = work.clock.now()
    found = await views.applications(work, audience, status, offer_id, paging.after(str), paging.limit + 1)
    return paging.page(found, lambda one: (one.id,), lambda one: application_answer(one, now))


@router.get(ONE, summary="Read an application", responses=problems(NotFound, NotAllowed))
async def read_application(
    offer_id: OfferId, application_id: ApplicationId, caller: Caller, work: HttpWork, response: Response
) -> ApplicationAnswer:
    """An application as it stands now, with everything that was decided about it."""
    return _shown(
        await views.application(work, await Audience.of(caller, work), offer_id, application_id), work, response
    )


@router.put(ONE, summary="Change a draft", responses=problems(*CHANGE, *WISHES))
async def revise_application(
    offer_id: OfferId,
    application_id: ApplicationId,
    body: WishesRequest,
    caller: Teacher,
    work: HttpWork,
    response: Response,
) -> ApplicationAnswer:
    """Until it is handed in."""
    asked, ask = _by_teacher(caller, application_id, work)
    return _shown(await use_cases.revise(asked, offer_id, ask, body.wishes()), work, response)


@router.post(ONE + "/submission", summary="Hand an application in", responses=problems(*CHANGE, *WISHES, *HAND_IN))
async def submit_application(
    offer_id: OfferId, application_id: ApplicationId, caller: Teacher, work: HttpWork, response: Response
) -> ApplicationAnswer:
    """Your school is asked."""
    asked, ask = _by_teacher(caller, application_id, work)
    return _shown(await use_cases.submit(asked, offer_id, ask), work, response)


@router.post(
    ONE + "/approval",
    summary="Agree, for the school",
    responses=problems(*CHANGE, OwnApplication, OfferOver, NotAllowed),
)
async def approve_application(
    offer_id: OfferId, application_id: ApplicationId, caller: Approver, work: HttpWork, response: Response
) -> ApplicationAnswer:
    """The host sees it from now on, and is reminded if it does not answer."""
    asked, ask = await _by_school(caller, application_id, work)
    return _shown(await use_cases.approve(asked, offer_id, ask), work, response)


@router.post(
    ONE + "/refusal", summary="Do not agree, for the school", responses=problems(*CHANGE, ReasonUnknown, NotAllowed)
)
async def refuse_application(
    offer_id: OfferId,
    application_id: ApplicationId,
    body: CodeRequest,
    caller: Approver,
    work: HttpWork,
    response: Response,
) -> ApplicationAnswer:
    """It is declined; the host never sees it."""
    asked, ask = await _by_school(caller, application_id, work)
    return _shown(await use_cases.refuse(asked, offer_id, ask, body.reason_code), work, response)


@router.post(ONE + "/shortlisting", summary="Shortlist", responses=problems(*CHANGE, OfferOver, NotAllowed))
async def shortlist_application(
    offer_id: OfferId, application_id: ApplicationId, caller: Host, work: HttpWork, response: Response
) -> ApplicationAnswer:
    """The host looks closer; its time to answer begins anew."""
    asked, ask = _by_host(caller, application_id, work)
    return _shown(await use_cases.shortlist(asked, offer_id, ask), work, response)


@router.post(
    ONE + "/offer",
    summary="Offer a place",
    responses=problems(*CHANGE, OfferOver, HostSuspended, NoPlaceLeft, NotAllowed),
)
async def offer_place(
    offer_id: OfferId, application_id: ApplicationId, caller: Host, work: HttpWork, response: Response
) -> ApplicationAnswer:
    """The place is kept until the teacher has answered or the time is up."""
    asked, ask = _by_host(caller, application_id, work)
    return _shown(await use_cases.offer_place(asked, offer_id, ask), work, response)


@router.post(ONE + "/rejection", summary="Reject", responses=problems(*CHANGE, ReasonUnknown, NotAllowed))
async def reject_application(
    offer_id: OfferId,
    application_id: ApplicationId,
    body: CodeRequest,
    caller: Host,
    work: HttpWork,
    response: Response,
) -> ApplicationAnswer:
    """With a code, from which the teacher is helped to another offer."""
    asked, ask = _by_host(caller, application_id, work)
    return _shown(await use_cases.reject(asked, offer_id, ask, body.reason_code), work, response)


@router.post(
    ONE + "/acceptance",
    summary="Accept the offered place",
    responses=problems(*CHANGE, OfferOver, HostSuspended, OverlappingPlacement),
)
async def accept_place(
    offer_id: OfferId, application_id: ApplicationId, caller: Teacher, work: HttpWork, response: Response
) -> ApplicationAnswer:
    """It becomes a placement. What else you have applied for on these days is withdrawn shortly."""
    asked, ask = _by_teacher(caller, application_id, work)
    return _shown(await use_cases.accept(asked, offer_id, ask), work, response)


@router.post(ONE + "/turning-down", summary="Turn the offered place down", responses=problems(*CHANGE, ReasonUnknown))
async def turn_place_down(
    offer_id: OfferId,
    application_id: ApplicationId,
    body: CodeRequest,
    caller: Teacher,
    work: HttpWork,
    response: Response,
) -> ApplicationAnswer:
    """The place is free at once."""
    asked, ask = _by_teacher(caller, application_id, work)
    return _shown(await use_cases.turn_down(asked, offer_id, ask, body.reason_code), work, response)


@router.post(ONE + "/withdrawal", summary="Withdraw an application", responses=problems(*CHANGE, ReasonUnknown))
async def withdraw_application(
    offer_id: OfferId,
    application_id: ApplicationId,
    body: CodeRequest,
    caller: Teacher,
    work: HttpWork,
    response: Response,
) -> ApplicationAnswer:
    """At any time before it is accepted."""
    asked, ask = _by_teacher(caller, application_id, work)
    return _shown(await use_cases.withdraw(asked, offer_id, ask, body.reason_code), work, response)
