"""Two replicas of partnerships on real MongoDB and Kafka: what holds when they decide at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date, timedelta

import pytest

from services.partnerships.app import SERVICE
from services.partnerships.domain.account import Account, Funded, LedgerEntry
from services.partnerships.domain.funding_scheme import funding_scheme
from services.partnerships.domain.partnership import Actor, Membership, SchoolTaken
from services.partnerships.domain.pot import Restrictions
from services.partnerships.domain.reservation import Request, Reservation, Terms
from services.partnerships.domain.school import Facts, School, enter
from services.partnerships.domain.usage import Usage
from services.partnerships.use_cases import funds, partnerships, pots
from shared.clock import SystemClock
from shared.contracts.courses import PlaceHeld
from shared.contracts.event import Event
from shared.contracts.partnerships import FundsReservationRefused, FundsReserved
from shared.database import Database
from shared.decision import Decision
from shared.definition import Service
from shared.ids import new_id
from shared.messaging.broker import Broker
from shared.messaging.kafka import KafkaBroker
from shared.messaging.outbox import OutboxRow
from shared.mongo import MongoDatabase
from shared.running import Running, assemble, documents_of
from shared.settings import Settings
from shared.testing.broker import MemoryBroker
from shared.testing.tokens import TokenMaker
from tests.partnerships.programme import SPEAKERS, TODAY, Occurrence, facts
from tests.stack import new_topics

CLOCK = SystemClock()
OFFICER = Actor("officer-1", officer=True)
PATIENCE_SECONDS = 90.0


def approver(urn: str) -> Actor:
    return Actor(f"approver-{urn}", speaks_for_school=True, school_urn=urn)


def replica(service: Service, database: Database, broker: Broker) -> Running:
    settings = Settings.given(rate_limit=0)
    return assemble(service, database, broker, CLOCK, settings, keys=TokenMaker(CLOCK).keys())


@asynccontextmanager
async def doors(uri: str, count: int) -> AsyncIterator[list[Running]]:
    """Replicas on one store that only decide."""
    name = f"replicas-{new_id()}"
    databases = [MongoDatabase(uri, name) for _ in range(count)]
    await databases[0].prepare(documents_of(SERVICE))
    replicas = [replica(SERVICE, database, MemoryBroker()) for database in databases]
    for running in replicas:
        running.supervisor.start("door", running.door.run)
    yield replicas
    for running in replicas:
        await running.stop(5.0)


@asynccontextmanager
async def whole(service: Service, uri: str, bootstrap: str, count: int) -> AsyncIterator[list[Running]]:
    """Replicas on one store with everything that a process has."""
    name = f"replicas-{service.name}-{new_id()}"
    replicas = []
    for _ in range(count):
        database = MongoDatabase(uri, name)
        await database.prepare(documents_of(service))
        replicas.append(replica(service, database, KafkaBroker(bootstrap, client=service.name, copies=1)))
    for running in replicas:
        running.start()
    yield replicas
    for running in replicas:
        await running.stop(10.0)


async def register(running: Running, *schools: Facts) -> None:
    work = running.work()
    for known in schools:

        def decide(school: School | None, _documents: object, _now: object, known: Facts = known) -> Decision[None]:
            return enter(school, known, True, "import-1")

        await work.create_or_change(School, known.urn, decide)


async def under_review(running: Running, urns: tuple[str, ...]) -> str:
    work, lead = running.work(), approver(urns[0])
    drafted = await partnerships.draft(work, "Tyne Valley", urns[0], lead)
    for urn in urns[1:]:
        await partnerships.invite(work, drafted.id, urn, lead)
        await partnerships.accept(work, drafted.id, urn, approver(urn))
    await partnerships.submit(work, drafted.id, lead)
    await partnerships.start_review(work, drafted.id, OFFICER)
    return drafted.id


async def active(running: Running, urns: tuple[str, ...]) -> str:
    work = running.work()
    partnership_id = await under_review(running, urns)
    await partnerships.approve(work, partnership_id, OFFICER)
    await partnerships.sign_agreement(work, partnership_id, OFFICER)
    await partnerships.activate(work, partnership_id, OFFICER)
    return partnership_id


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a condition, with a deadline."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await holds():
            pass


@pytest.mark.timeout(180)
async def test_a_school_is_claimed_by_one_of_two_partnerships_that_are_approved_at_once(mongodb_uri: str) -> None:
    async with doors(mongodb_uri, 2) as (one, other):
        wanted = "900001"
        for round_number in range(4):
            first, second = (
                (wanted, *(str(910_000 + 100 * round_number + 10 * side + number) for number in range(3)))
                for side in range(2)
            )
            await register(one, *(facts(urn) for urn in {*first, *second}))
            ids = [await under_review(one, first), await under_review(other, second)]
            outcomes = await asyncio.gather(
                partnerships.approve(one.work(), ids[0], OFFICER),
                partnerships.approve(other.work(), ids[1], OFFICER),
                return_exceptions=True,
            )
            refused = [outcome for outcome in outcomes if isinstance(outcome, SchoolTaken)]
            approved = [outcome.id for outcome in outcomes if not isinstance(outcome, BaseException)]
            assert (len(refused), len(approved)) == (1, 1)
            membership = await one.database.collection(Membership).get(wanted)
            assert membership is not None
            assert membership.partnership_id == approved[0]
            # Freed, not unclaimed: the next round takes the path of a membership that was held before.
            await partnerships.terminate(one.work(), approved[0], "schools merged", OFFICER)


async def place_held(running: Running, partnership_id: str, urn: str, amount: int) -> str:
    """A place held on an occurrence of its own, so that bookings travel side by side."""
    occurrence_id, booking_id = new_id(), new_id()
    held: Event = PlaceHeld(
        occurrence_id=occurrence_id,
        booking_id=booking_id,
        school_urn=urn,
        places=1,
        partnership_id=partnership_id,
        amount_pence=amount,
        starts_on=TODAY,
        hold_expires_at=CLOCK.now() + timedelta(minutes=15),
    )

    def decide(_occurrence: Occurrence | None, _documents: object, _now: object) -> Decision[None]:
        return Decision(None, Occurrence(id=occurrence_id), (), (held,))

    await running.work().create_or_change(Occurrence, occurrence_id, decide)
    return booking_id


@pytest.mark.timeout(240)
async def test_replicas_together_reserve_to_the_last_penny_and_no_further(
    mongodb_uri: str, kafka_bootstrap: str
) -> None:
    new_topics(kafka_bootstrap, "partnerships.events", "courses.events")
    urns = ("900001", "900002", "900003", "900004")
    async with (
        whole(SERVICE, mongodb_uri, kafka_bootstrap, 2) as replicas,
        whole(SPEAKERS[0], mongodb_uri, kafka_bootstrap, 1) as (courses,),
    ):
        running = replicas[0]
        database = running.database
        await register(running, *(facts(urn) for urn in urns))
        partnership_id = await active(running, urns)
        work = running.work()
        sponsor = await pots.register_sponsor(work, "Northern Turbines plc")
        pot = await pots.open_pot(work, sponsor.id, "Physics", Restrictions())
        await pots.pay_in(work, pot.id, 100_000, None)
        await pots.allocate(work, pot.id, partnership_id, 100_000, "bursaries")

        async def account() -> Account:
            return await database.collection(Account).get(partnership_id) or Account(id=partnership_id)

        async def is_credited() -> bool:
            return (await account()).allocated == 100_000

        await eventually(is_credited)
        asked = await asyncio.gather(
            *(place_held(courses, partnership_id, urns[number % 4], 1_000) for number in range(120))
        )

        async def is_answered() -> bool:
            return await database.collection(Reservation).count({"partnership_id": partnership_id}) == len(asked)

        await eventually(is_answered)
        final = await account()
        assert (final.reserved, final.available) == (100_000, 0)
        told = {
            kind: await database.collection(OutboxRow).count(
                {"type": kind.type, "subject": f"accounts/{partnership_id}"}
            )
            for kind in (FundsReserved, FundsReservationRefused)
        }
        assert told == {FundsReserved: 100, FundsReservationRefused: 20}
        entries = await database.collection(LedgerEntry).find({"partnership_id": partnership_id})
        assert sum(entry.reserved for entry in entries) == final.reserved
        assert sorted(entry.number for entry in entries) == list(range(1, len(entries) + 1))


@pytest.mark.timeout(180)
async def test_two_accounts_that_fund_one_teacher_at_once_keep_to_one_cap(mongodb_uri: str) -> None:
    scheme = funding_scheme(TODAY)
    assert scheme is not None
    each = scheme.teacher_cap_pence // 4
    async with doors(mongodb_uri, 2) as replicas:
        ids = []
        for side, running in enumerate(replicas):
            urns = tuple(str(900_001 + 10 * side + number) for number in range(4))
            await register(running, *(facts(urn) for urn in urns))
            ids.append((await active(running, urns), urns[0]))
            await funds.credit(running.work(), ids[side][0], "pot", f"allocation-{side}", 10 * each, ())
        for year in range(2027, 2030):
            asked = [
                Request(
                    partnership_id,
                    Funded("booking", new_id()),
                    "occurrences/one",
                    urn,
                    each,
                    Terms(date(year, 1, 15), ("teacher-1",)),
                )
                for _ in range(4)
                for partnership_id, urn in ids
            ]
            await asyncio.gather(
                *(funds.reserve(replicas[number % 2].work(), request) for number, request in enumerate(asked))
            )
            kept = await replicas[0].database.collection(Reservation).find({"year": year - 1})
            assert [reservation.reserved for reservation in kept] == [each] * 4
            usage = await replicas[0].database.collection(Usage).get(f"{year - 1}/teacher/teacher-1")
            assert usage is not None
            assert usage.amount == scheme.teacher_cap_pence
