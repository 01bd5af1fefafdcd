"""What the partnerships service says about action plans, and about what falls due in a partnership's two years.

Aggregates: `plans/<partnership id>`, `partnerships/<id>`.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from shared.contracts.event import Event, Upcaster

Review = Literal["mid-point", "final"]


class PlanApproved(Event):
    """A programme officer has approved the partnership's action plan, which begins in the year `first_year`."""

    type: ClassVar[str] = "partnerships.plan-approved.v1"
    aggregate: ClassVar[str] = "plans/{partnership_id}"
    partnership_id: str
    first_year: int | None = None


class ActivityTicked(Event):
    """A planned activity's evidence rule is met. `evidence` names what met it: "occurrences/<id>/<booking>", …"""

    type: ClassVar[str] = "partnerships.activity-ticked.v1"
    aggregate: ClassVar[str] = "plans/{partnership_id}"
    partnership_id: str
    activity_id: str
    evidence: tuple[str, ...]


class ActivityUnticked(Event):
    """A planned activity's evidence rule is not met any more: a correction or a cancellation took evidence away."""

    type: ClassVar[str] = "partnerships.activity-unticked.v1"
    aggregate: ClassVar[str] = "plans/{partnership_id}"
    partnership_id: str
    activity_id: str
    reason: str


class PlanFellBehind(Event):
    """A term is over, or evidence was taken away: too much of what the action plan had due by now is not done."""

    type: ClassVar[str] = "partnerships.plan-fell-behind.v1"
    aggregate: ClassVar[str] = "plans/{partnership_id}"
    partnership_id: str


class PlanCaughtUp(Event):
    """The action plan is not behind its terms any more."""

    type: ClassVar[str] = "partnerships.plan-caught-up.v1"
    aggregate: ClassVar[str] = "plans/{partnership_id}"
    partnership_id: str


class ReviewDue(Event):
    """The review of a partnership's first year, or of both, was to be held by the day `due_on` and has not begun."""

    type: ClassVar[str] = "partnerships.review-due.v1"
    aggregate: ClassVar[str] = "partnerships/{partnership_id}"
    partnership_id: str
    review: Review
    due_on: date


class ReportOverdue(Event):
    """The lead school was to hand in a term's progress report by the day `due_on` and has not."""

    type: ClassVar[str] = "partnerships.report-overdue.v1"
    aggregate: ClassVar[str] = "partnerships/{partnership_id}"
    partnership_id: str
    year: int
    term: int
    due_on: date


PlansEvent = (
    PlanApproved | PlanFellBehind | PlanCaughtUp | ActivityTicked | ActivityUnticked | ReviewDue | ReportOverdue
)

UPCASTERS: tuple[Upcaster, ...] = ()
