"""Restricted pots: what may pay for placements only never pays a course, in whatever order money and bookings come."""

from __future__ import annotations

import pytest

from services.partnerships.domain.account import Funded
from shared.contracts.claims import InstalmentReleased, InstalmentWaits
from shared.contracts.partnerships import FundsReservationRefused, FundsReserved
from tests.partnerships.books import PLACEMENT, Books
from tests.partnerships.planning import whole_plan
from tests.partnerships.programme import URNS, Programme, facts

BOOKING = Funded("booking", "booking-1")


@pytest.fixture
def books() -> Books:
    """£10 for placements only, £5 for anything."""
    mixed = Books()
    mixed.credit(1000, "allocation-1", ("placement",))
    mixed.credit(500, "allocation-2")
    return mixed


def test_a_course_is_paid_by_what_is_free_only(books: Books) -> None:
    (refused,) = books.reserve(501, BOOKING)
    assert isinstance(refused, FundsReservationRefused)
    assert (refused.reason, refused.short_by_pence) == ("insufficient-funds", 1)
    (reserved,) = books.reserve(500, Funded("booking", "booking-2"))
    assert isinstance(reserved, FundsReserved)


def test_a_placement_takes_its_own_money_first_so_that_courses_keep_what_is_free(books: Books) -> None:
    books.reserve(1000, PLACEMENT)
    (reserved,) = books.reserve(500, BOOKING)
    assert isinstance(reserved, FundsReserved)
    assert books.balances.available_for("placement") == 0


def test_a_placement_may_use_what_is_free_as_well(books: Books) -> None:
    books.reserve(1400, PLACEMENT)
    assert [books.balances.available_for(purpose) for purpose in ("placement", "booking", "instalment")] == [100] * 3


def test_a_correction_and_an_instalment_keep_to_the_earmarks(books: Books) -> None:
    books.reserve(400, BOOKING)
    books.commit(501, of=BOOKING)
    assert books.balances.committed == 0
    books.instalment(101, "start-up")
    assert books.balances.committed == 0
    books.instalment(100, "year-1-term-1")
    assert books.balances.committed == 100


def test_money_for_the_same_purposes_is_one_earmark(books: Books) -> None:
    books.credit(100, "allocation-3", ("placement",))
    books.credit(100, "allocation-4", ("placement", "booking"))
    books.credit(100, "allocation-5", ("booking", "placement"))
    known = [(earmark.purposes, earmark.amount) for earmark in books.balances.earmarks]
    assert known == [(("placement",), 1100), (("booking", "placement"), 200)]


def test_a_release_gives_back_what_it_took(books: Books) -> None:
    books.reserve(1500, PLACEMENT)
    books.release(PLACEMENT)
    assert books.balances.available_for("booking") == 500


async def test_a_pot_for_placements_does_not_pay_a_course(programme: Programme) -> None:
    partnership_id = await programme.funded(10_000)
    pot_id = await programme.pot(90_000, purposes=["placement"])
    body = {"partnership_id": partnership_id, "amount_pence": 90_000, "kind": "bursaries"}
    await programme.post(f"/api/pots/{pot_id}/allocations", programme.finance(), body)
    await programme.world.settle()
    await programme.say(programme.place_held(partnership_id, "booking-1", 45_000))
    await programme.world.settle()
    (refused,) = await programme.told(FundsReservationRefused)
    assert (refused.reason, refused.short_by_pence) == ("insufficient-funds", 35_000)
    await programme.say(programme.funds_asked(partnership_id, "placement-1", 90_000))
    await programme.world.settle()
    (reserved,) = await programme.told(FundsReserved)
    assert reserved.purpose == "placement"


async def test_bursaries_do_not_pay_an_instalment(programme: Programme) -> None:
    await programme.register(*(facts(urn) for urn in URNS))
    partnership_id = await programme.activate()
    path = f"/api/partnerships/{partnership_id}"
    await programme.allocate(partnership_id, 900_000, "bursaries")
    await programme.post(f"{path}/plan", programme.school(URNS[0]), whole_plan())
    await programme.post(f"{path}/plan/submission", programme.school(URNS[0]))
    await programme.post(f"{path}/plan/approval", programme.officer())
    await programme.world.settle()
    (waits,) = await programme.told(InstalmentWaits)
    assert (waits.instalment, waits.short_by_pence) == ("start-up", 200_000)
    await programme.allocate(partnership_id, 200_000, "start-up")
    assert len(await programme.told(InstalmentReleased)) == 1
    assert await programme.balances(partnership_id) == (1_100_000, 0, 200_000, 900_000)
