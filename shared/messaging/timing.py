"""How much at a time and how often: sizes and seconds of the relay and of consumers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class RelayTiming:
    """Sizes and seconds. Rows are marked at most `mark_seconds` after they were published, and kept for `keep`.

    What other processes commit is looked for `soon_seconds` after something of theirs was found, then less and less
    often, at least every `poll_seconds`.
    """

    batch_size: int = 1_000
    mark_seconds: float = 0.2
    lease_seconds: float = 10.0
    renew_seconds: float = 3.0
    send_seconds: float = 4.0
    soon_seconds: float = 0.02
    poll_seconds: float = 1.0
    audit_seconds: float = 10.0
    count_seconds: float = 5.0
    tidy_seconds: float = 600.0
    keep: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ConsumerTiming:
    """Sizes and seconds. What was applied is written down `note_seconds` later at the latest."""

    batch_size: int = 1_000
    note_seconds: float = 0.2
    fetch_seconds: float = 0.5
    work_seconds: float = 10.0
    side_by_side: int = 200
    gap_seconds: float = 10.0
    look_seconds: float = 1.0
    watch_seconds: float = 5.0
    stuck_seconds: float = 60.0
    parked_in_a_row: int = 50
