"""Bookings over HTTP: the headers, who may do what, and answers that can be polled and repeated."""

from __future__ import annotations

from typing import Any

import pytest

from services.courses.use_cases.facts import keep_activity
from shared.contracts.courses import BookingCancelled, BookingConfirmed
from shared.messaging.outbox import OutboxRow
from tests.courses.organiser import URNS, Organiser

SCHOOL = {"kind": "school"}


def one(**changes: Any) -> dict[str, Any]:
    return {"delegates": [{"delegate_id": "ada"}], "funding": SCHOOL} | changes


async def test_the_same_request_again_books_once_and_gets_the_same_answer(organiser: Organiser) -> None:
    path = f"/api/occurrences/{await organiser.opened()}/bookings"
    answers = [
        await organiser.world.post("courses", path, organiser.school(), one(), key="once", status=201) for _ in range(3)
    ]
    assert answers[0] == answers[1] == answers[2]
    assert len(await organiser.told(BookingConfirmed)) == 1


async def test_the_same_key_with_another_request_is_refused(organiser: Organiser) -> None:
    path = f"/api/occurrences/{await organiser.opened()}/bookings"
    await organiser.world.post("courses", path, organiser.school(), one(), key="once")
    refused = await organiser.world.post(
        "courses", path, organiser.school(), one(if_full="refuse"), key="once", status=422
    )
    assert refused["type"] == "/problems/idempotency-key-reused"


async def test_a_booking_says_where_it_is_and_can_be_polled(organiser: Organiser) -> None:
    client = organiser.world.client("courses")
    path = f"/api/occurrences/{await organiser.opened()}/bookings"
    headers = {**organiser.school(), "Idempotency-Key": "poll"}
    booked = await client.post(path, json=one(funding={"kind": "bursary", "partnership_id": "p"}), headers=headers)
    where = booked.headers["Location"]
    read = await client.get(where, headers=dict(organiser.school()))
    assert read.headers["ETag"] == booked.headers["ETag"]
    polling = {**organiser.school(), "If-None-Match": read.headers["ETag"]}
    unchanged = await client.get(where, headers=polling)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    organiser.later(minutes=14, seconds=59)
    polling = {**organiser.school(), "If-None-Match": read.headers["ETag"]}
    assert (await client.get(where, headers=polling)).status_code == 304
    organiser.later(seconds=1)
    expired = await client.get(where, headers={**organiser.school(), "If-None-Match": read.headers["ETag"]})
    assert (expired.status_code, expired.json()["status"]) == (200, "expired")
    await organiser.world.settle()
    tidied = await client.get(where, headers=dict(organiser.school()))
    assert (tidied.json(), tidied.headers["ETag"]) == (expired.json(), expired.headers["ETag"])


async def test_a_change_on_a_booking_that_has_changed_is_refused(organiser: Organiser) -> None:
    booked = await organiser.book(await organiser.opened(), URNS[0], "ada", "bo")
    path = f"/api/occurrences/{booked['occurrence_id']}/bookings/{booked['booking_id']}"
    stale = f'"{booked["revision"]}"'
    await organiser.post(f"{path}/delegates/bo/cancellation", organiser.school(), {"reason": "ill"})
    client = organiser.world.client("courses")
    headers = {**organiser.school(), "Idempotency-Key": "late", "If-Match": stale}
    answer = await client.post(f"{path}/cancellation", json={"reason": "ill"}, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (412, "/problems/version-mismatch")
    current = {**headers, "Idempotency-Key": "now", "If-Match": f'"{booked["revision"] + 1}"'}
    assert (await client.post(f"{path}/cancellation", json={"reason": "ill"}, headers=current)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        one(delegates=[]),
        one(delegates=[{"delegate_id": "ada"}, {"delegate_id": "ada"}]),
        one(delegates=[{"delegate_id": {"$ne": None}}]),
        one(delegates=[{"delegate_id": "a/b"}]),
        one(delegates=[{"delegate_id": "ada", "name": "A\u0000da"}]),
        one(delegates=[{"delegate_id": "ada", "email": "not an address"}]),
        one(delegates=[{"delegate_id": "ada", "role": "head"}]),
        one(funding={"kind": "bursary"}),
        one(funding={"kind": "lottery"}),
        one(funding={"kind": "school", "partnership_id": "a/b"}),
        one(if_full="barge"),
        one(group={"kind": "at-least", "places": 2}),
        one(group={"kind": "at-least", "places": True}),
        one(school_urn="900002"),
        [],
        "ada",
    ],
)
async def test_a_misshapen_booking_is_named_and_writes_nothing(organiser: Organiser, body: object) -> None:
    occurrence_id = await organiser.opened()
    problem = await organiser.post(f"/api/occurrences/{occurrence_id}/bookings", organiser.school(), body, status=422)
    assert problem["type"] == "/problems/request-invalid"
    assert all(error["rule"] and error["message"] for error in problem["errors"])
    assert (await organiser.get(f"/api/occurrences/{occurrence_id}"))["places_left"] == 2


