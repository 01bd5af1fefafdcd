"""A booking counts for a partnership's plan and reach whoever pays, and moves its money only where that pays."""

from __future__ import annotations

from typing import Any

import pytest

from services.partnerships.domain.reservation import Reservation
from shared.contracts.courses import AttendanceSettled, BookingConfirmed, PlaceHeld
from shared.contracts.partnerships import FundsCommitmentRefused
from tests.courses.conftest import Funded
from tests.courses.organiser import URNS
from tests.partnerships.planning import whole_plan

FOUR = ("ada", "bo", "cem", "dee")
UNTOUCHED = (50_000, 0, 0, 50_000)


async def planned(funded: Funded) -> str:
    """The path of the partnership, which has a plan now."""
    path = f"/api/partnerships/{funded.partnership_id}"
    await funded.programme.post(f"{path}/plan", funded.programme.school(URNS[0]), whole_plan())
    return path


async def physics(funded: Funded, path: str) -> dict[str, Any]:
    plan = await funded.programme.get(f"{path}/plan", funded.programme.officer())
    return next(each for objective in plan["objectives"] for each in objective["activities"] if each["id"] == "physics")


@pytest.mark.parametrize(("kind", "price"), [("school", 22_000), ("school", 0), ("bursary", 0)])
async def test_who_pays_does_not_matter_to_the_plan_and_to_what_was_reached(
    funded: Funded, kind: str, price: int
) -> None:
    organiser, programme, partnership_id = funded
    path = await planned(funded)
    occurrence_id = await organiser.opened(capacity=4, price_pence=price)
    funding = {"kind": kind, "partnership_id": partnership_id}
    booked = await organiser.book(occurrence_id, URNS[0], *FOUR, funding=funding)
    assert (booked["status"], booked["funding"]) == ("confirmed", funding)
    await organiser.world.settle()
    organiser.later(days=61)
    await organiser.attend(booked, ada="full", bo="full", cem="full", dee="full")
    await organiser.world.settle()
    assert (await physics(funded, path))["done"]
    reach = await programme.get(f"{path}/reach", programme.officer())
    assert (reach["teachers_trained"], reach["contributions"]) == (4, 1)
    assert [event.charged_pence for event in await organiser.told(AttendanceSettled)] == [0]
    kept = programme.world.databases["partnerships"].collection(Reservation)
    assert await kept.find({}) == []
    assert [event.partnership_id for event in await organiser.told(BookingConfirmed)] == [None]
    assert await organiser.told(PlaceHeld) == []
    assert await programme.balances(partnership_id) == UNTOUCHED
    assert (await programme.get(f"{path}/claims", programme.officer()))["items"] == []
    assert (await programme.get(f"{path}/account/reservations", programme.officer()))["items"] == []
    assert await programme.told(FundsCommitmentRefused) == []
    await organiser.attend(booked, ada="absent:signed in by mistake")
    await organiser.world.settle()
    assert (await physics(funded, path))["counted"] == 3
    assert await programme.balances(partnership_id) == UNTOUCHED


async def test_what_the_school_pays_counts_for_nobody_unless_it_says_so(funded: Funded) -> None:
    organiser, _, _ = funded
    path = await planned(funded)
    occurrence_id = await organiser.opened(capacity=4)
    booked = await organiser.book(occurrence_id, URNS[0], *FOUR)
    organiser.later(days=61)
    await organiser.attend(booked, ada="full", bo="full", cem="full", dee="full")
    await organiser.world.settle()
    assert (await physics(funded, path))["counted"] == 0


@pytest.mark.parametrize(("kind", "price"), [("school", 22_000), ("school", 0), ("bursary", 0)])
async def test_it_counts_for_an_active_partnership_of_the_school_only(funded: Funded, kind: str, price: int) -> None:
    organiser, programme, partnership_id = funded
    await organiser.know("900099")
    occurrence_id = await organiser.opened(price_pence=price)

    async def refused(urn: str, counts_for: str) -> str:
        funding = {"kind": kind, "partnership_id": counts_for}
        answer = await organiser.book(occurrence_id, urn, funding=funding, status=409)
        return str(answer["type"]).removeprefix("/problems/")

    assert await refused(URNS[0], "0198c5f4-0b1c-7e2d-a3f4-15263748596a") == "booking-counts-for-unknown"
    assert await refused("900099", partnership_id) == "bursary-not-for-this-school"
    stop = {"reason": "an inspection"}
    await programme.post(f"/api/partnerships/{partnership_id}/suspension", programme.officer(), stop)
    await organiser.world.settle()
    assert await refused(URNS[0], partnership_id) == "bursary-partnership-not-active"
