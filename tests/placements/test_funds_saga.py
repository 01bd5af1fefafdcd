"""A funded placement across two services: the place here, the money and the cover there, and both agree at rest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from services.placements.domain.placement import Placement
from shared.contracts.partnerships import RefusalReason
from shared.contracts.placements import (
    PlacementCancelled,
    PlacementCompleted,
    PlacementFundsAsked,
    PlacementOwnCostAgreed,
    PlacementOwnCostAsked,
)
from shared.decision import Decision
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


async def unfunded(funded: Funded) -> Any:
    """A placement of cy's that the partnership has no money left for."""
    for number in range(2):
        await placed(funded, f"teacher-{number}", URNS[number])
    return await placed(funded, "cy", URNS[2])


async def test_a_placement_without_funds_waits_for_a_week_and_comes_to_nothing(funded: Funded) -> None:
    host = funded.host
    refused = await unfunded(funded)
    assert (refused["status"], refused["funds"]) == ("funds-refused", "refused")
    assert refused["reason_code"] == "insufficient-funds"
    (asked,) = await host.told(PlacementOwnCostAsked)
    assert asked.answer_due_at == host.world.clock.now() + timedelta(days=7)
    host.later(days=7)
    await host.world.settle()
    ended = await host.placement(refused["placement_id"])
    assert (ended["status"], ended["reason_code"]) == ("cancelled-by-programme", "insufficient-funds")
    offer = await host.get(f"/api/offers/{refused['offer_id']}")
    assert (offer["status"], offer["places_left"]) == ("published", 2)
    assert await funded.programme.balances(funded.partnership_id) == (MONEY, 10 * RATE, 0, MONEY - 10 * RATE)


@pytest.mark.parametrize("who", ["teacher", "approver"])
async def test_teacher_or_school_may_go_on_at_the_schools_own_cost(funded: Funded, who: str) -> None:
    host = funded.host
    placement_id = (await unfunded(funded))["placement_id"]
    caller = {"teacher": host.teacher("cy", URNS[2]), "approver": host.approver(URNS[2])}[who]
    agreed = await host.do(placement_id, "own-cost", caller)
    assert (agreed["status"], agreed["funds"], agreed["amount_pence"]) == ("agreement-drafted", "own-cost", 0)
    assert (agreed["own_cost_by"], agreed["reason_code"]) == (None, None)
    assert len(await host.told(PlacementOwnCostAgreed)) == 1
    again = await host.do(placement_id, "own-cost", caller, status=409)
    assert again["type"] == "/problems/wrong-state"
    host.later(days=8)
    await host.world.settle()
    assert (await host.placement(placement_id))["status"] == "agreement-drafted"


async def test_nobody_else_goes_on_at_the_schools_own_cost_and_nobody_too_late(funded: Funded) -> None:
    host = funded.host
    placement_id = (await unfunded(funded))["placement_id"]
    for caller, status in (
        (host.host(), 403),
        (host.officer(), 403),
        (host.teacher("dee", URNS[2]), 404),
        (host.approver(URNS[3]), 404),
    ):
        await host.do(placement_id, "own-cost", caller, status=status)
    host.later(days=7)
    late = await host.do(placement_id, "own-cost", host.approver(URNS[2]), status=409)
    assert late["state"] == "cancelled-by-programme"


async def test_who_is_to_come_today_has_the_day_to_go_on_at_the_schools_own_cost(funded: Funded) -> None:
    host, _, partnership_id = funded
    for number in range(2):
        await placed(funded, f"teacher-{number}", URNS[number])
    days = [host.day(number).isoformat() for number in range(5)]
    offer_id = await host.published(cohorts=[host.cohort(starts_on=days[0], ends_on=days[-1])])
    wishes = {"partnership_id": partnership_id, "dates": days}
    placement_id = (await host.accepted(offer_id, "cy", URNS[2], **wishes))["placement_id"]
    assert (await host.placement(placement_id))["status"] == "funds-refused"
    agreed = await host.do(placement_id, "own-cost", host.teacher("cy", URNS[2]))
    assert agreed["status"] == "agreement-drafted"


async def test_a_placement_at_the_schools_own_cost_is_done_and_charges_nothing(funded: Funded) -> None:
    host, programme, partnership_id = funded
    placement_id = (await unfunded(funded))["placement_id"]
    await host.do(placement_id, "own-cost", host.approver(URNS[2]))
    for party, caller in host.signers("cy", URNS[2]).items():
        await host.do(placement_id, "signatures", caller, {"party": party, "version": 1})
    await host.do(placement_id, "confirmation", host.host())
    host.later(days=(host.monday() - host.day(0)).days + 4)
    await host.world.settle()
    await host.record(placement_id, True, True, True, True, True)
    teacher = host.teacher("cy", URNS[2])
    done = await host.do(placement_id, "days/confirmation", teacher)
    assert done["settlement"] == {"revision": 1, "days_done": 5, "charged_pence": 0}
    await host.do(placement_id, "reflection", teacher, {"text": "It was worth it."})
    await host.world.settle()
    assert [event.partnership_id for event in await host.told(PlacementCompleted)] == [partnership_id]
    assert (await programme.balances(partnership_id))[2] == 0


