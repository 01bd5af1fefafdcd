"""Nobody tidies holds that have run out, and the answers about money come just then: a hold that is over is over."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.bench.figures import Figure, at_least, at_most, percentile
from tests.faults.entry import HOLDS, OFF
from tests.faults.lab import HOLD_SECONDS, Lab
from tests.faults.load import Habits
from tests.faults.processes import await_that
from tests.faults.scenarios import Amount, Control, Scenario

FUNDED = Habits(bursary=1.0, waitlist=0, cancel=0, answer=0, repeat=0)
NEAR = timedelta(milliseconds=1)
LONGEST = 900.0
ANSWERED = ("courses.booking-confirmed.v1", "courses.hold-expired.v1")
Row = dict[str, Any]


def answer_at_the_last_moment(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """Holds that last about as long as the money takes, while all schedules are dead, until enough come that near."""
    usual = _usual_seconds(lab)
    lab.say(f"the answer about money usually takes {usual * 1000:.0f} ms: so long are holds now, more or less")
    occurrence = lab.occurrence()
    settings = {HOLDS: f"{usual * 0.7:.3f}-{usual * 1.3:.3f}", OFF: "schedule"}
    with lab.processes.changed(settings, ("courses",)), lab.load([occurrence], FUNDED):
        lab.await_answers(amount.answers)
        await_that("answers within a millisecond", lambda: _near(_answers(lab, occurrence)) >= amount.rounds, LONGEST)
    answers = list(_answers(lab, occurrence))
    late = [margin for confirmed, margin in answers if confirmed and margin >= timedelta()]
    early = [margin for confirmed, margin in answers if not confirmed and margin < timedelta()]
    return [
        Figure("answers about money", len(answers), "answers", conditions=f"holds of about {usual * 1000:.0f} ms"),
        at_least("within ±1 ms of the hold's end", _near(answers), "answers", amount.rounds, "schedules dead"),
        at_most("late ones accepted", len(late), "answers", 0, f"of {sum(m >= timedelta() for _, m in answers)} late"),
        at_most("early ones refused", len(early), "answers", 0, f"of {sum(m < timedelta() for _, m in answers)} early"),
    ]


def _usual_seconds(lab: Lab) -> float:
    """How long it usually takes from a hold to its confirmation, under the same load."""
    occurrence = lab.occurrence()
    with lab.load([occurrence], FUNDED):
        confirmed = {"subject": f"occurrences/{occurrence}", "type": "courses.booking-confirmed.v1"}
        await_that("bookings confirmed", lambda: lab.count_told(confirmed) >= 100)
    return percentile([(HOLD_SECONDS + margin.total_seconds()) for _, margin in _answers(lab, occurrence)], 0.5)


def _answers(lab: Lab, occurrence: str) -> Iterator[tuple[bool, timedelta]]:
    """Of each answer about a hold: whether the booking was confirmed by it, and how long after the hold's end it was.

    Both are by the clock of the one who decides, and in the events.
    """
    ends: dict[str, datetime] = {}
    for row in lab.told({"subject": f"occurrences/{occurrence}"}):
        facts = _facts(row)
        if row["type"] == "courses.place-held.v1":
            ends[facts["booking_id"]] = datetime.fromisoformat(facts["hold_expires_at"])
        elif row["type"] in ANSWERED and row["triggered_by"] != "schedule" and facts["booking_id"] in ends:
            yield row["type"] == ANSWERED[0], row["time"] - ends[facts["booking_id"]]


def _near(answers: Sequence[tuple[bool, timedelta]] | Iterator[tuple[bool, timedelta]]) -> int:
    return sum(abs(margin) <= NEAR for _, margin in answers)


def _facts(row: Row) -> Row:
    facts: Row = json.loads(row["body"])
    return facts


def answer_too_late(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """The money side stands still until all holds are over, and answers then."""
    occurrence = lab.occurrence()
    lab.stack.pause("partnerships")
    try:
        with lab.load([occurrence], FUNDED):
            lab.await_answers(amount.answers)
        held = lab.told({"subject": f"occurrences/{occurrence}", "type": "courses.place-held.v1"})
        last = max(datetime.fromisoformat(_facts(row)["hold_expires_at"]) for row in held)
        await_that("all holds are over", lambda: datetime.now(last.tzinfo) > last, HOLD_SECONDS * 2)
    finally:
        lab.stack.resume("partnerships")
    await_that("all are answered", lambda: sum(1 for _ in _answers(lab, occurrence)) >= len(held))
    return []


EXPIRING = Scenario(
    name="expiring",
    shows="a hold is good to its last millisecond and no longer, whoever tidies",
    run=answer_at_the_last_moment,
    controls=(Control(("expiry", "schedule"), ("late",), answer_too_late, Amount(1, 10), ("courses",)),),
    ci=None,
    lab=Amount(5, 500),
    soak=Amount(100, 20_000),
)
