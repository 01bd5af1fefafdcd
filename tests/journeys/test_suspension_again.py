"""A suspension arrives again and again while a substitute is sought: no visit stays undecided, none has two to come.

The service is killed between an effect and the note that it has happened, reads every topic from its beginning, and has
forgotten which events of a suspension it has acted on: the rules alone have to see that an event is an old one. In the
meantime substitutes accept and refuse, schools confirm, and others are suspended, too.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from services.ambassadors.domain import inviting
from services.ambassadors.domain.ambassador import Ambassador, Status
from services.ambassadors.domain.request import ActivityRequest
from services.ambassadors.domain.visit import AHEAD, Visit
from shared.commit import InboxRow
from shared.contracts.ambassadors import SubstituteSought
from shared.decision import Decision, Documents
from tests.ambassadors.coordinator import Coordinator, lone_world
from tests.journeys.test_disturbed_visits import NAMES, Journey

STEPS = 200
SEEDS = range(8)
MANY = (*NAMES, "ed", "fay", "gus")
OF_A_SUSPENSION = (" recheck_after_status ", " recheck_after_check ", " seek_substitute ")
SEEK_SUBSTITUTE = inviting.seek_substitute


@dataclass
class Suspensions(Journey):
    """A disturbed run in which whoever is to go is suspended."""

    heard_again: int = 0
    steps: int = STEPS

    async def suspend(self) -> None:
        """An officer suspends somebody who is to go."""
        ahead = [visit for visit in await self.all_of(Visit) if visit.status in AHEAD]
        if ahead:
            await self.decide(self.chance.choice(ahead).ambassador_id, "suspension")

    async def reinstate(self) -> None:
        """An officer ends a suspension, so that somebody is left to come."""
        suspended = [one for one in await self.all_of(Ambassador) if one.status is Status.SUSPENDED]
        if len(suspended) > 1:
            await self.decide(self.chance.choice(suspended).id, "reinstatement")

    async def decide(self, ambassador_id: str, what: str) -> None:
        path = f"/api/ambassadors/{ambassador_id}/{what}"
        await self.post(path, self.coordinator.officer(), {"reason": "A question."})

    async def hear_again(self) -> None:
        """A crash after which everything is read again, and what followed from suspensions is not remembered."""
        world = self.coordinator.world
        await world.kill("ambassadors")
        database = world.databases["ambassadors"]
        world.broker.group("ambassadors").committed.clear()
        database.table("positions").clear()
        inbox = database.table(InboxRow.collection)
        for mark in [key for key in inbox if any(name in f" {key} " for name in OF_A_SUSPENSION)]:
            del inbox[mark]
            self.heard_again += 1
        await world.start("ambassadors")

    def happenings(self) -> list[tuple[Callable[[], Awaitable[None]], int]]:
        """As in any disturbed run, with suspensions that are heard again."""
        return [
            (self.ask, 5),
            (self.answer, 14),
            (self.visit, 4),
            (self.suspend, 6),
            (self.reinstate, 6),
            (self.hear_again, 6),
            (self.crash, 3),
            (self.double, 4),
            (self.lose_acknowledgement, 3),
            (self.step, 60),
        ]

    async def go(self) -> None:
        """At the end everything is read once more."""
        await super().go()
        await self.hear_again()
        await self.rest()

    async def check(self) -> None:
        """What any disturbed run keeps to, and that nobody is replaced twice by one suspension."""
        await super().check()
        visits = {visit.id: visit for visit in await self.all_of(Visit)}
        sought: dict[str, list[str]] = {}
        for event in await self.coordinator.told(SubstituteSought):
            sought.setdefault(event.visit_id, []).append(event.ambassador_id)
        assert sought == {visit.id: list(visit.replaced) for visit in visits.values() if visit.replaced}
        assert all(len(set(replaced)) == len(replaced) for replaced in sought.values())


async def journeys(seeds: range) -> AsyncIterator[Suspensions]:
    for seed in seeds:
        async with lone_world() as running:
            coordinator = Coordinator(running)
            await coordinator.know()
            ambassadors = {name: await coordinator.active(name) for name in MANY}
            yield Suspensions(coordinator, ambassadors, random.Random(seed))


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_suspension_that_arrives_again_leaves_each_visit_decided_with_one_ambassador_or_none(seed: int) -> None:
    async for journey in journeys(range(seed, seed + 1)):
        await journey.go()
        assert journey.heard_again > 0
        await journey.check()


async def test_control_a_request_that_believes_every_old_event_loses_its_ambassador(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without asking who is meant, an old event sends away the substitute, too, and the check sees it."""

    def believe(root: ActivityRequest, documents: Documents, now: datetime, **given: Any) -> Decision[None]:
        given["ambassador_id"] = root.ambassador_id
        return SEEK_SUBSTITUTE(root, documents, now, **given)

    monkeypatch.setattr(inviting, "seek_substitute", believe)
    seen = 0
    async for journey in journeys(SEEDS):
        await journey.go()
        try:
            await journey.check()
        except AssertionError:
            seen += 1
    assert seen > 0
