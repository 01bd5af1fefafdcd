"""What clients asked and were told. Kept by the load, read by the checker."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

LASTING = ("booking_id", "occurrence_id", "school_urn", "booked_at", "places", "price_pence", "queue_number")
"""What an answer says of a booking that time does not change."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A booking that a client was told of, and the request that made it."""

    booking_id: str
    school_urn: str
    path: str
    key: str
    body: dict[str, Any]
    answer: dict[str, Any]

    def differs(self, repeated: dict[str, Any]) -> str | None:
        """How the answer to a repeat differs from the first, if it does."""
        different = [name for name in LASTING if repeated.get(name) != self.answer.get(name)]
        return f"a repeat was answered with another {', '.join(different)}" if different else None


@dataclass
class Journal:
    """Grows while clients are at work; may be written by many threads.

    `placements` were accepted by teachers; `troubles` counts requests to be repeated; `seen` is wrong money that was
    seen in passing.
    """

    acknowledged: list[Acknowledged] = field(default_factory=list)
    placements: list[str] = field(default_factory=list)
    unequal: list[tuple[str, str]] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)
    dropped: list[tuple[str, str]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    unanswered: list[tuple[str, str]] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)
    troubles: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, acknowledged: Acknowledged) -> None:
        """A booking was acknowledged."""
        with self._lock:
            self.acknowledged.append(acknowledged)
            self.answers["booked"] += 1

    def placed(self, placement_id: str) -> None:
        """A teacher has accepted a placement."""
        with self._lock:
            self.placements.append(placement_id)
            self.answers["placed"] += 1

    def count(self, what: str) -> None:
        """An answer of this kind came."""
        with self._lock:
            self.answers[what] += 1

    def troubled(self, _request: str, reason: str) -> None:
        """A request has to be repeated."""
        with self._lock:
            self.troubles[reason] += 1

    @property
    def total(self) -> int:
        """How many requests were answered."""
        with self._lock:
            return sum(self.answers.values())
