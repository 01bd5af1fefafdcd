"""Places and money agree at rest, whatever happens on the way.

Schools book, cancel and accept offers while services are killed, sends are doubled, acknowledgements get lost, the
broker loses its records, the clock runs, and relays and consumers get their turns in no particular order. Each seed is
a journey of its own; a failing one can be replayed by its number.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from services.courses.domain.booking import ASKING, Booking
from services.courses.domain.occurrence import Occurrence, held, offered
from services.partnerships.domain.account import Account
from shared.contracts.courses import PlaceHeld
from shared.database import CommitUnknown
from shared.messaging import relay
from shared.messaging.broker import BrokerUnavailable
from shared.messaging.outbox import OutboxRow
from tests.courses.organiser import URNS, Organiser, world
from tests.partnerships.programme import Programme

PRICE = 22_000
CAPACITY = 4
ALLOCATION = 3 * PRICE + 1_000
SERVICES = ("courses", "partnerships")
STEPS = 80


@dataclass
class Journey:
    """One disturbed run: a partnership with money for three places, an occurrence with four."""

    organiser: Organiser
    programme: Programme
    partnership_id: str
    occurrence_id: str
    chance: random.Random
    booked: list[dict[str, Any]] = field(default_factory=list)

    async def book(self) -> None:
        urn = self.chance.choice(URNS)
        answer = await self.organiser.book(self.occurrence_id, urn, partnership_id=self.partnership_id)
        self.booked.append(answer)

    async def ask(self) -> None:
        """Cancel a booking or answer an offer; refused if it has ended or nothing was offered, and rightly so."""
        if not self.booked:
            return
        booked = self.chance.choice(self.booked)
        what, body = self.chance.choice(
            [("cancellation", {"reason": "a colleague is ill"}), ("acceptance", None), ("refusal", None)]
        )
        path = f"/api/occurrences/{self.occurrence_id}/bookings/{booked['booking_id']}/{what}"
        headers = {**self.organiser.school(booked["school_urn"]), "Idempotency-Key": f"{self.chance.random()}"}
        answer = await self.organiser.world.client("courses").post(path, headers=headers, json=body)
        assert answer.status_code in (200, 409), answer.text

    async def step(self) -> None:
        running = self.organiser.world.running[self.chance.choice(SERVICES)]
        act = self.chance.choice([running.relay.step, running.consumer.step, running.schedule.step])
        try:
            await act()
        except BrokerUnavailable:
            return

    async def crash(self) -> None:
        name = self.chance.choice(SERVICES)
        await self.organiser.world.kill(name)
        await self.organiser.world.start(name)

    async def double(self) -> None:
        self.organiser.world.broker.faults.duplicate_sends += 1

    async def lose_acknowledgement(self) -> None:
        self.organiser.world.broker.faults.lose_acknowledgements += 1

    async def lose_records(self) -> None:
        self.organiser.world.broker.lose(f"{self.chance.choice(SERVICES)}.events")

    async def let_time_pass(self) -> None:
        self.organiser.world.clock.advance(timedelta(minutes=self.chance.choice([1, 5, 20])))

    async def go(self) -> None:
        """A chain of things that happen, then rest."""
        happenings: list[tuple[Callable[[], Awaitable[None]], int]] = [
            (self.book, 12),
            (self.ask, 12),
            (self.step, 60),
            (self.crash, 4),
            (self.double, 4),
            (self.lose_acknowledgement, 3),
            (self.lose_records, 1),
            (self.let_time_pass, 2),
        ]
        acts, weights = zip(*happenings, strict=True)
        for act in self.chance.choices(acts, weights, k=STEPS):
            await act()
        await self.rest()

    async def rest(self) -> None:
        """Every service back, every fault over, nothing left to do; holds and offers have run out."""
        faults = self.organiser.world.broker.faults
        faults.duplicate_sends = faults.lose_acknowledgements = 0
        for name in SERVICES:
            await self.organiser.world.kill(name)
            await self.organiser.world.start(name)
        await self.organiser.world.settle()
        self.organiser.world.clock.advance(timedelta(minutes=20))
        await self.organiser.world.settle()

    async def check(self) -> None:
        """Counted from the stores, not by the services' own code."""
        databases = self.organiser.world.databases
        bookings = await databases["courses"].collection(Booking).find({})
        occurrence = await databases["courses"].collection(Occurrence).get(self.occurrence_id)
        account = await databases["partnerships"].collection(Account).get(self.partnership_id)
        assert occurrence is not None
        assert account is not None
        now = self.organiser.world.clock.now()
        confirmed = [booking for booking in bookings if booking.status == "confirmed"]
        assert not [booking for booking in bookings if booking.status in ("held", *ASKING)], "stuck"
        assert occurrence.confirmed == sum(booking.places for booking in confirmed)
        assert occurrence.confirmed + held(occurrence, now) + offered(occurrence, now) <= CAPACITY
        balances = await self.programme.balances(self.partnership_id)
        reserved = sum(booking.places * PRICE for booking in confirmed)
        assert balances == (ALLOCATION, reserved, 0, ALLOCATION - reserved)
        for name in SERVICES:
            assert await databases[name].collection(OutboxRow).count({"state": "waiting"}) == 0


