"""What goes over the wire about occurrences."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from services.courses.api.fee_models import CancellationTermsAnswer, cancellation_terms
from services.courses.api.fields import (
    COURSE_ID,
    OCCURRENCE_ID,
    PARTNERSHIP_ID,
    Id,
    Pence,
    Places,
    ShortText,
    Time,
    Zone,
)
from services.courses.domain.occurrence import Occurrence, Status, Venue, free, waiting_places
from services.courses.domain.vocabulary import AgeGroup, Audience, Delivery, Phase
from services.courses.use_cases.organising import Periods, Plan
from services.courses.views.invitations import Invitation
from services.courses.views.occurrences import bookable
from shared.http.requests import RequestModel, ResponseModel

ShownStatus = Literal["draft", "scheduled", "open", "full", "closed", "running", "delivered", "completed", "cancelled"]

_VENUE: dict[str, Any] = {
    "name": "Riverside Academy",
    "address": "1 River Lane",
    "city": "York",
    "postcode": "YO1 1AA",
    "latitude": 53.9583,
    "longitude": -1.0803,
    "link": None,
}
_SESSIONS: list[Any] = [
    {"starts_at": "2027-02-04T09:30:00Z", "ends_at": "2027-02-04T15:30:00Z"},
    {"starts_at": "2027-02-18T09:30:00Z", "ends_at": "2027-02-18T15:30:00Z"},
]


class VenueModel(RequestModel):
    """Where it takes place: an address, or a link."""

    name: ShortText | None = None
    address: Annotated[str, Field(max_length=300)] | None = None
    city: ShortText | None = None
    postcode: Annotated[str, Field(max_length=10)] | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    link: Annotated[str, Field(max_length=500, pattern=r"^https://[^\s]+$")] | None = None

    def venue(self) -> Venue:
        """As the domain knows it."""
        return Venue(**self.model_dump())


class SessionRequest(RequestModel):
    """One period."""

    starts_at: Time
    ends_at: Time


class DatesRequest(RequestModel):
    """When an occurrence takes place: its sessions in any order, and the zone its days are counted in."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"sessions": _SESSIONS, "zone": "Europe/London"}]})
    sessions: Annotated[tuple[SessionRequest, ...], Field(min_length=1, max_length=200)]
    zone: Zone = "Europe/London"

    def periods(self) -> Periods:
        """The sessions as times."""
        return [(session.starts_at, session.ends_at) for session in self.sessions]


class OccurrenceRequest(DatesRequest):
    """A dated occurrence of a course. The price is for one place; delivery and title are the course's unless given."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "course_id": COURSE_ID,
                    "sessions": _SESSIONS,
                    "zone": "Europe/London",
                    "capacity": 20,
                    "price_pence": 22000,
                    "venue": _VENUE,
                    "region": "Yorkshire and The Humber",
                    "hub": "Physics - York",
                    "cancellation_policy": "standard",
                }
            ]
        }
    )
    course_id: Id
    capacity: Places
    price_pence: Pence
    venue: VenueModel = VenueModel()
    delivery: Delivery | None = None
    title: ShortText | None = None
    instance_code: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    region: ShortText | None = None
    hub: ShortText | None = None
    waiting_list_limit: Annotated[
        int | None, Field(ge=0, le=1000, description="Places that may wait; the policy's where none is given.")
    ] = None
    cancellation_policy: Annotated[
        ShortText | None, Field(description="By name, what cancelling costs; free of charge where none is named.")
    ] = None
    audience: Annotated[
        Audience, Field(description="`invited-partnerships`: schools of active partnerships and of alumni only.")
    ] = Audience.EVERYBODY

    def plan(self) -> Plan:
        """As the use case takes it."""
        return Plan(
            template_id=self.course_id,
            periods=self.periods(),
            zone=self.zone,
            capacity=self.capacity,
            price_pence=self.price_pence,
            venue=self.venue.venue(),
            delivery=self.delivery,
            title=self.title,
            instance_code=self.instance_code,
            region=self.region,
            hub=self.hub,
            waiting_list_limit=self.waiting_list_limit,
            cancellation_policy=self.cancellation_policy,
            audience=self.audience,
        )


class CapacityRequest(RequestModel):
    """How many places there are."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"capacity": 24}]})
    capacity: Places


class VenueAnswer(ResponseModel):
    """Where it takes place."""

    name: str | None
    address: str | None
    city: str | None
    postcode: str | None
    latitude: float | None
    longitude: float | None
    link: str | None


class SessionAnswer(ResponseModel):
    """One period, by its number."""

    number: int
    starts_at: datetime
    ends_at: datetime


