"""Limits and periods of booking: dated, versioned data beside this module, never code.

`booking.json` holds versions of the terms, each valid from a day on; `bank_holidays.json` the days that are no working
days. An occurrence takes over the version that is valid when it is made.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from services.courses.domain.fees import CancellationPolicy, named
from services.courses.domain.terms import Terms

FOLDER = Path(__file__).parent


class ApprovalPolicy(BaseModel):
    """What schools may say about approving their bookings: the time to answer, its bound, and the reasons for a no.

    A deputy is named for `deputy_days` at most, which end at midnight in `zone`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    zone: str
    deadline_hours: int
    most_hours: int
    deputy_days: int
    refusal_reasons: tuple[str, ...]


class CancellationPolicies(BaseModel):
    """What an organiser may choose from for an occurrence, and what holds where they choose nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    default: str
    policies: tuple[CancellationPolicy, ...]

    def chosen(self, name: str | None) -> CancellationPolicy:
        """The policy of this name, or the default. Raises CancellationPolicyUnknown."""
        return named(self.policies, self.default if name is None else name)


class Policy(BaseModel):
    """A version of the terms. The `imported_` values are for course files, which have no such columns."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    valid_from: date
    hold_minutes: int
    offer_hours: int
    offer_hours_late: int
    late_days: int
    no_offers_working_days: int
    waiting_list_limit: int
    most_delegates: int
    attendance_days: int
    imported_capacity: int
    imported_price_pence: int
    approval: ApprovalPolicy
    cancellation: CancellationPolicies

    def terms(self, waiting_list_limit: int | None = None, cancellation: str | None = None) -> Terms:
        """The terms of an occurrence; its waiting list may be given a limit of its own, and it may name what cancelling
        costs. Raises CancellationPolicyUnknown.
        """
        limit = self.waiting_list_limit if waiting_list_limit is None else waiting_list_limit
        return Terms(
            policy=self.name,
            hold_minutes=self.hold_minutes,
            offer_hours=self.offer_hours,
            offer_hours_late=self.offer_hours_late,
            late_days=self.late_days,
            no_offers_working_days=self.no_offers_working_days,
            waiting_list_limit=limit,
            most_delegates=self.most_delegates,
            attendance_days=self.attendance_days,
            approval_hours=self.approval.most_hours,
            cancellation=self.cancellation.chosen(cancellation),
        )


class _Policies(BaseModel):
    versions: tuple[Policy, ...]


@cache
def _versions() -> tuple[Policy, ...]:
    policies = _Policies.model_validate_json((FOLDER / "booking.json").read_bytes())
    return tuple(sorted(policies.versions, key=lambda policy: policy.valid_from))


@cache
def holidays() -> frozenset[date]:
    """The bank holidays of England and Wales."""
    days = json.loads((FOLDER / "bank_holidays.json").read_bytes())["england-and-wales"]
    return frozenset(date.fromisoformat(day) for day in days)


def policy_at(now: datetime) -> Policy:
    """The version that is valid; the earliest one before any is."""
    valid = [policy for policy in _versions() if policy.valid_from <= now.date()]
    return valid[-1] if valid else _versions()[0]
