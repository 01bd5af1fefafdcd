"""Progress reports and instalments as clients see them. Amounts in pence."""

from __future__ import annotations

from datetime import datetime

from pydantic import ConfigDict, Field

from services.partnerships.domain.instalment import Instalment, InstalmentStatus
from services.partnerships.domain.progress_report import REPORT, ProgressReport, ReportChange, ReportStatus
from services.partnerships.views.pots import MOMENT, PARTNERSHIP_ID
from shared.http.requests import ResponseModel

ACCOUNT_ID = "0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d08"


class ReportAnswer(ResponseModel):
    """A term's report, and how the plan stood when it was submitted."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "partnership_id": PARTNERSHIP_ID,
                    "year": 1,
                    "term": 1,
                    "status": "accepted",
                    "summary": "Four teachers attended; the visits are planned for May.",
                    "activities": 12,
                    "done": 3,
                    "overdue": 1,
                    "submitted_by": ACCOUNT_ID,
                    "submitted_at": MOMENT,
                    "accepted_by": ACCOUNT_ID,
                    "reason": None,
                    "next_steps": [],
                    "version": 2,
                }
            ]
        }
    )
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
    accepted_by: str | None
    reason: str | None = Field(description="Why it was given back.")
    next_steps: tuple[str, ...]
    version: int


class ReportChangeAnswer(ResponseModel):
    """One step of a report's history."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "number": 2,
                    "verb": "return",
                    "by": ACCOUNT_ID,
                    "at": MOMENT,
                    "summary": None,
                    "reason": "Say what became of the visits.",
                }
            ]
        }
    )
    number: int
    verb: str
    by: str = Field(description="The account that asked for it.")
    at: datetime
    summary: str | None = Field(description="The report as it was submitted.")
    reason: str | None = Field(description="Why it was given back.")


class InstalmentAnswer(ResponseModel):
    """An instalment that has fallen due."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "year-1-term-1",
                    "status": "released",
                    "amount_pence": 200_000,
                    "evidence": f"reports/{PARTNERSHIP_ID}-1-1#accepted",
                    "due_on": MOMENT,
                    "released_at": MOMENT,
                }
            ]
        }
    )
    name: str = Field(description="The start-up grant, or the term whose report released it.")
    status: InstalmentStatus = Field(description="It waits where the account holds too little for it.")
    amount_pence: int
    evidence: str
    due_on: datetime
    released_at: datetime | None


def report_answer(report: ProgressReport) -> ReportAnswer:
    """A report as clients see it."""
    return ReportAnswer(
        partnership_id=report.partnership_id,
        year=report.year,
        term=report.term,
        status=report.status,
        summary=report.summary,
        activities=report.activities,
        done=report.done,
        overdue=report.overdue,
        submitted_by=report.submitted_by,
        submitted_at=report.submitted_at,
        accepted_by=report.accepted_by,
        reason=report.reason,
        next_steps=REPORT.verbs(report.status),
        version=report.version,
    )


def report_change_answer(change: ReportChange) -> ReportChangeAnswer:
    """A step of a report's history as clients see it."""
    return ReportChangeAnswer(
        number=change.number,
        verb=change.verb,
        by=change.by,
        at=change.at,
        summary=change.summary,
        reason=change.reason,
    )


def instalment_answer(due: Instalment) -> InstalmentAnswer:
    """An instalment as clients see it."""
    return InstalmentAnswer(
        name=due.name,
        status=due.status,
        amount_pence=due.amount,
        evidence=due.evidence,
        due_on=due.due_on,
        released_at=due.released_at,
    )
