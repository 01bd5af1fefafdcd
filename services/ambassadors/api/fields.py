"""Fields that several requests share, with their limits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Path
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field

from shared.http.principal import Principal, requires
from shared.http.requests import RequestModel, ResponseModel
from shared.refusals import NotAllowed

AMBASSADOR_ID = "01993111-7c3e-7d55-9e66-3a4b5c6d7e08"
ACTIVITY_ID = "01993142-0b5f-7f66-8f77-4b5c6d7e8f09"
VISIT_ID = "01993177-9d61-7a77-9a88-5c6d7e8f9a10"
PARTNERSHIP_ID = "01991a77-3c2d-7f1a-8f00-51b7d2c9aa03"
EMPLOYER_ID = "01992f10-4a7e-7c90-8b21-1d2e3f4a5b05"

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9-]*$"
MOST_PUPILS = 5_000


def _in_utc(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(microsecond=time.microsecond // 1000 * 1000)


def _distinct(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


Id = Annotated[str, Field(min_length=1, max_length=64, pattern=ID_PATTERN)]
Time = Annotated[AwareDatetime, AfterValidator(_in_utc)]
ShortText = Annotated[str, Field(min_length=1, max_length=200)]
Words = Annotated[tuple[ShortText, ...], Field(max_length=20), AfterValidator(_distinct)]
Postcode = Annotated[
    str,
    Field(
        min_length=5,
        max_length=10,
        pattern=r"^[A-Za-z]{1,2}[0-9][A-Za-z0-9]? ?[0-9][A-Za-z]{2}$",
        description="It stays here; others learn a district's position only.",
    ),
]
Reason = Annotated[
    str, Field(min_length=1, max_length=500, description="Why. It stays with the decision; name nobody.")
]

AmbassadorId = Annotated[str, Path(max_length=64, pattern=ID_PATTERN, examples=[AMBASSADOR_ID])]
ActivityId = Annotated[str, Path(max_length=64, pattern=ID_PATTERN, examples=[ACTIVITY_ID])]
VisitId = Annotated[str, Path(max_length=64, pattern=ID_PATTERN, examples=[VISIT_ID])]

Officer = Annotated[Principal, requires("programme-officer")]
Programme = Annotated[Principal, requires("programme-officer", "auditor")]
SchoolStaff = Annotated[Principal, requires("teacher", "school-approver", "partnership-lead")]
Volunteer = Annotated[Principal, requires("ambassador")]


class ReasonRequest(RequestModel):
    """A decision that needs a reason."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The year group is on a trip that day."}]})
    reason: Reason


class MomentAnswer(ResponseModel):
    """A decision."""

    at: datetime
    verb: str
    status: str
    reason: str
    by: str


class HistoryAnswer(ResponseModel):
    """Every decision, oldest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "decisions": [
                        {
                            "at": "2026-09-14T10:17:07.250000Z",
                            "verb": "ask",
                            "status": "open",
                            "reason": "The school asked.",
                            "by": "0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d12",
                        }
                    ]
                }
            ]
        }
    )
    decisions: tuple[MomentAnswer, ...]


def school_of(caller: Principal) -> str:
    """The school that a caller acts for. Raises NotAllowed."""
    if caller.school_urn is None:
        raise NotAllowed("You act for no school.")
    return caller.school_urn
