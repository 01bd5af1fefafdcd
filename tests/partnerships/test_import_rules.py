"""Who works on an import, and whose word about it counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.partnerships.domain.register_file import Piece, cut
from services.partnerships.domain.register_import import (
    LEASE,
    Counts,
    ImportStatus,
    RegisterImport,
    Upload,
    note_checked,
    note_linked,
    note_written,
    receive,
    take,
)
from tests.partnerships.registers import extract, row

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
PIECES = cut("import-1", extract(row("900001"), row("900002")), NOW)
UPLOAD = Upload("digest", len(PIECES), 2, False, "stop", "operator-1", "correlation-1")


def piece() -> Piece:
    (only,) = PIECES
    return only


def received() -> RegisterImport:
    return receive(None, "import-1", UPLOAD, PIECES, NOW).reply


def taken(runner: str = "runner-1", at: datetime = NOW) -> RegisterImport:
    return take(received(), runner, at).reply


def test_a_file_that_has_arrived_is_due_at_once() -> None:
    assert (received().status, received().due_at) == (ImportStatus.CHECKING, NOW)


def test_whoever_takes_an_import_has_it_for_a_while() -> None:
    importing = taken()
    assert (importing.runner, importing.due_at) == ("runner-1", NOW + LEASE)
    assert take(importing, "runner-2", NOW + LEASE - timedelta(milliseconds=1)).reply.runner == "runner-1"
    assert take(importing, "runner-2", NOW + LEASE).reply.runner == "runner-2"


def test_every_piece_puts_the_take_over_off() -> None:
    later = NOW + LEASE - timedelta(seconds=1)
    importing = note_checked(taken(), "runner-1", piece(), [], later).reply
    assert (importing.status, importing.due_at) == (ImportStatus.WRITING, later + LEASE)


def test_the_word_of_a_process_that_was_replaced_does_not_count() -> None:
    importing = take(taken(), "runner-2", NOW + LEASE).reply
    assert note_checked(importing, "runner-1", piece(), [], NOW).root is None
    writing = note_checked(importing, "runner-2", piece(), [], NOW).reply
    assert note_written(writing, "runner-1", piece(), Counts(created=2), NOW).root is None
    linking = note_written(writing, "runner-2", piece(), Counts(created=2), NOW).reply
    assert note_linked(linking, "runner-1", 0, NOW).root is None
    assert note_linked(linking, "runner-2", 0, NOW).reply.status is ImportStatus.COMPLETED


def test_a_piece_is_noted_once() -> None:
    writing = note_checked(taken(), "runner-1", piece(), [], NOW).reply
    assert note_checked(writing, "runner-1", piece(), [], NOW).root is None
    linking = note_written(writing, "runner-1", piece(), Counts(created=2), NOW).reply
    assert note_written(linking, "runner-1", piece(), Counts(created=2), NOW).root is None
    assert linking.created == 2


def test_an_import_that_has_ended_is_taken_by_nobody() -> None:
    writing = note_checked(taken(), "runner-1", piece(), [], NOW).reply
    linking = note_written(writing, "runner-1", piece(), Counts(created=2), NOW).reply
    ended = note_linked(linking, "runner-1", 0, NOW).reply
    assert (ended.due_at, ended.runner, ended.finished_at) == (None, None, NOW)
    assert take(ended, "runner-2", NOW + timedelta(days=1)).root is None
