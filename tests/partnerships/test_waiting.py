"""What waits for money: it is released or settled by every way in which money becomes free, not by allocations only."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.contracts.claims import ClaimShortageClosed, InstalmentReleased, InstalmentWaits
from tests.partnerships.books import Books
from tests.partnerships.claiming import approve, correct, pay, spent
from tests.partnerships.programme import URNS, Programme
from tests.partnerships.test_reports import accept, instalments, planned

__all__ = ["planned"]

WAITING = ("year-1-term-1", "waiting", 200_000)
RELEASED = ("year-1-term-1", "released", 200_000)


@pytest.fixture
async def waits(planned: tuple[Programme, str]) -> tuple[Programme, str]:
    """£2,000 are owed for the start-up, £450 are held for a booking, and an instalment lacks £50; gives the path."""
    programme, path = planned
    partnership_id = path.split("/")[3]
    await programme.allocate(partnership_id, 190_000)
    await programme.say(programme.place_held(partnership_id, "booking-1", 45_000))
    await programme.world.settle()
    await accept(programme, path, 1, 1)
    assert WAITING in await instalments(programme, path)
    (told,) = await programme.told(InstalmentWaits)
    assert told.short_by_pence == 5_000
    return programme, path


async def test_a_cancelled_booking_frees_what_an_instalment_waits_for(waits: tuple[Programme, str]) -> None:
    programme, path = waits
    await programme.say(programme.cancelled(path.split("/")[3], "booking-1"))
    await programme.world.settle()
    assert RELEASED in await instalments(programme, path)


async def test_a_correction_frees_what_an_instalment_waits_for(waits: tuple[Programme, str]) -> None:
    programme, path = waits
    await correct(programme, path, 45_000, 1)
    assert WAITING in await instalments(programme, path)
    await correct(programme, path, 40_000, 2)
    assert RELEASED in await instalments(programme, path)
    assert await spent(programme, path) == (440_000, 0, 0)


async def test_an_expired_claim_frees_what_an_instalment_waits_for(waits: tuple[Programme, str]) -> None:
    programme, path = waits
    await correct(programme, path, 45_000, 1)
    programme.world.clock.advance(timedelta(days=181))
    await programme.world.settle()
    assert RELEASED in await instalments(programme, path)


@pytest.mark.parametrize(("ending", "body"), [("recovery", None), ("waiver", {"reason": "a small sum"})])
async def test_what_is_recovered_is_what_an_instalment_waits_for_and_what_is_waived_is_not(
    waits: tuple[Programme, str], ending: str, body: object
) -> None:
    programme, path = waits
    await correct(programme, path, 45_000, 1)
    await approve(programme, path)
    await pay(programme)
    await correct(programme, path, 40_000, 2)
    assert WAITING in await instalments(programme, path)
    await programme.post(f"{path}/clawbacks/booking/booking-1/{ending}", programme.finance(), body)
    await programme.world.settle()
    assert (RELEASED in await instalments(programme, path)) == (ending == "recovery")


async def test_a_cancelled_booking_settles_what_is_short(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    partnership_id = path.split("/")[3]
    await programme.say(programme.place_held(partnership_id, "booking-2", 10_000, urn=URNS[2]))
    await correct(programme, path, 195_000, 2)
    assert await programme.told(ClaimShortageClosed) == []
    await programme.say(programme.cancelled(partnership_id, "booking-2"))
    await programme.world.settle()
    (closed,) = await programme.told(ClaimShortageClosed)
    assert (closed.shortage_ending, closed.amount_pence) == ("funded", 195_000)


async def test_a_small_claim_does_not_wait_behind_a_large_one(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    partnership_id = path.split("/")[3]
    await programme.say(
        programme.place_held(partnership_id, "booking-2", 55_000, urn=URNS[2]),
        programme.place_held(partnership_id, "booking-3", 100_000, urn=URNS[3]),
        programme.settled(partnership_id, "booking-1", 900_000, revision=2),
        programme.settled(partnership_id, "booking-2", 60_000),
    )
    await programme.world.settle()
    await programme.allocate(partnership_id, 5_000)
    (closed,) = await programme.told(ClaimShortageClosed)
    assert (closed.funded_id, closed.amount_pence) == ("booking-2", 60_000)


def test_a_small_instalment_does_not_wait_behind_a_large_one() -> None:
    books = Books()
    books.instalment(2_000, "year-1-term-1")
    books.instalment(500, "year-1-term-2")
    books.credit(600)
    (released,) = books.instalments(("year-1-term-1", 2_000), ("year-1-term-2", 500))
    assert isinstance(released, InstalmentReleased)
    assert released.instalment == "year-1-term-2"
    assert books.instalments(("year-1-term-1", 2_000)) == ()
