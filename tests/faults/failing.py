"""The store fails over: the primary steps down, commits fail, go unanswered, or are said to be unsure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from pymongo.errors import AutoReconnect

from tests.bench.figures import Figure, at_least, at_most
from tests.faults.checker.snapshot import client_of
from tests.faults.lab import Lab
from tests.faults.load import Habits
from tests.faults.processes import await_that
from tests.faults.scenarios import Amount, Control, Scenario

BACK_SECONDS = 15.0
AWAY_SECONDS = 3
AT_ONCE = 10
BROKEN_OFF = 2
"""Fewer, since the store does not really break these off: what they wrote is locked until it gives them up."""
REPEATING = Habits(repeat=0.3, cancel=0.2)
BACK = 5


def step_down(lab: Lab) -> None:
    """There is no primary for a while; what was under way is broken off."""
    with client_of(lab.stack.uri()) as client, suppress(AutoReconnect):
        client.admin.command({"replSetStepDown": AWAY_SECONDS, "secondaryCatchUpPeriodSecs": 0, "force": True})


def fail_commits(lab: Lab, times: int, **how: Any) -> None:
    """The next commits of courses and partnerships end like this. Waits until they have."""
    with client_of(lab.stack.uri()) as client:
        data = {"failCommands": ["commitTransaction"], **how}
        set_up = client.admin.command("configureFailPoint", "failCommand", mode={"times": times}, data=data)
        entered = int(set_up["count"])

        def is_over() -> bool:
            found = client.admin.command({"getParameter": 1, "failpoint.failCommand": 1})["failpoint.failCommand"]
            return int(found["timesEntered"]) >= entered + times

        try:
            await_that("commits that fail", is_over)
        finally:
            client.admin.command("configureFailPoint", "failCommand", mode="off")


UNSURE: dict[str, Any] = {"writeConcernError": {"code": 91, "errmsg": "shutting down"}}
HARMS: Mapping[str, Callable[[Lab], None]] = {
    "the primary steps down": step_down,
    "connections break at commit": partial(fail_commits, times=AT_ONCE, closeConnection=True),
    "no primary at commit": partial(
        fail_commits, times=AT_ONCE, errorCode=10107, errorLabels=["UnknownTransactionCommitResult"]
    ),
    "commits are broken off": partial(
        fail_commits, times=BROKEN_OFF, errorCode=251, errorLabels=["TransientTransactionError"]
    ),
    "commits succeed and are said to be unsure": partial(fail_commits, times=AT_ONCE, **UNSURE),
}


def fail_over(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """One after the other, under load by clients that repeat themselves a lot."""
    slowest = 0.0
    with lab.load([lab.occurrence() for _ in range(3)], REPEATING):
        for _ in range(amount.rounds):
            for what, harm in HARMS.items():
                lab.await_answers(amount.answers)
                harm(lab)
                booked = len(lab.journal.acknowledged)
                back = await_that("bookings again", lambda n=booked: len(lab.journal.acknowledged) > n + BACK)  # type: ignore[misc]
                lab.say(f"{what}: bookings acknowledged again after {back:.1f} s")
                slowest = max(slowest, back)
    harms = amount.rounds * len(HARMS)
    return [
        at_least("failures of the store", harms, "failures", harms, ", ".join(HARMS)),
        at_most("bookings acknowledged again after", slowest, "s", BACK_SECONDS, "the slowest, under load"),
    ]


def acknowledge_what_fails(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """Commits that are broken off, for one who does not look how they end."""
    with lab.load([lab.occurrence()], Habits(cancel=0, answer=0, repeat=0)):
        fail_commits(lab, amount.rounds, errorCode=251, errorLabels=["TransientTransactionError"], appName="courses")
    return []


FAILING = Scenario(
    name="failing",
    shows="what was acknowledged is there, once, however the store fails over",
    run=fail_over,
    controls=(Control(("commit",), ("unacknowledged",), acknowledge_what_fails, Amount(2, 0), ("courses",)),),
    ci=None,
    lab=Amount(2, 30),
    soak=Amount(30, 300),
)
