"""The commit door without HTTP: one hot root and a thousand cold ones, beside single journaled inserts.

The three are interleaved in rounds within one run, so that their ratios mean something on a noisy machine. Door and
load share a process here: what is measured is the door with its callers.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from time import perf_counter

import uvloop
from rich.console import Console

from infra.local.children import Child
from infra.local.mongod import Mongod
from infra.local.ports import free_ports
from shared.clock import SystemClock
from shared.commit import Cause, Door
from shared.decision import Decision, Documents
from shared.ids import new_id
from shared.mongo import MongoDatabase
from shared.serving import spare_collections
from tests.bench.figures import Figure, at_least, percentile
from tests.shared.till import DOCUMENTS, Receipt, Till, pay

CALLERS = (1, 8, 32, 128)
COLD_ROOTS = 1_000
ROUNDS = 3
SECONDS = 1.0
CAUSE = Cause("bench", "bench")
CONDITIONS = f"one process, majority and journaled, median of {ROUNDS} interleaved rounds of {SECONDS:g} s"

Act = Callable[[int], Awaitable[object]]


class Loads:
    """The three things that are compared."""

    def __init__(self, database: MongoDatabase, door: Door) -> None:
        self._receipts = database.collection(Receipt)
        self._door = door

    async def prepare(self) -> None:
        """Make the roots."""
        await asyncio.gather(*(self._open(f"till-{number}") for number in range(COLD_ROOTS)))

    async def _open(self, key: str) -> None:
        def decide(_till: Till | None, _documents: Documents, _now: datetime) -> Decision[Till]:
            till = Till(id=key, limit=2**60)
            return Decision(till, till)

        await self._door.create_or_change(Till, key, decide, reads=lambda _: (), cause=CAUSE)

    async def hot(self, _call: int) -> None:
        """A payment into the one till that everybody uses."""
        await self._pay("till-0")

    async def cold(self, call: int) -> None:
        """A payment into one of a thousand tills."""
        await self._pay(f"till-{call % COLD_ROOTS}")

    async def insert(self, _call: int) -> None:
        """What the bare store does: one document, majority and journaled."""
        await self._receipts.insert([Receipt(id=new_id(), till_id="none", amount=1)])

    async def _pay(self, key: str) -> None:
        receipt = Receipt(id=new_id(), till_id=key, amount=1)
        await self._door.change(
            Till, key, lambda till, _, now: pay(till, receipt, now), reads=lambda _: (), cause=CAUSE
        )


async def measure(act: Act, callers: int) -> tuple[float, float]:
    """Calls per second and their 99th percentile in milliseconds, with so many callers."""
    latencies: list[float] = []
    begin = perf_counter()

    async def call_again_and_again(caller: int) -> None:
        call = caller * 31
        while (started := perf_counter()) < begin + SECONDS:
            call += 7
            await act(call)
            latencies.append(perf_counter() - started)

    await asyncio.gather(*(call_again_and_again(caller) for caller in range(callers)))
    return len(latencies) / (perf_counter() - begin), percentile(latencies, 0.99) * 1_000


@asynccontextmanager
async def _opened(uri: str) -> AsyncIterator[Loads]:
    database = MongoDatabase(uri, f"bench-{new_id()}")
    await database.prepare(DOCUMENTS)
    door = Door(database, source="/bench", documents=DOCUMENTS, clock=SystemClock())
    running = asyncio.create_task(door.run())
    try:
        loads = Loads(database, door)
        await loads.prepare()
        yield loads
    finally:
        running.cancel()
        await database.close()


def figures(directory: Path, console: Console) -> Iterator[Figure]:
    """Rates and latencies on a store of its own."""
    mongod = Mongod(directory / "door", free_ports(1)[0], {"root": secrets.token_urlsafe()})
    child = Child(mongod.part(), directory / "door-logs")
    try:
        child.start()
        child.await_ready()
        yield from uvloop.run(_measured(mongod.uri(), console))
    finally:
        child.kill()


async def _measured(uri: str, console: Console) -> list[Figure]:
    """Rates and latencies of the door, and its ratios to single inserts at the most callers."""
    spare_collections()  # as a service does once it is ready
    found: list[Figure] = []
    async with _opened(uri) as loads:
        acts = {"hot": loads.hot, "cold": loads.cold, "insert": loads.insert}
        for callers in CALLERS:
            rounds: dict[str, list[tuple[float, float]]] = {name: [] for name in acts}
            for _ in range(ROUNDS):
                for name, act in acts.items():
                    rounds[name].append(await measure(act, callers))
            rates = {name: percentile([rate for rate, _ in runs], 0.5) for name, runs in rounds.items()}
            for name, runs in rounds.items():
                slowest = percentile([p99 for _, p99 in runs], 0.5)
                what = f"door {name}, {callers} callers"
                found.append(Figure(what, round(rates[name]), "1/s", conditions=CONDITIONS))
                found.append(Figure(f"{what}, p99", round(slowest, 1), "ms", conditions=CONDITIONS))
            seen = ", ".join(f"{name} {rate:,.0f}/s" for name, rate in rates.items())
            console.print(f"  {callers:>3} callers: {seen}")
    for name, goal in (("hot", 5), ("cold", 3)):
        ratio = round(rates[name] / rates["insert"], 2)
        found.append(at_least(f"door {name} / single inserts, {CALLERS[-1]} callers", ratio, "times", goal, CONDITIONS))
    return found
