"""The path of events without HTTP: the relay alone, a consumer alone, and catching up on what has waited.

A store and a broker of their own; relay and consumer run in this process, one after the other, with the real services'
reactions. What waits is put into the outbox as the door would have written it.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import uvloop
from rich.console import Console

from infra.local.children import Child
from infra.local.kafka import Kafka, create_topics
from infra.local.mongod import Mongod
from infra.local.plan import KAFKA_CACHE
from infra.local.ports import free_ports
from services.courses.app import SERVICE as COURSES
from services.partnerships.app import SERVICE as PARTNERSHIPS
from services.partnerships.domain.account import Account
from shared.clock import SystemClock
from shared.contracts.courses import PlaceHeld
from shared.contracts.event import Event
from shared.contracts.partnerships import SchoolChanged
from shared.database import Database
from shared.definition import Service
from shared.ids import new_id
from shared.messaging.kafka import KafkaBroker
from shared.messaging.outbox import OutboxRow
from shared.messaging.relay import Relay
from shared.mongo import MongoDatabase
from shared.running import Running, assemble, documents_of
from shared.serving import spare_collections
from shared.settings import Settings
from tests.bench.figures import Figure, at_least

WAITING = 200_000
SCHOOLS = 2_000
HELD = 20_000
OCCURRENCES = 200
ACCOUNTS = 20
HOT = 4_000
AT_ONCE = 5_000
PUBLISHED, APPLIED = 8_000, 5_000
CONDITIONS = "one process, MongoDB and Kafka beside it, no other load"


@dataclass(frozen=True, slots=True)
class Took:
    """How long something took, and how much of this process's time."""

    seconds: float
    cpu: float

    def whole(self, count: int, first: int) -> Took:
        """For all, when the first ones were not timed."""
        share = count / max(1, count - first)
        return Took(self.seconds * share, self.cpu * share)


class Watch:
    """Starts when it is made."""

    def __init__(self) -> None:
        self._at, self._used = time.perf_counter(), time.process_time()

    def read(self) -> Took:
        """Since the start."""
        return Took(time.perf_counter() - self._at, time.process_time() - self._used)


def figures(directory: Path, console: Console) -> Iterator[Figure]:
    """Rates, and processor time an event."""
    mongo_port, kafka_port, controller_port = free_ports(3)
    mongod = Mongod(directory / "events-mongod", mongo_port, {"root": secrets.token_urlsafe()})
    kafka = Kafka(directory / "events-kafka", kafka_port, controller_port, KAFKA_CACHE)
    children = [Child(part, directory / "events-logs") for part in (mongod.part(), kafka.part())]
    try:
        for child in children:
            child.start()
        for child in children:
            child.await_ready()
        create_topics(kafka.bootstrap, ["partnerships.events", "courses.events"])
        yield from uvloop.run(_measured(mongod.uri(), kafka.bootstrap, console))
    finally:
        for child in children:
            child.kill()


async def _measured(uri: str, bootstrap: str, console: Console) -> list[Figure]:
    spare_collections()  # as a service does once it is ready
    stores = {service.name: MongoDatabase(uri, service.name) for service in (PARTNERSHIPS, COURSES)}
    for service in (PARTNERSHIPS, COURSES):
        await stores[service.name].prepare(documents_of(service))
    broker = KafkaBroker(bootstrap)
    try:
        return [
            *await _reservations(stores, broker, console),
            *await _schools(stores, broker, console),
        ]
    finally:
        await broker.close()
        for store in stores.values():
            await store.close()


async def _schools(stores: dict[str, MongoDatabase], broker: KafkaBroker, console: Console) -> list[Figure]:
    """Many small effects: courses keeps what the register says."""
    await _put(stores["partnerships"], "/partnerships", _school_changes())
    sent = await _publish(stores["partnerships"], broker, PARTNERSHIPS, WAITING)
    rate = round(WAITING / sent.seconds)
    console.print(f"  relay alone: {rate:,}/s, {sent.cpu / WAITING * 1e6:.0f} µs of processor time an event")
    done = await _follow(COURSES, stores["courses"], broker, WAITING)
    effects = round(WAITING / done.seconds)
    console.print(f"  consumer, {WAITING:,} waiting: {effects:,}/s, caught up in {done.seconds:.0f} s")
    small = f"{CONDITIONS}; {WAITING:,} events of {SCHOOLS:,} schools, each changes one document"
    return [
        at_least("events relayed, alone", rate, "1/s", PUBLISHED, small),
        Figure("events relayed, processor time of one", round(sent.cpu / WAITING * 1e6), "µs", conditions=small),
        at_least("events applied, small effects", effects, "1/s", APPLIED, small),
        Figure("events applied, processor time of one", round(done.cpu / WAITING * 1e6), "µs", conditions=small),
        Figure(f"events, caught up on {WAITING:,} after", round(done.seconds, 1), "s", conditions=small),
    ]


