"""What becomes of an event that was delivered: a closed set of outcomes, and the rules that choose. Pure.

An event's place in its stream (the events of one aggregate of one publisher) decides whether it is applied, dropped or
has to wait behind one that is missing. How its reaction ended decides whether it is done, tried again, or parked:
trouble that passes is tried again for as long as it takes, everything else needs a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

from shared.database import CommitUnknown, Contention, StoreUnavailable
from shared.refusals import Refusal

FIRST_DELAY = 0.05
LONGEST_DELAY = 5.0
LONGEST_DETAIL = 2_000

ParkReason = Literal["behind", "unreadable", "foreign", "unknown-event", "malformed-event", "refused", "failed"]
"""behind: an earlier event of the stream is parked or has not arrived. unreadable: headers that make no sense.
foreign: somebody else's message on this topic. unknown-event: no contract has this type. malformed-event: its body
breaks the contract. refused: a reaction was refused by a rule it does not expect. failed: a reaction broke."""


class Place(Enum):
    """An event's place in its stream, relative to what was applied already."""

    HAD = auto()
    NEXT = auto()
    AHEAD = auto()


def place(position: int, sequence: int) -> Place:
    """Where an event with this sequence stands when everything up to `position` has been applied."""
    if sequence <= position:
        return Place.HAD
    return Place.NEXT if sequence == position + 1 else Place.AHEAD


@dataclass(frozen=True, slots=True)
class Done:
    """The effects have happened, or there were none to have."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Trouble that passes: try again after `delay` seconds."""

    delay: float
    reason: str


@dataclass(frozen=True, slots=True)
class Park:
    """Put the event aside, with the reason, until a person has looked at it."""

    reason: ParkReason
    detail: str


Outcome = Done | Retry | Park


def outcome_of_failure(error: Exception, attempt: int) -> Retry | Park:
    """What to do about a reaction that raised, the `attempt`-th time (from 1). No number of attempts is too many."""
    if passes(error):
        return Retry(delay_before(attempt + 1), f"{type(error).__name__}: {error}")
    if isinstance(error, Refusal):
        return Park("refused", shortened(f"{error.slug or type(error).__name__}: {error.detail}"))
    return Park("failed", shortened(f"{type(error).__name__}: {error}"))


def passes(error: Exception) -> bool:
    """Whether waiting can help: the store or the door was busy or away, nothing is wrong with the event."""
    if isinstance(error, Refusal):
        return error.kind in ("unavailable", "limited")
    return isinstance(error, StoreUnavailable | Contention | CommitUnknown | TimeoutError | ConnectionError)


def delay_before(attempt: int) -> float:
    """Seconds to wait before the `attempt`-th try (from 2): doubling, bounded."""
    return float(min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(attempt - 2, 30)))


def shortened(detail: str) -> str:
    """A text that fits into a parked event and a log line."""
    return detail if len(detail) <= LONGEST_DETAIL else detail[: LONGEST_DETAIL - 1] + "…"
