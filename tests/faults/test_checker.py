"""The checker finds nothing wrong with a sound snapshot, and each kind of fault in one that was tampered with."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.faults.checker.awards import award_faults
from tests.faults.checker.clients import client_faults
from tests.faults.checker.delivery import delivery_faults
from tests.faults.checker.faults import Fault, Rule
from tests.faults.checker.limits import limit_faults
from tests.faults.checker.money import money_faults
from tests.faults.checker.placements import placement_faults
from tests.faults.checker.places import place_faults
from tests.faults.checker.snapshot import READ, Row, Snapshot, Told, changed
from tests.faults.checker.topics import Found
from tests.faults.journal import Acknowledged, Journal

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
STREAM = "occurrences/o"


def told(sequence: int, kind: str, booking_id: str, **facts: object) -> Told:
    body = json.dumps({"booking_id": booking_id, "places": 1, **facts})
    at = NOW + timedelta(seconds=sequence)
    return Told("courses", f"event-{sequence}", STREAM, sequence, f"courses.{kind}.v1", at, "published", body)


def booking(name: str, status: str, **fields: object) -> Row:
    return {
        "_id": name,
        "occurrence_id": "o",
        "status": status,
        "places": 1,
        "price_pence": 100,
        "funding": {"partnership_id": "p"},
        "queue_number": None,
        "expires_at": None,
        "delegates": [{"delegate_id": f"delegate-{name}", "status": "booked"}],
        "history": [{"verb": "ask-for-funds"}],
        **fields,
    }


def placement(name: str, status: str, **match: object) -> Row:
    agreed = {
        "offer_id": "f",
        "application_id": f"application-{name}",
        "teacher_id": "t",
        "partnership_id": "p",
        "amount_pence": 50,
        "opens_on": "2026-03-16",
        "dates": ["2026-03-16"],
        **match,
    }
    return {"_id": name, "sequence": 0, "status": status, "funds": "granted", "match": agreed}


def sound() -> Snapshot:
    """One place, confirmed with a bursary; of two on the waiting list one was offered it before, and let it go.

    A placement and the first instalment have money of the same account; a second instalment waits.
    """
    seen = Snapshot(NOW + timedelta(minutes=1))
    for service, collections in READ.items():
        seen.stores[service] = {name: [] for name in collections}
    soon = (NOW + timedelta(seconds=30)).isoformat()
    seen.told = [
        told(1, "place-offered", "b1", queue_number=1, offer_expires_at=soon),
        told(2, "offer-declined", "b1"),
        told(3, "place-held", "b2", hold_expires_at=soon, starts_on="2026-03-09", school_urn="s"),
        told(4, "booking-confirmed", "b2"),
    ]
    seen.ids = {("courses", row.id) for row in seen.told}
    seen.found = [Found("courses", 0, row.sequence, row.id, row.subject, row.sequence) for row in seen.told]
    courses, partnerships = seen.stores["courses"], seen.stores["partnerships"]
    root = {"_id": "o", "sequence": 4, "capacity": 1, "confirmed": 1, "next_number": 3, "status": "open"}
    courses["occurrences"] = [root]
    courses["bookings"] = [
        booking("b1", "declined", queue_number=1, history=[]),
        booking("b2", "confirmed"),
        booking("b3", "waitlisted", queue_number=2, history=[]),
    ]
    partnerships["positions"] = [{"_id": f"courses/{STREAM}", "sequence": 4}]
    partnerships["inbox"] = [
        {"_id": f"event-{n} reserve accounts/p", "made_at": NOW + timedelta(seconds=n)} for n in (3, 4)
    ]
    balances = {"allocated": 180, "reserved": 150, "committed": 20, "spent": 0}
    bursaries = {"purposes": ["booking", "placement"], "amount": 155}
    partnerships["accounts"] = [{"_id": "p", "sequence": 0, "entries": 4, "earmarks": [bursaries], **balances}]
    nothing = {"partnership_id": "p", "allocated": 0, "reserved": 0, "committed": 0, "spent": 0, "funded_id": None}
    partnerships["ledger"] = [
        {**nothing, "number": 1, "kind": "credited", "allocated": 180, "allocation_id": "a"},
        {**nothing, "number": 2, "kind": "reserved", "reserved": 100, "funded_id": "b2"},
        {**nothing, "number": 3, "kind": "reserved", "reserved": 50, "funded_id": "m1"},
        {**nothing, "number": 4, "kind": "committed", "committed": 20, "funded_id": "start-up"},
    ]
    partnerships["allocations"] = [{"_id": "a", "partnership_id": "p", "amount": 180}]
    award = {"partnership_id": "p", "amount": 20}
    partnerships["instalments"] = [
        {"_id": "p/instalment/start-up", "name": "start-up", "status": "released", **award},
        {"_id": "p/instalment/year-1-term-1", "name": "year-1-term-1", "status": "waiting", **award},
    ]
    partnerships["claims"] = [{"_id": "p/instalment/start-up", "status": "submitted", "amount": 20}]
    held = {"partnership_id": "p", "status": "reserved"}
    partnerships["reservations"] = [
        {"_id": "p/booking/b2", "purpose": "booking", "funded_id": "b2", "reserved": 100, **held},
        {"_id": "p/placement/m1", "purpose": "placement", "funded_id": "m1", "reserved": 50, **held},
    ]
    cohort = {"number": 1, "starts_on": "2026-03-16", "places": 1, "accepted": 1}
    seen.stores["placements"]["offers"] = [{"_id": "f", "sequence": 0, "cohorts": [cohort]}]
    seen.stores["placements"]["placements"] = [
        placement("m1", "signed"),
        {**placement("m2", "cancelled-by-school", partnership_id=None), "funds": "not-needed"},
    ]
    return seen


def faults(seen: Snapshot, journal: Journal | None = None) -> list[Fault]:
    client = client_faults(seen, journal or Journal())
    rules = (delivery_faults, place_faults, placement_faults, money_faults, award_faults, limit_faults)
    return [*(fault for rule in rules for fault in rule(seen)), *client]


def test_nothing_is_wrong_with_a_sound_snapshot() -> None:
    assert faults(sound()) == []


def no_record(seen: Snapshot) -> None:
    del seen.found[1]


def no_row(seen: Snapshot) -> None:
    del seen.told[1]


def still_waiting(seen: Snapshot) -> None:
    seen.told[3] = replace(seen.told[3], state="waiting")


def not_followed(seen: Snapshot) -> None:
    seen.stores["partnerships"]["positions"][0]["sequence"] = 3


def out_of_order_on_the_topic(seen: Snapshot) -> None:
    seen.found[0], seen.found[1] = replace(seen.found[0], offset=2), replace(seen.found[1], offset=1)


def effects_out_of_order(seen: Snapshot) -> None:
    seen.stores["partnerships"]["inbox"][0]["made_at"] = NOW + timedelta(seconds=9)


def stranger_on_the_topic(seen: Snapshot) -> None:
    seen.found.append(Found("courses", 0, 9, "nobody's", STREAM, 5))


def put_aside(seen: Snapshot) -> None:
    seen.stores["courses"]["parked"] = [{"_id": "x/1", "open": True, "reason": "failed", "detail": ""}]


def one_too_many(seen: Snapshot) -> None:
    held = booking("b4", "pending-funding", expires_at=seen.at + timedelta(seconds=5), history=[])
    seen.stores["courses"]["bookings"].append(held)


def one_too_many_for_a_while(seen: Snapshot) -> None:
    seen.told[1] = told(2, "booking-reduced", "b1")


def place_left_free(seen: Snapshot) -> None:
    seen.stores["courses"]["occurrences"][0]["capacity"] = 2


def list_out_of_order(seen: Snapshot) -> None:
    seen.told[2] = told(3, "place-offered", "b2", queue_number=1, offer_expires_at=NOW.isoformat())


def confirmed_late(seen: Snapshot) -> None:
    seen.told[2] = told(3, "place-held", "b2", hold_expires_at=NOW.isoformat(), starts_on="2026-03-09", school_urn="s")


def hold_left_over(seen: Snapshot) -> None:
    seen.stores["courses"]["bookings"].append(booking("b4", "pending-funding", expires_at=NOW, history=[]))


def delegate_twice(seen: Snapshot) -> None:
    seen.stores["courses"]["bookings"][2]["delegates"][0]["delegate_id"] = "delegate-b2"


def teacher_twice(seen: Snapshot) -> None:
    """Waiting and confirmed."""
    for number in (1, 2):
        seen.stores["courses"]["bookings"][number]["delegates"][0]["delegate_id"] = "teacher-s-0"


def money_twice(seen: Snapshot) -> None:
    seen.stores["partnerships"]["ledger"].append({**seen.stores["partnerships"]["ledger"][1], "number": 5})


def money_left_behind(seen: Snapshot) -> None:
    seen.stores["courses"]["bookings"][1]["status"] = "cancelled"


def no_reservation(seen: Snapshot) -> None:
    del seen.stores["partnerships"]["reservations"][0]


def too_much_money(seen: Snapshot) -> None:
    seen.stores["partnerships"]["ledger"][0]["allocated"] = 50


def placements(seen: Snapshot) -> list[Row]:
    return seen.stores["placements"]["placements"]


def placed_once_more(seen: Snapshot) -> None:
    placements(seen).append(placement("m3", "matched", teacher_id="u"))


def placed_twice_at_once(seen: Snapshot) -> None:
    placements(seen).append(placement("m3", "matched", offer_id="g", opens_on="2026-03-09"))


def nobody_placed(seen: Snapshot) -> None:
    placements(seen).pop(0)


def money_of_nobody(seen: Snapshot) -> None:
    placements(seen)[0]["funds"] = "refused"


def money_for_a_placement_that_is_off(seen: Snapshot) -> None:
    placements(seen)[0]["status"] = "cancelled-by-host"


def arrived_twice(seen: Snapshot) -> None:
    seen.stores["partnerships"]["ledger"].append({**seen.stores["partnerships"]["ledger"][0], "number": 5})


def never_arrived(seen: Snapshot) -> None:
    seen.stores["partnerships"]["allocations"].append({"_id": "b", "partnership_id": "p", "amount": 1})


def released_and_not_claimed(seen: Snapshot) -> None:
    seen.stores["partnerships"]["claims"].clear()


def released_twice(seen: Snapshot) -> None:
    seen.stores["partnerships"]["ledger"].append({**seen.stores["partnerships"]["ledger"][3], "number": 5})


def waits_for_money_that_is_there(seen: Snapshot) -> None:
    """Ten pence are free, and five of them may pay an instalment."""
    seen.stores["partnerships"]["instalments"][1]["amount"] = 5


def placed_above_the_cap(seen: Snapshot) -> None:
    """The same teacher was booked on a course, within the cap."""
    seen.told.append(replace(told(1, "x", ""), publisher="placements", subject="placements/m1", id="asked"))
    facts = {"placement_id": "m1", "school_urn": "s", "teacher_id": "t", "starts_on": "2026-03-16"}
    asked = replace(seen.told[-1], type="placements.placement-funds-asked.v1", body=json.dumps(facts))
    seen.told[-1] = asked
    seen.stores["courses"]["bookings"][1] |= {"price_pence": 600_000}
    seen.stores["courses"]["bookings"][1]["delegates"][0]["delegate_id"] = "t"
    placements(seen)[0]["match"]["amount_pence"] = 500_000


def dear(seen: Snapshot) -> None:
    """The teacher of b2 has had as much as the cap allows, and a penny."""
    seen.stores["courses"]["bookings"][1]["price_pence"] = 1_000_001


def guarded(seen: Snapshot, most_out: int, answer: str = "granted") -> None:
    """The school of b2 was asked, and lets so many go on one day."""
    seen.told.append(told(5, "cover-asked", "b2", school_urn="s", days_out=["2026-03-09"], already_booked=False))
    facts = json.dumps({"covered_id": "b2", "overridden": False})
    said = replace(told(1, "x", ""), publisher="partnerships", type=f"partnerships.cover-{answer}.v1", body=facts)
    seen.told.append(replace(said, subject="covers/s", id="said"))
    asked = {"purpose": "booking", "covered_id": "b2", "status": answer, "person_ids": ["delegate-b2"]}
    seen.stores["partnerships"]["cover_requests"].append(asked)
    seen.stores["partnerships"]["covers"].append({"_id": "s", "policy": {"most_out": most_out}})


def too_many_out(seen: Snapshot) -> None:
    guarded(seen, 0)


def confirmed_without_cover(seen: Snapshot) -> None:
    guarded(seen, 1, "refused")


def away_for_nothing(seen: Snapshot) -> None:
    guarded(seen, 1)
    seen.stores["courses"]["bookings"][1]["status"] = "cancelled"


def somebody_else_away(seen: Snapshot) -> None:
    guarded(seen, 1)
    seen.stores["partnerships"]["cover_requests"][0]["person_ids"] = ["delegate-b1"]


def test_a_teacher_who_was_declined_or_taken_off_a_booking_may_be_in_another() -> None:
    seen = sound()
    again = {"delegate_id": "teacher-s-0", "status": "booked"}
    declined, confirmed, waiting = seen.stores["courses"]["bookings"]
    declined["delegates"] = [again]
    confirmed["delegates"] = [again]
    waiting["delegates"].append({**again, "status": "cancelled"})
    assert faults(seen) == []


def test_an_instalment_waits_beside_money_that_may_not_pay_for_it() -> None:
    seen = sound()
    seen.stores["partnerships"]["instalments"][1]["amount"] = 6
    assert list(award_faults(seen)) == []


def test_a_school_that_sends_as_many_as_it_can_spare_breaks_no_limit() -> None:
    seen = sound()
    guarded(seen, 1)
    assert list(limit_faults(seen)) == []


@pytest.mark.parametrize(
    ("tamper", "rule"),
    [
        (no_record, "lost"),
        (no_row, "lost"),
        (still_waiting, "lost"),
        (not_followed, "lost"),
        (out_of_order_on_the_topic, "order"),
        (effects_out_of_order, "order"),
        (stranger_on_the_topic, "doubled"),
        (put_aside, "parked"),
        (one_too_many, "overbooked"),
        (one_too_many_for_a_while, "overbooked"),
        (place_left_free, "underfilled"),
        (list_out_of_order, "list-order"),
        (confirmed_late, "late"),
        (hold_left_over, "stuck"),
        (delegate_twice, "doubled"),
        (teacher_twice, "doubled"),
        (money_twice, "doubled"),
        (money_left_behind, "money"),
        (no_reservation, "money"),
        (too_much_money, "money"),
        (dear, "caps"),
        (placed_above_the_cap, "caps"),
        (placed_once_more, "overbooked"),
        (placed_once_more, "doubled"),
        (placed_twice_at_once, "doubled"),
        (nobody_placed, "doubled"),
        (money_of_nobody, "money"),
        (money_for_a_placement_that_is_off, "money"),
        (arrived_twice, "money"),
        (never_arrived, "money"),
        (released_and_not_claimed, "money"),
        (released_twice, "money"),
        (waits_for_money_that_is_there, "stuck"),
        (too_many_out, "cover"),
        (confirmed_without_cover, "cover"),
        (away_for_nothing, "cover"),
        (somebody_else_away, "cover"),
    ],
)
def test_a_fault_of_each_kind_is_seen(tamper: Callable[[Snapshot], None], rule: Rule) -> None:
    seen = sound()
    tamper(seen)
    assert rule in {fault.rule for fault in faults(seen)}


def test_what_a_client_was_told_and_is_not_there_is_seen() -> None:
    journal = Journal()
    journal.note(Acknowledged("b9", "900001", "/api", "key", {}, {"booking_id": "b9"}))
    journal.placed("m9")
    assert [fault.rule for fault in faults(sound(), journal)] == ["unacknowledged", "unacknowledged"]


def test_a_repeat_with_another_answer_is_seen() -> None:
    first = Acknowledged("b1", "900001", "/api", "key", {}, {"booking_id": "b1", "places": 1})
    assert first.differs({"booking_id": "b1", "places": 1}) is None
    assert first.differs({"booking_id": "b2", "places": 1}) == "a repeat was answered with another booking_id"


def test_documents_that_are_new_gone_or_different_have_changed() -> None:
    assert changed({"a": "1", "b": "1", "c": "1"}, {"a": "1", "b": "2", "d": "1"}) == ["b", "c", "d"]
