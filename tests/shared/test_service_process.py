"""A service as a real process on real parts: how it starts without them, works, and stops under load."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from joserfc.jwk import KeySet

from infra.local.ports import free_ports
from shared.clock import SystemClock
from shared.ids import new_id
from shared.serving import main
from shared.testing.tokens import TokenMaker

REPOSITORY = Path(__file__).parents[2]
DEADLINE = 60.0
PROGRAM = """
from shared.serving import create_app, serve
from shared.settings import Settings
from tests.shared.http.tills import SERVICE
serve(create_app(SERVICE), Settings())
"""

Line = dict[str, Any]


@dataclass
class Process:
    """A running service, its log and a client."""

    process: asyncio.subprocess.Process
    client: httpx.AsyncClient
    tokens: TokenMaker
    log: list[Line]

    async def line(self, message: str) -> Line:
        """The next line of the log with this message."""
        assert self.process.stdout is not None
        async with asyncio.timeout(DEADLINE):
            while True:
                text = await self.process.stdout.readline()
                assert text, f"the process ended; its log was {self.log}"
                self.log.append(json.loads(text))
                if self.log[-1]["message"].startswith(message):
                    return self.log[-1]

    async def rest(self) -> None:
        """Read the log to its end."""
        assert self.process.stdout is not None
        async with asyncio.timeout(DEADLINE):
            while text := await self.process.stdout.readline():
                self.log.append(json.loads(text))

    async def turns_newcomers_away(self) -> None:
        """Until nobody can connect any more: from then on it only finishes what it is at."""
        async with asyncio.timeout(DEADLINE):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.client.base_url.port)
                except OSError:
                    return
                writer.close()

    def posting(self) -> dict[str, str]:
        """Headers of an operator's POST."""
        return {**self.tokens.headers("ann", "operator"), "Idempotency-Key": new_id()}


Launch = Callable[..., Awaitable[Process]]


@pytest.fixture
async def launch(tmp_path: Path, mongodb_uri: str, kafka_bootstrap: str) -> AsyncIterator[Launch]:
    """Starts processes of the till service and ends them all."""
    tokens = TokenMaker(SystemClock())
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps(KeySet([tokens.key]).as_dict(private=False)))
    async with AsyncExitStack() as running:

        async def start(**environment: str) -> Process:
            (port,) = free_ports(1)
            settings = {
                "HOST": "127.0.0.1",
                "PORT": str(port),
                "MONGODB_URI": mongodb_uri,
                "MONGODB_DATABASE": f"test-{new_id()}",
                "KAFKA_BOOTSTRAP": kafka_bootstrap,
                "TOKEN_JWKS_FILE": str(keys),
                "RATE_LIMIT": "0",
                "LEAVE_SECONDS": "0.5",
            }
            return await running.enter_async_context(one_process(settings | environment, port, tokens))

        yield start


