"""Counting back from the day on which a course starts, in calendar or in working days."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

DayKind = Literal["calendar", "working"]


def days_before(starts_at: datetime, zone: str, days: int, counted_in: DayKind, holidays: frozenset[date]) -> datetime:
    """When the day begins, in its zone, that is so many days before the one that it starts on; 0: that day itself.

    Working days are neither Saturdays, Sundays nor `holidays`. The answer is in the time zone of `starts_at`.
    """
    local = ZoneInfo(zone)
    day = starts_at.astimezone(local).date()
    left = days
    while left > 0:
        day -= timedelta(days=1)
        if counted_in == "calendar" or (day.weekday() < 5 and day not in holidays):
            left -= 1
    return datetime.combine(day, time(), local).astimezone(starts_at.tzinfo)
