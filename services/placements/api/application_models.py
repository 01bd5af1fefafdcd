"""What goes over the wire about applications."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from services.placements.api.fields import (
    APPLICATION_ID,
    EMPLOYER_ID,
    OFFER_ID,
    PARTNERSHIP_ID,
    TEACHER_ID,
    Code,
    Id,
    ShortText,
)
from services.placements.domain.application import Application, ApplicationStatus, Step, Wishes, as_of
from services.placements.domain.vocabulary import AccessNeed
from shared.http.requests import RequestModel, ResponseModel

_DATES = ["2027-06-07", "2027-06-08", "2027-06-09", "2027-06-10", "2027-06-11"]
_WISHES: dict[str, Any] = {
    "cohort": 1,
    "dates": _DATES,
    "subjects": ["Physics"],
    "access_needs": ["step-free"],
    "partnership_id": PARTNERSHIP_ID,
    "statement": "I want to show my pupils what measuring is for.",
}


class WishesRequest(RequestModel):
    """What you ask for. Without dates it is the first working days of the cohort to come; without a partnership no
    bursary.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_WISHES]})
    cohort: Annotated[int, Field(ge=1, le=100)] = 1
    dates: Annotated[tuple[date, ...], Field(max_length=20)] = ()
    subjects: Annotated[tuple[ShortText, ...], Field(max_length=10)] = ()
    access_needs: Annotated[tuple[AccessNeed, ...], Field(max_length=10)] = ()
    partnership_id: Id | None = None
    statement: Annotated[str, Field(max_length=4000)] = ""

    def wishes(self) -> Wishes:
        """As the domain knows it."""
        return Wishes(**self.model_dump(include=set(Wishes.model_fields)))


class ApplicationRequest(WishesRequest):
    """An application; with `submit` it is handed in at once, without it is a draft."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_WISHES, "submit": True}]})
    submit: bool = False


class CodeRequest(RequestModel):
    """A decision with a reason from the list that is valid today; a wrong code is answered with the list."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason_code": "other"}]})
    reason_code: Code


class StepAnswer(ResponseModel):
    """A decision, where it led, and why."""

    at: datetime
    verb: str
    status: str
    reason: str
    by: str


_EXAMPLE: dict[str, Any] = {
    "application_id": APPLICATION_ID,
    "offer_id": OFFER_ID,
    "employer_id": EMPLOYER_ID,
    "teacher_id": TEACHER_ID,
    "school_urn": "900001",
    "status": "submitted",
    **_WISHES,
    "applied_at": "2026-09-14T10:17:07.250000Z",
    "answer_due_at": "2026-09-28T10:17:07.250000Z",
    "reason_code": None,
    "placement_id": None,
    "revision": 2,
    "history": [
        {
            "at": "2026-09-14T10:17:07.250000Z",
            "verb": "submit",
            "status": "submitted",
            "reason": "The school is asked.",
            "by": TEACHER_ID,
        }
    ],
}


class ApplicationAnswer(ResponseModel):
    """An application as it stands now. `answer_due_at` is when an answer is no longer waited for."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})
    application_id: str
    offer_id: str
    employer_id: str
    teacher_id: str
    school_urn: str
    status: ApplicationStatus
    cohort: int
    dates: tuple[date, ...]
    subjects: tuple[str, ...]
    access_needs: tuple[AccessNeed, ...]
    partnership_id: str | None
    statement: str
    applied_at: datetime
    answer_due_at: datetime | None
    reason_code: str | None
    placement_id: str | None
    revision: int
    history: tuple[StepAnswer, ...]


def application_answer(stored: Application, now: datetime) -> ApplicationAnswer:
    """An application as it truly stands now."""
    application = as_of(stored, now)
    return ApplicationAnswer(
        application_id=application.id,
        offer_id=application.offer_id,
        employer_id=application.employer_id,
        teacher_id=application.teacher_id,
        school_urn=application.school_urn,
        status=application.status,
        **application.wishes.model_dump(),
        applied_at=application.applied_at,
        answer_due_at=application.expires_at,
        reason_code=application.reason_code,
        placement_id=application.placement_id,
        revision=application.revision,
        history=tuple(step_answer(step) for step in application.history),
    )


def step_answer(step: Step) -> StepAnswer:
    """A step of a history."""
    return StepAnswer(**step.model_dump())