@pytest.fixture
async def journey(request: pytest.FixtureRequest) -> AsyncIterator[Journey]:
    async with world() as running:
        programme, organiser = Programme(running), Organiser(running)
        partnership_id = await programme.funded(ALLOCATION)
        occurrence_id = await organiser.opened(capacity=CAPACITY, price_pence=PRICE)
        yield Journey(organiser, programme, partnership_id, occurrence_id, random.Random(request.param))


@pytest.mark.parametrize("journey", range(25), indirect=True)
async def test_places_and_money_agree_at_rest(journey: Journey) -> None:
    await journey.go()
    await journey.check()


@pytest.mark.parametrize("journey", [101], indirect=True)
async def test_reading_every_topic_again_changes_nothing(journey: Journey) -> None:
    await journey.go()
    tables = {name: journey.organiser.world.databases[name] for name in SERVICES}
    kinds = ("occurrences", "bookings", "accounts", "reservations", "ledger", "outbox", "partnerships", "schools")
    before = {(name, kind): dict(store.table(kind)) for name, store in tables.items() for kind in kinds}
    for name in SERVICES:
        journey.organiser.world.broker.group(name).committed.clear()
        await journey.organiser.world.kill(name)
        await journey.organiser.world.start(name)
    assert await journey.organiser.world.settle() > 0
    after = {(name, kind): dict(store.table(kind)) for name, store in tables.items() for kind in kinds}
    assert after == before


@pytest.mark.parametrize("journey", [7], indirect=True)
async def test_a_crash_between_commit_and_answer_books_once(journey: Journey) -> None:
    world, organiser = journey.organiser.world, journey.organiser
    path = f"/api/occurrences/{journey.occurrence_id}/bookings"
    funding = {"kind": "bursary", "partnership_id": journey.partnership_id}
    body = {"delegates": [{"delegate_id": "delegate-1"}], "funding": funding}
    world.databases["courses"].faults.after.append(CommitUnknown())
    await world.post("courses", path, organiser.school(), body, key="the-only-key", status=503)
    booked = await world.post("courses", path, organiser.school(), body, key="the-only-key")
    await world.settle()
    assert await organiser.status(booked) == "confirmed"
    assert len(await organiser.told(PlaceHeld)) == 1
    await journey.check()


async def lose_what_was_said(journey: Journey) -> str:
    """Book, publish, and have the broker lose it before anybody has read it; the booking's status at rest."""
    world, organiser = journey.organiser.world, journey.organiser
    booked = await organiser.book(journey.occurrence_id, partnership_id=journey.partnership_id)
    await world.running["courses"].relay.step()
    world.broker.lose("courses.events")
    await world.kill("courses")
    await world.start("courses")
    await world.settle()
    return await organiser.status(booked)


@pytest.mark.parametrize("journey", [11], indirect=True)
async def test_what_the_broker_lost_is_said_again(journey: Journey) -> None:
    assert await lose_what_was_said(journey) == "confirmed"
    await journey.check()


@pytest.mark.parametrize("journey", [11], indirect=True)
async def test_control_without_the_audit_what_the_broker_lost_stays_lost(
    journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "lost_by_extent", lambda _ends, _extents: {})
    assert await lose_what_was_said(journey) == "pending-funding"
