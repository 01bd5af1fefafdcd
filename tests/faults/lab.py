"""The lab: a stack of its own with three replicas of courses, schools at work on it, and the checker beside it."""

from __future__ import annotations

import itertools
import json
import logging
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import httpx

from infra.cli.client import Api
from infra.local.stack import Stack
from infra.story.booking import open_occurrence
from infra.story.cast import MEMBERS, OPERATOR, teacher
from infra.story.forming import begin, form
from infra.story.funding import pay_and_allocate
from infra.story.registering import register
from infra.story.stage import Stage
from services.gateway.demo_accounts import DEMO_PASSWORD
from shared.ids import new_id
from tests.faults.checker.clients import client_faults
from tests.faults.checker.delivery import behind_in, delivery_faults
from tests.faults.checker.faults import Fault, Rule
from tests.faults.checker.money import money_faults
from tests.faults.checker.places import place_faults
from tests.faults.checker.snapshot import Snapshot, client_of, snapshot
from tests.faults.journal import Journal
from tests.faults.load import Badges, Habits, Load

SERVICES = ("partnerships", "courses", "gateway")
REPLICAS = ("courses", "courses-2", "courses-3")
KILLABLE = (*REPLICAS, "partnerships")
PRICE = 100
ALLOCATED = 9_000_000
PATIENCE = 120.0
BETWEEN_LOOKS = 0.2
LOOK_SECONDS = 0.5
HOLD_SECONDS = 15.0
OFFER_SECONDS = 4.0


