"""A school's cover as the school sees it: its rules, who is away on which day, what was asked."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.partnerships.domain.cover import Cover
from services.partnerships.domain.cover_request import CoverRequest, CoverStatus
from services.partnerships.domain.school import School
from shared.contracts.cover import CoverPurpose, CoverRefusalReason
from shared.http.requests import ResponseModel
from shared.refusals import NotFound
from shared.work import Work

BLACKOUT_EXAMPLE: JsonDict = {"name": "Mock examinations", "first_day": "2027-01-11", "last_day": "2027-01-15"}
MOMENT = "2026-09-14T09:30:00Z"


class BlackoutAnswer(ResponseModel):
    """Days on which nobody may be away; both days belong to it."""

    name: str
    first_day: date
    last_day: date


class DayAnswer(ResponseModel):
    """Who is away on a day."""

    day: date
    out: int
    person_ids: tuple[str, ...]


class OverrideAnswer(ResponseModel):
    """Who may go all the same, and who has allowed it."""

    person_ids: tuple[str, ...]
    first_day: date
    last_day: date
    reason: str
    by: str
    at: datetime


class CoverAnswer(ResponseModel):
    """A school's rules for cover, and who is away from today on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "school_urn": "900001",
                    "guarded": True,
                    "most_out": 2,
                    "blackouts": [BLACKOUT_EXAMPLE],
                    "days": [{"day": "2026-11-05", "out": 1, "person_ids": ["teacher-7f3a"]}],
                    "overrides": [],
                    "successor_urn": None,
                    "version": 3,
                }
            ]
        }
    )
    school_urn: str
    guarded: bool = Field(description="Whether bookings and placements of its staff are asked about.")
    most_out: int | None = Field(description="So many of the staff may be away on one day; null: no limit.")
    blackouts: tuple[BlackoutAnswer, ...]
    days: tuple[DayAnswer, ...]
    overrides: tuple[OverrideAnswer, ...]
    successor_urn: str | None = Field(description="The school that this one goes on as, with its cover.")
    version: int


class CoverRequestAnswer(ResponseModel):
    """What a booking or a placement has asked of a school's cover, and the answer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "purpose": "booking",
                    "covered_id": "0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d06",
                    "asked_by": "occurrences/0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d07",
                    "status": "refused",
                    "person_ids": ["teacher-7f3a"],
                    "days_out": ["2026-11-05"],
                    "overridden": False,
                    "reason": "too-many-out",
                    "day": "2026-11-05",
                    "changed_at": MOMENT,
                }
            ]
        }
    )
    purpose: CoverPurpose
    covered_id: str = Field(description="The booking or placement that the absence is for.")
    asked_by: str | None = Field(description="Where it belongs: occurrences/<id> or placements/<id>.")
    status: CoverStatus
    person_ids: tuple[str, ...]
    days_out: tuple[date, ...]
    overridden: bool = Field(description="Whether it broke a rule, and an approver had allowed it.")
    reason: CoverRefusalReason | None
    day: date | None = Field(description="The first day on which a rule would have been broken.")
    changed_at: datetime


async def cover_of(work: Work, urn: str) -> Cover:
    """A school's document; an empty one for a school without rules. Raises NotFound."""
    cover = await work.collection(Cover).get(urn)
    if cover is None and await work.collection(School).get(urn) is None:
        raise NotFound()
    return cover or Cover(id=urn)


def cover_answer(cover: Cover, today: date) -> CoverAnswer:
    """A school's cover from today on."""
    days = sorted({day for absence in cover.absences for day in absence.days_out if day >= today})
    away = {day: tuple(sorted(cover.away(day))) for day in days}
    return CoverAnswer(
        school_urn=cover.id,
        guarded=cover.policy.guarded,
        most_out=cover.policy.most_out,
        blackouts=tuple(BlackoutAnswer(**blackout.model_dump()) for blackout in cover.policy.blackouts),
        days=tuple(DayAnswer(day=day, out=len(people), person_ids=people) for day, people in away.items()),
        overrides=tuple(
            OverrideAnswer(**override.model_dump()) for override in cover.overrides if override.last_day >= today
        ),
        successor_urn=cover.successor_urn,
        version=cover.version,
    )


def cover_request_answer(request: CoverRequest) -> CoverRequestAnswer:
    """A request as the school sees it."""
    return CoverRequestAnswer(
        purpose=request.purpose,
        covered_id=request.covered_id,
        asked_by=request.asked_by,
        status=request.status,
        person_ids=request.person_ids,
        days_out=request.days_out,
        overridden=request.overridden,
        reason=request.reason,
        day=request.day,
        changed_at=request.changed_at,
    )
