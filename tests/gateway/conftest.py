"""The gateway in process: on the twins, with a clock that stands still, spoken to over ASGI."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from joserfc.jwk import ECKey, KeySet

from services.gateway.app import SERVICE
from services.gateway.demo_accounts import DEMO_PASSWORD
from services.gateway.description import whole_api
from services.gateway.passwords import Passwords, passwords
from services.gateway.settings import gateway_settings
from shared.clock import ManualClock
from shared.http.tokens import KnownKeys
from shared.ids import new_id
from shared.mongo import MongoDatabase
from shared.running import documents_of
from shared.service import assemble
from shared.settings import Settings
from shared.testing.apps import borrow, give_back
from shared.testing.broker import MemoryBroker
from shared.testing.memory import MemoryDatabase

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from shared.database import Database
    from shared.service import Running

START = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)


class Gateway:
    """A running gateway, and ways to talk to it."""

    def __init__(self, running: Running, clock: ManualClock, http: httpx.AsyncClient) -> None:
        self.running = running
        self.clock = clock
        self.http = http

    async def token(self, **form: str) -> httpx.Response:
        """POST /oauth/token."""
        return await self.http.post("/oauth/token", data=form)

    async def sign_in(self, name: str, password: str = DEMO_PASSWORD) -> dict[str, Any]:
        """Tokens of a demo account, or of an e-mail address."""
        email = name if "@" in name else f"{name}@stem.example"
        answer = await self.token(grant_type="password", username=email, password=password)
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    async def as_(self, name: str) -> dict[str, str]:
        """The headers of a demo account's request."""
        return bearer((await self.sign_in(name))["access_token"])

    async def post(self, path: str, caller: dict[str, str], body: object = None, key: str = "") -> httpx.Response:
        """A POST with a fresh Idempotency-Key, or the one given."""
        return await self.http.post(path, headers={**caller, "Idempotency-Key": key or new_id()}, json=body)

    def pass_time(self, **step: float) -> None:
        """Move the clock."""
        self.clock.advance(timedelta(**step))


def bearer(token: str) -> dict[str, str]:
    """The header with an access token."""
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="session")
def signing_key() -> ECKey:
    """The key of the gateway under test."""
    return ECKey.generate_key("P-256", auto_kid=True)


@pytest.fixture(scope="session")
def described() -> None:
    """The API is described once, before the gateways of the tests would begin to beside them."""
    whole_api()


@pytest.fixture
def surroundings(
    tmp_path: Path, signing_key: ECKey, described: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """The environment of a gateway with demo accounts and quick hashes; gives the key file."""
    file = tmp_path / "signing.json"
    file.write_text(json.dumps({"keys": [signing_key.as_dict(private=True)]}))
    monkeypatch.setenv("TOKEN_SIGNING_KEY_FILE", str(file))
    monkeypatch.setenv("DEMO_ACCOUNTS", "1")
    monkeypatch.setenv("SIGN_IN_RATE", "0")
    monkeypatch.delenv("PUBLIC_URL", raising=False)
    forget()
    quick = Passwords(memory_kib=8, rounds=1)
    for module in (
        "services.gateway.use_cases.tokens",
        "services.gateway.use_cases.accounts",
        "services.gateway.use_cases.start",
    ):
        monkeypatch.setattr(f"{module}.passwords", lambda: quick)
    yield file
    forget()


def forget() -> None:
    """Let everything that was read once be read again."""
    from services.gateway.api.oauth import sign_in_limit

    for remembered in (gateway_settings, passwords, sign_in_limit):
        remembered.cache_clear()


@asynccontextmanager
async def opened(database: Database, key: ECKey, clock: ManualClock) -> AsyncIterator[Gateway]:
    """One replica of a gateway on this store, ready."""
    keys = KnownKeys(KeySet([key]))
    app = borrow(SERVICE)
    running = assemble(SERVICE, database, MemoryBroker(), clock, Settings.given(rate_limit=0), keys=keys, app=app)
    door = asyncio.create_task(running.door.run())
    transport = httpx.ASGITransport(running.app, raise_app_exceptions=False)
    try:
        await running.begin()
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway.example") as http:
            yield Gateway(running, clock, http)
    finally:
        door.cancel()
        give_back(SERVICE, app)


@pytest.fixture
async def gateway(surroundings: Path, signing_key: ECKey) -> AsyncIterator[Gateway]:
    """A gateway that is ready, on the twins."""
    database = MemoryDatabase()
    await database.prepare(documents_of(SERVICE))
    async with opened(database, signing_key, ManualClock(START)) as gateway:
        yield gateway


@pytest.fixture
async def replicas(surroundings: Path, signing_key: ECKey, mongodb_uri: str) -> AsyncIterator[tuple[Gateway, Gateway]]:
    """Two replicas of a gateway on one real store."""
    database = MongoDatabase(mongodb_uri, f"test-{new_id()}")
    await database.prepare(documents_of(SERVICE))
    clock = ManualClock(START)
    async with opened(database, signing_key, clock) as one, opened(database, signing_key, clock) as other:
        yield one, other
    await database.close()