async def test_only_staff_of_a_school_book(organiser: Organiser) -> None:
    path = f"/api/occurrences/{await organiser.opened()}/bookings"
    await organiser.post(path, organiser.officer(), one(), status=403)
    await organiser.post(path, organiser.world.caller("t", "teacher"), one(), status=403)
    await organiser.post(path, {}, one(), status=401)


async def test_schools_do_not_organise(organiser: Organiser) -> None:
    occurrence_id = await organiser.planned()
    for verb in ("scheduling", "opening", "closing"):
        await organiser.post(f"/api/occurrences/{occurrence_id}/{verb}", organiser.school(), status=403)
    answer = await organiser.put(f"/api/occurrences/{occurrence_id}/capacity", organiser.school(), {"capacity": 3})
    assert answer.status_code == 403


async def test_another_schools_booking_is_not_there(organiser: Organiser) -> None:
    booked = await organiser.book(await organiser.opened(), URNS[0])
    path = f"/api/occurrences/{booked['occurrence_id']}/bookings/{booked['booking_id']}"
    stranger = organiser.school(URNS[1])
    for what, body in (("cancellation", {"reason": "x"}), ("acceptance", None), ("refusal", None)):
        await organiser.post(f"{path}/{what}", stranger, body, status=404)
    client = organiser.world.client("courses")
    for what in ("", "/history", "/queue-position"):
        assert (await client.get(path + what, headers=dict(stranger))).status_code == 404


async def test_a_partnership_lead_sees_what_the_partnership_funds(organiser: Organiser) -> None:
    booked = await organiser.book(await organiser.opened(), URNS[1], partnership_id="p-1")
    path = f"/api/occurrences/{booked['occurrence_id']}/bookings/{booked['booking_id']}"
    lead = organiser.world.caller("lead", "partnership-lead", school_urn=URNS[0], partnership_id="p-1")
    assert (await organiser.get(path, lead))["booking_id"] == booked["booking_id"]
    listed = await organiser.get("/api/bookings", lead)
    assert [each["booking_id"] for each in listed["items"]] == [booked["booking_id"]]
    other = organiser.world.caller("other", "partnership-lead", school_urn=URNS[0], partnership_id="p-2")
    assert (await organiser.world.client("courses").get(path, headers=dict(other))).status_code == 404


async def test_a_partnership_lead_does_not_see_what_another_school_pays_itself(organiser: Organiser) -> None:
    await keep_activity(organiser.world.running["courses"].work(), "p-1", active=True, school_urns=(URNS[1],))
    counted = {"kind": "school", "partnership_id": "p-1"}
    booked = await organiser.book(await organiser.opened(), URNS[1], funding=counted)
    path = f"/api/occurrences/{booked['occurrence_id']}/bookings"
    lead = organiser.world.caller("lead", "partnership-lead", school_urn=URNS[0], partnership_id="p-1")
    client = organiser.world.client("courses")
    assert (await client.get(f"{path}/{booked['booking_id']}", headers=dict(lead))).status_code == 404
    assert (await organiser.get("/api/bookings", lead))["items"] == []
    assert (await organiser.get(path, lead))["items"] == []


