"""A funded booking across two services: places here, money there, and both agree at rest."""

from __future__ import annotations

from shared.contracts.courses import AttendanceOverdue, AttendanceSettled, BookingDeclined, HoldExpired, PlaceOffered
from tests.courses.conftest import Funded
from tests.courses.organiser import URNS

PRICE = 22_000


async def test_a_funded_booking_is_confirmed_once_its_funds_are_reserved(funded: Funded) -> None:
    organiser, programme, partnership_id = funded
    occurrence_id = await organiser.opened()
    booked = await organiser.book(occurrence_id, partnership_id=partnership_id)
    assert booked["status"] == "pending-funding"
    await organiser.world.settle()
    assert await organiser.status(booked) == "confirmed"
    assert await programme.balances(partnership_id) == (50_000, PRICE, 0, 50_000 - PRICE)


async def test_a_booking_without_funds_is_declined_and_its_place_goes_to_the_waiting_list(funded: Funded) -> None:
    organiser, programme, partnership_id = funded
    occurrence_id = await organiser.opened(capacity=3)
    booked = [await organiser.book(occurrence_id, urn, partnership_id=partnership_id) for urn in URNS[:4]]
    assert [booking["status"] for booking in booked] == ["pending-funding"] * 3 + ["waitlisted"]
    await organiser.world.settle()
    statuses = [await organiser.status(booking) for booking in booked]
    assert statuses == ["confirmed", "confirmed", "declined", "offered"]
    assert [event.reason for event in await organiser.told(BookingDeclined)] == ["insufficient-funds"]
    assert [event.queue_number for event in await organiser.told(PlaceOffered)] == [1]
    assert await programme.balances(partnership_id) == (50_000, 2 * PRICE, 0, 50_000 - 2 * PRICE)


async def test_a_cancellation_releases_money_and_place_and_the_accepted_offer_takes_both(funded: Funded) -> None:
    organiser, programme, partnership_id = funded
    occurrence_id = await organiser.opened(capacity=1)
    first = await organiser.book(occurrence_id, URNS[0], partnership_id=partnership_id)
    second = await organiser.book(occurrence_id, URNS[1], partnership_id=partnership_id)
    await organiser.world.settle()
    await organiser.cancel(first)
    assert await organiser.status(second) == "offered"
    await organiser.ask(second, "acceptance")
    await organiser.world.settle()
    assert [await organiser.status(first), await organiser.status(second)] == ["cancelled", "confirmed"]
    assert await programme.balances(partnership_id) == (50_000, PRICE, 0, 50_000 - PRICE)


async def test_funds_that_come_after_the_hold_has_run_out_are_released_again(funded: Funded) -> None:
    organiser, programme, partnership_id = funded
    occurrence_id = await organiser.opened()
    booked = await organiser.book(occurrence_id, partnership_id=partnership_id)
    await organiser.world.running["courses"].relay.step()
    await organiser.world.running["partnerships"].consumer.step()
    assert await programme.balances(partnership_id) == (50_000, PRICE, 0, 50_000 - PRICE)
    organiser.later(minutes=15)
    await organiser.world.running["partnerships"].relay.step()
    await organiser.world.running["courses"].consumer.step()
    assert await organiser.status(booked) == "expired"
    assert len(await organiser.told(HoldExpired)) == 1
    await organiser.world.settle()
    assert await programme.balances(partnership_id) == (50_000, 0, 0, 50_000)


async def test_a_delegate_who_stays_at_home_frees_the_money_for_their_place(funded: Funded) -> None:
    organiser, programme, partnership_id = funded
    occurrence_id = await organiser.opened()
    booked = await organiser.book(occurrence_id, URNS[0], "ada", "bo", partnership_id=partnership_id)
    await organiser.world.settle()
    path = f"/api/occurrences/{occurrence_id}/bookings/{booked['booking_id']}/delegates/bo/cancellation"
    await organiser.post(path, organiser.school(), {"reason": "cover was not found"})
    await organiser.world.settle()
    assert await programme.balances(partnership_id) == (50_000, PRICE, 0, 50_000 - PRICE)


async def test_attendance_commits_what_was_attended_and_a_correction_takes_it_back(funded: Funded) -> None:
    organiser, programme, partnership_id = funded
    occurrence_id = await organiser.opened()
    booked = await organiser.book(occurrence_id, URNS[0], "ada", "bo", partnership_id=partnership_id)
    await organiser.world.settle()
    organiser.later(days=61)
    await organiser.attend(booked, ada="full", bo="absent")
    await organiser.world.settle()
    assert await programme.balances(partnership_id) == (50_000, 0, PRICE, 50_000 - PRICE)
    await organiser.attend(booked, ada="absent:signed in by mistake")
    await organiser.world.settle()
    assert [event.charged_pence for event in await organiser.told(AttendanceSettled)] == [PRICE, 0]
    assert await programme.balances(partnership_id) == (50_000, 0, 0, 50_000)


async def test_money_that_waits_for_a_register_comes_back_when_it_is_closed(funded: Funded) -> None:
    organiser, programme, partnership_id = funded
    occurrence_id = await organiser.opened()
    booked = [
        await organiser.book(occurrence_id, urn, who, partnership_id=partnership_id)
        for urn, who in zip(URNS, ("ada", "bo"), strict=False)
    ]
    await organiser.world.settle()
    organiser.later(days=61)
    await organiser.attend(booked[0], ada="full")
    organiser.later(days=14)
    await organiser.world.settle()
    (overdue,) = await organiser.told(AttendanceOverdue)
    assert (overdue.occurrence_id, overdue.bookings) == (occurrence_id, 1)
    assert await programme.balances(partnership_id) == (50_000, PRICE, PRICE, 50_000 - 2 * PRICE)
    why = {"reason": "the trainer has lost the list"}
    await organiser.post(f"/api/occurrences/{occurrence_id}/attendance/closing", organiser.officer(), why)
    await organiser.world.settle()
    assert [await organiser.status(booking) for booking in booked] == ["completed", "completed"]
    assert await programme.balances(partnership_id) == (50_000, 0, PRICE, 50_000 - PRICE)


async def test_a_booking_for_a_school_that_is_not_a_member_is_refused_before_it_holds_a_place(funded: Funded) -> None:
    organiser, _, partnership_id = funded
    await organiser.know("900099")
    occurrence_id = await organiser.opened()
    refused = await organiser.book(occurrence_id, "900099", partnership_id=partnership_id, status=409)
    assert refused["type"] == "/problems/bursary-not-for-this-school"


async def test_a_partnership_that_courses_has_not_heard_of_is_left_to_the_money_to_decide(funded: Funded) -> None:
    organiser, _, _ = funded
    occurrence_id = await organiser.opened()
    booked = await organiser.book(occurrence_id, partnership_id="0198c5f4-0b1c-7e2d-a3f4-15263748596a")
    await organiser.world.settle()
    assert await organiser.status(booked) == "declined"
