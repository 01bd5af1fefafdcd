"""An import of a register file: how far it has got, and what came of it.

A file is received in several commits, since a large one does not fit into one transaction. Then it is gone through
three times, a piece at a time: checking every row, then comparing each with what is known and writing what differs,
then linking closed schools to their successors. Each piece ends with a decision here, so that a
process that dies loses one piece at most; another one takes over when `due_at` has come, which every step puts off. A
piece that is done again changes nothing, since what it wrote is there already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal

from services.partnerships.domain.register_file import Piece
from services.partnerships.domain.register_row import RowError, rejected_rows
from shared.decision import Decision, Document, Root
from shared.refusals import IdempotencyKeyReused
from shared.transitions import Table, Transition

OnError = Literal["stop", "import-good-rows"]

LEASE: Final = timedelta(seconds=30)
PATIENCE: Final = timedelta(minutes=10)
TRIES: Final = 5
SHOWN_ERRORS: Final = 1000


class ImportStatus(StrEnum):
    """Where an import stands."""

    RECEIVING = "receiving"
    CHECKING = "checking"
    WRITING = "writing"
    LINKING = "linking"
    COMPLETED = "completed"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


RUNNING = (ImportStatus.RECEIVING, ImportStatus.CHECKING, ImportStatus.WRITING, ImportStatus.LINKING)

IMPORT: Table[ImportStatus] = Table(
    (
        Transition(ImportStatus.RECEIVING, "check", "system", ImportStatus.CHECKING),
        Transition(ImportStatus.CHECKING, "write", "system", ImportStatus.WRITING),
        Transition(ImportStatus.CHECKING, "fail", "system", ImportStatus.FAILED),
        Transition(ImportStatus.WRITING, "link", "system", ImportStatus.LINKING),
        Transition(ImportStatus.WRITING, "complete", "system", ImportStatus.COMPLETED),
        Transition(ImportStatus.LINKING, "complete", "system", ImportStatus.COMPLETED),
        *(Transition(status, "interrupt", "schedule", ImportStatus.INTERRUPTED) for status in RUNNING),
    )
)


class RegisterImport(Root):
    """One import of the file with this `digest`.

    `received` counts pieces, `next_piece` is the piece to be done next in the present round, `runner` the process at
    it, `tries` counts take-overs since the last progress. Counts are of rows, but `succeeded`, which is of links made.
    """

    collection = "register_imports"
    status: ImportStatus = ImportStatus.RECEIVING
    dry_run: bool
    on_error: OnError
    requested_by: str
    correlation_id: str
    digest: str
    pieces: int
    rows: int
    received: int = 0
    next_piece: int = 0
    checked: int = 0
    done: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    succeeded: int = 0
    errors: int = 0
    runner: str | None = None
    tries: int = 0
    message: str | None = None
    started_at: datetime
    finished_at: datetime | None = None


class RowErrors(Document):
    """The broken rules of one piece's rows, as far as they are shown."""

    collection = "register_errors"
    import_id: str
    number: int
    errors: tuple[RowError, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the rows of a piece."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Upload:
    """What was asked for: how to import which file, in how many pieces and rows."""

    digest: str
    pieces: int
    rows: int
    dry_run: bool
    on_error: OnError
    requested_by: str
    correlation_id: str


def receive(
    importing: RegisterImport | None, import_id: str, upload: Upload, pieces: Sequence[Piece], now: datetime
) -> Decision[RegisterImport]:
    """Take some pieces of a file; after the last one the import is due at once.

    Pieces that have arrived already change nothing, so that an upload that broke off can be repeated. Raises
    IdempotencyKeyReused for another file.
    """
    if importing is None:
        importing = _begun(import_id, upload, now)
    if importing.digest != upload.digest:
        raise IdempotencyKeyReused(field="Idempotency-Key")
    if importing.status is not ImportStatus.RECEIVING or pieces[0].number != importing.received:
        return Decision(importing)
    received = importing.received + len(pieces)
    after = importing.model_copy(update={"received": received, "due_at": now + PATIENCE})
    if received == after.pieces:
        after = after.model_copy(update={"status": IMPORT.next(after.status, "check"), "due_at": now})
    return Decision(after, after, tuple(pieces))


def _begun(import_id: str, upload: Upload, now: datetime) -> RegisterImport:
    return RegisterImport(
        id=import_id,
        dry_run=upload.dry_run,
        on_error=upload.on_error,
        requested_by=upload.requested_by,
        correlation_id=upload.correlation_id,
        digest=upload.digest,
        pieces=upload.pieces,
        rows=upload.rows,
        started_at=now,
    )


def take(importing: RegisterImport, runner: str, now: datetime) -> Decision[RegisterImport]:
    """Let a process go on with it, unless another one is at it. One that fails again and again is interrupted."""
    if importing.status not in RUNNING or importing.due_at is None or importing.due_at > now:
        return Decision(importing)
    if importing.status is ImportStatus.RECEIVING:
        message = f"Only {importing.received} of {importing.pieces} pieces of the file arrived. Send the file again."
        return _end(importing, "interrupt", now, message)
    if importing.tries >= TRIES:
        message = (
            f"No progress in {TRIES} attempts at piece {importing.next_piece + 1} of {importing.pieces}. Send the file "
            "again: what was imported already will count as unchanged."
        )
        return _end(importing, "interrupt", now, message)
    taken = importing.model_copy(update={"runner": runner, "tries": importing.tries + 1, "due_at": now + LEASE})
    return Decision(taken, taken)


def note_checked(
    importing: RegisterImport, runner: str, piece: Piece, errors: list[RowError], now: datetime
) -> Decision[RegisterImport]:
    """A piece is checked. After the last one, writing begins, or the import fails if bad rows are to stop it."""
    if not _holds(importing, runner, ImportStatus.CHECKING, piece):
        return Decision(importing)
    shown = errors[: max(0, SHOWN_ERRORS - importing.errors)]
    documents = (
        (RowErrors(id=piece.id, import_id=importing.id, number=piece.number, errors=tuple(shown)),) if shown else ()
    )
    after = _further(importing, piece, now).model_copy(
        update={
            "checked": importing.checked + piece.rows,
            "rejected": importing.rejected + rejected_rows(errors),
            "errors": importing.errors + len(errors),
        }
    )
    if after.next_piece < after.pieces:
        return Decision(after, after, documents)
    if after.rejected and after.on_error == "stop":
        message = f"{after.rejected} of {after.rows} rows break a rule; nothing was imported."
        ended = _end(after, "fail", now, message)
        return Decision(ended.reply, ended.root, documents)
    after = after.model_copy(update={"status": IMPORT.next(after.status, "write"), "next_piece": 0})
    return Decision(after, after, documents)


def note_written(
    importing: RegisterImport, runner: str, piece: Piece, counts: Counts, now: datetime
) -> Decision[RegisterImport]:
    """A piece is written (or, in a dry run, compared). After the last one, successors are looked for."""
    if not _holds(importing, runner, ImportStatus.WRITING, piece):
        return Decision(importing)
    after = _further(importing, piece, now).model_copy(
        update={
            "done": importing.done + piece.rows,
            "created": importing.created + counts.created,
            "changed": importing.changed + counts.changed,
            "unchanged": importing.unchanged + counts.unchanged,
        }
    )
    if after.next_piece < after.pieces:
        return Decision(after, after)
    if after.dry_run:
        return _end(after, "complete", now, "A dry run: nothing was written.")
    after = after.model_copy(update={"status": IMPORT.next(after.status, "link"), "next_piece": 0})
    return Decision(after, after)


def note_linked(importing: RegisterImport, runner: str, links: int, now: datetime) -> Decision[RegisterImport]:
    """Closed schools point to their successors: the import is complete."""
    if importing.runner != runner or importing.status is not ImportStatus.LINKING:
        return Decision(importing)
    return _end(importing.model_copy(update={"succeeded": links}), "complete", now, None)


def _holds(importing: RegisterImport, runner: str, status: ImportStatus, piece: Piece) -> bool:
    return importing.runner == runner and importing.status is status and importing.next_piece == piece.number


def _further(importing: RegisterImport, piece: Piece, now: datetime) -> RegisterImport:
    return importing.model_copy(update={"next_piece": piece.number + 1, "tries": 0, "due_at": now + LEASE})


def _end(importing: RegisterImport, verb: str, now: datetime, message: str | None) -> Decision[RegisterImport]:
    ended = importing.model_copy(
        update={
            "status": IMPORT.next(importing.status, verb),
            "message": message,
            "runner": None,
            "due_at": None,
            "finished_at": now,
        }
    )
    return Decision(ended, ended)
