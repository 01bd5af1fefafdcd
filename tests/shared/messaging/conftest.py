"""The broker under test: once the twin in memory, once real Kafka. And the two services on the twins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.messaging.kafka import KafkaBroker
from shared.testing.broker import MemoryBroker
from shared.testing.memory import MemoryDatabase
from tests.shared.messaging.post import Post

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from shared.messaging.broker import Broker


@pytest.fixture(params=["memory", "kafka"])
async def broker(request: pytest.FixtureRequest) -> AsyncIterator[Broker]:
    """A broker; topics are to be given names of their own."""
    if request.param == "memory":
        yield MemoryBroker()
        return
    real = KafkaBroker(request.getfixturevalue("kafka_bootstrap"))
    yield real
    await real.close()


@pytest.fixture
async def twin() -> MemoryBroker:
    """The twin, for what only a twin can be told to do."""
    return MemoryBroker()


@pytest.fixture(params=["in line", "one by one"])
async def post(request: pytest.FixtureRequest, twin: MemoryBroker) -> AsyncIterator[Post]:
    """Both services on the twins; the reaction is one that changes once, or is said to do more."""
    in_line = request.param == "in line"
    async with Post(MemoryDatabase(), MemoryDatabase(), twin, in_line=in_line).open() as opened:
        yield opened
