"""Recording attendance."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field, model_validator

from services.courses.api.booking_models import BookingAnswer, booking_answer
from services.courses.api.fields import (
    DELEGATE_ID,
    BookingId,
    Id,
    OccurrenceId,
    Officer,
    Reason,
    ReasonRequest,
    work_without_version,
)
from services.courses.api.occurrence_models import OccurrenceAnswer, occurrence_answer
from services.courses.domain.booking import Attendance
from services.courses.domain.cancellation import NoSuchDelegate
from services.courses.domain.register import NoSuchSession, Presence, ReasonNeeded, SessionNotBegun
from services.courses.use_cases import attendance as use_cases
from shared.http.problems import problems
from shared.http.requests import RequestModel
from shared.http.versions import set_etag
from shared.http.working import HttpWork
from shared.refusals import NotFound, VersionMismatch
from shared.transitions import WrongState

router = APIRouter(tags=["Attendance"])


class MarkRequest(RequestModel):
    """How one delegate attended. A mark that corrects an earlier one needs a reason."""

    delegate_id: Id
    attendance: Attendance
    reason: Reason | None = None


class AttendanceRequest(RequestModel):
    """The register of one session, numbered from 1, for some or all delegates of a booking."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"session": 1, "marks": [{"delegate_id": DELEGATE_ID, "attendance": "full"}]}]}
    )
    session: Annotated[int, Field(ge=1, le=200)]
    marks: Annotated[tuple[MarkRequest, ...], Field(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def _once_each(self) -> AttendanceRequest:
        if len({mark.delegate_id for mark in self.marks}) < len(self.marks):
            raise ValueError("Each delegate is marked once")
        return self


@router.post(
    "/api/occurrences/{occurrence_id}/bookings/{booking_id}/attendance",
    summary="Record attendance of a session",
    responses=problems(NotFound, WrongState, NoSuchSession, SessionNotBegun, NoSuchDelegate, ReasonNeeded),
)
async def record_attendance(
    occurrence_id: OccurrenceId,
    booking_id: BookingId,
    body: AttendanceRequest,
    caller: Officer,
    work: HttpWork,
    response: Response,
) -> BookingAnswer:
    """Adds marks. With all marks there and the last session over, the booking is settled and its funds are committed;
    a later correction settles it again under a higher revision.
    """
    presences = [Presence(mark.delegate_id, mark.attendance, mark.reason) for mark in body.marks]
    booking = await use_cases.record(
        work_without_version(work), occurrence_id, booking_id, caller.subject, body.session, presences
    )
    answer = booking_answer(booking, work.clock.now())
    set_etag(response, answer.revision)
    return answer


@router.post(
    "/api/occurrences/{occurrence_id}/attendance/closing",
    summary="Close the register as it is",
    responses=problems(NotFound, WrongState, VersionMismatch),
)
async def close_register(
    occurrence_id: OccurrenceId, body: ReasonRequest, caller: Officer, work: HttpWork, response: Response
) -> OccurrenceAnswer:
    """After the last session, where marks do not come: whoever has no mark was absent. Every booking is settled
    shortly, and what is not charged is free again; a mark may still be corrected.
    """
    occurrence = await use_cases.close(work, occurrence_id, caller.subject, body.reason)
    set_etag(response, occurrence.version)
    return occurrence_answer(occurrence, work.clock.now())