@asynccontextmanager
async def one_process(settings: dict[str, str], port: int, tokens: TokenMaker) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM),
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"], **settings},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=DEADLINE) as client:
            yield Process(process, client, tokens, [])
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@asynccontextmanager
async def forwarded(port: int, to: int) -> AsyncIterator[None]:
    """Let connections to one port of this machine through to another."""

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", to)
        await asyncio.gather(copy(reader, there_writer), copy(there_reader, writer))

    server = await asyncio.start_server(connect, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()


async def test_it_starts_by_waiting_for_the_store(launch: Launch, mongodb_uri: str) -> None:
    (port,) = free_ports(1)
    real = urlsplit(mongodb_uri)
    elsewhere = mongodb_uri.replace(f":{real.port}/", f":{port}/")
    assert elsewhere != mongodb_uri
    service = await launch(MONGODB_URI=elsewhere + "&serverSelectionTimeoutMS=200")
    waiting = await service.line("waiting")
    assert (waiting["waits_for"], waiting["level"]) == ("the store", "warning")
    assert (await service.client.get("/health/live")).status_code == 200
    ready = await service.client.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json()["checks"] == {"process": {"status": "failing", "reason": "waiting for the store"}}
    answered = await service.client.post("/api/tills", json={"limit": 1}, headers=service.posting())
    assert (answered.status_code, answered.json()["type"]) == (503, "/problems/temporarily-unavailable")
    assert real.port is not None
    async with forwarded(port, real.port):
        await service.line("ready")
        assert (await service.client.get("/health/ready")).status_code == 200
        service.process.send_signal(signal.SIGTERM)
        await service.rest()


async def test_without_the_broker_every_write_is_accepted(launch: Launch) -> None:
    (nowhere,) = free_ports(1)
    service = await launch(KAFKA_BOOTSTRAP=f"127.0.0.1:{nowhere}")
    await service.line("ready")
    ready = await service.client.get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert ready.json()["checks"]["broker"]["status"] == "degraded"
    assert ready.json()["checks"]["store"] == {"status": "ok"}
    till = await service.client.post("/api/tills", json={"limit": 9}, headers=service.posting())
    assert till.status_code == 201


async def test_a_stopping_service_drops_no_request(launch: Launch) -> None:
    """Each client keeps its connection, as the edge does, until an answer says that it closes."""
    service = await launch(LEAVE_SECONDS="3")
    await service.line("ready")
    opened = await service.client.post("/api/tills", json={"limit": 10_000}, headers=service.posting())
    address = f"/api/tills/{opened.json()['id']}/receipts"
    taken = 0

    async def ask() -> int:
        """Post until told to go elsewhere; how many were answered."""
        nonlocal taken
        answered = 0
        async with httpx.AsyncClient(base_url=service.client.base_url, timeout=DEADLINE) as client:
            while True:
                answer = await client.post(address, json={"amount": 1}, headers=service.posting())
                assert answer.status_code == 201, answer.text
                answered, taken = answered + 1, taken + 1
                if taken == 50:
                    service.process.send_signal(signal.SIGTERM)
                if answer.headers.get("connection") == "close":
                    return answered

    async with asyncio.timeout(DEADLINE):
        counts = await asyncio.gather(*(ask() for _ in range(8)))
        await service.rest()
        code = await service.process.wait()
    assert sum(counts) > 50
    messages = [line["message"] for line in service.log]
    assert messages.index("leaving") < messages.index("stopped")
    assert code in (0, -signal.SIGTERM)
    answered = [line for line in service.log if line["message"] == "request answered"]
    assert len([line for line in answered if line["status"] == 201]) == sum(counts) + 1


async def test_a_request_under_way_is_answered_before_the_end(launch: Launch) -> None:
    service = await launch(LEAVE_SECONDS="0")
    await service.line("ready")
    leaving = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b"a;b\n"
        service.process.send_signal(signal.SIGTERM)
        await leaving.wait()
        yield b"c;d\n"

    headers = service.posting() | {"Content-Type": "text/csv"}
    asking = asyncio.create_task(service.client.post("/api/till-imports", content=slowly(), headers=headers))
    await service.turns_newcomers_away()
    leaving.set()
    async with asyncio.timeout(DEADLINE):
        answered = await asking
        await service.rest()
    assert (answered.status_code, answered.json()) == (202, {"bytes": 8})
    assert service.log[-1]["message"] != "stopped, and broke off what had not ended in time"


async def test_while_leaving_it_is_not_ready_and_closes_connections(launch: Launch) -> None:
    service = await launch(LEAVE_SECONDS="5")
    await service.line("ready")
    service.process.send_signal(signal.SIGTERM)
    await service.line("leaving")
    ready = await service.client.get("/health/ready")
    assert (ready.status_code, ready.headers["connection"]) == (503, "close")
    assert ready.json()["checks"]["process"]["reason"] == "stopping"
    service.process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(DEADLINE):
        await service.process.wait()


def test_what_is_missing_is_said_and_nothing_is_started(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MONGODB_URI", "mongodb://127.0.0.1")
    for name in ("KAFKA_BOOTSTRAP", "TOKEN_JWKS_FILE"):
        monkeypatch.delenv(name, raising=False)
    assert main(["nothing"]) == 2
    assert capsys.readouterr().err == "not set: KAFKA_BOOTSTRAP, TOKEN_JWKS_FILE\n"


def test_a_setting_that_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PORT", "http")
    monkeypatch.setenv("LOG_FORMAT", "xml")
    assert main(["nothing"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in told] == ["PORT", "LOG_FORMAT"]


@pytest.mark.parametrize("name", ["../x", "", "a.b"])
def test_a_name_that_is_none_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name]) == 2
    assert capsys.readouterr().err.startswith("usage")
