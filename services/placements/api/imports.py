"""Posting offers as a file."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import ConfigDict

from services.placements.api.fields import ID_PATTERN, Host
from services.placements.api.offers import PosterMissing, poster
from services.placements.domain.offer_file import OfferColumnsMissing, OfferFileTooLong, OfferFileUnreadable
from services.placements.use_cases.importing import Manner, OnError, Report, import_offers
from shared.http.bodies import MEBIBYTE, takes
from shared.http.problems import problems
from shared.http.requests import ResponseModel
from shared.http.working import HttpWork
from shared.refusals import NotAllowed, NotFound

router = APIRouter(prefix="/api/offer-imports", tags=["Placement offers"])
MOST_ERRORS = 1000

CSV = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {
                "schema": {"type": "string"},
                "examples": {
                    "offers": {
                        "summary": "Offers",
                        "value": "reference,title,summary,kind,subjects,phases,starts_on,ends_on,places,site_id\n"
                        "OUSE-1,A week with us,Measure.,five-days,Physics,secondary,2027-06-07,2027-06-11,4,york\n",
                    }
                },
            }
        },
    }
}


class OfferRowErrorAnswer(ResponseModel):
    """What is wrong with a cell; rows are numbered as a spreadsheet does, the header is row 1."""

    row: int
    column: str
    rule: str
    message: str
    value: str


class OfferImportAnswer(ResponseModel):
    """What an import has done, or what a dry run found that it would do.

    `written` is false for a dry run, and where an error has stopped the import before anything was written.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "dry_run": False,
                    "written": True,
                    "offers": 12,
                    "created": 11,
                    "changed": 0,
                    "unchanged": 0,
                    "rejected": 1,
                    "errors": [
                        {"row": 4, "column": "places", "rule": "missing", "message": "A value is needed.", "value": ""}
                    ],
                }
            ]
        }
    )
    dry_run: bool
    written: bool
    offers: int
    created: int
    changed: int
    unchanged: int
    rejected: int
    errors: tuple[OfferRowErrorAnswer, ...]


@router.post(
    "",
    summary="Import an offer file",
    responses=problems(OfferFileUnreadable, OfferColumnsMissing, OfferFileTooLong, PosterMissing, NotFound, NotAllowed),
    openapi_extra=CSV,
)
@takes("text/csv", limit=8 * MEBIBYTE)
async def import_offer_file(
    request: Request,
    caller: Host,
    work: HttpWork,
    employer_id: Annotated[
        str | None, Query(max_length=64, pattern=ID_PATTERN, description="For whom, where the programme posts.")
    ] = None,
    dry_run: Annotated[bool, Query(description="Report only, write nothing.")] = False,
    on_error: Annotated[OnError, Query(description="What to do when some rows are bad.")] = "stop",
    submit: Annotated[bool, Query(description="Hand the offers in for review at once.")] = False,
) -> OfferImportAnswer:
    """Rows of the same reference are cohorts of one offer. The same file again changes nothing."""
    manner = Manner(
        employer_id=poster(caller, employer_id),
        by=caller.subject,
        dry_run=dry_run,
        on_error=on_error,
        submitted=submit,
    )
    return _answer(dry_run, await import_offers(work, await request.body(), manner))


def _answer(dry_run: bool, report: Report) -> OfferImportAnswer:
    return OfferImportAnswer(
        dry_run=dry_run,
        written=report.written,
        offers=report.offers,
        created=report.created,
        changed=report.changed,
        unchanged=report.unchanged,
        rejected=len(report.errors),
        errors=tuple(
            OfferRowErrorAnswer(
                row=error.row, column=error.column, rule=error.rule, message=error.message, value=error.value
            )
            for error in report.errors[:MOST_ERRORS]
        ),
    )
