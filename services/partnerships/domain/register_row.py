"""One row of a register file: what it says of a school, or which rules its cells break.

Every broken rule of a row is found at once. Cells that GIAS fills with "Not applicable" where there is nothing to say
become None; a phase that does not apply is kept, since it is an answer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypeVar

from pydantic import BaseModel, ConfigDict

from services.partnerships.domain.register_file import MISSHAPEN, Piece, Record, records
from services.partnerships.domain.school import Facts
from shared.contracts.partnerships import SchoolStatus

V = TypeVar("V")

VALUE_LENGTH: Final = 40
NAME_LENGTH: Final = 200

STATUSES: Final[Mapping[str, SchoolStatus]] = {
    "open": "open",
    "open, but proposed to close": "proposed-to-close",
    "proposed to open": "proposed-to-open",
    "closed": "closed",
}
_NOTHING: Final = frozenset({"", "not applicable", "does not apply"})
_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][0-9A-Z]?)([0-9][A-Z]{2})")
_NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,12})?(e-[0-9]{1,2})?", re.IGNORECASE)
_DATE = re.compile(r"([0-9]{2})-([0-9]{2})-([0-9]{4})")


class RowError(BaseModel):
    """A cell that breaks a rule: its row number, the column, the rule, and the value, cut short."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    row: int
    column: str
    rule: str
    value: str


@dataclass(frozen=True, slots=True)
class GridPlace:
    """A place on the Ordnance Survey's National Grid, in metres."""

    easting: float
    northing: float


@dataclass(frozen=True, slots=True)
class ReadRow:
    """What a good row says. `grid` is where the school is, if the row gives no latitude and longitude."""

    row: int
    facts: Facts
    grid: GridPlace | None


class BrokenRule(ValueError):
    """The rule that a cell breaks."""


def read(piece: Piece) -> tuple[list[ReadRow], list[RowError]]:
    """The good rows of a piece, and every rule that the others break."""
    good: list[ReadRow] = []
    errors = [RowError(row=row, column="", rule=MISSHAPEN, value="") for row in piece.misshapen]
    repeated = set(piece.repeated)
    for record in records(piece):
        found = _Cells(record)
        row = _read(found)
        if record.row in repeated:
            found.broken("urn", "repeated")
        errors += found.errors
        if not found.errors:
            good.append(row)
    return good, sorted(errors, key=lambda error: error.row)


def rejected_rows(errors: Iterable[RowError]) -> int:
    """How many rows break a rule."""
    return len({error.row for error in errors})


