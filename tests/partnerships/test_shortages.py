"""Claims over HTTP that the account cannot pay: they wait for money or for finance, and everybody sees it."""

from __future__ import annotations

from datetime import timedelta

from shared.contracts.claims import ClaimFellShort, ClaimShortageClosed
from tests.partnerships.claiming import BOOKING, approve, correct, partnership_of, pay, spent
from tests.partnerships.programme import URNS, Programme


async def test_what_the_account_cannot_pay_waits_visibly_until_money_comes(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    await approve(programme, path)
    await correct(programme, path, 205_000, 2)
    (claim,) = (await programme.get("/api/claims", programme.finance(), status="short"))["items"]
    assert (claim["amount_pence"], claim["short_by_pence"], claim["approved_by"]) == (45_000, 5_000, None)
    nothing = await programme.post("/api/payment-runs", programme.finance(), status=409)
    assert nothing["type"].endswith("nothing-to-pay")
    (told,) = await programme.told(ClaimFellShort)
    assert (told.funded_id, told.school_urn, told.short_by_pence) == ("booking-1", URNS[1], 5_000)
    await programme.allocate(partnership_of(path), 4_000)
    still = await programme.get(f"{path}/{BOOKING}", programme.school(URNS[1]))
    assert (still["status"], still["short_by_pence"]) == ("short", 1_000)
    await programme.allocate(partnership_of(path), 1_000)
    drafted = await programme.get(f"{path}/{BOOKING}", programme.school(URNS[1]))
    assert (drafted["status"], drafted["amount_pence"], drafted["short_by_pence"]) == ("drafted", 205_000, 0)
    assert drafted["evidence"][-1].endswith("#2")
    (closed,) = await programme.told(ClaimShortageClosed)
    assert (closed.shortage_ending, closed.amount_pence) == ("funded", 205_000)
    await approve(programme, path)
    await pay(programme)
    assert await spent(programme, path) == (0, 205_000, 0)


async def test_money_goes_to_the_claim_that_has_been_short_for_longest_and_then_to_the_next(
    attended: tuple[Programme, str],
) -> None:
    programme, path = attended
    await programme.say(
        programme.place_held(partnership_of(path), "booking-2", 20_000),
        programme.settled(partnership_of(path), "booking-2", 20_000),
    )
    await correct(programme, path, 185_000, 2)
    programme.world.clock.advance(timedelta(minutes=1))
    await programme.say(programme.settled(partnership_of(path), "booking-2", 160_000, revision=2))
    await programme.world.settle()
    assert len(await programme.told(ClaimFellShort)) == 2
    await programme.allocate(partnership_of(path), 145_000)
    claims = (await programme.get(f"{path}/claims", programme.finance()))["items"]
    assert [(claim["status"], claim["amount_pence"]) for claim in claims] == [
        ("drafted", 185_000),
        ("drafted", 160_000),
    ]
    assert [event.funded_id for event in await programme.told(ClaimShortageClosed)] == ["booking-1", "booking-2"]


async def test_finance_may_settle_a_short_claim_at_what_is_there(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    await correct(programme, path, 205_000, 2)
    settlement, why = f"{path}/{BOOKING}/settlement", {"reason": "the sponsor gives no more"}
    for caller in (programme.school(URNS[1]), programme.officer()):
        await programme.post(settlement, caller, why, status=403)
    await programme.post(f"{path}/{BOOKING}/submission", programme.school(URNS[1]), status=409)
    settled = await programme.post(settlement, programme.finance(), why)
    assert (settled["status"], settled["amount_pence"], settled["reason"]) == ("drafted", 200_000, why["reason"])
    assert await spent(programme, path) == (200_000, 0, 0)
    await programme.post(settlement, programme.finance(), why, status=409)
    await programme.allocate(partnership_of(path), 10_000)
    assert await spent(programme, path) == (200_000, 0, 10_000)
    (closed,) = await programme.told(ClaimShortageClosed)
    assert (closed.shortage_ending, closed.amount_pence) == ("reduced", 200_000)


async def test_a_paid_claim_that_falls_short_and_gets_nothing_more_stays_paid(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    await approve(programme, path)
    await pay(programme)
    await programme.say(programme.place_held(partnership_of(path), "booking-2", 100_000))
    await programme.say(programme.place_held(partnership_of(path), "booking-3", 55_000, urn=URNS[2]))
    await correct(programme, path, 60_000, 2)
    short = await programme.get(f"{path}/{BOOKING}", programme.finance())
    assert (short["status"], short["amount_pence"], short["short_by_pence"]) == ("short", 0, 15_000)
    settled = await programme.post(f"{path}/{BOOKING}/settlement", programme.finance(), {"reason": "no more money"})
    assert (settled["status"], settled["amount_pence"], settled["paid_pence"]) == ("paid", 0, 45_000)


async def test_a_shortage_ends_with_a_correction_that_the_account_can_pay(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    await correct(programme, path, 205_000, 2)
    await correct(programme, path, 45_000, 3)
    claim = await programme.get(f"{path}/{BOOKING}", programme.finance())
    assert (claim["status"], claim["amount_pence"], claim["short_by_pence"]) == ("drafted", 45_000, 0)
    (closed,) = await programme.told(ClaimShortageClosed)
    assert closed.shortage_ending == "corrected"
