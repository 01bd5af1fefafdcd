"""The waiting list at work: who is next, whose money does not suffice, and whom a cancellation helps."""

from __future__ import annotations

import time
from typing import Final

from infra.cli.client import Session
from infra.story.answers import BookingAnswer, OccurrenceAnswer, ReservationAnswer
from infra.story.booking import (
    FUNDED,
    PRICE,
    Rush,
    await_status,
    decided,
    expect_places,
    read,
    session_of,
    standing,
)
from infra.story.cast import FINANCE, NAMES
from infra.story.funding import ALLOCATED, balances, expect_balances
from infra.story.stage import Stage, expect, pounds

SHORT_BY: Final = PRICE - (ALLOCATED - FUNDED * PRICE)


def refuse_funds(stage: Stage, rush: Rush, occurrence: OccurrenceAnswer, partnership_id: str) -> BookingAnswer:
    """The next in line, with an offer: a place has become free, but the first in line could not pay for it."""
    first, second = rush.waiting
    stage.teller.chapter(
        "A place, but no money for it",
        f"{NAMES[rush.neighbour.school_urn]} cancels. Its place is offered to the head of the waiting list in the same "
        "commit; but the neighbour had paid itself, so no bursary comes free with it.",
    )
    cancel(session_of(stage, rush.neighbour), rush.neighbour)
    expect("the booking at the head of the list", "offered", read(stage, first).status)
    stage.teller.done(f"the place is offered to {NAMES[first.school_urn]} (number 1)")
    began = time.monotonic()
    accept(stage, first)
    expect("the booking whose funds are refused", "declined", decided(stage, first).status)
    refusal = reservation_of(stage, partnership_id, first)
    expect("the answer to its reservation", ("refused", "insufficient-funds"), (refusal.status, refusal.reason))
    stage.teller.done(f"it accepts, and is declined: the account is {pounds(SHORT_BY)} short", time.monotonic() - began)
    offered = await_status(stage, second, "offered")
    stage.teller.done(f"the place goes on to {NAMES[second.school_urn]} (number 2)")
    expect_places(stage, occurrence, left=0, waiting=0)
    stage.teller.show(balances(expect_balances(stage, partnership_id, reserved=FUNDED * PRICE)))
    return offered


def help_the_next(
    stage: Stage, rush: Rush, offered: BookingAnswer, occurrence: OccurrenceAnswer, partnership_id: str
) -> tuple[BookingAnswer, ...]:
    """The bookings that are confirmed in the end: a cancellation has released the money that the next one needed."""
    leaving, *staying = rush.confirmed
    stage.teller.chapter(
        "A cancellation releases money and a place",
        f"{NAMES[leaving.school_urn]} cancels its bursary booking. Now {NAMES[offered.school_urn]} can accept its "
        "offer, and the money is there.",
    )
    began = time.monotonic()
    cancel(session_of(stage, leaving), leaving)
    account = expect_balances(stage, partnership_id, reserved=(FUNDED - 1) * PRICE)
    stage.teller.done(f"cancelled; {pounds(PRICE)} released", time.monotonic() - began)
    stage.teller.show(balances(account))
    began = time.monotonic()
    accept(stage, offered)
    confirmed = await_status(stage, offered, "confirmed")
    stage.teller.done(f"{NAMES[offered.school_urn]} accepts and is confirmed", time.monotonic() - began)
    account = expect_balances(stage, partnership_id, reserved=FUNDED * PRICE)
    expect_places(stage, occurrence, left=1, waiting=0)
    final = (*staying, confirmed)
    stage.teller.show(standing(final))
    stage.teller.show(balances(account))
    return final


def cancel(session: Session, booking: BookingAnswer) -> None:
    """Cancel a booking."""
    body = {"reason": "The teacher is needed at school."}
    cancelled = session.post(f"{booking.path}/cancellation", BookingAnswer, body)
    expect("the status after the cancellation", "cancelled", cancelled.status)


def accept(stage: Stage, booking: BookingAnswer) -> None:
    """Accept offered places; the funds are asked for again."""
    session_of(stage, booking).post(f"{booking.path}/acceptance", BookingAnswer)


def reservation_of(stage: Stage, partnership_id: str, booking: BookingAnswer) -> ReservationAnswer:
    """What partnerships has decided about a booking's funds."""
    rows = stage.as_account(FINANCE).each(f"/api/partnerships/{partnership_id}/account/reservations", ReservationAnswer)
    found = [row for row in rows if row.funded_id == booking.booking_id]
    expect("reservations of the booking", 1, len(found))
    return found[0]
