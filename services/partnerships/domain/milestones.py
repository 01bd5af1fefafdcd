"""What falls due in the two years of a partnership: a report for each term, and a review for each year.

Activation fixes the academic year that year 1 is: its own, or the next one where an approved plan says so. The days
follow from the terms; what was due before the activation was never asked for. What was due and is not done is kept with
the partnership and told once, when the schedule looks; it is decided by the clock, so that a late or repeated look
tells nothing else. A report that is given back is late again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from services.partnerships.domain.academic_year import TERMS, academic_year, academic_years, last_day
from services.partnerships.domain.life_cycle import SPENDING, YEARS, Status
from services.partnerships.domain.partnership import Partnership
from services.partnerships.domain.progress_report import report_id
from shared.contracts.event import Event
from shared.contracts.plans import ReportOverdue, ReviewDue
from shared.decision import Decision
from shared.refusals import Conflict

MID_POINT: Final = "mid-point-review"
FINAL: Final = "final-review"
REVIEWS: Final = (MID_POINT, FINAL)


class FirstYearOutOfTurn(Conflict):
    slug = "first-year-out-of-turn"
    title = "A partnership's first year is the academic year of its activation, or the next one."


@dataclass(frozen=True, slots=True)
class Milestone:
    """What is to be done by a day, the last on which it is in time; and what is told once it is not."""

    name: str
    due_on: date
    late: Event


def report_name(year: int, term: int) -> str:
    """The name of a term's report among what falls due."""
    return f"report-{year}-{term}"


REPORTS: Final = tuple(report_name(year, term) for year in YEARS for term in TERMS)


def report_keys(partnership_id: str) -> dict[str, str]:
    """The ids of a partnership's reports, by their names among what falls due."""
    return {report_name(year, term): report_id(partnership_id, year, term) for year in YEARS for term in TERMS}


def milestones(partnership_id: str, first_year: int) -> tuple[Milestone, ...]:
    """Everything that falls due when year 1 is this academic year, in the order of the days."""
    found = [_report(partnership_id, first_year, year, term) for year in YEARS for term in TERMS]
    found += [_mid_point(partnership_id, first_year), _final(partnership_id, first_year)]
    return tuple(sorted(found, key=lambda milestone: milestone.due_on))


def refuse_other_year(first_year: int, partnership: Partnership, now: datetime) -> None:
    """Raises FirstYearOutOfTurn for a year that the partnership's first one cannot be."""
    begun = academic_year(partnership.activated_on or now.date())
    if first_year not in (begun, begun + 1):
        raise FirstYearOutOfTurn(field="first_year", first_year=first_year, earliest=begun, latest=begun + 1)


def begun(partnership: Partnership, now: datetime) -> Partnership:
    """The partnership on the day of its activation. Raises FirstYearOutOfTurn where its plan begins in another year."""
    first_year = partnership.first_year or academic_year(now.date())
    refuse_other_year(first_year, partnership, now)
    started = partnership.model_copy(update={"activated_on": now.date(), "first_year": first_year})
    return looked_ahead(started, frozenset(), now)[0]


def look_ahead(
    partnership: Partnership, reported: Collection[str], first_year: int | None, now: datetime
) -> Decision[None]:
    """See what is late, and when to look again. `reported` names the reports that are handed in, and not given back.

    `first_year` is what an approved plan says, None where none has.
    """
    known = partnership if first_year is None else partnership.model_copy(update={"first_year": first_year})
    after, events = looked_ahead(known, reported, now)
    return Decision(None, None if after == partnership else after, (), events)


def looked_ahead(
    partnership: Partnership, reported: Collection[str], now: datetime
) -> tuple[Partnership, tuple[Event, ...]]:
    """The partnership with what is late by now, and what was not told before. One that does not run rests."""
    if partnership.first_year is None or partnership.status not in SPENDING:
        return partnership.model_copy(update={"due_at": None}), ()
    open_ones = [
        milestone
        for milestone in milestones(partnership.id, partnership.first_year)
        if milestone.name not in reported
        and not _begun(partnership, milestone.name)
        and (partnership.activated_on is None or milestone.due_on >= partnership.activated_on)
    ]
    late = [milestone for milestone in open_ones if milestone.due_on < now.date()]
    ahead = [milestone.due_on for milestone in open_ones if milestone.due_on >= now.date()]
    look_at = datetime.combine(min(ahead) + timedelta(days=1), time(), UTC) if ahead else None
    after = partnership.model_copy(update={"overdue": tuple(milestone.name for milestone in late), "due_at": look_at})
    return after, tuple(milestone.late for milestone in late if milestone.name not in partnership.overdue)


def _begun(partnership: Partnership, name: str) -> bool:
    """Whether a review has at least begun."""
    if name == MID_POINT:
        return partnership.year > 1 or partnership.status is Status.MID_POINT_REVIEW
    return name == FINAL and partnership.status is Status.FINAL_REVIEW


def _report(partnership_id: str, first_year: int, year: int, term: int) -> Milestone:
    ends = last_day(first_year + year - 1, term)
    due_on = ends + timedelta(days=academic_years(ends).report_days)
    late = ReportOverdue(partnership_id=partnership_id, year=year, term=term, due_on=due_on)
    return Milestone(report_name(year, term), due_on, late)


def _mid_point(partnership_id: str, first_year: int) -> Milestone:
    due_on = _review_due(first_year)
    return Milestone(MID_POINT, due_on, ReviewDue(partnership_id=partnership_id, review="mid-point", due_on=due_on))


def _final(partnership_id: str, first_year: int) -> Milestone:
    due_on = _review_due(first_year + 1)
    return Milestone(FINAL, due_on, ReviewDue(partnership_id=partnership_id, review="final", due_on=due_on))


def _review_due(year: int) -> date:
    ends = last_day(year, TERMS[-1])
    return ends + timedelta(days=academic_years(ends).review_days)
