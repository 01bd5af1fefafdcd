"""The Celebration Day: schools of active partnerships and of alumni are invited, and no others."""

from __future__ import annotations

from typing import Any

from tests.courses.conftest import Funded
from tests.courses.organiser import URNS, Organiser
from tests.partnerships.programme import facts

STRANGER = "900007"
DAY = {"title": "Celebration Day", "price_pence": 0, "audience": "invited-partnerships", "capacity": 70}


async def announced(organiser: Organiser) -> str:
    """This year's day, open for booking."""
    course_id = (await organiser.course(title="Celebration Day", subjects=["STEM"]))["course_id"]
    return await organiser.opened(course_id=course_id, **DAY)


async def invited(organiser: Organiser, occurrence_id: str) -> list[dict[str, Any]]:
    answer = await organiser.get(f"/api/occurrences/{occurrence_id}/invitations")
    return [*answer["items"]]


async def test_schools_of_an_active_partnership_book_like_any_course(funded: Funded) -> None:
    organiser = funded.organiser
    occurrence_id = await announced(organiser)
    booked = await organiser.book(occurrence_id, URNS[0], "ada", "bo")
    assert booked["status"] == "confirmed"
    (invitation,) = await invited(organiser, occurrence_id)
    assert (invitation["partnership_id"], invitation["places_booked"]) == (funded.partnership_id, 2)
    assert not invitation["alumni"]


async def test_a_school_that_no_partnership_brings_is_refused(funded: Funded) -> None:
    organiser, programme, _ = funded
    await programme.register(facts(STRANGER))
    await organiser.world.settle()
    occurrence_id = await announced(organiser)
    refused = await organiser.book(occurrence_id, STRANGER, status=403)
    assert refused["type"] == "/problems/school-not-invited"
    everybody = await organiser.opened()
    assert (await organiser.book(everybody, STRANGER))["status"] == "confirmed"
    assert await invited(organiser, everybody) == []


async def test_a_partnership_that_has_ended_is_invited_again_once_it_joins_the_alumni(funded: Funded) -> None:
    organiser, programme, partnership_id = funded
    path, officer = f"/api/partnerships/{partnership_id}", programme.officer()
    await programme.post(f"{path}/mid-point-review", officer)
    await programme.post(f"{path}/continuation", officer, {"findings": "It goes well."})
    await programme.post(f"{path}/final-review", officer)
    await programme.post(f"{path}/completion", officer, {"findings": "It was worth it."})
    await organiser.world.settle()
    occurrence_id = await announced(organiser)
    await organiser.book(occurrence_id, status=403)
    assert await invited(organiser, occurrence_id) == []
    await programme.post(f"{path}/alumni", programme.officer())
    await organiser.world.settle()
    assert (await organiser.book(occurrence_id))["status"] == "confirmed"
    assert [one["alumni"] for one in await invited(organiser, occurrence_id)] == [True]
