"""The parts of a run, in their order, and what they share: one stand, started when the first part asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Self

from rich.console import Console

from tests.bench import door, edge, events, growth, matching, matching_ambassadors, placing, reads, rush, saga, stack
from tests.bench.figures import Figure
from tests.bench.stand import Stand


@dataclass
class Bench:
    """Where a run takes place. Its stand is stopped with it."""

    directory: Path
    console: Console
    _open: ExitStack = field(default_factory=ExitStack)
    _stands: int = 0

    @cached_property
    def stand(self) -> Stand:
        """The stand, ready for bookings."""
        self.console.print("[dim]starting a stack of its own …")
        self._stands += 1
        return self._open.enter_context(Stand(self.directory / f"stand-{self._stands}"))

    def leave_stand(self) -> None:
        """Stop the stand, if there is one."""
        self._open.close()
        self.__dict__.pop("stand", None)

    def fresh_stand(self) -> Stand:
        """A stand with nothing in its stores but what it needs."""
        self.leave_stand()
        return self.stand

    def alone(self) -> Path:
        """The directory, with nothing running beside what comes next."""
        self.leave_stand()
        return self.directory

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._open.close()


@dataclass(frozen=True, slots=True)
class Part:
    """What it shows, and how it is measured."""

    shows: str
    measure: Callable[[Bench], Iterator[Figure]]


PARTS: Mapping[str, Part] = {
    "door": Part(
        "the commit door alone, without HTTP, beside single inserts",
        lambda bench: door.figures(bench.alone(), bench.console),
    ),
    "events": Part(
        "the relay alone, a consumer alone, catching up on what has waited",
        lambda bench: events.figures(bench.alone(), bench.console),
    ),
    "edge": Part(
        "bookings through the edge, hot and cold, beside a bare endpoint and bare inserts",
        lambda bench: edge.figures(bench.stand, bench.console),
    ),
    "rush": Part(
        "a hundred places, three hundred buyers at once",
        lambda bench: rush.figures(bench.stand, bench.console),
    ),
    "placing": Part(
        "forty places of an employer, a hundred teachers at once",
        lambda bench: placing.figures(bench.alone(), bench.console),
    ),
    "saga": Part(
        "from a booking until its funds are reserved and it is confirmed",
        lambda bench: saga.figures(bench.stand, bench.console),
    ),
    "reads": Part(
        "searches of occurrences and schools on a full register",
        lambda bench: reads.figures(bench.stand, bench.console),
    ),
    "ambassadors": Part(
        "who suits a request among five thousand ambassadors",
        lambda bench: matching_ambassadors.figures(bench.alone(), bench.console),
    ),
    "growth": Part(
        "bookings and reads with a million bookings in the store, beside an empty one",
        lambda bench: growth.figures(bench.fresh_stand(), bench.console),
    ),
    "matching": Part(
        "a thousand teachers who look and two thousand offers, matched both ways",
        lambda bench: matching.figures(bench.alone(), bench.console),
    ),
    "stack": Part(
        "memory of the whole stack, idle and after load; cold and warm start",
        lambda bench: stack.figures(bench.alone(), bench.console),
    ),
}
"""By the word that the names of a part's figures begin with."""