async def test_who_waits_can_see_where_it_stands(organiser: Organiser) -> None:
    occurrence_id = await organiser.opened(capacity=1)
    confirmed, _, second = [await organiser.book(occurrence_id, urn) for urn in URNS[:3]]
    path = f"/api/occurrences/{occurrence_id}/bookings"
    place = await organiser.get(f"{path}/{second['booking_id']}/queue-position", organiser.school(URNS[2]))
    assert place == {"queue_number": 2, "position": 2, "places_ahead": 1, "waiting": 2}
    refused = await organiser.world.client("courses").get(
        f"{path}/{confirmed['booking_id']}/queue-position", headers=dict(organiser.school(URNS[0]))
    )
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-waiting")


async def test_a_full_occurrence_is_a_conflict_that_says_what_is_left(organiser: Organiser) -> None:
    occurrence_id = await organiser.opened(capacity=1)
    await organiser.book(occurrence_id)
    problem = await organiser.book(occurrence_id, URNS[1], if_full="refuse", status=409)
    assert (problem["type"], problem["places_left"]) == ("/problems/occurrence-full", 0)


async def test_a_delegate_is_booked_once_and_again_after_a_cancellation(organiser: Organiser) -> None:
    occurrence_id = await organiser.opened()
    booked = await organiser.book(occurrence_id, URNS[0], "ada")
    problem = await organiser.book(occurrence_id, URNS[0], "bo", "ada", status=409)
    assert (problem["type"], problem["delegate_id"]) == ("/problems/delegate-already-booked", "ada")
    await organiser.cancel(booked)
    assert (await organiser.book(occurrence_id, URNS[0], "ada"))["status"] == "confirmed"


async def test_a_colleague_can_come_instead(organiser: Organiser) -> None:
    booked = await organiser.book(await organiser.opened(), URNS[0], "ada")
    changed = await organiser.ask(
        booked, "delegates/ada/substitution", {"colleague": {"delegate_id": "bo", "name": "Bo Example"}}
    )
    assert [(line["delegate_id"], line["status"]) for line in changed["delegates"]] == [
        ("ada", "substituted"),
        ("bo", "booked"),
    ]


async def test_names_of_people_are_in_no_event(organiser: Organiser) -> None:
    occurrence_id = await organiser.opened()
    body = one(delegates=[{"delegate_id": "ada", "name": "Ada Canary", "email": "canary@school.example"}])
    booked = await organiser.post(f"/api/occurrences/{occurrence_id}/bookings", organiser.school(), body)
    await organiser.ask(booked, "cancellation", {"reason": "Ms Canary is ill"})
    rows = await organiser.world.databases["courses"].collection(OutboxRow).find({})
    assert rows
    assert not [row for row in rows if "canary" in row.body.casefold()]


async def test_calling_off_cancels_every_booking_shortly_whoever_was_killed_in_between(organiser: Organiser) -> None:
    occurrence_id = await organiser.opened(capacity=120)
    booked = [await organiser.book(occurrence_id, URNS[n % 6]) for n in range(130)]
    await organiser.post(f"/api/occurrences/{occurrence_id}/cancellation", organiser.officer(), {"reason": "snow"})
    await organiser.world.kill("courses")
    await organiser.world.start("courses")
    await organiser.world.settle()
    assert len(await organiser.told(BookingCancelled)) == 130
    assert {await organiser.status(booking) for booking in booked[::13]} == {"cancelled"}
    occurrence = await organiser.get(f"/api/occurrences/{occurrence_id}")
    assert (occurrence["status"], occurrence["reason"], occurrence["waiting"]) == ("cancelled", "snow", 0)


async def test_a_course_runs_is_delivered_and_completed_with_its_bookings(organiser: Organiser) -> None:
    occurrence_id = await organiser.opened(sessions=organiser.sessions(count=2))
    first, second = [await organiser.book(occurrence_id, URNS[n], name) for n, name in enumerate(("ada", "bo"))]
    organiser.later(days=60)
    await organiser.world.settle()
    assert (await organiser.get(f"/api/occurrences/{occurrence_id}"))["status"] == "running"
    await organiser.attend(first, 1, ada="full")
    organiser.later(days=7, hours=1)
    await organiser.attend(first, 2, ada="full")
    assert await organiser.status(first) == "confirmed"
    organiser.later(hours=6)
    await organiser.world.settle()
    assert await organiser.status(first) == "attended"
    assert (await organiser.get(f"/api/occurrences/{occurrence_id}"))["status"] == "delivered"
    for session in (1, 2):
        await organiser.attend(second, session, bo="absent")
    await organiser.world.settle()
    assert [await organiser.status(first), await organiser.status(second)] == ["completed", "completed"]
    settled = (await organiser.booking(second))["settlement"]
    assert settled == {"revision": 1, "outcome": "no-show", "charged_pence": 0}
    assert (await organiser.get(f"/api/occurrences/{occurrence_id}"))["status"] == "completed"


