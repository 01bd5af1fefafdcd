"""A service put together: its parts, its application, its background tasks, and how it starts and stops.

`assemble` joins given parts without starting anything, so that tests step the door, the relay, the consumer and the
schedule by hand; `Running.start` hands them to the supervisor; `Running.stop` ends them in the order that loses
nothing: nothing new is claimed, requests have been answered, what waits at the door is committed, and what was
committed is published as far as the time allows (the rest is in the outbox).
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field

import structlog
from fastapi import Depends, FastAPI
from starlette.types import Lifespan

from shared.clock import Clock
from shared.commit import DOOR_DOCUMENTS, Cause, Door
from shared.database import Database, Index
from shared.decision import Document
from shared.definition import Service
from shared.health import health_router, probe
from shared.http.access import Access
from shared.http.bodies import Bodies
from shared.http.gate import Gate
from shared.http.openapi import description_router
from shared.http.problems import install
from shared.http.queries import known_parameters, only_known_parameters
from shared.http.rate_limit import RateLimit
from shared.http.switchboard import install_switchboard
from shared.http.tokens import KeyFile, Keys, Verifier
from shared.ids import new_id
from shared.messaging.broker import Broker
from shared.messaging.consumer import CONSUMER_DOCUMENTS, Consumer
from shared.messaging.operations import operations_router
from shared.messaging.relay import RELAY_DOCUMENTS, Relay
from shared.messaging.timing import ConsumerTiming, RelayTiming
from shared.observability import Metrics
from shared.schedule import Schedule
from shared.settings import Settings
from shared.supervision import OK, Finding, Supervisor, watch_loop
from shared.work import Work

STEP_SECONDS = 4.0

log = structlog.get_logger("service")


@dataclass(frozen=True, slots=True)
class Guarding:
    """What the gate goes by."""

    verifier: Verifier
    rate_limit: RateLimit


@dataclass(slots=True)
class Running:
    """The parts of one service in this process."""

    service: Service
    database: Database
    broker: Broker
    clock: Clock
    app: FastAPI
    metrics: Metrics
    guards: Guarding
    door: Door
    relay: Relay
    consumer: Consumer
    schedule: Schedule
    supervisor: Supervisor = field(init=False)

    def __post_init__(self) -> None:
        """Tasks die under this service's metrics."""
        self.supervisor = Supervisor(self.metrics)

    def work(self) -> Work:
        """Work that the service sets off by itself."""
        cause_id = new_id()
        return Work(self.database, self.door, self.clock, Cause(cause_id, cause_id, "system"))

    async def begin(self) -> None:
        """What the service does once before it is ready."""
        for act in self.service.on_start:
            await act(self.work())

    def start(self) -> None:
        """Start the background tasks."""
        self.supervisor.start("loop", lambda: watch_loop(self.metrics))
        self.supervisor.start("door", self.door.run)
        self.supervisor.start("relay", self.relay.run)
        if self.service.reactions:
            self.supervisor.start("consumer", self.consumer.run)
        if self.service.schedule:
            self.supervisor.start("schedule", self.schedule.run)

    async def findings(self) -> Mapping[str, Finding]:
        """Every check by name. Without the broker, what depends on it is degraded, not failing."""
        store, broker = await asyncio.gather(
            probe(self.database.ping), probe(lambda: self.broker.extents(self.service.topic))
        )
        findings = {"store": store, "keys": self._keys(), "broker": _at_worst_degraded(broker)}
        for name in self.supervisor.names():
            finding = self.supervisor.finding(name)
            needs_broker = name in ("relay", "consumer")
            findings[name] = _at_worst_degraded(finding) if needs_broker and broker.status != "ok" else finding
        if self.consumer.stopped is not None:
            findings["consumer"] = Finding("failing", self.consumer.stopped)
        return findings

    def _keys(self) -> Finding:
        return OK if self.guards.verifier.has_keys() else Finding("failing", "no keys to verify tokens with")

    async def leave(self) -> None:
        """Claim nothing new, while requests that are under way are still answered. May be called again."""
        await asyncio.gather(self._leave_schedule(), self._leave_consumer())

    async def _leave_schedule(self) -> None:
        await self.supervisor.stop("schedule", STEP_SECONDS)
        await _bounded("schedule", self.schedule.close(), STEP_SECONDS)

    async def _leave_consumer(self) -> None:
        if not await self.consumer.drain(STEP_SECONDS):
            log.warning("stopping: the consumer's step was broken off; its events will be read again")
        await self.supervisor.stop("consumer", STEP_SECONDS, patience=STEP_SECONDS / 2)
        await _bounded("consumer", self.consumer.close(), STEP_SECONDS)

    async def stop(self, seconds: float) -> bool:
        """Stop everything within a bound; False, and a line in the log, if something had to be broken off."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds

        def remaining(share: float = 1.0) -> float:
            return max(0.1, (until - loop.time()) * share)

        await _bounded("consumer and schedule", self.leave(), remaining(0.5))
        whole = await self.door.drain(remaining(0.5))
        if not whole:
            log.error("stopping: decisions were still waiting at the door when the time was up")
        await self.supervisor.stop("relay", remaining(0.3))
        if not await self.relay.drain(remaining(0.5)):
            log.info("stopping: events are left in the outbox; they are sent at the next start")
        for name in self.supervisor.names():
            whole &= await self.supervisor.stop(name, remaining(), patience=0.1)
        for part, close in (("relay", self.relay), ("broker", self.broker), ("store", self.database)):
            whole &= await _bounded(part, close.close(), remaining())
        return whole


async def _bounded(what: str, ending: Coroutine[object, object, object], seconds: float) -> bool:
    """Wait for an ending as long as there is time; nothing that goes wrong in it may keep the process alive."""
    try:
        async with asyncio.timeout(seconds):
            await ending
    except TimeoutError:
        log.warning("stopping: broken off", what=what, waited_seconds=round(seconds, 1))
    except Exception as error:
        log.warning("stopping: failed", what=what, reason=f"{type(error).__name__}: {error}")
    else:
        return True
    return False


def _at_worst_degraded(finding: Finding) -> Finding:
    return finding if finding.status == "ok" else Finding("degraded", finding.reason)


def documents_of(service: Service) -> dict[type[Document], list[Index]]:
    """Everything the service's store holds, with indexes; scheduled kinds are findable by due time."""
    documents = {
        kind: list(indexes)
        for mapping in (DOOR_DOCUMENTS, RELAY_DOCUMENTS, CONSUMER_DOCUMENTS, service.documents)
        for kind, indexes in mapping.items()
    }
    for due in service.schedule:
        by_due_time = Index((("due_at", 1),))
        indexes = documents.setdefault(due.kind, [])
        if not any(index.fields == by_due_time.fields for index in indexes):
            indexes.append(by_due_time)
    return documents


