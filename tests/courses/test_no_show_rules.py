"""What it costs the school that a delegate stays away without excuse, and what corrections make of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.courses.domain.fees import CancellationPolicy, Fee
from shared.contracts.courses import AttendanceSettled
from tests.courses.desk import PRICE, STARTS, Desk

POLICY = CancellationPolicy(name="test", cooling_off_hours=0, tiers=(), no_show=Fee(unit="percent", value=100))


def attended(bursary: bool = True) -> tuple[Desk, str]:
    """A booking for Ada and Bo whose course is over."""
    desk = Desk(cancellation=POLICY)
    booking = desk.book(("ada", "bo"), bursary=bursary)
    desk.reserved(booking.id)
    desk.now = STARTS + timedelta(hours=6)
    return desk, booking.id


@pytest.mark.parametrize(("bo", "fee"), [("full", 0), ("partial", 0), ("excused", 0), ("absent", PRICE)])
@pytest.mark.parametrize("bursary", [True, False])
def test_who_is_absent_without_excuse_costs_the_school_a_fee_and_the_bursary_nothing(
    bo: str, fee: int, bursary: bool
) -> None:
    desk, booking_id = attended(bursary)
    kept = desk.record(booking_id, ada="full", bo=bo)
    (said,) = desk.said(AttendanceSettled)
    assert (kept.fee_pence, said.no_show_fee_pence) == (fee, fee)
    came = 2 if bo in ("full", "partial") else 1
    assert said.charged_pence == (came * PRICE if bursary else 0)


def test_who_was_absent_once_and_seen_or_excused_once_is_no_no_show() -> None:
    for other in ("partial", "excused"):
        desk = Desk(sessions=2, cancellation=POLICY)
        booking = desk.book(("ada",))
        desk.now = STARTS + timedelta(weeks=1, hours=6)
        desk.record(booking.id, 1, ada="absent")
        assert desk.record(booking.id, 2, ada=other).fee_pence == 0


def test_an_excuse_that_comes_later_takes_the_fee_back_under_a_new_revision() -> None:
    desk, booking_id = attended()
    desk.record(booking_id, ada="full", bo="absent")
    kept = desk.record(booking_id, bo=("excused", "was ill"))
    assert (kept.fee_pence, kept.charges) == (0, ())
    assert [(event.revision, event.no_show_fee_pence) for event in desk.said(AttendanceSettled)] == [(1, PRICE), (2, 0)]


def test_a_no_show_fee_that_was_waived_stays_waived_after_a_correction() -> None:
    desk, booking_id = attended()
    desk.record(booking_id, ada="full", bo="absent")
    desk.waive(booking_id)
    kept = desk.record(booking_id, ada=("absent", "the list was wrong"))
    assert [(charge.delegate_id, charge.waived is None) for charge in kept.charges] == [("ada", True), ("bo", False)]
    assert kept.fee_pence == PRICE
