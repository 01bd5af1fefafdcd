"""Placements: signing, amending, confirming, recording, reflecting, cancelling."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.placements.api.fields import PlacementId, ReasonRequest
from services.placements.api.placement_models import (
    AmendmentRequest,
    CancellationRequest,
    DaysRequest,
    HostingAgainRequest,
    PlacementAnswer,
    ReflectionRequest,
    SignatureRequest,
    placement_answer,
)
from services.placements.domain.agreement import (
    AgreementChanged,
    AlreadySigned,
    AmendedDatesDoNotFit,
    CoverNotAnswered,
    NothingAmended,
    SignedForAnother,
)
from services.placements.domain.compliance import ComplianceMissing
from services.placements.domain.diary import OverlappingPlacement
from services.placements.domain.hosting import DayNotYet, DayReasonNeeded, NoSuchDay
from services.placements.domain.party import Actor, WrongParty
from services.placements.domain.placement import Placement, PlacementStatus
from services.placements.domain.reflecting import HostNotAsked
from services.placements.domain.terms import ReasonUnknown
from services.placements.store import lineage
from services.placements.use_cases import placements as use_cases
from services.placements.views import placements as views
from services.placements.views.applications import Audience
from shared.http.paging import CursorMalformed, Page, PageRequest
from shared.http.principal import Caller, Principal, requires
from shared.http.problems import problems
from shared.http.versions import set_etag
from shared.http.working import HttpWork
from shared.refusals import NotAllowed, NotFound, VersionMismatch
from shared.transitions import WrongState
from shared.work import Work

router = APIRouter(prefix="/api/placements", tags=["Placements"])
ONE = "/{placement_id}"
CHANGE = (NotFound, WrongParty, WrongState, VersionMismatch)
DAYS = (NoSuchDay, DayNotYet, DayReasonNeeded)

AnyParty = Annotated[Principal, requires("teacher", "school-approver", "host-contact", "programme-officer")]
Signer = Annotated[Principal, requires("teacher", "school-approver", "host-contact")]
Payer = Annotated[Principal, requires("teacher", "school-approver")]
Teacher = Annotated[Principal, requires("teacher")]
HostOnly = Annotated[Principal, requires("host-contact")]
Recorder = Annotated[Principal, requires("host-contact", "programme-officer", "teacher")]
Confirmer = Annotated[Principal, requires("teacher", "host-contact")]
Officer = Annotated[Principal, requires("programme-officer")]
Host = Annotated[Principal, requires("host-contact", "programme-officer")]


async def actor_of(caller: Principal, work: Work) -> Actor:
    """For whom a caller acts; a school for those that it has succeeded too."""
    school = caller.school_urn if caller.has("school-approver") else None
    return Actor(
        subject=caller.subject,
        is_teacher=caller.has("teacher"),
        school_urns=() if school is None else await lineage(work, school),
        employer_id=caller.employer_id if caller.has("host-contact") else None,
        officer=caller.has("programme-officer"),
    )


def _shown(placement: Placement, response: Response) -> PlacementAnswer:
    set_etag(response, placement.version)
    return placement_answer(placement)


@router.get("", summary="List placements, newest first", responses=problems(CursorMalformed, NotAllowed))
async def list_placements(
    caller: Caller,
    work: HttpWork,
    paging: PageRequest,
    status: Annotated[PlacementStatus | None, Query(description="In this status only.")] = None,
) -> Page[PlacementAnswer]:
    """Your own, your school's, your employer's; all of them for the programme."""
    found = await views.placements(work, await Audience.of(caller, work), status, paging.after(str), paging.limit + 1)
    return paging.page(found, lambda one: (one.id,), placement_answer)


@router.get(ONE, summary="Read a placement", responses=problems(NotFound, NotAllowed))
async def read_placement(
    placement_id: PlacementId, caller: Caller, work: HttpWork, response: Response
) -> PlacementAnswer:
    """With its agreement, its days, and everything that was decided about it."""
    return _shown(await views.placement(work, await Audience.of(caller, work), placement_id), response)


@router.post(ONE + "/own-cost", summary="Go on at the school's own cost", responses=problems(*CHANGE))
async def go_on_at_own_cost(
    placement_id: PlacementId, caller: Payer, work: HttpWork, response: Response
) -> PlacementAnswer:
    """Instead of letting it end after a refused bursary: the agreement is drafted, and the school signs it too."""
    return _shown(await use_cases.go_on_at_own_cost(work, placement_id, await actor_of(caller, work)), response)


@router.post(
    ONE + "/signatures",
    summary="Sign the agreement",
    responses=problems(*CHANGE, CoverNotAnswered, AgreementChanged, AlreadySigned, SignedForAnother),
)
async def sign_placement_agreement(
    placement_id: PlacementId, body: SignatureRequest, caller: Signer, work: HttpWork, response: Response
) -> PlacementAnswer:
    """For your party, on the current version. With the last signature it is signed."""
    placement = await use_cases.sign(work, placement_id, await actor_of(caller, work), body.party, body.version)
    return _shown(placement, response)


@router.post(
    ONE + "/amendments",
    summary="Amend the agreement",
    responses=problems(*CHANGE, CoverNotAnswered, NothingAmended, AmendedDatesDoNotFit, OverlappingPlacement),
)
async def amend_placement_agreement(
    placement_id: PlacementId, body: AmendmentRequest, caller: AnyParty, work: HttpWork, response: Response
) -> PlacementAnswer:
    """Makes the next version. Only the parties that it touches have to sign again."""
    placement = await use_cases.amend(work, placement_id, await actor_of(caller, work), body.changes(), body.reason)
    return _shown(placement, response)


@router.post(ONE + "/confirmation", summary="Confirm, for the host", responses=problems(*CHANGE, ComplianceMissing))
async def confirm_placement(
    placement_id: PlacementId, caller: HostOnly, work: HttpWork, response: Response
) -> PlacementAnswer:
    """The teacher is expected; all compliance documents have to be valid today."""
    return _shown(await use_cases.confirm(work, placement_id, await actor_of(caller, work)), response)


@router.post(ONE + "/days", summary="Record days", responses=problems(*CHANGE, *DAYS))
async def record_days(
    placement_id: PlacementId, body: DaysRequest, caller: Recorder, work: HttpWork, response: Response
) -> PlacementAnswer:
    """For the host, or the programme; the teacher too once they are overdue. Once every day is recorded, somebody else
    is asked to confirm. After a dispute, the same marks say that you stand by them.
    """
    return _shown(await use_cases.record_days(work, placement_id, await actor_of(caller, work), body.marks()), response)


@router.post(ONE + "/days/closing", summary="Close the days as they are", responses=problems(*CHANGE, DayNotYet))
async def close_days(
    placement_id: PlacementId, body: ReasonRequest, caller: Officer, work: HttpWork, response: Response
) -> PlacementAnswer:
    """After the last day, where the host does not record: a day without a mark was not done. The teacher may dispute
    it, and silence confirms it; once the days were disputed, this settles them.
    """
    return _shown(await use_cases.close_days(work, placement_id, await actor_of(caller, work), body.reason), response)


@router.post(ONE + "/days/confirmation", summary="Confirm the recorded days", responses=problems(*CHANGE))
async def confirm_days(
    placement_id: PlacementId, caller: Confirmer, work: HttpWork, response: Response
) -> PlacementAnswer:
    """For the teacher, or for the host where the teacher has recorded last. The bursary is charged for them. Silence
    confirms them too, after a while.
    """
    return _shown(await use_cases.confirm_days(work, placement_id, await actor_of(caller, work)), response)


@router.post(ONE + "/days/dispute", summary="Dispute the recorded days", responses=problems(*CHANGE))
async def dispute_days(
    placement_id: PlacementId, body: ReasonRequest, caller: Teacher, work: HttpWork, response: Response
) -> PlacementAnswer:
    """The host looks at them again."""
    return _shown(await use_cases.dispute_days(work, placement_id, await actor_of(caller, work), body.reason), response)


@router.post(ONE + "/days/correction", summary="Correct settled days", responses=problems(*CHANGE, *DAYS))
async def correct_days(
    placement_id: PlacementId, body: DaysRequest, caller: Host, work: HttpWork, response: Response
) -> PlacementAnswer:
    """Each with a reason. Money and outcome follow under a higher revision."""
    return _shown(
        await use_cases.correct_days(work, placement_id, await actor_of(caller, work), body.marks()), response
    )


@router.post(ONE + "/reflection", summary="Hand in the reflection", responses=problems(*CHANGE))
async def hand_in_reflection(
    placement_id: PlacementId, body: ReflectionRequest, caller: Teacher, work: HttpWork, response: Response
) -> PlacementAnswer:
    """The placement is completed with it, in whole or in part."""
    placement = await use_cases.reflect(
        work, placement_id, await actor_of(caller, work), body.text, body.pupils_to_reach
    )
    return _shown(placement, response)


@router.post(
    ONE + "/hosting-again", summary="Say whether you will host again", responses=problems(*CHANGE, HostNotAsked)
)
async def answer_hosting_again(
    placement_id: PlacementId, body: HostingAgainRequest, caller: HostOnly, work: HttpWork, response: Response
) -> PlacementAnswer:
    """You are asked once the days are settled. If you will, your next offer is drafted shortly, for you to submit."""
    placement = await use_cases.answer_hosting_again(
        work, placement_id, await actor_of(caller, work), hosts_again=body.hosts_again
    )
    return _shown(placement, response)


@router.post(ONE + "/cancellation", summary="Cancel a placement", responses=problems(*CHANGE, ReasonUnknown))
async def cancel_placement(
    placement_id: PlacementId, body: CancellationRequest, caller: AnyParty, work: HttpWork, response: Response
) -> PlacementAnswer:
    """Before it has begun: place and money are free again. Afterwards the days to come are left out."""
    placement = await use_cases.cancel(
        work, placement_id, await actor_of(caller, work), body.for_party(), body.reason_code
    )
    return _shown(placement, response)
