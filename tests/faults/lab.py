"""The lab: a stack of its own with replicas of courses, schools at work on it, and the checker beside it."""

from __future__ import annotations

import itertools
import logging
import random
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx

from infra.cli.client import Api
from infra.local.mongod import TEST_COMMANDS
from infra.local.stack import Stack
from infra.story.booking import open_occurrence
from infra.story.cast import MEMBERS, OPERATOR, teacher
from infra.story.forming import begin, form
from infra.story.funding import pay_and_allocate
from infra.story.registering import register
from infra.story.stage import Stage
from services.gateway.demo_accounts import DEMO_PASSWORD
from shared.ids import new_id
from tests.faults.checker.awards import award_faults
from tests.faults.checker.clients import client_faults
from tests.faults.checker.delivery import delivery_faults
from tests.faults.checker.faults import Fault, Rule
from tests.faults.checker.limits import limit_faults
from tests.faults.checker.money import money_faults
from tests.faults.checker.pending import pending
from tests.faults.checker.placements import placement_faults
from tests.faults.checker.places import place_faults
from tests.faults.checker.snapshot import Snapshot, client_of, snapshot
from tests.faults.checker.topics import PUBLISHERS
from tests.faults.entry import HOLDS, OFFERS
from tests.faults.journal import Journal
from tests.faults.load import Badges, Booker, Client, Habits, Load
from tests.faults.processes import PATIENCE, NoRest, Processes, await_that

SERVICES = ("partnerships", "courses", "placements", "gateway")
PRICE = 100
ALLOCATED = 9_000_000
ROOMY = 3_000
REST_SECONDS = 600.0
"""Events of one aggregate take effect one after the other: a backlog of thousands takes its time on a busy machine."""
STILL_SECONDS = 8.0
BETWEEN_LOOKS = 0.3
HOLD_SECONDS = 15.0
OFFER_SECONDS = 2.0


