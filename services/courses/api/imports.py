"""Importing course files."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import AfterValidator, ConfigDict

from services.courses.api.fields import MOST_PENCE, MOST_PLACES, known_zone
from services.courses.domain.course_file import ColumnsMissing, FileTooLong, FileUnreadable
from services.courses.use_cases.importing import Manner, OnError, Report, import_occurrences, import_templates
from shared.http.bodies import MEBIBYTE, takes
from shared.http.principal import Principal, requires
from shared.http.problems import problems
from shared.http.requests import ResponseModel
from shared.http.working import HttpWork

router = APIRouter(prefix="/api/course-imports", tags=["Course files"])
Importer = Annotated[Principal, requires("operator", "programme-officer")]
MOST_ERRORS = 1000

CSV = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {
                "schema": {"type": "string"},
                "examples": {
                    "templates": {
                        "summary": "Courses",
                        "value": "template_id,code,title,delivery,subject,age_groups\n"
                        "0b1c,PH210,Practical physics,face-to-face,Physics,11-14 years; Key stage 4\n",
                    }
                },
            }
        },
    }
}


class RowErrorAnswer(ResponseModel):
    """What is wrong with a cell; rows are numbered as a spreadsheet does, the header is row 1."""

    row: int
    column: str
    rule: str
    message: str
    value: str


class ImportAnswer(ResponseModel):
    """What an import has done, or what a dry run found that it would do.

    `written` is false for a dry run, and where an error has stopped the import before anything was written.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "templates",
                    "dry_run": False,
                    "written": True,
                    "rows": 168,
                    "created": 166,
                    "changed": 0,
                    "unchanged": 0,
                    "rejected": 2,
                    "errors": [
                        {"row": 41, "column": "code", "rule": "missing", "message": "A value is needed.", "value": ""}
                    ],
                }
            ]
        }
    )
    kind: Literal["templates", "occurrences"]
    dry_run: bool
    written: bool
    rows: int
    created: int
    changed: int
    unchanged: int
    rejected: int
    errors: tuple[RowErrorAnswer, ...]


@router.post(
    "",
    summary="Import a course file",
    responses=problems(FileUnreadable, ColumnsMissing, FileTooLong),
    openapi_extra=CSV,
)
@takes("text/csv", limit=8 * MEBIBYTE)
async def import_course_file(
    request: Request,
    caller: Importer,
    work: HttpWork,
    kind: Literal["templates", "occurrences"],
    dry_run: Annotated[bool, Query(description="Report only, write nothing.")] = False,
    on_error: Annotated[OnError, Query(description="What to do when some rows are bad.")] = "stop",
    zone: Annotated[
        str, Query(max_length=64, description="The zone of times without one."), AfterValidator(known_zone)
    ] = "Europe/London",
    capacity: Annotated[int | None, Query(ge=1, le=MOST_PLACES, description="Places of each new occurrence.")] = None,
    price_pence: Annotated[int | None, Query(ge=0, le=MOST_PENCE, description="Price of a place.")] = None,
    publish: Annotated[bool, Query(description="Announce and open those that lie in the future.")] = False,
) -> ImportAnswer:
    """Takes the columns of the course catalogues as they are exported; unknown columns are ignored. The same file
    again changes nothing.
    """
    manner = Manner(
        dry_run=dry_run,
        on_error=on_error,
        by=caller.subject,
        zone=zone,
        capacity=capacity,
        price_pence=price_pence,
        publish=publish,
    )
    run = import_templates if kind == "templates" else import_occurrences
    return _answer(kind, dry_run, await run(work, await request.body(), manner))


def _answer(kind: Literal["templates", "occurrences"], dry_run: bool, report: Report) -> ImportAnswer:
    return ImportAnswer(
        kind=kind,
        dry_run=dry_run,
        written=report.written,
        rows=report.rows,
        created=report.created,
        changed=report.changed,
        unchanged=report.unchanged,
        rejected=len(report.errors),
        errors=tuple(
            RowErrorAnswer(
                row=error.row, column=error.column, rule=error.rule, message=error.message, value=error.value
            )
            for error in report.errors[:MOST_ERRORS]
        ),
    )
