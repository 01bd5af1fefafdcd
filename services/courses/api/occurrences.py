"""Occurrences: planning, announcing, finding, calling off."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response

from services.courses.api.fields import ID_PATTERN, OccurrenceId, Officer, ReasonRequest
from services.courses.api.occurrence_models import (
    CapacityRequest,
    DatesRequest,
    InvitationAnswer,
    OccurrenceAnswer,
    OccurrenceRequest,
    ShownStatus,
    invitation_answer,
    occurrence_answer,
)
from services.courses.domain.fees import CancellationPolicyUnknown
from services.courses.domain.occurrence import Occurrence
from services.courses.domain.organising import CapacityTaken, InThePast, SessionsOverlap
from services.courses.domain.vocabulary import AgeGroup, Delivery, Phase
from services.courses.use_cases import organising as use_cases
from services.courses.views import invitations
from services.courses.views import occurrences as views
from services.courses.views.occurrences import OccurrenceSearch, PostcodeNotKnown, find_occurrences, place_of
from shared.http.paging import CursorMalformed, Page, PageRequest
from shared.http.principal import PossibleCaller, Principal, Role, requires
from shared.http.problems import problems
from shared.http.requests import Day
from shared.http.versions import set_etag
from shared.http.working import HttpWork, PublicWork
from shared.refusals import NotAllowed, NotFound, VersionMismatch
from shared.transitions import WrongState
from shared.work import Work

router = APIRouter(prefix="/api/occurrences", tags=["Occurrences"])
CHANGE = (NotFound, WrongState, VersionMismatch)
DRAFT_READERS: Final[tuple[Role, ...]] = ("programme-officer", "auditor")
Invited = Annotated[Principal, requires(*DRAFT_READERS, "teacher", "school-approver", "partnership-lead")]


def _shown(occurrence: Occurrence, work: Work, response: Response) -> OccurrenceAnswer:
    set_etag(response, occurrence.version)
    return occurrence_answer(occurrence, work.clock.now())


@router.post(
    "",
    status_code=201,
    summary="Plan an occurrence",
    responses=problems(NotFound, SessionsOverlap, CancellationPolicyUnknown),
)
async def plan_occurrence(
    body: OccurrenceRequest, _caller: Officer, work: HttpWork, response: Response
) -> OccurrenceAnswer:
    """A draft that only the programme sees. The terms of booking valid today go with it."""
    occurrence = await use_cases.plan(work, body.plan())
    response.headers["Location"] = f"/api/occurrences/{occurrence.id}"
    return _shown(occurrence, work, response)


def _day(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)


async def search_request(
    work: PublicWork,
    subject: Annotated[str | None, Query(max_length=200, examples=["Physics"])] = None,
    age_group: AgeGroup | None = None,
    phase: Phase | None = None,
    delivery: Delivery | None = None,
    region: Annotated[str | None, Query(max_length=200)] = None,
    starts_from: Annotated[Day | None, Query(alias="from", description="Starts on this day (UTC) or later.")] = None,
    to: Annotated[Day | None, Query(description="Starts before this day (UTC).")] = None,
    course_id: Annotated[str | None, Query(max_length=64, pattern=ID_PATTERN)] = None,
    status: ShownStatus | None = None,
    q: Annotated[str | None, Query(max_length=200, description="Beginnings of words, in any order.")] = None,
    postcode: Annotated[
        str | None, Query(max_length=10, pattern=r"^[A-Za-z0-9 ]+$", description="Near this postcode only.")
    ] = None,
    radius_km: Annotated[float, Query(gt=0, le=1000, description="How near, with a postcode.")] = 50.0,
    places: Annotated[int, Query(ge=0, le=10_000, description="So many could be booked at once.")] = 0,
) -> OccurrenceSearch:
    """The search parameters of a request."""
    return OccurrenceSearch(
        subject=subject,
        age_group=age_group,
        phase=phase,
        delivery=delivery,
        region=region,
        starts_from=_day(starts_from),
        starts_before=_day(to),
        course_id=course_id,
        status=status,
        q=q,
        near=None if postcode is None else await place_of(work, postcode),
        radius_km=radius_km,
        places=places,
    )


@router.get(
    "",
    summary="Find occurrences, in order of their start",
    responses=problems(CursorMalformed, PostcodeNotKnown, NotAllowed),
)
async def search_occurrences(
    work: PublicWork,
    caller: PossibleCaller,
    paging: PageRequest,
    wanted: Annotated[OccurrenceSearch, Depends(search_request)],
) -> Page[OccurrenceAnswer]:
    """Every filter that is given must hold. Places left are those of this moment."""
    if wanted.status == "draft" and (caller is None or not caller.has(*DRAFT_READERS)):
        raise NotAllowed(roles=list(DRAFT_READERS))
    found = await find_occurrences(work, wanted, paging.after(datetime, str), paging.limit + 1)
    now = work.clock.now()
    return paging.page(
        found,
        lambda occurrence: (occurrence.starts_at, occurrence.id),
        lambda occurrence: occurrence_answer(occurrence, now, wanted.distance(occurrence)),
    )


@router.get("/{occurrence_id}", summary="Read an occurrence", responses=problems(NotFound))
async def read_occurrence(
    occurrence_id: OccurrenceId, caller: PossibleCaller, work: PublicWork, response: Response
) -> OccurrenceAnswer:
    """One occurrence; a draft for the programme alone."""
    drafts = caller is not None and caller.has(*DRAFT_READERS)
    return _shown(await views.occurrence(work, occurrence_id, drafts=drafts), work, response)


@router.get(
    "/{occurrence_id}/invitations",
    summary="List who is invited",
    responses=problems(NotFound, NotAllowed, CursorMalformed),
)
async def list_invitations(
    occurrence_id: OccurrenceId, caller: Invited, work: HttpWork, paging: PageRequest
) -> Page[InvitationAnswer]:
    """Partnerships that are invited, and how many places their schools have. Nobody where every school may book.

    A school sees the one that brings it.
    """
    programme = caller.has(*DRAFT_READERS)
    occurrence = await views.occurrence(work, occurrence_id, drafts=programme)
    if programme:
        found = await invitations.invitations(work, occurrence, paging.after(str), paging.limit + 1)
    else:
        found = await invitations.invitation_of(work, occurrence, caller.school_urn or "")
    return paging.page(found, lambda invitation: (invitation.partnership.id,), invitation_answer)


@router.post("/{occurrence_id}/scheduling", summary="Announce a draft", responses=problems(*CHANGE, InThePast))
async def schedule_occurrence(
    occurrence_id: OccurrenceId, caller: Officer, work: HttpWork, response: Response
) -> OccurrenceAnswer:
    """Everybody sees it; nobody can book yet."""
    return _shown(await use_cases.schedule(work, occurrence_id, caller.subject), work, response)


@router.post("/{occurrence_id}/opening", summary="Open it for booking", responses=problems(*CHANGE, InThePast))
async def open_occurrence(
    occurrence_id: OccurrenceId, caller: Officer, work: HttpWork, response: Response
) -> OccurrenceAnswer:
    """Schools may book from now until it starts or is closed."""
    return _shown(await use_cases.open_booking(work, occurrence_id, caller.subject), work, response)


@router.post("/{occurrence_id}/closing", summary="Close it for booking", responses=problems(*CHANGE))
async def close_occurrence(
    occurrence_id: OccurrenceId, caller: Officer, work: HttpWork, response: Response
) -> OccurrenceAnswer:
    """No more bookings; the waiting list goes on getting what becomes free."""
    return _shown(await use_cases.close_booking(work, occurrence_id, caller.subject), work, response)


@router.put("/{occurrence_id}/capacity", summary="Change the capacity", responses=problems(*CHANGE, CapacityTaken))
async def resize_occurrence(
    occurrence_id: OccurrenceId, body: CapacityRequest, caller: Officer, work: HttpWork, response: Response
) -> OccurrenceAnswer:
    """More places are offered to the waiting list at once; fewer are possible down to what is taken."""
    return _shown(await use_cases.resize(work, occurrence_id, caller.subject, body.capacity), work, response)


@router.put(
    "/{occurrence_id}/dates", summary="Move it to other dates", responses=problems(*CHANGE, InThePast, SessionsOverlap)
)
async def reschedule_occurrence(
    occurrence_id: OccurrenceId, body: DatesRequest, caller: Officer, work: HttpWork, response: Response
) -> OccurrenceAnswer:
    """Possible until it starts. Bookings stay; schools that cannot come may cancel."""
    occurrence = await use_cases.reschedule(work, occurrence_id, caller.subject, body.periods(), body.zone)
    return _shown(occurrence, work, response)


@router.post("/{occurrence_id}/cancellation", summary="Call it off", responses=problems(*CHANGE))
async def cancel_occurrence(
    occurrence_id: OccurrenceId, body: ReasonRequest, caller: Officer, work: HttpWork, response: Response
) -> OccurrenceAnswer:
    """Nothing new gets in from now on; every booking is cancelled free of charge shortly."""
    return _shown(await use_cases.call_off(work, occurrence_id, caller.subject, body.reason), work, response)
