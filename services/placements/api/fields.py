"""Fields that several requests share, with their limits, and for whom a caller acts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Path
from pydantic import ConfigDict, Field

from shared.http.principal import Principal, requires
from shared.http.requests import RequestModel
from shared.refusals import NotAllowed
from shared.work import Work

EMPLOYER_ID = "01992d10-5a00-7cc1-8a53-2f6d9c0b1e00"
OFFER_ID = "01992d11-7b00-7cc1-8a53-2f6d9c0b1e01"
APPLICATION_ID = "01992d12-11f4-7d0e-9b6a-6c1f0e2a4b02"
PLACEMENT_ID = "01992d13-3c2d-7f1a-8f00-51b7d2c9aa03"
REQUEST_ID = "01992d14-bbbb-7b0b-8c0c-1d2e3f40510a"
TEACHER_ID = "01992c1f-bbbb-7b0b-8c0c-1d2e3f40510a"
PARTNERSHIP_ID = "01991a77-3c2d-7f1a-8f00-51b7d2c9aa03"

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9-]*$"
MOST_PLACES = 500
MOST_PENCE = 1_000_000

Id = Annotated[str, Field(min_length=1, max_length=64, pattern=ID_PATTERN)]
Places = Annotated[int, Field(ge=1, le=MOST_PLACES)]
Days = Annotated[int, Field(ge=1, le=20)]
Pence = Annotated[int, Field(ge=0, le=MOST_PENCE)]
Code = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[a-z][a-z-]*$")]
ShortText = Annotated[str, Field(min_length=1, max_length=200)]
LongText = Annotated[str, Field(min_length=1, max_length=4000)]
Postcode = Annotated[str, Field(min_length=2, max_length=10, pattern=r"^[A-Za-z0-9 ]+$")]
Reason = Annotated[
    str, Field(min_length=1, max_length=500, description="Why. It stays with the decision; name nobody.")
]

EmployerId = Annotated[str, Path(max_length=64, pattern=ID_PATTERN, examples=[EMPLOYER_ID])]
OfferId = Annotated[str, Path(max_length=64, pattern=ID_PATTERN, examples=[OFFER_ID])]
ApplicationId = Annotated[str, Path(max_length=64, pattern=ID_PATTERN, examples=[APPLICATION_ID])]
PlacementId = Annotated[str, Path(max_length=64, pattern=ID_PATTERN, examples=[PLACEMENT_ID])]
RequestId = Annotated[str, Path(max_length=64, pattern=ID_PATTERN, examples=[REQUEST_ID])]

Officer = Annotated[Principal, requires("programme-officer")]
Overseer = Annotated[Principal, requires("programme-officer", "auditor")]
Host = Annotated[Principal, requires("host-contact", "programme-officer")]
HostOnly = Annotated[Principal, requires("host-contact")]
Teacher = Annotated[Principal, requires("teacher")]
Approver = Annotated[Principal, requires("school-approver")]


class ReasonRequest(RequestModel):
    """A decision that needs a reason."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The site is being rebuilt."}]})
    reason: Reason


def hosts_of(caller: Principal) -> Sequence[str] | None:
    """The employers that a caller acts for; None: all of them, for the programme. Raises NotAllowed."""
    if caller.has("programme-officer"):
        return None
    return (own_employer(caller),)


def own_employer(caller: Principal) -> str:
    """The employer that a host contact acts for. Raises NotAllowed."""
    if caller.employer_id is None:
        raise NotAllowed("You act for no employer.")
    return caller.employer_id


def own_school(caller: Principal) -> str:
    """The school that a caller acts for. Raises NotAllowed."""
    if caller.school_urn is None:
        raise NotAllowed("You act for no school.")
    return caller.school_urn


def work_without_version(work: Work) -> Work:
    """The same work, not minding the root's version: If-Match speaks of something else in it."""
    return Work(work.database, work.door, work.clock, work.cause, work.idempotency, work.inbox)
