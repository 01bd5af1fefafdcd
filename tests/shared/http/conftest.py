"""The service of tills, in process on the twins."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import structlog
from structlog.testing import CapturingLogger

from shared.clock import ManualClock
from shared.http.principal import Role
from shared.ids import new_id
from shared.running import Running, assemble
from shared.settings import Settings
from shared.testing.broker import MemoryBroker
from shared.testing.memory import MemoryDatabase
from shared.testing.tokens import TokenMaker
from tests.shared.http.tills import SERVICE

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class TillHouse:
    """The running service and a client that speaks to it."""

    running: Running
    database: MemoryDatabase
    clock: ManualClock
    tokens: TokenMaker
    client: httpx.AsyncClient

    def signed(self, *roles: Role, subject: str = "somebody", **claims: Any) -> dict[str, str]:
        """Headers of a signed-in caller."""
        return dict(self.tokens.headers(subject, *roles, **claims))

    def posting(self, *roles: Role, key: str | None = None, **headers: str) -> dict[str, str]:
        """Headers of a signed-in caller's POST."""
        return self.signed(*(roles or ("operator",))) | {"Idempotency-Key": key or new_id()} | headers

    async def open_till(self, limit: int = 100) -> Any:
        """A new till, as answered."""
        answered = await self.client.post("/api/tills", json={"limit": limit}, headers=self.posting())
        assert answered.status_code == 201, answered.text
        return answered.json()


async def open_house(settings: Settings) -> AsyncIterator[TillHouse]:
    """Assemble it, run its door, and close it again."""
    clock = ManualClock(START)
    database, tokens = MemoryDatabase(clock), TokenMaker(clock)
    running = assemble(SERVICE, database, MemoryBroker(), clock, settings, keys=tokens.keys())
    running.supervisor.start("door", running.door.run)
    transport = httpx.ASGITransport(running.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://tills") as client:
        yield TillHouse(running, database, clock, tokens, client)
    await running.stop(2.0)


@pytest.fixture
async def house() -> AsyncIterator[TillHouse]:
    """Without a rate limit."""
    async for opened in open_house(Settings.given(rate_limit=0)):
        yield opened


@pytest.fixture
async def strict_house() -> AsyncIterator[TillHouse]:
    """Three requests a minute for each caller."""
    async for opened in open_house(Settings.given(rate_limit=3)):
        yield opened


@pytest.fixture
def log_lines() -> Iterator[CapturingLogger]:
    """What is logged meanwhile."""
    logger = CapturingLogger()
    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars],
        logger_factory=lambda *_: logger,
        wrapper_class=structlog.make_filtering_bound_logger(0),
        cache_logger_on_first_use=False,
    )
    yield logger
    structlog.configure(**before)
