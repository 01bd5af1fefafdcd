"""The broker on Apache Kafka: the only place that imports its driver.

What the driver does not promise is added here: a deadline on every call (several of them wait for ever while the
broker is away), acknowledged placements even when a part of a batch fails, offsets committed only under the
assignment they were fetched under, and nothing that goes on sending after it was closed for good.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    CommitFailedError,
    ConsumerStoppedError,
    IllegalStateError,
    KafkaError,
    RebalanceInProgressError,
    TopicAlreadyExistsError,
    for_code,
)
from aiokafka.partitioner import murmur2

from shared.messaging.broker import (
    Assignment,
    AssignmentLost,
    BrokerUnavailable,
    Extent,
    Fetched,
    Message,
    Partition,
    Placement,
    Record,
    SendFailed,
    TopicMissing,
)

T = TypeVar("T")

PARTITIONS = 6
ANSWER_SECONDS = 5.0
SEND_SECONDS = 3.0
CLOSE_SECONDS = 5.0
BATCH_BYTES = 512 * 1024

log = structlog.get_logger("kafka")

# The driver writes an error for every failed attempt, many a second while the broker is away. What follows from that is
# logged here and by whoever called.
logging.getLogger("aiokafka").setLevel(logging.CRITICAL)

_closing: set[asyncio.Future[Any]] = set()


async def _answer(call: Awaitable[T], seconds: float = ANSWER_SECONDS) -> T:
    """Wait for the driver, with a deadline, and translate its errors."""
    try:
        async with asyncio.timeout(seconds):
            return await call
    except TimeoutError:
        raise BrokerUnavailable(f"no answer in {seconds:.0f} s") from None
    except (KafkaError, ConsumerStoppedError, OSError) as error:
        raise BrokerUnavailable(repr(error)) from error


async def _close(what: str, stop: Awaitable[None]) -> None:
    """Wait for a stop as long as is reasonable; one that hangs ends by itself when the broker is back."""
    stopping = asyncio.ensure_future(stop)
    _closing.add(stopping)
    stopping.add_done_callback(_closing.discard)
    await asyncio.wait({stopping}, timeout=CLOSE_SECONDS)
    if not stopping.done():
        log.warning("broker client does not stop yet", client=what, waited_seconds=CLOSE_SECONDS)
    elif not stopping.cancelled() and (error := stopping.exception()) is not None:
        log.info("broker client stopped with an error", client=what, error=repr(error))


@lru_cache(maxsize=65_536)
def partition_of(key: bytes | None, partitions: int) -> int:
    """Where a key belongs: the same place as every Kafka client's default."""
    return 0 if key is None else int(murmur2(key) & 0x7FFFFFFF) % partitions


class KafkaProducer:
    """See shared.messaging.broker.Producer."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver

    async def send(self, topic: str, messages: Sequence[Message]) -> list[Placement]:
        """Send, and wait until all are acknowledged. Raises SendFailed."""
        partitions = len(await _answer(self._driver.partitions_for(topic)))
        shares: dict[int, list[int]] = {}
        for position, message in enumerate(messages):
            shares.setdefault(partition_of(message.key, partitions), []).append(position)
        placements: list[Placement | None] = [None] * len(messages)
        sent = await asyncio.gather(
            *(
                self._send_share(topic, partition, share, messages, placements)
                for partition, share in sorted(shares.items())
            ),
            return_exceptions=True,
        )
        for error in sent:
            if isinstance(error, BrokerUnavailable):
                raise SendFailed(str(error), placements) from error
            if error is not None:
                raise error
        return [placement for placement in placements if placement is not None]

    async def _send_share(
        self,
        topic: str,
        partition: int,
        share: Sequence[int],
        messages: Sequence[Message],
        placements: list[Placement | None],
    ) -> None:
        """Send one partition's messages, batch after batch, stopping at the first that fails."""
        next_one = 0
        while next_one < len(share):
            first = next_one
            batch = self._driver.create_batch()
            while next_one < len(share) and self._fits(batch, messages[share[next_one]]):
                next_one += 1
            if next_one == first:
                raise BrokerUnavailable("a message is larger than a batch may be")
            acknowledged = await _answer(self._send_batch(batch, topic, partition), SEND_SECONDS)
            for distance, position in enumerate(share[first:next_one]):
                placements[position] = Placement(partition, acknowledged.offset + distance)

    @staticmethod
    def _fits(batch: Any, message: Message) -> bool:
        kept = batch.append(key=message.key, value=message.value, timestamp=None, headers=list(message.headers))
        return kept is not None

    async def _send_batch(self, batch: Any, topic: str, partition: int) -> Any:
        batch.close()
        return await (await self._driver.send_batch(batch, topic, partition=partition))

    async def close(self) -> None:
        """Let go, within a bound."""
        await _close("producer", self._driver.stop())


