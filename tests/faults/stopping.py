"""Replicas are stopped gracefully under load: nobody who asks through the edge notices."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tests.bench.figures import Figure, at_most
from tests.faults.lab import Lab
from tests.faults.load import Habits
from tests.faults.scenarios import Amount, Control, Scenario

EXIT_SECONDS = 30.0
STEADY = Habits(pause=0.03)


def stop_gracefully(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """SIGTERM one replica of courses after the other; each is started again."""
    slowest = 0.0
    dropped, before = _dropped_by(lab), lab.journal.total
    with lab.load([lab.occurrence(400) for _ in range(6)], STEADY):
        for number in range(amount.rounds):
            lab.await_answers(amount.answers)
            name = lab.services[number % lab.replicas]
            began = time.monotonic()
            code = lab.stack.stop(name)
            slowest = max(slowest, time.monotonic() - began)
            lab.say(f"SIGTERM {name}: exit {code} after {time.monotonic() - began:.1f} s")
            if code not in (0, -15):
                lab.journal.dropped.append((name, f"it ended with {code}"))
            lab.stack.start(name)
            lab.await_answers(amount.answers)
    lost = _dropped_by(lab) - dropped
    if lost:
        lab.journal.dropped.append((f"{lost} requests", f"{dict(lab.journal.troubles)}"))
    return [
        Figure("stops", amount.rounds, "stops"),
        at_most("requests dropped", lost, "requests", 0, f"of {lab.journal.total - before}"),
        at_most("slowest exit", slowest, "s", EXIT_SECONDS, "SIGTERM to exit, under load"),
    ]


def _dropped_by(lab: Lab) -> int:
    """Requests that had to be repeated, or were never answered."""
    return lab.journal.troubles.total() + len(lab.journal.unanswered)


STOPPING = Scenario(
    name="stopping",
    shows="a graceful stop drops no request and takes no longer than it may",
    run=stop_gracefully,
    control=Control(("grace",), ("dropped",), stop_gracefully, Amount(3, 20), ("courses",)),
    ci=None,
    lab=Amount(3, 40),
    soak=Amount(50, 300),
)
