"""Killed at random: services, the store and the broker, with SIGKILL, while schools are at work."""

from __future__ import annotations

from collections.abc import Sequence

from tests.bench.figures import Figure, at_least
from tests.faults.lab import Lab
from tests.faults.processes import FOUNDATIONS
from tests.faults.scenarios import Amount, Control, Scenario

EACH = 3
"""Every third victim, from the second on, is the store or the broker in turn."""


def kill_at_random(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """One victim after the other; each is started again while schools go on."""
    with lab.load([lab.occurrence() for _ in range(4)]):
        for number in range(amount.rounds):
            lab.await_answers(amount.answers)
            victim = _victim(lab, number)
            lab.say(f"kill -9 {victim}")
            lab.stack.kill(victim)
            lab.stack.start(victim)
        lab.await_answers(amount.answers)
    return [at_least("processes killed", amount.rounds, "kills", amount.rounds, "services, store and broker")]


def _victim(lab: Lab, number: int) -> str:
    if number % EACH == 1:
        return FOUNDATIONS[number // EACH % 2]
    return lab.chance.choice(lab.processes.services)


def kill_before_sending(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """The owner of the relay, with events in its hands that it has marked as published and not sent."""
    with lab.load([lab.occurrence()]):
        for _ in range(amount.rounds):
            with lab.processes.caught("courses", "about to send") as owner:
                lab.stack.kill(owner)
            lab.stack.start(owner)
    return []


KILLING = Scenario(
    name="killing",
    shows="no event is lost, nothing happens twice, whoever dies",
    run=kill_at_random,
    controls=(Control(("outbox",), ("lost",), kill_before_sending, Amount(1, 0), ("courses",)),),
    ci=Amount(3, 20),
    lab=Amount(30, 60),
    soak=Amount(300, 1_500),
)
