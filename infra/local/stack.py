"""A whole stack of one's own, for tests and tools: real parts on free ports, in a directory of its own.

    with Stack(directory, services=["partnerships", "courses", "gateway"], replicas={"courses": 3}) as stack:
        httpx.get(f"{stack.edge_url}/api/occurrences")
        stack.kill("courses-2")

It runs beside `make run` and beside other stacks. Everything it started is gone when this process is, however it ends.
A part that dies stays dead until `start` is called: a test of faults decides when what was killed comes back.
"""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Self

from infra.local.children import Child
from infra.local.plan import REPOSITORY, Plan, Ports, services_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from infra.local.part import Part


class Stack:
    """Parts as children of this process. Names: mongod, kafka, edge, and a service's name, `<service>-2`, `-3`…"""

    def __init__(
        self,
        directory: Path,
        *,
        ports: Ports | None = None,
        services: Sequence[str] | None = None,
        replicas: Mapping[str, int] | None = None,
        environment: Mapping[str, str] | None = None,
        environments: Mapping[str, Mapping[str, str]] | None = None,
        mongod_parameters: Mapping[str, str] | None = None,
        mongodb_uri: str | None = None,
        kafka_bootstrap: str | None = None,
        repository: Path = REPOSITORY,
    ) -> None:
        wanted = tuple(services if services is not None else services_in(repository))
        self.plan = Plan(
            directory,
            ports or Ports.free(wanted, replicas or {}),
            repository,
            environment=environment or {},
            environments=environments or {},
            mongod_parameters=tuple((mongod_parameters or {}).items()),
            mongodb_uri=mongodb_uri,
            external_kafka=kafka_bootstrap,
        )
        self._children = {part.name: Child(part, self.plan.logs) for part in self.plan.parts()}

    @property
    def edge_url(self) -> str:
        """Where clients come in: http://127.0.0.1:PORT."""
        return self.plan.edge_url

    @property
    def kafka_bootstrap(self) -> str:
        """Where Kafka's clients begin."""
        return self.plan.kafka_bootstrap

    @property
    def names(self) -> tuple[str, ...]:
        """All parts in the order of their start."""
        return tuple(self._children)

    def uri(self, service: str = "root") -> str:
        """The address of the store for a service's own user, or for root, who may see all."""
        return self.plan.store_uri(service)

    def service_url(self, name: str) -> str:
        """A replica itself, past the edge."""
        return f"http://127.0.0.1:{self._children[name].part.port}"

    def logs(self, name: str) -> Path:
        """The file of JSON lines that a part writes."""
        return self._children[name].output

    def pid(self, name: str) -> int:
        """A part's process."""
        return self._children[name].pid

    def is_alive(self, name: str) -> bool:
        """Whether a part's process exists; a paused one does."""
        return self._children[name].is_alive

    def up(self) -> None:
        """Start everything in order, each once what it needs is ready. Raises Obstacle, with nothing left running."""
        try:
            self._raise(self.plan.foundations)
            self.plan.prepare()
            self._raise(self.plan.services())
            self._raise([self.plan.edge()])
        except BaseException:
            self.down()
            raise

    def _raise(self, parts: Iterable[Part]) -> None:
        """Start these at once and wait until each is ready."""
        with ThreadPoolExecutor(4) as starters:
            list(starters.map(lambda part: self.start(part.name), parts))

    def down(self) -> None:
        """Stop everything in the opposite order, gracefully; what does not end in time is killed."""
        foundations = {part.name for part in self.plan.foundations}
        for name in reversed([name for name in self._children if name not in foundations]):
            self._children[name].stop()
        for name in foundations:
            self._children[name].stop()

    def start(self, name: str) -> None:
        """Start one part and wait until it is ready."""
        self._children[name].start()
        self._children[name].await_ready()

    def await_ready(self, name: str) -> None:
        """Wait until a part that was started, resumed or troubled can be used again."""
        self._children[name].await_ready()

    def stop(self, name: str) -> int | None:
        """Stop one part gracefully; its exit code."""
        return self._children[name].stop()

    def kill(self, name: str) -> None:
        """SIGKILL: gone at once, nothing said."""
        self._children[name].kill()

    def pause(self, name: str) -> None:
        """SIGSTOP: it stands still, its connections stay open."""
        self._children[name].signal(signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """SIGCONT."""
        self._children[name].signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        """Start everything."""
        self.up()
        return self

    def __exit__(self, *failure: object) -> None:
        """Stop everything."""
        self.down()
