"""Ambassadors and requests over HTTP: who sees what, what is refused, and what never leaves the store."""

from __future__ import annotations

from typing import Any

import pytest

from services.ambassadors.reactions import keep_registered_school
from shared.contracts.partnerships import SchoolRegistered
from shared.messaging.outbox import OutboxRow
from tests.ambassadors.coordinator import ACTIVITY, CHECK, EMPLOYER, PARTNERSHIP, PROFILE, URNS, Coordinator


async def test_the_same_registration_again_makes_one_ambassador(coordinator: Coordinator) -> None:
    answers = [
        await coordinator.world.post(
            "ambassadors", "/api/ambassadors", coordinator.volunteer("ada"), PROFILE, key="once"
        )
        for _ in range(3)
    ]
    assert answers[0] == answers[1] == answers[2]
    problem = await coordinator.post("/api/ambassadors", coordinator.volunteer("ada"), PROFILE, status=409)
    assert problem["type"] == "/problems/already-an-ambassador"


@pytest.mark.parametrize(
    "changes",
    [
        {"subjects": []},
        {"formats": ["speech"]},
        {"postcode": "nowhere"},
        {"radius_km": 0},
        {"radius_km": 201},
        {"radius_km": "30"},
        {"weekdays": []},
        {"visits": False, "remote": False},
        {"away": [{"first": "2026-12-14", "last": "2026-12-13"}]},
        {"email": "not an address"},
        {"name": {"$ne": None}},
        {"name": "A\u0000da"},
        {"status": "active"},
        {"certificate": "base64"},
    ],
)
async def test_a_misshapen_profile_is_named_and_writes_nothing(
    coordinator: Coordinator, changes: dict[str, Any]
) -> None:
    problem = await coordinator.post("/api/ambassadors", coordinator.volunteer("ada"), PROFILE | changes, status=422)
    assert problem["type"] == "/problems/request-invalid"
    assert (await coordinator.get("/api/ambassadors"))["items"] == []


