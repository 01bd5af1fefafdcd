"""Where a partnership stands: one operation a verb of its life cycle."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import ConfigDict

from services.partnerships.api.parameters import Acting, PartnershipId, ReasonText
from services.partnerships.api.partnerships import answered
from services.partnerships.domain.formation import SchoolsNotEligible
from services.partnerships.domain.milestones import FirstYearOutOfTurn
from services.partnerships.domain.partnership import SchoolTaken
from services.partnerships.domain.progress import InvitationsOpen, ReviewOutOfTurn, WrongNumberOfSchools
from services.partnerships.use_cases import partnerships
from services.partnerships.views.partnerships import PartnershipAnswer
from shared.http.problems import RequestInvalid, problems
from shared.http.requests import RequestModel
from shared.http.working import HttpWork
from shared.refusals import NotAllowed, NotFound, VersionMismatch
from shared.transitions import WrongState

router = APIRouter(prefix="/api/partnerships/{partnership_id}", tags=["partnerships"])

STEP_PROBLEMS = (NotAllowed, NotFound, WrongState, VersionMismatch)


class Explanation(RequestModel):
    """Why, in words that the schools will read. No names of persons."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The plan names no course for year 1 yet."}]})
    reason: ReasonText


class Findings(RequestModel):
    """What a review has found, in words that the schools will read. No names of persons."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"findings": "Physics is ahead, the visits are late."}]})
    findings: ReasonText


@router.post(
    "/submission",
    summary="Submit for review",
    responses=problems(*STEP_PROBLEMS, WrongNumberOfSchools, InvitationsOpen, SchoolsNotEligible, SchoolTaken),
)
async def submit_partnership(
    partnership_id: PartnershipId, actor: Acting, work: HttpWork, response: Response
) -> PartnershipAnswer:
    """Hand it in: enough eligible schools have accepted, none of them is in another partnership."""
    return answered(await partnerships.submit(work, partnership_id, actor), response)


@router.post("/withdrawal", summary="Withdraw", responses=problems(*STEP_PROBLEMS))
async def withdraw_partnership(
    partnership_id: PartnershipId, actor: Acting, work: HttpWork, response: Response
) -> PartnershipAnswer:
    """The lead school takes it back before it is decided on."""
    return answered(await partnerships.withdraw(work, partnership_id, actor), response)


@router.post("/review", summary="Start the review", responses=problems(*STEP_PROBLEMS))
async def start_partnership_review(
    partnership_id: PartnershipId, actor: Acting, work: HttpWork, response: Response
) -> PartnershipAnswer:
    """A programme officer takes it into review."""
    return answered(await partnerships.start_review(work, partnership_id, actor), response)


@router.post(
    "/change-request",
    summary="Ask for changes",
    responses=problems(*STEP_PROBLEMS, RequestInvalid),
)
async def request_partnership_changes(
    partnership_id: PartnershipId, body: Explanation, actor: Acting, work: HttpWork, response: Response
) -> PartnershipAnswer:
    """A programme officer gives it back with what has to change."""
    return answered(await partnerships.request_changes(work, partnership_id, body.reason, actor), response)


@router.post(
    "/approval",
    summary="Approve",
    responses=problems(*STEP_PROBLEMS, SchoolTaken),
)
async def approve_partnership(
    partnership_id: PartnershipId, actor: Acting, work: HttpWork, response: Response
) -> PartnershipAnswer:
    """A programme officer approves it; from now on no other partnership can have its schools."""
    return answered(await partnerships.approve(work, partnership_id, actor), response)


@router.post(
    "/decline",
    summary="Decline",
    responses=problems(*STEP_PROBLEMS, RequestInvalid),
)
async def decline_partnership(
    partnership_id: PartnershipId, body: Explanation, actor: Acting, work: HttpWork, response: Response
) -> PartnershipAnswer:
    """A programme officer turns it down for good."""
    return answered(await partnerships.decline(work, partnership_id, body.reason, actor), response)


@router.post("/agreement", summary="Sign the agreement", responses=problems(*STEP_PROBLEMS))
async def sign_agreement(
    partnership_id: PartnershipId, actor: Acting, work: HttpWork, response: Response
) -> PartnershipAnswer:
    """The lead school, or a programme officer for it, says that the agreement is signed."""
    return answered(await partnerships.sign_agreement(work, partnership_id, actor), response)


@router.post("/activation", summary="Activate", responses=problems(*STEP_PROBLEMS, FirstYearOutOfTurn))
async def activate_partnership(
    partnership_id: PartnershipId, actor: Acting, work: HttpWork, response: Response
) -> PartnershipAnswer:
    """A programme officer lets its schools use its funds. Its first year is this academic year, or its plan's."""
    return answered(await partnerships.activate(work, partnership_id, actor), response)


