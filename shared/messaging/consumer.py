"""From the broker to the reactions: every event of the topics followed takes effect once, in the order of its stream.

A step fetches records, applies what is next in each stream (streams side by side, each in order) and writes what was
put aside. How far each stream has got, and only then the offsets, is written a few times a second: both cost as much as
an effect, and nothing waits for them. Whatever dies in between, what is read again is either dropped by its position or
changes nothing by its inbox mark.

- Trouble that passes (store away, contention) holds the partition and is tried again for as long as it takes.
- What cannot be applied is parked with its reason, and everything after it in its stream parks behind it.
- A missing event is waited for, then looked for by reading the partition again from its beginning; so is anything the
  relay says the broker had lost (a higher generation of the topic). Where a partition that was filled again ends just
  where this group has got to, no record would come to say so: the last ones of quiet partitions are looked at in turn.
- Offsets are recorded only under the assignment they were fetched under; a membership that makes no progress although
  there is something to read is given up and made anew. One whose broker is merely away is kept: the group would take
  no new one in before the session of the old one is over.
- Too many events in a row that cannot be handled stop the consumer: that is not the events' fault.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from contextlib import suppress

import structlog

from shared.clock import Clock
from shared.commit import Door
from shared.database import Database, Index, StoreError
from shared.decision import Document
from shared.messaging.arrival import Arrival, arrival_of, topic_of
from shared.messaging.broker import (
    Assignment,
    AssignmentLost,
    Broker,
    BrokerUnavailable,
    Fetched,
    Membership,
    Partition,
    Record,
)
from shared.messaging.following import Following
from shared.messaging.measures import ConsumerMetrics, NoMetrics
from shared.messaging.parked import PARKED_DOCUMENTS, Parked, parked_record
from shared.messaging.positions import POSITION_DOCUMENTS
from shared.messaging.progress import Progress
from shared.messaging.quiet import Quiet
from shared.messaging.reacting import Reactions
from shared.messaging.stream import Walk
from shared.messaging.timing import ConsumerTiming
from shared.subscriptions import Subscription

LONGEST_BACK_OFF = 2.0
LEAVE_SECONDS = 2.0

CONSUMER_DOCUMENTS: Mapping[type[Document], Sequence[Index]] = {**POSITION_DOCUMENTS, **PARKED_DOCUMENTS}

log = structlog.get_logger("consumer")


class TooManyParked(Exception):
    """So many events in a row could not be handled that something else must be wrong: the consumer has stopped."""


class Stuck(Exception):
    """There is something to read and nothing is read: the membership is to be made anew."""


class Consumer:
    """Follows, for the service `service` (its group), the topics of everybody its subscriptions name.

    `stopped` is the reason why it stopped for good, to be shown by readiness.
    """

    def __init__(
        self,
        database: Database,
        broker: Broker,
        door: Door,
        clock: Clock,
        service: str,
        subscriptions: Sequence[Subscription],
        *,
        timing: ConsumerTiming | None = None,
        metrics: ConsumerMetrics | None = None,
    ) -> None:
        self._broker = broker
        self._clock = clock
        self._group = service
        self._topics = sorted({topic_of(subscription.event.publisher()) for subscription in subscriptions})
        self._timing = timing or ConsumerTiming()
        self._metrics = metrics or NoMetrics()
        self._reactions = Reactions(database, door, clock, subscriptions, self._metrics, self._timing.parked_in_a_row)
        self._following = Following(
            database,
            clock,
            self._reactions,
            self._metrics,
            work_seconds=self._timing.work_seconds,
            side_by_side=self._timing.side_by_side,
            patience=self._timing.gap_seconds,
        )
        self._membership: Membership | None = None
        self._assignment = Assignment(-1, frozenset())
        self._generations: dict[Partition, int] = {}
        self._held_until: dict[Partition, float] = {}
        self._progress = Progress(self._following.positions, self._timing.note_seconds)
        self._quiet = Quiet(broker)
        self._look_at = self._watch_at = self._progress_at = 0.0
        self._watching: asyncio.Task[Sequence[Arrival]] | None = None
        self._unheard_since: float | None = None
        self._idle_joins = 0
        self._closed = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self.stopped: str | None = None

    async def run(self) -> None:
        """Follow, until drained. To be supervised. Once stopped, it stays so until the process is started again."""
        failures = 0
        while not self._closed.is_set():
            try:
                await self.step()
            except (BrokerUnavailable, StoreError, Stuck) as error:
                failures += 1
                if failures == 1:
                    log.warning("following interrupted", group=self._group, reason=f"{type(error).__name__}: {error}")
                await asyncio.sleep(random.uniform(0, min(LONGEST_BACK_OFF, 0.05 * 2 ** min(failures, 10))))  # noqa: S311
                continue
            except TooManyParked as many:
                log.critical("following stopped", group=self._group, reason=str(many))
                await self._closed.wait()
            if failures:
                log.info("following goes on", group=self._group, failures=failures)
                failures = 0
        await self._leave()

    async def step(self) -> int:
        """Fetch and apply one batch; how many records it had.

        Raises BrokerUnavailable and StoreError (the next step reads again), Stuck (the next step joins anew).
        """
        if not self._topics:
            await asyncio.sleep(self._timing.fetch_seconds)
            return 0
        self._idle.clear()
        try:
            return await self._step()
        except (StoreError, BrokerUnavailable):
            # The membership outlives a broker that is away: a new one would have to wait until its session is over.
            raise
        except TooManyParked as many:
            self.stopped = str(many)
            await self._leave()
            raise
        except Exception as error:
            # Something nobody has thought of: a fresh membership is the better start for what follows.
            self._metrics.rebuilt(f"{type(error).__name__}: {error}")
            await self._leave()
            raise
        finally:
            self._idle.set()

    async def _step(self) -> int:
        membership = await self._joined()
        await self._notice_assignment(membership)
        await self._look_around(membership)
        now = asyncio.get_running_loop().time()
        held = {partition for partition, until in self._held_until.items() if until > now}
        patience = min(self._timing.fetch_seconds, max(0.0, self._progress.due_at - now))
        fetched = await membership.fetch(self._timing.batch_size, patience, held)
        if fetched.records:
            await self._take(membership, fetched)
        if self._progress.is_due():
            await self._write_down(membership)
        if self._reactions.out_of_patience:
            raise TooManyParked(f"{self._reactions.failures_in_a_row} events in a row could not be handled")
        return len(fetched.records)

    async def _take(self, membership: Membership, fetched: Fetched) -> None:
        begun = asyncio.get_running_loop().time()
        try:
            await self._notice_assignment(membership)
            await self._apply(membership, fetched)
        except BaseException:
            _seek_back(membership, fetched)
            raise
        # Only now, however long it took: a slow step is progress, and giving up after it would do it all again.
        self._progress_at = asyncio.get_running_loop().time()
        self._metrics.followed(len(fetched.records), self._progress_at - begun)

    # The membership

    async def _joined(self) -> Membership:
        if self._membership is None:
            await self._broker.ensure_topics(self._topics)
            self._membership = await self._broker.join(self._group, self._topics)
            self._progress_at = asyncio.get_running_loop().time()
        return self._membership

    async def _notice_assignment(self, membership: Membership) -> None:
        """After the group was balanced anew, learn from the store how far the other members have got."""
        while (assignment := membership.assignment).number != self._assignment.number:
            self._held_until.clear()
            self._progress.forget_all()
            self._generations = await self._following.positions.generations(assignment.partitions)
            await self._following.begin(assignment.partitions)
            self._progress_at = asyncio.get_running_loop().time()
            self._assignment = assignment

    async def _leave(self) -> None:
        membership, self._membership = self._membership, None
        watching, self._watching = self._watching, None
        if watching is not None:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)  # it may have failed, and nobody else asks it
        if membership is not None:
            with suppress(StoreError, BrokerUnavailable, TimeoutError):
                async with asyncio.timeout(LEAVE_SECONDS):
                    await self._write_down(membership)
        self._assignment, self._unheard_since = Assignment(-1, frozenset()), None
        self._progress.forget_all()
        if membership is not None:
            await membership.close()

    async def drain(self, timeout: float) -> bool:
        """Begin no further step, finish the one under way; False if it took longer than `timeout` seconds."""
        self._closed.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._idle.wait()
                return True
        return False

    async def close(self) -> None:
        """Leave the group, within a bound."""
        self._closed.set()
        await self._leave()

    # A batch

    async def _apply(self, membership: Membership, fetched: Fetched) -> None:
        usable, unusable = self._sorted_out(fetched.records)
        risen = self._risen_generations(usable)
        for partition, generation in risen.items():
            await self._read_again(membership, fetched.assignment, partition, generation)
        streams: dict[str, list[Arrival]] = {}
        for arrival in usable:
            if arrival.record.partition not in risen:
                streams.setdefault(arrival.stream, []).append(arrival)
        walks = await self._following.apply(streams, unusable)
        offsets = {r.partition: r.offset + 1 for r in fetched.records if r.partition not in risen}
        for walk in walks:
            self._hold_back(membership, fetched, walk, streams[walk.stream][0].record.partition, offsets)
        self._progress.note(offsets)

    async def _write_down(self, membership: Membership) -> None:
        """Positions first: without them, what lies before an offset would be missed, and looked for."""
        offsets = await self._progress.save_positions()
        if offsets:
            await self._commit(membership, offsets, self._assignment)
        self._progress.written()

    def _sorted_out(self, records: Sequence[Record]) -> tuple[list[Arrival], list[Parked]]:
        usable: list[Arrival] = []
        unusable: list[Parked] = []
        for record in records:
            arrival = arrival_of(record)
            if isinstance(arrival, Arrival):
                usable.append(arrival)
            else:
                unusable.append(parked_record(record, arrival, self._clock.now()))
        return usable, unusable

    def _hold_back(
        self, membership: Membership, fetched: Fetched, walk: Walk, home: Partition, offsets: dict[Partition, int]
    ) -> None:
        """Have a partition read again from what could not be applied yet, after a while."""
        unfinished = walk.first_unfinished()
        if walk.retry is None or unfinished is None:
            return
        offsets[home] = min(offsets[home], unfinished)
        self._held_until[home] = asyncio.get_running_loop().time() + walk.retry.delay
        if membership.assignment.number == fetched.assignment.number:
            membership.seek(home, offsets[home])

    async def _commit(self, membership: Membership, offsets: Mapping[Partition, int], assignment: Assignment) -> bool:
        try:
            await membership.commit(offsets, assignment)
        except AssignmentLost as lost:
            log.info("offsets not recorded", group=self._group, reason=str(lost))
            return False
        return True

    # Reading again

    def _risen_generations(self, arrivals: Sequence[Arrival]) -> dict[Partition, int]:
        """Partitions in which the relay says that records had been lost since they were read."""
        risen: dict[Partition, int] = {}
        for arrival in arrivals:
            partition, generation = arrival.record.partition, arrival.attributes.generation
            if generation > risen.get(partition, self._generations.get(partition, 0)):
                risen[partition] = generation
        return risen

    async def _read_again(
        self, membership: Membership, assignment: Assignment, partition: Partition, generation: int
    ) -> None:
        """Begin a partition anew. The offset is recorded first, so that a crash has it repeated."""
        self._progress.forget(partition)
        extent = (await membership.extents()).get(partition)
        if extent is None or not await self._commit(membership, {partition: extent.beginning}, assignment):
            return
        await self._following.positions.save_generation(partition, generation)
        self._generations[partition] = generation
        membership.seek(partition, extent.beginning)
        log.warning(
            "partition read again from its beginning",
            group=self._group,
            partition=str(partition),
            generation=generation,
            reason="the broker had lost records",
        )

    async def _look_for_missing(self, membership: Membership) -> None:
        overdue = self._following.blocked.overdue(self._assignment.partitions, asyncio.get_running_loop().time())
        if not overdue:
            return
        extents = await membership.extents()
        for partition, streams in overdue.items():
            if partition in extents:
                membership.seek(partition, extents[partition].beginning)
                log.warning(
                    "partition read again from its beginning",
                    group=self._group,
                    partition=str(partition),
                    reason="events are missing",
                    streams=len(streams),
                    such_as=streams[0],
                )

    # Now and then

    async def _look_around(self, membership: Membership) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._look_at:
            self._look_at = now + self._timing.look_seconds
            await self._following.look(self._assignment.partitions)
            await self._look_for_missing(membership)
        if self._watching is not None and self._watching.done():
            watching, self._watching = self._watching, None
            for partition, generation in self._risen_generations(watching.result()).items():
                await self._read_again(membership, self._assignment, partition, generation)
        if now >= self._watch_at and self._watching is None:
            self._watch_at = now + self._timing.watch_seconds
            self._watching = asyncio.create_task(self._watch(membership))

    async def _watch(self, membership: Membership) -> Sequence[Arrival]:
        """Tell how much there is to do, and whether it is being done; the last records of some quiet partitions.

        Beside the steps: the broker answers such questions only once it has answered the fetch before them.
        """
        self._metrics.open_parked(await self._following.count_parked())
        lag = await self._lag(membership)
        for partition, records in lag.items():
            self._metrics.lag(partition.topic, partition.number, records)
        now = asyncio.get_running_loop().time()
        waiting = any(records for partition, records in lag.items() if self._held_until.get(partition, 0.0) <= now)
        if lag and not waiting:
            self._progress_at = now
        # Where members outnumber partitions one is left without: it asks anew, but ever more seldom.
        patience = self._timing.stuck_seconds * (1 if lag else 2 ** min(self._idle_joins, 4))
        if now - self._progress_at > patience:
            self._idle_joins = 0 if lag else self._idle_joins + 1
            raise Stuck("there are records to read and none arrives" if lag else "no partition was assigned")
        return await self._quiet.look(membership, {partition for partition, records in lag.items() if not records})

    async def _lag(self, membership: Membership) -> Mapping[Partition, int]:
        """Ask the broker how much there is to read. Raises Stuck where it answers others, but not this membership."""
        loop = asyncio.get_running_loop()
        try:
            lag = await membership.lag()
        except BrokerUnavailable as unavailable:
            self._unheard_since = loop.time() if self._unheard_since is None else self._unheard_since
            if loop.time() - self._unheard_since > self._timing.stuck_seconds:
                await self._broker.ensure_topics(self._topics)
                raise Stuck("the broker is there and does not answer") from unavailable
            raise
        if self._unheard_since is not None:
            self._unheard_since, self._progress_at = None, loop.time()
        return lag


def _seek_back(membership: Membership, fetched: Fetched) -> None:
    """Have the batch fetched again, unless the group was balanced anew: then that decides where to read on."""
    if membership.assignment.number != fetched.assignment.number:
        return
    for record in reversed(fetched.records):
        membership.seek(record.partition, record.offset)
