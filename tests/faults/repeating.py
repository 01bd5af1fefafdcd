"""The same request again: a hundred times at once at every door, and after a crash between commit and answer."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from infra.cli.client import Api, Problem
from infra.story.cast import MEMBERS
from shared.ids import new_id
from tests.bench.figures import Figure, at_least, at_most
from tests.faults.checker.snapshot import client_of
from tests.faults.journal import Acknowledged
from tests.faults.lab import Lab
from tests.faults.scenarios import Amount, Control, Scenario


def repeat_requests(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """Each round: one request `answers` times at once; then a crash with answers under way, and all asked again."""
    occurrence, effects = lab.occurrence(), 0
    for _ in range(amount.rounds):
        effects = max(effects, ask_at_once(lab, occurrence, amount.answers))
    first = len(lab.journal.acknowledged)
    with lab.load([occurrence]):
        for _ in range(amount.rounds):
            with lab.processes.caught("courses", "committed, not answered") as name:
                lab.stack.kill(name)
            lab.say(f"kill -9 {name}: committed, not answered")
            lab.stack.start(name)
            lab.await_answers(20)
    again = lab.journal.acknowledged[first:]
    unequal = len(lab.journal.unequal)
    with ThreadPoolExecutor(8) as asking:
        list(asking.map(lambda one: _compare(lab, one, ask(lab, lab.edge, one)), again))
    return [
        at_most(f"effects of a request sent {amount.answers} times at once", effects, "bookings", 1, "at all replicas"),
        at_least("crashes between commit and answer", amount.rounds, "crashes", amount.rounds, "under load"),
        at_most("other answers when asked again", len(lab.journal.unequal) - unequal, "answers", 0, f"of {len(again)}"),
    ]


def ask_at_once(lab: Lab, occurrence: str, times: int) -> int:
    """One booking, asked for by so many at the same moment, at the edge and at each replica; how many there are."""
    wanted = _request(lab, occurrence)
    doors = [lab.edge, *lab.direct]
    together = threading.Barrier(times)

    def one(number: int) -> dict[str, Any]:
        together.wait(60)
        return ask(lab, doors[number % len(doors)], wanted)

    with ThreadPoolExecutor(times) as asking:
        answers = list(asking.map(one, range(times)))
    told = [answer for answer in answers if "booking_id" in answer]
    first = Acknowledged(told[0]["booking_id"], wanted.school_urn, wanted.path, wanted.key, wanted.body, told[0])
    lab.journal.note(first)
    for answer in answers:
        _compare(lab, first, answer)
    delegate = wanted.body["delegates"][0]["delegate_id"]
    with client_of(lab.stack.uri()) as client:
        return client["courses"]["bookings"].count_documents({"delegates.delegate_id": delegate})


def _request(lab: Lab, occurrence: str) -> Acknowledged:
    body = {
        "delegates": [{"delegate_id": f"delegate-{new_id()}"}],
        "funding": {"kind": "bursary", "partnership_id": lab.partnership.id},
        "if_full": "refuse",
    }
    return Acknowledged("", lab.chance.choice(MEMBERS), f"/api/occurrences/{occurrence}/bookings", new_id(), body, {})


def ask(lab: Lab, door: Api, request: Acknowledged) -> dict[str, Any]:
    """Send it with its key; what it is answered."""
    headers = lab.badges.headers(request.school_urn) | {"Idempotency-Key": request.key}
    try:
        answer: dict[str, Any] = door.send("POST", request.path, json=request.body, headers=headers).json()
    except Problem as problem:
        answer = {"problem": f"{problem.status} {problem.slug}"}
    lab.journal.count("repeated")
    return answer


def _compare(lab: Lab, first: Acknowledged, answer: dict[str, Any]) -> None:
    if (different := answer.get("problem") or first.differs(answer)) is not None:
        lab.journal.unequal.append((f"bookings/{first.booking_id}", different))


def repeat_unrecognised(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """One request at once, for services that keep no answers."""
    ask_at_once(lab, lab.occurrence(), amount.answers)
    return []


REPEATING = Scenario(
    name="repeating",
    shows="a request that is repeated has one effect and one answer",
    run=repeat_requests,
    controls=(Control(("idempotency",), ("unequal",), repeat_unrecognised, Amount(1, 20), ("courses",)),),
    ci=Amount(1, 50),
    lab=Amount(10, 100),
    soak=Amount(100, 100),
)
