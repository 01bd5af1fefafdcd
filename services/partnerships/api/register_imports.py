"""Imports of the school register."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response, status

from services.partnerships.api.parameters import ImportId
from services.partnerships.domain.register_file import RegisterColumnsMissing, RegisterFileUnreadable
from services.partnerships.domain.register_import import OnError, RegisterImport, RowErrors
from services.partnerships.use_cases.register import start_import
from services.partnerships.views.register_imports import ImportAnswer, ImportDetail, import_answer, import_detail
from shared.http.bodies import MEBIBYTE, takes
from shared.http.paging import CursorMalformed, Page, PageRequest, following
from shared.http.principal import Principal, requires
from shared.http.problems import BodyTooLarge, ContentTypeUnsupported, RequestInvalid, problems
from shared.http.working import HttpWork
from shared.refusals import NotAllowed, NotFound

router = APIRouter(prefix="/api/register-imports", tags=["schools"])

Importer = Annotated[Principal, requires("operator", "programme-officer")]
Reader = Annotated[Principal, requires("operator", "programme-officer", "auditor")]

CSV = "text/csv"
CSV_EXAMPLE = (
    "URN,LA (code),EstablishmentNumber,EstablishmentName,TypeOfEstablishment (name),EstablishmentStatus (name),"
    "PhaseOfEducation (name),Postcode,GOR (name),Easting,Northing,OpenDate\r\n"
    "900001,391,4001,St Mary's Academy,Academy converter,Open,Secondary,NE1 4ST,North East,424700,564600,01-09-2012\r\n"
)
CSV_BODY = {
    "requestBody": {
        "required": True,
        "description": "A GIAS extract: CSV with a header, in UTF-8 or Windows-1252, up to 32 MiB.",
        "content": {CSV: {"schema": {"type": "string"}, "example": CSV_EXAMPLE}},
    }
}


@router.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Import a register file",
    openapi_extra=CSV_BODY,
    responses=problems(
        NotAllowed,
        RegisterFileUnreadable,
        RegisterColumnsMissing,
        BodyTooLarge,
        ContentTypeUnsupported,
        RequestInvalid,
    ),
)
@takes(CSV, limit=32 * MEBIBYTE)
async def import_register(
    caller: Importer,
    request: Request,
    work: HttpWork,
    response: Response,
    dry_run: Annotated[bool, Query(description="Only say what would happen.")] = False,
    on_error: Annotated[
        OnError, Query(description="What to do when rows break a rule: import nothing, or the good rows.")
    ] = "stop",
) -> ImportAnswer:
    """The file is taken on and worked off in the background: follow Location. A repeat of a file changes nothing."""
    importing = await start_import(
        work, await request.body(), dry_run=dry_run, on_error=on_error, requested_by=caller.subject
    )
    response.headers["Location"] = f"/api/register-imports/{importing.id}"
    return import_answer(importing)


@router.get(
    "",
    summary="List imports of the register",
    responses=problems(NotAllowed, CursorMalformed),
)
async def list_register_imports(caller: Reader, work: HttpWork, paging: PageRequest) -> Page[ImportAnswer]:
    """Latest first."""
    latest_first = (("started_at", -1), ("id", -1))
    where = following(latest_first, paging.after(datetime, str))
    found = await work.collection(RegisterImport).find(where, sort=latest_first, limit=paging.limit + 1)
    return paging.page(found, position=lambda importing: (importing.started_at, importing.id), show=import_answer)


@router.get(
    "/{import_id}",
    summary="Show how far an import has got",
    responses=problems(NotAllowed, NotFound),
)
async def get_register_import(import_id: ImportId, caller: Reader, work: HttpWork) -> ImportDetail:
    """Progress, counts, and the first 1,000 broken rules by row and column."""
    importing = await work.collection(RegisterImport).get(import_id)
    if importing is None:
        raise NotFound()
    errors = await work.collection(RowErrors).find({"import_id": import_id}, sort=(("number", 1),))
    return import_detail(importing, errors)
