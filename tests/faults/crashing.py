"""Processes end at chosen points of the funds saga; the money is less than what is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tests.bench.figures import Figure, at_least
from tests.faults.crash_points import CRASHED, CRASHING, POINTS
from tests.faults.lab import ALLOCATED, Lab
from tests.faults.load import Habits
from tests.faults.scenarios import Amount, Control, Scenario

FUNDED = 4
SAGA = Habits(bursary=1.0, waitlist=0.3, cancel=0.3, answer=0.1, repeat=0.1)


def crash_in_the_saga(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """Each process ends at a point drawn at its start, and is started again, to end at another one."""
    occurrences = [lab.occurrence(60, ALLOCATED // FUNDED), lab.occurrence(400)]
    before = crashes(lab)
    crashed = 0
    with lab.armed(CRASHING), lab.load(occurrences, SAGA):
        while crashed < amount.rounds:
            lab.await_that("somebody has crashed", lambda: any(not lab.stack.is_alive(name) for name in lab.services))
            dead = [name for name in lab.services if not lab.stack.is_alive(name)]
            crashed += len(dead)
            # A replica may have drawn a point that it never comes to: let one draw again.
            idle = lab.chance.choice(lab.services)
            lab.stack.kill(idle)
            lab.launch({*dead, idle})
    seen = crashes(lab) - before
    lab.say(", ".join(f"{point}: {times}" for point, times in sorted(seen.items())))
    return [
        Figure("crashes", seen.total(), "crashes"),
        at_least("different points", len(seen), "points", min(3, amount.rounds), f"of {POINTS}"),
    ]


def crashes(lab: Lab) -> Counter[str]:
    """At which points processes have ended so far."""
    found: Counter[str] = Counter()
    for name in lab.services:
        errors = lab.stack.logs(name).with_suffix(".err")
        for line in errors.read_text(errors="replace").splitlines() if errors.exists() else ():
            if line.startswith(CRASHED):
                found[line.removeprefix(CRASHED).strip()] += 1
    return found


def ask_for_too_much(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """The same bookings, for one who reserves whatever is asked for."""
    with lab.load([lab.occurrence(60, ALLOCATED // FUNDED)], Habits(bursary=1.0, cancel=0, answer=0, repeat=0)):
        lab.await_answers(amount.answers)
    return []


CRASHING_SAGA = Scenario(
    name="crashing",
    shows="money adds up and no booking is stuck, at whatever step of the saga a process ends",
    run=crash_in_the_saga,
    control=Control(("funds",), ("money",), ask_for_too_much, Amount(1, 20), ("partnerships",)),
    ci=None,
    lab=Amount(8, 0),
    soak=Amount(100, 0),
)
