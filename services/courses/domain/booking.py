"""A booking: one or several named delegates of one school on one occurrence, and how it stands.

A booking is a side document of its occurrence. It keeps its own history: each decision with its time and its reason.
Names and addresses of delegates stay in this document; events, logs and the occurrence know ids only.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from services.courses.domain.fees import Charge
from shared.contracts.courses import BookingOutcome
from shared.decision import Document
from shared.transitions import Table, Transition


class BookingStatus(StrEnum):
    """How a booking stands."""

    HELD = "held"
    PENDING_APPROVAL = "pending-approval"
    PENDING_COVER = "pending-cover"
    PENDING_FUNDING = "pending-funding"
    CONFIRMED = "confirmed"
    WAITLISTED = "waitlisted"
    OFFERED = "offered"
    ATTENDED = "attended"
    PARTIALLY_ATTENDED = "partially-attended"
    NO_SHOW = "no-show"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    EXPIRED = "expired"


_S = BookingStatus
SCHOOL = "school"
APPROVER = "school-approver"
ORGANISER = "organiser"
OFFICER = "programme-officer"
SYSTEM = "system"
SCHEDULE = "schedule"

ASKING = (_S.PENDING_APPROVAL, _S.PENDING_COVER, _S.PENDING_FUNDING)
LIVE = (_S.HELD, *ASKING, _S.CONFIRMED, _S.WAITLISTED, _S.OFFERED)
SETTLED = (_S.ATTENDED, _S.PARTIALLY_ATTENDED, _S.NO_SHOW)
_OUTCOMES = (("attend", _S.ATTENDED), ("attend-in-part", _S.PARTIALLY_ATTENDED), ("stay-away", _S.NO_SHOW))


def _rows() -> Iterable[Transition[BookingStatus]]:
    yield Transition(_S.HELD, "ask-for-approval", SYSTEM, _S.PENDING_APPROVAL)
    yield Transition(_S.PENDING_APPROVAL, "approve", APPROVER, _S.HELD)
    yield Transition(_S.PENDING_APPROVAL, "refuse", APPROVER, _S.DECLINED)
    yield Transition(_S.PENDING_APPROVAL, "expire", SCHEDULE, _S.EXPIRED)
    yield Transition(_S.PENDING_APPROVAL, "substitute", SCHOOL, _S.PENDING_APPROVAL)
    yield Transition(_S.HELD, "ask-for-cover", SYSTEM, _S.PENDING_COVER)
    for asking in (_S.HELD, _S.PENDING_COVER):
        yield Transition(asking, "ask-for-funds", SYSTEM, _S.PENDING_FUNDING)
        yield Transition(asking, "confirm", SYSTEM, _S.CONFIRMED)
    yield Transition(_S.PENDING_FUNDING, "confirm", SYSTEM, _S.CONFIRMED)
    for pending in (_S.PENDING_COVER, _S.PENDING_FUNDING):
        yield Transition(pending, "decline", SYSTEM, _S.DECLINED)
        yield Transition(pending, "expire", SCHEDULE, _S.EXPIRED)
    yield Transition(_S.PENDING_FUNDING, "substitute", SCHOOL, _S.PENDING_FUNDING)
    yield Transition(_S.WAITLISTED, "offer", SYSTEM, _S.OFFERED)
    yield Transition(_S.WAITLISTED, "claim", SCHOOL, _S.HELD)
    yield Transition(_S.WAITLISTED, "reduce", SCHOOL, _S.WAITLISTED)
    yield Transition(_S.WAITLISTED, "substitute", SCHOOL, _S.WAITLISTED)
    yield Transition(_S.WAITLISTED, "decline", SCHEDULE, _S.DECLINED)
    yield Transition(_S.OFFERED, "accept", SCHOOL, _S.HELD)
    yield Transition(_S.OFFERED, "turn-down", SCHOOL, _S.DECLINED)
    yield Transition(_S.OFFERED, "expire", SCHEDULE, _S.EXPIRED)
    yield Transition(_S.OFFERED, "substitute", SCHOOL, _S.OFFERED)
    yield Transition(_S.CONFIRMED, "reduce", SCHOOL, _S.CONFIRMED)
    yield Transition(_S.CONFIRMED, "substitute", SCHOOL, _S.CONFIRMED)
    yield Transition(_S.CONFIRMED, "record", OFFICER, _S.CONFIRMED)
    for status in (*ASKING, _S.WAITLISTED, _S.OFFERED, _S.CONFIRMED):
        yield Transition(status, "cancel", SCHOOL, _S.CANCELLED)
        yield Transition(status, "call-off", ORGANISER, _S.CANCELLED)
    for settled in (_S.CONFIRMED, *SETTLED):
        for verb, outcome in _OUTCOMES:
            yield Transition(settled, verb, SYSTEM, outcome)
    for settled in SETTLED:
        yield Transition(settled, "record", OFFICER, settled)
        yield Transition(settled, "complete", SYSTEM, _S.COMPLETED)
    yield Transition(_S.COMPLETED, "record", OFFICER, _S.COMPLETED)
    yield Transition(_S.COMPLETED, "correct", SYSTEM, _S.COMPLETED)


BOOKING = Table(_rows())
OVER = (_S.CANCELLED, _S.DECLINED, _S.EXPIRED)

_NOT_IN_TIME = {_S.OFFERED: "offer was not accepted", _S.PENDING_APPROVAL: "school did not approve it"}

LineStatus = Literal["booked", "cancelled", "substituted", "left-out"]
Attendance = Literal["full", "partial", "absent", "excused"]
FundingKind = Literal["bursary", "school"]


class Delegate(BaseModel):
    """A line of a booking. `name` and `email` are personal data."""

    model_config = ConfigDict(frozen=True)
    delegate_id: str
    name: str | None = None
    email: str | None = None
    status: LineStatus = "booked"


class Substitution(BaseModel):
    """A colleague is to come instead of a delegate, once the school has said that it can spare them."""

    model_config = ConfigDict(frozen=True)
    delegate_id: str
    colleague: Delegate
    by: str


class Mark(BaseModel):
    """An entry of the register: how a delegate attended a session. A later one for the same two corrects it."""

    model_config = ConfigDict(frozen=True)
    session: int
    delegate_id: str
    attendance: Attendance
    at: datetime
    by: str
    reason: str | None = None


class Moment(BaseModel):
    """A decision about a booking, with where it led and why, and what it has added to the fees that are owed."""

    model_config = ConfigDict(frozen=True)
    at: datetime
    verb: str
    status: BookingStatus
    reason: str
    by: str
    fee_pence: int = 0


class Funding(BaseModel):
    """Who pays: a partnership's bursary, or the school itself; and which partnership it counts for, whoever pays."""

    model_config = ConfigDict(frozen=True)
    kind: FundingKind
    partnership_id: str | None = None


