"""Real parts for tests: one MongoDB and one Kafka a test run, on free ports, started by the first test that asks.

    async def test_something(mongodb_uri: str, kafka_bootstrap: str) -> None: ...

`mongodb_uri` is root's and works with any database name: give every test a name of its own. Topics are made with
`new_topics(kafka_bootstrap, "a-name")`: nothing else makes them. Everything is gone when the test process is, however
it ends.
"""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from infra.local.children import Child
from infra.local.kafka import Kafka, create_topics
from infra.local.mongod import TEST_COMMANDS, Mongod
from infra.local.part import NotReady, wait_until
from infra.local.ports import free_ports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPOSITORY = Path(__file__).parent.parent
KAFKA_CACHE = REPOSITORY / ".cache" / "kafka"


class Parts(NamedTuple):
    """The addresses of the real parts, and the processes behind them."""

    mongodb_uri: str
    kafka_bootstrap: str
    mongod: Child
    kafka: Child


@pytest.fixture(scope="session")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """One MongoDB and one Kafka for the whole run."""
    directory = tmp_path_factory.mktemp("parts")
    mongo_port, kafka_port, controller_port = free_ports(3)
    mongod = Mongod(
        directory / "mongod",
        mongo_port,
        {"root": secrets.token_urlsafe()},
        parameters=tuple(TEST_COMMANDS.items()),
    )
    kafka = Kafka(directory / "kafka", kafka_port, controller_port, KAFKA_CACHE)
    children = [Child(part, directory / "logs") for part in (mongod.part(), kafka.part())]
    with ExitStack() as running, ThreadPoolExecutor(2) as both:
        for child in children:
            running.callback(child.kill)
        list(both.map(_bring_up, children))
        yield Parts(mongod.uri(), kafka.bootstrap, *children)


def _bring_up(child: Child) -> None:
    child.start()
    child.await_ready()


@pytest.fixture(scope="session")
def mongodb_uri(parts: Parts) -> str:
    """Root's address of a real MongoDB (a replica set of one)."""
    return parts.mongodb_uri


@pytest.fixture(scope="session")
def kafka_bootstrap(parts: Parts) -> str:
    """The address of a real Kafka."""
    return parts.kafka_bootstrap


def eventually(condition: Callable[[], bool], seconds: float = 15) -> None:
    """Wait until the condition holds; fail when it does not within the deadline."""

    def demand() -> None:
        if not condition():
            raise NotReady("the condition does not hold")

    wait_until(demand, seconds)


def new_topics(bootstrap: str, *names: str, partitions: int = 6) -> None:
    """Make topics, with six partitions each unless said otherwise. May be called from async tests."""
    create_topics(bootstrap, names, partitions)
