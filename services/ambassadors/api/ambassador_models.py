"""What goes over the wire about ambassadors."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from services.ambassadors.api.fields import (
    AMBASSADOR_ID,
    EMPLOYER_ID,
    HistoryAnswer,
    Id,
    MomentAnswer,
    Postcode,
    ShortText,
    Words,
)
from services.ambassadors.domain.ambassador import (
    Ambassador,
    CheckDecision,
    Period,
    Profile,
    Status,
    clearance,
    status_at,
)
from services.ambassadors.domain.change import Dated
from services.ambassadors.domain.checks import MonitoringOutcome, Outcome
from services.ambassadors.domain.vocabulary import Format, Jurisdiction, Level, Phase, Scheme, Weekday
from shared.http.requests import RequestModel, ResponseModel

SCHOOL_DAYS = (Weekday.MONDAY, Weekday.TUESDAY, Weekday.WEDNESDAY, Weekday.THURSDAY, Weekday.FRIDAY)

_PROFILE: dict[str, Any] = {
    "name": "Ada Example",
    "email": "ada@works.example",
    "employer_id": EMPLOYER_ID,
    "subjects": ["Physics", "Engineering"],
    "skills": ["welding robots"],
    "phases": ["secondary"],
    "languages": ["English"],
    "formats": ["talk", "careers-fair"],
    "postcode": "ZF1 2AB",
    "radius_km": 30,
    "visits": True,
    "remote": False,
    "weekdays": ["tuesday", "thursday"],
    "away": [{"first": "2026-12-14", "last": "2027-01-05"}],
}


class PeriodModel(RequestModel):
    """Days from the first to the last, both included."""

    first: date
    last: date

    @model_validator(mode="after")
    def _in_order(self) -> PeriodModel:
        if self.last < self.first:
            raise ValueError("A period ends after it begins")
        return self


class ProfileRequest(RequestModel):
    """What an ambassador offers. Name, e-mail address and postcode stay in this service."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PROFILE]})
    name: ShortText
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+$")] | None = None
    employer_id: (
        Annotated[Id, Field(description="Who they work for, once it has registered for placements.")] | None
    ) = None
    subjects: Annotated[Words, Field(min_length=1)]
    skills: Annotated[Words, Field(description="Skills and expertise that schools may ask for.")] = ()
    phases: Annotated[tuple[Phase, ...], Field(min_length=1, max_length=4)]
    languages: Words = ("English",)
    formats: Annotated[tuple[Format, ...], Field(min_length=1, max_length=5)]
    postcode: Postcode
    radius_km: Annotated[int, Field(ge=1, le=200, description="How far they travel.")]
    visits: Annotated[bool, Field(description="Whether they come to schools.")] = True
    remote: Annotated[bool, Field(description="Whether they work at a distance.")] = False
    weekdays: Annotated[tuple[Weekday, ...], Field(min_length=1, max_length=7)] = SCHOOL_DAYS
    away: Annotated[tuple[PeriodModel, ...], Field(max_length=50)] = ()

    @model_validator(mode="after")
    def _does_something(self) -> ProfileRequest:
        if not (self.visits or self.remote):
            raise ValueError("An ambassador visits schools, works at a distance, or both")
        return self

    def profile(self) -> Profile:
        """As the domain knows it."""
        return Profile(
            name=self.name,
            email=self.email,
            employer_id=self.employer_id,
            subjects=self.subjects,
            skills=self.skills,
            phases=tuple(dict.fromkeys(self.phases)),
            languages=self.languages,
            formats=tuple(dict.fromkeys(self.formats)),
            radius_km=self.radius_km,
            visits=self.visits,
            remote=self.remote,
            weekdays=tuple(day for day in Weekday if day in self.weekdays),
            away=tuple(Period(first=period.first, last=period.last) for period in self.away),
        )