async def test_the_whole_history_of_a_booking_can_be_read(organiser: Organiser) -> None:
    occurrence_id = await organiser.opened(capacity=1)
    holder, waiting = await organiser.book(occurrence_id, URNS[0]), await organiser.book(occurrence_id, URNS[1])
    await organiser.cancel(holder)
    await organiser.ask(waiting, "acceptance")
    path = f"/api/occurrences/{occurrence_id}/bookings/{waiting['booking_id']}/history"
    history = await organiser.get(path, organiser.school(URNS[1]))
    assert [decision["verb"] for decision in history["decisions"]] == ["book", "offer", "accept", "confirm"]
    assert "number 1 was next" in history["decisions"][1]["reason"]


async def test_more_places_go_to_the_list_over_http_too(organiser: Organiser) -> None:
    occurrence_id = await organiser.opened(capacity=1)
    await organiser.book(occurrence_id)
    waiting = await organiser.book(occurrence_id, URNS[1])
    answer = await organiser.put(f"/api/occurrences/{occurrence_id}/capacity", organiser.officer(), {"capacity": 2})
    assert answer.status_code == 200
    assert await organiser.status(waiting) == "offered"


async def test_a_course_can_be_brought_forward(organiser: Organiser) -> None:
    occurrence_id = await organiser.opened()
    body = {"sessions": organiser.sessions(days=1), "zone": "Europe/London"}
    answer = await organiser.put(f"/api/occurrences/{occurrence_id}/dates", organiser.officer(), body)
    assert answer.json()["starts_at"] == "2026-09-08T08:30:00Z"


@pytest.mark.parametrize(
    ("changes", "slug"),
    [
        ({"zone": "Europe/Atlantis"}, "request-invalid"),
        ({"sessions": []}, "request-invalid"),
        ({"sessions": [{"starts_at": "2027-02-04T09:30:00", "ends_at": "2027-02-04T10:30:00Z"}]}, "request-invalid"),
        ({"sessions": [{"starts_at": "2027-02-04T09:30:00Z", "ends_at": "2027-02-04T09:30:00Z"}]}, "sessions-overlap"),
        ({"capacity": 0}, "request-invalid"),
        ({"price_pence": 1.5}, "request-invalid"),
        ({"venue": {"latitude": 91.0}}, "request-invalid"),
    ],
)
async def test_a_misshapen_plan_is_named(organiser: Organiser, changes: dict[str, Any], slug: str) -> None:
    course_id = (await organiser.course())["course_id"]
    body = {"course_id": course_id, "sessions": organiser.sessions(), "capacity": 2, "price_pence": 1} | changes
    problem = await organiser.post("/api/occurrences", organiser.officer(), body, status=422)
    assert problem["type"] == f"/problems/{slug}"


async def test_a_plan_for_a_course_that_is_not_there_is_refused(organiser: Organiser) -> None:
    body = {"course_id": "nowhere", "sessions": organiser.sessions(), "capacity": 2, "price_pence": 1}
    await organiser.post("/api/occurrences", organiser.officer(), body, status=404)


async def test_a_course_code_is_taken_once(organiser: Organiser) -> None:
    course = await organiser.course(code="PH210")
    body = {"code": "ph210", "title": "Other", "subjects": ["Physics"], "delivery": "blended"}
    problem = await organiser.post("/api/courses", organiser.officer(), body, status=409)
    assert problem["type"] == "/problems/course-code-taken"
    renamed = await organiser.put(f"/api/courses/{course['course_id']}", organiser.officer(), body | {"code": "PH211"})
    assert renamed.status_code == 200
    await organiser.post("/api/courses", organiser.officer(), body)
