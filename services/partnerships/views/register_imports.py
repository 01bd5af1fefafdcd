"""Imports of the register as clients see them."""

from __future__ import annotations

from datetime import datetime

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.partnerships.domain.register_file import COLUMNS
from services.partnerships.domain.register_import import RUNNING, OnError, RegisterImport, RowErrors
from shared.http.requests import ResponseModel

IMPORT_EXAMPLE: JsonDict = {
    "id": "0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d09",
    "status": "completed",
    "step": "completed",
    "dry_run": False,
    "on_error": "import-good-rows",
    "rows_total": 12,
    "rows_checked": 12,
    "rows_done": 12,
    "created": 9,
    "changed": 1,
    "unchanged": 1,
    "rejected": 1,
    "succeeded": 1,
    "message": None,
    "started_at": "2026-09-14T09:30:00Z",
    "finished_at": "2026-09-14T09:30:01Z",
}
ERROR_EXAMPLE: JsonDict = {"row": 7, "column": "OpenDate", "rule": "not-a-date", "value": "2012/09/01"}


class RowErrorAnswer(ResponseModel):
    """A cell that breaks a rule. Rows are numbered as a spreadsheet shows them: the header is row 1."""

    model_config = ConfigDict(json_schema_extra={"examples": [ERROR_EXAMPLE]})
    row: int
    column: str = Field(description="The column; empty where the row as a whole has too many or too few cells.")
    rule: str = Field(description="The rule by a stable name, e.g. not-a-date, missing, repeated.")
    value: str = Field(description="What the cell says, cut short.")


class ImportAnswer(ResponseModel):
    """How far an import has got. A dry run counts what it would do."""

    model_config = ConfigDict(json_schema_extra={"examples": [IMPORT_EXAMPLE]})
    id: str
    status: str = Field(description="running, completed, failed, or interrupted.")
    step: str = Field(description="What it is at: receiving, checking, writing, linking; or how it ended.")
    dry_run: bool
    on_error: OnError
    rows_total: int
    rows_checked: int
    rows_done: int
    created: int
    changed: int
    unchanged: int
    rejected: int = Field(description="Rows that break a rule. They are never imported.")
    succeeded: int = Field(description="Closed schools that were found to go on under another URN.")
    message: str | None = Field(description="Why it failed or was interrupted, and how to go on.")
    started_at: datetime
    finished_at: datetime | None


class ImportDetail(ImportAnswer):
    """An import with the first 1,000 broken rules of its rows."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [IMPORT_EXAMPLE | {"errors_total": 1, "errors": [ERROR_EXAMPLE]}]}
    )
    errors_total: int
    errors: tuple[RowErrorAnswer, ...]


def import_answer(importing: RegisterImport) -> ImportAnswer:
    """An import as clients see it."""
    return ImportAnswer(**_shown(importing))


def import_detail(importing: RegisterImport, pieces: list[RowErrors]) -> ImportDetail:
    """An import with what is wrong with its rows; columns are called by their short GIAS names."""
    errors = tuple(
        RowErrorAnswer(
            row=error.row,
            column=COLUMNS[error.column][-1] if error.column else "",
            rule=error.rule,
            value=error.value,
        )
        for piece in pieces
        for error in piece.errors
    )
    return ImportDetail(**_shown(importing), errors_total=importing.errors, errors=errors)


def _shown(importing: RegisterImport) -> dict[str, object]:
    return {
        "id": importing.id,
        "status": "running" if importing.status in RUNNING else importing.status.value,
        "step": importing.status.value,
        "dry_run": importing.dry_run,
        "on_error": importing.on_error,
        "rows_total": importing.rows,
        "rows_checked": importing.checked,
        "rows_done": importing.done,
        "created": importing.created,
        "changed": importing.changed,
        "unchanged": importing.unchanged,
        "rejected": importing.rejected,
        "succeeded": importing.succeeded,
        "message": importing.message,
        "started_at": importing.started_at,
        "finished_at": importing.finished_at,
    }
