"""The story on real processes, over HTTP alone: told more than once, and with services killed in the middle."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from infra.cli.client import Api
from infra.local.stack import Stack
from infra.story.answers import BookingAnswer, OccurrenceAnswer, PartnershipAnswer
from infra.story.booking import PRICE, Order, decided, open_occurrence, order, place
from infra.story.cast import MEMBERS, OFFICER, teacher
from infra.story.forming import begin, form
from infra.story.funding import expect_balances, expect_ledger_adds_up, pay_and_allocate
from infra.story.plot import told
from infra.story.registering import register
from infra.story.stage import Stage, eventually
from tests.stack import REPOSITORY

PLACES = 40
BOOKINGS = 60
AT_ONCE = 8
"""Enough for many to be on their way when a service dies, few enough for most to be still to come."""

pytestmark = pytest.mark.timeout(400)


@dataclass
class Repeats:
    """What the client had to repeat."""

    reasons: list[str] = field(default_factory=list)

    def __call__(self, what: str, why: str) -> None:
        self.reasons.append(why)


@pytest.fixture(scope="module")
def repeats() -> Repeats:
    return Repeats()


@pytest.fixture(scope="module")
def stage(stack: Stack, repeats: Repeats) -> Iterator[Stage]:
    with Api(stack.edge_url, retried=repeats) as api:
        yield Stage(api, logs=stack.plan.logs)


@pytest.fixture
def partnership(stage: Stage) -> PartnershipAnswer:
    """An active partnership with money for every place that will be offered."""
    register(stage)
    active = begin(stage, form(stage))
    pay_and_allocate(stage, active.id, PLACES * PRICE * 2, PLACES * PRICE)
    return active


def test_the_story_comes_true(stage: Stage) -> None:
    told(stage)


def test_the_demo_tells_it_again(stack: Stack) -> None:
    told_again = subprocess.run(  # noqa: S603 - our own command
        (sys.executable, "-m", "infra.cli", "demo", "--url", stack.edge_url, "--logs", str(stack.plan.logs)),
        cwd=REPOSITORY,
        env={**os.environ, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert told_again.returncode == 0, told_again.stdout + told_again.stderr
    assert "The story is told" in told_again.stdout
    assert "booking-confirmed" in told_again.stdout


@pytest.mark.parametrize("victim", ["courses", "partnerships"])
def test_a_service_killed_in_the_middle_of_the_bookings_loses_and_doubles_nothing(
    stack: Stack, stage: Stage, repeats: Repeats, partnership: PartnershipAnswer, victim: str
) -> None:
    occurrence = open_occurrence(stage, PLACES, PRICE)
    orders = [
        order(MEMBERS[number % len(MEMBERS)], occurrence.occurrence_id, partnership.id) for number in range(BOOKINGS)
    ]
    repeats.reasons.clear()
    placed = place_all_while_killing(stack, stage, orders, victim)
    settled = [decided(stage, booking) for booking in placed]
    confirmed = [booking for booking in settled if booking.status == "confirmed"]
    waiting = [booking for booking in settled if booking.status == "waitlisted"]
    assert (len(confirmed), len(waiting)) == (PLACES, BOOKINGS - PLACES)
    assert sorted(booking.queue_number or 0 for booking in waiting) == list(range(1, len(waiting) + 1))
    expect_balances(stage, partnership.id, reserved=sum(booking.amount_pence for booking in confirmed))
    expect_ledger_adds_up(stage, partnership.id)
    kept = bookings_of(stage, occurrence)
    assert sorted(delegates(kept)) == sorted(asked.delegate_id for asked in orders)
    assert {booking.booking_id for booking in kept} == {booking.booking_id for booking in placed}
    if victim == "courses":
        assert repeats.reasons, "nothing was on its way when the service died: this run has shown nothing"


def place_all_while_killing(stack: Stack, stage: Stage, orders: list[Order], victim: str) -> list[BookingAnswer]:
    """All bookings, in the order of the orders; the victim dies when some are answered, and comes back."""
    answered: list[str] = []

    def place_one(asked: Order) -> BookingAnswer:
        booking = place(stage, asked)
        answered.append(booking.booking_id)
        return booking

    for urn in MEMBERS:
        stage.as_account(teacher(urn))
    with ThreadPoolExecutor(AT_ONCE) as schools:
        coming = [schools.submit(place_one, asked) for asked in orders]
        eventually("some bookings", lambda: len(answered), lambda count: count >= AT_ONCE)
        stack.kill(victim)
        assert len(answered) < len(orders), "all were answered before the service died: this run has shown nothing"
        stack.start(victim)
        return [booking.result() for booking in coming]


def bookings_of(stage: Stage, occurrence: OccurrenceAnswer) -> list[BookingAnswer]:
    """Every booking that courses has kept for the occurrence."""
    path = f"/api/occurrences/{occurrence.occurrence_id}/bookings"
    return list(stage.as_account(OFFICER).each(path, BookingAnswer))


def delegates(bookings: list[BookingAnswer]) -> list[str]:
    """Everybody who is booked, as often as they are."""
    return [delegate.delegate_id for booking in bookings for delegate in booking.delegates]
