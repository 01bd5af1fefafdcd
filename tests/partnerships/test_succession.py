"""A school of a partnership goes on under another URN: its place, its claims and what it owns in the plan follow it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.partnerships.domain.funding_scheme import funding_scheme
from shared.contracts.partnerships import FundsReservationRefused, FundsReserved
from tests.partnerships.claiming import BOOKING, pay
from tests.partnerships.planning import whole_plan
from tests.partnerships.programme import TODAY, URNS, Programme, facts

NEW = "900077"


async def members_of(programme: Programme, path: str) -> dict[str, str]:
    return {each["urn"]: each["status"] for each in (await programme.get(path, programme.officer()))["members"]}


async def test_the_successor_submits_the_claims_of_its_predecessor_and_is_paid(
    attended: tuple[Programme, str],
) -> None:
    programme, path = attended
    await programme.convert(URNS[1], NEW, type="Academy converter")
    assert await members_of(programme, path) | {URNS[1]: "succeeded", NEW: "accepted"} == await members_of(
        programme, path
    )
    await programme.post(f"{path}/{BOOKING}/submission", programme.school(NEW))
    await programme.post(f"{path}/{BOOKING}/approval", programme.finance())
    await pay(programme)
    paid = await programme.get(f"{path}/{BOOKING}", programme.school(NEW))
    assert paid["status"] == "paid"
    assert paid["payee"] == {"kind": "school", "reference": NEW, "name": f"School {NEW}"}


async def test_the_successor_declares_what_its_predecessor_owned_and_the_plan_can_be_written_anew(
    programme: Programme,
) -> None:
    partnership_id = await programme.funded(100_000)
    path = f"/api/partnerships/{partnership_id}/plan"
    await programme.post(path, programme.school(URNS[0]), whole_plan())
    await programme.post(f"{path}/submission", programme.school(URNS[0]))
    await programme.post(f"{path}/approval", programme.officer())
    await programme.convert(URNS[1], NEW)
    await programme.post(f"{path}/activities/packs/declaration", programme.school(NEW), {"note": "used by all"})
    plan = await programme.get(path, programme.officer())
    owners = {activity["owner_urn"] for objective in plan["objectives"] for activity in objective["activities"]}
    assert owners == {NEW}
    history = (await programme.get(f"{path}/history", programme.officer()))["items"]
    assert "succeed" in {step["verb"] for step in history}
    await programme.post(f"{path}/reopening", programme.officer(), {"reason": "the school was converted"})
    again: dict[str, Any] = whole_plan()
    for objective in again["objectives"]:
        for activity in objective["activities"]:
            activity["owner_urn"] = NEW
    await programme.post(path, programme.school(URNS[0]), again)


async def test_an_invitation_is_answered_under_the_new_urn(programme: Programme) -> None:
    await programme.register(*(facts(urn) for urn in URNS))
    partnership_id = await programme.draft(URNS[:4])
    path = f"/api/partnerships/{partnership_id}"
    await programme.post(f"{path}/invitations", programme.school(URNS[0]), {"school_urn": URNS[4]})
    await programme.convert(URNS[4], NEW)
    await programme.post(f"{path}/members/{NEW}/acceptance", programme.school(NEW))
    assert (await members_of(programme, path))[NEW] == "accepted"


async def test_conversions_that_are_heard_of_in_the_wrong_order_lead_to_where_the_school_is_today(
    programme: Programme,
) -> None:
    partnership_id = await programme.funded(100_000)
    await programme.register(facts("900078"))
    await programme.convert("900078", NEW)
    await programme.convert(URNS[1], "900078")
    answer = await programme.get(f"/api/partnerships/{partnership_id}", programme.officer())
    assert NEW in answer["school_urns"]
    assert "900078" not in answer["school_urns"]


async def test_a_lead_that_has_handed_over_and_left_leads_no_more(programme: Programme) -> None:
    partnership_id = await programme.funded(100_000)
    path = f"/api/partnerships/{partnership_id}"
    lead = programme.world.caller("lead-1", "partnership-lead", school_urn=URNS[0], partnership_id=partnership_id)
    await programme.post(f"{path}/lead", lead, {"school_urn": URNS[1]})
    for _ in range(2):
        await programme.post(f"{path}/members/{URNS[2]}/removal", lead, status=403)
        await programme.post(f"{path}/reports/1/1", lead, {"summary": "all well"}, status=403)
        if URNS[0] in (await programme.get(path, programme.officer()))["school_urns"]:
            await programme.post(f"{path}/members/{URNS[0]}/departure", lead)


async def test_the_successor_has_the_rest_of_the_years_cap_of_its_predecessor(programme: Programme) -> None:
    scheme = funding_scheme(TODAY + timedelta(days=60))
    assert scheme is not None
    each = scheme.school_cap_pence // 5
    partnership_id = await programme.funded(10 * each)
    await programme.say(*(programme.place_held(partnership_id, f"booking-{number}", each) for number in range(4)))
    await programme.world.settle()
    await programme.convert(URNS[1], NEW)
    for number in range(2):
        await programme.say(programme.place_held(partnership_id, f"late-{number}", each, NEW))
        await programme.world.settle()
    assert [event.reason for event in await programme.told(FundsReservationRefused)] == ["school-cap-reached"]
    assert len(await programme.told(FundsReserved)) == 5


async def test_what_was_held_under_the_old_urn_is_still_funded(programme: Programme) -> None:
    partnership_id = await programme.funded(100_000)
    await programme.convert(URNS[1], NEW)
    await programme.say(programme.place_held(partnership_id, "booking-1", 10_000, URNS[1]))
    await programme.world.settle()
    assert await programme.told(FundsReservationRefused) == []
    assert (await programme.balances(partnership_id))[1] == 10_000


@pytest.mark.parametrize("wrong_order", [False, True])
async def test_a_school_has_one_cap_under_all_of_its_urns(programme: Programme, wrong_order: bool) -> None:
    scheme = funding_scheme(TODAY + timedelta(days=60))
    assert scheme is not None
    each, between = scheme.school_cap_pence // 5, "900078"
    partnership_id = await programme.funded(10 * each)

    async def held(name: str, urn: str, places: int = 1) -> list[str]:
        """Which places are refused, and why."""
        before = len(await programme.told(FundsReservationRefused))
        for number in range(places):
            await programme.say(programme.place_held(partnership_id, f"{name}-{number}", each, urn))
        await programme.world.settle()
        return [event.reason for event in (await programme.told(FundsReservationRefused))[before:]]

    assert await held("first", URNS[1]) == []
    await programme.register(facts(between))
    for urn, successor_urn in ((URNS[1], between), (between, NEW))[:: -1 if wrong_order else 1]:
        await programme.convert(urn, successor_urn)
    assert await held("second", between) == []
    assert await held("third", NEW, 3) == []
    for urn in (URNS[1], between, NEW):
        assert await held(f"beyond-{urn}", urn) == ["school-cap-reached"]
    await programme.say(programme.cancelled(partnership_id, "first-0"), programme.cancelled(partnership_id, "third-0"))
    await programme.world.settle()
    assert await held("again", URNS[1], 3) == ["school-cap-reached"]


async def test_what_a_school_used_before_it_was_known_to_be_another_counts_as_well(programme: Programme) -> None:
    scheme = funding_scheme(TODAY + timedelta(days=60))
    assert scheme is not None
    each = scheme.school_cap_pence // 5
    partnership_id = await programme.funded(10 * each)
    for number, urn in enumerate((URNS[1], URNS[1], URNS[2], URNS[2], URNS[2])):
        await programme.say(programme.place_held(partnership_id, f"booking-{number}", each, urn))
    await programme.world.settle()
    await programme.convert(URNS[1], URNS[2])
    for number, urn in enumerate((URNS[1], URNS[2])):
        await programme.say(programme.place_held(partnership_id, f"late-{number}", each, urn))
    await programme.world.settle()
    assert [event.reason for event in await programme.told(FundsReservationRefused)] == ["school-cap-reached"] * 2
    await programme.say(programme.cancelled(partnership_id, "booking-4"))
    await programme.world.settle()
    for number, urn in enumerate((URNS[1], URNS[2])):
        await programme.say(programme.place_held(partnership_id, f"again-{number}", each, urn))
        await programme.world.settle()
    assert len(await programme.told(FundsReserved)) == 6
