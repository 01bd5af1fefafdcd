"""Records that nobody can apply: foreign ones, damaged ones, and one in the middle of a stream that matters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from shared.ids import new_id
from tests.bench.figures import Figure, at_least, at_most
from tests.faults.checker.snapshot import MARK, Row, client_of
from tests.faults.lab import Lab
from tests.faults.load import Habits
from tests.faults.scenarios import Amount, Control, Scenario
from tests.faults.sending import Record, record_of, rows_of, send

PARKED = "/api/operations/partnerships/parked"
NOTE = "put there by the fault lab"
ALL_BURSARY = Habits(bursary=1.0, waitlist=0, cancel=0, answer=0, repeat=0)


def poison(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """Park, look how others go on, mend what can be mended, discard the rest: nothing is left, order is kept."""
    strange = strangers(lab, amount.rounds)
    send(lab, "courses.events", strange)
    healthy = lab.occurrence(400)
    poisoned, row = poison_a_stream(lab, amount)
    before = _confirmed(lab, healthy)
    with lab.load([healthy], ALL_BURSARY):
        lab.await_answers(amount.answers)
    lab.await_that("others are confirmed", lambda: _confirmed(lab, healthy) > before)
    behind = sum(1 for parked in open_parked(lab) if parked["reason"] == "behind")
    lab.say(f"{poisoned} is parked with {behind} events behind it; others were confirmed meanwhile")
    mend(lab, row)
    for parked in open_parked(lab):
        if parked["reason"] in ("unreadable", "foreign", "unknown-event"):
            operate(lab, parked["_id"], "discard", {"note": NOTE})
    seconds = lab.await_that("nothing parked", lambda: not open_parked(lab))
    return [
        Figure("records that nobody can read", len(strange), "records"),
        at_least("events parked behind a poisoned one", behind, "events", 1, "of the same stream"),
        at_most("parked at the end", len(open_parked(lab)), "events", 0, f"{seconds:.1f} s after the asking"),
    ]


def strangers(lab: Lab, rounds: int) -> list[Record]:
    """Things that do not belong on a topic of events."""
    template = rows_of(lab, "courses")[0]

    def stranger(**changes: Any) -> Record:
        row: Row = {**template, "_id": new_id(), "subject": f"occurrences/{new_id()}", "sequence": 1, **changes}
        return record_of(row, marked=True)

    made: list[Record] = []
    for _ in range(rounds):
        made += [
            (b"", [(MARK, b"1")], b"\x00\xff"),
            (b"key", [(MARK, b"1"), ("ce_specversion", b"1.0")], b"{"),
            stranger(source="/somebody-else"),
            stranger(type="courses.never-heard-of.v9"),
        ]
    return made


def poison_a_stream(lab: Lab, amount: Amount) -> tuple[str, Row]:
    """Damage an event of an occurrence before it is published, with more of the same stream behind it."""
    occurrence = lab.occurrence(400)
    lab.rest()
    lab.stack.kill("kafka")
    with lab.load([occurrence], ALL_BURSARY):
        lab.await_answers(max(8, amount.rounds))
    replicas = [name for name in lab.services if name != "partnerships"]
    for name in replicas:  # no relay may still have the sound event at hand
        lab.stack.kill(name)
    held = {"subject": f"occurrences/{occurrence}", "type": "courses.place-held.v1", "state": "waiting"}
    row = rows_of(lab, "courses", held)[0]
    _write_body(lab, row, '{"damaged": true}')
    try:
        lab.revive()
        key = f"courses/{row['subject']}/{row['sequence']}"
        lab.await_that("the damaged event is parked", lambda: key in {one["_id"] for one in open_parked(lab)})
    finally:
        _write_body(lab, row, row["body"])
    return key, row


def _write_body(lab: Lab, row: Row, body: str) -> None:
    with client_of(lab.stack.uri()) as client:
        client["courses"]["outbox"].update_one({"_id": row["_id"]}, {"$set": {"body": body}})


def mend(lab: Lab, row: Row) -> None:
    """Put the body right and have it replayed, as an operator does."""
    assert json.loads(row["body"])
    key = f"courses/{row['subject']}/{row['sequence']}"
    operate(lab, key, "mend", {"body": row["body"], "headers": {}, "note": NOTE})
    operate(lab, key, "replay", {"note": NOTE})


def operate(lab: Lab, key: str, what: str, body: dict[str, Any]) -> None:
    """Ask partnerships for something about a parked event."""
    answer = lab.operate("POST", f"{PARKED}/{quote(key)}/{what}", body)
    assert answer.status_code < 300, f"{what} {key}: {answer.status_code} {answer.text}"


def open_parked(lab: Lab) -> list[Row]:
    """What partnerships has put aside."""
    return [row for row in lab.look().documents("partnerships", "parked") if row["open"] and _is_new(lab, row)]


def _is_new(lab: Lab, row: Row) -> bool:
    return f"{row['_id']} at partnerships" not in {fault.about for fault in lab.faults_known}


def _confirmed(lab: Lab, occurrence: str) -> int:
    return sum(
        1
        for booking in lab.look().documents("courses", "bookings")
        if booking["occurrence_id"] == occurrence and booking["status"] == "confirmed"
    )


def poison_without_parking(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """The damaged event, for one who goes on without it; it is mended and replayed later."""
    _, row = poison_a_stream(lab, amount)
    lab.await_that("the others went on", lambda: len(open_parked(lab)) == 1)
    mend(lab, row)
    return []


POISONING = Scenario(
    name="poisoning",
    shows="what cannot be applied holds up its own stream only, and nothing is left once it is mended",
    run=poison,
    control=Control(("parking",), ("order",), poison_without_parking, Amount(8, 10), ("partnerships",)),
    ci=None,
    lab=Amount(5, 40),
    soak=Amount(100, 1_000),
)
