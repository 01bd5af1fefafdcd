"""The broker restarts again and again, hangs, and loops stand still: producers and consumers get going again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient

from tests.bench.figures import Figure, at_least, at_most
from tests.faults.checker.snapshot import FOLLOWS, client_of
from tests.faults.lab import Lab
from tests.faults.load import Habits
from tests.faults.processes import await_that
from tests.faults.scenarios import Amount, Control, Scenario

RESTART_SECONDS = 10.0
HANG_SECONDS = 60.0
GENTLE = Habits(bursary=1.0, waitlist=0, cancel=0.1, answer=0, repeat=0, pause=0.5)
GROUP_SECONDS = 60.0
GIVEN_UP_SECONDS = 4.0
"""Relays look once a second whether the lease is free."""


def get_stuck(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """Restart the broker; then it hangs past all time-outs, and then everybody who follows it."""
    restarts: list[float] = []
    with lab.load([lab.occurrence() for _ in range(4)], GENTLE):
        for number in range(amount.rounds):
            lab.await_answers(amount.answers)
            (lab.stack.kill if number % 2 else lab.stack.stop)("kafka")
            lab.stack.start("kafka")
            restarts.append(until_heard(lab))
            lab.say(f"the broker is back: going on after {restarts[-1]:.1f} s")
        with standing_still(lab, ["kafka"], amount.seconds):
            pass
        hang = until_heard(lab)
        lab.say(f"the broker stood still for {amount.seconds:.0f} s: going on after {hang:.1f} s")
        with standing_still(lab, [*lab.processes.replicas[:1], "partnerships"], amount.seconds):
            await_that("the group without them", lambda: _members(lab, "partnerships") == 0, GROUP_SECONDS)
        blocked = until_heard(lab)
        lab.say(f"loops stood still for {amount.seconds:.0f} s: going on after {blocked:.1f} s")
    within = sum(seconds <= RESTART_SECONDS for seconds in restarts)
    return [
        at_least("restarts of the broker got over in 10 s", within, "restarts", len(restarts), f"of {len(restarts)}"),
        Figure("slowest to go on after a restart", max(restarts), "s", conditions="published, followed and answered"),
        at_most("going on after the broker hung", hang, "s", HANG_SECONDS, f"it hung for {amount.seconds:.0f} s"),
        at_most("going on after loops stood still", blocked, "s", HANG_SECONDS, f"for {amount.seconds:.0f} s"),
    ]


def until_heard(lab: Lab) -> float:
    """Until what is told from now on is published and followed on both sides; how many seconds that takes."""
    now = {service: _followed(lab, service) for service in FOLLOWS}
    return await_that("events are followed again", lambda: all(_followed(lab, s) > n for s, n in now.items()), 300)


def _followed(lab: Lab, service: str) -> int:
    """How many events this service has followed in all."""
    with client_of(lab.stack.uri()) as client:
        return sum(int(position["sequence"]) for position in client[service]["positions"].find())


@contextmanager
def standing_still(lab: Lab, names: Sequence[str], seconds: float) -> Iterator[None]:
    """These stand still for so long; the block may wait for what comes of it."""
    for name in names:
        lab.stack.pause(name)
    over = time.monotonic() + seconds
    try:
        yield
        await_that("the time is over", lambda: time.monotonic() >= over, seconds + 10)
    finally:
        for name in names:
            lab.stack.resume(name)


def _members(lab: Lab, group: str) -> int:
    return asyncio.run(_count_members(lab.stack.kafka_bootstrap, group))


async def _count_members(bootstrap: str, group: str) -> int:
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=10_000)
    await asyncio.wait_for(admin.start(), 30)
    try:
        (answer,) = await asyncio.wait_for(admin.describe_consumer_groups([group]), 30)
        return len(answer.groups[0][5])
    finally:
        await admin.close()


def give_up_at_once(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """The broker comes back when every relay has had its turn, and has given up at the first failure."""
    with lab.load([lab.occurrence()], GENTLE):
        lab.stack.kill("kafka")
        await_that("nobody tries any more", lambda: lab.processes.seconds_without_relay() > GIVEN_UP_SECONDS)
        lab.await_answers(amount.answers)
        lab.stack.start("kafka")
    return []


STICKING = Scenario(
    name="sticking",
    shows="producers and consumers get going again, whatever they were stuck on",
    run=get_stuck,
    controls=(Control(("perseverance",), ("lost",), give_up_at_once, Amount(1, 20), ("courses",)),),
    ci=None,
    lab=Amount(6, 5, seconds=40),
    soak=Amount(50, 50, seconds=40),
)
