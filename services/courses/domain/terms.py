"""The terms of booking: limits and periods, taken from dated policy data when an occurrence is made.

An occurrence keeps its own copy, so that a later policy does not change what schools have booked under and every
decision can be replayed from the occurrence alone.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from pydantic import BaseModel, ConfigDict

from services.courses.domain.fees import CancellationPolicy
from services.courses.domain.working_days import days_before


class Terms(BaseModel):
    """Under which terms places are booked. `policy` names the version of the policy data they came from.

    Attendance is overdue `attendance_days` after the last session; None: under older terms it never is. A place is kept
    for at most `approval_hours` while a school is asked for its approval, whatever its own rule; None: as it says.
    `cancellation` is what cancelling costs; None: nothing, as under older terms.
    """

    model_config = ConfigDict(frozen=True)
    policy: str
    hold_minutes: int
    offer_hours: int
    offer_hours_late: int
    late_days: int
    no_offers_working_days: int
    waiting_list_limit: int
    most_delegates: int
    attendance_days: int | None = None
    approval_hours: int | None = None
    cancellation: CancellationPolicy | None = None


class OfferWindow(BaseModel):
    """When offers are made: in full up to `late_from`, then shorter ones up to `ends_at`, then none."""

    model_config = ConfigDict(frozen=True)
    late_from: datetime
    ends_at: datetime


def offer_window(terms: Terms, starts_at: datetime, zone: str, holidays: frozenset[date]) -> OfferWindow:
    """The offer window of an occurrence: working days are counted back from the day it starts, in its own zone."""
    days = terms.no_offers_working_days
    ends_at = days_before(starts_at, zone, days, "working", holidays) if days else starts_at
    return OfferWindow(late_from=starts_at - timedelta(days=terms.late_days), ends_at=ends_at)


def offer_ends(terms: Terms, window: OfferWindow, starts_at: datetime, now: datetime) -> datetime | None:
    """When an offer made now runs out; None when none is made any more."""
    if now >= window.ends_at:
        return None
    hours = terms.offer_hours_late if now >= window.late_from else terms.offer_hours
    return min(now + timedelta(hours=hours), starts_at)
