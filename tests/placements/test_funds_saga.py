"""A funded placement across two services: the place here, the money and the cover there, and both agree at rest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest

from shared.contracts.placements import PlacementCancelled, PlacementFundsAsked
from tests.partnerships.programme import URNS, Programme
from tests.placements.host import Host, world

RATE = 22_000
MONEY = 300_000


class Funded(NamedTuple):
    """Placements beside partnerships, with an active partnership of six schools."""

    host: Host
    programme: Programme
    partnership_id: str


@pytest.fixture
async def funded() -> AsyncIterator[Funded]:
    """A partnership with money for two weeks and a bit, and an employer that hosts."""
    async with world() as running:
        programme = Programme(running)
        partnership_id = await programme.funded(MONEY)
        host = Host(running)
        await running.settle()
        await host.register()
        await host.clear()
        yield Funded(host, programme, partnership_id)


async def placed(funded: Funded, name: str = "ada", urn: str = URNS[0], weeks: int = 8) -> Any:
    """A placement that the partnership's bursary is asked for, at rest."""
    host, _, partnership_id = funded
    offer_id = await host.published(cohorts=[host.cohort(weeks)])
    accepted = await host.accepted(offer_id, name, urn, partnership_id=partnership_id)
    return await host.placement(accepted["placement_id"])


async def test_the_agreement_is_drafted_once_the_funds_are_reserved(funded: Funded) -> None:
    placement = await placed(funded)
    assert (placement["status"], placement["funds"]) == ("agreement-drafted", "granted")
    assert [event.amount_pence for event in await funded.host.told(PlacementFundsAsked)] == [5 * RATE]
    assert await funded.programme.balances(funded.partnership_id) == (MONEY, 5 * RATE, 0, MONEY - 5 * RATE)


async def test_a_placement_without_funds_comes_to_nothing_and_its_place_is_free(funded: Funded) -> None:
    for number in range(2):
        await placed(funded, f"teacher-{number}", URNS[number])
    refused = await placed(funded, "cy", URNS[2])
    assert refused["status"] == "cancelled-by-programme"
    assert refused["reason_code"] == "insufficient-funds"
    offer = await funded.host.get(f"/api/offers/{refused['offer_id']}")
    assert (offer["status"], offer["places_left"]) == ("published", 2)
    assert await funded.programme.balances(funded.partnership_id) == (MONEY, 10 * RATE, 0, MONEY - 10 * RATE)


async def test_a_cancellation_releases_place_and_money(funded: Funded) -> None:
    placement = await placed(funded)
    body = {"party": "host", "reason_code": "site-closed"}
    await funded.host.do(placement["placement_id"], "cancellation", funded.host.host(), body)
    await funded.host.world.settle()
    assert await funded.programme.balances(funded.partnership_id) == (MONEY, 0, 0, MONEY)
    assert [event.partnership_id for event in await funded.host.told(PlacementCancelled)] == [funded.partnership_id]


async def test_the_days_done_are_committed_and_a_correction_takes_them_back(funded: Funded) -> None:
    host = funded.host
    placement_id = (await placed(funded))["placement_id"]
    await host.sign(placement_id)
    await host.do(placement_id, "confirmation", host.host())
    host.later(days=(host.monday() - host.day(0)).days + 4)
    await host.world.settle()
    await host.record(placement_id, True, True, True, True, False)
    await host.do(placement_id, "days/confirmation", host.teacher())
    await host.world.settle()
    assert await funded.programme.balances(funded.partnership_id) == (MONEY, 0, 4 * RATE, MONEY - 4 * RATE)
    await host.record(placement_id, True, True, True, False, False, reason="a mix-up", verb="days/correction")
    await host.world.settle()
    assert await funded.programme.balances(funded.partnership_id) == (MONEY, 0, 3 * RATE, MONEY - 3 * RATE)


async def test_a_school_that_is_not_a_member_is_refused_before_anybody_is_asked(funded: Funded) -> None:
    host = funded.host
    await host.know("900099")
    refused = await host.apply(
        await host.published(), "dee", "900099", partnership_id=funded.partnership_id, status=409
    )
    assert refused["type"] == "/problems/placement-bursary-not-for-this-school"