class _Cells:
    """The cells of a row, and what is wrong with them."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.errors: list[RowError] = []

    def take(self, name: str, parse: Callable[[str], V | None]) -> V | None:
        """The value of a cell; None when the column is absent, the cell says nothing, or it breaks a rule."""
        text = self.record.cells.get(name, "").strip()
        try:
            if text:
                _check_characters(text)
            return parse(text)
        except BrokenRule as broken:
            self.broken(name, str(broken))
            return None

    def broken(self, name: str, rule: str) -> None:
        """Note a broken rule."""
        value = self.record.cells.get(name, "").strip()[:VALUE_LENGTH]
        self.errors.append(RowError(row=self.record.row, column=name, rule=rule, value=_shown(value)))


def _read(cells: _Cells) -> ReadRow:
    easting, northing = cells.take("easting", _metres), cells.take("northing", _metres)
    latitude, longitude = cells.take("latitude", _degrees(49, 62)), cells.take("longitude", _degrees(-9, 3))
    placed = latitude is not None and longitude is not None
    facts = Facts.model_construct(
        urn=cells.take("urn", _urn) or "",
        identifier_scheme="urn",
        ukprn=cells.take("ukprn", _digits(8, 8)),
        la_number=_la_number(cells),
        la_name=cells.take("la_name", _text),
        name=cells.take("name", _needed) or "",
        type_code=cells.take("type_code", _digits(1, 3)),
        type=cells.take("type", _text),
        census_type=cells.take("census_type", _text),
        phase=cells.take("phase", _needed) or "",
        status=cells.take("status", _status) or "closed",
        trust_id=cells.take("trust_id", _text),
        trust=cells.take("trust", _text),
        postcode=cells.take("postcode", _postcode),
        town=cells.take("town", _text),
        region=cells.take("region", _text),
        country=cells.take("country", _text),
        latitude=latitude if placed else None,
        longitude=longitude if placed else None,
        pupils=cells.take("pupils", _count(50_000)),
        free_meals_percent=cells.take("free_meals_percent", _percent),
        low_age=cells.take("low_age", _count(99)),
        high_age=cells.take("high_age", _count(99)),
        opened_on=cells.take("opened_on", _day),
        closed_on=cells.take("closed_on", _day),
    )
    on_grid = not placed and easting is not None and northing is not None
    return ReadRow(cells.record.row, facts, GridPlace(easting or 0, northing or 0) if on_grid else None)


def _la_number(cells: _Cells) -> str | None:
    code, number = cells.take("la_code", _digits(1, 4)), cells.take("number", _digits(1, 5))
    return None if code is None or number is None else f"{code}/{number}"


def _check_characters(text: str) -> None:
    if "\ufffd" in text:
        raise BrokenRule("undecodable-character")
    if not text.isprintable() and any(unicodedata.category(character) == "Cc" for character in text):
        raise BrokenRule("control-character")


def _shown(value: str) -> str:
    return "".join(character if unicodedata.category(character) != "Cc" else " " for character in value)


def _text(text: str) -> str | None:
    if not text or text.casefold() in _NOTHING:
        return None
    return _short(text)


def _needed(text: str) -> str:
    if not text:
        raise BrokenRule("missing")
    return _short(text)


def _short(text: str) -> str:
    if len(text) > NAME_LENGTH:
        raise BrokenRule("too-long")
    return " ".join(text.split())


def _urn(text: str) -> str:
    if not text:
        raise BrokenRule("missing")
    if not (text.isascii() and text.isdigit() and 5 <= len(text) <= 7 and text[0] != "0"):
        raise BrokenRule("not-a-urn")
    return text


def _digits(fewest: int, most: int) -> Callable[[str], str | None]:
    def parse(text: str) -> str | None:
        if text.casefold() in _NOTHING:
            return None
        if not (text.isascii() and text.isdigit() and fewest <= len(text) <= most):
            raise BrokenRule("not-a-number")
        return text

    return parse


def _status(text: str) -> SchoolStatus:
    status = STATUSES.get(text.casefold())
    if status is None:
        raise BrokenRule("unknown-status" if text else "missing")
    return status


def _postcode(text: str) -> str | None:
    if text.casefold() in _NOTHING:
        return None
    match = _POSTCODE.fullmatch("".join(text.upper().split()))
    if match is None:
        raise BrokenRule("not-a-postcode")
    return f"{match[1]} {match[2]}"


def _metres(text: str) -> float | None:
    """The grid's origin stands for an unknown place."""
    if text in ("", "0"):
        return None
    number = _number(text)
    if not 0 < number < 1_300_000:
        raise BrokenRule("outside-the-grid")
    return number


def _degrees(lowest: float, highest: float) -> Callable[[str], float | None]:
    def parse(text: str) -> float | None:
        if not text:
            return None
        number = _number(text)
        if not lowest <= number <= highest:
            raise BrokenRule("outside-the-uk")
        return number

    return parse


def _number(text: str) -> float:
    if _NUMBER.fullmatch(text) is None:
        raise BrokenRule("not-a-number")
    return float(text)


def _percent(text: str) -> float | None:
    if text.casefold() in _NOTHING:
        return None
    number = _number(text)
    if not 0 <= number <= 100:
        raise BrokenRule("not-a-percentage")
    return number


def _count(most: int) -> Callable[[str], int | None]:
    def parse(text: str) -> int | None:
        if text.casefold() in _NOTHING:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise BrokenRule("not-a-number")
        if int(text) > most:
            raise BrokenRule("too-large")
        return int(text)

    return parse


def _day(text: str) -> date | None:
    if not text:
        return None
    match = _DATE.fullmatch(text)
    if match is None:
        raise BrokenRule("not-a-date")
    try:
        return datetime.strptime(text, "%d-%m-%Y").date()  # noqa: DTZ007 - a day has no time zone
    except ValueError:
        raise BrokenRule("not-a-date") from None


def in_slices(rows: Sequence[V], size: int) -> Iterator[Sequence[V]]:
    """The rows, so many at a time."""
    return (rows[start : start + size] for start in range(0, len(rows), size))