def build_app(service: Service, lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """The application without its parts: until they are there, operations answer 503."""
    metrics = Metrics(service.name)
    app = FastAPI(
        title=service.name,
        summary=service.summary,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        dependencies=[Depends(only_known_parameters)],
    )
    app.include_router(health_router(service.name, metrics))
    if service.reactions:
        app.include_router(operations_router(service.name))
    app.include_router(service.router)
    # Behind the service's own operations: the gateway answers there for all services.
    app.include_router(description_router(app, service))
    install(app)
    app.add_middleware(Bodies)
    app.add_middleware(Gate)
    app.add_middleware(Access, metrics=metrics)
    app.state.metrics = metrics
    app.state.known_parameters = known_parameters(app)
    install_switchboard(app)
    app.state.running = None
    return app


def guard(settings: Settings, clock: Clock, keys: Keys | None = None) -> Guarding:
    """The guards that these settings ask for. `keys` replace those of the file."""
    source = keys or KeyFile(settings.token_jwks_file)
    verifier = Verifier(source, issuer=settings.token_issuer, audience=settings.token_audience, clock=clock)
    return Guarding(verifier, RateLimit(settings.rate_limit))


def assemble(
    service: Service,
    database: Database,
    broker: Broker,
    clock: Clock,
    settings: Settings,
    *,
    keys: Keys | None = None,
    app: FastAPI | None = None,
    relay_timing: RelayTiming | None = None,
    consumer_timing: ConsumerTiming | None = None,
) -> Running:
    """Join the parts. Nothing is started: no task, no connection, and the store is not prepared."""
    app = app or build_app(service)
    metrics: Metrics = app.state.metrics
    documents = documents_of(service)
    door = Door(database, source=service.source, documents=documents, clock=clock, metrics=metrics)
    relay = Relay(database, broker, service.topic, clock, timing=relay_timing, metrics=metrics)
    door.on_commit.append(relay.wake)
    consumer = Consumer(
        database, broker, door, clock, service.name, service.reactions, timing=consumer_timing, metrics=metrics
    )
    schedule = Schedule(database, door, clock, service.schedule, metrics)
    guards = guard(settings, clock, keys)
    running = Running(service, database, broker, clock, app, metrics, guards, door, relay, consumer, schedule)
    app.state.guards = guards
    app.state.readiness = running
    app.state.running = running
    return running
