"""The time, from one place. Domain functions never ask for it: they are given `now`.

All times are aware and in UTC, cut to milliseconds, which is what the store keeps: a time compares equal before and
after a round trip.
"""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The current time, aware, UTC, in whole milliseconds."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The current time, aware, UTC, in whole milliseconds."""
        return whole_milliseconds(datetime.now(UTC))


class ManualClock:
    """A clock that stands still until it is moved: for tests of expiry."""

    def __init__(self, start: datetime) -> None:
        self._now = whole_milliseconds(start)

    def now(self) -> datetime:
        """The time it was last set to."""
        return self._now

    def advance(self, step: timedelta) -> None:
        """Move forward by `step`."""
        self._now = whole_milliseconds(self._now + step)


def whole_milliseconds(time: datetime) -> datetime:
    """Cut what the store would lose."""
    return time.astimezone(UTC).replace(microsecond=time.microsecond // 1000 * 1000)
