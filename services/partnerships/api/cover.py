"""The cover of a school's staff: who may be away on which days. Seen by the school itself and by programme staff."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Response, status
from pydantic import ConfigDict, Field

from services.partnerships.api.parameters import Id, Name, PathUrn, ReasonText
from services.partnerships.domain.cover import Blackout, Cover, CoverPolicy, PeriodBackwards, PeriodOver
from services.partnerships.domain.cover_request import CoverRequest
from services.partnerships.domain.cover_succession import SchoolGoesOn
from services.partnerships.store import lineage
from services.partnerships.use_cases import cover as use_cases
from services.partnerships.views import cover as views
from services.partnerships.views.cover import (
    BLACKOUT_EXAMPLE,
    CoverAnswer,
    CoverRequestAnswer,
    cover_answer,
    cover_request_answer,
)
from shared.http.paging import CursorMalformed, Page, PageRequest, following
from shared.http.principal import Principal, requires
from shared.http.problems import RequestInvalid, problems
from shared.http.requests import RequestModel
from shared.http.versions import set_etag
from shared.http.working import HttpWork
from shared.refusals import NotAllowed, NotFound, VersionMismatch

router = APIRouter(prefix="/api/schools/{urn}/cover", tags=["cover"])

COVER_PROBLEMS = (NotAllowed, NotFound, SchoolGoesOn, PeriodBackwards, VersionMismatch, RequestInvalid)

Approver = Annotated[Principal, requires("school-approver")]
Reader = Annotated[
    Principal, requires("teacher", "school-approver", "partnership-lead", "programme-officer", "auditor")
]


class BlackoutRequest(RequestModel):
    """Days on which nobody may be away; both days belong to it."""

    name: Name
    first_day: date
    last_day: date


class CoverPolicyRequest(RequestModel):
    """Your school's rules, all of them. Without any, nobody is asked any more."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"most_out": 2, "blackouts": [BLACKOUT_EXAMPLE]}]})
    most_out: Annotated[
        int | None, Field(ge=0, le=1000, description="So many of the staff may be away on one day; null: no limit.")
    ] = None
    blackouts: Annotated[tuple[BlackoutRequest, ...], Field(max_length=50)] = ()

    def policy(self) -> CoverPolicy:
        """As the rules know it."""
        return CoverPolicy(
            most_out=self.most_out, blackouts=tuple(Blackout(**blackout.model_dump()) for blackout in self.blackouts)
        )


class OverrideRequest(RequestModel):
    """Let these people go in this period all the same; both days belong to it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "person_ids": ["teacher-7f3a"],
                    "first_day": "2026-11-05",
                    "last_day": "2026-11-05",
                    "reason": "A supply teacher is booked for the day.",
                }
            ]
        }
    )
    person_ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=100)]
    first_day: date
    last_day: date
    reason: ReasonText


def _own(urn: str, caller: Principal) -> None:
    """Raises NotFound for who acts for another school."""
    if caller.school_urn != urn:
        raise NotFound()


def _visible(urn: str, caller: Principal) -> None:
    if not caller.has("programme-officer", "auditor"):
        _own(urn, caller)


def _shown(cover: Cover, work: HttpWork, response: Response) -> CoverAnswer:
    set_etag(response, cover.version)
    return cover_answer(cover, work.clock.now().date())


@router.get("", summary="Show who of a school is away, and its rules", responses=problems(NotAllowed, NotFound))
async def get_cover(urn: PathUrn, caller: Reader, work: HttpWork, response: Response) -> CoverAnswer:
    """From today on, by day. Before the school has set any rules nobody is counted."""
    _visible(urn, caller)
    return _shown(await views.cover_of(work, urn), work, response)


@router.put(
    "",
    summary="Set a school's rules for cover",
    responses=problems(*COVER_PROBLEMS),
)
async def set_cover_policy(
    urn: PathUrn, body: CoverPolicyRequest, caller: Approver, work: HttpWork, response: Response
) -> CoverAnswer:
    """For approvers of the school. From now on each booking and placement of its staff is decided by these rules.

    Who is away already stays away, and counts.
    """
    _own(urn, caller)
    return _shown(await use_cases.set_policy(work, urn, body.policy()), work, response)


@router.post(
    "/overrides",
    status_code=status.HTTP_201_CREATED,
    summary="Let staff go all the same",
    responses=problems(
        NotAllowed, NotFound, SchoolGoesOn, PeriodBackwards, PeriodOver, VersionMismatch, RequestInvalid
    ),
)
async def allow_absence(
    urn: PathUrn, body: OverrideRequest, caller: Approver, work: HttpWork, response: Response
) -> CoverAnswer:
    """For approvers of the school: what its rules would refuse these people in this period is granted, once asked."""
    _own(urn, caller)
    cover = await use_cases.allow(
        work,
        urn,
        body.person_ids,
        body.first_day,
        body.last_day,
        reason=body.reason,
        by=caller.subject,
    )
    return _shown(cover, work, response)


@router.get(
    "/requests",
    summary="List what was asked of a school's cover",
    responses=problems(NotAllowed, NotFound, CursorMalformed),
)
async def list_cover_requests(
    urn: PathUrn, caller: Reader, work: HttpWork, paging: PageRequest
) -> Page[CoverRequestAnswer]:
    """By booking and placement: granted, refused and why, released; also what was asked under an earlier URN."""
    _visible(urn, caller)
    own = {"school_urn": {"$in": list(await lineage(work, urn))}}
    where = {**own, **following((("id", 1),), paging.after(str))}
    found = await work.collection(CoverRequest).find(where, sort=(("id", 1),), limit=paging.limit + 1)
    return paging.page(found, position=lambda request: (request.id,), show=cover_request_answer)
