"""A dated occurrence of a course: the root that holds every number the rules of places need.

confirmed + live holds + live offers ≤ capacity, always. A hold or an offer is live while now is before its expiry: one
that has run out never counts, whether the schedule has tidied it away or not. `full` is no status of its own: it is
what an open occurrence without free places is called where it is shown, because it changes with the clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from services.courses.domain.fees import FeeStep
from services.courses.domain.terms import OfferWindow, Terms
from services.courses.domain.vocabulary import AgeGroup, Audience, Delivery, Phase
from shared.decision import Root
from shared.transitions import Table, Transition


class Status(StrEnum):
    """Where an occurrence is in its life."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSED = "closed"
    RUNNING = "running"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


OFFICER = "programme-officer"
SCHOOL = "school"
SCHEDULE = "schedule"
SYSTEM = "system"

LIFE_CYCLE = Table(
    (
        Transition(Status.DRAFT, "schedule", OFFICER, Status.SCHEDULED),
        Transition(Status.DRAFT, "reschedule", OFFICER, Status.DRAFT),
        Transition(Status.DRAFT, "resize", OFFICER, Status.DRAFT),
        Transition(Status.DRAFT, "cancel", OFFICER, Status.CANCELLED),
        Transition(Status.SCHEDULED, "open", OFFICER, Status.OPEN),
        Transition(Status.SCHEDULED, "reschedule", OFFICER, Status.SCHEDULED),
        Transition(Status.SCHEDULED, "resize", OFFICER, Status.SCHEDULED),
        Transition(Status.SCHEDULED, "start", SCHEDULE, Status.RUNNING),
        Transition(Status.SCHEDULED, "cancel", OFFICER, Status.CANCELLED),
        Transition(Status.OPEN, "book", SCHOOL, Status.OPEN),
        Transition(Status.OPEN, "close", OFFICER, Status.CLOSED),
        Transition(Status.OPEN, "reschedule", OFFICER, Status.OPEN),
        Transition(Status.OPEN, "resize", OFFICER, Status.OPEN),
        Transition(Status.OPEN, "start", SCHEDULE, Status.RUNNING),
        Transition(Status.OPEN, "cancel", OFFICER, Status.CANCELLED),
        Transition(Status.CLOSED, "open", OFFICER, Status.OPEN),
        Transition(Status.CLOSED, "reschedule", OFFICER, Status.CLOSED),
        Transition(Status.CLOSED, "resize", OFFICER, Status.CLOSED),
        Transition(Status.CLOSED, "start", SCHEDULE, Status.RUNNING),
        Transition(Status.CLOSED, "cancel", OFFICER, Status.CANCELLED),
        Transition(Status.RUNNING, "record", OFFICER, Status.RUNNING),
        Transition(Status.RUNNING, "deliver", SCHEDULE, Status.DELIVERED),
        Transition(Status.DELIVERED, "record", OFFICER, Status.DELIVERED),
        Transition(Status.DELIVERED, "remind", SCHEDULE, Status.DELIVERED),
        Transition(Status.DELIVERED, "close-register", OFFICER, Status.DELIVERED),
        Transition(Status.DELIVERED, "complete", SYSTEM, Status.COMPLETED),
        Transition(Status.COMPLETED, "record", OFFICER, Status.COMPLETED),
    )
)


class Chore(StrEnum):
    """What is left to be done to an occurrence's many bookings, in slices, after its own status has changed."""

    CANCEL = "cancel-bookings"
    SETTLE = "settle-bookings"
    CLOSE = "close-register"
    COMPLETE = "complete-bookings"


class Venue(BaseModel):
    """Where it takes place; a remote occurrence has a link instead of an address."""

    model_config = ConfigDict(frozen=True)
    name: str | None = None
    address: str | None = None
    city: str | None = None
    postcode: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    link: str | None = None


class Session(BaseModel):
    """One of the periods that an occurrence consists of, numbered from 1 in order of time."""

    model_config = ConfigDict(frozen=True)
    number: int
    starts_at: datetime
    ends_at: datetime


