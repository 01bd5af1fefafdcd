"""The broker under test: once the twin in memory, once real Kafka."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.messaging.kafka import KafkaBroker
from shared.testing.broker import MemoryBroker

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
