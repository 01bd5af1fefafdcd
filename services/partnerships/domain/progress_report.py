"""Termly progress reports: written by the lead school, accepted by a programme officer.

There is one for each term of both years, once the term has begun. An accepted report releases the term's instalment.
A partnership is completed whatever has become of its reports: one that was returned may be handed in again afterwards.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from services.partnerships.domain.academic_year import first_day
from services.partnerships.domain.life_cycle import AWARDED, ENDED_WELL, LEAD, OFFICER, SPENDING
from services.partnerships.domain.partnership import Actor, Partnership, permit
from services.partnerships.domain.planned import ActionPlan, PlanStatus
from services.partnerships.domain.standing import standings
from shared.contracts.claims import ReportAccepted, ReportReturned, ReportSubmitted
from shared.contracts.event import Event
from shared.decision import Decision, Document, Root
from shared.refusals import Conflict, NotFound
from shared.transitions import Table, Transition


class ReportStatus(StrEnum):
    """Where a report stands. UNWRITTEN is the state before it; it is never stored."""

    UNWRITTEN = "unwritten"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ACCEPTED = "accepted"


REPORT: Table[ReportStatus] = Table(
    (
        Transition(ReportStatus.UNWRITTEN, "submit", LEAD, ReportStatus.SUBMITTED),
        Transition(ReportStatus.RETURNED, "submit", LEAD, ReportStatus.SUBMITTED),
        Transition(ReportStatus.SUBMITTED, "return", OFFICER, ReportStatus.RETURNED),
        Transition(ReportStatus.SUBMITTED, "accept", OFFICER, ReportStatus.ACCEPTED),
    )
)


class PartnershipNotRunning(Conflict):
    slug = "partnership-not-running"
    title = "Reports are for partnerships that are running."


class PlanNotApproved(Conflict):
    slug = "plan-not-approved"
    title = "A report is about an approved action plan."


class YearNotReached(Conflict):
    slug = "year-not-reached"
    title = "The partnership has not come to this year yet."


class TermNotBegun(Conflict):
    slug = "term-not-begun"
    title = "A report is about a term that has begun."


class ProgressReport(Root):
    """A term's report; its id is "<partnership>-<year>-<term>".

    `activities`, `done` and `overdue` count the plan's activities as they stood when it was submitted. `submitted_by`
    and `accepted_by` are account ids. `changes` counts the history.
    """

    collection = "reports"
    partnership_id: str
    year: int
    term: int
    status: ReportStatus
    summary: str
    activities: int
    done: int
    overdue: int
    submitted_by: str
    submitted_at: datetime
    accepted_by: str | None = None
    reason: str | None = None
    changes: int = 0

    @property
    def handed_in(self) -> bool:
        """Whether the lead school has done its part: not any more once it is given back."""
        return self.status is not ReportStatus.RETURNED


class ReportChange(Document):
    """One step of a report's history: the `summary` submitted, the `reason` to give it back, `by` an account."""

    collection = "report_changes"
    report_id: str
    number: int
    verb: str
    by: str
    at: datetime
    summary: str | None = None
    reason: str | None = None


def report_id(partnership_id: str, year: int, term: int) -> str:
    """Which report it is."""
    return f"{partnership_id}-{year}-{term}"


def submit(
    report: ProgressReport | None,
    partnership: Partnership,
    plan: ActionPlan | None,
    term: tuple[int, int],
    summary: str,
    actor: Actor,
    now: datetime,
) -> Decision[ProgressReport]:
    """Hand a report in, or hand it in again; `term` is (year, term).

    Raises PartnershipNotRunning, PlanNotApproved, YearNotReached, TermNotBegun.
    """
    known = report.status if report is not None else ReportStatus.UNWRITTEN
    permit((row.by for row in REPORT.rows if row.verb == "submit"), actor, partnership)
    status = REPORT.next(known, "submit")
    year, number = term
    running = partnership.status in (SPENDING | ENDED_WELL if known is ReportStatus.RETURNED else SPENDING)
    if not running:
        raise PartnershipNotRunning(state=partnership.status.value)
    approved = _reportable(partnership, plan, year, number, now)
    stands = list(standings(approved, now.date()).values())
    written = ProgressReport(
        id=report_id(partnership.id, year, number),
        partnership_id=partnership.id,
        year=year,
        term=number,
        status=status,
        summary=summary,
        activities=len(stands),
        done=stands.count("done"),
        overdue=stands.count("overdue"),
        submitted_by=actor.subject,
        submitted_at=now,
        changes=report.changes if report is not None else 0,
    )
    told = ReportSubmitted(report_id=written.id, partnership_id=partnership.id, year=year, term=number)
    return _stepped(written, "submit", actor, now, told, summary=summary)


def _reportable(partnership: Partnership, plan: ActionPlan | None, year: int, term: int, now: datetime) -> ActionPlan:
    """The plan that a term's report is about, if there is something to report yet."""
    if plan is None or plan.status is not PlanStatus.APPROVED:
        raise PlanNotApproved()
    if year > partnership.year:
        raise YearNotReached(field="year", year=partnership.year)
    begins_on = first_day(plan.first_year + year - 1, term)
    if now.date() < begins_on:
        raise TermNotBegun(field="term", begins_on=begins_on.isoformat())
    return plan


def give_back(
    report: ProgressReport | None, partnership: Partnership, reason: str, actor: Actor, now: datetime
) -> Decision[ProgressReport]:
    """Give it back with what is missing."""
    known = _moving(report, partnership, "return", actor)
    after = known.model_copy(update={"status": REPORT.next(known.status, "return"), "reason": reason})
    told = ReportReturned(report_id=known.id, partnership_id=known.partnership_id, year=known.year, term=known.term)
    return _stepped(after, "return", actor, now, told, reason=reason)


def accept(
    report: ProgressReport | None, partnership: Partnership, actor: Actor, now: datetime
) -> Decision[ProgressReport]:
    """Accept it: its instalment is released. Raises PartnershipNotRunning once the partnership is terminated."""
    known = _moving(report, partnership, "accept", actor)
    if REPORT.allows(known.status, "accept") and partnership.status not in AWARDED:
        raise PartnershipNotRunning(state=partnership.status.value)
    update = {"status": REPORT.next(known.status, "accept"), "accepted_by": actor.subject, "reason": None}
    told = ReportAccepted(
        report_id=known.id,
        partnership_id=known.partnership_id,
        year=known.year,
        term=known.term,
        accepted_by=actor.subject,
    )
    return _stepped(known.model_copy(update=update), "accept", actor, now, told)


def _stepped(
    report: ProgressReport,
    verb: str,
    actor: Actor,
    now: datetime,
    told: Event,
    *,
    summary: str | None = None,
    reason: str | None = None,
) -> Decision[ProgressReport]:
    """The report with one more step in its history."""
    number = report.changes + 1
    step = ReportChange(
        id=f"{report.id}/{number:06d}",
        report_id=report.id,
        number=number,
        verb=verb,
        by=actor.subject,
        at=now,
        summary=summary,
        reason=reason,
    )
    after = report.model_copy(update={"changes": number})
    return Decision(after, after, (step,), (told,))


def _moving(report: ProgressReport | None, partnership: Partnership, verb: str, actor: Actor) -> ProgressReport:
    permit((row.by for row in REPORT.rows if row.verb == verb), actor, partnership)
    if report is None:
        raise NotFound()
    return report