@dataclass
class Lab:
    """One run. `say` is told what happens; `seed` makes a run repeatable as far as the machine lets it."""

    directory: Path
    seed: int
    say: Callable[[str], None] = lambda _line: None
    replicas: int = 3
    clients: int = 6
    journal: Journal = field(default_factory=Journal)

    def __post_init__(self) -> None:
        """Nothing runs before the block is entered."""
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what its clients meet here is what the lab is for
        self.chance = random.Random(self.seed)
        self.known: set[tuple[Rule, str]] = set()
        self._seeds = itertools.count(self.seed * 1_000)
        self._open = ExitStack()
        self.stack = Stack(
            self.directory,
            services=SERVICES,
            replicas={"courses": self.replicas},
            environment={
                "RATE_LIMIT": "0",
                "SIGN_IN_RATE": "0",
                HOLDS: f"{HOLD_SECONDS}-{HOLD_SECONDS}",
                OFFERS: str(OFFER_SECONDS),
                "LOG_LEVEL": "INFO",
            },
            mongod_parameters=TEST_COMMANDS,
        )
        self.processes = Processes(self.stack, self.replicas)

    def __enter__(self) -> Self:
        """Start everything; schools, a partnership with money."""
        self._open.enter_context(self.stack)
        self.edge = self._api(self.stack.edge_url)
        self.direct = [self._api(self.stack.service_url(name)) for name in self.processes.replicas]
        self.badges = Badges(self.edge)
        self.stage = Stage(self.edge, logs=self.stack.plan.logs, within=PATIENCE)
        register(self.stage)
        self.partnership = begin(self.stage, form(self.stage))
        pay_and_allocate(self.stage, self.partnership.id, ALLOCATED, ALLOCATED)
        for urn in MEMBERS:
            self.stage.as_account(teacher(urn))
            self.badges.headers(urn)
        self.occurrence(1)
        return self

    def _api(self, url: str) -> Api:
        return self._open.enter_context(Api(url, patience=PATIENCE, retried=self.journal.troubled))

    def __exit__(self, *failure: object) -> None:
        """End everything, without the grace that has no use any more."""
        for name in reversed(self.stack.names):
            self.stack.kill(name)
        self._open.close()

    # Schools at work

    def occurrence(self, capacity: int = ROOMY, price_pence: int = PRICE) -> str:
        """A new occurrence, open for booking."""
        opened = open_occurrence(self.stage, capacity, price_pence)
        return opened.occurrence_id

    def load(self, occurrences: Sequence[str], habits: Habits | None = None, *, direct: bool = False) -> Load:
        """Schools at work on these occurrences, through the edge or straight at the replicas."""
        return Load(self.bookers(occurrences, habits or Habits(), self.clients, direct=direct))

    def bookers(self, occurrences: Sequence[str], habits: Habits, count: int, *, direct: bool = False) -> list[Client]:
        """So many schools that book."""
        doors = self.direct if direct else [self.edge]
        return [
            Booker(doors, self.badges, self.journal, occurrences, self.partnership.id, habits, self.dice())
            for _ in range(count)
        ]

    def dice(self) -> random.Random:
        """Chance of its own for somebody in a thread, by the seed of the run."""
        return random.Random(next(self._seeds))

    def await_answers(self, count: int, seconds: float = PATIENCE) -> float:
        """Until so many more requests were answered; how many seconds that took."""
        wanted = self.journal.total + count
        return await_that(f"{count} answers", lambda: self.journal.total >= wanted, seconds)

    # The checker

    def look(self, *, topics: bool = False) -> Snapshot:
        """Everything as it is now."""
        return snapshot(self.stack.uri(), self.stack.kafka_bootstrap, topics=topics)

    def rest(self, seconds: float = REST_SECONDS) -> float:
        """Until nothing is left to do: everything published, followed, decided; how long it took. Raises NoRest."""
        self.processes.revive()
        began = time.monotonic()
        while left := self.unsettled():
            if time.monotonic() - began > seconds:
                raise NoRest(f"not at rest after {seconds:.0f} s: {'; '.join(sorted(left)[:8])}")
            time.sleep(BETWEEN_LOOKS)
        return time.monotonic() - began

    def stand_still(self) -> None:
        """Until nothing is left to do, or nothing changes any more about what is left."""
        self.processes.revive()
        before, since = self.unsettled(), time.monotonic()
        while before and time.monotonic() - since < STILL_SECONDS:
            time.sleep(BETWEEN_LOOKS)
            now = self.unsettled()
            if now != before:
                before, since = now, time.monotonic()

    def unsettled(self) -> set[str]:
        """What is left to do, in words, without what a control has left undone."""
        known = {about for _, about in self.known}
        return {f"{about}: {left}" for about, left in pending(self.stack.uri()) if about not in known}

    def check(self) -> list[Fault]:
        """All faults there are, except those that were known before."""
        return self.faults_in(self.look(topics=True))

    def faults_in(self, seen: Snapshot) -> list[Fault]:
        """What is wrong in a snapshot that was not known before."""
        found = (
            *delivery_faults(seen),
            *place_faults(seen),
            *placement_faults(seen),
            *money_faults(seen),
            *award_faults(seen),
            *limit_faults(seen),
            *client_faults(seen, self.journal),
        )
        return [fault for fault in found if (fault.rule, fault.about) not in self.known]

    def await_fault(self, rules: Collection[Rule]) -> list[Fault]:
        """The faults of these rules, once nothing moves any more; only those that stay, for work may be under way."""
        self.stand_still()
        first = {fault for fault in self.check() if fault.rule in rules}
        return [fault for fault in self.check() if fault in first] if first else []

    def forget(self) -> None:
        """From now on what is wrong is known."""
        self.known |= {(fault.rule, fault.about) for fault in self.check()}

    # Asking as others do

    def operate(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """A request of an operator."""
        token = self.edge.token(OPERATOR, DEMO_PASSWORD).access_token
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": new_id()}
        return self.edge.send(method, path, json=body, headers=headers)

    def told(self, where: dict[str, Any]) -> list[dict[str, Any]]:
        """Rows of the outbox of courses, by aggregate and sequence."""
        with client_of(self.stack.uri()) as client:
            return list(client["courses"]["outbox"].find(where, sort=[("subject", 1), ("sequence", 1)]))

    def count_told(self, where: dict[str, Any]) -> int:
        """How many rows of the outbox of courses match."""
        with client_of(self.stack.uri()) as client:
            return client["courses"]["outbox"].count_documents(where)

    def count_events(self) -> int:
        """How many events were told in all."""
        with client_of(self.stack.uri()) as client:
            return sum(client[publisher]["outbox"].count_documents({}) for publisher in PUBLISHERS)
