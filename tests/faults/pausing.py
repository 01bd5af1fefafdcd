"""The owner of the relay stands still for longer than its lease, another takes over, then it goes on."""

from __future__ import annotations

from collections.abc import Sequence

from infra.local.kafka import create_topics
from tests.bench.figures import Figure
from tests.faults.checker.snapshot import PUBLISHERS, Row, Snapshot
from tests.faults.lab import Lab
from tests.faults.load import Habits
from tests.faults.scenarios import Amount, Control, Scenario
from tests.faults.sending import record_of, rows_of, send
from tests.faults.wiping import wipe


def pause_the_owner(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """SIGSTOP while it sends, SIGCONT once another has published: what it still sends comes late."""
    occurrences = [lab.occurrence(400) for _ in range(2)]
    with lab.load(occurrences):
        for _ in range(amount.rounds):
            lab.await_answers(amount.answers)
            owner = pause_once(lab)
            lab.say(f"{owner} stood still past its lease, and goes on")
    late = late_copies(lab.look(topics=True))
    shuffle(lab, Amount(5, 20))
    return [
        Figure("pauses of the relay's owner past its lease", amount.rounds, "pauses"),
        Figure("copies on the topics", late, "records"),
    ]


def pause_once(lab: Lab) -> str:
    """Pause the owner until somebody else publishes."""
    lab.await_that("an owner of the relay", lambda: lab.owner_of_relay() is not None)
    owner = lab.owner_of_relay()
    assert owner is not None
    lab.stack.pause(owner)
    try:
        lab.await_that("another owner", lambda: lab.owner_of_relay() not in (None, owner), 60)
    finally:
        lab.stack.resume(owner)
    return owner


def late_copies(seen: Snapshot) -> int:
    """Records that say what a record before them had said."""
    return sum(1 for record in seen.found if record.id) - len({record.id for record in seen.found if record.id})


def shuffle(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """Have a consumer find the events of one aggregate in the opposite order, on a topic made anew."""
    occurrence = lab.occurrence(400)
    lab.stack.kill("partnerships")
    with lab.load([occurrence], Habits(bursary=1.0, waitlist=0, cancel=0, answer=0, repeat=0)):
        lab.await_answers(amount.answers)
    for name in lab.services:
        lab.stack.kill(name)
    wipe(lab)
    create_topics(lab.stack.kafka_bootstrap, [f"{publisher}.events" for publisher in PUBLISHERS])
    rows = rows_of(lab, "courses", {"subject": f"occurrences/{occurrence}"})
    send(lab, "courses.events", [record_of(row, marked=True) for row in reversed(rows)])
    lab.stack.start("partnerships")
    lab.await_that("effects of what came in the wrong order", lambda: _effects(lab, rows) >= amount.rounds)
    lab.revive()
    return []


def _effects(lab: Lab, rows: Sequence[Row]) -> int:
    """How many of these events have had effects."""
    marks = [str(mark["_id"]).partition(" ")[0] for mark in lab.look().documents("partnerships", "inbox")]
    return len({row["_id"] for row in rows} & set(marks))


PAUSING = Scenario(
    name="pausing",
    shows="order holds, whoever publishes, and however late",
    run=pause_the_owner,
    control=Control(("order",), ("order",), shuffle, Amount(5, 20), ("partnerships",)),
    ci=None,
    lab=Amount(4, 60),
    soak=Amount(20, 500),
)