@router.post(
    "/suspension",
    summary="Suspend",
    responses=problems(*STEP_PROBLEMS, RequestInvalid),
)
async def suspend_partnership(
    partnership_id: PartnershipId, body: Explanation, actor: Acting, work: HttpWork, response: Response
) -> PartnershipAnswer:
    """It takes no new commitments until it is resumed. What is reserved stays reserved."""
    return answered(await partnerships.suspend(work, partnership_id, body.reason, actor), response)


@router.post("/resumption", summary="Resume", responses=problems(*STEP_PROBLEMS))
async def resume_partnership(
    partnership_id: PartnershipId, actor: Acting, work: HttpWork, response: Response
) -> PartnershipAnswer:
    """It goes on after a suspension, where it was."""
    return answered(await partnerships.resume(work, partnership_id, actor), response)


@router.post(
    "/termination",
    summary="Terminate",
    responses=problems(*STEP_PROBLEMS, RequestInvalid),
)
async def terminate_partnership(
    partnership_id: PartnershipId, body: Explanation, actor: Acting, work: HttpWork, response: Response
) -> PartnershipAnswer:
    """It ends early: its schools are free, and nothing more can be reserved."""
    return answered(await partnerships.terminate(work, partnership_id, body.reason, actor), response)


@router.post(
    "/mid-point-review", summary="Start the mid-point review", responses=problems(*STEP_PROBLEMS, ReviewOutOfTurn)
)
async def start_mid_point_review(
    partnership_id: PartnershipId, actor: Acting, work: HttpWork, response: Response
) -> PartnershipAnswer:
    """A programme officer looks at the first year. Its schools go on using its funds meanwhile."""
    return answered(await partnerships.start_mid_point_review(work, partnership_id, actor), response)


@router.post("/continuation", summary="Go on into the second year", responses=problems(*STEP_PROBLEMS, RequestInvalid))
async def continue_partnership(
    partnership_id: PartnershipId, body: Findings, actor: Acting, work: HttpWork, response: Response
) -> PartnershipAnswer:
    """The mid-point review is over, or a final one was too early; what it found is kept in the history."""
    return answered(await partnerships.go_on(work, partnership_id, body.findings, actor), response)


@router.post("/final-review", summary="Start the final review", responses=problems(*STEP_PROBLEMS, ReviewOutOfTurn))
async def start_final_review(
    partnership_id: PartnershipId, actor: Acting, work: HttpWork, response: Response
) -> PartnershipAnswer:
    """A programme officer looks at both years."""
    return answered(await partnerships.start_final_review(work, partnership_id, actor), response)


@router.post("/completion", summary="Complete", responses=problems(*STEP_PROBLEMS, RequestInvalid))
async def complete_partnership(
    partnership_id: PartnershipId, body: Findings, actor: Acting, work: HttpWork, response: Response
) -> PartnershipAnswer:
    """The final review is over: its schools are free, and nothing more can be reserved. What is owed is still paid."""
    return answered(await partnerships.complete(work, partnership_id, body.findings, actor), response)


@router.post("/alumni", summary="Join the alumni", responses=problems(*STEP_PROBLEMS))
async def join_alumni(
    partnership_id: PartnershipId, actor: Acting, work: HttpWork, response: Response
) -> PartnershipAnswer:
    """A completed partnership stays with the programme and is invited to its days."""
    return answered(await partnerships.join_alumni(work, partnership_id, actor), response)
