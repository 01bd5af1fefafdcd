"""Processes are killed at every step of the funds saga, and the money is less than what is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from tests.bench.figures import Figure, at_least, at_most
from tests.faults.lab import ALLOCATED, Lab
from tests.faults.load import Habits
from tests.faults.moments import MOMENTS
from tests.faults.scenarios import Amount, Control, Scenario
from tests.faults.watching import money_watched

FUNDED = 12
SAGA = Habits(bursary=1.0, waitlist=0.3, cancel=0.3, answer=0.1, repeat=0.1)


def crash_in_the_saga(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """Each side of the saga is caught and killed at each moment, in any order, while money is looked at all along."""
    occurrences = [lab.occurrence(60, ALLOCATED // FUNDED), lab.occurrence()]
    points = [(side, moment) for side in ("courses", "partnerships") for moment in MOMENTS] * amount.rounds
    lab.chance.shuffle(points)
    with money_watched(lab) as watch, lab.load(occurrences, SAGA):
        for service, moment in points:
            with lab.processes.caught(service, moment) as name:
                lab.stack.kill(name)
            lab.say(f"kill -9 {name}: {moment}")
            lab.stack.start(name)
            lab.await_answers(amount.answers)
    return [
        at_least("crashes", len(points), "crashes", len(points), f"at {len(set(points))} different points"),
        at_least("snapshots of the money", watch.snapshots, "snapshots", 1, "taken under load"),
        at_most("snapshots in which it did not add up", watch.wrong, "snapshots", 0, "balances, limit and ledger"),
    ]


def ask_for_too_much(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """The same bookings, for one who reserves whatever is asked, by whomever: nothing is left for those that follow."""
    occurrence = lab.occurrence(2 * FUNDED, ALLOCATED // FUNDED)
    with lab.load([occurrence], Habits(bursary=1.0, waitlist=0, cancel=0, answer=0, repeat=0)):
        lab.await_answers(amount.answers)
    return []


CRASHING_SAGA = Scenario(
    name="crashing",
    shows="money adds up and no booking is stuck, at whatever step of the saga a process ends",
    run=crash_in_the_saga,
    controls=(Control(("funds", "caps"), ("money",), ask_for_too_much, Amount(1, 20), ("partnerships",)),),
    ci=None,
    lab=Amount(1, 15),
    soak=Amount(10, 300),
)
