"""Replicas of courses on one hot occurrence: cancels, offers, holds that run out, replicas that die."""

from __future__ import annotations

from collections.abc import Sequence

from tests.bench.figures import Figure
from tests.faults.lab import HOLD_SECONDS, Lab
from tests.faults.load import Habits
from tests.faults.processes import await_that
from tests.faults.scenarios import Amount, Control, Scenario
from tests.faults.watching import money_watched

HOT = Habits(bursary=0.6, waitlist=0.5, cancel=0.3, answer=0.2, repeat=0.05, pause=0.0)
SCHOOLS_PAY = Habits(bursary=0.0, waitlist=1.0, cancel=0.2, answer=0.1, repeat=0.0, pause=0.0)
PLACES = 12


def fight_over_places(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """Few places, wanted by all, straight at the replicas, so that each of them writes the same root.

    Every round has places of its own. The money side stands still from its beginning until a hold has run out: later
    they would all be confirmed. Then a replica is killed.
    """
    before, occurrences = lab.journal.total, []
    with money_watched(lab):
        for _ in range(amount.rounds):
            occurrences.append(lab.occurrence(PLACES))
            with lab.load(occurrences[-1:], HOT, direct=True):
                _let_a_hold_run_out(lab, occurrences[-1])
                lab.await_answers(amount.answers // 2)
                victim = lab.chance.choice(lab.processes.replicas)
                lab.say(f"holds have run out; kill -9 {victim}")
                lab.stack.kill(victim)
                lab.stack.start(victim)
                lab.await_answers(amount.answers // 2)
    attempts = f"on {PLACES} places a round, by {lab.replicas} replicas"
    expired, offers = (_told(lab, occurrences, what) for what in ("hold-expired", "place-offered"))
    return [
        Figure("attempts", lab.journal.total - before, "requests", conditions=attempts),
        Figure("holds that ran out", expired, "holds", conditions="while the money side stood still"),
        Figure("places offered to the waiting list", offers, "offers", conditions="in the order of its numbers"),
    ]


def _let_a_hold_run_out(lab: Lab, occurrence: str) -> None:
    lab.stack.pause("partnerships")
    try:
        await_that("a hold runs out", lambda: _told(lab, [occurrence], "hold-expired") > 0, HOLD_SECONDS * 4)
    finally:
        lab.stack.resume("partnerships")


def _told(lab: Lab, occurrences: Sequence[str], what: str) -> int:
    """How often something was told of these."""
    subjects = [f"occurrences/{occurrence}" for occurrence in occurrences]
    return lab.count_told({"subject": {"$in": subjects}, "type": f"courses.{what}.v1"})


def sell_the_last_place_twice(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """A replica stands still with its decision about the places, while the others sell them all."""
    occurrence = lab.occurrence(amount.rounds)
    with lab.load([occurrence], SCHOOLS_PAY, direct=True):
        with lab.processes.caught("courses", "decided, not written"):
            full = {"subject": f"occurrences/{occurrence}", "type": "courses.booking-waitlisted.v1"}
            await_that("all places are sold", lambda: lab.count_told(full) > 0)
        lab.await_answers(amount.answers)
    return []


def serve_the_last_first(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """A waiting list, and places that come free."""
    occurrence = lab.occurrence(PLACES)
    with lab.load([occurrence], SCHOOLS_PAY):
        offered = {"subject": f"occurrences/{occurrence}", "type": "courses.place-offered.v1"}
        await_that("places are offered", lambda: lab.count_told(offered) >= amount.rounds)
    return []


REPLICAS = Scenario(
    name="replicas",
    shows="never overbooked, never under-filled at rest, the list served in order, no late confirmation",
    run=fight_over_places,
    controls=(
        Control(("queue",), ("list-order",), serve_the_last_first, Amount(8, 0), ("courses",)),
        Control(
            ("versions",),
            ("overbooked", "doubled"),
            sell_the_last_place_twice,
            Amount(6, 60),
            ("courses",),
            spoils=True,
        ),
    ),
    ci=None,
    lab=Amount(3, 1_200),
    soak=Amount(60, 16_000),
)
