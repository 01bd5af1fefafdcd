"""What other services say about schools and partnerships, and what follows for booking."""

from __future__ import annotations

from typing import Any

import pytest

from services.courses import reactions
from shared.contracts.courses import CoverAsked
from shared.contracts.cover import CoverGuardSet
from shared.contracts.partnerships import (
    PartnershipActivated,
    PartnershipEnded,
    PartnershipMembersChanged,
    SchoolChanged,
    SchoolRegistered,
    SchoolSucceeded,
)
from tests.courses.organiser import Organiser

NEW, OTHER = "900101", "900102"
PARTNERSHIP = "partnership-1"


def facts(urn: str, **changes: Any) -> dict[str, Any]:
    return {
        "urn": urn,
        "identifier_scheme": "urn",
        "name": "Bench School",
        "phase": "Secondary",
        "status": "open",
        "state_funded": True,
        "region": "London",
        "postcode": "ec1a  1aa",
        "latitude": 51.52,
        "longitude": -0.1,
    } | changes


async def test_a_school_may_book_once_the_register_has_told_of_it(organiser: Organiser) -> None:
    occurrence_id = await organiser.opened()
    problem = await organiser.book(occurrence_id, NEW, status=409)
    assert problem["type"] == "/problems/booking-school-not-known"
    work = organiser.world.running["courses"].work()
    await reactions.keep_registered_school(work, SchoolRegistered(**facts(NEW)))
    assert (await organiser.book(occurrence_id, NEW))["status"] == "confirmed"
    page = await organiser.get("/api/occurrences", postcode="EC1A 1AA")
    assert page["items"] == []


async def test_a_school_that_has_closed_books_no_more(organiser: Organiser) -> None:
    work = organiser.world.running["courses"].work()
    await reactions.keep_registered_school(work, SchoolRegistered(**facts(NEW)))
    await reactions.keep_changed_school(work, SchoolChanged(**facts(NEW, status="closed")))
    problem = await organiser.book(await organiser.opened(), NEW, status=409)
    assert problem["type"] == "/problems/booking-school-closed"


async def test_a_converted_school_books_under_its_new_identifier(organiser: Organiser) -> None:
    work = organiser.world.running["courses"].work()
    await reactions.keep_registered_school(work, SchoolRegistered(**facts(NEW)))
    await reactions.keep_school_successor(work, SchoolSucceeded(urn=NEW, successor_urn=OTHER))
    await reactions.keep_changed_school(work, SchoolChanged(**facts(NEW, name="Renamed")))
    problem = await organiser.book(await organiser.opened(), NEW, status=409)
    assert problem["successor_urn"] == OTHER


async def test_membership_follows_what_partnerships_says(organiser: Organiser) -> None:
    work = organiser.world.running["courses"].work()
    occurrence_id = await organiser.opened(capacity=10)
    for urn in (NEW, OTHER):
        await reactions.keep_registered_school(work, SchoolRegistered(**facts(urn)))

    async def answer(urn: str) -> str:
        body = {"delegates": [{"delegate_id": "ada"}], "funding": {"kind": "bursary", "partnership_id": PARTNERSHIP}}
        caller = {**organiser.school(urn), "Idempotency-Key": f"{urn}-{len(asked)}"}
        asked.append(urn)
        path = f"/api/occurrences/{occurrence_id}/bookings"
        response = await organiser.world.client("courses").post(path, json=body, headers=caller)
        booked = response.json()
        if response.status_code == 201:
            await organiser.cancel(booked)
        return str(booked.get("status") if response.status_code == 201 else booked["type"])

    asked: list[str] = []
    members = {"partnership_id": PARTNERSHIP, "lead_urn": NEW}
    await reactions.keep_active_partnership(work, PartnershipActivated(**members, school_urns=(NEW,)))
    assert [await answer(NEW), await answer(OTHER)] == ["pending-funding", "/problems/bursary-not-for-this-school"]
    await reactions.keep_partnership_members(work, PartnershipMembersChanged(**members, school_urns=(NEW, OTHER)))
    assert await answer(OTHER) == "pending-funding"
    ended = PartnershipEnded(partnership_id=PARTNERSHIP, status="suspended", reason="a question of the funder")
    await reactions.keep_ended_partnership(work, ended)
    assert await answer(NEW) == "/problems/bursary-partnership-not-active"
    await reactions.keep_active_partnership(work, PartnershipActivated(**members, school_urns=(NEW,)))
    assert await answer(NEW) == "pending-funding"


GUARDED = (reactions.keep_cover_guard, CoverGuardSet(school_urn=OTHER, guarded=True))
SUCCEEDED = (reactions.keep_school_successor, SchoolSucceeded(urn=NEW, successor_urn=OTHER))


@pytest.mark.parametrize("news", [(GUARDED, SUCCEEDED), (SUCCEEDED, GUARDED)], ids=["guard first", "successor first"])
async def test_a_guard_reaches_what_was_booked_under_an_earlier_urn_in_whatever_order_it_is_heard_of(
    organiser: Organiser, news: Any
) -> None:
    work = organiser.world.running["courses"].work()
    for urn in (NEW, OTHER):
        await reactions.keep_registered_school(work, SchoolRegistered(**facts(urn)))
    occurrence_id = await organiser.opened(capacity=1)
    booked = await organiser.book(occurrence_id, NEW)
    waiting = await organiser.book(occurrence_id, NEW)
    for react, event in news:
        await react(work, event)
    told = await organiser.told(CoverAsked)
    assert [(event.booking_id, event.already_booked) for event in told] == [(booked["booking_id"], True)]
    await organiser.cancel(booked)
    path = f"/api/occurrences/{occurrence_id}/bookings/{waiting['booking_id']}/acceptance"
    assert (await organiser.post(path, organiser.school(OTHER)))["status"] == "pending-cover"


async def test_who_still_acts_under_the_earlier_urn_is_asked_by_the_guard_of_the_present_one(
    organiser: Organiser,
) -> None:
    work = organiser.world.running["courses"].work()
    for urn in (NEW, OTHER):
        await reactions.keep_registered_school(work, SchoolRegistered(**facts(urn)))
    booked = await organiser.book(await organiser.opened(), NEW, "ada")
    await reactions.keep_school_successor(work, SUCCEEDED[1])
    await reactions.keep_cover_guard(work, GUARDED[1])
    answer = await organiser.ask(booked, "delegates/ada/substitution", {"colleague": {"delegate_id": "bo"}})
    assert answer["substitution"] == {"delegate_id": "ada", "colleague_id": "bo"}
