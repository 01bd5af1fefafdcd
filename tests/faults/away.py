"""The broker is away for a while: nobody who books notices, and what was said meanwhile is caught up with."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tests.bench.figures import Figure, at_least, at_most
from tests.faults.lab import Lab
from tests.faults.processes import await_that
from tests.faults.scenarios import Amount, Control, Scenario

DRAINED_SECONDS = 120.0
WAITING = {"state": "waiting"}


def take_the_broker_away(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """Kill it, let schools work, start it again. Everything asked meanwhile was accepted by the services."""
    troubles, accepted, shortest, drained = lab.journal.troubles.total(), 0, float("inf"), 0.0
    with lab.load([lab.occurrence() for _ in range(4)]):
        for _ in range(amount.rounds):
            lab.stack.kill("kafka")
            began, answered = time.monotonic(), lab.journal.total
            lab.await_answers(amount.answers, amount.seconds + 120)
            _await_time(began + amount.seconds, amount.seconds)
            accepted += lab.journal.total - answered
            shortest = min(shortest, time.monotonic() - began)
            lab.say(f"without the broker: {accepted} requests answered, {lab.count_told(WAITING)} events wait")
            lab.stack.start("kafka")
            drained = max(drained, _until_drained(lab))
    refused = lab.journal.troubles.total() - troubles
    if refused:
        lab.journal.refused.append(("requests while the broker was away", f"{dict(lab.journal.troubles)}"))
    return [
        at_least("time without a broker", shortest, "s", amount.seconds, f"{amount.rounds} times, under load"),
        at_most("requests refused or delayed by it", refused, "requests", 0, f"of {accepted}"),
        at_most("backlog drained after", drained, "s", DRAINED_SECONDS, "from the broker's start on, under load"),
    ]


def _await_time(until: float, seconds: float) -> None:
    """How long the broker is away is what the scenario is about."""
    await_that("the time away is over", lambda: time.monotonic() >= until, seconds + 10)


def _until_drained(lab: Lab) -> float:
    """Until everything that waited when it came back is published."""
    backlog = {row["_id"] for row in lab.told(WAITING)}
    return await_that(
        "the backlog is published",
        lambda: not backlog.intersection(row["_id"] for row in lab.told(WAITING)),
        2 * DRAINED_SECONDS,
    )


def book_without_the_broker(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """The same for one who asks the broker before each answer."""
    troubles = lab.journal.troubles.total()
    with lab.load([lab.occurrence()]):
        lab.stack.kill("kafka")
        await_that("requests refused", lambda: lab.journal.troubles.total() >= troubles + amount.answers)
        lab.stack.start("kafka")
    times = lab.journal.troubles.total() - troubles
    lab.journal.refused.append(("requests of the control while the broker was away", f"{times} times"))
    return []


AWAY = Scenario(
    name="away",
    shows="every write is accepted while the broker is away, and the backlog is drained",
    run=take_the_broker_away,
    controls=(Control(("independence",), ("refused",), book_without_the_broker, Amount(1, 5), ("courses",)),),
    ci=None,
    lab=Amount(1, 300, seconds=120),
    soak=Amount(3, 10_000, seconds=600),
)
