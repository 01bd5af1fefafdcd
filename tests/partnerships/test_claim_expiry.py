"""Claims over HTTP whose window closes: they expire, and come back while the account can pay them."""

from __future__ import annotations

from datetime import timedelta

from shared.contracts.claims import ClaimExpired
from shared.contracts.partnerships import FundsCommitted
from tests.partnerships.claiming import BOOKING, approve, correct, partnership_of, pay, spent
from tests.partnerships.programme import URNS, Programme


async def test_a_claim_has_a_window_which_finance_may_open_anew(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    programme.world.clock.advance(timedelta(days=181))
    late = await programme.post(f"{path}/{BOOKING}/submission", programme.school(URNS[1]), status=409)
    assert (late["type"].rpartition("/")[2], late["window_closes_on"]) == ("claim-window-closed", "2027-03-06")
    await programme.post(f"{path}/{BOOKING}/extension", programme.finance(), {"reason": "the school was flooded"})
    await programme.post(f"{path}/{BOOKING}/submission", programme.school(URNS[1]))


async def test_what_nobody_submits_expires_and_its_money_is_free_again(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    await programme.say(
        programme.place_held(partnership_of(path), "booking-2", 20_000),
        programme.settled(partnership_of(path), "booking-2", 20_000),
    )
    await programme.world.settle()
    await programme.post(f"{path}/claims/booking/booking-2/submission", programme.school(URNS[1]))
    programme.world.clock.advance(timedelta(days=180))
    await programme.world.settle()
    assert (await programme.get(f"{path}/{BOOKING}", programme.finance()))["status"] == "drafted"
    programme.world.clock.advance(timedelta(days=1))
    await programme.world.settle()
    claim = await programme.get(f"{path}/{BOOKING}", programme.school(URNS[1]))
    assert (claim["status"], claim["amount_pence"], claim["expired_pence"]) == ("expired", 0, 45_000)
    assert (await programme.get(f"{path}/claims/booking/booking-2", programme.finance()))["status"] == "submitted"
    assert await spent(programme, path) == (20_000, 0, 180_000)
    (told,) = await programme.told(ClaimExpired)
    assert (told.funded_id, told.school_urn, told.amount_pence) == ("booking-1", URNS[1], 45_000)
    await programme.post(f"{path}/{BOOKING}/submission", programme.school(URNS[1]), status=409)


async def test_an_expired_claim_comes_back_with_its_money_and_expires_again(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    programme.world.clock.advance(timedelta(days=181))
    await programme.world.settle()
    await programme.post(f"{path}/{BOOKING}/extension", programme.school(URNS[1]), {"reason": "flooded"}, status=403)
    await programme.post(f"{path}/{BOOKING}/extension", programme.finance(), {"reason": "the school was flooded"})
    assert await spent(programme, path) == (45_000, 0, 155_000)
    programme.world.clock.advance(timedelta(days=181))
    await programme.world.settle()
    assert await spent(programme, path) == (0, 0, 200_000)
    assert len(await programme.told(ClaimExpired)) == 2


async def test_an_expired_claim_whose_money_is_used_elsewhere_stays_expired(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    programme.world.clock.advance(timedelta(days=181))
    await programme.world.settle()
    await programme.say(
        programme.place_held(partnership_of(path), "booking-2", 100_000),
        programme.place_held(partnership_of(path), "booking-3", 60_000, urn=URNS[2]),
    )
    await programme.world.settle()
    refused = await programme.post(
        f"{path}/{BOOKING}/extension", programme.finance(), {"reason": "the school was flooded"}, status=409
    )
    assert (refused["type"].rpartition("/")[2], refused["short_by_pence"]) == ("claim-money-gone", 5_000)
    assert (await programme.get(f"{path}/{BOOKING}", programme.finance()))["status"] == "expired"


async def test_a_correction_changes_what_has_expired_and_finance_decides(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    programme.world.clock.advance(timedelta(days=181))
    await programme.world.settle()
    for revision, charged in enumerate((30_000, 60_000), 2):
        await correct(programme, path, charged, revision)
        claim = await programme.get(f"{path}/{BOOKING}", programme.finance())
        assert (claim["status"], claim["amount_pence"], claim["expired_pence"]) == ("expired", 0, charged)
        assert await spent(programme, path) == (0, 0, 200_000)
    assert [told.amount_pence for told in await programme.told(ClaimExpired)] == [45_000, 30_000, 60_000]
    await correct(programme, path, 0, 4)
    await correct(programme, path, 50_000, 5)
    assert await spent(programme, path) == (0, 0, 200_000)
    assert [told.amount_pence for told in await programme.told(FundsCommitted)] == [45_000, 0, 0, 0, 0]
    await programme.post(f"{path}/{BOOKING}/extension", programme.finance(), {"reason": "the school was flooded"})
    assert await spent(programme, path) == (50_000, 0, 150_000)
    await correct(programme, path, 0, 6)
    await correct(programme, path, 40_000, 7)
    assert await spent(programme, path) == (40_000, 0, 160_000)


async def test_how_much_has_expired_is_told_when_it_changes_and_only_then(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    programme.world.clock.advance(timedelta(days=181))
    await programme.world.settle()
    for revision, charged in enumerate((45_000, 30_000, 30_000, 0, 0, 50_000), 2):
        await correct(programme, path, charged, revision)
    assert [told.amount_pence for told in await programme.told(ClaimExpired)] == [45_000, 30_000, 0, 50_000]


async def test_what_was_paid_before_the_rest_expired_is_clawed_back_by_a_correction(
    attended: tuple[Programme, str],
) -> None:
    programme, path = attended
    await approve(programme, path)
    await pay(programme)
    await correct(programme, path, 60_000, 2)
    programme.world.clock.advance(timedelta(days=181))
    await programme.world.settle()
    await correct(programme, path, 70_000, 3)
    claim = await programme.get(f"{path}/{BOOKING}", programme.finance())
    assert (claim["status"], claim["paid_pence"], claim["expired_pence"]) == ("expired", 45_000, 25_000)
    await correct(programme, path, 40_000, 4)
    claim = await programme.get(f"{path}/{BOOKING}", programme.finance())
    assert (claim["status"], claim["paid_pence"], claim["expired_pence"]) == ("paid", 45_000, 0)
    (clawback,) = (await programme.get(f"{path}/clawbacks", programme.finance()))["items"]
    assert clawback["amount_pence"] == 5_000
