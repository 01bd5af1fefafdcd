"""Importing course files: what is new is added, what differs is changed, what is the same is left alone.

Each row is a decision of its own, so a file that was broken off is simply sent again. A dry run reads, compares and
reports the same, and writes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal, TypeVar

from services.courses.domain import organising
from services.courses.domain.course_file import (
    OccurrenceRow,
    RowError,
    TemplateRow,
    read_occurrences,
    read_templates,
)
from services.courses.domain.occurrence import Occurrence, Status
from services.courses.domain.organising import differs, has_begun
from services.courses.domain.template import CourseCode, Template, code_key
from services.courses.policies import policy_at
from services.courses.use_cases import courses
from services.courses.use_cases.organising import Plan, drafted, open_booking, schedule
from shared.decision import Document
from shared.refusals import Conflict
from shared.work import Work

OnError = Literal["stop", "import-good-rows"]
Outcome = Literal["created", "changed", "unchanged"]
AT_ONCE: Final = 200

D = TypeVar("D", bound=Document)
R = TypeVar("R", TemplateRow, OccurrenceRow)


@dataclass(frozen=True, slots=True)
class Manner:
    """How a file is imported. What occurrence files do not say is taken from here, or from the policy where None."""

    dry_run: bool
    on_error: OnError
    by: str
    zone: str = "Europe/London"
    capacity: int | None = None
    price_pence: int | None = None
    publish: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What an import has done, or would do. `written` is False for a dry run and where errors have stopped it."""

    rows: int
    created: int
    changed: int
    unchanged: int
    errors: tuple[RowError, ...]
    written: bool


async def import_templates(work: Work, content: bytes, manner: Manner) -> Report:
    """Import courses. Raises FileUnreadable, ColumnsMissing, FileTooLong."""
    rows, errors = await asyncio.to_thread(read_templates, content)
    known = await _stored(work, Template, [row.template_id for row in rows])
    codes = await _stored(work, CourseCode, [code_key(row.course.code) for row in rows])
    good: list[tuple[TemplateRow, Outcome]] = []
    for row in rows:
        holder = codes.get(code_key(row.course.code))
        if holder is not None and holder.template_id not in (None, row.template_id):
            errors.append(RowError(row.row, "code", "taken", "Another course has this code.", row.course.code))
            continue
        stored = known.get(row.template_id)
        outcome: Outcome = "created" if stored is None else "changed"
        good.append((row, "unchanged" if stored is not None and stored.course == row.course else outcome))
    return await _import(work, good, errors, manner, _write_template)


async def import_occurrences(work: Work, content: bytes, manner: Manner) -> Report:
    """Import occurrences of known courses. Raises FileUnreadable, ColumnsMissing, FileTooLong."""
    rows, errors = await asyncio.to_thread(read_occurrences, content, manner.zone)
    templates = await _stored(work, Template, list({row.template_id for row in rows}))
    known = await _stored(work, Occurrence, [row.occurrence_id for row in rows])
    good: list[tuple[OccurrenceRow, Outcome]] = []
    drafts: dict[str, Occurrence] = {}
    for row in rows:
        template = templates.get(row.template_id)
        if template is None:
            errors.append(RowError(row.row, "template_id", "unknown-course", "No course has this id.", row.template_id))
            continue
        fresh = _draft(work, row, template, manner)
        outcome = _outcome(known.get(row.occurrence_id), fresh)
        if outcome is None:
            errors.append(_announced(row))
            continue
        drafts[row.occurrence_id] = fresh
        good.append((row, outcome))
    return await _import(work, good, errors, manner, partial(_write_occurrence, drafts=drafts, manner=manner))


async def _import(
    work: Work,
    good: Sequence[tuple[R, Outcome]],
    errors: list[RowError],
    manner: Manner,
    write: Callable[[Work, R], Awaitable[RowError | None]],
) -> Report:
    rows = len(good) + len(errors)
    outcomes = [outcome for _, outcome in good]
    written = not manner.dry_run and (not errors or manner.on_error == "import-good-rows")
    if written:
        wanted = [(row, outcome) for row, outcome in good if outcome != "unchanged"]
        for start in range(0, len(wanted), AT_ONCE):
            part = wanted[start : start + AT_ONCE]
            failed = await asyncio.gather(*(write(work.one_of_many(), row) for row, _ in part))
            for (_, outcome), error in zip(part, failed, strict=True):
                if error is not None:
                    errors.append(error)
                    outcomes.remove(outcome)
    return Report(
        rows=rows,
        created=outcomes.count("created"),
        changed=outcomes.count("changed"),
        unchanged=outcomes.count("unchanged"),
        errors=tuple(sorted(errors, key=lambda error: error.row)),
        written=written,
    )


async def _write_template(work: Work, row: TemplateRow) -> RowError | None:
    try:
        await courses.keep(work, row.template_id, row.course)
    except Conflict as refusal:
        return RowError(row.row, "code", refusal.slug, refusal.title, row.course.code)
    return None


async def _write_occurrence(
    work: Work, row: OccurrenceRow, drafts: dict[str, Occurrence], manner: Manner
) -> RowError | None:
    fresh = drafts[row.occurrence_id]
    try:
        kept = await work.create_or_change(
            Occurrence, fresh.id, lambda existing, _documents, _now: organising.keep_draft(fresh, existing)
        )
        if manner.publish and kept.status is Status.DRAFT and not has_begun(kept, work.clock.now()):
            await schedule(work, fresh.id, manner.by)
            await open_booking(work, fresh.id, manner.by)
    except Conflict as refusal:
        return RowError(row.row, "occurrence_id", refusal.slug, refusal.title, row.occurrence_id)
    return None


def _draft(work: Work, row: OccurrenceRow, template: Template, manner: Manner) -> Occurrence:
    policy = policy_at(work.clock.now())
    plan = Plan(
        template_id=row.template_id,
        periods=[(row.starts_at, row.ends_at)],
        zone=manner.zone,
        capacity=policy.imported_capacity if manner.capacity is None else manner.capacity,
        price_pence=policy.imported_price_pence if manner.price_pence is None else manner.price_pence,
        venue=row.venue,
        delivery=row.delivery,
        title=row.title,
        instance_code=row.instance_code,
        region=row.region,
        hub=row.hub,
    )
    return drafted(row.occurrence_id, template, plan, policy)


def _outcome(existing: Occurrence | None, fresh: Occurrence) -> Outcome | None:
    """What a row would do; None where the occurrence is announced and the file says something else about it."""
    if existing is None:
        return "created"
    if not differs(existing, fresh):
        return "unchanged"
    return "changed" if existing.status is Status.DRAFT else None


def _announced(row: OccurrenceRow) -> RowError:
    return RowError(
        row.row,
        "occurrence_id",
        organising.AlreadyAnnounced.slug,
        organising.AlreadyAnnounced.title,
        row.occurrence_id,
    )


async def _stored(work: Work, kind: type[D], ids: Sequence[str]) -> dict[str, D]:
    found: dict[str, D] = {}
    for start in range(0, len(ids), 1000):
        documents = await work.collection(kind).find({"id": {"$in": list(ids[start : start + 1000])}})
        found.update({document.id: document for document in documents})
    return found
