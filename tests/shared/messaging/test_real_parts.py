"""The event path on real MongoDB and real Kafka, with processes killed and topics wiped."""

from __future__ import annotations

import asyncio
import signal
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from shared.ids import new_id
from shared.messaging.broker import BrokerUnavailable, TopicMissing
from shared.messaging.kafka import KafkaBroker, KafkaMembership
from shared.messaging.outbox import OutboxRow
from shared.messaging.parked import Parked
from shared.messaging.positions import Position
from shared.messaging.timing import ConsumerTiming, RelayTiming
from shared.mongo import MongoDatabase
from tests.shared.messaging.post import TOPIC, Notebook, Post

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.stack import Parts

DEADLINE = 60.0
RELAYED = RelayTiming(poll_seconds=0.1, audit_seconds=1.0)
FOLLOWED = ConsumerTiming(fetch_seconds=0.1, gap_seconds=2.0, look_seconds=0.2)


@pytest.fixture
async def post(parts: Parts) -> AsyncIterator[Post]:
    """Both services with stores of their own, on an empty topic."""
    await wipe(parts.kafka_bootstrap)
    name = new_id()
    speakers, listeners = (MongoDatabase(parts.mongodb_uri, f"{side}-{name}") for side in ("said", "noted"))
    broker = KafkaBroker(parts.kafka_bootstrap, session_seconds=3.0)
    async with Post(speakers, listeners, broker).open() as opened:
        await opened.restart_relay(RELAYED)
        await opened.restart_consumer(FOLLOWED)
        yield opened
    await broker.close()
    await speakers.close()
    await listeners.close()


