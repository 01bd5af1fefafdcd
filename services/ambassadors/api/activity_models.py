"""What goes over the wire about activities that schools ask for."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from services.ambassadors.api.fields import (
    ACTIVITY_ID,
    AMBASSADOR_ID,
    MOST_PUPILS,
    PARTNERSHIP_ID,
    VISIT_ID,
    Id,
    Time,
    Words,
)
from services.ambassadors.domain.matching import Assessment, FactorName
from services.ambassadors.domain.request import Activity, ActivityRequest, InvitationEnding, RequestStatus, Slot
from services.ambassadors.domain.vocabulary import Format, Phase, YearGroup, phases_of
from shared.http.requests import RequestModel, ResponseModel

_ACTIVITY: dict[str, Any] = {
    "format": "talk",
    "subjects": ["Physics"],
    "year_groups": ["9", "10"],
    "pupils_expected": 60,
    "remote": False,
    "languages": [],
    "skills": ["welding robots"],
    "benchmark": 5,
    "short_notice": False,
    "note": "Careers week: how physics is used in a factory.",
}
_DATE: dict[str, Any] = {"starts_at": "2027-03-04T10:15:00Z", "ends_at": "2027-03-04T11:45:00Z"}


class DateModel(RequestModel):
    """A time that would suit the school."""

    starts_at: Time
    ends_at: Time

    def slot(self) -> Slot:
        """As the domain knows it."""
        return Slot(starts_at=self.starts_at, ends_at=self.ends_at)


class WantedActivity(RequestModel):
    """What a school would like to have. Year groups are as the school names them: R, 1 to 14, P1 to P7, S1 to S6."""

    format: Format
    subjects: Annotated[Words, Field(min_length=1)]
    year_groups: Annotated[tuple[YearGroup, ...], Field(min_length=1, max_length=28)]
    pupils_expected: Annotated[int, Field(ge=1, le=MOST_PUPILS)]
    remote: bool = False
    languages: Annotated[Words, Field(description="The ambassador has to speak one of them.")] = ()
    skills: Annotated[Words, Field(description="Skills that would help; who lacks them is ranked lower.")] = ()
    benchmark: Annotated[int, Field(ge=1, le=8, description="The Gatsby benchmark that it serves.")] | None = None
    short_notice: Annotated[
        bool, Field(description="You are ready for whoever comes: each date may be taken until it begins.")
    ] = False
    note: Annotated[str, Field(max_length=2000, description="For the ambassador; name no pupils.")] = ""

    def activity(self) -> Activity:
        """As the domain knows it."""
        groups = tuple(dict.fromkeys(self.year_groups))
        return Activity(
            format=self.format,
            subjects=self.subjects,
            year_groups=groups,
            phases=phases_of(groups),
            pupils_expected=self.pupils_expected,
            remote=self.remote,
            languages=self.languages,
            skills=self.skills,
            benchmark=self.benchmark,
            short_notice=self.short_notice,
            note=self.note,
        )


class ActivityBody(WantedActivity):
    """An activity that a school asks for, on one of these dates. With a `partnership_id` it counts for its plan."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**_ACTIVITY, "dates": [_DATE], "partnership_id": PARTNERSHIP_ID}]}
    )
    dates: Annotated[tuple[DateModel, ...], Field(min_length=1, max_length=10)]
    partnership_id: Id | None = None

    def slots(self) -> tuple[Slot, ...]:
        """As the domain knows them."""
        return tuple(date.slot() for date in self.dates)


class AcceptanceRequest(RequestModel):
    """When the ambassador will come: one of the dates."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"starts_at": "2027-03-04T10:15:00Z"}]})
    starts_at: Time


class InvitationRequest(RequestModel):
    """Whom an officer has chosen."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ambassador_id": AMBASSADOR_ID}]})
    ambassador_id: Id


class DateAnswer(ResponseModel):
    """A time."""

    starts_at: datetime
    ends_at: datetime


class InvitationAnswer(ResponseModel):
    """Who was asked, until when, with how many points, and what spoke for them; `ending` is null while it is open."""

    ambassador_id: str
    invited_at: datetime
    expires_at: datetime
    score: int
    because: tuple[str, ...]
    ending: InvitationEnding | None


