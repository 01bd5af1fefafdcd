"""Offer files: rows of a partner's own list, made into offers or refused with row, column and rule.

A file is CSV with a header, in UTF-8 (with or without a byte order mark) or Windows-1252. Columns are found by name, in
any order; those that we do not know are ignored. Rows with the same reference are cohorts of one offer and say the same
of it. A text that a spreadsheet would take for a formula is refused. Row numbers are those that a spreadsheet shows.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, TypeVar

from services.placements.domain.offer import MOST_COHORTS, MOST_OTHER_HOSTS
from services.placements.domain.vocabulary import DAYS_OF, AccessNeed, OfferKind, Phase
from shared.refusals import Invalid

MOST_ROWS: Final = 5_000
MOST_SUBJECTS: Final = 20
VALUE_SHOWN: Final = 60
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
NEEDED: Final = ("reference", "title", "summary", "kind", "subjects", "phases", "starts_on", "ends_on", "places")
YES: Final = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": False}

E = TypeVar("E", bound=StrEnum)


class OfferFileUnreadable(Invalid):
    slug = "offer-file-unreadable"
    title = "The file is not CSV with a header."


class OfferColumnsMissing(Invalid):
    slug = "offer-file-columns-missing"
    title = "The file lacks columns that are needed."


class OfferFileTooLong(Invalid):
    slug = "offer-file-too-long"
    title = f"A file has at most {MOST_ROWS} rows: send it in parts."


@dataclass(frozen=True, slots=True)
class OfferRowError:
    """What is wrong with one cell: `value` is what stands there, cut short."""

    row: int
    column: str
    rule: str
    message: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class CohortRow:
    """The dates and places of one row."""

    starts_on: date
    ends_on: date
    places: int
    site_id: str | None


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """What the rows of one offer say alike."""

    title: str
    summary: str
    kind: OfferKind
    days: int
    subjects: tuple[str, ...]
    phases: tuple[Phase, ...]
    remote: bool
    access: tuple[AccessNeed, ...]
    cover_pence_per_day: int
    also_hosted_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OfferRow:
    """An offer of a file; `row` is the first that names it."""

    row: int
    reference: str
    facts: OfferFacts
    cohorts: tuple[CohortRow, ...]


class _Wrong(Exception):
    """A cell that breaks a rule."""

    def __init__(self, column: str, rule: str, message: str, value: str = "") -> None:
        self.found = (column, rule, message, value[:VALUE_SHOWN])
        super().__init__(rule)


Cells = Mapping[str, str]


def read_offers(content: bytes) -> tuple[list[OfferRow], list[OfferRowError]]:
    """The offers of a file, and what is wrong with the others; an offer with a bad row is left out whole.

    Raises OfferFileUnreadable, OfferColumnsMissing, OfferFileTooLong.
    """
    offers: dict[str, OfferRow] = {}
    spoilt: set[str] = set()
    errors: list[OfferRowError] = []
    for number, cells in _cells(content):
        try:
            row = _offer(number, cells)
            offers[row.reference] = _joined(offers.get(row.reference), row)
        except _Wrong as wrong:
            errors.append(OfferRowError(number, *wrong.found))
            spoilt.add(cells.get("reference", ""))
    return [row for row in offers.values() if row.reference not in spoilt], errors


def _joined(before: OfferRow | None, row: OfferRow) -> OfferRow:
    if before is None:
        return row
    if before.facts != row.facts:
        raise _Wrong("reference", "differs", f"Row {before.row} says something else of it.", row.reference)
    if row.cohorts[0] in before.cohorts:
        raise _Wrong("reference", "double", f"Row {before.row} has the same cohort.", row.reference)
    if len(before.cohorts) == MOST_COHORTS:
        raise _Wrong("reference", "too-many", f"At most {MOST_COHORTS} cohorts.", row.reference)
    return OfferRow(before.row, before.reference, before.facts, (*before.cohorts, *row.cohorts))


def _cells(content: bytes) -> Iterator[tuple[int, Cells]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if not any(header):
            raise OfferFileUnreadable()
        missing = [name for name in NEEDED if name not in header]
        if missing:
            raise OfferColumnsMissing(f"Missing: {', '.join(missing)}.", columns=missing)
        for number, row in enumerate((row for row in reader if row), 2):
            if number > MOST_ROWS + 1:
                raise OfferFileTooLong()
            yield number, {name: cell.strip(" ") for name, cell in zip(header, row, strict=False)}
    except csv.Error as error:
        raise OfferFileUnreadable(f"Line {reader.line_num}: {error}.") from None


def _offer(number: int, cells: Cells) -> OfferRow:
    kind = _choice(cells, "kind", OfferKind)
    days = DAYS_OF.get(kind) or _number(cells, "days", 1, 20)
    starts_on, ends_on = _day(cells, "starts_on"), _day(cells, "ends_on")
    if (ends_on - starts_on).days < days - 1:
        raise _Wrong("ends_on", "too-few-days", f"The offer takes {days} days.", cells["ends_on"])
    remote = _yes(cells, "remote")
    site_id = _identity(cells, "site_id", 64) if not remote or cells.get("site_id") else None
    facts = OfferFacts(
        title=_text(cells, "title", 200),
        summary=_text(cells, "summary", 4000),
        kind=kind,
        days=days,
        subjects=_texts(cells, "subjects"),
        phases=_choices(cells, "phases", Phase, needed=True),
        remote=remote,
        access=_choices(cells, "access", AccessNeed),
        cover_pence_per_day=_number(cells, "cover_pence_per_day", 0, 1_000_000)
        if cells.get("cover_pence_per_day")
        else 0,
        also_hosted_by=_few("also_hosted_by", _parts(cells, "also_hosted_by"), MOST_OTHER_HOSTS),
    )
    cohort = CohortRow(starts_on, ends_on, _number(cells, "places", 1, 500), site_id)
    return OfferRow(number, _identity(cells, "reference", 60), facts, (cohort,))


def _text(cells: Cells, column: str, longest: int) -> str:
    value = cells.get(column, "")
    if not value:
        raise _Wrong(column, "missing", "A value is needed.")
    return _plain(column, value, longest)


def _plain(column: str, value: str, longest: int) -> str:
    if len(value) > longest:
        raise _Wrong(column, "too-long", f"At most {longest} characters.", value)
    if value.startswith(FORMULA):
        raise _Wrong(column, "formula", "A text does not begin like a formula.", value)
    if any(ord(letter) < 32 and letter not in "\n\r\t" for letter in value):
        raise _Wrong(column, "control-characters", "Text may not hold control characters.")
    return value


def _identity(cells: Cells, column: str, longest: int) -> str:
    value = _text(cells, column, longest)
    if not (value.isascii() and all(letter.isalnum() or letter in "-_." for letter in value) and value[0].isalnum()):
        raise _Wrong(column, "not-an-identifier", "Letters, digits, hyphens, dots and underscores only.", value)
    return value


def _parts(cells: Cells, column: str) -> list[str]:
    value = cells.get(column, "")
    return [_plain(column, part.strip(), 200) for part in value.split(";") if part.strip()]


def _texts(cells: Cells, column: str) -> tuple[str, ...]:
    parts = _few(column, _parts(cells, column), MOST_SUBJECTS)
    if not parts:
        raise _Wrong(column, "missing", "A value is needed.")
    return parts


def _few(column: str, parts: Sequence[str], most: int) -> tuple[str, ...]:
    """The distinct parts."""
    found = tuple(dict.fromkeys(parts))
    if len(found) > most:
        raise _Wrong(column, "too-many", f"At most {most}.")
    return found


def _choice(cells: Cells, column: str, kind: type[E]) -> E:
    return _one_of(column, _text(cells, column, 60), kind)


def _choices(cells: Cells, column: str, kind: type[E], *, needed: bool = False) -> tuple[E, ...]:
    found = tuple(dict.fromkeys(_one_of(column, part, kind) for part in _parts(cells, column)))
    if needed and not found:
        raise _Wrong(column, "missing", "A value is needed.")
    return found


def _one_of(column: str, value: str, kind: type[E]) -> E:
    try:
        return kind(value.casefold().replace(" ", "-"))
    except ValueError:
        known: Sequence[str] = [one.value for one in kind]
        raise _Wrong(column, "unknown", f"One of {', '.join(known)}.", value) from None


def _number(cells: Cells, column: str, least: int, most: int) -> int:
    value = _text(cells, column, 20)
    if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
        raise _Wrong(column, "not-a-number", f"A whole number from {least} to {most}.", value)
    return int(value)


def _yes(cells: Cells, column: str) -> bool:
    value = cells.get(column, "").casefold()
    if value not in YES:
        raise _Wrong(column, "not-yes-or-no", "Yes or no.", value)
    return YES[value]


def _day(cells: Cells, column: str) -> date:
    value = _text(cells, column, 10)
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise _Wrong(column, "not-a-date", "A date such as 2027-06-07.", value) from None
    if not 2000 <= day.year < 2100:
        raise _Wrong(column, "out-of-range", "Between the years 2000 and 2100.", value)
    return day