class CheckRequest(RequestModel):
    """The outcome of a check. The certificate itself is looked at and given back, never kept."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "scheme": "dbs",
                    "level": "enhanced-with-barred-list",
                    "decision": "cleared",
                    "checked_on": "2026-09-01",
                    "monitored": False,
                }
            ]
        }
    )
    scheme: Scheme
    level: Level
    decision: CheckDecision
    checked_on: date
    monitored: Annotated[
        bool, Field(description="Continuously monitored: it counts until monitoring tells a change.")
    ] = False

    def outcome(self) -> Outcome:
        """As the domain knows it."""
        return Outcome(self.scheme, self.level, self.decision, self.checked_on, self.monitored)


class MonitoringRequest(RequestModel):
    """What continuous monitoring said."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"outcome": "no-change"}]})
    outcome: MonitoringOutcome


class CredentialAnswer(ResponseModel):
    """The outcome of a check; `valid_until` is null while it is continuously monitored. `renewal_pending_on` is the day
    of a renewal whose decision is awaited: until then this outcome counts.
    """

    scheme: Scheme
    level: Level
    decision: CheckDecision
    checked_on: date
    valid_until: date | None
    monitored_on: date | None
    renewal_pending_on: date | None


class PeriodAnswer(ResponseModel):
    """Days when an ambassador is away."""

    first: date
    last: date


class AmbassadorAnswer(ResponseModel):
    """An ambassador. `cleared` are the jurisdictions where checks are valid today, `renew_from` is when the check that
    ends first should be made anew, `active_until` when the status ends without another activity.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ambassador_id": AMBASSADOR_ID,
                    "status": "active",
                    **_PROFILE,
                    "credentials": [
                        {
                            "scheme": "dbs",
                            "level": "enhanced-with-barred-list",
                            "decision": "cleared",
                            "checked_on": "2026-09-01",
                            "valid_until": "2029-08-31",
                            "monitored_on": None,
                            "renewal_pending_on": None,
                        }
                    ],
                    "cleared": ["england-and-wales"],
                    "renew_from": "2029-06-02",
                    "active_until": "2027-09-14T10:17:07.250000Z",
                    "registered_at": "2026-09-01T09:00:00Z",
                    "upcoming_visits": 1,
                    "open_invitations": 0,
                }
            ]
        }
    )
    ambassador_id: str
    status: Status
    name: str
    email: str | None
    employer_id: str | None
    subjects: tuple[str, ...]
    skills: tuple[str, ...]
    phases: tuple[Phase, ...]
    languages: tuple[str, ...]
    formats: tuple[Format, ...]
    postcode: str | None
    radius_km: int
    visits: bool
    remote: bool
    weekdays: tuple[Weekday, ...]
    away: tuple[PeriodAnswer, ...]
    credentials: tuple[CredentialAnswer, ...]
    cleared: tuple[Jurisdiction, ...]
    renew_from: date | None
    active_until: datetime | None
    registered_at: datetime
    upcoming_visits: int
    open_invitations: int


def ambassador_answer(found: Ambassador, now: datetime) -> AmbassadorAnswer:
    """An ambassador as they truly stand now."""
    profile = found.profile
    return AmbassadorAnswer(
        ambassador_id=found.id,
        status=status_at(found, now),
        postcode=None if found.home is None else found.home.postcode,
        away=tuple(PeriodAnswer(first=period.first, last=period.last) for period in profile.away),
        credentials=tuple(
            CredentialAnswer(**credential.model_dump(include=set(CredentialAnswer.model_fields)))
            for credential in found.credentials.values()
        ),
        cleared=clearance(found, now.date()),
        renew_from=found.renew_from,
        active_until=found.active_until,
        registered_at=found.registered_at,
        upcoming_visits=sum(engagement.starts_at > now for engagement in found.engagements.values()),
        open_invitations=sum(expires_at > now for expires_at in found.invitations.values()),
        **profile.model_dump(exclude={"away"}),
    )


def history_answer(found: Dated) -> HistoryAnswer:
    """The history of something."""
    return HistoryAnswer(decisions=tuple(MomentAnswer(**moment.model_dump()) for moment in found.history))
