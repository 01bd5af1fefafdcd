"""What a school says about approving its bookings: whether it wants to, how long it may take, and who answers.

The school's own document, kept where bookings are decided. Its approvers answer, and during their days a deputy:
another member of its staff whom they name (people who go to courses are called delegates here). Whoever it is must act
for the school when they answer. Without a document nothing is asked. A rule counts from the next booking or accepted
offer on; what waits already waits until its own deadline.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from shared.decision import Decision, Root
from shared.refusals import Invalid


class DeadlineTooLong(Invalid):
    slug = "approval-deadline-too-long"
    title = "A place is not kept that long for a school to answer."


class DeputyOver(Invalid):
    slug = "approval-deputy-over"
    title = "The deputy's last day is over already."


class DeputyTooLong(Invalid):
    slug = "approval-deputy-too-long"
    title = "A deputy is named for a shorter time: name them again when it is over."


class RefusalReasonUnknown(Invalid):
    slug = "refusal-reason-unknown"
    title = "The reason is one of the codes that are valid today."


class Deputy(BaseModel):
    """Who may answer instead of an approver, up to `last_day` with it: that is, before `ends_at`."""

    model_config = ConfigDict(frozen=True)
    account_id: str
    last_day: date
    ends_at: datetime


class ApprovalRule(Root):
    """See the module; the id is the school's URN. `deadline_hours` is how long a place is kept for an answer."""

    collection = "approval_rules"
    required: bool
    deadline_hours: int
    deputy: Deputy | None = None

    def time_to_answer(self, most_hours: int | None) -> timedelta:
        """How long an answer is waited for, within what an occurrence's terms allow."""
        return timedelta(hours=self.deadline_hours if most_hours is None else min(self.deadline_hours, most_hours))


def deputy_until(account_id: str, last_day: date, zone: str, now: datetime, most_days: int) -> Deputy:
    """A deputy whose last day, at most so many days from today, ends at midnight. Raises DeputyOver, DeputyTooLong."""
    local = ZoneInfo(zone)
    today = now.astimezone(local).date()
    if last_day < today:
        raise DeputyOver(field="deputy.last_day")
    if last_day > today + timedelta(days=most_days):
        raise DeputyTooLong(field="deputy.last_day", most_days=most_days)
    ends_at = datetime.combine(last_day + timedelta(days=1), time(), local).astimezone(UTC)
    return Deputy(account_id=account_id, last_day=last_day, ends_at=ends_at)


def set_rule(known: ApprovalRule | None, wanted: ApprovalRule, most_hours: int) -> Decision[ApprovalRule]:
    """Give a school its rule. Raises DeadlineTooLong."""
    if wanted.deadline_hours > most_hours:
        raise DeadlineTooLong(field="deadline_hours", most_hours=most_hours)
    fields = {"required": wanted.required, "deadline_hours": wanted.deadline_hours, "deputy": wanted.deputy}
    rule = wanted if known is None else known.model_copy(update=fields)
    return Decision(rule, None if rule == known else rule)


def inherit(known: ApprovalRule | None, before: ApprovalRule | None, urn: str) -> Decision[None]:
    """Let a school that goes on under another URN keep its rule there, unless it has set one already."""
    if known is not None or before is None:
        return Decision(None)
    return Decision(None, ApprovalRule(id=urn, **before.model_dump(include={"required", "deadline_hours", "deputy"})))


def approved_by(rule: ApprovalRule | None, account_id: str, approver: bool, now: datetime) -> str | None:
    """The account itself, if what it does for its school is approved by being done: it is an approver or the deputy."""
    deputy = None if rule is None else rule.deputy
    stands_in = deputy is not None and deputy.account_id == account_id and now < deputy.ends_at
    return account_id if approver or stands_in else None


def check_reason(reason: str, reasons: Iterable[str]) -> None:
    """Refuse a reason that the policy does not have. Raises RefusalReasonUnknown."""
    if reason not in reasons:
        raise RefusalReasonUnknown(field="reason", reasons=sorted(reasons))
