"""Requests, visits and ambassadors agree at rest, and nobody who may not goes, whatever happens on the way.

Schools ask, cancel and confirm, ambassadors answer and withdraw, officers suspend and check, while the service is
killed, sends are doubled, acknowledgements get lost, the clock runs, and relay, consumer and schedule get their turns
in no particular order. Each seed is a journey of its own.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from services.ambassadors.domain import gate
from services.ambassadors.domain.ambassador import Ambassador, Status, may_visit
from services.ambassadors.domain.change import Change
from services.ambassadors.domain.offer import Offer
from services.ambassadors.domain.request import AGREED, ActivityRequest, DiaryDay, RequestStatus
from services.ambassadors.domain.visit import AHEAD, Visit, VisitStatus
from shared.messaging.broker import BrokerUnavailable
from shared.messaging.outbox import OutboxRow
from tests.ambassadors.coordinator import ACTIVITY, CHECK, NOTE, URNS, Coordinator, lone_world

NAMES = ("ada", "bo", "cy", "di")
STEPS = 150
KINDS = ("ambassadors", "offers", "requests", "visits", "diary_days", "volunteers", "outbox")


@dataclass
class Journey:
    """One disturbed run: four ambassadors and three schools."""

    coordinator: Coordinator
    ambassadors: dict[str, str]
    chance: random.Random
    steps: int = STEPS

    async def all_of(self, kind: type[Any]) -> list[Any]:
        found: list[Any] = await self.coordinator.world.databases["ambassadors"].collection(kind).find({})
        return found

    async def post(self, path: str, caller: Any, body: object = None) -> None:
        """Ask; whatever is refused is refused rightly, and nothing is ever an error of ours."""
        self.coordinator.world.clock.advance(timedelta(milliseconds=1))
        headers = {**caller, "Idempotency-Key": f"{self.chance.random()}"}
        answer = await self.coordinator.world.client("ambassadors").post(path, headers=headers, json=body)
        assert answer.status_code < 500, answer.text

    async def ask(self) -> None:
        dates = self.coordinator.dates(*sorted(self.chance.sample((7, 8, 9, 10, 14), 2)))
        body = ACTIVITY | {"dates": dates}
        await self.post("/api/activities", self.coordinator.school(self.chance.choice(URNS)), body)

    async def answer(self) -> None:
        invited = [one for one in await self.all_of(ActivityRequest) if one.status is RequestStatus.INVITED]
        if not invited:
            return
        request = self.chance.choice(invited)
        name = next(name for name, key in self.ambassadors.items() if key == request.invited_id)
        caller = self.coordinator.volunteer(name)
        if self.chance.random() < 0.75:
            body = {"starts_at": self.chance.choice(request.slots).starts_at.isoformat()}
            await self.post(f"/api/activities/{request.id}/acceptance", caller, body)
        else:
            await self.post(f"/api/activities/{request.id}/refusal", caller)

    async def visit(self) -> None:
        """The school or the ambassador does something with a visit."""
        visits = await self.all_of(Visit)
        if not visits:
            return
        visit = self.chance.choice(visits)
        path, school = f"/api/visits/{visit.id}", self.coordinator.school(visit.school_urn)
        what = self.chance.choice(["confirmation", "confirmation", "confirmation", "cancellation", "withdrawal"])
        if what == "confirmation":
            await self.post(f"{path}/confirmation", school, {"supervision": NOTE})
            return
        name = next(name for name, key in self.ambassadors.items() if key == visit.ambassador_id)
        caller = school if what == "cancellation" else self.coordinator.volunteer(name)
        await self.post(f"{path}/cancellation", caller, {"reason": "Something came up."})

    async def judge(self) -> None:
        """An officer suspends, reinstates, or records a check."""
        ambassador_id = self.chance.choice(list(self.ambassadors.values()))
        path, officer = f"/api/ambassadors/{ambassador_id}", self.coordinator.officer()
        what = self.chance.choice(["suspension", "reinstatement", "reinstatement", "cleared", "cleared", "refused"])
        if what in ("cleared", "refused"):
            await self.post(f"{path}/credentials", officer, CHECK | {"decision": what})
        else:
            await self.post(f"{path}/{what}", officer, {"reason": "A question."})

    async def step(self) -> None:
        running = self.coordinator.world.running["ambassadors"]
        act = self.chance.choice([running.relay.step, running.consumer.step, running.schedule.step])
        try:
            await act()
        except BrokerUnavailable:
            return

    async def crash(self) -> None:
        await self.coordinator.world.kill("ambassadors")
        await self.coordinator.world.start("ambassadors")

    async def double(self) -> None:
        self.coordinator.world.broker.faults.duplicate_sends += 1

    async def lose_acknowledgement(self) -> None:
        self.coordinator.world.broker.faults.lose_acknowledgements += 1

    async def let_time_pass(self) -> None:
        self.coordinator.world.clock.advance(timedelta(hours=self.chance.choice([1, 6, 30])))

    def happenings(self) -> list[tuple[Callable[[], Awaitable[None]], int]]:
        """What may happen, and how often beside the others."""
        return [
            (self.ask, 8),
            (self.answer, 14),
            (self.visit, 10),
            (self.judge, 5),
            (self.step, 60),
            (self.crash, 3),
            (self.double, 4),
            (self.lose_acknowledgement, 3),
            (self.let_time_pass, 3),
        ]

    async def go(self) -> None:
        """A chain of things that happen, then rest."""
        acts, weights = zip(*self.happenings(), strict=True)
        for act in self.chance.choices(acts, weights, k=self.steps):
            await act()
        await self.rest()

    async def rest(self) -> None:
        """The service back, every fault over, nothing left to do."""
        faults = self.coordinator.world.broker.faults
        faults.duplicate_sends = faults.lose_acknowledgements = 0
        await self.crash()
        for _ in range(3):
            await self.coordinator.later(minutes=1)

    async def check(self) -> None:
        """Counted from the store."""
        visits = {visit.id: visit for visit in await self.all_of(Visit)}
        await self.check_nobody_goes_who_may_not(visits)
        await self.check_requests_and_visits(visits)
        await self.check_promises(visits)
        database = self.coordinator.world.databases["ambassadors"]
        assert await database.collection(OutboxRow).count({"state": "waiting"}) == 0

    async def check_nobody_goes_who_may_not(self, visits: dict[str, Visit]) -> None:
        now = self.coordinator.world.clock.now()
        ambassadors = {one.id: one for one in await self.all_of(Ambassador)}
        for visit in visits.values():
            if visit.status in AHEAD and visit.starts_at > now:
                ambassador = ambassadors[visit.ambassador_id]
                assert may_visit(ambassador, visit.place.jurisdiction, visit.starts_at.date(), now), visit
        for request in await self.all_of(ActivityRequest):
            if request.invited_id is not None:
                assert ambassadors[request.invited_id].status is Status.ACTIVE, request
        for offer in await self.all_of(Offer):
            assert offer.open == (ambassadors[offer.id].status is Status.ACTIVE)

    async def check_requests_and_visits(self, visits: dict[str, Visit]) -> None:
        for request in await self.all_of(ActivityRequest):
            visit = visits.get(request.visit_id or "")
            if request.status in AGREED:
                assert visit is not None
                assert visit.ambassador_id == request.ambassador_id
                assert visit.status in AHEAD
                assert (request.status is RequestStatus.CONFIRMED) == (visit.status is VisitStatus.CONFIRMED)
            elif visit is not None and request.status in (RequestStatus.CANCELLED, RequestStatus.EXPIRED):
                assert visit.status is VisitStatus.CANCELLED
            elif visit is not None:
                assert visit.status is VisitStatus.SEEKING_SUBSTITUTE, (request.status, visit.status)
            open_ones = [one for one in request.invitations if one.ending is None]
            assert len(open_ones) == (1 if request.status is RequestStatus.INVITED else 0)
            assert max(Counter(one.ambassador_id for one in request.invitations).values(), default=0) <= 1

    async def check_promises(self, visits: dict[str, Visit]) -> None:
        promised = {(day.id.split()[0], one.request_id) for day in await self.all_of(DiaryDay) for one in day.promises}
        kept = [visit for visit in visits.values() if visit.status in AHEAD]
        assert promised == {(visit.ambassador_id, visit.request_id) for visit in kept}
        for ambassador in await self.all_of(Ambassador):
            own = sorted((v for v in kept if v.ambassador_id == ambassador.id), key=lambda v: v.starts_at)
            assert all(one.ends_at <= other.starts_at for one, other in pairwise(own))
            assert set(ambassador.engagements) == {visit.id for visit in own}


@pytest.fixture
async def journey(request: pytest.FixtureRequest) -> AsyncIterator[Journey]:
    async with lone_world() as running:
        coordinator = Coordinator(running)
        await coordinator.know()
        ambassadors = {name: await coordinator.active(name) for name in NAMES}
        yield Journey(coordinator, ambassadors, random.Random(request.param))


@pytest.mark.parametrize("journey", [4, 48, 71, 74, 83, 104, *range(5, 20)], indirect=True)
async def test_requests_visits_and_ambassadors_agree_at_rest(journey: Journey) -> None:
    await journey.go()
    await journey.check()


@pytest.mark.parametrize("journey", [101], indirect=True)
async def test_reading_every_topic_again_changes_nothing(journey: Journey) -> None:
    await journey.go()
    database = journey.coordinator.world.databases["ambassadors"]
    before: dict[str, Any] = {kind: dict(database.table(kind)) for kind in KINDS}
    journey.coordinator.world.broker.group("ambassadors").committed.clear()
    await journey.crash()
    assert await journey.coordinator.world.settle() > 0
    assert {kind: dict(database.table(kind)) for kind in KINDS} == before


async def test_without_the_gate_somebody_goes_who_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same journeys with the gate wide open, and the check sees it."""

    def open_gate(_change: Change[Any], _at: object) -> bool:
        return True

    monkeypatch.setattr(gate, "fit", open_gate)
    monkeypatch.setattr("services.ambassadors.domain.visit.fit", open_gate)
    seen = 0
    for seed in range(8):
        async with lone_world() as running:
            coordinator = Coordinator(running)
            await coordinator.know()
            ambassadors = {name: await coordinator.active(name) for name in NAMES}
            journey = Journey(coordinator, ambassadors, random.Random(seed))
            await journey.go()
            try:
                await journey.check()
            except AssertionError:
                seen += 1
    assert seen > 0
