"""Bookings through the edge: one hot occurrence and a thousand cold ones, beside a bare endpoint and bare inserts.

The four take turns within one run. Between two turns every event that was committed is published and followed, so that
none pays for another's work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from rich.console import Console

from tests.bench.figures import Figure, at_least, percentile
from tests.bench.load.orders import Order, Outcome
from tests.bench.stand import MOST_PLACES, Stand, Usage

CLIENTS = (1, 8, 32, 128)
COLD = 1_000
ROUNDS = 3
SECONDS = 2.0
SHARES = (("p50", 0.50), ("p95", 0.95), ("p99", 0.99))
CONDITIONS = (
    f"through Caddy, one replica, clients in a process of their own, schools pay; median rate of {ROUNDS} interleaved "
    f"rounds of {SECONDS:g} s"
)


@dataclass(slots=True)
class Turns:
    """What came of one kind of load with so many clients."""

    outcomes: list[Outcome] = field(default_factory=list)
    used: list[Usage] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """The median rate."""
        return percentile([outcome.rate for outcome in self.outcomes], 0.5)

    def latency(self, share: float) -> float:
        """Of all requests, in milliseconds."""
        return percentile([value for outcome in self.outcomes for value in outcome.latencies], share)

    def cpu(self, process: str) -> float:
        """How many processors a process has kept busy."""
        return sum(used.cpu[process] for used in self.used) / sum(used.at for used in self.used)


class Loads:
    """The four loads. A hot occurrence that is nearly full is followed by a new one."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self._cold = stand.bookings(stand.occurrences(COLD))
        self._hot = stand.occurrence()
        self._taken = 0

    def hot(self, clients: int) -> Outcome:
        """Bookings of the one occurrence that everybody wants."""
        if self._taken > MOST_PLACES // 2:
            self._hot, self._taken = self._stand.occurrence(), 0
        outcome = self._stand.closed(self._stand.bookings([self._hot]), clients, SECONDS)
        self._taken += len(outcome.latencies)
        return outcome

    def cold(self, clients: int) -> Outcome:
        """Bookings of one of a thousand."""
        return self._stand.closed(self._cold, clients, SECONDS)

    def bare(self, clients: int) -> Outcome:
        """The same requests at an endpoint that does nothing."""
        booking = self._stand.booking(self._hot)
        request = booking.model_copy(update={"path": f"/api/placements/{self._hot}/bookings"})
        return self._stand.closed([request], clients, SECONDS)

    def inserts(self, clients: int) -> Outcome:
        """The bare store, without any HTTP."""
        order = Order(kind="insert", clients=clients, seconds=SECONDS, uri=self._stand.stack.uri())
        return self._stand.clients.carry_out(order)


def figures(stand: Stand, console: Console) -> Iterator[Figure]:
    """Rates and latencies at each number of clients, and the ratios at the most."""
    loads = Loads(stand)
    kinds: dict[str, Callable[[int], Outcome]] = {
        "hot": loads.hot,
        "cold": loads.cold,
        "bare": loads.bare,
        "inserts": loads.inserts,
    }
    for act in kinds.values():
        act(CLIENTS[-1])
    for clients in CLIENTS:
        turns = {name: Turns() for name in kinds}
        for _ in range(ROUNDS):
            for name, act in kinds.items():
                stand.rest()
                before = stand.usage()
                turns[name].outcomes.append(act(clients))
                turns[name].used.append(stand.usage().since(before))
        seen = ", ".join(f"{name} {turn.rate:,.0f}/s" for name, turn in turns.items())
        console.print(f"  {clients:>3} clients: {seen}")
        for name, turn in turns.items():
            yield from _of(name, clients, turn)
    hot, cold, bare = (turns[name].rate for name in ("hot", "cold", "bare"))
    most = f"{CLIENTS[-1]} clients"
    yield at_least(f"edge hot / cold, {most}", round(hot / cold, 2), "times", 1, CONDITIONS)
    yield at_least(f"edge hot / bare endpoint, {most}", round(hot / bare, 2), "times", 0.6, CONDITIONS)
    yield from _processes(turns)


def _of(name: str, clients: int, turn: Turns) -> Iterator[Figure]:
    what = f"edge {name}, {clients} clients"
    yield Figure(what, round(turn.rate), "1/s", conditions=CONDITIONS)
    for label, share in SHARES:
        yield Figure(f"{what}, {label}", round(turn.latency(share), 1), "ms", conditions=CONDITIONS)
    commits = sum(used.commits for used in turn.used)
    if name in ("hot", "cold") and commits:
        decisions = sum(used.decisions for used in turn.used)
        attempts = sum(used.attempts for used in turn.used)
        yield Figure(f"{what}, bookings a transaction", round(decisions / commits, 1), "", conditions=CONDITIONS)
        yield Figure(f"{what}, attempts a transaction", round(attempts / commits, 2), "", conditions=CONDITIONS)


def _processes(turns: dict[str, Turns]) -> Iterator[Figure]:
    """Who was busy at the most clients: the limit, and whether the load was it."""
    for name in ("hot", "cold", "bare"):
        for process in turns[name].used[0].cpu:
            busy = round(turns[name].cpu(process), 2)
            if busy >= 0.02:
                yield Figure(f"edge {name}, {CLIENTS[-1]} clients, {process}", busy, "cores", conditions=CONDITIONS)
