"""The stand: a stack of its own, a bare endpoint behind the same edge, and clients in a process of their own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import httpx
import psutil
from pymongo import MongoClient

from infra.cli.client import Api
from infra.local.children import LEASH, Child
from infra.local.part import NotReady, Part, wait_until
from infra.local.plan import Ports
from infra.local.ports import free_ports
from infra.local.service import demand_answer
from infra.local.stack import Stack
from infra.story.booking import open_occurrence
from infra.story.cast import MEMBERS, OFFICER, teacher
from infra.story.forming import begin, form
from infra.story.funding import pay_and_allocate
from infra.story.registering import register
from infra.story.stage import Stage
from services.gateway.demo_accounts import DEMO_PASSWORD
from tests.bench.load.orders import FRESH, Order, Outcome, Request, demand, post

SERVICES = ("partnerships", "courses", "gateway")
FOLLOWING = (
    ("partnerships", "courses"),
    ("courses", "partnerships"),
    ("placements", "partnerships"),
    ("partnerships", "placements"),
)
"""Who follows whom: the services that bookings and placements are decided by."""
ENVIRONMENT = {"RATE_LIMIT": "0", "SIGN_IN_RATE": "0", "LOG_LEVEL": "INFO"}
MOST_PLACES = 10_000
ALLOCATED = 900_000_000
TOKEN_SECONDS = 300.0
REST_SECONDS = 300.0


class Clients:
    """The load process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - the command is ours
            (*LEASH, sys.executable, "-m", "tests.bench.load"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def carry_out(self, order: Order) -> Outcome:
        """Have an order done, and wait for it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(order.model_dump_json() + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the load process has ended: what it said is above")
        return Outcome.model_validate_json(line)

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


@dataclass(frozen=True, slots=True)
class Usage:
    """Seconds of processor time by process, and what the door of courses has counted, at a moment."""

    at: float
    cpu: Mapping[str, float]
    decisions: float
    commits: float
    attempts: float

    def since(self, before: Usage) -> Usage:
        """What was used between two moments."""
        return Usage(
            self.at - before.at,
            {name: seconds - before.cpu.get(name, 0.0) for name, seconds in self.cpu.items()},
            self.decisions - before.decisions,
            self.commits - before.commits,
            self.attempts - before.attempts,
        )


class Stand:
    """Everything that is measured. It is ready for bookings once the block is entered, unless it is not `furnished`.

    `started_in` says how many seconds the stack took to be ready.
    """

    def __init__(
        self,
        directory: Path,
        *,
        services: Sequence[str] = SERVICES,
        ports: Ports | None = None,
        with_bare: bool = True,
        furnished: bool = True,
    ) -> None:
        self._services = services
        self.stack = Stack(directory, services=services, ports=ports, environment=ENVIRONMENT)
        self._furnished = furnished
        self._open = ExitStack()
        self._tokens: dict[str, tuple[str, float]] = {}
        self._bare: Child | None = None
        if with_bare:
            self._put_bare_endpoint(free_ports(1)[0])

    def _put_bare_endpoint(self, port: int) -> None:
        """The bare endpoint stands where the edge would find placements."""
        command = (sys.executable, "-m", "tests.bench.bare", str(port))
        part = Part("bare", command, self.stack.plan.repository, port, lambda: demand_answer(port, "/health/ready"))
        self._bare = Child(part, self.stack.plan.logs)
        edge = self.stack._children["edge"]
        route = {"PLACEMENTS": "placements", "PLACEMENTS_UPSTREAMS": f"to 127.0.0.1:{port}"}
        edge.part = replace(edge.part, environment={**edge.part.environment, **route})

    def __enter__(self) -> Self:
        """Start everything; schools, and a partnership with money."""
        if self._bare is not None:
            self._bare.start()
            self._open.callback(self._bare.kill)
        began = time.monotonic()
        self._open.enter_context(self.stack)
        self.started_in = time.monotonic() - began
        if self._bare is not None:
            self._bare.await_ready()
        self.clients = Clients()
        self._open.callback(self.clients.close)
        self.edge = self._open.enter_context(Api(self.stack.edge_url, patience=60))
        self.stage = Stage(self.edge, logs=self.stack.plan.logs, within=60)
        self.store: MongoClient[dict[str, Any]] = MongoClient(self.stack.uri())
        self._open.callback(self.store.close)
        if self._furnished:
            self._furnish()
        return self

    def _furnish(self) -> None:
        """Schools, and a partnership with money."""
        register(self.stage)
        self.partnership_id = begin(self.stage, form(self.stage)).id
        pay_and_allocate(self.stage, self.partnership_id, ALLOCATED, ALLOCATED)

    def __exit__(self, *failure: object) -> None:
        """Stop everything."""
        self._open.close()

    # What is asked

    @property
    def port(self) -> int:
        """The edge's."""
        return self.stack.plan.ports.edge

    def token(self, email: str, password: str = DEMO_PASSWORD) -> str:
        """An access token that is good for the next minutes."""
        token, good_until = self._tokens.get(email, ("", 0.0))
        if time.monotonic() > good_until:
            token = self.edge.token(email, password).access_token
            self._tokens[email] = (token, time.monotonic() + TOKEN_SECONDS)
        return token

    def occurrence(self, capacity: int = MOST_PLACES, price_pence: int = 100) -> str:
        """A new occurrence, open for booking."""
        return open_occurrence(self.stage, capacity, price_pence).occurrence_id

    def occurrences(self, count: int, capacity: int = MOST_PLACES) -> list[str]:
        """Many of them, made through the API like any other."""
        first = self.stage.as_account(OFFICER).api.send("GET", f"/api/occurrences/{self.occurrence()}").json()
        plan = {
            "course_id": first["course_id"],
            "sessions": [{key: session[key] for key in ("starts_at", "ends_at")} for session in first["sessions"]],
            "capacity": capacity,
            "price_pence": 100,
            "region": "North East",
        }
        officer = self.token(OFFICER)
        made = self.once([post("/api/occurrences", plan, officer)] * count, clients=32, answers=True)
        found = [httpx.Response(200, text=answer).json()["occurrence_id"] for answer in made.answers]
        for verb in ("scheduling", "opening"):
            self.once([post(f"/api/occurrences/{one}/{verb}", {}, officer) for one in found], clients=32)
        return found

    def booking(self, occurrence_id: str, *, bursary: bool = False, number: int = 0) -> Request:
        """A school books one place for a delegate of its own."""
        urn = MEMBERS[number % len(MEMBERS)]
        funding: dict[str, str] = {"kind": "school"}
        if bursary:
            funding = {"kind": "bursary", "partnership_id": self.partnership_id}
        body = {"delegates": [{"delegate_id": FRESH}], "funding": funding, "if_full": "refuse"}
        return post(f"/api/occurrences/{occurrence_id}/bookings", body, self.token(teacher(urn)))

    def bookings(self, occurrence_ids: Sequence[str], *, bursary: bool = False) -> list[Request]:
        """One for each occurrence, at least one for each school."""
        count = max(len(occurrence_ids), len(MEMBERS))
        return [
            self.booking(occurrence_ids[number % len(occurrence_ids)], bursary=bursary, number=number)
            for number in range(count)
        ]

    def closed(
        self, requests: Sequence[Request], clients: int, seconds: float, allowed: Sequence[str] = ("201",)
    ) -> Outcome:
        """Clients that ask again as soon as they were answered."""
        order = Order(kind="closed", port=self.port, requests=tuple(requests), clients=clients, seconds=seconds)
        return demand(self.clients.carry_out(order), allowed)

    def once(
        self,
        requests: Sequence[Request],
        clients: int,
        *,
        answers: bool = False,
        allowed: Sequence[str] = ("200", "201"),
    ) -> Outcome:
        """Each request once."""
        order = Order(kind="once", port=self.port, requests=tuple(requests), clients=clients, answers=answers)
        return demand(self.clients.carry_out(order), allowed)

    # What is looked at

    def usage(self) -> Usage:
        """What was used until now."""
        pids = {name: self.stack.pid(name) for name in self.stack.names} | {"clients": self.clients.pid}
        if self._bare is not None:
            pids["bare"] = self._bare.pid
        cpu = {name: sum(psutil.Process(pid).cpu_times()[:2]) for name, pid in pids.items()}
        counted = self.counted("courses")
        names = ("stem_decisions_total", "stem_commits_total", "stem_commit_attempts_total")
        return Usage(time.monotonic(), cpu, *(counted.get(name, 0.0) for name in names))

    def memory(self) -> dict[str, float]:
        """What each process keeps to itself, with its part of what it shares (PSS), in MiB."""
        return {name: _proportional(self.stack.pid(name)) for name in self.stack.names}

    def counted(self, service: str) -> dict[str, float]:
        """The metrics of a service that have no labels."""
        lines = httpx.get(f"{self.stack.service_url(service)}/metrics").text.splitlines()
        return {
            name: float(value)
            for name, value in (line.rsplit(" ", 1) for line in lines if "{" not in line and line[0] != "#")
        }

    def rest(self) -> float:
        """Wait until every event is published and followed; how many seconds it took."""
        began = time.monotonic()

        def demand_rest() -> None:
            told = {name: self.store[name]["outbox"].count_documents({"state": "waiting"}) for name in self._services}
            if any(told.values()):
                raise NotReady(f"waiting in the outbox: {told}")
            for follower, publisher in FOLLOWING:
                if not {follower, publisher} <= set(self._services):
                    continue
                followed = self._followed(follower, publisher)
                committed = self.store[publisher]["outbox"].estimated_document_count()
                if followed < committed:
                    raise NotReady(f"{follower} has followed {followed} of {committed} events of {publisher}")

        wait_until(demand_rest, REST_SECONDS)
        return time.monotonic() - began

    def _followed(self, follower: str, publisher: str) -> int:
        """How many events of a publisher a service has followed: streams are numbered without gaps."""
        streams = {"$match": {"_id": {"$gte": f"{publisher}/", "$lt": f"{publisher}0"}}}
        total = {"$group": {"_id": None, "sum": {"$sum": "$sequence"}}}
        found = list(self.store[follower]["positions"].aggregate([streams, total]))
        return int(found[0]["sum"]) if found else 0


def _proportional(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    kibibytes = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return round(kibibytes / 1024, 1)