class Seat(Document):
    """Which booking last took a delegate to an occurrence; the id is made by `seat_id`.

    It is never taken away: whether the delegate is still booked is for that booking to say.
    """

    collection = "seats"
    booking_id: str


class Booking(Document):
    """See the module. `places` are those that count now; `price_pence` is for one place, as it was when booking.

    `expires_at` belongs to a hold or an offer. `approved_by` is who has said yes for the school, by account id, by an
    answer or by booking. `companions` are the bookings that the same request put on the waiting list, because not
    everybody fitted. `register_complete` says that every delegate has a mark for every session.
    `charges` are the school's own fees, whoever pays for the course.
    """

    collection = "bookings"
    occurrence_id: str
    school_urn: str
    booked_by: str
    booked_at: datetime
    status: BookingStatus
    delegates: tuple[Delegate, ...]
    places: int
    price_pence: int
    funding: Funding
    queue_number: int | None = None
    expires_at: datetime | None = None
    approved_by: str | None = None
    companions: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    register_complete: bool = False
    settled: int = 0
    charged_pence: int | None = None
    outcome: BookingOutcome | None = None
    fully_attended: tuple[str, ...] = ()
    revision: int = 1
    substitution: Substitution | None = None
    charges: tuple[Charge, ...] = ()
    history: tuple[Moment, ...] = ()

    @property
    def partnership_id(self) -> str | None:
        """Whose money it needs; None when the school pays or nothing is to be paid."""
        return self.funding.partnership_id if self.price_pence and self.funding.kind == "bursary" else None

    @property
    def counts_for(self) -> str | None:
        """Which partnership's plan and reach it counts for, whoever pays."""
        return self.funding.partnership_id

    @property
    def amount_pence(self) -> int:
        """What its places cost in all."""
        return self.price_pence * self.places

    @property
    def fee_pence(self) -> int:
        """What the school owes for cancelling and for staying away, without what was waived."""
        return sum(charge.fee_pence for charge in self.charges if charge.waived is None)

    def booked(self) -> tuple[Delegate, ...]:
        """The delegates that it still takes to the course."""
        return tuple(delegate for delegate in self.delegates if delegate.status == "booked")


def seat_id(occurrence_id: str, delegate_id: str) -> str:
    """The key of a delegate's seat on an occurrence."""
    return f"{occurrence_id}/{delegate_id}"


def moved(booking: Booking, verb: str, now: datetime, reason: str, by: str, **changes: object) -> Booking:
    """The booking after a verb, with the decision in its history. Raises WrongState."""
    return noted(booking, verb, now, reason, by, **changes, status=BOOKING.next(booking.status, verb))


def noted(booking: Booking, verb: str, now: datetime, reason: str, by: str, **changes: object) -> Booking:
    """The booking with a decision in its history."""
    changed = booking.model_copy(update={**changes, "revision": booking.revision + 1})
    fee = changed.fee_pence - booking.fee_pence
    moment = Moment(at=now, verb=verb, status=changed.status, reason=reason, by=by, fee_pence=fee)
    return changed.model_copy(update={"history": (*booking.history, moment)})


def confirmed_at(booking: Booking) -> datetime | None:
    """When its places became the school's; None while they are not."""
    return next((moment.at for moment in booking.history if moment.verb == "confirm"), None)


def lapsed(booking: Booking, now: datetime) -> bool:
    """Whether its hold or offer has run out and nobody has tidied it away yet."""
    return booking.expires_at is not None and booking.expires_at <= now


def expired(booking: Booking) -> Booking:
    """A lapsed booking as it stands: it expired when its time ran out, whenever that was noticed."""
    assert booking.expires_at is not None  # noqa: S101 - for the type checker: only lapsed bookings come here
    what = _NOT_IN_TIME.get(booking.status, "hold was not confirmed")
    return moved(booking, "expire", booking.expires_at, f"The {what} in time.", SCHEDULE, expires_at=None)


def as_of(booking: Booking, now: datetime) -> Booking:
    """The booking as it truly stands now."""
    return expired(booking) if lapsed(booking, now) else booking


def still_takes(booking: Booking | None, delegate_id: str, now: datetime) -> bool:
    """Whether a booking still takes this delegate to its occurrence."""
    if booking is None or as_of(booking, now).status in OVER:
        return False
    coming = booking.substitution.colleague.delegate_id if booking.substitution is not None else None
    return delegate_id == coming or any(delegate.delegate_id == delegate_id for delegate in booking.booked())