@pytest.mark.parametrize(
    ("changes", "slug"),
    [
        ({"postcode": "ZZ9 9ZZ"}, "home-postcode-not-known"),
        ({"employer_id": "nobody"}, "employer-not-known"),
    ],
)
async def test_what_nobody_knows_is_refused(coordinator: Coordinator, changes: dict[str, Any], slug: str) -> None:
    answer = await coordinator.world.client("ambassadors").post(
        "/api/ambassadors",
        headers={**coordinator.volunteer("ada"), "Idempotency-Key": "one"},
        json=PROFILE | changes,
    )
    assert (answer.status_code // 100, answer.json()["type"]) == (4, f"/problems/{slug}")


async def test_an_ambassador_of_a_known_employer_is_counted_for_it(coordinator: Coordinator) -> None:
    ada = await coordinator.active("ada", employer_id=EMPLOYER)
    page = await coordinator.get("/api/ambassadors", employer_id=EMPLOYER)
    assert [one["ambassador_id"] for one in page["items"]] == [ada]
    visit_id = await coordinator.agreed()
    assert (await coordinator.visit(visit_id))["employer_id"] == EMPLOYER


async def test_nothing_personal_is_in_any_event(coordinator: Coordinator) -> None:
    await coordinator.active("canary", email="canary@works.example", postcode="ZF1 2AB")
    visit_id = await coordinator.delivered(name="canary")
    words = {"rating": 5, "words": "canary words"}
    await coordinator.on_visit(visit_id, "feedback", coordinator.school(), words)
    rows = await coordinator.world.databases["ambassadors"].collection(OutboxRow).find({})
    assert len(rows) > 5
    assert not [row for row in rows if any(secret in row.body for secret in ("canary", "ZF1", "department"))]


async def test_a_profile_is_changed_by_its_owner_alone_and_only_as_last_seen(coordinator: Coordinator) -> None:
    ada = await coordinator.active("ada")
    path = f"/api/ambassadors/{ada}"
    answer = await coordinator.put(path, coordinator.volunteer("bo"), PROFILE)
    assert answer.status_code == 404
    answer = await coordinator.put(path, {**coordinator.volunteer("ada"), "If-Match": '"1"'}, PROFILE)
    assert answer.status_code == 412
    changed = PROFILE | {"subjects": ["Chemistry"]}
    answer = await coordinator.put(path, coordinator.volunteer("ada"), changed)
    assert answer.json()["subjects"] == ["Chemistry"]
    assert await coordinator.invited(await coordinator.asked()) == []


async def test_an_ambassador_lists_themself_and_nobody_else(coordinator: Coordinator) -> None:
    ada = await coordinator.registered("ada")
    await coordinator.registered("bo")
    page = await coordinator.get("/api/ambassadors", coordinator.volunteer("ada"))
    assert [one["ambassador_id"] for one in page["items"]] == [ada]
    assert len((await coordinator.get("/api/ambassadors"))["items"]) == 2
    client = coordinator.world.client("ambassadors")
    assert (await client.get("/api/ambassadors", headers=dict(coordinator.school()))).status_code == 403


async def test_checks_to_renew_are_found_from_the_first_day_of_the_window(coordinator: Coordinator) -> None:
    ada = await coordinator.active("ada", {"checked_on": "2023-12-07"})
    monitored = await coordinator.active("bo", {"monitored": True})
    answer = await coordinator.ambassador(ada)
    assert (answer["credentials"][0]["valid_until"], answer["renew_from"]) == ("2026-12-06", "2026-09-07")
    page = await coordinator.get("/api/ambassadors", renewal_due="true")
    assert [one["ambassador_id"] for one in page["items"]] == [ada]
    assert (await coordinator.ambassador(monitored))["renew_from"] is None


async def test_only_an_officer_records_checks(coordinator: Coordinator) -> None:
    ada = await coordinator.registered("ada")
    path = f"/api/ambassadors/{ada}/credentials"
    await coordinator.post(path, coordinator.volunteer("ada"), CHECK, status=403)
    await coordinator.post(path, coordinator.school(), CHECK, status=403)
    wrong = CHECK | {"scheme": "pvg"}
    problem = await coordinator.post(path, coordinator.officer(), wrong, status=422)
    assert problem["type"] == "/problems/level-not-of-scheme"


@pytest.mark.parametrize(
    ("changes", "slug"),
    [
        ({"dates": []}, "request-invalid"),
        ({"pupils_expected": 0}, "request-invalid"),
        ({"year_groups": ["year nine"]}, "request-invalid"),
        ({"benchmark": 9}, "request-invalid"),
        ({"school_urn": "900002"}, "request-invalid"),
        ({"dates": [{"starts_at": "2027-03-04T10:00:00Z", "ends_at": "2027-03-04T09:00:00Z"}]}, "slots-overlap"),
        ({"dates": [{"starts_at": "2027-03-04T10:00:00Z", "ends_at": "2027-03-05T11:00:00Z"}]}, "slots-overlap"),
        ({"dates": [{"starts_at": "2026-09-08T08:00:00Z", "ends_at": "2026-09-08T09:00:00Z"}]}, "visit-too-soon"),
        ({"dates": [{"starts_at": "2020-09-08T08:00:00Z", "ends_at": "2020-09-08T09:00:00Z"}]}, "visit-too-soon"),
        ({"partnership_id": "partnership-2"}, "visit-partnership-not-active"),
    ],
)
async def test_a_request_that_cannot_be_met_is_named_and_writes_nothing(
    coordinator: Coordinator, changes: dict[str, Any], slug: str
) -> None:
    body = ACTIVITY | {"dates": coordinator.dates(60)} | changes
    headers = {**coordinator.school(), "Idempotency-Key": "one"}
    answer = await coordinator.world.client("ambassadors").post("/api/activities", json=body, headers=headers)
    assert (answer.status_code // 100, answer.json()["type"]) == (4, f"/problems/{slug}")
    assert (await coordinator.get("/api/activities"))["items"] == []


async def test_a_school_has_to_be_known_open_and_somewhere(coordinator: Coordinator) -> None:
    body = ACTIVITY | {"dates": coordinator.dates(60)}
    problem = await coordinator.post("/api/activities", coordinator.school("900099"), body, status=409)
    assert problem["type"] == "/problems/visit-school-not-known"
    work = coordinator.world.running["ambassadors"].work()
    facts: dict[str, Any] = {
        "urn": "900099",
        "identifier_scheme": "urn",
        "name": "Bench School",
        "phase": "Secondary",
        "status": "open",
        "state_funded": True,
        "region": "London",
        "postcode": None,
        "latitude": None,
        "longitude": None,
    }
    await keep_registered_school(work, SchoolRegistered(**facts))
    problem = await coordinator.post("/api/activities", coordinator.school("900099"), body, status=409)
    assert problem["type"] == "/problems/school-position-not-known"
    await coordinator.post("/api/activities", coordinator.school("900099"), body | {"remote": True}, status=201)
    await keep_registered_school(work, SchoolRegistered(**facts | {"status": "closed"}))
    problem = await coordinator.post("/api/activities", coordinator.school("900099"), body, status=409)
    assert problem["type"] == "/problems/visit-school-closed"


async def test_a_school_counts_for_its_own_partnership_only(coordinator: Coordinator) -> None:
    body = ACTIVITY | {"dates": coordinator.dates(60), "partnership_id": PARTNERSHIP}
    problem = await coordinator.post("/api/activities", coordinator.school("900051"), body, status=409)
    assert problem["type"] == "/problems/school-not-of-partnership"


async def test_schools_see_their_own_requests_and_visits(coordinator: Coordinator) -> None:
    await coordinator.active("ada")
    visit_id = await coordinator.agreed(URNS[0])
    await coordinator.asked(URNS[1])
    for path in ("/api/activities", "/api/visits"):
        page = await coordinator.get(path, coordinator.school(URNS[0]))
        assert [one["school_urn"] for one in page["items"]] == [URNS[0]]
    client = coordinator.world.client("ambassadors")
    other = dict(coordinator.school(URNS[1]))
    assert (await client.get(f"/api/visits/{visit_id}", headers=other)).status_code == 404
    await coordinator.on_visit(visit_id, "cancellation", coordinator.school(URNS[1]), {"reason": "Ours"}, status=404)
    lead = coordinator.world.caller("lead", "partnership-lead", partnership_id=PARTNERSHIP)
    assert (await coordinator.get("/api/visits", lead))["items"] == []
