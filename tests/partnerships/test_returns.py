"""Allocated money that nobody needs goes back to its pot: never what is used, and once."""

from __future__ import annotations

from typing import Any

import pytest

from services.partnerships.domain.account import Credit, EntryKind, Funded
from services.partnerships.domain.allocation_return import Return
from services.partnerships.use_cases import pots
from shared.contracts.partnerships import AllocationReturned
from tests.partnerships.books import PLACEMENT, Books
from tests.partnerships.programme import URNS, Programme

BOOKING = Funded("booking", "booking-1")


@pytest.mark.parametrize(("amount", "given"), [(601, False), (600, True), (1, True)])
def test_only_what_is_neither_reserved_nor_owed_goes_back(amount: int, given: bool) -> None:
    books = Books()
    books.credit(1000)
    books.reserve(300, BOOKING)
    books.reserve(100, "booking-2")
    books.commit(100, of="booking-2")
    assert books.hand_back(amount) is given
    left = amount if given else 0
    assert (books.balances.allocated, books.balances.available) == (1000 - left, 600 - left)
    if given:
        assert (books.ledger[-1].kind, books.ledger[-1].allocated) == (EntryKind.RETURNED, -amount)
        assert books.ledger[-1].allocation_id == "allocation-1"


def test_what_is_free_for_others_is_not_free_of_an_allocation() -> None:
    books = Books()
    books.credit(1000, "allocation-1", ("placement",))
    books.credit(500, "allocation-2")
    books.reserve(1200, PLACEMENT)
    assert not books.hand_back(301, "allocation-1")
    assert not books.hand_back(301, "allocation-2")
    assert books.hand_back(200, "allocation-2")
    assert books.hand_back(100, "allocation-1")
    assert [books.balances.available_for(purpose) for purpose in ("placement", "booking")] == [0, 0]
    books.release(PLACEMENT)
    assert [books.balances.available_for(purpose) for purpose in ("placement", "booking")] == [1200, 300]


def test_no_more_of_an_allocation_goes_back_than_it_brought() -> None:
    books = Books()
    books.credit(100, "allocation-1")
    books.credit(500, "allocation-2")
    assert books.hand_back(60, "allocation-1")
    assert not books.hand_back(41, "allocation-1")
    assert books.hand_back(40, "allocation-1")
    assert not books.hand_back(1, "allocation-3")
    credit = books.get(Credit, "allocation-1")
    assert credit is not None
    assert credit.returned == 100


def test_earmarked_money_leaves_no_earmark_behind() -> None:
    books = Books()
    books.credit(100, "allocation-1", ("booking",))
    books.credit(100, "allocation-2", ("booking",))
    assert books.hand_back(100, "allocation-1")
    assert [(earmark.purposes, earmark.amount) for earmark in books.balances.earmarks] == [(("booking",), 100)]
    assert books.hand_back(100, "allocation-2")
    assert books.balances.earmarks == ()


@pytest.fixture
async def ended(programme: Programme) -> tuple[Programme, str, dict[str, Any]]:
    """A terminated partnership with £1,000 of £2,000 reserved; gives its path and its allocation."""
    partnership_id = await programme.funded(200_000)
    await programme.say(programme.place_held(partnership_id, "booking-1", 100_000))
    await programme.world.settle()
    path = f"/api/partnerships/{partnership_id}"
    await programme.post(f"{path}/termination", programme.officer(), {"reason": "the schools merged"})
    await programme.world.settle()
    pot = (await programme.get("/api/pots", programme.finance()))["items"][0]
    (allocation,) = (await programme.get(f"/api/pots/{pot['id']}/allocations", programme.finance()))["items"]
    return programme, path, allocation


async def test_the_pot_gets_back_what_a_partnership_that_is_over_has_not_used(
    ended: tuple[Programme, str, dict[str, Any]],
) -> None:
    programme, path, allocation = ended
    wanted = {"allocation_id": allocation["id"], "amount_pence": 100_001}
    refused = await programme.post(f"{path}/account/returns", programme.finance(), wanted, status=409)
    assert (refused["type"].rpartition("/")[2], refused["available_pence"], refused["short_by_pence"]) == (
        "too-little-to-return",
        100_000,
        1,
    )
    wanted["amount_pence"] = 100_000
    for caller in (programme.officer(), programme.school(URNS[0])):
        await programme.post(f"{path}/account/returns", caller, wanted, status=403)
    account = await programme.post(f"{path}/account/returns", programme.finance(), wanted)
    assert (account["allocated_pence"], account["available_pence"]) == (100_000, 0)
    await programme.world.settle()
    pot = await programme.get(f"/api/pots/{allocation['pot_id']}", programme.finance())
    assert (pot["allocated_pence"], pot["available_pence"]) == (100_000, 100_000)
    (listed,) = (await programme.get(f"/api/pots/{pot['id']}/allocations", programme.finance()))["items"]
    assert (listed["amount_pence"], listed["returned_pence"]) == (200_000, 100_000)
    unknown = wanted | {"allocation_id": "somebody-elses"}
    assert (await programme.post(f"{path}/account/returns", programme.finance(), unknown, status=422))["field"] == (
        "allocation_id"
    )


async def test_a_return_that_is_told_twice_counts_once(ended: tuple[Programme, str, dict[str, Any]]) -> None:
    programme, path, allocation = ended
    wanted = {"allocation_id": allocation["id"], "amount_pence": 30_000}
    await programme.post(f"{path}/account/returns", programme.finance(), wanted)
    await programme.world.settle()
    (told,) = await programme.told(AllocationReturned)
    work = programme.world.running["partnerships"].work()
    again = Return(told.return_id, told.allocation_id, told.amount_pence)
    await pots.take_back(work, told.pot_id, told.partnership_id, again)
    pot = await programme.get(f"/api/pots/{allocation['pot_id']}", programme.finance())
    assert pot["available_pence"] == 30_000
