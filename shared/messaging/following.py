"""Following streams on the store's side: apply what arrived, park, move positions on, take up what was parked.

Everything is written in the order that lets a crash at any point be repaired by reading again: effects (by the
reactions, under their inbox marks), then what was put aside, then positions, then what became of rows put aside
before. Positions may be written later, as long as whoever records offsets sees to it that they are there first.
Streams are followed side by side, each in order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence

import structlog

from shared.clock import Clock
from shared.database import Database
from shared.messaging.arrival import Arrival, arrival_of
from shared.messaging.blocked import BlockedStreams
from shared.messaging.broker import Partition
from shared.messaging.delivery import Outcome, Park
from shared.messaging.measures import ConsumerMetrics
from shared.messaging.parked import Parked, ParkedEvents, parked_event
from shared.messaging.positions import Positions
from shared.messaging.reacting import Reactions, facts_of
from shared.messaging.stream import Walk

ROWS_AT_A_TIME = 200
MOST_ASKED = 500

log = structlog.get_logger("consumer")

Homes = Mapping[str, Partition]
"""By stream: the partition it is on."""


class Following:
    """How one service follows streams. `blocked` are those that stand still in the partitions held."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        reactions: Reactions,
        metrics: ConsumerMetrics,
        *,
        work_seconds: float,
        side_by_side: int,
        patience: float,
    ) -> None:
        self._clock = clock
        self._reactions = reactions
        self._metrics = metrics
        self._work_seconds = work_seconds
        self._side_by_side = asyncio.Semaphore(side_by_side)
        self._parked = ParkedEvents(database, clock)
        self.positions = Positions(database)
        self.blocked = BlockedStreams(patience)

    async def begin(self, partitions: Collection[Partition]) -> None:
        """Forget what another member may have moved on, and learn which streams of these partitions stand still."""
        await self.positions.begin_anew()
        self.blocked.clear()
        if not partitions:
            return
        now = asyncio.get_running_loop().time()
        for head in await self._parked.heads():
            if head.stream is not None and head.home in partitions:
                self.blocked.block(head.stream, head.home, poisoned=not head.passable, now=now)
                self.blocked.ask(head.stream)

    async def apply(self, arrivals: Mapping[str, Sequence[Arrival]], unusable: Sequence[Parked]) -> list[Walk]:
        """Apply what arrived, by stream. When it returns, everything but the positions is written for certain."""
        await self.positions.load(arrivals)
        until = self._until()
        walks = await asyncio.gather(*(self._walk(stream, came, until) for stream, came in arrivals.items()))
        await self._write(walks, {stream: came[0].record.partition for stream, came in arrivals.items()}, unusable)
        return walks

    async def look(self, partitions: Collection[Partition]) -> None:
        """Do what operators have asked for, and take up what may go on, in these partitions."""
        now = asyncio.get_running_loop().time()
        for row in await self._parked.asked(MOST_ASKED):
            if row.home not in partitions:
                continue
            if row.stream is None:
                await self._settle_record(row)
            else:
                if row.stream not in self.blocked:
                    self.blocked.block(row.stream, row.home, poisoned=True, now=now)
                self.blocked.ask(row.stream)
        await self._take_up({s: home for s, home in self.blocked.asked().items() if home in partitions})

    async def count_parked(self) -> int:
        """How many events are put aside."""
        return await self._parked.count_open()

    def _until(self) -> float:
        return asyncio.get_running_loop().time() + self._work_seconds

    def _new_walk(self, stream: str, until: float) -> Walk:
        async def handle(arrival: Arrival) -> Outcome:
            async with self._side_by_side:
                return await self._reactions.handle(arrival, until)

        async def in_line(arrivals: Sequence[Arrival]) -> int:
            if asyncio.get_running_loop().time() >= until:
                return 0
            async with self._side_by_side:
                return await self._reactions.in_line(arrivals)

        return Walk(stream, self.positions.of(stream), handle, in_line)

    async def _walk(self, stream: str, arrivals: Iterable[Arrival], until: float) -> Walk:
        walk = self._new_walk(stream, until)
        if self.blocked.is_asked(stream):
            await self._take_up_rows(walk)
        before = walk.position
        await walk.take(arrivals)
        if walk.position > before and stream in self.blocked and not walk.halted:
            await self._take_up_rows(walk)
        return walk

    async def _take_up(self, homes: Homes) -> None:
        """Take up what is parked of these streams."""
        if not homes:
            return
        await self.positions.load(homes)
        until = self._until()
        await self._write(await asyncio.gather(*(self._walk(stream, (), until) for stream in homes)), homes)

    async def _take_up_rows(self, walk: Walk) -> None:
        walk.taken_up = "in part"
        after = 0
        while rows := await self._parked.of_stream(walk.stream, after=after, limit=ROWS_AT_A_TIME):
            if not await walk.take_up(rows):
                return
            after = rows[-1].sequence or 0
        walk.taken_up = "whole"

    async def _settle_record(self, row: Parked) -> None:
        """Do what was asked about a record that belonged to no stream."""
        if row.state == "discard":
            await self._parked.settle({row.id: self._parked.settled("discarded")})
            return
        arrival = arrival_of(row.record())
        if isinstance(arrival, Park):
            await self._parked.settle({row.id: self._parked.failed_again(row, arrival)})
            return
        (walk,) = await self.apply({arrival.stream: [arrival]}, ())
        if walk.retry is None:  # applied, or parked anew under its stream
            await self.positions.save()
            await self._parked.settle({row.id: self._parked.settled("replayed")})

    async def _write(self, walks: Sequence[Walk], homes: Homes, unusable: Sequence[Parked] = ()) -> None:
        now = self._clock.now()
        aside = [(walk, arrival, park) for walk in walks for arrival, park in walk.put_aside()]
        await self._parked.add([*unusable, *(parked_event(arrival, park, now) for _, arrival, park in aside)])
        self.positions.note({w.stream: w.position for w in walks if w.position > self.positions.of(w.stream)})
        settled = {row_id: self._parked.settled(state) for walk in walks for row_id, state in walk.settled.items()} | {
            row.id: self._parked.failed_again(row, park) for walk in walks for row, park in walk.failed
        }
        if settled:
            await self.positions.save()
            await self._parked.settle(settled)
        for walk in walks:
            self._note_whether_blocked(walk, homes[walk.stream])
        self._tell(walks, aside, unusable)

    def _note_whether_blocked(self, walk: Walk, home: Partition) -> None:
        now = asyncio.get_running_loop().time()
        if walk.retry is not None:
            if walk.taken_up != "not":
                self.blocked.ask(walk.stream)
        elif walk.poisoned or (walk.waiting and walk.stream not in self.blocked) or walk.taken_up == "in part":
            self.blocked.block(walk.stream, home, poisoned=walk.poisoned, now=now)
        elif walk.taken_up == "whole":
            self.blocked.free(walk.stream)
            if walk.waiting:
                self.blocked.block(walk.stream, home, poisoned=False, now=now)

    def _tell(
        self,
        walks: Sequence[Walk],
        aside: Sequence[tuple[Walk, Arrival, Park]],
        unusable: Sequence[Parked],
    ) -> None:
        for row in unusable:
            self._metrics.parked(row.reason)
            log.error("record parked", parked=row.id, reason=row.reason, detail=row.detail)
        for walk, arrival, park in aside:
            self._metrics.parked(park.reason)
            # Of what waits behind a missing event one line is enough.
            if park.reason != "behind":
                log.error(
                    "event parked",
                    parked=place_of(arrival),
                    reason=park.reason,
                    detail=park.detail,
                    **facts_of(arrival),
                )
            elif arrival.sequence == min(walk.waiting):
                log.warning("stream waits", detail=park.detail, events=len(walk.waiting), **facts_of(arrival))
        for walk in walks:
            for row, park in walk.failed:
                log.error("replay failed", parked=row.id, reason=park.reason, detail=park.detail)
            for row_id, state in walk.settled.items():
                log.info("parked event settled", parked=row_id, state=state, position=walk.position)


def place_of(arrival: Arrival) -> str:
    """The id under which an event is parked."""
    return f"{arrival.stream}/{arrival.sequence}"
