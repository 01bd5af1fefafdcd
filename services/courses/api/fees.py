"""Fees of a booking: what cancelling it would cost, and letting a school off."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.courses.api.booking_models import BookingAnswer, booking_answer
from services.courses.api.fee_models import QuoteAnswer, quote_answer
from services.courses.api.fields import (
    DELEGATE_ID,
    ID_PATTERN,
    BookingId,
    OccurrenceId,
    Officer,
    ReasonRequest,
    work_without_version,
)
from services.courses.domain.cancellation import LastDelegate, NoSuchDelegate, OccurrenceBegun
from services.courses.domain.charging import NoFeeToWaive
from services.courses.use_cases import booking as use_cases
from services.courses.views import bookings as views
from services.courses.views.bookings import Audience
from shared.http.principal import Caller
from shared.http.problems import problems
from shared.http.versions import set_etag
from shared.http.working import HttpWork
from shared.refusals import NotAllowed, NotFound
from shared.transitions import WrongState

router = APIRouter(tags=["Fees of bookings"])
ONE = "/api/occurrences/{occurrence_id}/bookings/{booking_id}"


@router.get(
    ONE + "/cancellation-quote",
    summary="Ask what cancelling would cost",
    responses=problems(NotFound, NotAllowed, WrongState, OccurrenceBegun, NoSuchDelegate, LastDelegate),
)
async def quote_cancellation(
    occurrence_id: OccurrenceId,
    booking_id: BookingId,
    caller: Caller,
    work: HttpWork,
    delegate_id: Annotated[
        str | None,
        Query(max_length=64, pattern=ID_PATTERN, description="This delegate alone.", examples=[DELEGATE_ID]),
    ] = None,
) -> QuoteAnswer:
    """For the whole booking or one delegate: the school's own cost, also where a bursary pays for the course. Cancel
    with `accepts_fee_pence` to pay no more than this.
    """
    quoted, zone = await views.cancellation_quote(work, Audience.of(caller), occurrence_id, booking_id, delegate_id)
    return quote_answer(quoted, zone)


@router.post(
    ONE + "/fee-waiver", summary="Waive the fees of a booking", responses=problems(NotFound, NotAllowed, NoFeeToWaive)
)
async def waive_fee(
    occurrence_id: OccurrenceId,
    booking_id: BookingId,
    body: ReasonRequest,
    caller: Officer,
    work: HttpWork,
    response: Response,
) -> BookingAnswer:
    """Everything that it owes for cancelling and for staying away, with a reason that stays in its history."""
    booking = await use_cases.waive_fee(
        work_without_version(work), occurrence_id, booking_id, caller.subject, body.reason
    )
    answer = booking_answer(booking, work.clock.now())
    set_etag(response, answer.revision)
    return answer
