"""Safeguarding concerns: reported by anybody, read by designated officers, and who read what is open to the auditor."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field

from services.ambassadors.api.fields import AMBASSADOR_ID, ID_PATTERN, VISIT_ID, Id, Officer
from services.ambassadors.domain.safeguarding import (
    Act,
    Concern,
    ConcernEntry,
    ConcernStatus,
    Designation,
    NotDesignated,
)
from services.ambassadors.use_cases import safeguarding as use_cases
from services.ambassadors.use_cases.safeguarding import Report
from services.ambassadors.views import safeguarding as views
from services.ambassadors.views.requests import audience_of
from services.ambassadors.views.visits import visit
from shared.http.paging import CursorMalformed, Page, PageRequest
from shared.http.principal import Principal, requires
from shared.http.problems import problems
from shared.http.requests import RequestModel, ResponseModel
from shared.http.working import HttpWork
from shared.refusals import NotAllowed, NotFound
from shared.transitions import WrongState

router = APIRouter(prefix="/api/safeguarding", tags=["Safeguarding"])
CONCERN_ID = "01993199-0d61-7a77-9a88-5c6d7e8f9a11"
ACCOUNT_ID = "0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d12"
ENTRY_ID = "01993199-0d62-7a77-9a88-5c6d7e8f9a12"

ConcernId = Annotated[str, Path(max_length=64, pattern=ID_PATTERN, examples=[CONCERN_ID])]
AccountId = Annotated[str, Path(max_length=64, pattern=ID_PATTERN, examples=[ACCOUNT_ID])]
Operator = Annotated[Principal, requires("operator")]
Auditor = Annotated[Principal, requires("auditor")]
Overseer = Annotated[Principal, requires("operator", "auditor")]
Reporter = Annotated[
    Principal, requires("teacher", "school-approver", "partnership-lead", "ambassador", "programme-officer")
]
Words = Annotated[str, Field(min_length=1, max_length=4000)]


class ConcernRequest(RequestModel):
    """What worries you. It is shown to designated officers and to nobody else, and every reading is noted."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"words": "Something that was said to a pupil.", "visit_id": VISIT_ID}]}
    )
    words: Words
    visit_id: Annotated[Id, Field(description="The visit that it is about, if it is about one.")] | None = None
    ambassador_id: Annotated[Id, Field(description="For the programme: whom it is about.")] | None = None


class NoteRequest(RequestModel):
    """Something to write down with a concern."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"words": "Spoke to the school's safeguarding lead."}]})
    words: Words


class EntryAnswer(ResponseModel):
    """That somebody did something with a concern, or was refused. A list is of no one concern: `listed` says how many
    it has shown, `status` of which status, or null for any.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "entry_id": ENTRY_ID,
                    "concern_id": CONCERN_ID,
                    "act": "read",
                    "by": ACCOUNT_ID,
                    "at": "2026-09-14T10:17:07.250000Z",
                    "listed": None,
                    "status": None,
                }
            ]
        }
    )
    entry_id: str
    concern_id: str | None
    act: Act
    by: str
    at: datetime
    listed: int | None
    status: ConcernStatus | None


_SUMMARY: dict[str, Any] = {
    "concern_id": CONCERN_ID,
    "status": "open",
    "reported_at": "2026-09-14T10:17:07.250000Z",
    "school_urn": "900003",
    "visit_id": VISIT_ID,
    "ambassador_id": AMBASSADOR_ID,
}


class ConcernSummary(ResponseModel):
    """A concern without what it says."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SUMMARY]})
    concern_id: str
    status: ConcernStatus
    reported_at: datetime
    school_urn: str | None
    visit_id: str | None
    ambassador_id: str | None


class NoteAnswer(ResponseModel):
    """What a designated officer has written down."""

    at: datetime
    by: str
    words: str


class ConcernAnswer(ConcernSummary):
    """A concern with what it says. That you have read it is noted."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {**_SUMMARY, "reported_by": ACCOUNT_ID, "words": "Something that was said to a pupil.", "notes": []}
            ]
        }
    )
    reported_by: str
    words: str
    notes: tuple[NoteAnswer, ...]


