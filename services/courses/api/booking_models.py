"""What goes over the wire about bookings."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from services.courses.api.fee_models import FeeAnswer, fee_answer
from services.courses.api.fields import (
    BOOKING_ID,
    DELEGATE_ID,
    MOST_DELEGATES,
    OCCURRENCE_ID,
    PARTNERSHIP_ID,
    DelegateRequest,
    Id,
)
from services.courses.domain.booking import (
    Attendance,
    Booking,
    BookingStatus,
    Funding,
    FundingKind,
    LineStatus,
    as_of,
)
from services.courses.domain.reservation import GroupRule, IfFull
from shared.contracts.courses import BookingOutcome
from shared.http.requests import RequestModel, ResponseModel


class BursaryFunding(RequestModel):
    """A partnership's bursary pays, if its funds allow it."""

    kind: Literal["bursary"]
    partnership_id: Id


class SchoolFunding(RequestModel):
    """The school pays. With a `partnership_id` it counts for that partnership's plan and reach all the same."""

    kind: Literal["school"]
    partnership_id: Id | None = None


class AllOrNone(RequestModel):
    """Everybody gets a place, or nobody does."""

    kind: Literal["all-or-none"]


class AtLeast(RequestModel):
    """So many go together; the others if there is room."""

    kind: Literal["at-least"]
    places: Annotated[int, Field(ge=1, le=100)]


class AsManyAsPossible(RequestModel):
    """Whoever gets a place goes."""

    kind: Literal["as-many-as-possible"]


class BookingRequest(RequestModel):
    """Places for some delegates of your school."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "delegates": [
                        {"delegate_id": DELEGATE_ID, "name": "Ada Example", "email": "ada@school.example"},
                    ],
                    "funding": {"kind": "bursary", "partnership_id": PARTNERSHIP_ID},
                    "if_full": "waitlist",
                    "group": {"kind": "all-or-none"},
                }
            ]
        }
    )
    delegates: Annotated[tuple[DelegateRequest, ...], Field(min_length=1, max_length=MOST_DELEGATES)]
    funding: Annotated[BursaryFunding | SchoolFunding, Field(discriminator="kind")]
    if_full: Annotated[IfFull, Field(description="Whether those who get no place wait for one.")] = "waitlist"
    group: Annotated[AllOrNone | AtLeast | AsManyAsPossible, Field(discriminator="kind")] = AllOrNone(
        kind="all-or-none"
    )

    @model_validator(mode="after")
    def _fits(self) -> BookingRequest:
        ids = [delegate.delegate_id for delegate in self.delegates]
        if len(set(ids)) < len(ids):
            raise ValueError("Each delegate stands in a booking once")
        if isinstance(self.group, AtLeast) and self.group.places > len(ids):
            raise ValueError("The group is smaller than the places it must get together")
        return self

    def rule(self) -> GroupRule:
        """The group rule."""
        if isinstance(self.group, AtLeast):
            return GroupRule(self.group.places)
        return GroupRule(1 if isinstance(self.group, AsManyAsPossible) else len(self.delegates))

    def payer(self) -> Funding:
        """Who pays, and what it counts for."""
        return Funding(kind=self.funding.kind, partnership_id=self.funding.partnership_id)


class SubstitutionRequest(RequestModel):
    """A colleague who comes instead."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"colleague": {"delegate_id": "01992c1f-cccc-7b0b-8c0c-1d2e3f40510b", "name": "Bo Example"}}]
        }
    )
    colleague: DelegateRequest


class DelegateAnswer(ResponseModel):
    """A line of a booking."""

    delegate_id: str
    name: str | None
    email: str | None
    status: LineStatus


class FundingAnswer(ResponseModel):
    """Who pays, and which partnership it counts for."""

    kind: FundingKind
    partnership_id: str | None


class SettlementAnswer(ResponseModel):
    """What attendance has led to. A correction raises the revision."""

    revision: int
    outcome: BookingOutcome
    charged_pence: int


class SubstitutionAnswer(ResponseModel):
    """A colleague who comes instead of a delegate once the school has said that it can spare them."""

    delegate_id: str
    colleague_id: str


_EXAMPLE: dict[str, Any] = {
    "booking_id": BOOKING_ID,
    "occurrence_id": OCCURRENCE_ID,
    "school_urn": "900001",
    "status": "pending-funding",
    "booked_at": "2026-09-14T10:17:07.250000Z",
    "delegates": [
        {"delegate_id": DELEGATE_ID, "name": "Ada Example", "email": "ada@school.example", "status": "booked"}
    ],
    "places": 1,
    "price_pence": 22000,
    "amount_pence": 22000,
    "funding": {"kind": "bursary", "partnership_id": PARTNERSHIP_ID},
    "queue_number": None,
    "expires_at": "2026-09-14T10:32:07.250000Z",
    "approval_due_at": None,
    "companions": [],
    "substitution": None,
    "settlement": None,
    "fees": [],
    "fee_pence": 0,
    "revision": 2,
}


