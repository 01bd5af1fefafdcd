"""A school's approval of its bookings: its rule, what waits for its answer, and the answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response

from services.courses.api.approval_models import (
    ApprovalRefusalRequest,
    ApprovalRuleAnswer,
    ApprovalRuleRequest,
    approval_rule_answer,
)
from services.courses.api.booking_models import BookingAnswer, booking_answer
from services.courses.api.fields import BookingId, OccurrenceId, SchoolStaff, asked_by
from services.courses.domain.approval import NotAnApprover, OwnBooking
from services.courses.domain.approval_rule import (
    ApprovalRule,
    DeadlineTooLong,
    DeputyOver,
    DeputyTooLong,
    RefusalReasonUnknown,
)
from services.courses.domain.booking import Booking
from services.courses.domain.cancellation import OccurrenceBegun
from services.courses.domain.known import SchoolClosed, SchoolNotKnown
from services.courses.use_cases import approval_rule as rules
from services.courses.use_cases import booking as use_cases
from services.courses.views import approvals as views
from shared.http.paging import CursorMalformed, Page, PageRequest
from shared.http.principal import Principal, requires
from shared.http.problems import problems
from shared.http.versions import set_etag
from shared.http.working import HttpWork
from shared.refusals import NotAllowed, NotFound, VersionMismatch
from shared.transitions import WrongState

router = APIRouter(tags=["Approval of bookings"])
RULE = "/api/booking-approvals/{urn}"
BOOKING = "/api/occurrences/{occurrence_id}/bookings/{booking_id}"
ANSWERING = (NotFound, NotAllowed, NotAnApprover, OwnBooking, WrongState, VersionMismatch, OccurrenceBegun)

PathUrn = Annotated[str, Path(description="The school's URN.", pattern="^[0-9A-Za-z-]{1,20}$", examples=["900001"])]
Approver = Annotated[Principal, requires("school-approver")]
Reader = Annotated[
    Principal, requires("teacher", "school-approver", "partnership-lead", "programme-officer", "auditor")
]


def _own(urn: str, caller: Principal) -> None:
    """Raises NotFound for who acts for another school."""
    if caller.school_urn != urn:
        raise NotFound()


def _shown_rule(rule: ApprovalRule, now: datetime, response: Response) -> ApprovalRuleAnswer:
    set_etag(response, rule.version)
    return approval_rule_answer(rule, now)


def _shown(booking: Booking, now: datetime, response: Response) -> BookingAnswer:
    answer = booking_answer(booking, now)
    set_etag(response, answer.revision)
    return answer


@router.get(RULE, summary="Show whether a school approves its bookings", responses=problems(NotAllowed, NotFound))
async def get_approval_rule(urn: PathUrn, caller: Reader, work: HttpWork, response: Response) -> ApprovalRuleAnswer:
    """For its staff and the programme. Before a school has set a rule its bookings need no approval."""
    if not caller.has("programme-officer", "auditor"):
        _own(urn, caller)
    return _shown_rule(await views.rule_of(work, urn), work.clock.now(), response)


@router.put(
    RULE,
    summary="Set whether a school approves its bookings",
    responses=problems(
        NotAllowed,
        NotFound,
        SchoolNotKnown,
        SchoolClosed,
        DeadlineTooLong,
        DeputyOver,
        DeputyTooLong,
        VersionMismatch,
    ),
)
async def set_approval_rule(
    urn: PathUrn, body: ApprovalRuleRequest, caller: Approver, work: HttpWork, response: Response
) -> ApprovalRuleAnswer:
    """For approvers of the school. With `required`, bookings of its other staff wait for an answer from now on, and so
    do places that they accept from the waiting list. What waits already waits until its own deadline.
    """
    _own(urn, caller)
    return _shown_rule(await rules.set_approval_rule(work, urn, body.wanted()), work.clock.now(), response)


@router.get(
    RULE + "/waiting",
    summary="List what waits for a school's approval, oldest due first",
    responses=problems(CursorMalformed, NotAllowed, NotAnApprover, NotFound),
)
async def list_waiting_for_approval(
    urn: PathUrn, caller: SchoolStaff, work: HttpWork, paging: PageRequest
) -> Page[BookingAnswer]:
    """For those who answer: bookings of all occurrences. Other staff see them in the list of bookings."""
    _own(urn, caller)
    now = work.clock.now()
    found = await views.waiting(work, urn, caller, paging.after(datetime, str), paging.limit + 1)
    return paging.page(
        found, lambda booking: (booking.expires_at or now, booking.id), lambda booking: booking_answer(booking, now)
    )


@router.post(BOOKING + "/approval", summary="Approve a booking for its school", responses=problems(*ANSWERING))
async def approve_booking(
    occurrence_id: OccurrenceId, booking_id: BookingId, caller: SchoolStaff, work: HttpWork, response: Response
) -> BookingAnswer:
    """For approvers of the school and their deputy, before `approval_due_at`. The booking goes on as it would have done
    without asking: for cover, for its bursary, or to `confirmed`.
    """
    asked, ask = await asked_by(caller, booking_id, work)
    return _shown(await use_cases.approve(asked, occurrence_id, ask), work.clock.now(), response)


@router.post(
    BOOKING + "/approval/refusal",
    summary="Refuse a booking for its school",
    responses=problems(*ANSWERING, RefusalReasonUnknown),
)
async def refuse_booking(
    occurrence_id: OccurrenceId,
    booking_id: BookingId,
    body: ApprovalRefusalRequest,
    caller: SchoolStaff,
    work: HttpWork,
    response: Response,
) -> BookingAnswer:
    """For approvers of the school and their deputy: the booking is `declined`, its places go to the waiting list."""
    asked, ask = await asked_by(caller, booking_id, work)
    return _shown(await use_cases.refuse(asked, occurrence_id, ask, body.reason), work.clock.now(), response)
