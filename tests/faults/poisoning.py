"""Records that nobody can apply: foreign ones, damaged ones, and one in the middle of a stream that matters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from shared.ids import new_id
from tests.bench.figures import Figure, at_least, at_most, percentile
from tests.faults.checker.snapshot import Row, client_of
from tests.faults.checker.topics import MARK
from tests.faults.lab import Lab
from tests.faults.load import Habits
from tests.faults.processes import await_that
from tests.faults.scenarios import Amount, Control, Scenario
from tests.faults.sending import Record, record_of, send

PARKED = "/api/operations/partnerships/parked"
NOTE = "put there by the fault lab"
KEYS = 100
STRANGERS = 5
EVENTS_BEHIND = 20
ALL_BURSARY = Habits(bursary=1.0, waitlist=0, cancel=0, answer=0, repeat=0)


def poison(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """Of every hundred streams one is poisoned: the others go on as before, it is mended, and order is kept."""
    healthy = [lab.occurrence() for _ in range(KEYS - amount.rounds)]
    strange = strangers(lab, STRANGERS)
    warm_up(lab, healthy, amount)
    calm = _seconds_to_confirm(lab, healthy, amount)
    send(lab, "courses.events", strange)
    poisoned = [poison_a_stream(lab, EVENTS_BEHIND) for _ in range(amount.rounds)]
    warm_up(lab, healthy, amount)
    troubled = _seconds_to_confirm(lab, healthy, amount)
    behind = sum(1 for parked in open_parked(lab) if parked["reason"] == "behind")
    lab.say(f"{len(poisoned)} streams are parked with {behind} events behind; others were confirmed meanwhile")
    for _, row in poisoned:
        mend(lab, row)
    for parked in open_parked(lab):
        if parked["reason"] in ("unreadable", "foreign", "unknown-event"):
            operate(lab, parked["_id"], "discard", {"note": NOTE})
    seconds = await_that("nothing parked", lambda: not open_parked(lab))
    slower = 100 * (percentile(troubled, 0.99) / percentile(calm, 0.99) - 1)
    measured = f"{percentile(calm, 0.99):.2f} s before, {percentile(troubled, 0.99):.2f} s with poison, place held to"
    return [
        Figure("records that nobody can read", len(strange), "records", conditions="parked, then discarded"),
        at_least("streams poisoned", len(poisoned), "streams", KEYS // 100, f"of {KEYS}: parked, mended, replayed"),
        at_least("events parked behind a poisoned one", behind, "events", 1, "of the same stream"),
        at_most("p99 of other streams slower by", slower, "%", 20, f"{measured} booking confirmed"),
        at_most("parked at the end", len(open_parked(lab)), "events", 0, f"{seconds:.1f} s after the asking"),
    ]


def warm_up(lab: Lab, healthy: Sequence[str], amount: Amount) -> None:
    """Bookings that are not timed: to poison a stream broker and replicas were killed, and have to find together."""
    _seconds_to_confirm(lab, healthy, replace(amount, answers=amount.answers // 4))


def _seconds_to_confirm(lab: Lab, occurrences: Sequence[str], amount: Amount) -> list[float]:
    """How long bookings of these wait for their money, under load."""
    began = datetime.now(UTC)
    with lab.load(occurrences, ALL_BURSARY):
        lab.await_answers(amount.answers)
    await_that("all of them are decided", lambda: not _undecided(lab, occurrences))
    held: dict[str, datetime] = {}
    taken: list[float] = []
    kinds = ["courses.place-held.v1", "courses.booking-confirmed.v1"]
    subjects = [f"occurrences/{occurrence}" for occurrence in occurrences]
    for row in lab.told({"subject": {"$in": subjects}, "type": {"$in": kinds}, "time": {"$gte": began}}):
        booking_id = json.loads(row["body"])["booking_id"]
        if row["type"] == kinds[0]:
            held[booking_id] = row["time"]
        elif booking_id in held:
            taken.append((row["time"] - held[booking_id]).total_seconds())
    return taken


def _undecided(lab: Lab, occurrences: Sequence[str]) -> int:
    """How many bookings still wait for their money."""
    with client_of(lab.stack.uri()) as client:
        waiting = {"occurrence_id": {"$in": list(occurrences)}, "status": "pending-funding"}
        return client["courses"]["bookings"].count_documents(waiting)


def strangers(lab: Lab, rounds: int) -> list[Record]:
    """Things that do not belong on a topic of events."""
    template = lab.told({})[0]

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


def poison_a_stream(lab: Lab, behind: int) -> tuple[str, Row]:
    """Damage an event of an occurrence before it is published, with so many of the same stream behind it."""
    occurrence = lab.occurrence()
    lab.rest()
    lab.stack.kill("kafka")
    with lab.load([occurrence], ALL_BURSARY):
        lab.await_answers(behind)
    lab.processes.kill(lab.processes.replicas)  # no relay may still have the sound event at hand
    held = {"subject": f"occurrences/{occurrence}", "type": "courses.place-held.v1", "state": "waiting"}
    row = lab.told(held)[0]
    _write_body(lab, row, '{"damaged": true}')
    try:
        lab.processes.revive()
        key = f"courses/{row['subject']}/{row['sequence']}"
        await_that("the damaged event is parked", lambda: key in {one["_id"] for one in open_parked(lab)})
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
    with client_of(lab.stack.uri()) as client:
        rows = list(client["partnerships"]["parked"].find({"open": True}))
    return [row for row in rows if ("parked", f"{row['_id']} at partnerships") not in lab.known]


def poison_without_parking(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """The damaged event, for one who goes on without it; it is mended and replayed later."""
    _, row = poison_a_stream(lab, amount.answers)
    await_that("the others went on", lambda: len(open_parked(lab)) == 1)
    mend(lab, row)
    await_that("it was replayed", lambda: not open_parked(lab))
    return []


POISONING = Scenario(
    name="poisoning",
    shows="what cannot be applied holds up its own stream only, and nothing is left once it is mended",
    run=poison,
    controls=(Control(("parking",), ("order",), poison_without_parking, Amount(1, 10), ("partnerships",)),),
    ci=None,
    lab=Amount(1, 800),
    soak=Amount(10, 20_000),
)