class NoRest(Exception):
    """The stack did not come to rest in time."""


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
        self.faults_known: frozenset[Fault] = frozenset()
        self._seeds = itertools.count(self.seed * 1_000)
        self._open = ExitStack()
        self.stack = Stack(
            self.directory,
            services=SERVICES,
            replicas={"courses": self.replicas},
            environment={
                "RATE_LIMIT": "0",
                "SIGN_IN_RATE": "0",
                "FAULT_LAB_HOLD_SECONDS": str(HOLD_SECONDS),
                "FAULT_LAB_OFFER_SECONDS": str(OFFER_SECONDS),
                "LOG_LEVEL": "INFO",
            },
        )
        for name in self.services:
            self._enter_by_lab(name)

    @property
    def services(self) -> tuple[str, ...]:
        """The processes of ours that may be harmed."""
        return (*REPLICAS[: self.replicas], "partnerships")

    def _enter_by_lab(self, name: str) -> None:
        child = self.stack._children[name]
        command = (sys.executable, "-m", "tests.faults.entry", name.partition("-")[0])
        child.part = replace(child.part, command=command)

    def __enter__(self) -> Self:
        """Start everything; schools, a partnership with money."""
        self._open.enter_context(self.stack)
        self.edge = self._open.enter_context(Api(self.stack.edge_url, patience=PATIENCE, retried=self.journal.troubled))
        self.direct = [
            self._open.enter_context(
                Api(self.stack.service_url(name), patience=PATIENCE, retried=self.journal.troubled)
            )
            for name in REPLICAS[: self.replicas]
        ]
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

    def __exit__(self, *failure: object) -> None:
        """Stop everything."""
        self._open.close()

    # Schools at work

    def occurrence(self, capacity: int, price_pence: int = PRICE) -> str:
        """A new occurrence, open for booking."""
        opened = open_occurrence(self.stage, capacity, price_pence)
        return opened.occurrence_id

    def load(self, occurrences: Sequence[str], habits: Habits | None = None, *, direct: bool = False) -> Load:
        """Schools at work on these occurrences, through the edge or straight at the replicas."""
        return Load(
            self.direct if direct else [self.edge],
            self.badges,
            self.journal,
            occurrences,
            self.partnership.id,
            next(self._seeds),
            self.clients,
            habits or Habits(),
        )

    def await_answers(self, count: int, seconds: float = PATIENCE) -> None:
        """Until so many more requests were answered."""
        wanted = self.journal.total + count
        self.await_that(f"{count} answers", lambda: self.journal.total >= wanted, seconds)

    def await_that(self, what: str, holds: Callable[[], bool], seconds: float = PATIENCE) -> float:
        """Until it holds; how many seconds it took. Raises NoRest."""
        began = time.monotonic()
        while not holds():
            if time.monotonic() - began > seconds:
                raise NoRest(f"{what}: not within {seconds:.0f} s")
            time.sleep(BETWEEN_LOOKS)
        return time.monotonic() - began

    # Processes

    def switch(self, off: Sequence[str], services: Sequence[str] | None = None) -> None:
        """Start these services anew with these protections off (none: with all of them)."""
        names = [name for name in self.services if services is None or name.partition("-")[0] in services]
        self.restart(names, {"FAULT_LAB_OFF": ",".join(off)})

    def restart(self, names: Sequence[str], environment: Mapping[str, str]) -> None:
        """Kill these, and start them with their environment changed so."""
        for name in names:
            child = self.stack._children[name]
            child.part = replace(child.part, environment={**child.part.environment, **environment})
            child.kill()
        self.start(names)

    def route(self, store: int, broker: int) -> None:
        """Start our services anew, with their store and their broker at these ports."""
        ports = self.stack.plan.ports
        for name in self.services:
            uri = self.stack.uri(name.partition("-")[0]).replace(f":{ports.mongod}/", f":{store}/")
            self.stack._children[name].kill()
            child = self.stack._children[name]
            given = {"MONGODB_URI": uri, "KAFKA_BOOTSTRAP": f"127.0.0.1:{broker}"}
            child.part = replace(child.part, environment={**child.part.environment, **given})
        self.start(self.services)

    @contextmanager
    def armed(self, crashing: Mapping[str, str]) -> Iterator[None]:
        """All services end at one of the crash points while the block lasts, whenever they are started."""
        for name in self.services:
            child = self.stack._children[name]
            child.part = replace(child.part, environment={**child.part.environment, **crashing})
            child.kill()
        self.launch(self.services)
        try:
            yield
        finally:
            for name in self.services:
                child = self.stack._children[name]
                kept = {key: value for key, value in child.part.environment.items() if key not in crashing}
                child.part = replace(child.part, environment=kept)
                child.kill()
            self.start(self.services)

    def launch(self, names: Iterable[str]) -> None:
        """Start these without waiting for them: they may not live so long."""
        for name in names:
            self.stack._children[name].start()

    def start(self, names: Sequence[str]) -> None:
        """Start these at once, and wait until they are ready."""
        for name in names:
            self.stack._children[name].start()
        for name in names:
            self.stack._children[name].await_ready()

    def stop(self, names: Sequence[str]) -> None:
        """Stop these at once, gracefully."""
        with ThreadPoolExecutor(len(names)) as stopping:
            list(stopping.map(self.stack.stop, names))

    def revive(self) -> None:
        """Start whatever is dead, foundations first, and wait until everything is ready."""
        for name in ("mongod", "kafka"):
            if not self.stack.is_alive(name):
                self.stack.start(name)
        self.start([name for name in self.services if not self.stack.is_alive(name)])
        for name in self.stack.names:
            self.stack.await_ready(name)

    @contextmanager
    def off(self, *protections: str, services: Sequence[str] | None = None, back: bool = True) -> Iterator[None]:
        """Protections are off while the block lasts; without `back`, for good."""
        self.switch(protections, services)
        try:
            yield
        finally:
            if back:
                self.revive()
                self.switch((), services)

    def owner_of_relay(self) -> str | None:
        """Which replica of courses holds the lease of the relay; None when nobody does."""
        with client_of(self.stack.uri()) as client:
            lease = client["courses"]["leases"].find_one({"_id": "relay courses.events"})
        if lease is None or lease["owner"] is None:
            return None
        return next((name for name in REPLICAS[: self.replicas] if self._took_over(name, lease["epoch"])), None)

    def _took_over(self, name: str, epoch: int) -> bool:
        """Whether this replica says that it publishes under this lease."""
        if not self.stack.is_alive(name):
            return False
        lines = self.stack.logs(name).read_text(errors="replace").splitlines()
        taken = [json.loads(line) for line in lines if '"publishing taken over"' in line and line.endswith("}")]
        return any(line["epoch"] == epoch for line in taken)

    # The checker

    def look(self, *, topics: bool = False) -> Snapshot:
        """Everything as it is now."""
        return snapshot(self.stack.uri(), self.stack.kafka_bootstrap, topics=topics)

    def rest(self, seconds: float = 180.0) -> float:
        """Until nothing is left to do: everything published, followed, decided; how long it took. Raises NoRest."""
        self.revive()
        began, pending = time.monotonic(), ["everything"]
        while pending:
            pending = self.unsettled(self.look())
            if pending and time.monotonic() - began > seconds:
                raise NoRest(f"not at rest after {seconds:.0f} s: {'; '.join(pending[:8])}")
            time.sleep(LOOK_SECONDS if pending else 0)
        return time.monotonic() - began

    def unsettled(self, seen: Snapshot) -> list[str]:
        """What is left to do, in words."""
        known = {fault.about for fault in self.faults_known}
        waiting = [f"{row.stream}/{row.sequence} is not published" for row in seen.told if row.state != "published"]
        behind = [
            f"{service} is {n} behind on {stream}"
            for service, stream, n in behind_in(seen)
            if f"{stream} at {service}" not in known
        ]
        undecided = [
            f"booking {booking['_id']} is {booking['status']}"
            for booking in seen.documents("courses", "bookings")
            if booking["status"] in ("held", "pending-cover", "pending-funding", "offered")
        ]
        return waiting + behind + undecided

    def check(self) -> list[Fault]:
        """All faults there are, except those that were known before."""
        seen = self.look(topics=True)
        found = [
            *delivery_faults(seen),
            *place_faults(seen),
            *money_faults(seen),
            *client_faults(seen, self.journal),
        ]
        return [fault for fault in found if fault not in self.faults_known]

    def await_fault(self, rules: Sequence[Rule], seconds: float) -> list[Fault]:
        """The faults of these rules that a control brought about, as soon as there are some; none after the time.

        What is seen once only may be work under way: a fault stays.
        """
        with suppress(NoRest):
            self.rest(seconds / 2)
        until = time.monotonic() + seconds / 2
        before: list[Fault] = []
        while True:
            seen = [fault for fault in self.check() if fault.rule in rules]
            found = [fault for fault in seen if fault in before]
            if found or time.monotonic() > until:
                return found
            before = seen
            time.sleep(LOOK_SECONDS)

    def forget(self) -> None:
        """From now on what is wrong is known: a control has done it."""
        self.faults_known |= frozenset(self.check())

    # Asking as an operator

    def operate(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """A request of an operator."""
        token = self.edge.token(OPERATOR, DEMO_PASSWORD).access_token
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": new_id()}
        return self.edge.send(method, path, json=body, headers=headers)