async def wipe(bootstrap: str) -> None:
    """Delete the topic, and make it again when it is gone."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    broker = KafkaBroker(bootstrap)
    if TOPIC in await admin.list_topics():
        await admin.delete_topics([TOPIC])
        async with asyncio.timeout(DEADLINE):
            with suppress(TopicMissing):
                while True:
                    await broker.extents(TOPIC)
    await admin.close()
    async with asyncio.timeout(DEADLINE):
        await broker.ensure_topics([TOPIC])
        while True:
            with suppress(TopicMissing):
                await broker.extents(TOPIC)
                break
    await broker.close()


@asynccontextmanager
async def running(post: Post) -> AsyncIterator[None]:
    """Relay and consumer as a service runs them."""
    post.door_out.on_commit.append(post.relay.wake)
    loops = [asyncio.create_task(post.relay.run()), asyncio.create_task(post.consumer.run())]
    try:
        yield
    finally:
        assert not [loop for loop in loops if loop.done()]
        await post.consumer.drain(10)
        loops[0].cancel()
        await asyncio.wait(loops, timeout=10)
        await post.relay.drain(10)
        assert all(loop.done() for loop in loops)


async def eventually_noted(post: Post, said: dict[str, int], seconds: float = DEADLINE) -> None:
    """Until exactly what was said has taken effect, in order."""
    expected = {occurrence: tuple(range(1, count + 1)) for occurrence, count in said.items()}
    noted: dict[str, tuple[int, ...]] = {}
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while noted != expected:
                books = await post.listeners.collection(Notebook).find({})
                noted = {book.id: book.noted for book in books}
    assert noted == expected


async def eventually_marked(post: Post) -> None:
    """Until the outbox knows that everything is published."""
    async with asyncio.timeout(DEADLINE):
        while await post.waiting():
            pass


async def say_all(post: Post, occurrences: list[str], said: dict[str, int], times: int) -> None:
    for _ in range(times):
        await asyncio.gather(*(post.say(occurrence, 2) for occurrence in occurrences))
        for occurrence in occurrences:
            said[occurrence] = said.get(occurrence, 0) + 2


async def test_what_is_committed_takes_effect_in_order_and_once(post: Post) -> None:
    said: dict[str, int] = {}
    occurrences = [new_id() for _ in range(50)]
    async with running(post):
        await say_all(post, occurrences, said, 10)
        await eventually_noted(post, said)
    assert await post.waiting() == 0
    assert await post.listeners.collection(Parked).count({}) == 0
    positions = await post.listeners.collection(Position).find({})
    assert {position.sequence for position in positions} == {20}


async def test_everything_published_twice_and_read_twice_changes_nothing(post: Post) -> None:
    said: dict[str, int] = {}
    async with running(post):
        await say_all(post, [new_id() for _ in range(20)], said, 3)
        await eventually_noted(post, said)
        await eventually_marked(post)
        books = await post.listeners.collection(Notebook).find({}, sort=(("id", 1),))
        again = {"state": "waiting", "partition": None, "offset": None}
        await post.speakers.collection(OutboxRow).set_all({"state": "published"}, again)
        more = {new_id(): 0}
        await say_all(post, list(more), more, 1)
        await eventually_noted(post, said | more)
    calls = post.listener.calls
    post.group = f"{post.group}-again"
    post.consumer = post.new_consumer(FOLLOWED)
    await post.say(new_id(), aside=True)
    async with running(post):
        extents = await post.broker.extents(TOPIC)
        assert sum(extent.end for extent in extents.values()) >= 2 * sum(said.values())
        last = {new_id(): 0}
        await say_all(post, list(last), last, 1)
        await eventually_noted(post, said | more | last)
    assert post.listener.calls == calls + 2
    after = await post.listeners.collection(Notebook).find({}, sort=(("id", 1),))
    assert [book for book in after if book.id in said] == [book for book in books if book.id in said]


async def test_a_consumer_killed_before_it_recorded_offsets_changes_nothing_twice(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: dict[str, int] = {}
    await say_all(post, [new_id() for _ in range(20)], said, 3)
    await post.publish()

    async def die(*_: object) -> None:
        raise BrokerUnavailable("killed before the offsets were recorded")

    with monkeypatch.context() as patch:
        patch.setattr(KafkaMembership, "commit", die)
        async with running(post):
            await eventually_noted(post, said)
    await post.restart_consumer(FOLLOWED)
    async with running(post):
        await say_all(post, list(said), said, 1)
        await eventually_noted(post, said)


async def test_a_topic_wiped_under_load_is_filled_again_and_read_by_everybody(post: Post, parts: Parts) -> None:
    said: dict[str, int] = {}
    occurrences = [new_id() for _ in range(30)]
    async with running(post):
        await say_all(post, occurrences, said, 3)
        await eventually_noted(post, said)
        wiping = asyncio.create_task(wipe(parts.kafka_bootstrap))
        while not wiping.done():
            await say_all(post, [*occurrences, *(new_id() for _ in range(5))], said, 1)
        await wiping
        await say_all(post, occurrences, said, 3)
        await eventually_noted(post, said)
    assert await post.parked() == []
    await post.relay.close()
    name = new_id()
    newcomers = Post(post.speakers, MongoDatabase(parts.mongodb_uri, f"noted-{name}"), post.broker)
    async with newcomers.open(), running(newcomers):
        await eventually_noted(newcomers, said)
    await newcomers.listeners.close()


async def test_a_broker_killed_under_load_delays_and_loses_nothing(post: Post, parts: Parts) -> None:
    said: dict[str, int] = {}
    occurrences = [new_id() for _ in range(30)]
    async with running(post):
        await say_all(post, occurrences, said, 3)
        await asyncio.to_thread(parts.kafka.kill)
        await say_all(post, occurrences, said, 3)
        await asyncio.to_thread(parts.kafka.start)
        await say_all(post, occurrences, said, 3)
        await eventually_noted(post, said)
    assert await post.parked() == []


async def test_a_broker_that_hangs_is_not_waited_for_for_ever(post: Post, parts: Parts) -> None:
    said: dict[str, int] = {}
    occurrences = [new_id() for _ in range(10)]
    async with running(post):
        await say_all(post, occurrences, said, 1)
        await eventually_noted(post, said)
        parts.kafka.signal(signal.SIGSTOP)
        try:
            await say_all(post, occurrences, said, 1)
            with pytest.raises(BrokerUnavailable):
                await post.broker.extents(TOPIC)
        finally:
            parts.kafka.signal(signal.SIGCONT)
        await say_all(post, occurrences, said, 1)
        await eventually_noted(post, said)


async def test_two_relays_and_two_consumers_share_and_take_over(post: Post) -> None:
    said: dict[str, int] = {}
    occurrences = [new_id() for _ in range(30)]
    successor = post.new_relay(replace(RELAYED, poll_seconds=0.1))
    second = post.new_consumer(FOLLOWED)
    others = [asyncio.create_task(successor.run()), asyncio.create_task(second.run())]
    async with running(post):
        await say_all(post, occurrences, said, 3)
        await eventually_noted(post, said)
    await post.relay.close()
    await post.consumer.close()
    await say_all(post, occurrences, said, 3)
    await eventually_noted(post, said)
    for other in others:
        other.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await successor.close()
    await second.close()