async def test_who_was_refused_may_still_cancel(funded: Funded) -> None:
    host = funded.host
    placement_id = (await unfunded(funded))["placement_id"]
    body = {"party": "school", "reason_code": "no-cover"}
    ended = await host.do(placement_id, "cancellation", host.approver(URNS[2]), body)
    assert (ended["status"], ended["reason_code"]) == ("cancelled-by-school", "no-cover")


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


class Moving(NamedTuple):
    """A placement of ada's that is signed, at a school that may spare one; and how to move it."""

    funded: Funded
    placement_id: str

    async def to(self, weeks: int, *, status: int | None = None) -> Any:
        host = self.funded.host
        days = [(host.monday(weeks) + timedelta(days=day)).isoformat() for day in range(5)]
        body = {"dates": days, "reason": "inspection"}
        return await host.do(self.placement_id, "amendments", host.approver(), body, status=status)

    async def away(self) -> dict[str, list[str]]:
        programme = self.funded.programme
        cover = await programme.get(f"/api/schools/{URNS[0]}/cover", programme.school(URNS[0]))
        return {day["day"]: day["person_ids"] for day in cover["days"]}


@pytest.fixture
async def moving(funded: Funded) -> Moving:
    host = funded.host
    client = host.world.client("partnerships")
    guarded = await client.put(
        f"/api/schools/{URNS[0]}/cover", headers=dict(funded.programme.school(URNS[0])), json={"most_out": 1}
    )
    assert guarded.status_code == 200, guarded.text
    await host.world.settle()
    weeks = host.cohort() | {"ends_on": (host.monday(10) + timedelta(days=4)).isoformat()}
    week = [(host.monday() + timedelta(days=day)).isoformat() for day in range(5)]
    offer_id = await host.published(cohorts=[weeks])
    placement_id = str((await host.accepted(offer_id, "ada", URNS[0], dates=week))["placement_id"])
    await host.sign(placement_id)
    return Moving(funded, placement_id)


async def test_other_days_are_signed_once_the_school_has_said_yes(moving: Moving) -> None:
    host = moving.funded.host
    assert (await moving.to(9))["cover"] == "asked"
    early = await host.do(
        moving.placement_id, "signatures", host.teacher(), {"party": "teacher", "version": 2}, status=409
    )
    assert early["type"] == "/problems/cover-not-answered"
    assert (await moving.to(10, status=409))["type"] == "/problems/cover-not-answered"
    await host.world.settle()
    assert (await host.placement(moving.placement_id))["cover"] == "granted"
    await host.sign(moving.placement_id, version=2)
    assert sorted(await moving.away()) == [(host.monday(9) + timedelta(days=day)).isoformat() for day in range(5)]
    freed = [(host.monday() + timedelta(days=day)).isoformat() for day in range(5)]
    await host.accepted(await host.published(cohorts=[host.cohort()]), "ada", URNS[0], dates=freed)


async def test_days_on_which_the_school_cannot_spare_the_teacher_do_not_come_about(moving: Moving) -> None:
    host = moving.funded.host
    await placed(moving.funded, "bo", URNS[0], weeks=9)
    before = await moving.away()
    await moving.to(9)
    await host.world.settle()
    placement = await host.placement(moving.placement_id)
    assert (placement["dates"][0], placement["cover"]) == (host.monday().isoformat(), "granted")
    assert (placement["status"], placement["agreement"]["version"]) == ("agreement-drafted", 3)
    assert await moving.away() == before
    assert (await host.sign(moving.placement_id, version=3))["status"] == "compliance-cleared"
    await moving.to(10)
    await host.world.settle()
    assert (await host.placement(moving.placement_id))["dates"][0] == host.monday(10).isoformat()


@pytest.mark.parametrize(
    ("reason", "belongs"),
    [("not-a-member", False), ("partnership-not-active", False), ("insufficient-funds", True)],
)
async def test_at_own_cost_it_is_not_of_a_partnership_that_it_does_nothing_for(
    funded: Funded, reason: RefusalReason, belongs: bool
) -> None:
    host, _, partnership_id = funded
    placement_id = (await unfunded(funded))["placement_id"]
    running = host.world.running["placements"]
    await running.work().change(
        Placement,
        placement_id,
        lambda known, *_: Decision(None, known.model_copy(update={"reason_code": reason})),
    )
    agreed = await host.do(placement_id, "own-cost", host.approver(URNS[2]))
    assert agreed["partnership_id"] == (partnership_id if belongs else None)
