"""Academic years and their terms. Dated data, read from academic_years.json.

A year is named by the calendar year it starts in: 2026 is September 2026 to August 2027.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, TypeAdapter


class Term(BaseModel):
    """A term, by its first and its last day."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    starts_in_month: int
    starts_on_day: int
    ends_in_month: int
    ends_on_day: int


class AcademicYears(BaseModel):
    """How years are divided, and when a plan is at risk.

    An activity is at risk from `warning_days` before the end of its term; a plan when at least `behind_percent` of what
    was to be done by today is not. A term's report is due `report_days` after its end, the review of a year
    `review_days` after the end of its last term.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    version: str
    valid_from: date
    starts_in_month: int
    terms: tuple[Term, ...]
    warning_days: int
    behind_percent: int
    report_days: int
    review_days: int


def _read() -> tuple[AcademicYears, ...]:
    text = Path(__file__).with_name("academic_years.json").read_bytes()
    read = TypeAdapter(tuple[AcademicYears, ...]).validate_json(text)
    return tuple(sorted(read, key=lambda years: years.valid_from))


ACADEMIC_YEARS: Final = _read()
TERMS: Final = tuple(range(1, 1 + max(len(years.terms) for years in ACADEMIC_YEARS)))
"""The terms of a year, as they are counted."""


def academic_years(on: date) -> AcademicYears:
    """The division in force on a day; before the first one, the first."""
    in_force = [years for years in ACADEMIC_YEARS if years.valid_from <= on]
    return in_force[-1] if in_force else ACADEMIC_YEARS[0]


def academic_year(on: date) -> int:
    """The academic year of a day."""
    return on.year if on.month >= academic_years(on).starts_in_month else on.year - 1


def first_day(year: int, term: int) -> date:
    """When a term of an academic year begins; terms count from 1."""
    years, wanted = _term(year, term)
    return _day(years, year, wanted.starts_in_month, wanted.starts_on_day)


def last_day(year: int, term: int) -> date:
    """When a term of an academic year ends; terms count from 1."""
    years, wanted = _term(year, term)
    return _day(years, year, wanted.ends_in_month, wanted.ends_on_day)


def _term(year: int, term: int) -> tuple[AcademicYears, Term]:
    years = academic_years(date(year, 12, 31))
    return years, years.terms[term - 1]


def _day(years: AcademicYears, year: int, month: int, day: int) -> date:
    return date(year if month >= years.starts_in_month else year + 1, month, day)
