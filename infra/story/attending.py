"""The course takes place: attendance decides what the money that was reserved is spent on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from infra.story.answers import BookingAnswer, OccurrenceAnswer
from infra.story.booking import PRICE, read
from infra.story.cast import NAMES, OFFICER
from infra.story.funding import balances, expect_balances, expect_ledger_adds_up
from infra.story.stage import Stage, expect, pounds

LEAD_TIME: Final = timedelta(seconds=2)
LASTS: Final = timedelta(seconds=1)


def attend(stage: Stage, occurrence: OccurrenceAnswer, bookings: Sequence[BookingAnswer], partnership_id: str) -> None:
    """Everybody comes but the last; the register is settled, the funds are committed or released."""
    absent = bookings[-1]
    stage.teller.chapter(
        "The course takes place, and attendance commits the funds",
        "So that we need not wait six weeks, the organiser moves the course to this moment: it begins in two seconds "
        f"and lasts one. Everybody comes but the teacher of {NAMES[absent.school_urn]}.",
    )
    hold_now(stage, occurrence)
    began = time.monotonic()
    for booking in bookings:
        mark(stage, booking, "absent" if booking is absent else "full")
    settled = [await_settlement(stage, booking) for booking in bookings]
    charged = [booking.settlement.charged_pence for booking in settled if booking.settlement is not None]
    expect("what is charged", [PRICE] * (len(bookings) - 1) + [0], charged)
    committed = (len(bookings) - 1) * PRICE
    account = expect_balances(stage, partnership_id, reserved=0, committed=committed)
    stage.teller.done(
        f"{len(bookings) - 1} attended: {pounds(committed)} committed; one did not: {pounds(PRICE)} released",
        time.monotonic() - began,
    )
    stage.eventually(
        "the occurrence is completed", lambda: _occurrence(stage, occurrence), lambda seen: seen.status == "completed"
    )
    stage.teller.show(balances(account))
    entries = expect_ledger_adds_up(stage, partnership_id)
    stage.teller.done(f"the ledger's {entries} entries add up to these balances")


def hold_now(stage: Stage, occurrence: OccurrenceAnswer) -> None:
    """Move the course to now, and wait until it is over."""
    officer = stage.as_account(OFFICER)
    path = f"/api/occurrences/{occurrence.occurrence_id}"
    starts_at = datetime.now(UTC) + LEAD_TIME
    dates = {"sessions": [{"starts_at": starts_at.isoformat(), "ends_at": (starts_at + LASTS).isoformat()}]}
    officer.post(f"{path}/dates", OccurrenceAnswer, dates, method="PUT")
    began = time.monotonic()
    stage.eventually(
        "the course is over", lambda: _occurrence(stage, occurrence), lambda seen: seen.status == "delivered"
    )
    stage.teller.done("the course has taken place", time.monotonic() - began)


def mark(stage: Stage, booking: BookingAnswer, attendance: str, reason: str | None = None) -> None:
    """Enter how the delegates of a booking attended the only session; a correction needs a reason."""
    marks = [
        {"delegate_id": delegate.delegate_id, "attendance": attendance, "reason": reason}
        for delegate in booking.delegates
    ]
    officer = stage.as_account(OFFICER)
    officer.post(f"{booking.path}/attendance", BookingAnswer, {"session": 1, "marks": marks})


def await_settlement(stage: Stage, booking: BookingAnswer) -> BookingAnswer:
    """The booking once its attendance has a consequence."""
    return stage.eventually("a settled booking", lambda: read(stage, booking), lambda seen: seen.settlement is not None)


def _occurrence(stage: Stage, occurrence: OccurrenceAnswer) -> OccurrenceAnswer:
    return stage.as_account(OFFICER).get(f"/api/occurrences/{occurrence.occurrence_id}", OccurrenceAnswer)