class ActivityAnswer(ResponseModel):
    """An activity that a school asks for. `invitations` are for the programme only: schools learn who comes, never who
    does not. `answer_by` is for the ambassador who is asked.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "activity_id": ACTIVITY_ID,
                    "school_urn": "900003",
                    "partnership_id": PARTNERSHIP_ID,
                    "tour_id": None,
                    "status": "accepted",
                    "asked_at": "2026-09-14T10:17:07.250000Z",
                    **_ACTIVITY,
                    "phases": ["secondary"],
                    "dates": [_DATE],
                    "agreed_date": _DATE,
                    "visit_id": VISIT_ID,
                    "ambassador_id": AMBASSADOR_ID,
                    "answer_by": None,
                    "invitations": None,
                }
            ]
        }
    )
    activity_id: str
    school_urn: str
    partnership_id: str | None
    tour_id: str | None
    status: RequestStatus
    asked_at: datetime
    format: Format
    subjects: tuple[str, ...]
    year_groups: tuple[YearGroup, ...]
    phases: tuple[Phase, ...]
    pupils_expected: int
    remote: bool
    languages: tuple[str, ...]
    skills: tuple[str, ...]
    benchmark: int | None
    short_notice: bool
    note: str
    dates: tuple[DateAnswer, ...]
    agreed_date: DateAnswer | None
    visit_id: str | None
    ambassador_id: str | None
    answer_by: datetime | None
    invitations: tuple[InvitationAnswer, ...] | None


class FactorAnswer(ResponseModel):
    """One reason. `weight` 0: a rule that must hold. `otherwise` says what would do."""

    name: FactorName
    holds: bool
    says: str
    points: int
    weight: int
    otherwise: str | None


class CandidateAnswer(ResponseModel):
    """How well an ambassador suits, factor by factor, and when they could come."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ambassador_id": AMBASSADOR_ID,
                    "suitable": True,
                    "score": 84,
                    "dates": [_DATE],
                    "factors": [
                        {
                            "name": "place",
                            "holds": True,
                            "says": "12.4 km away, travels up to 30 km",
                            "points": 0,
                            "weight": 0,
                            "otherwise": None,
                        }
                    ],
                }
            ]
        }
    )
    ambassador_id: str
    suitable: bool
    score: int
    dates: tuple[DateAnswer, ...]
    factors: tuple[FactorAnswer, ...]


class CandidatesAnswer(ResponseModel):
    """Who suits, best first, and how many do of those who were looked at: at most 5,000 who would come so far, or 200
    for what is done at a distance, those who were asked least before the others.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [], "suitable": 0}]})
    items: tuple[CandidateAnswer, ...]
    suitable: int


def _date(slot: Slot) -> DateAnswer:
    return DateAnswer(starts_at=slot.starts_at, ends_at=slot.ends_at)


def activity_answer(found: ActivityRequest, *, programme: bool, ambassador_id: str | None = None) -> ActivityAnswer:
    """A request as the programme, its school, or an ambassador may see it."""
    invitation = found.invitation
    asked = invitation is not None and invitation.ambassador_id == ambassador_id
    return ActivityAnswer(
        activity_id=found.id,
        school_urn=found.school_urn,
        partnership_id=found.partnership_id,
        tour_id=found.tour_id,
        status=found.status,
        asked_at=found.asked_at,
        dates=tuple(_date(slot) for slot in found.slots),
        agreed_date=None if found.slot is None or found.ambassador_id is None else _date(found.slot),
        visit_id=found.visit_id,
        ambassador_id=found.ambassador_id,
        answer_by=invitation.expires_at if invitation is not None and asked else None,
        invitations=tuple(
            InvitationAnswer(**one.model_dump(include=set(InvitationAnswer.model_fields))) for one in found.invitations
        )
        if programme
        else None,
        **found.activity.model_dump(),
    )


def candidate_answer(found: Assessment) -> CandidateAnswer:
    """An assessment for the wire."""
    return CandidateAnswer(
        ambassador_id=found.ambassador_id,
        suitable=found.suitable,
        score=found.score,
        dates=tuple(_date(slot) for slot in found.slots),
        factors=tuple(
            FactorAnswer(
                name=factor.name,
                holds=factor.holds,
                says=factor.says,
                points=factor.points,
                weight=factor.weight,
                otherwise=factor.otherwise,
            )
            for factor in found.factors
        ),
    )
