"""From the outbox to the broker: every committed event is sent, in the order of its aggregate, at least once.

One relay per service sends at a time: the one that holds the lease, by the store's clock, and only while the lease is
sure to outlast the sending. A late batch of an owner that was stopped in between does no harm: consumers drop what
they had, and its marks do not overwrite those of a later epoch. It wakes at once on a commit of its own process; for
those of others it looks often while there are some, and at least once a second. What was sent is marked a few times a
second: whatever dies before has it sent again.

The outbox is read by state, never by position: transactions commit out of order, and a position would skip some. What
the broker acknowledged and lost is found (see shared.messaging.audit) when a relay takes over, after any error, with
every send and at least every `audit_seconds`; it is sent again under the same identifiers and a higher generation of
the topic, which tells consumers to read the partition from its beginning.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

import structlog

from shared.clock import Clock
from shared.contracts.cloudevents import headers_of, key_of
from shared.database import Database, Filter, Index, Lease, StoreError
from shared.decision import Document
from shared.ids import new_id
from shared.messaging.audit import judge, lost_by_extent
from shared.messaging.broker import (
    Broker,
    BrokerUnavailable,
    Message,
    Placement,
    Producer,
    SendFailed,
    TopicMissing,
)
from shared.messaging.marks import Marks
from shared.messaging.measures import NoMetrics, RelayMetrics
from shared.messaging.outbox import OutboxRow
from shared.messaging.timing import RelayTiming

LONGEST_BACK_OFF = 2.0
LOST_AT_A_TIME = 10_000
MOST_COUNTED = 1_000_000

log = structlog.get_logger("relay")


class PublishedTopic(Document):
    """What is remembered about a topic: `generation` counts how often the broker was found to have lost records."""

    collection: ClassVar[str] = "published_topics"
    generation: int


RELAY_DOCUMENTS: Mapping[type[Document], Sequence[Index]] = {PublishedTopic: ()}


@dataclass(slots=True)
class Tenure:
    """What the owner of the lease knows. `safe_until`: the latest time (of the loop) to begin a send."""

    lease: Lease
    renew_at: float
    safe_until: float
    audit_at: float
    generation: int
    ends: dict[int, int]


class Relay:
    """Publishes one service's outbox on one topic. `owner` names this process; ids and times of rows are kept."""

    def __init__(
        self,
        database: Database,
        broker: Broker,
        topic: str,
        clock: Clock,
        *,
        owner: str | None = None,
        timing: RelayTiming | None = None,
        metrics: RelayMetrics | None = None,
    ) -> None:
        self._database = database
        self._broker = broker
        self._topic = topic
        self._clock = clock
        self._owner = owner or new_id()
        self._timing = timing or RelayTiming()
        self._metrics = metrics or NoMetrics()
        self._rows = database.collection(OutboxRow)
        self._topics = database.collection(PublishedTopic)
        self._lease: Lease | None = None
        self._tenure: Tenure | None = None
        self._producer: Producer | None = None
        self._marks = Marks(self._rows, clock, self._timing.mark_seconds, self._timing.batch_size)
        self._woken = asyncio.Event()
        self._look_in = self._timing.poll_seconds
        self._count_at = self._tidy_at = 0.0

    def wake(self) -> None:
        """Something was committed: look at once."""
        self._woken.set()

    async def run(self) -> None:
        """Publish what is committed, for ever. To be supervised."""
        failures = 0
        while True:
            was_woken = self._woken.is_set()
            self._woken.clear()
            try:
                sent = await self.step()
            except (BrokerUnavailable, StoreError) as error:
                failures += 1
                if failures == 1:
                    log.warning("publishing interrupted", topic=self._topic, reason=str(error))
                await asyncio.sleep(random.uniform(0, min(LONGEST_BACK_OFF, 0.05 * 2 ** min(failures, 10))))  # noqa: S311
                continue
            if failures:
                log.info("publishing goes on", topic=self._topic, failures=failures)
                failures = 0
            if not was_woken:
                self._look_in = self._timing.soon_seconds if sent else min(2 * self._look_in, self._timing.poll_seconds)
            if sent < self._timing.batch_size:
                await self._await_commit()

    async def _await_commit(self) -> None:
        until_marks = max(0.0, self._marks.due_at - asyncio.get_running_loop().time())
        with suppress(TimeoutError):
            async with asyncio.timeout(min(self._look_in, until_marks)):
                await self._woken.wait()

    async def step(self) -> int:
        """Send one batch of what waits; how many events were sent. 0 also while another relay holds the lease.

        Raises BrokerUnavailable or StoreError; the next step then begins by looking at what the broker has.
        """
        try:
            return await self._step()
        except BaseException:
            await self._start_afresh()
            raise

    async def _step(self) -> int:
        tenure = await self._hold_lease()
        if tenure is None:
            return 0
        if asyncio.get_running_loop().time() >= tenure.audit_at:
            await self._marks.make_all()
            await self._audit(tenure)
        rows = await self._waiting_rows()
        if rows:
            await self._publish(tenure, rows)
        else:
            await self._marks.finish()
            await self._tidy()
        await self._marks.make_if_due()
        await self._count(rows)
        return len(rows)

    async def _waiting_rows(self) -> list[OutboxRow]:
        """What waits, in event order, without what was sent and is not marked yet."""
        where: Filter = {"state": "waiting"}
        if unmarked := self._marks.open:
            where = {**where, "id": {"$nin": list(unmarked)}}
        return await self._rows.find(where, sort=(("id", 1),), limit=self._timing.batch_size)

    # The lease

    async def _hold_lease(self) -> Tenure | None:
        loop, tenure = asyncio.get_running_loop(), self._tenure
        if tenure is not None and loop.time() < tenure.renew_at:
            return tenure
        asked_at = loop.time()
        lease = await self._database.acquire_lease(f"relay {self._topic}", self._owner, self._timing.lease_seconds)
        self._lease = lease
        if lease is None:
            if tenure is not None:
                log.warning("lease lost to another relay", topic=self._topic, epoch=tenure.lease.epoch)
                await self._start_afresh()
            return None
        if tenure is None or tenure.lease.epoch != lease.epoch:
            await self._marks.make_all()
            tenure = self._tenure = await self._take_over(lease)
        tenure.renew_at = asked_at + self._timing.renew_seconds
        tenure.safe_until = asked_at + self._timing.lease_seconds - self._timing.send_seconds
        return tenure

    async def _take_over(self, lease: Lease) -> Tenure:
        """Learn what was published, and look whether the broker still has it."""
        await self._broker.ensure_topics([self._topic])
        topic = await self._topics.get(self._topic)
        tenure = Tenure(lease, 0.0, 0.0, 0.0, 0 if topic is None else topic.generation, {})
        last = await self._last_rows()
        tenure.ends = {partition: offset + 1 for (partition, offset), _ in last.items()}
        await self._audit(tenure)
        await self._recognise(tenure, last)
        log.info("publishing taken over", topic=self._topic, epoch=lease.epoch, generation=tenure.generation)
        return tenure

    async def _last_rows(self) -> dict[Placement, OutboxRow]:
        """The last published row of each partition, by its place."""
        last: dict[Placement, OutboxRow] = {}
        top = await self._rows.find({"state": "published"}, sort=(("partition", -1),), limit=1)
        for partition in range((top[0].partition or 0) + 1 if top else 0):
            found = await self._rows.find(
                {"state": "published", "partition": partition}, sort=(("offset", -1),), limit=1
            )
            if found and found[0].offset is not None:
                last[Placement(partition, found[0].offset)] = found[0]
        return last

    async def _start_afresh(self) -> None:
        """Forget what was known, and never use again a producer that failed."""
        self._tenure = None
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.close()
        with suppress(BrokerUnavailable, StoreError):
            await self._marks.make_all()

    # Sending

    async def _publish(self, tenure: Tenure, rows: Sequence[OutboxRow]) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() >= tenure.safe_until:
            raise BrokerUnavailable("the lease is too old to send under")
        if self._producer is None:
            self._producer = await self._broker.producer()
        messages = [Message(key_of(row), headers_of(row, tenure.generation), row.body.encode()) for row in rows]
        begun, failure = loop.time(), None
        placements: Sequence[Placement | None]
        try:
            async with asyncio.timeout(self._timing.send_seconds):
                placements = await self._producer.send(self._topic, messages)
        except TimeoutError:
            raise BrokerUnavailable(f"not acknowledged in {self._timing.send_seconds:.0f} s") from None
        except SendFailed as failed:
            placements, failure = failed.placements, failed
        if loop.time() >= tenure.safe_until + self._timing.send_seconds:
            raise BrokerUnavailable("the lease ran out while sending: its next owner sends again what is not marked")
        await self._take_note(tenure, rows, placements)
        if failure is not None:
            raise failure
        self._metrics.published(len(rows), loop.time() - begun)

    async def _take_note(
        self, tenure: Tenure, rows: Sequence[OutboxRow], placements: Sequence[Placement | None]
    ) -> None:
        judgement = judge(tenure.ends, placements)
        if judgement.lost:
            await self._marks.make_all()
            await self._publish_again(tenure, judgement.lost)
        tenure.ends = judgement.ends
        standing = {
            row.id: placement
            for row, placement, stands in zip(rows, placements, judgement.standing, strict=True)
            if stands and placement is not None
        }
        self._marks.note(standing, tenure.lease.epoch)

    # What the broker lost

    async def _audit(self, tenure: Tenure) -> None:
        """Compare what the broker has with what it acknowledged."""
        try:
            extents = await self._broker.extents(self._topic)
        except TopicMissing:
            await self._broker.ensure_topics([self._topic])
            extents = await self._broker.extents(self._topic)
        lost = lost_by_extent(tenure.ends, extents)
        if lost:
            await self._publish_again(tenure, lost)
        tenure.audit_at = asyncio.get_running_loop().time() + self._timing.audit_seconds

    async def _recognise(self, tenure: Tenure, last: Mapping[Placement, OutboxRow]) -> None:
        """Look whether the last record of each partition is the one we sent, for the topic may have been made anew."""
        extents = await self._broker.extents(self._topic)
        lost = {}
        for placement, row in last.items():
            extent = extents.get(placement.partition)
            if extent is None or not extent.beginning <= placement.offset < extent.end:
                continue
            record = await self._broker.record_at(self._topic, placement)
            if record is None or dict(record.headers).get("ce_id") != row.id.encode():
                lost[placement.partition] = 0
        if lost:
            await self._publish_again(tenure, lost)

    async def _publish_again(self, tenure: Tenure, lost: Mapping[int, int]) -> None:
        """Have everything from these offsets sent again, under a higher generation of the topic."""
        tenure.generation += 1
        await self._topics.raise_each("generation", {self._topic: tenure.generation})
        for partition, offset in lost.items():
            events = await self._take_back(tenure, partition, offset)
            tenure.ends[partition] = offset
            self._metrics.lost(events)
            log.error(
                "the broker lost records: publishing them again",
                topic=self._topic,
                partition=partition,
                from_offset=offset,
                events=events,
                generation=tenure.generation,
            )

    async def _take_back(self, tenure: Tenure, partition: int, offset: int) -> int:
        waiting = {
            "state": "waiting",
            "partition": None,
            "offset": None,
            "published_at": None,
            "epoch": tenure.lease.epoch,
        }
        events, end = 0, tenure.ends.get(partition, offset)
        for first in range(offset, end, LOST_AT_A_TIME):
            window = {"$gte": first, "$lt": min(first + LOST_AT_A_TIME, end)}
            events += await self._rows.set_all(
                {"state": "published", "partition": partition, "offset": window}, waiting
            )
        return events

    # Housekeeping

    async def _count(self, rows: Sequence[OutboxRow]) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() < self._count_at:
            return
        self._count_at = loop.time() + self._timing.count_seconds
        unmarked = len(self._marks.open)
        waiting = max(0, await self._rows.count({"state": "waiting"}, at_most=MOST_COUNTED) - unmarked)
        oldest = (self._clock.now() - rows[0].time).total_seconds() if rows else 0.0
        self._metrics.outbox(waiting, max(0.0, oldest))

    async def _tidy(self) -> None:
        """Remove rows that were published long enough ago."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._tidy_at:
            return
        self._tidy_at = loop.time() + self._timing.tidy_seconds
        before = self._clock.now() - self._timing.keep
        removed = await self._rows.delete({"state": "published", "published_at": {"$lt": before}})
        if removed:
            log.info("old outbox rows removed", topic=self._topic, rows=removed, published_before=before.isoformat())

    async def drain(self, timeout: float) -> bool:
        """Publish what waits, within `timeout` seconds; False if something is left for the next owner."""
        with suppress(TimeoutError, BrokerUnavailable, StoreError):
            async with asyncio.timeout(timeout):
                while await self.step():
                    pass
                await self._marks.make_all()
                return True
        return False

    async def close(self) -> None:
        """Give up the lease and let go of the producer."""
        await self._start_afresh()
        lease, self._lease = self._lease, None
        if lease is not None:
            with suppress(StoreError):
                await self._database.release_lease(lease)
