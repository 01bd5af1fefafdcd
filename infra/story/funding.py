"""A sponsor pays in, and the partnership gets an allocation; what is in its account is counted after every step."""

from __future__ import annotations

import time
from typing import Final

from rich.table import Table

from infra.story.answers import AccountAnswer, LedgerEntryAnswer, Made, PartnershipAnswer, PotAnswer
from infra.story.cast import FINANCE, LEAD, MEMBERS, lead
from infra.story.stage import Stage, expect, pounds

PAID_IN: Final = 200_000
ALLOCATED: Final = 160_000
"""Enough for four places of £350; a fifth would lack £150."""


def fund(stage: Stage, partnership: PartnershipAnswer) -> AccountAnswer:
    """The account with the allocation in it."""
    stage.teller.chapter(
        "A sponsor pays in",
        "The money goes into the sponsor's pot, and from there to the partnership. Its account is another aggregate: "
        "the allocation arrives there as an event.",
    )
    began = time.monotonic()
    account = pay_and_allocate(stage, partnership.id, PAID_IN, ALLOCATED)
    took = time.monotonic() - began
    stage.teller.done(f"{pounds(PAID_IN)} paid in, {pounds(ALLOCATED)} allocated and in the account", took)
    return account


def pay_and_allocate(stage: Stage, partnership_id: str, paid_in: int, allocated: int) -> AccountAnswer:
    """The account of a partnership that had nothing, with an allocation from a new pot in it."""
    finance = stage.as_account(FINANCE)
    sponsor = finance.post("/api/sponsors", Made, {"name": "Northern Turbines plc"})
    pot = finance.post("/api/pots", PotAnswer, {"sponsor_id": sponsor.id, "name": "Science teachers of Fellshire"})
    path = f"/api/pots/{pot.id}"
    finance.post(f"{path}/payments", Made, {"amount_pence": paid_in, "reference": "NT-DEMO"})
    allocation = {"partnership_id": partnership_id, "amount_pence": allocated, "kind": "bursaries"}
    finance.post(f"{path}/allocations", Made, allocation)
    account = stage.eventually(
        "the allocation in the account",
        lambda: account_of(stage, partnership_id),
        lambda seen: seen.allocated_pence == allocated and seen.active and len(seen.school_urns) == len(MEMBERS),
    )
    expect("what is left in the pot", paid_in - allocated, finance.get(path, PotAnswer).available_pence)
    return account


def account_of(stage: Stage, partnership_id: str) -> AccountAnswer:
    """The balances, as the lead school sees them."""
    return stage.as_account(lead(LEAD)).get(f"/api/partnerships/{partnership_id}/account", AccountAnswer)


def expect_balances(
    stage: Stage, partnership_id: str, *, reserved: int, committed: int = 0, spent: int = 0
) -> AccountAnswer:
    """Wait until so much is reserved, committed and spent, and count the rest."""
    account = stage.eventually(
        f"{pounds(reserved)} reserved, {pounds(committed)} committed, {pounds(spent)} spent",
        lambda: account_of(stage, partnership_id),
        lambda seen: (seen.reserved_pence, seen.committed_pence, seen.spent_pence) == (reserved, committed, spent),
    )
    expect("what is available", account.allocated_pence - reserved - committed - spent, account.available_pence)
    return account


def expect_ledger_adds_up(stage: Stage, partnership_id: str) -> int:
    """Add up the ledger; how many entries it has."""
    session = stage.as_account(lead(LEAD))
    account = account_of(stage, partnership_id)
    entries = list(session.each(f"/api/partnerships/{partnership_id}/account/ledger", LedgerEntryAnswer))
    sums = (
        sum(entry.allocated_pence for entry in entries),
        sum(entry.reserved_pence for entry in entries),
        sum(entry.committed_pence for entry in entries),
        sum(entry.spent_pence for entry in entries),
    )
    balances = (account.allocated_pence, account.reserved_pence, account.committed_pence, account.spent_pence)
    expect("the sums of the ledger (allocated, reserved, committed, spent)", balances, sums)
    return len(entries)


def balances(account: AccountAnswer) -> Table:
    """The balances as a table of one line."""
    columns = ("allocated", "reserved", "committed", "spent", "available")
    table = Table(*columns, box=None, header_style="dim", padding=(0, 3, 0, 0))
    amounts = (
        account.allocated_pence,
        account.reserved_pence,
        account.committed_pence,
        account.spent_pence,
        account.available_pence,
    )
    table.add_row(*(pounds(amount) for amount in amounts))
    return table
