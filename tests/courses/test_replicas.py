"""Several replicas on one real store, everybody at once: never overbooked, nothing lost on the way to the broker."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import pytest

from services.courses.app import SERVICE
from services.courses.domain.booking import Booking, BookingStatus, Delegate, Funding
from services.courses.domain.cancellation import Ask
from services.courses.domain.known import SchoolFacts
from services.courses.domain.occurrence import Occurrence, free
from services.courses.domain.organising import draft, keep_draft
from services.courses.domain.reservation import GroupRule
from services.courses.use_cases import booking as use_cases
from services.courses.use_cases import organising
from services.courses.use_cases.booking import Order
from services.courses.use_cases.facts import keep_school
from shared.clock import SystemClock
from shared.commit import Cause, Door
from shared.ids import new_id
from shared.messaging.broker import Record
from shared.messaging.kafka import KafkaBroker
from shared.messaging.outbox import OutboxRow
from shared.messaging.relay import Relay
from shared.mongo import MongoDatabase
from shared.running import documents_of
from shared.work import Work
from tests.courses.desk import LISTING, TERMS, calendar

PLACES, BOOKERS = 100, 300
DEADLINE = 60.0


@asynccontextmanager
async def replica(uri: str, name: str) -> AsyncIterator[Work]:
    """A process of its own as far as the store can tell: its own connections and its own door."""
    database = MongoDatabase(uri, name)
    clock = SystemClock()
    door = Door(database, source=SERVICE.source, documents=SERVICE.documents, clock=clock, deadline=DEADLINE)
    running = asyncio.create_task(door.run())
    try:
        yield Work(database, door, clock, Cause("race", "race"))
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await database.close()


@pytest.fixture
async def replicas(mongodb_uri: str) -> AsyncIterator[list[Work]]:
    """Two replicas of courses on one fresh store."""
    name = f"courses-{new_id()}"
    async with AsyncExitStack() as stack:
        works = [await stack.enter_async_context(replica(mongodb_uri, name)) for _ in range(2)]
        await works[0].database.prepare(documents_of(SERVICE))
        await keep_school(works[0], "900001", SchoolFacts(name="School", open=True))
        yield works


async def opened(work: Work, capacity: int) -> str:
    """An occurrence in sixty days that can be booked."""
    starts_at = work.clock.now() + timedelta(days=60)
    fresh = draft(new_id(), LISTING, calendar(starts_at), TERMS, capacity, 0)
    fresh = fresh.model_copy(update={"terms": TERMS.model_copy(update={"waiting_list_limit": 1000})})
    await work.create_or_change(Occurrence, fresh.id, lambda existing, _documents, _now: keep_draft(fresh, existing))
    await organising.schedule(work, fresh.id, "officer")
    await organising.open_booking(work, fresh.id, "officer")
    return fresh.id


def order() -> Order:
    delegate = Delegate(delegate_id=new_id())
    return Order("900001", "teacher", (delegate,), Funding(kind="school"), "waitlist", GroupRule(1))


async def stored(work: Work, occurrence_id: str) -> Occurrence:
    occurrence = await work.collection(Occurrence).get(occurrence_id)
    assert occurrence is not None
    return occurrence


async def test_three_hundred_at_once_on_two_replicas_fill_a_hundred_places_exactly(replicas: list[Work]) -> None:
    occurrence_id = await opened(replicas[0], PLACES)
    bookings = await asyncio.gather(*(use_cases.book(replicas[n % 2], occurrence_id, order()) for n in range(BOOKERS)))
    assert Counter(booking.status.value for booking in bookings) == {"confirmed": PLACES, "waitlisted": 200}
    waiting = [booking.queue_number for booking in bookings if booking.queue_number is not None]
    assert sorted(waiting) == list(range(1, 201))
    occurrence = await stored(replicas[0], occurrence_id)
    assert (occurrence.confirmed, len(occurrence.queue)) == (PLACES, 200)


async def test_bookings_cancellations_and_acceptances_at_once_neither_overbook_nor_leave_a_place_idle(
    replicas: list[Work],
) -> None:
    occurrence_id = await opened(replicas[0], 20)
    chance = random.Random(20260907)
    first = await asyncio.gather(*(use_cases.book(replicas[n % 2], occurrence_id, order()) for n in range(40)))

    async def change_of_mind(number: int, booking: Booking) -> None:
        ask = Ask(booking.id, "teacher", "900001")
        await use_cases.cancel(replicas[number % 2], occurrence_id, ask, "ill")

    leaving = chance.sample(first, 25)
    await asyncio.gather(
        *(change_of_mind(number, booking) for number, booking in enumerate(leaving)),
        *(use_cases.book(replicas[n % 2], occurrence_id, order()) for n in range(30)),
    )
    occurrence = await stored(replicas[1], occurrence_id)
    now = replicas[0].clock.now()
    assert free(occurrence, now) == 0
    await asyncio.gather(
        *(
            use_cases.accept_offer(replicas[number % 2], occurrence_id, Ask(booking_id, "teacher", "900001"))
            for number, booking_id in enumerate(occurrence.offers)
        )
    )
    found = await replicas[0].collection(Booking).find({"occurrence_id": occurrence_id})
    statuses = Counter(booking.status for booking in found)
    assert statuses[BookingStatus.CONFIRMED] == 20
    assert statuses[BookingStatus.CANCELLED] == 25
    assert statuses[BookingStatus.WAITLISTED] == 70 - 45


async def test_the_same_delegate_at_once_on_two_replicas_is_booked_once(replicas: list[Work]) -> None:
    occurrence_id = await opened(replicas[0], PLACES)
    wanted = order()
    outcomes = await asyncio.gather(
        *(use_cases.book(replicas[n % 2], occurrence_id, wanted) for n in range(20)), return_exceptions=True
    )
    assert sum(isinstance(outcome, Booking) for outcome in outcomes) == 1
    refusals = {getattr(outcome, "slug", "") for outcome in outcomes if not isinstance(outcome, Booking)}
    assert refusals == {"delegate-already-booked"}


async def test_what_both_replicas_committed_is_on_the_topic_in_order(
    replicas: list[Work], kafka_bootstrap: str
) -> None:
    occurrence_id = await opened(replicas[0], 10)
    await asyncio.gather(*(use_cases.book(replicas[n % 2], occurrence_id, order()) for n in range(30)))
    topic = f"{new_id()}.events"
    broker = KafkaBroker(kafka_bootstrap)
    await broker.ensure_topics([topic])
    relay = Relay(replicas[0].database, broker, topic, SystemClock())
    while await replicas[0].collection(OutboxRow).count({"state": "waiting"}):
        await relay.step()
    await relay.close()
    records = await read(broker, topic, 32)
    sequences = [int(dict(record.headers)["ce_sequence"]) for record in records]
    assert sequences == list(range(1, 33))
    kinds = Counter(dict(record.headers)["ce_type"].decode() for record in records)
    assert kinds["courses.booking-confirmed.v1"] == 10
    assert kinds["courses.booking-waitlisted.v1"] == 20
    await broker.close()


async def read(broker: KafkaBroker, topic: str, count: int) -> list[Record]:
    membership = await broker.join(new_id(), [topic])
    records: list[Record] = []
    async with asyncio.timeout(DEADLINE):
        while len(records) < count:
            records += (await membership.fetch(100, 1.0)).records
    await membership.close()
    return records