class OccurrenceAnswer(ResponseModel):
    """An occurrence as it stands now.

    `status` is `full` for an open occurrence where a newcomer would get no place. `places_left` counts free places,
    `waiting` the places that the waiting list asks for, `distance_km` how far it is from the postcode asked about.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "occurrence_id": OCCURRENCE_ID,
                    "course_id": COURSE_ID,
                    "code": "PH210",
                    "instance_code": None,
                    "title": "Practical physics for non-specialists",
                    "status": "open",
                    "subjects": ["Physics"],
                    "age_groups": ["11-14", "14-16"],
                    "phases": ["secondary"],
                    "delivery": "face-to-face",
                    "region": "Yorkshire and The Humber",
                    "hub": "Physics - York",
                    "venue": _VENUE,
                    "zone": "Europe/London",
                    "starts_at": "2027-02-04T09:30:00Z",
                    "ends_at": "2027-02-18T15:30:00Z",
                    "sessions": [{"number": index, **session} for index, session in enumerate(_SESSIONS, 1)],
                    "audience": "everybody",
                    "capacity": 20,
                    "places_left": 3,
                    "waiting": 0,
                    "price_pence": 22000,
                    "cancellation": {
                        "policy": "standard",
                        "cooling_off_hours": 48,
                        "tiers": [
                            {"from_at": "2027-01-21T00:00:00Z", "fee_pence": 11000, "tier": "late"},
                            {"from_at": "2027-02-02T00:00:00Z", "fee_pence": 22000, "tier": "last-days"},
                        ],
                        "no_show_fee_pence": 22000,
                    },
                    "reason": None,
                    "distance_km": None,
                }
            ]
        }
    )
    occurrence_id: str
    course_id: str
    code: str
    instance_code: str | None
    title: str
    status: ShownStatus
    subjects: tuple[str, ...]
    age_groups: tuple[AgeGroup, ...]
    phases: tuple[Phase, ...]
    delivery: Delivery
    region: str | None
    hub: str | None
    venue: VenueAnswer
    zone: str
    starts_at: datetime
    ends_at: datetime
    sessions: tuple[SessionAnswer, ...]
    audience: Audience
    capacity: int
    places_left: int
    waiting: int
    price_pence: int
    cancellation: CancellationTermsAnswer | None
    reason: str | None
    distance_km: float | None = None


def shown_status(occurrence: Occurrence, now: datetime) -> ShownStatus:
    """The status with the name that an open occurrence without places goes by."""
    if occurrence.status is Status.OPEN and bookable(occurrence, now) == 0:
        return "full"
    return occurrence.status.value


def occurrence_answer(occurrence: Occurrence, now: datetime, distance_km: float | None = None) -> OccurrenceAnswer:
    """An occurrence as it stands now."""
    listing = occurrence.listing
    return OccurrenceAnswer(
        occurrence_id=occurrence.id,
        course_id=listing.template_id,
        code=listing.code,
        instance_code=listing.instance_code,
        title=listing.title,
        status=shown_status(occurrence, now),
        subjects=listing.subjects,
        age_groups=listing.age_groups,
        phases=listing.phases,
        delivery=listing.delivery,
        region=listing.region,
        hub=listing.hub,
        venue=VenueAnswer(**listing.venue.model_dump()),
        zone=occurrence.zone,
        starts_at=occurrence.starts_at,
        ends_at=occurrence.ends_at,
        sessions=tuple(
            SessionAnswer(number=session.number, starts_at=session.starts_at, ends_at=session.ends_at)
            for session in occurrence.sessions
        ),
        audience=occurrence.audience,
        capacity=occurrence.capacity,
        places_left=max(0, free(occurrence, now)),
        waiting=waiting_places(occurrence),
        price_pence=occurrence.price_pence,
        cancellation=cancellation_terms(occurrence),
        reason=occurrence.reason,
        distance_km=None if distance_km is None else round(distance_km, 1),
    )


class InvitationAnswer(ResponseModel):
    """A partnership that is invited, and how many places its schools have booked."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "partnership_id": PARTNERSHIP_ID,
                    "alumni": False,
                    "school_urns": ["900001", "900002", "900003", "900004"],
                    "places_booked": 3,
                }
            ]
        }
    )
    partnership_id: str
    alumni: bool = Field(description="Whether it has completed, and stays with the programme.")
    school_urns: tuple[str, ...]
    places_booked: int


def invitation_answer(invitation: Invitation) -> InvitationAnswer:
    """An invitation as the programme and the invited schools see it."""
    return InvitationAnswer(
        partnership_id=invitation.partnership.id,
        alumni=not invitation.partnership.active,
        school_urns=invitation.partnership.school_urns,
        places_booked=invitation.places_booked,
    )
