"""Killed at random: services, the store and the broker, with SIGKILL, while schools are at work."""

from __future__ import annotations

from collections.abc import Sequence

from tests.bench.figures import Figure
from tests.faults.lab import Lab
from tests.faults.scenarios import Amount, Control, Scenario

FOUNDATIONS = ("mongod", "kafka")
EACH = 3
"""Every third victim, from the second on, is the store or the broker in turn."""


def kill_at_random(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """One victim after the other; each is started again while schools go on."""
    occurrences = [lab.occurrence(400) for _ in range(4)]
    with lab.load(occurrences):
        for number in range(amount.rounds):
            lab.await_answers(amount.answers)
            victim = _victim(lab, number)
            lab.say(f"kill -9 {victim}")
            lab.stack.kill(victim)
            lab.stack.start(victim)
        lab.await_answers(amount.answers)
    return [Figure("processes killed", amount.rounds, "kills")]


def _victim(lab: Lab, number: int) -> str:
    if number % EACH == 1:
        return FOUNDATIONS[number // EACH % 2]
    return lab.chance.choice(lab.services)


def kill_while_publishing(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """All replicas of courses at once, again and again: one of them was publishing."""
    occurrences = [lab.occurrence(400)]
    replicas = [name for name in lab.services if name != "partnerships"]
    with lab.load(occurrences):
        for _ in range(amount.rounds):
            lab.await_answers(amount.answers)
            for name in replicas:
                lab.stack.kill(name)
            lab.start(replicas)
    return []


KILLING = Scenario(
    name="killing",
    shows="no event is lost, nothing happens twice, whoever dies",
    run=kill_at_random,
    control=Control(("outbox",), ("lost",), kill_while_publishing, Amount(2, 25), ("courses",)),
    ci=Amount(3, 30),
    lab=Amount(20, 80),
    soak=Amount(300, 1_000),
)
