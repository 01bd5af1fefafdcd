"""What other services say about schools and partnerships, and what follows for booking."""

from __future__ import annotations

from typing import Any

from services.courses import reactions
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
