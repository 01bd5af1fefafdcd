"""What goes over the wire about visits."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from services.ambassadors.api.fields import (
    ACTIVITY_ID,
    AMBASSADOR_ID,
    EMPLOYER_ID,
    MOST_PUPILS,
    PARTNERSHIP_ID,
    VISIT_ID,
    Reason,
)
from services.ambassadors.domain.visit import Feedback, Visit, VisitStatus
from services.ambassadors.domain.vocabulary import Format, YearGroup
from shared.contracts.ambassadors import VisitCancelledBy
from shared.http.requests import RequestModel, ResponseModel

MOST_MINUTES = 24 * 60


class ConfirmationRequest(RequestModel):
    """Who of the school is with the pupils all the time: an ambassador is never alone with them."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"supervision": "Two teachers of the department are in the room throughout."}]}
    )
    supervision: Annotated[str, Field(min_length=10, max_length=1000)]


class DeliveryRequest(RequestModel):
    """What came of a visit. A second word corrects the first and needs a reason."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"delivered": True, "pupils_reached": 58}]})
    delivered: bool
    pupils_reached: Annotated[int, Field(ge=0, le=MOST_PUPILS)]
    reason: Reason | None = None

    @model_validator(mode="after")
    def _agrees(self) -> DeliveryRequest:
        if self.delivered != (self.pupils_reached > 0):
            raise ValueError("A visit that took place reached pupils, one that did not reached none")
        return self


class HoursRequest(RequestModel):
    """How long it took, preparation and travel included."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"minutes": 210}]})
    minutes: Annotated[int, Field(ge=1, le=MOST_MINUTES)]


class FeedbackRequest(RequestModel):
    """How the visit was, from 1 (poor) to 5 (excellent), and in words. Worries about a child or an adult belong into
    POST /api/safeguarding/concerns.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"rating": 5, "words": "They asked until the bell rang."}]}
    )
    rating: Annotated[int, Field(ge=1, le=5)]
    words: Annotated[str, Field(max_length=2000)] = ""


class HoursAnswer(ResponseModel):
    """Hours that the ambassador has logged."""

    minutes: int
    confirmed: bool


class FeedbackAnswer(ResponseModel):
    """How one side found it."""

    rating: int
    words: str
    at: datetime


_EXAMPLE: dict[str, Any] = {
    "visit_id": VISIT_ID,
    "activity_id": ACTIVITY_ID,
    "school_urn": "900003",
    "partnership_id": PARTNERSHIP_ID,
    "tour_id": None,
    "status": "confirmed",
    "ambassador_id": AMBASSADOR_ID,
    "ambassador_name": "Ada Example",
    "employer_id": EMPLOYER_ID,
    "format": "talk",
    "subjects": ["Physics"],
    "year_groups": ["9", "10"],
    "remote": False,
    "starts_at": "2027-03-04T10:15:00Z",
    "ends_at": "2027-03-04T11:45:00Z",
    "supervision": "Two teachers of the department are in the room throughout.",
    "arrived_at": None,
    "pupils_expected": 60,
    "pupils_reached": None,
    "delivery_revision": 0,
    "hours": None,
    "school_feedback": None,
    "ambassador_feedback": None,
    "cancelled_by": None,
}


class VisitAnswer(ResponseModel):
    """A visit. While a substitute is sought nobody is named as its ambassador."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})
    visit_id: str
    activity_id: str
    school_urn: str
    partnership_id: str | None
    tour_id: str | None
    status: VisitStatus
    ambassador_id: str | None
    ambassador_name: str | None
    employer_id: str | None
    format: Format
    subjects: tuple[str, ...]
    year_groups: tuple[YearGroup, ...]
    remote: bool
    starts_at: datetime
    ends_at: datetime
    supervision: str | None
    arrived_at: datetime | None
    pupils_expected: int
    pupils_reached: int | None
    delivery_revision: int
    hours: HoursAnswer | None
    school_feedback: FeedbackAnswer | None
    ambassador_feedback: FeedbackAnswer | None
    cancelled_by: VisitCancelledBy | None


def _feedback(given: Feedback | None) -> FeedbackAnswer | None:
    return None if given is None else FeedbackAnswer(rating=given.rating, words=given.words, at=given.at)


def visit_answer(found: Visit, name: str | None) -> VisitAnswer:
    """A visit for the wire; `name` is that of the ambassador, for those who may know it."""
    sought = found.status is VisitStatus.SEEKING_SUBSTITUTE
    hours = found.hours
    return VisitAnswer(
        visit_id=found.id,
        activity_id=found.request_id,
        school_urn=found.school_urn,
        partnership_id=found.partnership_id,
        tour_id=found.tour_id,
        status=found.status,
        ambassador_id=None if sought else found.ambassador_id,
        ambassador_name=None if sought else name,
        employer_id=None if sought else found.employer_id,
        format=found.activity.format,
        subjects=found.activity.subjects,
        year_groups=found.activity.year_groups,
        remote=found.activity.remote,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        supervision=None if found.supervision is None else found.supervision.note,
        arrived_at=found.arrived_at,
        pupils_expected=found.activity.pupils_expected,
        pupils_reached=found.pupils_reached,
        delivery_revision=found.revision,
        hours=None if hours is None else HoursAnswer(minutes=hours.minutes, confirmed=hours.confirmed),
        school_feedback=_feedback(found.feedback.get("school")),
        ambassador_feedback=_feedback(found.feedback.get("ambassador")),
        cancelled_by=found.cancelled_by,
    )