class DesignationAnswer(ResponseModel):
    """Whether an account is a designated officer, since when, and who has decided it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"account_id": ACCOUNT_ID, "designated": True, "by": ACCOUNT_ID, "at": "2026-09-14T10:17:07.250000Z"}
            ]
        }
    )
    account_id: str
    designated: bool
    by: str
    at: datetime


def _entry(found: ConcernEntry) -> EntryAnswer:
    return EntryAnswer(
        entry_id=found.id,
        concern_id=found.concern_id,
        act=found.act,
        by=found.by,
        at=found.at,
        listed=found.listed,
        status=found.status,
    )


def _designation(found: Designation) -> DesignationAnswer:
    return DesignationAnswer(account_id=found.id, designated=found.active, by=found.by, at=found.at)


def _summary(found: Concern) -> ConcernSummary:
    return ConcernSummary(
        concern_id=found.id,
        status=found.status,
        reported_at=found.reported_at,
        school_urn=found.school_urn,
        visit_id=found.visit_id,
        ambassador_id=found.ambassador_id,
    )


@router.get("/officers", summary="List designated officers", responses=problems(CursorMalformed))
async def list_designated_officers(_caller: Overseer, work: HttpWork, paging: PageRequest) -> Page[DesignationAnswer]:
    """Also those who are not designated any more."""
    found = await views.designations(work, paging.after(str), paging.limit + 1)
    return paging.page(found, lambda one: (one.id,), _designation)


@router.put("/officers/{account_id}", summary="Designate an officer")
async def designate_officer(account_id: AccountId, caller: Operator, work: HttpWork) -> DesignationAnswer:
    """They may read concerns from now on, if they are a programme officer."""
    return _designation(await use_cases.designate(work, account_id, caller.subject, active=True))


@router.delete("/officers/{account_id}", summary="End a designation")
async def end_designation(account_id: AccountId, caller: Operator, work: HttpWork) -> DesignationAnswer:
    """They may read no concerns from now on."""
    return _designation(await use_cases.designate(work, account_id, caller.subject, active=False))


@router.post("/concerns", status_code=201, summary="Report a concern", responses=problems(NotFound, NotAllowed))
async def report_concern(body: ConcernRequest, caller: Reporter, work: HttpWork) -> EntryAnswer:
    """Somebody who is designated for it will look. In an emergency call the police first."""
    about = await _about(body, caller, work)
    return _entry(await use_cases.report(work, about))


async def _about(body: ConcernRequest, caller: Principal, work: HttpWork) -> Report:
    programme = caller.has("programme-officer")
    if body.ambassador_id is not None and not programme:
        raise NotAllowed("Say which visit it is about, or leave it out.", field="ambassador_id")
    ambassador_id, school_urn = body.ambassador_id, caller.school_urn
    if body.visit_id is not None:
        found = await visit(work, await audience_of(work, caller), body.visit_id)
        ambassador_id, school_urn = ambassador_id or found.ambassador_id, found.school_urn
    return Report(caller.subject, body.words, school_urn, body.visit_id, ambassador_id)


@router.get("/concerns", summary="List concerns, newest first", responses=problems(CursorMalformed, NotDesignated))
async def list_concerns(
    caller: Officer, work: HttpWork, paging: PageRequest, status: ConcernStatus | None = None
) -> Page[ConcernSummary]:
    """For designated officers, without what they say. That you have looked, and at how many, is noted."""
    await use_cases.demand_designation(work, caller.subject)
    found = await views.concerns(work, status, paging.after(str), paging.limit + 1)
    await use_cases.note_list(work, caller.subject, min(len(found), paging.limit), status)
    return paging.page(found, lambda one: (one.id,), _summary)


@router.get("/concerns/{concern_id}", summary="Read a concern", responses=problems(NotFound, NotDesignated))
async def read_concern(concern_id: ConcernId, caller: Officer, work: HttpWork) -> ConcernAnswer:
    """For designated officers. That you have read it is noted, for good."""
    await use_cases.demand_designation(work, caller.subject, concern_id)
    found = await use_cases.read(work, concern_id, caller.subject)
    return ConcernAnswer(
        **_summary(found).model_dump(),
        reported_by=found.reported_by,
        words=found.words,
        notes=tuple(NoteAnswer(at=note.at, by=note.by, words=note.words) for note in found.notes),
    )


@router.post(
    "/concerns/{concern_id}/notes",
    status_code=201,
    summary="Write something down",
    responses=problems(NotFound, NotDesignated, WrongState),
)
async def note_concern(concern_id: ConcernId, body: NoteRequest, caller: Officer, work: HttpWork) -> EntryAnswer:
    """With the concern, for designated officers."""
    await use_cases.demand_designation(work, caller.subject, concern_id)
    return _entry(await use_cases.note(work, concern_id, caller.subject, body.words))


@router.post(
    "/concerns/{concern_id}/closing", summary="Close a concern", responses=problems(NotFound, NotDesignated, WrongState)
)
async def close_concern(concern_id: ConcernId, body: NoteRequest, caller: Officer, work: HttpWork) -> EntryAnswer:
    """With what was done about it."""
    await use_cases.demand_designation(work, caller.subject, concern_id)
    return _entry(await use_cases.close(work, concern_id, caller.subject, body.words))


@router.post(
    "/concerns/{concern_id}/reopening",
    summary="Open a concern again",
    responses=problems(NotFound, NotDesignated, WrongState),
)
async def reopen_concern(concern_id: ConcernId, body: NoteRequest, caller: Officer, work: HttpWork) -> EntryAnswer:
    """Something is to be done after all."""
    await use_cases.demand_designation(work, caller.subject, concern_id)
    return _entry(await use_cases.reopen(work, concern_id, caller.subject, body.words))


@router.get("/entries", summary="See who read which concern, newest first", responses=problems(CursorMalformed))
async def list_concern_entries(
    _caller: Auditor,
    work: HttpWork,
    paging: PageRequest,
    concern_id: Annotated[str | None, Query(max_length=64, pattern=ID_PATTERN)] = None,
) -> Page[EntryAnswer]:
    """Reported, listed, read, noted, closed, or refused: by whom and when, never what it says."""
    found = await views.entries(work, concern_id, paging.after(str), paging.limit + 1)
    return paging.page(found, lambda one: (one.id,), _entry)
