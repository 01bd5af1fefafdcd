"""The cover guard across courses and partnerships: a school is asked before its staff are booked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.courses import BookingConfirmed, BookingDeclined, CoverAsked, DelegateSubstituted, PlaceHeld
from tests.courses.organiser import URNS, Organiser, world
from tests.partnerships.programme import Programme, facts

URN = URNS[0]
NEW = "900099"
PRICE = 22_000
PATH = f"/api/schools/{URN}/cover"


class Guard:
    """A school of a funded partnership, its approver, and courses to go to."""

    def __init__(self, organiser: Organiser, programme: Programme, partnership_id: str) -> None:
        self.organiser = organiser
        self.programme = programme
        self.partnership_id = partnership_id

    async def set(self, most_out: int | None = 1, urn: str = URN, **changes: Any) -> None:
        client = self.organiser.world.client("partnerships")
        body = {"most_out": most_out, **changes}
        path = f"/api/schools/{urn}/cover"
        answer = await client.put(path, headers=dict(self.programme.school(urn)), json=body)
        assert answer.status_code == 200, answer.text
        await self.organiser.world.settle()

    async def book(self, occurrence_id: str, *people: str, bursary: bool = False) -> Any:
        partnership_id = self.partnership_id if bursary else None
        return await self.organiser.book(occurrence_id, URN, *people, partnership_id=partnership_id)

    async def status(self, booked: dict[str, Any]) -> str:
        await self.organiser.world.settle()
        return await self.organiser.status(booked)

    async def days(self, urn: str = URN) -> dict[str, list[str]]:
        answer = await self.programme.get(f"/api/schools/{urn}/cover", self.programme.school(urn))
        return {day["day"]: day["person_ids"] for day in answer["days"]}


@pytest.fixture
async def guard() -> AsyncIterator[Guard]:
    async with world() as running:
        programme = Programme(running)
        partnership_id = await programme.funded(50_000)
        yield Guard(Organiser(running), programme, partnership_id)


async def test_a_school_without_rules_is_not_asked(guard: Guard) -> None:
    booked = await guard.book(await guard.organiser.opened(), "ada", "bo")
    assert booked["status"] == "confirmed"
    assert await guard.organiser.told(CoverAsked) == []


async def test_rules_that_are_not_set_yet_have_no_etag_to_be_sent_back(guard: Guard) -> None:
    client = guard.organiser.world.client("partnerships")
    unset = await client.get(PATH, headers=dict(guard.programme.school(URN)))
    assert unset.status_code == 200
    assert "ETag" not in unset.headers
    kept = await client.put(PATH, headers=dict(guard.programme.school(URN)), json={"most_out": 1})
    assert kept.headers["ETag"] == '"1"'


async def test_a_booking_waits_for_the_school_then_for_its_money(guard: Guard) -> None:
    await guard.set(2)
    booked = await guard.book(await guard.organiser.opened(), "ada", bursary=True)
    assert booked["status"] == "pending-cover"
    assert booked["expires_at"] is not None
    assert await guard.status(booked) == "confirmed"
    assert await guard.programme.balances(guard.partnership_id) == (50_000, PRICE, 0, 50_000 - PRICE)
    assert list((await guard.days()).values()) == [["ada"]]


async def test_whom_the_school_cannot_spare_is_declined_and_no_money_is_asked(guard: Guard) -> None:
    await guard.set(1)
    first, second = await guard.organiser.opened(), await guard.organiser.opened()
    assert await guard.status(await guard.book(first, "ada")) == "confirmed"
    booked = await guard.book(second, "bo", bursary=True)
    assert await guard.status(booked) == "declined"
    assert [event.reason for event in await guard.organiser.told(BookingDeclined)] == ["too-many-out"]
    assert await guard.organiser.told(PlaceHeld) == []
    requests = await guard.programme.get(f"{PATH}/requests", guard.programme.school(URN))
    assert {request["status"] for request in requests["items"]} == {"granted", "refused"}
    occurrence = await guard.organiser.get(f"/api/occurrences/{second}")
    assert occurrence["places_left"] == 2


async def test_a_cancelled_booking_makes_room_for_a_colleague(guard: Guard) -> None:
    await guard.set(1)
    occurrence_id = await guard.organiser.opened()
    booked = await guard.book(occurrence_id, "ada")
    assert await guard.status(booked) == "confirmed"
    await guard.organiser.cancel(booked)
    await guard.organiser.world.settle()
    assert await guard.status(await guard.book(occurrence_id, "bo")) == "confirmed"


async def test_a_hold_that_runs_out_before_the_school_has_answered_is_not_confirmed_and_nobody_is_away(
    guard: Guard,
) -> None:
    await guard.set(1)
    booked = await guard.book(await guard.organiser.opened(), "ada")
    running = guard.organiser.world.running
    await running["courses"].relay.step()
    await running["partnerships"].consumer.step()
    guard.organiser.later(minutes=15)
    assert await guard.status(booked) == "expired"
    assert await guard.organiser.told(BookingConfirmed) == []
    assert await guard.days() == {}


async def test_exam_week_refuses_and_an_approver_may_let_somebody_go(guard: Guard) -> None:
    day = (guard.organiser.world.clock.now() + timedelta(days=60)).date().isoformat()
    await guard.set(None, blackouts=[{"name": "Mock examinations", "first_day": day, "last_day": day}])
    occurrence_id = await guard.organiser.opened()
    assert await guard.status(await guard.book(occurrence_id, "ada")) == "declined"
    body = {"person_ids": ["ada"], "first_day": day, "last_day": day, "reason": "Her class has no examination."}
    answer = await guard.programme.post(f"{PATH}/overrides", guard.programme.school(URN), body, status=201)
    assert answer["overrides"][0]["by"] == f"approver-{URN}"
    assert await guard.status(await guard.book(occurrence_id, "ada")) == "confirmed"
    assert await guard.status(await guard.book(occurrence_id, "bo")) == "declined"


async def test_what_was_booked_before_the_guard_counts(guard: Guard) -> None:
    occurrence_id = await guard.organiser.opened()
    await guard.book(occurrence_id, "ada")
    await guard.set(1)
    assert list((await guard.days()).values()) == [["ada"]]
    assert await guard.status(await guard.book(occurrence_id, "bo")) == "declined"


async def test_every_booking_of_a_school_on_one_occurrence_counts_that_was_made_before_the_guard(guard: Guard) -> None:
    occurrence_id = await guard.organiser.opened(capacity=3)
    await guard.book(occurrence_id, "ada")
    await guard.book(occurrence_id, "bo")
    await guard.set(2)
    assert list((await guard.days()).values()) == [["ada", "bo"]]
    assert await guard.status(await guard.book(occurrence_id, "cy")) == "declined"


async def test_every_booking_of_a_school_moves_along_with_its_occurrence(guard: Guard) -> None:
    await guard.set(2)
    occurrence_id = await guard.organiser.opened()
    for person in ("ada", "bo"):
        assert await guard.status(await guard.book(occurrence_id, person)) == "confirmed"
    moved = {"sessions": guard.organiser.sessions(days=90)}
    answer = await guard.organiser.put(f"/api/occurrences/{occurrence_id}/dates", guard.organiser.officer(), moved)
    assert answer.status_code == 200, answer.text
    await guard.organiser.world.settle()
    assert await guard.days() == {moved["sessions"][0]["starts_at"][:10]: ["ada", "bo"]}


async def test_substitution_cancellation_of_a_delegate_and_another_date_are_followed(guard: Guard) -> None:
    await guard.set(2)
    booked = await guard.book(await guard.organiser.opened(), "ada", "bo")
    await guard.status(booked)
    await guard.organiser.ask(booked, "delegates/ada/substitution", {"colleague": {"delegate_id": "cy"}})
    await guard.status(booked)
    await guard.organiser.ask(booked, "delegates/bo/cancellation", {"reason": "ill"})
    moved = {"sessions": guard.organiser.sessions(days=90, count=2)}
    path = f"/api/occurrences/{booked['occurrence_id']}/dates"
    answer = await guard.organiser.put(path, guard.organiser.officer(), moved)
    assert answer.status_code == 200, answer.text
    await guard.organiser.world.settle()
    days = [session["starts_at"][:10] for session in moved["sessions"]]
    assert await guard.days() == {day: ["cy"] for day in days}


async def substituted(guard: Guard, booked: dict[str, Any], person: str, colleague: str) -> tuple[Any, Any]:
    """The booking as it was answered, and once the school has answered too."""
    body = {"colleague": {"delegate_id": colleague}}
    asked = await guard.organiser.ask(booked, f"delegates/{person}/substitution", body)
    await guard.organiser.world.settle()
    return asked, await guard.organiser.booking(booked)


def coming(booking: Any) -> list[str]:
    return [line["delegate_id"] for line in booking["delegates"] if line["status"] == "booked"]


async def test_a_colleague_does_not_come_where_only_the_delegate_was_let_go(guard: Guard) -> None:
    day = (guard.organiser.world.clock.now() + timedelta(days=60)).date().isoformat()
    await guard.set(None, blackouts=[{"name": "Mock examinations", "first_day": day, "last_day": day}])
    body = {"person_ids": ["ada"], "first_day": day, "last_day": day, "reason": "Her class has no examination."}
    await guard.programme.post(f"{PATH}/overrides", guard.programme.school(URN), body)
    booked = await guard.book(await guard.organiser.opened(), "ada")
    assert await guard.status(booked) == "confirmed"
    asked, answered = await substituted(guard, booked, "ada", "bo")
    assert (coming(asked), asked["substitution"]) == (["ada"], {"delegate_id": "ada", "colleague_id": "bo"})
    assert (coming(answered), answered["substitution"]) == (["ada"], None)
    assert await guard.days() == {day: ["ada"]}
    assert await guard.organiser.told(DelegateSubstituted) == []


async def test_a_colleague_of_somebody_who_is_away_twice_is_one_more(guard: Guard) -> None:
    await guard.set(1)
    first, second = await guard.organiser.opened(), await guard.organiser.opened()
    for occurrence_id in (first, second):
        booked = await guard.book(occurrence_id, "ada")
        assert await guard.status(booked) == "confirmed"
    _, answered = await substituted(guard, booked, "ada", "bo")
    assert coming(answered) == ["ada"]
    assert [*(await guard.days()).values()] == [["ada"]]


async def test_a_colleague_whom_the_school_can_spare_comes_instead(guard: Guard) -> None:
    await guard.set(1)
    booked = await guard.book(await guard.organiser.opened(), "ada", bursary=True)
    assert await guard.status(booked) == "confirmed"
    body = {"colleague": {"delegate_id": "bo"}}
    await guard.organiser.ask(booked, "delegates/ada/substitution", body)
    twice = await guard.organiser.ask(booked, "delegates/ada/substitution", body, status=409)
    assert twice["type"] == "/problems/booking-cover-not-answered"
    await guard.organiser.world.settle()
    assert coming(await guard.organiser.booking(booked)) == ["bo"]
    assert [*(await guard.days()).values()] == [["bo"]]
    assert len(await guard.organiser.told(DelegateSubstituted)) == 1


async def test_who_is_cancelled_before_the_school_has_answered_is_not_replaced(guard: Guard) -> None:
    await guard.set(2)
    booked = await guard.book(await guard.organiser.opened(), "ada", "bo")
    await guard.status(booked)
    await guard.organiser.ask(booked, "delegates/ada/substitution", {"colleague": {"delegate_id": "cy"}})
    await guard.organiser.ask(booked, "delegates/ada/cancellation", {"reason": "ill"})
    await guard.organiser.world.settle()
    assert coming(await guard.organiser.booking(booked)) == ["bo"]
    assert [*(await guard.days()).values()] == [["bo"]]


async def test_who_accepts_an_offer_is_asked_about_then(guard: Guard) -> None:
    await guard.set(1)
    occurrence_id = await guard.organiser.opened(capacity=1)
    other = await guard.organiser.book(occurrence_id, URNS[1])
    waiting = await guard.book(occurrence_id, "ada")
    assert waiting["status"] == "waitlisted"
    await guard.organiser.cancel(other)
    accepted = await guard.organiser.ask(waiting, "acceptance")
    assert accepted["status"] == "pending-cover"
    assert await guard.status(waiting) == "confirmed"


async def test_a_self_paced_course_takes_nobody_away(guard: Guard) -> None:
    await guard.set(0)
    assert (await guard.book(await guard.organiser.opened(delivery="self-paced"), "ada"))["status"] == "confirmed"


async def test_a_school_that_goes_on_under_another_urn_takes_its_guard_and_its_absences_along(guard: Guard) -> None:
    await guard.set(1)
    occurrence_id = await guard.organiser.opened(capacity=3)
    old = await guard.book(occurrence_id, "ada")
    assert await guard.status(old) == "confirmed"
    await guard.programme.convert(URN, NEW)
    refused = await guard.organiser.book(occurrence_id, NEW, "bo")
    assert await guard.status(refused) == "declined"
    await guard.organiser.cancel(old)
    assert await guard.status(await guard.organiser.book(occurrence_id, NEW, "bo")) == "confirmed"
    requests = await guard.programme.get(f"/api/schools/{NEW}/cover/requests", guard.programme.school(NEW))
    assert sorted(request["status"] for request in requests["items"]) == ["granted", "refused", "released"]


async def test_what_was_booked_under_an_earlier_urn_counts_for_a_guard_that_comes_later(guard: Guard) -> None:
    occurrence_id = await guard.organiser.opened()
    await guard.book(occurrence_id, "ada")
    await guard.programme.convert(URN, NEW)
    await guard.set(1, urn=NEW)
    assert list((await guard.days(NEW)).values()) == [["ada"]]


async def test_a_guarded_school_that_takes_another_over_hears_of_what_that_had_booked(guard: Guard) -> None:
    await guard.programme.register(facts(NEW))
    await guard.set(1, urn=NEW)
    await guard.book(await guard.organiser.opened(), "ada")
    assert await guard.days() == {}
    await guard.programme.convert(URN, NEW)
    assert list((await guard.days(NEW)).values()) == [["ada"]]


async def test_a_course_that_is_moved_moves_what_was_booked_before_and_after_a_conversion(guard: Guard) -> None:
    await guard.set(2)
    occurrence_id = await guard.organiser.opened()
    await guard.status(await guard.book(occurrence_id, "ada"))
    await guard.programme.convert(URN, NEW)
    assert await guard.status(await guard.organiser.book(occurrence_id, NEW, "bo")) == "confirmed"
    moved = {"sessions": guard.organiser.sessions(days=90)}
    await guard.organiser.put(f"/api/occurrences/{occurrence_id}/dates", guard.organiser.officer(), moved)
    await guard.organiser.world.settle()
    assert await guard.days(NEW) == {moved["sessions"][0]["starts_at"][:10]: ["ada", "bo"]}


async def test_a_school_goes_on_under_its_new_urn_with_what_it_booked_under_the_old_one(guard: Guard) -> None:
    organiser = guard.organiser
    occurrence_id = await organiser.opened(capacity=1)
    old = await guard.book(occurrence_id, "ada")
    waiting = await guard.book(occurrence_id, "bo")
    await guard.programme.convert(URN, NEW)
    await guard.set(0, urn=NEW)
    path = f"/api/occurrences/{occurrence_id}/bookings"
    teacher = organiser.school(NEW)
    found = (await organiser.get("/api/bookings", teacher))["items"]
    assert {booking["booking_id"] for booking in found} == {old["booking_id"], waiting["booking_id"]}
    assert (await organiser.get(f"{path}/{old['booking_id']}", teacher))["status"] == "confirmed"
    await organiser.post(
        f"{path}/{old['booking_id']}/cancellation", organiser.school("900099X"), {"reason": "ill"}, status=404
    )
    await organiser.post(f"{path}/{old['booking_id']}/cancellation", teacher, {"reason": "ill"})
    accepted = await organiser.post(f"{path}/{waiting['booking_id']}/acceptance", teacher)
    assert accepted["status"] == "pending-cover"
    assert await guard.status(waiting) == "declined"


async def test_the_rules_of_a_school_are_set_where_it_goes_on(guard: Guard) -> None:
    await guard.programme.convert(URN, NEW)
    client = guard.organiser.world.client("partnerships")
    refused = await client.put(PATH, headers=dict(guard.programme.school(URN)), json={"most_out": 1})
    assert (refused.status_code, refused.json()["successor_urn"]) == (409, NEW)


async def test_reading_everything_again_changes_nobody(guard: Guard) -> None:
    await guard.set(1)
    occurrence_id = await guard.organiser.opened()
    first = await guard.book(occurrence_id, "ada")
    await guard.status(first)
    second = await guard.book(occurrence_id, "bo")
    await guard.status(second)
    before = await guard.days()
    for name in ("courses", "partnerships"):
        guard.organiser.world.broker.group(name).committed.clear()
        await guard.organiser.world.kill(name)
        await guard.organiser.world.start(name)
    assert [await guard.status(first), await guard.status(second)] == ["confirmed", "declined"]
    assert await guard.days() == before


async def test_a_school_approves_first_then_spares_them_then_the_money_is_asked_for(guard: Guard) -> None:
    await guard.set(1)
    rule = f"/api/booking-approvals/{URN}"
    assert (await guard.organiser.put(rule, guard.programme.school(URN), {"required": True})).status_code == 200
    booked = await guard.book(await guard.organiser.opened(), "ada", bursary=True)
    assert await guard.status(booked) == "pending-approval"
    assert await guard.organiser.told(CoverAsked) == await guard.organiser.told(PlaceHeld) == []
    assert await guard.programme.balances(guard.partnership_id) == (50_000, 0, 0, 50_000)
    guard.organiser.later(hours=71)
    path = f"/api/occurrences/{booked['occurrence_id']}/bookings/{booked['booking_id']}/approval"
    approved = await guard.organiser.post(path, guard.programme.school(URN), status=200)
    assert approved["status"] == "pending-cover"
    assert await guard.status(booked) == "confirmed"
    assert await guard.programme.balances(guard.partnership_id) == (50_000, PRICE, 0, 50_000 - PRICE)
    assert list((await guard.days()).values()) == [["ada"]]
