"""Many schools book while something dies; what must have come of it when all is well again.

    funded = fund(stage, rushes=2)
    rush(stage, funded, kill=lambda: stack.kill("courses"), revive=lambda: stack.start("courses"))

A rush is told through the API alone, by clients that repeat what was not answered under its Idempotency-Key. It fails
when a booking that was acknowledged is gone or was made twice, when a place was sold twice, or when the money does not
add up.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Final

from infra.story.answers import BookingAnswer, OccurrenceAnswer, PartnershipAnswer
from infra.story.booking import PRICE, Order, decided, open_occurrence, order, place
from infra.story.cast import MEMBERS, OFFICER, teacher
from infra.story.forming import begin, form
from infra.story.funding import account_of, expect_balances, expect_ledger_adds_up, pay_and_allocate
from infra.story.registering import register
from infra.story.stage import Stage, eventually

PLACES: Final = 40
BOOKINGS: Final = 60
AT_ONCE: Final = 8
"""Enough for many to be on their way when something dies, few enough for most to be still to come."""

BEFORE: Final = 36
"""The others wait until it is dead, however long it takes to kill it."""


def fund(stage: Stage, rushes: int = 1) -> PartnershipAnswer:
    """An active partnership with money for every place of so many rushes."""
    register(stage)
    active = begin(stage, form(stage))
    money = rushes * PLACES * PRICE
    pay_and_allocate(stage, active.id, money * 2, money)
    return active


def nothing() -> None:
    """No harm is done."""


def rush(
    stage: Stage,
    partnership: PartnershipAnswer,
    kill: Callable[[], None] = nothing,
    revive: Callable[[], None] = nothing,
) -> None:
    """More bookings than places, something killed in the middle of them, and everything as it should be at the end."""
    occurrence = open_occurrence(stage, PLACES, PRICE)
    reserved = account_of(stage, partnership.id).reserved_pence
    orders = [
        order(MEMBERS[number % len(MEMBERS)], occurrence.occurrence_id, partnership.id) for number in range(BOOKINGS)
    ]
    placed = placed_amid(stage, orders, kill, revive)
    settled = [decided(stage, booking) for booking in placed]
    confirmed = [booking for booking in settled if booking.status == "confirmed"]
    waiting = [booking for booking in settled if booking.status == "waitlisted"]
    assert (len(confirmed), len(waiting)) == (PLACES, BOOKINGS - PLACES)
    assert sorted(booking.queue_number or 0 for booking in waiting) == list(range(1, len(waiting) + 1))
    reserved += sum(booking.amount_pence for booking in confirmed)
    expect_balances(stage, partnership.id, reserved=reserved)
    expect_ledger_adds_up(stage, partnership.id)
    kept = bookings_of(stage, occurrence)
    assert sorted(delegates(kept)) == sorted(asked.delegate_id for asked in orders)
    assert {booking.booking_id for booking in kept} == {booking.booking_id for booking in placed}


def placed_amid(
    stage: Stage, orders: list[Order], kill: Callable[[], None], revive: Callable[[], None]
) -> list[BookingAnswer]:
    """All bookings, in the order of the orders: the first while something dies, the others while it is dead."""
    answered: list[str] = []
    dead = Event()

    def place_one(number: int, asked: Order) -> BookingAnswer:
        if number >= BEFORE:
            dead.wait(stage.within)
        booking = place(stage, asked)
        answered.append(booking.booking_id)
        return booking

    for urn in MEMBERS:
        stage.as_account(teacher(urn))
    with ThreadPoolExecutor(AT_ONCE) as schools:
        coming = [schools.submit(place_one, number, asked) for number, asked in enumerate(orders)]
        try:
            eventually("some bookings", lambda: len(answered), lambda count: count >= AT_ONCE)
            kill()
        finally:
            dead.set()
        revive()
        return [booking.result() for booking in coming]


def bookings_of(stage: Stage, occurrence: OccurrenceAnswer) -> list[BookingAnswer]:
    """Every booking that courses has kept for the occurrence."""
    path = f"/api/occurrences/{occurrence.occurrence_id}/bookings"
    return list(stage.as_account(OFFICER).each(path, BookingAnswer))


def delegates(bookings: list[BookingAnswer]) -> list[str]:
    """Everybody who is booked, as often as they are."""
    return [delegate.delegate_id for booking in bookings for delegate in booking.delegates]
