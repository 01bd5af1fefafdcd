"""The real parts that tests stand on."""

from __future__ import annotations

from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pymongo import AsyncMongoClient

from tests.stack import new_topics


async def test_mongodb_commits_transactions(mongodb_uri: str) -> None:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongodb_uri)
    async with client:
        store = client["test_parts"]["things"]
        async with client.start_session() as session, await session.start_transaction():
            await store.insert_one({"_id": "a"}, session=session)
        assert await store.count_documents({}) == 1


async def test_kafka_gives_back_what_it_was_given(kafka_bootstrap: str) -> None:
    new_topics(kafka_bootstrap, "test-parts")
    async with AIOKafkaProducer(bootstrap_servers=kafka_bootstrap) as producer:
        await producer.send_and_wait("test-parts", b"said", key=b"k")
    async with AIOKafkaConsumer(
        "test-parts", bootstrap_servers=kafka_bootstrap, auto_offset_reset="earliest"
    ) as consumer:
        assert (await consumer.getone()).value == b"said"


def test_topics_may_be_asked_for_again(kafka_bootstrap: str) -> None:
    new_topics(kafka_bootstrap, "test-parts-twice")
    new_topics(kafka_bootstrap, "test-parts-twice")
