"""The topics that Compose makes before the services start are those the services would make."""

from __future__ import annotations

import uuid

import pytest

from infra.kafka.topics import make_topics
from shared.messaging.broker import BrokerUnavailable
from shared.messaging.kafka import PARTITIONS, KafkaBroker


async def test_topics_are_made_once_for_each_service(kafka_bootstrap: str) -> None:
    service = f"letters-{uuid.uuid4().hex[:8]}"

    await make_topics(kafka_bootstrap, [service])
    await make_topics(kafka_bootstrap, [service])

    broker = KafkaBroker(kafka_bootstrap)
    try:
        assert sorted(await broker.extents(f"{service}.events")) == list(range(PARTITIONS))
    finally:
        await broker.close()


async def test_without_a_broker_it_says_so() -> None:
    with pytest.raises(BrokerUnavailable):
        await make_topics("127.0.0.1:1", ["letters"])
