"""Days on which schools are at work."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

SATURDAY: Final = 5


def school_day(day: datetime) -> datetime:
    """The same time on this day, or on the Monday after a weekend."""
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return day
