"""Three replicas of courses on one hot occurrence: cancels, offers, holds that run out, replicas that die."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from tests.bench.figures import Figure
from tests.faults.lab import HOLD_SECONDS, Lab
from tests.faults.load import Habits
from tests.faults.scenarios import Amount, Control, Scenario

HOT = Habits(bursary=0.6, waitlist=0.7, cancel=0.3, answer=0.2, repeat=0.05, pause=0.03)


def fight_over_places(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """Few places, wanted by all, straight at the replicas, so that each of them writes the same root.

    In every round the money side stands still until holds have run out, and a replica is killed.
    """
    occurrence, before = lab.occurrence(12), lab.journal.total
    with lab.load([occurrence], HOT, direct=True):
        for _ in range(amount.rounds):
            lab.await_answers(amount.answers)
            expired = _expiries(lab, occurrence)
            lab.stack.pause("partnerships")
            try:
                lab.await_that("a hold runs out", partial(_more_expired, lab, occurrence, expired), HOLD_SECONDS * 4)
            finally:
                lab.stack.resume("partnerships")
            victim = lab.chance.choice([name for name in lab.services if name != "partnerships"])
            lab.say(f"holds have run out; kill -9 {victim}")
            lab.stack.kill(victim)
            lab.stack.start(victim)
        lab.await_answers(amount.answers)
    return [Figure("attempts", lab.journal.total - before, "requests")]


def _expiries(lab: Lab, occurrence: str) -> int:
    """How many holds have run out so far."""
    subject = f"occurrences/{occurrence}"
    return sum(1 for row in lab.look().told if row.subject == subject and row.type == "courses.hold-expired.v1")


def _more_expired(lab: Lab, occurrence: str, than: int) -> bool:
    return _expiries(lab, occurrence) > than


def fight_without_versions(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """The same hot occurrence, while replicas overwrite each other."""
    occurrence = lab.occurrence(12)
    with lab.load([occurrence], HOT, direct=True):
        lab.await_answers(amount.answers)
    return []


REPLICAS = Scenario(
    name="replicas",
    shows="never overbooked, never under-filled at rest, the list served in order, no late confirmation",
    run=fight_over_places,
    control=Control(
        ("versions",), ("overbooked", "doubled"), fight_without_versions, Amount(1, 150), ("courses",), spoils=True
    ),
    ci=None,
    lab=Amount(3, 300),
    soak=Amount(60, 3_000),
)