class Listing(BaseModel):
    """What is shown and searched: nothing here decides about a place."""

    model_config = ConfigDict(frozen=True)
    template_id: str
    code: str
    instance_code: str | None = None
    title: str
    subjects: tuple[str, ...]
    age_groups: tuple[AgeGroup, ...]
    phases: tuple[Phase, ...]
    delivery: Delivery
    region: str | None = None
    hub: str | None = None
    venue: Venue
    words: tuple[str, ...]


class Hold(BaseModel):
    """Places kept for a booking until its school has approved it, and then until it is paid for."""

    model_config = ConfigDict(frozen=True)
    places: int
    expires_at: datetime


class Offer(BaseModel):
    """Places kept for a booking from the waiting list until its school answers."""

    model_config = ConfigDict(frozen=True)
    places: int
    expires_at: datetime
    queue_number: int


class Entry(BaseModel):
    """A booking on the waiting list."""

    model_config = ConfigDict(frozen=True)
    booking_id: str
    queue_number: int
    places: int


class Closing(BaseModel):
    """Who has closed the register as it was, and why; `by` is an account id."""

    model_config = ConfigDict(frozen=True)
    by: str
    at: datetime
    reason: str


class Occurrence(Root):
    """See the module. `starts_on` is the local date of the first session, `unsettled` counts bookings that are
    confirmed and whose attendance is not settled, `audience` who may book, `reason` says why it was cancelled.
    `register_closed` is who has closed its register, if somebody has. `fees` is when cancelling begins to cost what,
    `moved_at` when the organiser last moved it to other dates after it was announced.
    """

    collection = "occurrences"
    status: Status
    listing: Listing
    sessions: tuple[Session, ...]
    zone: str
    starts_at: datetime
    ends_at: datetime
    starts_on: date
    price_pence: int
    terms: Terms
    offers_made: OfferWindow
    fees: tuple[FeeStep, ...] = ()
    moved_at: datetime | None = None
    capacity: int
    audience: Audience = Audience.EVERYBODY
    confirmed: int = 0
    holds: dict[str, Hold] = Field(default_factory=dict)
    offers: dict[str, Offer] = Field(default_factory=dict)
    queue: tuple[Entry, ...] = ()
    next_number: int = 1
    unsettled: int = 0
    attendance_overdue: bool = False
    register_closed: Closing | None = None
    chore: Chore | None = None
    reason: str | None = None


def days_of(sessions: Iterable[Session], zone: str) -> tuple[date, ...]:
    """The days that sessions touch, in their zone; one that ends at midnight does not touch the next."""
    days: set[date] = set()
    local = ZoneInfo(zone)
    for session in sessions:
        day = session.starts_at.astimezone(local).date()
        last = (session.ends_at - timedelta(microseconds=1)).astimezone(local).date()
        while day <= last:
            days.add(day)
            day += timedelta(days=1)
    return tuple(sorted(days))


def days_out(occurrence: Occurrence) -> tuple[date, ...]:
    """The days on which a delegate is away from school. A self-paced course takes nobody away."""
    if occurrence.listing.delivery is Delivery.SELF_PACED:
        return ()
    return days_of(occurrence.sessions, occurrence.zone)


def held(occurrence: Occurrence, now: datetime) -> int:
    """Places under live holds."""
    return sum(hold.places for hold in occurrence.holds.values() if now < hold.expires_at)


def offered(occurrence: Occurrence, now: datetime) -> int:
    """Places under live offers."""
    return sum(offer.places for offer in occurrence.offers.values() if now < offer.expires_at)


def free(occurrence: Occurrence, now: datetime) -> int:
    """Places that are nobody's now."""
    return occurrence.capacity - occurrence.confirmed - held(occurrence, now) - offered(occurrence, now)


def waiting_places(occurrence: Occurrence) -> int:
    """Places that the waiting list asks for."""
    return sum(entry.places for entry in occurrence.queue)
