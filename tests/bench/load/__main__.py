"""`python -m tests.bench.load`: the load process. It takes orders on its input and answers each on its output."""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import itertools
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import uvloop
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import WriteConcern

from shared.ids import new_id
from tests.bench.load.connection import ANSWER_SECONDS, Answer, Connection, connected
from tests.bench.load.orders import BETWEEN_LOOKS, FIRST_LOOK, FRESH, SHARE_WAITED, Order, Outcome, Request, get

UNDECIDED = (b'"status":"held"', b'"status":"pending-funding"')
KEPT_ANSWERS = 3
SUCCESS_ENDS = 300

_FRESH = FRESH.encode()


class Journal:
    """What happened, as it happens."""

    def __init__(self, keep_all: bool) -> None:
        self.begun = time.perf_counter()
        self.latencies: list[float] = []
        self.ended: list[float] = []
        self.order: list[str] = []
        self.answers: list[str] = []
        self._keep_all = keep_all

    def note(self, since: float, answer: Answer, status: str | None = None) -> None:
        """An answer to what was due at `since`."""
        now = time.perf_counter()
        self.latencies.append((now - since) * 1_000)
        self.ended.append(now - self.begun)
        self.order.append(status or str(answer.status))
        if self._keep_all or (answer.status >= 400 and len(self.answers) < KEPT_ANSWERS):
            self.answers.append(answer.body.decode())


def fresh(wire: bytes) -> bytes:
    """The request, with identifiers of its own."""
    return wire.replace(_FRESH, new_id().encode())


async def closed(order: Order, journal: Journal, connections: list[Connection]) -> None:
    """Each client asks again as soon as it was answered."""
    wires = [request.wire(order.port) for request in order.requests]
    turns = itertools.cycle(wires)
    until = journal.begun + order.seconds

    async def client(connection: Connection) -> None:
        while (since := time.perf_counter()) < until:
            journal.note(since, await connection.ask(fresh(next(turns))))

    await asyncio.gather(*map(client, connections))


async def once(order: Order, journal: Journal, connections: list[Connection]) -> None:
    """Each request once; an answer's place is its request's."""
    todo = enumerate([(request, fresh(request.wire(order.port))) for request in order.requests])
    bodies: dict[int, str] = {}

    async def client(connection: Connection) -> None:
        for number, (request, wire) in todo:
            since = time.perf_counter() if len(connections) < len(order.requests) else journal.begun
            answer = await connection.ask(wire)
            then = request.then
            while answer.status < SUCCESS_ENDS and then is not None:
                answer = await connection.ask(fresh(then.wire(order.port)))
                then = then.then
            journal.note(since, answer)
            bodies[number] = answer.body.decode()

    await asyncio.gather(*map(client, connections))
    if order.answers:
        journal.answers = [bodies[number] for number in sorted(bodies)]


Act = Callable[[Request, bytes, float], Awaitable[None]]
"""Send a request (given also as bytes) that was due at a time."""


async def steady(order: Order, journal: Journal, act: Act) -> None:
    """So many a second, each timed from when it was due: waiting for a late answer hides nothing."""
    turns = itertools.cycle([(request, request.wire(order.port)) for request in order.requests])
    loop = asyncio.get_running_loop()
    begun, tasks = loop.time(), set[asyncio.Task[None]]()
    for number in range(int(order.rate * order.seconds)):
        request, wire = next(turns)
        due = number / order.rate
        await asyncio.sleep(begun + due - loop.time())
        task = asyncio.ensure_future(act(request, fresh(wire), journal.begun + due))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)


def asking(journal: Journal, free: asyncio.Queue[Connection]) -> Act:
    """Ask once."""

    async def act(_request: Request, wire: bytes, due: float) -> None:
        connection = await free.get()
        answer = await connection.ask(wire)
        free.put_nowait(connection)
        journal.note(due, answer)

    return act


def following(order: Order, journal: Journal, free: asyncio.Queue[Connection]) -> Act:
    """Book, then look at every so many-th booking until it is decided, as a client does.

    The others are booked all the same. Looks cost as much as bookings: at all of them, they would be most of the load.
    """
    numbers = itertools.count()

    async def ask(wire: bytes) -> Answer:
        connection = await free.get()
        answer = await connection.ask(wire)
        free.put_nowait(connection)
        return answer

    async def act(request: Request, wire: bytes, due: float) -> None:
        is_watched = next(numbers) % order.watch_every == 0
        answer = await ask(wire)
        if answer.status == 201 and not is_watched:
            return
        if answer.status == 201:
            booking = orjson.loads(answer.body)
            look = get(f"{request.path}/{booking['booking_id']}", request.token).wire(order.port)
            since, pause = time.perf_counter(), FIRST_LOOK
            while any(word in answer.body for word in UNDECIDED) and time.perf_counter() - since < ANSWER_SECONDS:
                await asyncio.sleep(pause)
                answer = await ask(look)
                pause = max(BETWEEN_LOOKS, SHARE_WAITED * (time.perf_counter() - since))
        found = orjson.loads(answer.body)
        journal.note(due, answer, str(found.get("status")))

    return act


async def insert(order: Order, journal: Journal) -> None:
    """What the bare store does: single documents, majority and journaled."""
    client: Any = AsyncIOMotorClient(order.uri, maxPoolSize=256)
    documents = client.get_database("bench").get_collection("single", write_concern=WriteConcern("majority", j=True))
    await documents.insert_one({"_id": new_id()})
    journal.begun = time.perf_counter()
    until = journal.begun + order.seconds

    async def one() -> None:
        while (since := time.perf_counter()) < until:
            await documents.insert_one({"_id": new_id(), "text": "as long as a small booking is " * 10})
            journal.note(since, Answer(201, b""))

    await asyncio.gather(*(one() for _ in range(order.clients)))
    client.close()


async def carried_out(order: Order) -> Outcome:
    """Do what an order says."""
    connections = [] if order.kind == "insert" else await connected(order.port, order.clients)
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for connection in connections:
        free.put_nowait(connection)
    gc.collect()
    gc.freeze()
    used = time.process_time()
    journal = Journal(order.answers)
    async with asyncio.timeout(order.seconds + ANSWER_SECONDS):
        if order.kind == "closed":
            await closed(order, journal, connections)
        elif order.kind == "once":
            await once(order, journal, connections)
        elif order.kind == "steady":
            await steady(order, journal, asking(journal, free))
        elif order.kind == "follow":
            await steady(order, journal, following(order, journal, free))
        else:
            await insert(order, journal)
    took, cpu = time.perf_counter() - journal.begun, time.process_time() - used
    for connection in connections:
        connection.close()
    return Outcome(
        seconds=took,
        cpu=cpu,
        latencies=tuple(journal.latencies),
        ended=tuple(journal.ended),
        order=tuple(journal.order),
        answers=tuple(journal.answers),
    )


def main() -> None:
    """Until the input ends. Whatever hangs says where, and ends the process: the deadline within it has not helped."""
    for line in sys.stdin:
        order = Order.model_validate_json(line)
        faulthandler.dump_traceback_later(order.seconds + 2 * ANSWER_SECONDS, exit=True)
        outcome = uvloop.run(carried_out(order))
        faulthandler.cancel_dump_traceback_later()
        sys.stdout.write(outcome.model_dump_json() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
