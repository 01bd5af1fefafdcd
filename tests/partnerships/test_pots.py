"""Sponsors' money: paid in, restricted, given to partnerships, never more than there is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.partnerships.domain import pot as pots
from services.partnerships.domain.pot import (
    AllocationKind,
    Beneficiary,
    Pot,
    PotExhausted,
    Restrictions,
    SchoolFacts,
)
from shared.contracts.claims import ClaimPurpose
from shared.contracts.partnerships import AllocationMade, PotOpened, PotPaidInto
from shared.ids import new_id
from tests.partnerships.programme import URNS, Programme, facts

NOW = datetime(2026, 9, 7, tzinfo=UTC)
TO = Beneficiary("partnership-1", True, (SchoolFacts("900001", "North East", "Secondary"),))


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 500)), max_size=40))
def test_a_pot_never_gives_more_than_was_paid_in(movements: list[tuple[bool, int]]) -> None:
    pot = Pot(id="pot-1", sponsor_id="sponsor-1", name="Pot", restrictions=Restrictions(), opened_at=NOW)
    short_by: list[tuple[object, int]] = []
    for paying, amount in movements:
        try:
            decision = (
                pots.pay_in(pot, "payment", amount, None, NOW)
                if paying
                else pots.allocate(pot, "allocation", amount, "bursaries", TO, NOW)
            )
        except PotExhausted as refused:
            short_by.append((refused.facts["short_by_pence"], amount - pot.available))
            continue
        assert isinstance(decision.root, Pot)
        pot = decision.root
        assert 0 <= pot.allocated <= pot.paid_in
    assert all(told == missing > 0 for told, missing in short_by)


@pytest.mark.parametrize(
    ("restrictions", "reason"),
    [
        (Restrictions(), None),
        (Restrictions(regions=("north east",)), None),
        (Restrictions(regions=("London",)), "schools outside London: 900001"),
        (Restrictions(phases=("Secondary",)), None),
        (Restrictions(phases=("Primary",)), "schools of another phase than Primary: 900001"),
        (Restrictions(partnership_ids=("partnership-1",)), None),
        (Restrictions(partnership_ids=("partnership-2",)), "it is for other partnerships"),
        (Restrictions(kinds=("bursaries",)), None),
        (Restrictions(kinds=("start-up",)), "it is for start-up only"),
        (Restrictions(purposes=("placement",)), None),
        (Restrictions(purposes=("instalment",)), "it pays for instalment only"),
    ],
)
def test_a_restriction_says_why_it_forbids(restrictions: Restrictions, reason: str | None) -> None:
    assert pots.restrictions_broken(restrictions, "bursaries", TO) == ([] if reason is None else [reason])


@pytest.mark.parametrize(
    ("kind", "of_pot", "purposes"),
    [
        ("bursaries", (), ("booking", "placement")),
        ("bursaries", ("placement", "instalment"), ("placement",)),
        ("start-up", (), ("instalment",)),
        ("instalment", ("instalment",), ("instalment",)),
        ("other", (), None),
        ("other", ("instalment", "placement", "booking"), None),
        ("other", ("placement",), ("placement",)),
    ],
)
def test_what_an_allocation_is_called_is_what_it_may_pay_for(
    kind: AllocationKind, of_pot: tuple[ClaimPurpose, ...], purposes: tuple[ClaimPurpose, ...] | None
) -> None:
    pot = Pot(
        id="pot-1", sponsor_id="sponsor-1", name="Pot", restrictions=Restrictions(purposes=of_pot), opened_at=NOW
    ).model_copy(update={"paid_in": 10})
    (told,) = pots.allocate(pot, "allocation", 10, kind, TO, NOW).events
    assert isinstance(told, AllocationMade)
    assert told.purposes == purposes


def test_a_school_whose_region_is_unknown_is_in_none() -> None:
    to = Beneficiary("partnership-1", True, (SchoolFacts("900001", None, "Secondary"),))
    assert pots.restrictions_broken(Restrictions(regions=("London",)), "other", to) == [
        "schools outside London: 900001"
    ]


async def funded(programme: Programme) -> str:
    await programme.register(*(facts(urn) for urn in URNS))
    return await programme.activate()


def giving(partnership_id: str, amount: int, kind: str = "bursaries") -> dict[str, Any]:
    return {"partnership_id": partnership_id, "amount_pence": amount, "kind": kind}


async def test_money_goes_from_sponsor_to_pot_to_account(programme: Programme) -> None:
    partnership_id = await funded(programme)
    pot_id = await programme.pot(50_000, regions=["North East"])
    made = await programme.post(f"/api/pots/{pot_id}/allocations", programme.finance(), giving(partnership_id, 30_000))
    await programme.world.settle()
    pot = await programme.get(f"/api/pots/{pot_id}", programme.finance())
    assert (pot["paid_in_pence"], pot["allocated_pence"], pot["available_pence"]) == (50_000, 30_000, 20_000)
    assert await programme.balances(partnership_id) == (30_000, 0, 0, 30_000)
    listed = await programme.get(f"/api/pots/{pot_id}/allocations", programme.finance())
    assert listed["items"] == [made]
    payments = await programme.get(f"/api/pots/{pot_id}/payments", programme.finance())
    assert [payment["amount_pence"] for payment in payments["items"]] == [50_000]
    for kind in (PotOpened, PotPaidInto, AllocationMade):
        assert len(await programme.told(kind)) == 1


async def test_a_pot_that_is_exhausted_says_what_is_missing(programme: Programme) -> None:
    partnership_id = await funded(programme)
    pot_id = await programme.pot(50_000)
    refused = await programme.post(
        f"/api/pots/{pot_id}/allocations", programme.finance(), giving(partnership_id, 50_001), status=409
    )
    assert (refused["type"], refused["available_pence"], refused["short_by_pence"]) == (
        "/problems/pot-exhausted",
        50_000,
        1,
    )


async def test_a_restricted_pot_says_why(programme: Programme) -> None:
    partnership_id = await funded(programme)
    pot_id = await programme.pot(50_000, regions=["London"], kinds=["start-up"])
    refused = await programme.post(
        f"/api/pots/{pot_id}/allocations", programme.finance(), giving(partnership_id, 100), status=409
    )
    assert refused["type"] == "/problems/pot-restricted"
    assert len(refused["reasons"]) == 2


async def test_a_draft_gets_no_money(programme: Programme) -> None:
    await programme.register(*(facts(urn) for urn in URNS))
    partnership_id = await programme.draft()
    pot_id = await programme.pot(50_000)
    refused = await programme.post(
        f"/api/pots/{pot_id}/allocations", programme.finance(), giving(partnership_id, 100), status=409
    )
    assert refused["type"] == "/problems/partnership-not-fundable"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"amount_pence": 0}, 422),
        ({"amount_pence": -5}, 422),
        ({"amount_pence": "5"}, 422),
        ({"amount_pence": 5.5}, 422),
        ({"amount_pence": True}, 422),
        ({"amount_pence": 10**30}, 400),
        ({"amount_pence": 5, "note": "x"}, 422),
    ],
)
async def test_an_amount_is_a_positive_number_of_pence(programme: Programme, body: dict[str, Any], status: int) -> None:
    pot_id = await programme.pot(1)
    await programme.post(f"/api/pots/{pot_id}/payments", programme.finance(), body, status=status)


async def test_unknown_sponsors_partnerships_and_pots_are_told(programme: Programme) -> None:
    pot = {"sponsor_id": new_id(), "name": "Pot"}
    assert (await programme.post("/api/pots", programme.finance(), pot, status=422))["field"] == "sponsor_id"
    pot_id = await programme.pot(100)
    refused = await programme.post(
        f"/api/pots/{pot_id}/allocations", programme.finance(), giving(new_id(), 1), status=422
    )
    assert refused["field"] == "partnership_id"
    await programme.post(f"/api/pots/{new_id()}/payments", programme.finance(), {"amount_pence": 1}, status=404)


async def test_money_is_for_finance_officers(programme: Programme) -> None:
    pot_id = await programme.pot(100)
    for caller in (programme.officer(), programme.school(URNS[0])):
        await programme.post("/api/sponsors", caller, {"name": "Mine"}, status=403)
        await programme.post(f"/api/pots/{pot_id}/payments", caller, {"amount_pence": 1}, status=403)
    client = programme.world.client("partnerships")
    for path in ("/api/pots", f"/api/pots/{pot_id}", "/api/sponsors"):
        assert (await client.get(path, headers=dict(programme.school(URNS[0])))).status_code == 403
        assert (await client.get(path, headers=dict(programme.officer()))).status_code == 200


async def test_a_payment_repeated_under_its_key_counts_once(programme: Programme) -> None:
    pot_id = await programme.pot(100)
    path = f"/api/pots/{pot_id}/payments"
    for _ in range(3):
        await programme.world.post("partnerships", path, programme.finance(), {"amount_pence": 50}, key="once")
    other = {"amount_pence": 51}
    await programme.world.post("partnerships", path, programme.finance(), other, key="once", status=422)
    pot = await programme.get(f"/api/pots/{pot_id}", programme.finance())
    assert pot["paid_in_pence"] == 150


async def test_sponsors_and_pots_are_listed_oldest_first(programme: Programme) -> None:
    one, other = await programme.pot(100), await programme.pot(100)
    listed = await programme.get("/api/pots", programme.finance())
    assert [pot["id"] for pot in listed["items"]] == [one, other]
    sponsors = (await programme.get("/api/sponsors", programme.finance()))["items"]
    narrowed = await programme.get("/api/pots", programme.finance(), sponsor_id=sponsors[1]["id"])
    assert [pot["id"] for pot in narrowed["items"]] == [other]
    alone = await programme.get(f"/api/sponsors/{sponsors[0]['id']}", programme.finance())
    assert alone == sponsors[0]
