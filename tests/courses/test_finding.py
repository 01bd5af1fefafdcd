"""Finding courses and occurrences: every filter that is given must hold, pages neither skip nor repeat."""

from __future__ import annotations

from typing import Any

import pytest

from tests.courses.organiser import URNS, Organiser

YORK = {"latitude": 53.9583, "longitude": -1.0803}
LEEDS = {"latitude": 53.8008, "longitude": -1.5491}


async def found(organiser: Organiser, **parameters: Any) -> list[str]:
    page = await organiser.get("/api/occurrences", **parameters)
    return [occurrence["occurrence_id"] for occurrence in page["items"]]


@pytest.mark.parametrize(
    ("parameters", "matches"),
    [
        ({"subject": "Physics"}, True),
        ({"subject": "Chemistry"}, False),
        ({"age_group": "11-14"}, True),
        ({"age_group": "5-7"}, False),
        ({"phase": "secondary"}, True),
        ({"phase": "primary"}, False),
        ({"delivery": "face-to-face"}, True),
        ({"delivery": "live-remote"}, False),
        ({"region": "North East"}, True),
        ({"region": "London"}, False),
        ({"from": "2026-11-06", "to": "2026-11-07"}, True),
        ({"from": "2026-11-07"}, False),
        ({"to": "2026-11-06"}, False),
        ({"q": "phys prac"}, True),
        ({"q": "river"}, True),
        ({"q": "physics chemistry"}, False),
        ({"q": "$where"}, False),
        ({"places": 2}, True),
        ({"places": 3}, False),
        ({"status": "open"}, True),
        ({"status": "full"}, False),
        ({"status": "cancelled"}, False),
    ],
)
async def test_a_filter_finds_what_it_says(organiser: Organiser, parameters: dict[str, Any], matches: bool) -> None:
    occurrence_id = await organiser.opened(region="North East", venue={"name": "Riverside Academy"})
    assert await found(organiser, **parameters) == ([occurrence_id] if matches else [])


async def test_an_occurrence_is_found_near_a_postcode(organiser: Organiser) -> None:
    await organiser.know("900010", postcode="YO1 7HH", outcode="YO1", **YORK)
    york, leeds = [await organiser.opened(venue=place) for place in (YORK, LEEDS)]
    await organiser.opened()
    assert await found(organiser, postcode="yo17hh", radius_km=10) == [york]
    assert await found(organiser, postcode="YO1 9ZZ", radius_km=50) == [york, leeds]
    page = await organiser.get("/api/occurrences", postcode="YO1 7HH", radius_km=50)
    assert [occurrence["distance_km"] for occurrence in page["items"]] == [0.0, pytest.approx(35.4, abs=0.5)]


async def test_a_postcode_that_nobody_knows_is_a_clear_problem(organiser: Organiser) -> None:
    answer = await organiser.world.client("courses").get("/api/occurrences", params={"postcode": "ZZ1 1ZZ"})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/postcode-not-known")


async def test_places_left_do_not_count_holds_that_have_run_out(organiser: Organiser) -> None:
    occurrence_id = await organiser.opened()
    await organiser.book(occurrence_id, partnership_id="somebody")
    assert (await organiser.get(f"/api/occurrences/{occurrence_id}"))["places_left"] == 1
    organiser.later(minutes=15)
    assert (await organiser.get(f"/api/occurrences/{occurrence_id}"))["places_left"] == 2


async def test_an_occurrence_without_places_is_called_full(organiser: Organiser) -> None:
    occurrence_id = await organiser.opened(capacity=1)
    await organiser.book(occurrence_id)
    assert (await organiser.get(f"/api/occurrences/{occurrence_id}"))["status"] == "full"
    assert await found(organiser, status="full") == [occurrence_id]
    assert await found(organiser, status="open") == []


async def test_pages_neither_skip_nor_repeat(organiser: Organiser) -> None:
    course_id = (await organiser.course())["course_id"]
    expected = [await organiser.opened(course_id=course_id) for _ in range(5)]
    seen: list[str] = []
    path, parameters = "/api/occurrences", {"limit": 2}
    while True:
        answer = await organiser.world.client("courses").get(path, params=parameters)
        page = answer.json()
        seen += [occurrence["occurrence_id"] for occurrence in page["items"]]
        if page["next"] is None:
            break
        assert page["next"] in answer.headers["Link"]
        parameters = {"limit": 2, "cursor": page["next"]}
    assert seen == expected


async def test_drafts_are_the_programmes_own_business(organiser: Organiser) -> None:
    draft = await organiser.planned()
    client = organiser.world.client("courses")
    assert (await client.get(f"/api/occurrences/{draft}")).status_code == 404
    assert (await client.get("/api/occurrences", params={"status": "draft"})).status_code == 403
    assert await found(organiser) == []
    assert await found(organiser, status="draft") == [draft]


async def test_courses_are_found_by_word_and_subject(organiser: Organiser) -> None:
    physics = await organiser.course(title="Practical physics")
    await organiser.course(title="Applied chemistry", subjects=["Chemistry"])
    page = await organiser.get("/api/courses", q="prac")
    assert [course["course_id"] for course in page["items"]] == [physics["course_id"]]
    assert len((await organiser.get("/api/courses"))["items"]) == 2
    assert [course["title"] for course in (await organiser.get("/api/courses", subject="Chemistry"))["items"]] == [
        "Applied chemistry"
    ]


async def test_a_school_lists_its_own_bookings_and_nobody_elses(organiser: Organiser) -> None:
    occurrence_id = await organiser.opened(capacity=5)
    mine = [await organiser.book(occurrence_id, URNS[0]) for _ in range(2)]
    other = await organiser.book(occurrence_id, URNS[1])
    page = await organiser.get("/api/bookings", organiser.school(URNS[0]))
    assert [booking["booking_id"] for booking in page["items"]] == [booking["booking_id"] for booking in mine[::-1]]
    path = f"/api/occurrences/{occurrence_id}/bookings"
    assert len((await organiser.get(path, organiser.school(URNS[1])))["items"]) == 1
    assert len((await organiser.get(path))["items"]) == 3
    client = organiser.world.client("courses")
    hidden = await client.get(f"{path}/{other['booking_id']}", headers=dict(organiser.school(URNS[0])))
    assert hidden.status_code == 404


async def test_bookings_are_found_by_how_they_truly_stand(organiser: Organiser) -> None:
    occurrence_id = await organiser.opened()
    await organiser.book(occurrence_id, partnership_id="somebody")
    organiser.later(minutes=15)
    school = organiser.school()
    assert (await organiser.get("/api/bookings", school, status="pending-funding"))["items"] == []
    assert [b["status"] for b in (await organiser.get("/api/bookings", school, status="expired"))["items"]] == [
        "expired"
    ]
