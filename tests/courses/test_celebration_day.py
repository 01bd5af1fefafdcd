"""The Celebration Day: schools of active partnerships and of alumni are invited, and no others."""

from __future__ import annotations

from typing import Any

from tests.courses.conftest import Funded
from tests.courses.organiser import URNS, Organiser
from tests.partnerships.programme import facts

STRANGER = "900007"
DAY = {"title": "Celebration Day", "price_pence": 0, "audience": "invited-partnerships", "capacity": 70}
FINDINGS = {"findings": "It goes well."}


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


async def test_a_partnership_is_invited_during_its_reviews_too(funded: Funded) -> None:
    organiser, programme, partnership_id = funded
    path, officer = f"/api/partnerships/{partnership_id}", programme.officer()
    occurrence_id = await announced(organiser)
    for verb, body in (("mid-point-review", None), ("continuation", FINDINGS), ("final-review", None)):
        await programme.post(f"{path}/{verb}", officer, body)
        await organiser.world.settle()
        assert [one["partnership_id"] for one in await invited(organiser, occurrence_id)] == [partnership_id]


async def test_a_school_sees_the_invitation_that_brings_it_and_no_other(funded: Funded) -> None:
    organiser, programme, partnership_id = funded
    others = [f"90001{number}" for number in range(4)]
    await programme.register(*(facts(urn) for urn in (*others, STRANGER)))
    other_id = await programme.activate(others)
    await organiser.world.settle()
    occurrence_id = await announced(organiser)
    await organiser.book(occurrence_id, URNS[1])

    async def seen_by(urn: str) -> list[tuple[str, int]]:
        path = f"/api/occurrences/{occurrence_id}/invitations"
        answer = await organiser.get(path, organiser.school(urn))
        return [(one["partnership_id"], one["places_booked"]) for one in answer["items"]]

    assert await seen_by(URNS[0]) == [(partnership_id, 1)]
    assert await seen_by(others[0]) == [(other_id, 0)]
    assert await seen_by(STRANGER) == []
    assert len(await invited(organiser, occurrence_id)) == 2


async def test_what_schools_had_booked_before_they_were_converted_stays_counted(funded: Funded) -> None:
    organiser, programme, _ = funded
    occurrence_id = await announced(organiser)
    for urn in (URNS[0], URNS[1]):
        await organiser.book(occurrence_id, urn)
    await programme.convert(URNS[0], "900098")
    await programme.convert("900098", "900099")
    await organiser.book(occurrence_id, "900099")
    assert [one["places_booked"] for one in await invited(organiser, occurrence_id)] == [3]


async def test_a_draft_is_nobodys_invitation_yet(funded: Funded) -> None:
    organiser = funded.organiser
    occurrence_id = await organiser.planned(**DAY)
    path = f"/api/occurrences/{occurrence_id}/invitations"
    client = organiser.world.client("courses")
    assert (await client.get(path, headers=dict(organiser.school()))).status_code == 404
    assert len(await invited(organiser, occurrence_id)) == 1


async def test_a_school_of_an_alumni_and_an_active_partnership_counts_once(funded: Funded) -> None:
    organiser, programme, alumni_id = funded
    path, officer = f"/api/partnerships/{alumni_id}", programme.officer()
    for verb, body in (("mid-point-review", None), ("continuation", FINDINGS), ("final-review", None)):
        await programme.post(f"{path}/{verb}", officer, body)
    await programme.post(f"{path}/completion", officer, FINDINGS)
    await programme.post(f"{path}/alumni", officer)
    active_id = await programme.activate(URNS[:4])
    await organiser.world.settle()
    occurrence_id = await announced(organiser)
    await organiser.book(occurrence_id, URNS[0])
    await organiser.book(occurrence_id, URNS[5])
    places = {one["partnership_id"]: one["places_booked"] for one in await invited(organiser, occurrence_id)}
    assert places == {active_id: 1, alumni_id: 1}
    first = await organiser.get(f"/api/occurrences/{occurrence_id}/invitations", limit=1)
    assert [one["places_booked"] for one in first["items"]] == [1]


async def test_a_school_of_the_alumni_that_was_converted_is_invited_under_its_new_urn(funded: Funded) -> None:
    organiser, programme, partnership_id = funded
    path, officer = f"/api/partnerships/{partnership_id}", programme.officer()
    await programme.post(f"{path}/mid-point-review", officer)
    await programme.post(f"{path}/continuation", officer, {"findings": "It goes well."})
    await programme.post(f"{path}/final-review", officer)
    await programme.post(f"{path}/completion", officer, {"findings": "It was worth it."})
    await programme.post(f"{path}/alumni", officer)
    await programme.convert(URNS[0], "900099")
    occurrence_id = await announced(organiser)
    assert (await organiser.book(occurrence_id, "900099"))["status"] == "confirmed"
