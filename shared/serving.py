"""A service as a process: it starts by waiting for its parts, and stops without dropping a request.

At the start the process answers at once: alive, and not ready until the store has answered and is prepared. A broker
that is away does not hold it up. At SIGTERM it says that it is not ready and closes connections after each answer, so
that the edge turns to other replicas; after LEAVE_SECONDS it takes no more connections, answers what is under way,
commits what waits, and ends within STOP_SECONDS, saying so if it had to break something off. A second signal ends it
at once.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from socket import socket
from types import FrameType

import structlog
import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError

from shared.clock import SystemClock
from shared.definition import Service
from shared.messaging.kafka import KafkaBroker
from shared.mongo import MongoDatabase
from shared.observability import start_logging
from shared.running import Running, assemble, build_app, documents_of, guard
from shared.settings import Settings
from shared.supervision import Finding, pause_after

BACKLOG = 2048
KEEP_ALIVE_SECONDS = 75
"""How long an idle connection is kept: longer than the edge keeps its own (30 s), so that it is always the edge that
closes one. A request sent into a connection that is just being closed is lost, and the edge may not repeat a POST."""
REQUESTS_SHARE = 0.5
COLLECTIONS = (20_000, 20, 50)
"""When the garbage collector looks: the interpreter's own 700, 10, 10 cost a quarter of the time of a request."""

log = structlog.get_logger("service")


@dataclass(slots=True)
class Process:
    """One service in one process, from its start to its end."""

    service: Service
    settings: Settings
    app: FastAPI
    running: Running | None = None
    is_leaving: bool = False
    waits_for: str = "its parts"
    _leaving: list[asyncio.Task[None]] = field(default_factory=list)

    async def findings(self) -> Mapping[str, Finding]:
        """Every check by name."""
        if self.is_leaving:
            return {"process": Finding("failing", "stopping")}
        if self.running is None:
            return {"process": Finding("failing", f"waiting for {self.waits_for}")}
        return await self.running.findings()

    async def start(self) -> None:
        """Bring everything up, however long it takes; never gives up."""
        attempts = 0
        while True:
            try:
                await self._bring_up()
            except Exception as error:
                attempts += 1
                wait = pause_after(attempts + 1)
                reason = f"{type(error).__name__}: {error}"
                log.warning("waiting", waits_for=self.waits_for, reason=reason, again_in_seconds=round(wait, 1))
                await asyncio.sleep(wait)
            else:
                spare_collections()
                return

    async def _bring_up(self) -> None:
        self.waits_for = "the store"
        database = MongoDatabase(self.settings.mongodb_uri, self.settings.mongodb_database or self.service.name)
        broker = KafkaBroker(self.settings.kafka_bootstrap, client=self.service.name, copies=self.settings.kafka_copies)
        running: Running | None = None
        try:
            await database.ping()
            await database.prepare(documents_of(self.service))
            self.waits_for = "its own start"
            running = assemble(self.service, database, broker, SystemClock(), self.settings, app=self.app)
            self.app.state.readiness = self
            running.start()
            await running.begin()
        except BaseException:
            if running is not None:
                await running.stop(2.0)
            else:
                await broker.close()
                await database.close()
            raise
        self.running = running
        log.info("ready", port=self.settings.port)

    def leave(self) -> None:
        """Not ready from now on; nothing new is claimed. Called from the loop."""
        if self.is_leaving:
            return
        self.is_leaving = self.app.state.leaving = True
        log.info("leaving", still_answering_seconds=self.settings.leave_seconds)
        if self.running is not None:
            self._leaving.append(asyncio.create_task(self.running.leave()))

    async def stop(self) -> None:
        """End everything, after the last request was answered."""
        self.leave()
        await asyncio.gather(*self._leaving, return_exceptions=True)
        if self.running is not None:
            whole = await self.running.stop(self.settings.stop_seconds * (1 - REQUESTS_SHARE))
            log.info("stopped") if whole else log.error("stopped, and broke off what had not ended in time")


def spare_collections() -> None:
    """Have the garbage collector leave alone what lives as long as the process, and look less often at the rest.

    Nearly everything that a request leaves behind is freed by its reference count; only cycles wait.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTIONS)


def create_app(service: Service) -> FastAPI:
    """The application of a service. Its settings are read when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        settings = Settings()
        if missing := settings.missing():
            raise RuntimeError(f"not set: {', '.join(missing)}")
        writer = start_logging(service.name, settings.log_level, settings.log_format)
        process = Process(service, settings, app)
        app.state.process = app.state.readiness = process
        app.state.guards = guard(settings, SystemClock())
        starting = asyncio.create_task(process.start(), name="start")
        try:
            yield
        finally:
            starting.cancel()
            with suppress(asyncio.CancelledError):
                await starting
            await process.stop()
            writer.close()

    return build_app(service, lifespan)


class Server(uvicorn.Server):
    """A server that leaves before it stops."""

    def __init__(self, config: uvicorn.Config, leave: Callable[[], None], leave_seconds: float) -> None:
        super().__init__(config)
        self._leave = leave
        self._leave_seconds = leave_seconds
        self._signalled = False
        self._loop: asyncio.AbstractEventLoop | None = None

    async def serve(self, sockets: list[socket] | None = None) -> None:
        """Serve until told otherwise."""
        self._loop = asyncio.get_running_loop()
        await super().serve(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal begins the leaving, the next one ends it."""
        loop = self._loop
        if self._signalled or loop is None:
            super().handle_exit(sig, frame)
            return
        self._signalled = True
        loop.call_soon_threadsafe(self._leave)
        loop.call_soon_threadsafe(
            lambda: loop.call_later(self._leave_seconds, super(Server, self).handle_exit, sig, None)
        )


def serve(app: FastAPI, settings: Settings) -> None:
    """Run an application until a signal."""
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=max(1, int(settings.stop_seconds * REQUESTS_SHARE)),
    )
    Server(config, lambda: app.state.process.leave(), settings.leave_seconds).run()


def main(arguments: list[str]) -> int:
    """`python -m shared.service <name>`: 0 after a stop, 2 when it cannot be started as it is."""
    if len(arguments) != 1 or not arguments[0].isidentifier():
        return _complain("usage: python -m shared.service <name of a folder of services/>")
    try:
        settings = Settings()
    except ValidationError as invalid:
        return _complain(*(f"{str(error['loc'][0]).upper()}: {error['msg']}" for error in invalid.errors()))
    if missing := settings.missing():
        return _complain(f"not set: {', '.join(missing)}")
    start_logging(arguments[0], settings.log_level, settings.log_format)
    serve(import_module(f"services.{arguments[0]}.app").app, settings)
    return 0


def _complain(*lines: str) -> int:
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    return 2