class BookingAnswer(ResponseModel):
    """A booking as it stands now. `price_pence` is for one place, `amount_pence` for all of them.

    `expires_at` is when the hold or the offer runs out; while the school is asked whether it approves, it has until
    `approval_due_at` to answer. `companions` are the bookings that wait for those delegates of the same request who got
    no place. With a `substitution` the school is being asked whether it can spare a colleague.
    `fee_pence` is what the school itself owes of its `fees`, for cancelling late or staying away.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})
    booking_id: str
    occurrence_id: str
    school_urn: str
    status: BookingStatus
    booked_at: datetime
    delegates: tuple[DelegateAnswer, ...]
    places: int
    price_pence: int
    amount_pence: int
    funding: FundingAnswer
    queue_number: int | None
    expires_at: datetime | None
    approval_due_at: datetime | None
    companions: tuple[str, ...]
    substitution: SubstitutionAnswer | None
    settlement: SettlementAnswer | None
    fees: tuple[FeeAnswer, ...]
    fee_pence: int
    revision: int


class QueueAnswer(ResponseModel):
    """Where a booking stands on the waiting list. `position` 1 is the head; `places_ahead` are wanted before it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"queue_number": 7, "position": 3, "places_ahead": 2, "waiting": 5}]}
    )
    queue_number: int
    position: int
    places_ahead: int
    waiting: int


class MomentAnswer(ResponseModel):
    """A decision about a booking, and what it has added to the school's fees; less than 0 where some were waived."""

    at: datetime
    verb: str
    status: BookingStatus
    reason: str
    by: str
    fee_pence: int


class MarkAnswer(ResponseModel):
    """An entry of the register. A later one for the same session and delegate corrects it."""

    session: int
    delegate_id: str
    attendance: Attendance
    at: datetime
    by: str
    reason: str | None


class HistoryAnswer(ResponseModel):
    """Everything that was decided about a booking, oldest first, and its whole register with corrections."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "decisions": [
                        {
                            "at": "2026-09-14T10:17:07.250000Z",
                            "verb": "book",
                            "status": "held",
                            "reason": "Places were free.",
                            "by": "0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d12",
                            "fee_pence": 0,
                        }
                    ],
                    "marks": [],
                }
            ]
        }
    )
    decisions: tuple[MomentAnswer, ...]
    marks: tuple[MarkAnswer, ...]


def booking_answer(stored: Booking, now: datetime) -> BookingAnswer:
    """A booking as it truly stands now."""
    booking = as_of(stored, now)
    settlement = None
    if booking.outcome is not None and booking.charged_pence is not None:
        settlement = SettlementAnswer(
            revision=booking.settled, outcome=booking.outcome, charged_pence=booking.charged_pence
        )
    asked = booking.substitution
    return BookingAnswer(
        booking_id=booking.id,
        occurrence_id=booking.occurrence_id,
        school_urn=booking.school_urn,
        status=booking.status,
        booked_at=booking.booked_at,
        delegates=tuple(
            DelegateAnswer(delegate_id=line.delegate_id, name=line.name, email=line.email, status=line.status)
            for line in booking.delegates
        ),
        places=booking.places,
        price_pence=booking.price_pence,
        amount_pence=booking.amount_pence,
        funding=FundingAnswer(kind=booking.funding.kind, partnership_id=booking.funding.partnership_id),
        queue_number=booking.queue_number,
        expires_at=booking.expires_at,
        approval_due_at=booking.expires_at if booking.status is BookingStatus.PENDING_APPROVAL else None,
        companions=booking.companions,
        substitution=None
        if asked is None
        else SubstitutionAnswer(delegate_id=asked.delegate_id, colleague_id=asked.colleague.delegate_id),
        settlement=settlement,
        fees=tuple(fee_answer(charge) for charge in booking.charges),
        fee_pence=booking.fee_pence,
        revision=booking.revision,
    )


def history_answer(stored: Booking, now: datetime) -> HistoryAnswer:
    """The history of a booking as it truly stands now."""
    booking = as_of(stored, now)
    return HistoryAnswer(
        decisions=tuple(
            MomentAnswer(
                at=moment.at,
                verb=moment.verb,
                status=moment.status,
                reason=moment.reason,
                by=moment.by,
                fee_pence=moment.fee_pence,
            )
            for moment in booking.history
        ),
        marks=tuple(
            MarkAnswer(
                session=mark.session,
                delegate_id=mark.delegate_id,
                attendance=mark.attendance,
                at=mark.at,
                by=mark.by,
                reason=mark.reason,
            )
            for mark in booking.marks
        ),
    )
