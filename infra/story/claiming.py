"""Claims write themselves; somebody else approves them, they are paid, and a correction takes the money back."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import Final

from rich.table import Table

from infra.story.answers import BookingAnswer, ClaimAnswer, ClawbackAnswer, PaymentRunAnswer
from infra.story.booking import PRICE
from infra.story.cast import FINANCE, NAMES, lead
from infra.story.funding import balances, expect_balances
from infra.story.stage import Stage, expect, pounds

FILE: Final = "text/csv"


def claim(stage: Stage, partnership_id: str, attended: Sequence[BookingAnswer]) -> None:
    """What the attended bookings cost is claimed, approved and paid."""
    owed = len(attended) * PRICE
    stage.teller.chapter(
        "Claims are drafted by what happened, and paid",
        "Nobody types a claim: attendance has drafted one a booking, with its evidence. The school hands it in, a "
        "finance officer who is somebody else approves it, and a payment run pays.",
    )
    pay(stage, partnership_id, {booking.booking_id for booking in attended}, owed=owed, spent=owed)


def pay(stage: Stage, partnership_id: str, funded_ids: Collection[str], *, owed: int, spent: int) -> None:
    """What was drafted for bookings or placements is handed in, approved and paid; so much is spent then in all."""
    finance = stage.as_account(FINANCE)
    began = time.monotonic()
    drafted = stage.eventually(
        "complete claims for what was done",
        lambda: [one for one in _claims(stage, partnership_id) if one.funded_id in funded_ids],
        lambda seen: [(one.status, one.missing) for one in seen] == [("drafted", ())] * len(funded_ids),
    )
    expect("what the claims come to", owed, sum(one.amount_pence for one in drafted))
    stage.teller.done(f"{_count(drafted)} drafted with evidence: {pounds(owed)}", time.monotonic() - began)
    for one in drafted:
        path = f"/api/partnerships/{partnership_id}/claims/{one.purpose}/{one.funded_id}"
        stage.as_account(lead(one.school_urn)).post(f"{path}/submission", ClaimAnswer)
        finance.post(f"{path}/approval", ClaimAnswer)
    stage.teller.done("submitted by the school, approved by the finance officer")
    began = time.monotonic()
    run = finance.post("/api/payment-runs", PaymentRunAnswer)
    stage.eventually(
        "a payment run that is settled",
        lambda: finance.get(f"/api/payment-runs/{run.id}", PaymentRunAnswer),
        lambda seen: seen.status == "settled",
    )
    account = expect_balances(stage, partnership_id, reserved=0, spent=spent)
    stage.teller.done(f"a payment run pays {pounds(owed)}", time.monotonic() - began)
    stage.teller.show(_table(_claims(stage, partnership_id)))
    stage.teller.show(balances(account))


def _count(claims: Sequence[ClaimAnswer]) -> str:
    return "a claim" if len(claims) == 1 else f"{len(claims)} claims"


def claw_back(stage: Stage, partnership_id: str, corrected: BookingAnswer) -> None:
    """What was paid for a booking and was not due is asked back, and may be reserved again."""
    began = time.monotonic()
    opened = stage.eventually(
        "a clawback",
        lambda: _clawbacks(stage, partnership_id, corrected),
        lambda seen: [one.status for one in seen] == ["opened"],
    )
    expect("what is asked back", PRICE, opened[0].amount_pence)
    stage.teller.done(f"a clawback of {pounds(PRICE)} is opened", time.monotonic() - began)
    path = f"/api/partnerships/{partnership_id}/clawbacks/booking/{corrected.booking_id}"
    finance = stage.as_account(FINANCE)
    finance.post(f"{path}/invoice", ClawbackAnswer)
    recovered = finance.post(f"{path}/recovery", ClawbackAnswer)
    expect("the status of the clawback", "recovered", recovered.status)
    stage.teller.done("invoiced and recovered: the money may be reserved again")


def _claims(stage: Stage, partnership_id: str) -> list[ClaimAnswer]:
    return list(stage.as_account(FINANCE).each(f"/api/partnerships/{partnership_id}/claims", ClaimAnswer))


def _clawbacks(stage: Stage, partnership_id: str, booking: BookingAnswer) -> list[ClawbackAnswer]:
    found = stage.as_account(FINANCE).each(f"/api/partnerships/{partnership_id}/clawbacks", ClawbackAnswer)
    return [one for one in found if one.funded_id == booking.booking_id]


def _table(claims: Sequence[ClaimAnswer]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 3, 0, 0))
    for one in claims:
        if one.paid_pence:
            table.add_row(NAMES[one.school_urn], one.status, pounds(one.paid_pence))
    return table
