"""Following one stream: what is applied, what waits, what is put aside. Knows neither the broker nor the store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from shared.messaging.arrival import Arrival, arrival_of
from shared.messaging.delivery import Done, Outcome, Park, Place, Retry, place
from shared.messaging.parked import Parked

Handle = Callable[[Arrival], Awaitable[Outcome]]
InLine = Callable[[Sequence[Arrival]], Awaitable[int]]
Settled = Literal["replayed", "discarded"]

IN_LINE = 100
"""How many events of a stream are applied at once."""
MISSING = "event {missing} of the stream is parked or has not arrived"


@dataclass(slots=True)
class Walk:
    """One step along a stream, from `position` on.

    `handle` applies one event and says what became of it. `in_line` applies events that follow each other at once, in
    order, and says how many of the first it has applied; what it could not is handled one by one.

    Afterwards: `position` has moved over everything applied; `parked` are events to be put aside; `settled` and
    `failed` say what became of rows that were put aside before; `taken_up` says how many of those could be applied;
    `retry` is set when trouble that passes stopped it, and `waiting` then holds what has to be read again.
    """

    stream: str
    position: int
    handle: Handle
    in_line: InLine
    waiting: dict[int, Arrival] = field(default_factory=dict)
    parked: list[tuple[Arrival, Park]] = field(default_factory=list)
    settled: dict[str, Settled] = field(default_factory=dict)
    failed: list[tuple[Parked, Park]] = field(default_factory=list)
    retry: Retry | None = None
    poisoned: bool = False
    taken_up: Literal["not", "in part", "whole"] = "not"

    @property
    def halted(self) -> bool:
        """Whether going on makes no sense now."""
        return self.poisoned or self.retry is not None

    async def take(self, arrivals: Iterable[Arrival]) -> None:
        """Apply what is next, in order; remember what is ahead; drop what was had."""
        for arrival in arrivals:
            if place(self.position, arrival.sequence) is not Place.HAD:
                self.waiting.setdefault(arrival.sequence, arrival)
        await self._advance()

    async def _advance(self) -> None:
        while not self.halted and (arrival := await self._next()) is not None:
            outcome = await self.handle(arrival)
            if isinstance(outcome, Retry):
                self.retry = outcome
                return
            del self.waiting[arrival.sequence]
            if isinstance(outcome, Park):
                self.parked.append((arrival, outcome))
                self.poisoned = True
            else:
                self.position = arrival.sequence

    async def _next(self) -> Arrival | None:
        """The next event that has to be handled by itself, after those that could be applied in line."""
        while len(row := self._next_in_a_row()) > 1:
            applied = await self.in_line(row)
            for arrival in row[:applied]:
                del self.waiting[arrival.sequence]
                self.position = arrival.sequence
            if applied < len(row):
                break
        return self.waiting.get(self.position + 1)

    def _next_in_a_row(self) -> list[Arrival]:
        row: list[Arrival] = []
        while len(row) < IN_LINE and (arrival := self.waiting.get(self.position + 1 + len(row))) is not None:
            row.append(arrival)
        return row

    async def take_up(self, rows: Sequence[Parked]) -> bool:
        """Go on with what was put aside (open rows, in order); False when there is no going on for now."""
        for row in rows:
            if row.id in self.settled:
                continue
            sequence = row.sequence or 0
            if row.asked and row.skips_gap:
                self.position = max(self.position, sequence - 1)
            where = place(self.position, sequence)
            if where is Place.HAD:
                self.settled[row.id] = "replayed"
            elif where is Place.AHEAD or not await self._take_row(row):
                self.poisoned = where is Place.NEXT and self.retry is None
                return False
            await self._advance()
            if self.halted:
                return False
        return True

    async def _take_row(self, row: Parked) -> bool:
        """Apply the row that is next, or pass over it; False when it stays."""
        if not row.passable:
            return False
        if row.state == "discard":
            self.position += 1
            self.settled[row.id] = "discarded"
            return True
        arrival = arrival_of(row.record())
        outcome = arrival if isinstance(arrival, Park) else await self.handle(arrival)
        if isinstance(outcome, Done):
            self.position += 1
            self.settled[row.id] = "replayed"
        elif isinstance(outcome, Park):
            self.failed.append((row, outcome))
        else:
            self.retry = outcome
        return isinstance(outcome, Done)

    def put_aside(self) -> list[tuple[Arrival, Park]]:
        """What has to be parked: what failed, and what is ahead, unless it is to be read again anyway."""
        if self.retry is not None:
            return list(self.parked)
        behind = Park("behind", MISSING.format(missing=self.position + 1))
        return [*self.parked, *((arrival, behind) for _, arrival in sorted(self.waiting.items()))]

    def first_unfinished(self) -> int | None:
        """The lowest offset that has to be read again, if any."""
        if self.retry is None or not self.waiting:
            return None
        return min(arrival.record.offset for arrival in self.waiting.values())
