"""The broker is away for a while: nobody who books notices, and what was said meanwhile is caught up with."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tests.bench.figures import Figure, at_most
from tests.faults.lab import Lab
from tests.faults.scenarios import Amount, Control, Scenario

DRAINED_SECONDS = 120.0


def take_the_broker_away(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """Stop it, let schools work, start it again. Everything asked meanwhile was accepted by the services."""
    before_troubles, drained, accepted, away = lab.journal.troubles.total(), 0.0, 0, 0.0
    with lab.load([lab.occurrence(400) for _ in range(4)]):
        for _ in range(amount.rounds):
            lab.stack.kill("kafka")
            began, answered = time.monotonic(), lab.journal.total
            lab.await_answers(amount.answers)
            accepted, away = lab.journal.total - answered, max(away, time.monotonic() - began)
            waiting = sum(1 for row in lab.look().told if row.state != "published")
            lab.say(f"without the broker: {accepted} requests answered, {waiting} events wait")
            lab.stack.start("kafka")
            drained = max(drained, _until_drained(lab))
    refused = lab.journal.troubles.total() - before_troubles
    return [
        Figure("longest", away, "s"),
        at_most("requests refused or delayed by it", refused, "requests", 0, f"{accepted} in the last"),
        at_most("backlog drained after", drained, "s", DRAINED_SECONDS, "from its start on, under load"),
    ]


def _until_drained(lab: Lab) -> float:
    """Until everything that waited when it came back is published."""
    backlog = {row.id for row in lab.look().told if row.state != "published"}
    return lab.await_that(
        "the backlog published",
        lambda: not backlog & {row.id for row in lab.look().told if row.state != "published"},
        DRAINED_SECONDS,
    )


def book_without_the_broker(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """The same for one who asks the broker before each answer."""
    troubles = lab.journal.troubles.total()
    with lab.load([lab.occurrence(400)]):
        lab.stack.kill("kafka")
        lab.await_that("requests refused", lambda: lab.journal.troubles.total() >= troubles + amount.answers)
        lab.stack.start("kafka")
    for reason, times in lab.journal.troubles.items():
        lab.journal.refused.append((f"requests while the broker was away: {reason}", f"{times} times"))
    return []


AWAY = Scenario(
    name="away",
    shows="every write is accepted while the broker is away, and the backlog is drained",
    run=take_the_broker_away,
    control=Control(("independence",), ("refused",), book_without_the_broker, Amount(1, 5), ("courses",)),
    ci=None,
    lab=Amount(1, 300),
    soak=Amount(5, 10_000),
)
