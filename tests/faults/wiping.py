"""The broker loses what it acknowledged: its data is removed under load."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence

from tests.bench.figures import Figure, at_most
from tests.faults.checker.snapshot import Snapshot
from tests.faults.lab import Lab
from tests.faults.scenarios import Amount, Control, Scenario

FOUND_SECONDS = 30.0


def wipe_the_broker(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """Stop the broker, remove its data, start it. Nobody is told."""
    occurrences = [lab.occurrence(400) for _ in range(2)]
    slowest, restored = 0.0, 0
    with lab.load(occurrences):
        for _ in range(amount.rounds):
            lab.await_answers(amount.answers)
            restored = len(lab.look().told)
            wipe(lab)
            began = time.monotonic()
            await_whole(lab, restored)
            slowest = max(slowest, time.monotonic() - began)
            lab.say(f"{restored} events published again, {slowest:.1f} s after the broker was back")
    return [
        Figure("events to restore", restored, "events"),
        at_most("loss found and all restored after", slowest, "s", FOUND_SECONDS, "from its start on"),
    ]


def wipe(lab: Lab) -> None:
    """The broker is back, and empty."""
    lab.say("the broker's data is removed")
    lab.stack.kill("kafka")
    shutil.rmtree(lab.stack.plan.kafka.directory / "data")
    lab.stack.start("kafka")


def await_whole(lab: Lab, count: int) -> None:
    """Until the topics have as many events again."""
    lab.await_that("everything published again", lambda: _is_whole(lab.look(topics=True), count))


def _is_whole(seen: Snapshot, count: int) -> bool:
    """Whether that many of the first events are on the topics."""
    return len({record.id for record in seen.found}) >= count


def wipe_unnoticed(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """The same, for one who trusts the broker."""
    with lab.load([lab.occurrence(400)]):
        lab.await_answers(amount.answers)
        wipe(lab)
        lab.await_answers(amount.answers)
    return []


WIPING = Scenario(
    name="wiping",
    shows="what the broker has acknowledged and lost is found and published again",
    run=wipe_the_broker,
    control=Control(("audit",), ("lost",), wipe_unnoticed, Amount(1, 30), ("courses",)),
    ci=None,
    lab=Amount(2, 100),
    soak=Amount(10, 1_000),
)
