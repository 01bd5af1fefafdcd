"""Connections to the store and the broker break, grow slow, and cannot be made, in the middle of everything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from tests.bench.figures import Figure, at_most
from tests.faults.lab import Lab
from tests.faults.load import Habits
from tests.faults.processes import await_that
from tests.faults.proxy import Proxy
from tests.faults.scenarios import Amount, Control, Scenario

SLOW_SECONDS = 0.05
BACK_SECONDS = 15.0
REPEATING = Habits(repeat=0.3, cancel=0.2)


def cut_connections(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """Cut all, slow all, let nobody in, one after the other, under load."""
    slowest, cuts = 0.0, 0
    with between(lab) as (store, broker), lab.load([lab.occurrence() for _ in range(3)], REPEATING):
        for number in range(amount.rounds):
            lab.await_answers(amount.answers)
            for proxy in (store, broker):
                proxy.open = number % 3 != 2
                proxy.delay = SLOW_SECONDS if number % 3 == 1 else 0.0
            cuts += store.cut() + broker.cut()
            if number % 3 == 2:
                troubles = lab.journal.troubles.total()
                await_that("requests that fail", lambda seen=troubles: lab.journal.troubles.total() > seen)  # type: ignore[misc]
                store.open = broker.open = True
            answered = lab.journal.total
            slowest = max(slowest, await_that("answers again", lambda n=answered: lab.journal.total > n + 5))  # type: ignore[misc]
            lab.say(f"{cuts} connections cut so far; slowest to be back: {slowest:.1f} s")
        store.delay = broker.delay = 0.0
        lab.await_answers(amount.answers)
    return [
        Figure("connections cut", cuts, "connections", conditions="to store and broker, in the middle of anything"),
        at_most("answers again after", slowest, "s", BACK_SECONDS, "after each cut, under load"),
    ]


@contextmanager
def between(lab: Lab) -> Iterator[tuple[Proxy, Proxy]]:
    """Stand between the services and their store and broker while the block lasts."""
    ports = lab.stack.plan.ports
    with ExitStack() as open_:
        store, broker = (open_.enter_context(Proxy(port)) for port in (ports.mongod, ports.kafka))
        _advertise(lab, broker.port)
        lab.processes.route(store.port, broker.port)
        try:
            yield store, broker
        finally:
            store.open = broker.open = True
            store.delay = broker.delay = 0.0
            _advertise(lab, ports.kafka)
            lab.processes.route(ports.mongod, ports.kafka)


def _advertise(lab: Lab, port: int) -> None:
    """Have the broker send its clients to another port."""
    child = lab.stack._children["kafka"]
    kafka = lab.stack.plan.kafka
    properties = kafka.directory / "server.properties"

    def prepare() -> None:
        kafka.prepare()
        listener = "advertised.listeners=PLAINTEXT://127.0.0.1:"
        text = properties.read_text().replace(f"{listener}{kafka.port}", f"{listener}{port}")
        properties.write_text(text)

    child.stop()
    child.part = replace(child.part, prepare=prepare)
    lab.stack.start("kafka")


def repeat_after_cuts(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """The same for services that keep no answers: clients that repeat themselves are told something else."""
    with between(lab) as (store, broker), lab.load([lab.occurrence()], REPEATING):
        lab.await_answers(amount.answers)
        store.cut(), broker.cut()
        unequal = len(lab.journal.unequal)
        await_that("another answer", lambda: len(lab.journal.unequal) > unequal)
    return []


CUTTING = Scenario(
    name="cutting",
    shows="no acknowledged booking is lost and none is made twice, however connections break",
    run=cut_connections,
    controls=(Control(("idempotency",), ("unequal",), repeat_after_cuts, Amount(1, 5), ("courses",)),),
    ci=None,
    lab=Amount(6, 40),
    soak=Amount(60, 300),
)
