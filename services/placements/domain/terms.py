"""The terms of placements: periods and rates, taken from dated policy data when an offer is made.

An offer keeps its own copy, and its placements go by it, so that a later policy does not change what was agreed and
every decision can be replayed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from shared.refusals import Invalid


class ReasonUnknown(Invalid):
    slug = "reason-code-unknown"
    title = "The reason is one of the codes that are valid today."


class Terms(BaseModel):
    """Under which terms a placement comes about. `policy` names the version of the policy data they came from.

    `approval_days` a school has for its word, the host is reminded after `reminder_days` and has `host_days` in all,
    the teacher has `answer_days` for an offered place, and `confirm_days` to confirm or dispute recorded days. Days
    begin at midnight in `zone`. Those that are not recorded are overdue after `record_days`; None: under older terms
    they never are.
    """

    model_config = ConfigDict(frozen=True)
    policy: str
    zone: str
    approval_days: int
    reminder_days: int
    host_days: int
    answer_days: int
    confirm_days: int
    record_days: int | None = None
    reflection_days: int
    day_rate_pence: int
    agreement_text: str


def check_reason(code: str, valid: Iterable[str], field: str = "reason_code") -> str:
    """The code, if it is one of those that are valid. Raises ReasonUnknown."""
    codes = tuple(valid)
    if code not in codes:
        raise ReasonUnknown(f"One of {', '.join(codes)}.", field=field, codes=list(codes))
    return code


def midnight(day: date, zone: str) -> datetime:
    """When a day begins in a zone, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def today(now: datetime, zone: str) -> date:
    """Which day it is in a zone."""
    return now.astimezone(ZoneInfo(zone)).date()


def working_days(first: date, count: int, holidays: frozenset[date]) -> tuple[date, ...]:
    """The first working days from a day on."""
    days: list[date] = []
    day = first
    while len(days) < count:
        if day.weekday() < 5 and day not in holidays:
            days.append(day)
        day += timedelta(days=1)
    return tuple(days)
