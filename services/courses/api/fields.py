"""Fields that several requests share, with their limits."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from fastapi import Path
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field

from services.courses.domain.booking import Delegate
from services.courses.domain.cancellation import Ask
from services.courses.store import lineage
from shared.http.principal import Principal, requires
from shared.http.requests import RequestModel
from shared.work import Work

COURSE_ID = "01992c1d-5a00-7cc1-8a53-2f6d9c0b1e00"
OCCURRENCE_ID = "01992c1e-7b00-7cc1-8a53-2f6d9c0b1e01"
BOOKING_ID = "01992c20-11f4-7d0e-9b6a-6c1f0e2a4b02"
DELEGATE_ID = "01992c1f-bbbb-7b0b-8c0c-1d2e3f40510a"
PARTNERSHIP_ID = "01991a77-3c2d-7f1a-8f00-51b7d2c9aa03"

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9-]*$"
MOST_PLACES = 10_000
MOST_PENCE = 10_000_000
MOST_DELEGATES = 100


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def known_zone(zone: str) -> str:
    """Refuse a time zone that nobody knows."""
    if zone not in _zones():
        raise ValueError("There is no such time zone: it is an IANA name such as Europe/London")
    return zone


def _in_utc(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(microsecond=time.microsecond // 1000 * 1000)


Id = Annotated[str, Field(min_length=1, max_length=64, pattern=ID_PATTERN)]
Zone = Annotated[str, Field(max_length=64), AfterValidator(known_zone)]
Time = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Places = Annotated[int, Field(ge=1, le=MOST_PLACES)]
Pence = Annotated[int, Field(ge=0, le=MOST_PENCE)]
ShortText = Annotated[str, Field(min_length=1, max_length=200)]
Reason = Annotated[
    str, Field(min_length=1, max_length=500, description="Why. It stays with the decision; name nobody.")
]

CourseId = Annotated[str, Path(max_length=64, pattern=ID_PATTERN, examples=[COURSE_ID])]
OccurrenceId = Annotated[str, Path(max_length=64, pattern=ID_PATTERN, examples=[OCCURRENCE_ID])]
BookingId = Annotated[str, Path(max_length=64, pattern=ID_PATTERN, examples=[BOOKING_ID])]
DelegateId = Annotated[str, Path(max_length=64, pattern=ID_PATTERN, examples=[DELEGATE_ID])]

Officer = Annotated[Principal, requires("programme-officer")]
SchoolStaff = Annotated[Principal, requires("teacher", "school-approver", "partnership-lead")]


class DelegateRequest(RequestModel):
    """Somebody who takes part. Name and address stay with the booking; everything else knows the id."""

    delegate_id: Annotated[Id, Field(description="The account id of the delegate, or your own id for them.")]
    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+$")] | None = None

    def delegate(self) -> Delegate:
        """As a line of a booking."""
        return Delegate(delegate_id=self.delegate_id, name=self.name, email=self.email)


class ReasonRequest(RequestModel):
    """A decision that needs a reason."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The staff are needed for an inspection."}]})
    reason: Reason


async def asked_by(caller: Principal, booking_id: str, work: Work) -> tuple[Work, Ask]:
    """A school's question about a booking: If-Match speaks of the booking here, not of its occurrence."""
    own, *earlier = await lineage(work, caller.school_urn or "")
    ask = Ask(booking_id, caller.subject, own, work.if_version, tuple(earlier), caller.has("school-approver"))
    return work_without_version(work), ask


def work_without_version(work: Work) -> Work:
    """The same work, not minding the occurrence's version."""
    return Work(work.database, work.door, work.clock, work.cause, work.idempotency, work.inbox)
