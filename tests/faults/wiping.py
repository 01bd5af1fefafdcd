"""The broker loses what it acknowledged: its data is removed under load."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Sequence

from tests.bench.figures import Figure, at_most
from tests.faults.checker.snapshot import client_of
from tests.faults.checker.topics import PUBLISHERS, ends
from tests.faults.lab import Lab
from tests.faults.processes import await_that
from tests.faults.scenarios import Amount, Control, Scenario

FOUND_SECONDS = 30.0
RESTORED_SECONDS = 300.0
EVENTS = 100_000


def wipe_the_broker(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """Stop the broker, remove its data, start it. Nobody is told."""
    found = pace = 0.0
    restored = 0
    with lab.load([lab.occurrence() for _ in range(2)]):
        for _ in range(amount.rounds):
            lab.await_answers(amount.answers)
            told, generations = _told(lab), _generations(lab)
            wipe(lab)
            began = time.monotonic()
            await_that("the loss is found", lambda known=generations: _generations(lab) > known, RESTORED_SECONDS)  # type: ignore[misc]
            noticed = time.monotonic()
            found = max(found, noticed - began)
            await_that("all of it is published again", lambda wanted=told: _reaches(lab, wanted), RESTORED_SECONDS)  # type: ignore[misc]
            seconds, restored = time.monotonic() - began, restored + told.total()
            pace = max(pace, (time.monotonic() - noticed) * EVENTS / told.total())
            lab.say(f"found after {found:.1f} s, {told.total()} events published again after {seconds:.1f} s")
    return [
        Figure("events published again", restored, "events", conditions=f"in {amount.rounds} wipes"),
        at_most("loss found after", found, "s", FOUND_SECONDS, "from the empty broker's start on, under load"),
        at_most("restored per 100,000 events", pace, "s", RESTORED_SECONDS, "the slowest, once it was found"),
    ]


def wipe(lab: Lab) -> None:
    """The broker is back, and empty."""
    lab.say("the broker's data is removed")
    lab.stack.kill("kafka")
    shutil.rmtree(lab.stack.plan.kafka.directory / "data")
    lab.stack.start("kafka")


def _told(lab: Lab) -> Counter[str]:
    """How many events each publisher has told of."""
    with client_of(lab.stack.uri()) as client:
        return Counter({publisher: client[publisher]["outbox"].count_documents({}) for publisher in PUBLISHERS})


def _generations(lab: Lab) -> int:
    """How often courses has found a loss, by what it remembers of its topic."""
    with client_of(lab.stack.uri()) as client:
        topic = client["courses"]["published_topics"].find_one({"_id": "courses.events"})
    return 0 if topic is None else int(topic["generation"])


def _reaches(lab: Lab, wanted: Counter[str]) -> bool:
    """Whether the topics are as long again. What is on them, the checker looks at in the end."""
    length: Counter[str] = Counter()
    for (publisher, _), end in ends(lab.stack.kafka_bootstrap).items():
        length[publisher] += end
    return all(length[publisher] >= events for publisher, events in wanted.items())


def wipe_unnoticed(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """The same, for one who trusts the broker."""
    with lab.load([lab.occurrence()]):
        lab.await_answers(amount.answers)
        wipe(lab)
        lab.await_answers(amount.answers)
    return []


WIPING = Scenario(
    name="wiping",
    shows="what the broker has acknowledged and lost is found and published again",
    run=wipe_the_broker,
    controls=(Control(("audit",), ("lost",), wipe_unnoticed, Amount(1, 30), ("courses",)),),
    ci=None,
    lab=Amount(2, 100),
    soak=Amount(10, 1_000),
)
