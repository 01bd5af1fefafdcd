"""Replicas are stopped gracefully under load: nobody who asks through the edge notices."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tests.bench.figures import Figure, at_least, at_most
from tests.faults.lab import Lab
from tests.faults.load import Habits
from tests.faults.scenarios import Amount, Control, Scenario

EXIT_SECONDS = 30.0
STEADY = Habits(pause=0.03)


def stop_gracefully(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """SIGTERM a replica of courses that has a decision in its hands; it is started again."""
    slowest = 0.0
    dropped, before = _dropped_by(lab), lab.journal.total
    with lab.load([lab.occurrence() for _ in range(6)], STEADY):
        for _ in range(amount.rounds):
            with lab.processes.caught("courses", "decided, not written") as name:
                began = time.monotonic()
                code = lab.stack.stop(name)
                seconds = time.monotonic() - began
            slowest = max(slowest, seconds)
            lab.say(f"SIGTERM {name}: exit {code} after {seconds:.1f} s")
            if code not in (0, -15):
                lab.journal.dropped.append((name, f"it ended with {code}"))
            lab.stack.start(name)
            lab.await_answers(amount.answers)
    lost = _dropped_by(lab) - dropped
    if lost:
        lab.journal.dropped.append((f"{lost} of {lab.journal.total}", f"requests: {dict(lab.journal.troubles)}"))
    return [
        at_least("graceful stops", amount.rounds, "stops", amount.rounds, "each with a request under way"),
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
    controls=(Control(("grace",), ("dropped",), stop_gracefully, Amount(1, 20), ("courses",)),),
    ci=None,
    lab=Amount(10, 40),
    soak=Amount(50, 300),
)
