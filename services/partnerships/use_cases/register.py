"""Importing the school register, in the background and a piece at a time.

What costs time is done in a thread, a piece is a few hundred rows, and the door takes slices of it, so that requests
are answered meanwhile.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from services.partnerships.domain import register_import, school
from services.partnerships.domain.eligibility import is_state_funded, rule_set
from services.partnerships.domain.register_file import Piece, cut
from services.partnerships.domain.register_import import Counts, ImportStatus, OnError, RegisterImport, Upload
from services.partnerships.domain.register_row import RowError, in_slices, read
from services.partnerships.domain.school import Facts, School
from services.partnerships.store import closed_without_successor, open_by_la_number, schools_by_urn
from services.partnerships.use_cases.positions import positions
from shared.commit import Cause
from shared.decision import Decision, Documents
from shared.ids import new_id
from shared.work import Work

AT_ONCE: Final = 200
PIECES_AT_ONCE: Final = 16


async def start_import(
    work: Work, body: bytes, *, dry_run: bool, on_error: OnError, requested_by: str
) -> RegisterImport:
    """Take a register file on. Raises RegisterFileUnreadable, RegisterColumnsMissing."""
    import_id = _import_id(work)
    pieces = await asyncio.to_thread(cut, import_id, body, work.clock.now())
    upload = Upload(
        digest=await asyncio.to_thread(_digest, body),
        pieces=len(pieces),
        rows=sum(piece.rows for piece in pieces),
        dry_run=dry_run,
        on_error=on_error,
        requested_by=requested_by,
        correlation_id=work.cause.correlation_id,
    )
    *earlier, last = in_slices(pieces, PIECES_AT_ONCE)
    for some in earlier:
        await _receive(work.one_of_many(), import_id, upload, some)
    return await _receive(work, import_id, upload, last)


def _import_id(work: Work) -> str:
    """The same for a repeated request, whose pieces may have arrived in part."""
    return new_id() if work.idempotency is None else str(uuid5(NAMESPACE_URL, work.idempotency.id))


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


async def _receive(work: Work, import_id: str, upload: Upload, pieces: Sequence[Piece]) -> RegisterImport:
    def decide(known: RegisterImport | None, _documents: Documents, now: datetime) -> Decision[RegisterImport]:
        return register_import.receive(known, import_id, upload, pieces, now)

    return await work.create_or_change(RegisterImport, import_id, decide)


async def carry_on(work: Work, import_id: str) -> None:
    """Go on with an import until it has ended, or another process has taken it over."""
    runner = new_id()

    def take(known: RegisterImport, _documents: Documents, now: datetime) -> Decision[RegisterImport]:
        return register_import.take(known, runner, now)

    importing = await work.change(RegisterImport, import_id, take)
    work = replace(work, cause=Cause(importing.correlation_id, import_id, "user", work.cause.traceparent))
    while importing.runner == runner:
        importing = await _step(work, importing, runner)


async def _step(work: Work, importing: RegisterImport, runner: str) -> RegisterImport:
    if importing.status is ImportStatus.LINKING:
        return await _link(work, importing, runner)
    piece = await work.collection(Piece).get(f"{importing.id}/{importing.next_piece:05d}")
    if piece is None:
        raise LookupError(f"piece {importing.next_piece} of import {importing.id} is gone")
    schools, errors = await asyncio.to_thread(_schools_of, piece)
    if importing.status is ImportStatus.CHECKING:
        return await _note_checked(work, importing.id, runner, piece, errors)
    counts = await _write(work, importing, schools)
    return await _note_written(work, importing.id, runner, piece, counts)


def _schools_of(piece: Piece) -> tuple[list[Facts], list[RowError]]:
    """The schools of a piece with their positions, and the broken rules of its other rows."""
    rows, errors = read(piece)
    places = [(index, row.grid) for index, row in enumerate(rows) if row.grid is not None]
    schools = [row.facts for row in rows]
    for (index, _), (latitude, longitude) in zip(places, positions([grid for _, grid in places]), strict=True):
        schools[index] = schools[index].model_copy(update={"latitude": latitude, "longitude": longitude})
    return schools, errors


async def _note_checked(
    work: Work, import_id: str, runner: str, piece: Piece, errors: list[RowError]
) -> RegisterImport:
    def decide(known: RegisterImport, _documents: Documents, now: datetime) -> Decision[RegisterImport]:
        return register_import.note_checked(known, runner, piece, errors, now)

    return await work.change(RegisterImport, import_id, decide)


async def _note_written(work: Work, import_id: str, runner: str, piece: Piece, counts: Counts) -> RegisterImport:
    def decide(known: RegisterImport, _documents: Documents, now: datetime) -> Decision[RegisterImport]:
        return register_import.note_written(known, runner, piece, counts, now)

    return await work.change(RegisterImport, import_id, decide)


async def _write(work: Work, importing: RegisterImport, schools: Sequence[Facts]) -> Counts:
    """Write the schools that differ from what is known; in a dry run only count them."""
    known = await schools_by_urn(work, [facts.urn for facts in schools])
    rules = rule_set(work.clock.now().date())
    differing: list[tuple[Facts, bool | None]] = []
    outcomes: Counter[str] = Counter()
    for facts in schools:
        before = known.get(facts.urn)
        funded = is_state_funded(facts, rules)
        outcomes[school.outcome(before, facts, funded, importing.id)] += 1
        if school.differs(before, facts, funded):
            differing.append((facts, funded))
    if not importing.dry_run:
        for some in in_slices(differing, AT_ONCE):
            await asyncio.gather(*(_enter(work, facts, funded, importing.id) for facts, funded in some))
    return Counts(**outcomes)


async def _enter(work: Work, facts: Facts, funded: bool | None, import_id: str) -> None:
    def decide(known: School | None, _documents: Documents, _now: datetime) -> Decision[None]:
        return school.enter(known, facts, funded, import_id)

    await work.create_or_change(School, facts.urn, decide)


async def _link(work: Work, importing: RegisterImport, runner: str) -> RegisterImport:
    """Point closed schools to their successors, wherever the register now shows one."""
    links, after = 0, ""
    while closed := await closed_without_successor(work, after):
        after = closed[-1].id
        links += await _link_each(work, closed)

    def decide(known: RegisterImport, _documents: Documents, now: datetime) -> Decision[RegisterImport]:
        return register_import.note_linked(known, runner, links, now)

    return await work.change(RegisterImport, importing.id, decide)


async def _link_each(work: Work, closed: Sequence[School]) -> int:
    candidates = await open_by_la_number(work, [old.facts.la_number for old in closed if old.facts.la_number])
    found = [
        (old.id, successor)
        for old in closed
        if (successor := school.successor_of(old.facts, candidates.get(old.facts.la_number or "", ()))) is not None
    ]
    for some in in_slices(found, AT_ONCE):
        await asyncio.gather(*(_succeed(work, urn, successor) for urn, successor in some))
    return len(found)


async def _succeed(work: Work, urn: str, successor_urn: str) -> None:
    def decide(known: School, documents: Documents, _now: datetime) -> Decision[None]:
        return school.succeed(known, documents, successor_urn)

    await work.change(School, urn, decide, school.reads_succession(urn, successor_urn))


async def tell_again(work: Work, urn: str) -> None:
    """Let a school that goes on under another URN say so once more."""
    await work.change(School, urn, lambda known, _documents, _now: school.tell_again(known))
