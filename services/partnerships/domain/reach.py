"""What a partnership has reached: teachers trained, days placed, ambassadors' hours, pupils.

Each booking, placement and visit is one contribution, as it was told last: a higher revision replaces a lower one, so a
correction subtracts by itself, in whatever order things arrive. A contribution names the events that made it; a report
is a sum of contributions and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from services.partnerships.domain.academic_year import academic_year, first_day
from shared.decision import Decision, Root


class ContributionKind(StrEnum):
    """What has contributed."""

    BOOKING = "booking"
    PLACEMENT = "placement"
    VISIT = "visit"


class Source(BaseModel):
    """An event that a contribution was made from: the one of its type with the highest revision."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    type: str
    event_id: str
    aggregate: str
    revision: int


class Contribution(Root):
    """What one booking, placement or visit adds; its id is `<kind>/<id>`.

    `years` are the academic years it counts in, none while the day is not known: a placement counts in each year that
    it has `placed_on` days in, everything else in the year of its last day, `on`. `teacher_ids` were there all the
    time; `unnamed_teachers` are those of events that did not say who. `minutes` and `pupils` count once `delivered` is
    told.
    """

    collection = "reach"
    kind: ContributionKind
    partnership_id: str | None = None
    school_urn: str
    employer_id: str | None = None
    on: date | None = None
    years: tuple[str, ...] = ()
    teacher_ids: tuple[str, ...] = ()
    unnamed_teachers: int = 0
    days_placed: int = 0
    placed_on: tuple[date, ...] = ()
    delivered: bool = True
    minutes: int = 0
    pupils: int = 0
    sources: tuple[Source, ...] = ()

    @property
    def counted_minutes(self) -> int:
        """An ambassador's time at a visit that took place."""
        return self.minutes if self.delivered else 0

    def within(self, year: str) -> Contribution:
        """What of it counts in one of its years."""
        days = [day for day in self.placed_on if year_of(day) == year]
        if len(days) == len(self.placed_on):
            return self
        last = max(days, default=None)
        return self.model_copy(update={"on": last, "days_placed": len(days), "placed_on": tuple(days)})


@dataclass(frozen=True, slots=True)
class Told:
    """What an event says of a contribution: the fields it settles."""

    kind: ContributionKind
    id: str
    school_urn: str
    source: Source
    facts: Mapping[str, object]

    @property
    def key(self) -> str:
        """The contribution it is about."""
        return f"{self.kind}/{self.id}"


@dataclass(frozen=True, slots=True)
class Reach:
    """The sums of some contributions. A teacher who was trained twice is one teacher."""

    teachers_trained: int = 0
    days_placed: int = 0
    ambassador_minutes: int = 0
    pupils_reached: int = 0
    contributions: int = 0


def year_of(day: date) -> str:
    """The academic year of a day, as people write it: "2026-27"."""
    first = academic_year(day)
    return f"{first}-{(first + 1) % 100:02}"


def days_of(year: str) -> tuple[date, date]:
    """The first and the last day of an academic year, "2026-27"."""
    first = int(year[:4])
    return first_day(first, 1), first_day(first + 1, 1) - timedelta(days=1)


def keep(known: Contribution | None, told: Told) -> Decision[None]:
    """Take over what an event says, unless a later revision of the same kind has been told."""
    before = known or Contribution(
        id=told.key, kind=told.kind, school_urn=told.school_urn, delivered=told.kind is not ContributionKind.VISIT
    )
    earlier = next((source for source in before.sources if source.type == told.source.type), None)
    if earlier is not None and earlier.revision >= told.source.revision:
        return Decision(None)
    sources = (*(source for source in before.sources if source.type != told.source.type), told.source)
    after = before.model_copy(update={**told.facts, "sources": sources})
    days = after.placed_on or (() if after.on is None else (after.on,))
    return Decision(None, after.model_copy(update={"years": tuple(sorted({year_of(day) for day in days}))}))


class Sum:
    """Adds contributions up, one by one, and keeps nothing of them but the numbers and who the teachers were."""

    def __init__(self) -> None:
        self._teachers: set[str] = set()
        self._reach = Reach()

    def add(self, one: Contribution) -> None:
        """Count one more."""
        self._teachers.update(one.teacher_ids)
        before = self._reach
        self._reach = Reach(
            teachers_trained=before.teachers_trained + one.unnamed_teachers,
            days_placed=before.days_placed + one.days_placed,
            ambassador_minutes=before.ambassador_minutes + one.counted_minutes,
            pupils_reached=before.pupils_reached + one.pupils,
            contributions=before.contributions + 1,
        )

    @property
    def reach(self) -> Reach:
        """What they come to."""
        return replace(self._reach, teachers_trained=self._reach.teachers_trained + len(self._teachers))
