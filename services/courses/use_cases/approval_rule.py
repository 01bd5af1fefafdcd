"""A school's rule about approving its bookings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from services.courses.domain.approval_rule import ApprovalRule, deputy_until, inherit, set_rule
from services.courses.domain.known import KnownSchool, check_school
from services.courses.policies import policy_at
from shared.decision import Decision, Documents
from shared.work import Work


@dataclass(frozen=True, slots=True)
class WantedRule:
    """What a school wants; without `deadline_hours` what the policy proposes. `deputy` is an account id with a day."""

    required: bool
    deadline_hours: int | None = None
    deputy: tuple[str, date] | None = None


async def set_approval_rule(work: Work, urn: str, wanted: WantedRule) -> ApprovalRule:
    """Give a school its rule. Raises SchoolNotKnown, SchoolClosed, DeadlineTooLong, DeputyOver, DeputyTooLong."""
    today = work.clock.now()
    policy = policy_at(today).approval
    rule = ApprovalRule(
        id=urn,
        required=wanted.required,
        deadline_hours=wanted.deadline_hours or policy.deadline_hours,
        deputy=None if wanted.deputy is None else deputy_until(*wanted.deputy, policy.zone, today, policy.deputy_days),
    )

    def decide(known: ApprovalRule | None, documents: Documents, _now: datetime) -> Decision[ApprovalRule]:
        check_school(documents.get(KnownSchool, urn))
        return set_rule(known, rule, policy.most_hours)

    return await work.create_or_change(ApprovalRule, urn, decide, lambda _known: [(KnownSchool, urn)])


async def inherit_approval_rule(work: Work, urn: str, successor_urn: str) -> None:
    """Let a school that goes on under another URN keep its rule there."""
    await work.create_or_change(
        ApprovalRule,
        successor_urn,
        lambda known, documents, _now: inherit(known, documents.get(ApprovalRule, urn), successor_urn),
        lambda _known: [(ApprovalRule, urn)],
    )
