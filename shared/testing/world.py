"""All services in one loop, on the twins of store and broker, with a clock that stands still.

    async with World([partnerships.SERVICE, courses.SERVICE]) as world:
        await world.post("courses", f"/api/occurrences/{id}/bookings", body, caller)
        await world.settle()

Nothing happens between requests but what `settle` or a single step does: doors commit as they are asked, while relays,
consumers and schedules stand still until they are stepped. Time passes only by `world.clock.advance`. A service can be
killed and started again on the same store; what it had in memory is gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import httpx

from shared.clock import ManualClock
from shared.definition import Service
from shared.http.principal import Role
from shared.ids import new_id
from shared.messaging.timing import ConsumerTiming, RelayTiming
from shared.running import Running, assemble, documents_of
from shared.settings import Settings
from shared.testing.apps import borrow, give_back
from shared.testing.broker import MemoryBroker
from shared.testing.memory import MemoryDatabase
from shared.testing.tokens import TokenMaker
from shared.testing.watching import ChangedTwice, watched

START = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)
MOST_ROUNDS = 1_000

Headers = Mapping[str, str]


class NeverSettles(AssertionError):
    """The services keep each other busy: a loop of events, or work that is tried again for ever."""


class World:
    """Services by name, each with a store of its own, around one broker."""

    def __init__(self, services: Iterable[Service], start: datetime = START) -> None:
        self.clock = ManualClock(start)
        self.tokens = TokenMaker(self.clock)
        self.broker = MemoryBroker()
        self.services = {service.name: service for service in services}
        self.databases = {name: MemoryDatabase(self.clock) for name in self.services}
        self.running: dict[str, Running] = {}
        self.changed_twice: list[str] = []
        self._doors: dict[str, asyncio.Task[None]] = {}
        self._clients: dict[str, httpx.AsyncClient] = {}

    async def __aenter__(self) -> Self:
        """Prepare the stores and start every service."""
        for name, service in self.services.items():
            await self.databases[name].prepare(documents_of(service))
            await self.broker.ensure_topics([service.topic])
        for name in self.services:
            await self.start(name)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let everything go."""
        for name in list(self.running):
            await self.kill(name)

    async def start(self, name: str) -> None:
        """Start a service on its store, as a new process would."""
        running = assemble(
            watched(self.services[name], self.changed_twice),
            self.databases[name],
            self.broker,
            self.clock,
            Settings.given(rate_limit=0),
            keys=self.tokens.keys(),
            app=borrow(self.services[name]),
            relay_timing=RelayTiming(mark_seconds=0.0),
            consumer_timing=ConsumerTiming(note_seconds=0.0, fetch_seconds=0.0, look_seconds=0.0),
        )
        self._doors[name] = asyncio.create_task(running.door.run())
        self.running[name] = running
        transport = httpx.ASGITransport(running.app, raise_app_exceptions=True)
        self._clients[name] = httpx.AsyncClient(transport=transport, base_url=f"http://{name}")
        await running.begin()

    async def kill(self, name: str) -> None:
        """End a service as a crash would: no goodbye, nothing drained."""
        running = self.running.pop(name)
        door = self._doors.pop(name)
        door.cancel()
        await asyncio.gather(door, return_exceptions=True)
        await self._clients.pop(name).aclose()
        give_back(self.services[name], running.app)
        # A crash would hold these until they run out; the clock stands still, so that would be for ever.
        for part in (running.consumer, running.relay, running.schedule):
            await part.close()

    async def settle(self) -> int:
        """Step everything until nothing is left to do now; how many steps did something. Raises ChangedTwice."""
        busy = 0
        for _ in range(MOST_ROUNDS):
            done = 0
            for running in list(self.running.values()):
                done += await running.schedule.step()
                done += await running.relay.step()
                done += await running.consumer.step()
            if self.changed_twice:
                raise ChangedTwice(self.changed_twice[0])
            if not done:
                return busy
            busy += done
        raise NeverSettles(f"still busy after {MOST_ROUNDS} rounds")

    def caller(self, subject: str, *roles: Role, **claims: Any) -> Headers:
        """The headers of a person or a client with these roles."""
        return self.tokens.headers(subject, *roles, **claims)

    async def get(self, service: str, path: str, caller: Headers, **parameters: Any) -> Any:
        """The answer to a GET as JSON; anything but 200 is a failed test."""
        answer = await self._clients[service].get(path, headers=dict(caller), params=parameters)
        assert answer.status_code == 200, answer.text  # noqa: S101 - this is for tests
        return answer.json()

    async def post(
        self, service: str, path: str, caller: Headers, body: object = None, *, key: str = "", status: int | None = None
    ) -> Any:
        """The answer to a POST as JSON, with a fresh Idempotency-Key or the one given; `status` is what is expected.

        Without `status` anything from 200 to 299 is.
        """
        headers = {**caller, "Idempotency-Key": key or new_id()}
        answer = await self._clients[service].post(path, headers=headers, json=body)
        expected = answer.is_success if status is None else answer.status_code == status
        assert expected, f"{answer.status_code}: {answer.text}"  # noqa: S101 - this is for tests
        return answer.json() if answer.content else None

    def client(self, service: str) -> httpx.AsyncClient:
        """The plain client of a service, for whatever else there is to ask."""
        return self._clients[service]
