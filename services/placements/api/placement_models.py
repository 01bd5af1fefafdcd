"""What goes over the wire about placements."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from services.placements.api.application_models import StepAnswer, step_answer
from services.placements.api.fields import (
    APPLICATION_ID,
    EMPLOYER_ID,
    OFFER_ID,
    PARTNERSHIP_ID,
    PLACEMENT_ID,
    TEACHER_ID,
    Code,
    LongText,
    Pence,
    Reason,
    ShortText,
)
from services.placements.domain.hosting import Day
from services.placements.domain.placement import (
    PARTIES,
    Asked,
    Funds,
    Party,
    Placement,
    PlacementStatus,
    Version,
    latest_marks,
    signed_by,
    unsigned,
)
from services.placements.policies import text_of
from shared.contracts.placements import CancelledPlacementBy, PlacementOutcome
from shared.http.requests import RequestModel, ResponseModel

_DATES = ["2027-06-07", "2027-06-08", "2027-06-09", "2027-06-10", "2027-06-11"]


class SignatureRequest(RequestModel):
    """Your party's word on a version of the agreement."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"party": "teacher", "version": 1}]})
    party: Party
    version: Annotated[int, Field(ge=1, le=1000)]


class AmendmentRequest(RequestModel):
    """What the next version says differently; only what is given changes."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"supervisor": "Dr Example", "reason": "The supervisor has changed."}]}
    )
    dates: Annotated[tuple[date, ...], Field(min_length=1, max_length=20)] | None = None
    site: ShortText | None = None
    supervisor: ShortText | None = None
    cover_pence_per_day: Pence | None = None
    note: Annotated[str, Field(max_length=2000)] | None = None
    reason: Reason

    def changes(self) -> dict[str, Any]:
        """The particulars that are given."""
        given = self.model_dump(exclude_none=True, exclude={"reason"})
        return given | ({"dates": tuple(sorted(self.dates))} if self.dates is not None else {})


class DayRequest(RequestModel):
    """A day; `done` says whether the teacher was there. A mark that corrects an earlier one needs a reason."""

    day: date
    done: bool
    reason: Reason | None = None


class DaysRequest(RequestModel):
    """Some or all days of the placement."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"days": [{"day": _DATES[0], "done": True}]}]})
    days: Annotated[tuple[DayRequest, ...], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _once_each(self) -> DaysRequest:
        if len({one.day for one in self.days}) < len(self.days):
            raise ValueError("Each day is marked once")
        return self

    def marks(self) -> list[Day]:
        """As the domain knows them."""
        return [Day(one.day, one.done, one.reason) for one in self.days]


class ReflectionRequest(RequestModel):
    """What you take home, and how many pupils you mean to reach with it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "We will measure like chemists do.", "pupils_to_reach": 120}]}
    )
    text: LongText
    pupils_to_reach: Annotated[int, Field(ge=0, le=100_000)] | None = None


class CancellationRequest(RequestModel):
    """Who cancels, and why, as a code of that party's list; a wrong code is answered with the list."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"party": "school", "reason_code": "no-cover"}]})
    party: Literal["teacher", "school", "host", "programme"]
    reason_code: Code

    def for_party(self) -> Party | None:
        """The party; None for the programme."""
        return None if self.party == "programme" else self.party


class HostingAgainRequest(RequestModel):
    """Whether you will host again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"hosts_again": True}]})
    hosts_again: bool


class SignatureAnswer(ResponseModel):
    """A party and its signature that is good for the current version; null while it is missing."""

    party: Party
    version: int | None
    by: str | None
    at: datetime | None


class VersionAnswer(ResponseModel):
    """A version of the agreement, and which parties it touches."""

    version: int
    touches: tuple[Party, ...]
    dates: tuple[date, ...]
    site: str
    supervisor: str | None
    cover_pence_per_day: int
    note: str
    made_at: datetime
    made_by: str


class AgreementAnswer(ResponseModel):
    """The agreement: its text, all versions, who has signed the current one."""

    version: int
    text_name: str
    text: str
    unsigned: tuple[Party, ...]
    signatures: tuple[SignatureAnswer, ...]
    versions: tuple[VersionAnswer, ...]


class DayAnswer(ResponseModel):
    """A day; `done` is null until it is recorded."""

    day: date
    done: bool | None
    reason: str | None


class SettlementAnswer(ResponseModel):
    """What the days came to. A correction raises the revision."""

    revision: int
    days_done: int
    charged_pence: int


_EXAMPLE: dict[str, Any] = {
    "placement_id": PLACEMENT_ID,
    "offer_id": OFFER_ID,
    "application_id": APPLICATION_ID,
    "employer_id": EMPLOYER_ID,
    "school_urn": "900001",
    "teacher_id": TEACHER_ID,
    "partnership_id": PARTNERSHIP_ID,
    "status": "matched",
    "subjects": ["Physics"],
    "dates": _DATES,
    "amount_pence": 110000,
    "cover": "not-needed",
    "funds": "asked",
    "own_cost_by": None,
    "agreement": None,
    "cleared_until": None,
    "days": [{"day": day, "done": None, "reason": None} for day in _DATES],
    "confirm_by": None,
    "settlement": None,
    "reflection_due_at": None,
    "days_overdue": False,
    "reflection_overdue": False,
    "reflection": None,
    "pupils_to_reach": None,
    "outcome": None,
    "host_asked": False,
    "hosts_again": None,
    "cancelled_by": None,
    "reason_code": None,
    "history": [
        {
            "at": "2026-09-14T10:17:07.250000Z",
            "verb": "match",
            "status": "matched",
            "reason": "The teacher has accepted.",
            "by": "system",
        }
    ],
}


class PlacementAnswer(ResponseModel):
    """A placement. `cover` and `funds` are asked before the agreement is drafted, where they are needed; after a
    refused bursary it may go on at the school's own cost if that is said by `own_cost_by`.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})
    placement_id: str
    offer_id: str
    application_id: str
    employer_id: str
    school_urn: str
    teacher_id: str
    partnership_id: str | None
    status: PlacementStatus
    subjects: tuple[str, ...]
    dates: tuple[date, ...]
    amount_pence: int
    cover: Asked
    funds: Funds
    own_cost_by: datetime | None
    agreement: AgreementAnswer | None
    cleared_until: date | None
    days: tuple[DayAnswer, ...]
    confirm_by: datetime | None
    settlement: SettlementAnswer | None
    reflection_due_at: datetime | None
    days_overdue: bool
    reflection_overdue: bool
    reflection: str | None
    pupils_to_reach: int | None
    outcome: PlacementOutcome | None
    host_asked: bool
    hosts_again: bool | None
    cancelled_by: CancelledPlacementBy | None
    reason_code: str | None
    history: tuple[StepAnswer, ...]


def placement_answer(placement: Placement) -> PlacementAnswer:
    """A placement as it is stored."""
    match = placement.match
    marks = latest_marks(placement)
    settlement = None
    if placement.settled:
        settlement = SettlementAnswer(
            revision=placement.settled, days_done=len(placement.done_on), charged_pence=placement.charged_pence
        )
    return PlacementAnswer(
        placement_id=placement.id,
        offer_id=match.offer_id,
        application_id=match.application_id,
        employer_id=match.employer_id,
        school_urn=match.school_urn,
        teacher_id=match.teacher_id,
        partnership_id=match.partnership_id,
        status=placement.status,
        subjects=match.subjects,
        dates=placement.dates,
        amount_pence=match.amount_pence,
        cover=placement.cover,
        funds=placement.funds,
        own_cost_by=placement.own_cost_by,
        agreement=_agreement(placement) if placement.versions else None,
        cleared_until=placement.cleared_until,
        days=tuple(
            DayAnswer(
                day=day,
                done=marks[day].done if day in marks else None,
                reason=marks[day].reason if day in marks else None,
            )
            for day in placement.dates
        ),
        confirm_by=placement.confirm_by,
        settlement=settlement,
        reflection_due_at=placement.reflection_due_at,
        days_overdue=placement.days_overdue,
        reflection_overdue=placement.reflection_overdue,
        reflection=placement.reflection.text if placement.reflection is not None else None,
        pupils_to_reach=placement.reflection.pupils_to_reach if placement.reflection is not None else None,
        outcome=placement.outcome,
        host_asked=placement.host_asked_at is not None,
        hosts_again=placement.hosts_again,
        cancelled_by=placement.cancelled_by,
        reason_code=placement.reason_code,
        history=tuple(step_answer(step) for step in placement.history),
    )


def _agreement(placement: Placement) -> AgreementAnswer:
    current = placement.versions[-1]
    return AgreementAnswer(
        version=current.number,
        text_name=current.text,
        text=text_of(current.text),
        unsigned=unsigned(placement),
        signatures=tuple(_signature(placement, party) for party in PARTIES),
        versions=tuple(_version(version) for version in placement.versions),
    )


def _signature(placement: Placement, party: Party) -> SignatureAnswer:
    good = signed_by(placement, party)
    if good is None:
        return SignatureAnswer(party=party, version=None, by=None, at=None)
    return SignatureAnswer(**good.model_dump())


def _version(version: Version) -> VersionAnswer:
    return VersionAnswer(
        version=version.number,
        touches=version.touches,
        **version.particulars.model_dump(),
        made_at=version.made_at,
        made_by=version.made_by,
    )