class KafkaMembership(ConsumerRebalanceListener):  # type: ignore[misc] # the driver has no types
    """See shared.messaging.broker.Membership."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self._assignment = Assignment(0, frozenset())

    @property
    def assignment(self) -> Assignment:
        """What this member holds now."""
        return self._assignment

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Called by the driver before the group is balanced anew."""
        self._assignment = Assignment(self._assignment.number + 1, frozenset())

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Called by the driver after the group was balanced."""
        held = frozenset(Partition(found.topic, found.partition) for found in assigned)
        self._assignment = Assignment(self._assignment.number + 1, held)
        log.info("partitions assigned", partitions=sorted(map(str, held)))

    async def fetch(self, max_records: int, timeout: float, held: Collection[Partition] = ()) -> Fetched:
        """Records that have arrived; none after `timeout` seconds."""
        wanted: tuple[TopicPartition, ...] = ()
        if held:
            wanted = tuple(_theirs(partition) for partition in self._assignment.partitions.difference(held))
            if not wanted:
                await asyncio.sleep(timeout)
                return Fetched((), self._assignment)
        try:
            # The driver waits without a bound while the group is being balanced.
            async with asyncio.timeout(timeout + 1):
                found = await self._driver.getmany(*wanted, timeout_ms=int(timeout * 1000), max_records=max_records)
        except TimeoutError:
            return Fetched((), self._assignment)
        except (KafkaError, ConsumerStoppedError, OSError) as error:
            raise BrokerUnavailable(repr(error)) from error
        # Nothing is awaited between the driver's look at its assignment and this one.
        return Fetched([_record(record) for records in found.values() for record in records], self._assignment)

    async def commit(self, offsets: Mapping[Partition, int], assignment: Assignment) -> None:
        """Record where the group goes on. Raises AssignmentLost."""
        if assignment.number != self._assignment.number:
            raise AssignmentLost("the group was balanced anew since")
        try:
            await _answer(self._driver.commit({_theirs(partition): offset for partition, offset in offsets.items()}))
        except BrokerUnavailable as unavailable:
            if isinstance(unavailable.__cause__, CommitFailedError | IllegalStateError | RebalanceInProgressError):
                raise AssignmentLost(repr(unavailable.__cause__)) from unavailable
            raise

    def seek(self, partition: Partition, offset: int) -> None:
        """Read on from this offset."""
        with suppress(IllegalStateError):
            self._driver.seek(_theirs(partition), offset)

    async def extents(self) -> Mapping[Partition, Extent]:
        """What the partitions of the assignment hold."""
        return await _extents(self._driver, [_theirs(partition) for partition in self._assignment.partitions])

    async def lag(self) -> Mapping[Partition, int]:
        """How many records have not been fetched yet; {} while the group is being balanced."""
        before = self._assignment.number
        try:
            extents = await self.extents()
            positions = await _answer(asyncio.gather(*(self._driver.position(_theirs(held)) for held in extents)))
        except BrokerUnavailable:
            if self._assignment.number != before:
                return {}
            raise
        return {p: max(0, it.end - position) for (p, it), position in zip(extents.items(), positions, strict=True)}

    async def close(self) -> None:
        """Leave the group, within a bound."""
        await _close("consumer", self._driver.stop())


class KafkaBroker:
    """See shared.messaging.broker.Broker. `bootstrap` is "host:port", several separated by commas.

    `copies` is the replication of topics it makes. A member silent for `session_seconds` loses its partitions.
    """

    def __init__(self, bootstrap: str, *, client: str = "stem", copies: int = 1, session_seconds: float = 10.0) -> None:
        self._manners = {
            "bootstrap_servers": bootstrap,
            "client_id": client,
            "request_timeout_ms": int(ANSWER_SECONDS * 1000),
            "metadata_max_age_ms": 10_000,
        }
        self._copies = copies
        self._session_milliseconds = int(session_seconds * 1000)
        self._lookers: Lookers | None = None
        self._making_lookers, self._reading = asyncio.Lock(), asyncio.Lock()

    async def ensure_topics(self, topics: Collection[str]) -> None:
        """Make the topics that do not exist, with unlimited retention."""
        admin = (await self._looking()).admin
        try:
            present = set(await _answer(admin.list_topics()))
            for topic in sorted(set(topics) - present):
                await self._create_topic(admin, topic)
                await _answer(self._await_topic(admin, topic))
        except BrokerUnavailable:
            await self._look_away()
            raise

    async def _create_topic(self, admin: Any, topic: str) -> None:
        forever = {"retention.ms": "-1", "retention.bytes": "-1"}
        wanted = NewTopic(topic, PARTITIONS, self._copies, topic_configs=forever)
        answer = await _answer(admin.create_topics([wanted], timeout_ms=int(ANSWER_SECONDS * 1000)))
        for _, code, *reason in answer.topic_errors:
            if code and (error := for_code(code)) is not TopicAlreadyExistsError:
                raise BrokerUnavailable(f"the topic {topic} cannot be made: {error.__name__} {reason}")
        log.info("topic made", topic=topic, partitions=PARTITIONS)

    @staticmethod
    async def _await_topic(admin: Any, topic: str) -> None:
        """A topic is known to the controller a moment before the broker tells clients about it."""
        while len((await admin.describe_topics([topic]))[0]["partitions"]) < PARTITIONS:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.02)

    async def producer(self) -> KafkaProducer:
        """A fresh producer: idempotent, acknowledged by all in-sync replicas."""
        driver = AIOKafkaProducer(
            **self._manners | {"request_timeout_ms": int(SEND_SECONDS * 1000)},
            enable_idempotence=True,
            max_batch_size=BATCH_BYTES,
            max_request_size=2 * BATCH_BYTES,
        )
        await self._start("producer", driver, driver.stop)
        return KafkaProducer(driver)

    async def join(self, group: str, topics: Collection[str]) -> KafkaMembership:
        """A new member of the group."""
        driver = AIOKafkaConsumer(
            **self._manners | {"request_timeout_ms": 15_000},
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=self._session_milliseconds,
            heartbeat_interval_ms=self._session_milliseconds // 4,
            rebalance_timeout_ms=60_000,
            max_poll_interval_ms=300_000,
            fetch_max_wait_ms=250,
        )
        await self._start("consumer", driver, driver.stop)
        membership = KafkaMembership(driver)
        driver.subscribe(sorted(topics), listener=membership)
        return membership

    @staticmethod
    async def _start(what: str, driver: Any, stop: Callable[[], Awaitable[None]]) -> None:
        try:
            await _answer(driver.start(), 2 * ANSWER_SECONDS)
        except BaseException:
            await _close(what, stop())
            raise

    async def extents(self, topic: str) -> Mapping[int, Extent]:
        """What each partition holds. Raises TopicMissing."""
        clients = await self._looking()
        try:
            (described,) = await _answer(clients.admin.describe_topics([topic]))
            numbers = [found["partition"] for found in described["partitions"]]
            found = await _extents(clients.reader, [TopicPartition(topic, number) for number in numbers])
        except BrokerUnavailable:
            await self._look_away()
            raise
        if not found:
            raise TopicMissing(topic)
        return {partition.number: extent for partition, extent in sorted(found.items())}

    async def record_at(self, topic: str, placement: Placement) -> Record | None:
        """The record at this place, or None if there is none."""
        extent = (await self.extents(topic)).get(placement.partition)
        if extent is None or not extent.beginning <= placement.offset < extent.end:
            return None
        reader, wanted = (await self._looking()).reader, TopicPartition(topic, placement.partition)
        async with self._reading:
            try:
                reader.assign([wanted])
                reader.seek(wanted, placement.offset)
                found = _record(await _answer(reader.getone(wanted)))
            except BrokerUnavailable:
                await self._look_away()
                raise
            reader.unsubscribe()
        return found if found.offset == placement.offset else None

    async def _looking(self) -> Lookers:
        """The clients that look without taking part, made on first use."""
        async with self._making_lookers:
            self._lookers = self._lookers or await self._make_lookers()
            return self._lookers

    async def _make_lookers(self) -> Lookers:
        admin = AIOKafkaAdminClient(**self._manners)
        await self._start("admin", admin, admin.close)
        # Questions are answered one after the other: none may stand behind a long wait for records.
        reader = AIOKafkaConsumer(**self._manners, enable_auto_commit=False, fetch_max_wait_ms=10)
        try:
            await self._start("reader", reader, reader.stop)
        except BaseException:
            await _close("admin", admin.close())
            raise
        return Lookers(admin, reader)

    async def _look_away(self) -> None:
        lookers, self._lookers = self._lookers, None
        if lookers is not None:
            await _close("reader", lookers.reader.stop())
            await _close("admin", lookers.admin.close())

    async def close(self) -> None:
        """Let go of connections."""
        await self._look_away()


class Lookers(NamedTuple):
    """A client that knows topics and one that knows offsets and records, outside any group."""

    admin: Any
    reader: Any


def _theirs(partition: Partition) -> TopicPartition:
    return TopicPartition(partition.topic, partition.number)


def _record(record: Any) -> Record:
    partition = Partition(record.topic, record.partition)
    return Record(partition, record.offset, record.key, tuple(record.headers), record.value)


async def _extents(driver: Any, partitions: list[TopicPartition]) -> dict[Partition, Extent]:
    if not partitions:
        return {}
    beginnings, ends = await _answer(
        asyncio.gather(driver.beginning_offsets(partitions), driver.end_offsets(partitions))
    )
    return {
        Partition(found.topic, found.partition): Extent(beginnings[found], ends[found])
        for found in partitions
        if found in ends and found in beginnings
    }
