"""Everything is said twice: copies of old records, and every topic read again from its beginning."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import OffsetAndMetadata

from tests.bench.figures import Figure, at_least, at_most
from tests.faults.checker.snapshot import FOLLOWS, changed, fingerprints
from tests.faults.lab import Lab
from tests.faults.load import Habits
from tests.faults.processes import await_that
from tests.faults.scenarios import Amount, Control, Scenario
from tests.faults.sending import record_of, repeat, rows_of, send

SHARE = 0.1
ALL_BURSARY = Habits(bursary=1.0, waitlist=0, cancel=0, answer=0, repeat=0)


def say_it_again(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """Copies under load; then, at rest, a full re-read, which must not change a document."""
    copies = 0
    with lab.load([lab.occurrence() for _ in range(2)]):
        for _ in range(amount.rounds):
            lab.await_answers(amount.answers)
            copies += sum(repeat(lab, publisher, SHARE, lab.chance) for publisher in ("courses", "partnerships"))
            lab.say(f"{copies} old records were sent again")
    lab.rest()
    before = fingerprints(lab.stack.uri())
    read_all_again(lab)
    different = changed(before, fingerprints(lab.stack.uri()))
    told = lab.count_events()
    for name in different[:5]:
        lab.say(f"changed by the re-read: {name}")
    return [
        at_least("copies among all events", 100 * copies / told, "%", 5, "injected under load"),
        at_most("documents changed by a full re-read", len(different), "documents", 0, f"of {len(before)}"),
    ]


def read_all_again(lab: Lab) -> None:
    """Stop every consumer, put their groups back to the beginning, start them, and wait until they are through."""
    lab.processes.stop(lab.processes.services)
    for service, publishers in FOLLOWS.items():
        asyncio.run(_set_back(lab.stack.kafka_bootstrap, service, [f"{publisher}.events" for publisher in publishers]))
    lab.processes.start(lab.processes.services)
    await_that("everything read again", lambda: _is_through(lab))
    lab.rest()


def _is_through(lab: Lab) -> bool:
    return all(asyncio.run(_behind(lab.stack.kafka_bootstrap, group, topics(group))) == 0 for group in FOLLOWS)


def topics(service: str) -> list[str]:
    """What a service follows."""
    return [f"{publisher}.events" for publisher in FOLLOWS[service]]


async def _group(bootstrap: str, group: str, names: Sequence[str]) -> tuple[Any, list[TopicPartition]]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    await asyncio.wait_for(consumer.start(), 30)
    found = await asyncio.wait_for(consumer._client.fetch_all_metadata(), 30)
    partitions = [TopicPartition(name, number) for name in names for number in found.partitions_for_topic(name) or ()]
    consumer.assign(partitions)
    return consumer, partitions


async def _set_back(bootstrap: str, group: str, names: Sequence[str]) -> None:
    """Wait until the members that have ended are out of the group, and have it begin anew."""
    consumer, partitions = await _group(bootstrap, group, names)
    try:
        async with asyncio.timeout(90):
            while True:
                try:
                    await consumer.commit({partition: OffsetAndMetadata(0, "") for partition in partitions})
                    break
                except Exception as occupied:
                    if "Illegal" in type(occupied).__name__:
                        raise
                    await asyncio.sleep(0.5)
    finally:
        await consumer.stop()


async def _behind(bootstrap: str, group: str, names: Sequence[str]) -> int:
    consumer, partitions = await _group(bootstrap, group, names)
    try:
        ends = await asyncio.wait_for(consumer.end_offsets(partitions), 30)
        had = [await asyncio.wait_for(consumer.committed(one), 30) or 0 for one in partitions]
        return sum(int(ends[one]) - got for one, got in zip(partitions, had, strict=True))
    finally:
        await consumer.stop()


def repeat_all(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """Copies of everything that was told of one occurrence."""
    occurrence = lab.occurrence()
    with lab.load([occurrence], ALL_BURSARY):
        lab.await_answers(amount.answers)
    lab.rest()
    rows = rows_of(lab, "courses", {"subject": f"occurrences/{occurrence}"})
    for _ in range(amount.rounds):
        send(lab, "courses.events", [record_of(row) for row in rows])
    await_that("everything read again", lambda: _is_through(lab))
    return []


REREADING = Scenario(
    name="rereading",
    shows="what is said twice happens once",
    run=say_it_again,
    controls=(
        Control(("order", "inbox", "single-answer"), ("doubled",), repeat_all, Amount(1, 40), ("partnerships",)),
    ),
    ci=None,
    lab=Amount(3, 150),
    soak=Amount(10, 2_000),
)
