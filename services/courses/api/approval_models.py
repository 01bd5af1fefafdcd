"""What goes over the wire about a school's approval of its bookings."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.courses.api.fields import Id
from services.courses.domain.approval_rule import ApprovalRule
from services.courses.policies import policy_at
from services.courses.use_cases.approval_rule import WantedRule
from shared.http.requests import RequestModel, ResponseModel

DEPUTY: JsonDict = {"account_id": "0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d12", "last_day": "2026-10-30"}


class DeputyRequest(RequestModel):
    """Another member of your school's staff, who answers like an approver up to the end of a day."""

    account_id: Id
    last_day: date


class ApprovalRuleRequest(RequestModel):
    """Whether your school approves its bookings, all of its rule. Without a deadline the usual one."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"required": True, "deadline_hours": 72, "deputy": DEPUTY}]}
    )
    required: bool
    deadline_hours: Annotated[
        int | None, Field(ge=1, le=10_000, description="So long a place is kept for your answer.")
    ] = None
    deputy: DeputyRequest | None = None

    def wanted(self) -> WantedRule:
        """As the use case takes it."""
        deputy = None if self.deputy is None else (self.deputy.account_id, self.deputy.last_day)
        return WantedRule(self.required, self.deadline_hours, deputy)


class ApprovalRefusalRequest(RequestModel):
    """Why not, as one of the codes that the school's rule shows."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "no-cover"}]})
    reason: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z][a-z-]*$")]


class DeputyAnswer(ResponseModel):
    """Who answers instead, up to the end of a day."""

    account_id: str
    last_day: date


class ApprovalRuleAnswer(ResponseModel):
    """Whether a school approves its bookings, how long it may take, who else answers, and why it may refuse."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "school_urn": "900001",
                    "required": True,
                    "deadline_hours": 72,
                    "most_deadline_hours": 168,
                    "deputy": DEPUTY,
                    "refusal_reasons": ["no-cover", "dates-do-not-suit", "not-in-the-plan", "no-budget", "other"],
                    "version": 1,
                }
            ]
        }
    )
    school_urn: str
    required: bool
    deadline_hours: int
    most_deadline_hours: int
    deputy: DeputyAnswer | None
    refusal_reasons: tuple[str, ...]
    version: int


def approval_rule_answer(rule: ApprovalRule, now: datetime) -> ApprovalRuleAnswer:
    """A school's rule now; a deputy whose days are over is none."""
    policy = policy_at(now).approval
    deputy = rule.deputy if rule.deputy is not None and now < rule.deputy.ends_at else None
    return ApprovalRuleAnswer(
        school_urn=rule.id,
        required=rule.required,
        deadline_hours=rule.deadline_hours,
        most_deadline_hours=policy.most_hours,
        deputy=None if deputy is None else DeputyAnswer(account_id=deputy.account_id, last_day=deputy.last_day),
        refusal_reasons=policy.refusal_reasons,
        version=rule.version,
    )
