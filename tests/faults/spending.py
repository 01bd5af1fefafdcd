"""Both sides of the saga are killed while few teachers book much: caps and cover have to refuse some of it."""

from __future__ import annotations

from collections.abc import Sequence

from infra.story.cast import LEAD, NEIGHBOUR, approver
from services.gateway.demo_accounts import DEMO_PASSWORD
from shared.ids import new_id
from tests.bench.figures import Figure, at_least
from tests.faults.checker.snapshot import client_of
from tests.faults.lab import Lab
from tests.faults.load import Habits
from tests.faults.scenarios import Amount, Control, Scenario

DEAR = 400_000
"""Two such courses are below a teacher's cap, the third is not."""
COURSES = 3
MOST_OUT = 1
FUNDED = Habits(bursary=1.0, waitlist=0.2, cancel=0.3, answer=0, repeat=0.1, schools=(LEAD,), teachers=2)
GUARDED = Habits(bursary=0, waitlist=0.2, cancel=0.3, answer=0, repeat=0.1, schools=(NEIGHBOUR,), teachers=3)
"""It is no member: it pays for itself, and guards its cover."""


def spend_and_kill(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """The courses are on one day, so that a school that lets one person go has to refuse the others."""
    occurrences = begin(lab)
    with lab.load(occurrences, FUNDED), lab.load(occurrences, GUARDED):
        for number in range(amount.rounds):
            lab.await_answers(amount.answers)
            victim = "partnerships" if number % 2 == 0 else lab.chance.choice(lab.processes.replicas)
            lab.say(f"kill -9 {victim}")
            lab.stack.kill(victim)
            lab.stack.start(victim)
        lab.await_answers(amount.answers)
    lab.rest()
    return [
        at_least("processes killed", amount.rounds, "kills", amount.rounds, "partnerships and courses in turn"),
        at_least("refused by a teacher's cap", refused(lab, "teacher-cap-reached"), "bookings", 1, "under load"),
        at_least("refused by the cover guard", refused(lab, "too-many-out"), "bookings", 1, "under load"),
    ]


def begin(lab: Lab) -> list[str]:
    """The courses; a neighbour that lets so few of its staff go on one day. Both services know, and are at work."""
    occurrences = [lab.occurrence(price_pence=DEAR) for _ in range(COURSES)]
    token = lab.edge.token(approver(NEIGHBOUR), DEMO_PASSWORD).access_token
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": new_id()}
    lab.edge.send("PUT", f"/api/schools/{NEIGHBOUR}/cover", json={"most_out": MOST_OUT}, headers=headers)
    lab.rest()
    return occurrences


def refused(lab: Lab, reason: str) -> int:
    """How many events of partnerships say no for this reason."""
    with client_of(lab.stack.uri()) as client:
        return client["partnerships"]["outbox"].count_documents({"body": {"$regex": f'"{reason}"'}})


def spend_without_limits(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """The same bookings, and nobody is refused; at rest, for what is not answered yet breaks no limit."""
    occurrences = begin(lab)
    with (
        lab.load(occurrences, FUNDED.without_cancelling()),
        lab.load(occurrences, GUARDED.without_cancelling()),
    ):
        lab.await_answers(amount.answers)
    lab.rest()
    return []


SPENDING = Scenario(
    name="spending",
    shows="no teacher is funded above the cap and no school sends more than it can spare, whoever dies",
    run=spend_and_kill,
    controls=(
        Control(("caps",), ("caps",), spend_without_limits, Amount(1, 60), ("partnerships",)),
        Control(("cover",), ("cover",), spend_without_limits, Amount(1, 60), ("partnerships",)),
    ),
    ci=Amount(2, 20),
    lab=Amount(20, 60),
    soak=Amount(200, 600),
)
