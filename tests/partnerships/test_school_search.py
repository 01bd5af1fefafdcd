"""Finding schools as people look for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.partnerships.programme import Programme, facts, world

NEAR = (54.970, -1.610)
KM_NORTH = 1 / 111.2


@pytest.fixture(scope="module")
async def registered() -> AsyncIterator[Programme]:
    """Schools whose names, places and kinds differ; nobody changes them."""
    async with world() as running:
        programme = Programme(running)
        latitude, longitude = NEAR
        await programme.register(
            facts("900001", name="St Mary's Academy", postcode="NE1 4ST", latitude=latitude, longitude=longitude),
            facts(
                "900002",
                name="Saint Marys Primary",
                phase="Primary",
                postcode="NE1 9ZZ",
                latitude=latitude + KM_NORTH * 1,
                longitude=longitude,
            ),
            facts("900003", name="École Sainte-Marie", latitude=latitude + 5 * KM_NORTH, longitude=longitude),
            facts(
                "900004",
                name="St. Marys Far Away",
                postcode="CA1 1AA",
                region="North West",
                latitude=latitude,
                longitude=longitude - 1,
            ),
            facts("900005", name="Placeless School", latitude=None, longitude=None, postcode=None),
            facts("900006", name="Shut School", status="closed", type="Academy converter", latitude=latitude + 0.3),
        )
        yield programme


async def search(programme: Programme, **wanted: Any) -> list[str]:
    page = await programme.get("/api/schools", programme.school("900001"), **wanted)
    return [school["urn"] for school in page["items"]]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("st marys", ["900001", "900004"]),
        ("ST. MARY'S", ["900001", "900004"]),
        ("mary", ["900002", "900001", "900004"]),
        ("ecole", ["900003"]),
        ("École sainte", ["900003"]),
        ("acad mar", ["900001"]),
        ("ary", []),
        (".*", None),
        ("$where", []),
    ],
)
async def test_each_word_typed_begins_a_word_of_the_name(
    registered: Programme, typed: str, found: list[str] | None
) -> None:
    everything = await search(registered)
    assert await search(registered, name=typed) == (everything if found is None else found)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"phase": "primary"}, ["900002"]),
        ({"type": "academy converter"}, ["900006"]),
        ({"status": "closed"}, ["900006"]),
        ({"region": "north west"}, ["900004"]),
        ({"region": "North W.*"}, []),
        ({"phase": "Secondary", "name": "marys", "region": "North East"}, ["900001"]),
    ],
)
async def test_what_a_school_is_narrows_the_search(
    registered: Programme, wanted: dict[str, str], found: list[str]
) -> None:
    assert await search(registered, **wanted) == found


async def test_the_nearest_come_first_within_the_radius(registered: Programme) -> None:
    page = await registered.get("/api/schools", registered.officer(), postcode="ne14st", radius_km=10)
    assert [(school["urn"], round(school["distance_km"])) for school in page["items"]] == [
        ("900001", 0),
        ("900002", 1),
        ("900003", 5),
    ]


async def test_a_wider_radius_finds_what_is_further_away(registered: Programme) -> None:
    assert await search(registered, postcode="NE1 4ST", radius_km=70, region="North West") == ["900004"]


async def test_pages_by_distance_neither_skip_nor_repeat(registered: Programme) -> None:
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await registered.get(
            "/api/schools", registered.officer(), postcode="NE1 4ST", radius_km=100, limit=2, **cursor
        )
        seen += [school["urn"] for school in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == ["900001", "900002", "900003", "900006", "900004"]


async def test_pages_by_name_neither_skip_nor_repeat(registered: Programme) -> None:
    first = await registered.get("/api/schools", registered.officer(), limit=4)
    rest = await registered.get("/api/schools", registered.officer(), limit=4, cursor=first["next"])
    names = [school["name"] for school in (*first["items"], *rest["items"])]
    assert len(names) == 6
    assert names == sorted(names)


async def test_a_district_stands_for_its_schools(registered: Programme) -> None:
    assert (await search(registered, postcode="CA1", radius_km=5)) == ["900004"]


@pytest.mark.parametrize(
    ("postcode", "slug"),
    [("ZZ9 9ZZ", "postcode-unknown"), ("nonsense", "postcode-malformed"), ("", "postcode-malformed")],
)
async def test_a_postcode_that_cannot_be_placed_is_told(registered: Programme, postcode: str, slug: str) -> None:
    client = registered.world.client("partnerships")
    answer = await client.get("/api/schools", params={"postcode": postcode}, headers=dict(registered.officer()))
    assert (answer.status_code, answer.json()["type"], answer.json()["field"]) == (422, f"/problems/{slug}", "postcode")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("phase", "a\x00b"),
        ("name", "\x00"),
        ("region", "(?<"),
        ("type", "\\"),
        ("name", "\U0001f600"),
        ("radius_km", "nan"),
        ("radius_km", "-1"),
        ("radius_km", "1e400"),
        ("postcode", "NE1\n"),
        ("limit", "0"),
        ("status", "ajar"),
        ("$where", "1"),
    ],
)
async def test_no_search_however_odd_is_a_failure(registered: Programme, name: str, value: str) -> None:
    client = registered.world.client("partnerships")
    wanted = {"postcode": "NE1 4ST"} | {name: value}
    answer = await client.get("/api/schools", params=wanted, headers=dict(registered.officer()))
    assert answer.status_code in (200, 400, 422), answer.text


@pytest.mark.parametrize("cursor", ["x", "W10", "WzEsMl0", "WyJhIiwgeyIkZ3QiOiAiIn1d"])
async def test_a_cursor_that_was_made_up_is_refused(registered: Programme, cursor: str) -> None:
    client = registered.world.client("partnerships")
    answer = await client.get("/api/schools", params={"cursor": cursor}, headers=dict(registered.officer()))
    assert answer.status_code == 400


async def test_a_school_nobody_knows_is_missing(registered: Programme) -> None:
    client = registered.world.client("partnerships")
    for path in ("/api/schools/999999", "/api/schools/999999/eligibility"):
        assert (await client.get(path, headers=dict(registered.officer()))).status_code == 404


async def test_nobody_searches_without_a_token(registered: Programme) -> None:
    assert (await registered.world.client("partnerships").get("/api/schools")).status_code == 401
