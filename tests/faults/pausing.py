"""The owner of the relay stands still for longer than its lease, another takes over, then it goes on."""

from __future__ import annotations

from collections.abc import Sequence

from tests.bench.figures import Figure, at_least
from tests.faults.checker.snapshot import Row, client_of
from tests.faults.checker.topics import ends, records
from tests.faults.lab import Lab
from tests.faults.load import Habits
from tests.faults.processes import await_that
from tests.faults.scenarios import Amount, Control, Scenario
from tests.faults.sending import record_of, rows_of, send

LEASE_SECONDS = 3.0
ALL_BURSARY = Habits(bursary=1.0, waitlist=0, cancel=0, answer=0, repeat=0)
WAITING = {"state": "waiting"}


def pause_the_owner(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """SIGSTOP with a batch in its hands, SIGCONT once another has published it: the batch then comes late."""
    late = 0
    with lab.processes.short_lease(LEASE_SECONDS), lab.load([lab.occurrence() for _ in range(2)]):
        for _ in range(amount.rounds):
            lab.await_answers(amount.answers)
            late += pause_once(lab)
    shuffle(lab, Amount(5, 20))
    return [
        at_least("pauses of the relay's owner past its lease", amount.rounds, "pauses", amount.rounds, "under load"),
        at_least("late batches seen on the topic", late, "batches", 1, "behind what another owner had sent"),
    ]


def pause_once(lab: Lab) -> int:
    """Pause the owner until another has published what it was about to send; how many late batches then came."""
    with lab.processes.caught("courses", "about to send") as owner:
        held = {row["_id"] for row in lab.told(WAITING)}
        await_that(
            "another owner", lambda: not held.intersection(row["_id"] for row in lab.told(WAITING)), LEASE_SECONDS * 20
        )
        before = ends(lab.stack.kafka_bootstrap)
    await_that("the late batch", lambda: any(r.id in held for r in records(lab.stack.kafka_bootstrap, before)))
    lab.say(f"{owner} stood still past its lease, and its batch came late")
    return 1


def shuffle(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """Have the consumer find the events of one aggregate in the opposite order, before any relay has sent them."""
    occurrence = lab.occurrence()
    lab.rest()
    lab.stack.kill("kafka")
    with lab.load([occurrence], ALL_BURSARY):
        lab.await_answers(amount.answers)
    lab.processes.kill(lab.processes.replicas)
    lab.stack.start("kafka")
    rows = rows_of(lab, "courses", {"subject": f"occurrences/{occurrence}", **WAITING})
    send(lab, "courses.events", [record_of(row, marked=True) for row in reversed(rows)])
    await_that("effects of what came in the wrong order", lambda: _effects(lab, rows) >= amount.rounds)
    lab.processes.revive()
    return []


def _effects(lab: Lab, rows: Sequence[Row]) -> int:
    """How many of these events have had effects."""
    with client_of(lab.stack.uri()) as client:
        marks = client["partnerships"]["inbox"]
        return sum(marks.count_documents({"_id": {"$gte": row["_id"], "$lt": f"{row['_id']}~"}}) for row in rows)


PAUSING = Scenario(
    name="pausing",
    shows="order holds, whoever publishes, and however late",
    run=pause_the_owner,
    controls=(Control(("order",), ("order",), shuffle, Amount(5, 20), ("partnerships",)),),
    ci=None,
    lab=Amount(20, 20),
    soak=Amount(100, 500),
)