async def _reservations(stores: dict[str, MongoDatabase], broker: KafkaBroker, console: Console) -> list[Figure]:
    """Effects of the saga: partnerships reserves money, which writes five documents."""
    accounts = [
        Account(id=f"account-{n}", allocated=10**12, partnership_version=1, active=True, school_urns=("900001",))
        for n in range(ACCOUNTS)
    ]
    await stores["partnerships"].collection(Account).insert(accounts)
    found = []
    for name, count, occurrences in (("many occurrences", HELD, OCCURRENCES), ("one occurrence", HOT, 1)):
        await _put(stores["courses"], "/courses", _held(count, occurrences))
        await _publish(stores["courses"], broker, COURSES, count)
        done = await _follow(PARTNERSHIPS, stores["partnerships"], broker, count)
        rate = round(count / done.seconds)
        console.print(f"  consumer, reservations for {name}: {rate:,}/s")
        conditions = f"{CONDITIONS}; {count:,} events of {occurrences} streams, each reserves money: five documents"
        found.append(Figure(f"events applied, reservations for {name}", rate, "1/s", conditions=conditions))
    await stores["partnerships"].collection(OutboxRow).delete({})  # what they told: nobody is there to hear it
    return found


def _school_changes() -> Iterator[tuple[str, int, Event]]:
    for sequence in range(1, WAITING // SCHOOLS + 1):
        for number in range(SCHOOLS):
            urn = f"{700_000 + number}"
            yield f"schools/{urn}", sequence, _changed(urn, sequence)


def _changed(urn: str, sequence: int) -> SchoolChanged:
    return SchoolChanged(
        urn=urn,
        identifier_scheme="urn",
        name=f"School {urn}, as of change {sequence}",
        phase="Secondary",
        status="open",
        state_funded=True,
        region="North East",
        postcode="ZF1 1AA",
        latitude=54.7,
        longitude=-1.6,
    )


def _held(count: int, occurrences: int) -> Iterator[tuple[str, int, Event]]:
    tag = new_id()
    for number in range(count):
        occurrence = f"{tag}-{number % occurrences}"
        yield (
            f"occurrences/{occurrence}",
            number // occurrences + 1,
            PlaceHeld(
                occurrence_id=occurrence,
                booking_id=new_id(),
                school_urn="900001",
                places=1,
                partnership_id=f"account-{number % ACCOUNTS}",
                amount_pence=100,
                starts_on=(datetime.now(UTC) + timedelta(days=30)).date(),
                hold_expires_at=datetime.now(UTC) + timedelta(minutes=15),
                delegate_ids=("teacher-1",),
            ),
        )


async def _put(store: Database, source: str, events: Iterable[tuple[str, int, Event]]) -> None:
    """Into the outbox, as the door writes it."""
    rows = (_row(source, *event) for event in events)
    while some := list(islice(rows, AT_ONCE)):
        await store.collection(OutboxRow).insert(some)


def _row(source: str, subject: str, sequence: int, event: Event) -> OutboxRow:
    return OutboxRow(
        id=new_id(),
        subject=subject,
        sequence=sequence,
        type=event.type,
        source=source,
        time=datetime.now(UTC),
        correlation_id="bench",
        causation_id="bench",
        triggered_by="system",
        body=event.model_dump_json(),
    )


async def _publish(store: Database, broker: KafkaBroker, service: Service, count: int) -> Took:
    """Have everything sent and marked."""
    relay = Relay(store, broker, service.topic, SystemClock())
    first = await relay.step()  # the lease, the topic and the producer are not what is measured
    watch = Watch()
    while await relay.step():
        pass
    took = watch.read()
    await relay.close()
    return took.whole(count, first)


async def _follow(service: Service, store: Database, broker: KafkaBroker, count: int) -> Took:
    """Have so many events applied, from the first fetch that brings some."""
    async with _assembled(service, store, broker) as running:
        done, watch = 0, Watch()
        while done < count:
            if not done:
                watch = Watch()  # joining the group is not what is measured
            done += await running.consumer.step()
        return watch.read()


@asynccontextmanager
async def _assembled(service: Service, store: Database, broker: KafkaBroker) -> AsyncIterator[Running]:
    running = assemble(service, store, broker, SystemClock(), Settings.given())
    door = asyncio.create_task(running.door.run())
    try:
        yield running
    finally:
        await running.consumer.close()
        door.cancel()
        await asyncio.gather(door, return_exceptions=True)
