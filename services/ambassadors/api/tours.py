"""Tours: one activity at every school of a partnership."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import ConfigDict, Field

from services.ambassadors.api.activity_models import DateAnswer, DateModel, WantedActivity
from services.ambassadors.api.fields import ACTIVITY_ID, ID_PATTERN, PARTNERSHIP_ID, Id
from services.ambassadors.domain.asking import SlotsOverlap, TooSoon
from services.ambassadors.domain.known import NotOfThePartnership, VisitPartnershipNotActive
from services.ambassadors.domain.request import RequestStatus
from services.ambassadors.domain.tour import StopTwice, Tour
from services.ambassadors.use_cases import tours as use_cases
from services.ambassadors.views import tours as views
from shared.http.paging import CursorMalformed, Page, PageRequest
from shared.http.principal import Principal, requires
from shared.http.problems import problems
from shared.http.requests import RequestModel, ResponseModel
from shared.http.versions import set_etag
from shared.http.working import HttpWork
from shared.refusals import NotAllowed, NotFound

router = APIRouter(prefix="/api/tours", tags=["Activities"])
TOUR_ID = "01993150-0b5f-7f66-8f77-4b5c6d7e8f0a"
TourId = Annotated[str, Path(max_length=64, pattern=ID_PATTERN, examples=[TOUR_ID])]
Lead = Annotated[Principal, requires("partnership-lead")]
Viewer = Annotated[Principal, requires("partnership-lead", "programme-officer", "auditor")]

_DATE: dict[str, Any] = {"starts_at": "2027-03-04T10:15:00Z", "ends_at": "2027-03-04T11:45:00Z"}
_ACTIVITY: dict[str, Any] = {"format": "talk", "subjects": ["Physics"], "year_groups": ["9"], "pupils_expected": 60}


class StopModel(RequestModel):
    """A school of the partnership, and the dates that would suit it."""

    school_urn: Annotated[str, Field(min_length=1, max_length=20, pattern=ID_PATTERN)]
    dates: Annotated[tuple[DateModel, ...], Field(min_length=1, max_length=10)]


class TourBody(WantedActivity):
    """The same activity at several schools of the partnership that you lead."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**_ACTIVITY, "stops": [{"school_urn": "900003", "dates": [_DATE]}]}]}
    )
    stops: Annotated[tuple[StopModel, ...], Field(min_length=1, max_length=30)]


class StopAnswer(ResponseModel):
    """A stop: its request and how that stands, once it is made; `refused` names the problem where it cannot be."""

    school_urn: str
    activity_id: Id
    dates: tuple[DateAnswer, ...]
    status: RequestStatus | None
    refused: str | None


class TourAnswer(ResponseModel):
    """A tour, stop by stop."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "tour_id": TOUR_ID,
                    "partnership_id": PARTNERSHIP_ID,
                    "asked_at": "2026-09-14T10:17:07.250000Z",
                    "stops": [
                        {
                            "school_urn": "900003",
                            "activity_id": ACTIVITY_ID,
                            "dates": [_DATE],
                            "status": "invited",
                            "refused": None,
                        }
                    ],
                }
            ]
        }
    )
    tour_id: str
    partnership_id: str
    asked_at: datetime
    stops: tuple[StopAnswer, ...]


def _answer(found: Tour, statuses: dict[str, RequestStatus]) -> TourAnswer:
    return TourAnswer(
        tour_id=found.id,
        partnership_id=found.partnership_id,
        asked_at=found.asked_at,
        stops=tuple(
            StopAnswer(
                school_urn=stop.school_urn,
                activity_id=stop.request_id,
                dates=tuple(DateAnswer(starts_at=slot.starts_at, ends_at=slot.ends_at) for slot in stop.slots),
                status=statuses.get(stop.request_id),
                refused=stop.refused,
            )
            for stop in found.stops
        ),
    )


@router.post(
    "",
    status_code=201,
    summary="Ask for a tour through your partnership's schools",
    responses=problems(StopTwice, SlotsOverlap, TooSoon, VisitPartnershipNotActive, NotOfThePartnership, NotAllowed),
)
async def ask_for_tour(body: TourBody, caller: Lead, work: HttpWork, response: Response) -> TourAnswer:
    """Each school gets a request of its own shortly, which goes its own way from then on."""
    partnership_id = await views.led_by(work, caller)
    stops = [(stop.school_urn, tuple(date.slot() for date in stop.dates)) for stop in body.stops]
    found = await use_cases.plan(work, partnership_id, caller.subject, body.activity(), stops)
    response.headers["Location"] = f"/api/tours/{found.id}"
    set_etag(response, found.version)
    return _answer(found, {})


@router.get("", summary="List tours, newest first", responses=problems(CursorMalformed, NotAllowed))
async def list_tours(caller: Viewer, work: HttpWork, paging: PageRequest) -> Page[TourAnswer]:
    """Your partnership's, without how each stop stands; all of them for the programme."""
    found = await views.tours(work, caller, paging.after(str), paging.limit + 1)
    return paging.page(found, lambda one: (one.id,), lambda one: _answer(one, {}))


@router.get("/{tour_id}", summary="Read a tour", responses=problems(NotFound, NotAllowed))
async def read_tour(tour_id: TourId, caller: Viewer, work: HttpWork, response: Response) -> TourAnswer:
    """Stop by stop, with how each request stands."""
    found = await views.tour(work, caller, tour_id)
    set_etag(response, found.version)
    return _answer(found, await views.statuses(work, found))
