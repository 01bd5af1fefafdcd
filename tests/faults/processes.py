"""The processes of the lab: what may be harmed, started anew with other settings, and caught at a moment."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from infra.local.stack import Stack
from tests.faults.checker.snapshot import client_of
from tests.faults.entry import LEASE, MOMENTS, OFF
from tests.faults.moments import Moment, Moments

FOUNDATIONS = ("mongod", "kafka")
BETWEEN_LOOKS = 0.1
PATIENCE = 120.0


class NoRest(Exception):
    """The stack did not come to where it should in time."""


def await_that(what: str, holds: Callable[[], object], seconds: float = PATIENCE) -> float:
    """Until it holds; how many seconds it took. Raises NoRest."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            raise NoRest(f"{what}: not within {seconds:.0f} s")
        time.sleep(BETWEEN_LOOKS)
    return time.monotonic() - began


class Processes:
    """Our services in this stack, each run by the lab's entry. Names are those of the stack: courses, courses-2."""

    def __init__(self, stack: Stack, replicas: int) -> None:
        self.stack = stack
        self.replicas = ("courses", *(f"courses-{number}" for number in range(2, replicas + 1)))
        self.services = (*self.replicas, "partnerships", "placements", "gateway")
        self.moments = Moments(stack.plan.directory / "moments")
        for name in self.services:
            child = stack._children[name]
            command = (sys.executable, "-m", "tests.faults.entry", service_of(name))
            child.part = replace(child.part, command=command)
        self._set(self.services, {MOMENTS: str(self.moments.folder)})

    def named(self, services: Sequence[str] | None) -> tuple[str, ...]:
        """The processes of these services; None: of those that book and pay."""
        wanted = services or ("courses", "partnerships")
        return tuple(name for name in self.services if service_of(name) in wanted)

    # Started anew

    def restart(self, names: Sequence[str], settings: Mapping[str, str]) -> None:
        """Stop these and start them with these settings changed.

        They leave their groups as they should: for one that was killed, the broker waits before others may go on.
        """
        self._set(names, settings)
        self.stop(names)
        self.start(names)

    @contextmanager
    def changed(
        self, settings: Mapping[str, str], services: Sequence[str] | None = None, *, back: bool = True
    ) -> Iterator[None]:
        """These services have other settings while the block lasts; without `back`, for good."""
        names = self.named(services)
        before = {key: self.stack._children[names[0]].part.environment.get(key, "") for key in settings}
        self.restart(names, settings)
        try:
            yield
        finally:
            if back:
                self._set(names, before)
                self.stop([name for name in names if self.stack.is_alive(name)])
                self.revive()

    def off(
        self, protections: Sequence[str], services: Sequence[str] | None = None, *, back: bool = True
    ) -> AbstractContextManager[None]:
        """These protections are off while the block lasts."""
        return self.changed({OFF: ",".join(protections)}, services, back=back)

    def short_lease(self, seconds: float) -> AbstractContextManager[None]:
        """The relay of courses has a lease of so many seconds while the block lasts."""
        return self.changed({LEASE: str(seconds)}, ("courses",))

    def _set(self, names: Sequence[str], settings: Mapping[str, str]) -> None:
        for name in names:
            child = self.stack._children[name]
            child.part = replace(child.part, environment={**child.part.environment, **settings})

    def route(self, store: int, broker: int) -> None:
        """Start all anew, with their store and their broker at these ports."""
        given = self.stack.plan.ports.mongod
        for name in self.services:
            uri = self.stack.uri(service_of(name)).replace(f":{given}/", f":{store}/")
            self._set([name], {"MONGODB_URI": uri, "KAFKA_BOOTSTRAP": f"127.0.0.1:{broker}"})
        self.kill(self.services)
        self.start(self.services)

    def start(self, names: Sequence[str]) -> None:
        """Start these at once, and wait until they are ready."""
        for name in names:
            self.stack._children[name].start()
        for name in names:
            self.stack._children[name].await_ready()

    def kill(self, names: Sequence[str]) -> None:
        """SIGKILL, all at once."""
        for name in names:
            self.stack.kill(name)

    def stop(self, names: Sequence[str]) -> None:
        """Stop these at once, gracefully."""
        with ThreadPoolExecutor(max(1, len(names))) as stopping:
            list(stopping.map(self.stack.stop, names))

    def revive(self) -> None:
        """Start whatever is dead, foundations first, and wait until everything is ready."""
        for name in FOUNDATIONS:
            if not self.stack.is_alive(name):
                self.stack.start(name)
        self.start([name for name in self.services if not self.stack.is_alive(name)])
        for name in self.stack.names:
            self.stack.await_ready(name)

    # Caught

    @contextmanager
    def caught(self, service: str, moment: Moment) -> Iterator[str]:
        """The name of a process that stands still at this moment. It goes on after the block, if it is still there."""
        with self.moments.asked(service, moment):
            await_that(f"{service}: {moment}", lambda: self._standing(service) is not None)
        name = self._standing(service)
        assert name is not None
        pid = self.stack.pid(name)
        try:
            yield name
        finally:
            self.moments.forget(pid)
            if self.stack.is_alive(name) and self.stack.pid(name) == pid:
                self.stack.resume(name)

    def _standing(self, service: str) -> str | None:
        mine = [name for name in self.named((service,)) if self.stack.is_alive(name)]
        return next((name for name in mine if self.moments.is_at_one(self.stack.pid(name))), None)

    # The relay of courses

    def seconds_without_relay(self) -> float:
        """How long nobody has held the lease; negative while somebody does."""
        with client_of(self.stack.uri()) as client:
            lease = client["courses"]["leases"].find_one({"_id": "relay courses.events"})
        return 0.0 if lease is None else (datetime.now(UTC) - lease["expires_at"]).total_seconds()


def service_of(name: str) -> str:
    """Which service a process belongs to."""
    return name.partition("-")[0]
