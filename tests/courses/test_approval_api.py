"""A school's approval over HTTP: its rule, its inbox, its answers, and what others see of them."""

from __future__ import annotations

from typing import Any

import pytest

from services.courses import reactions
from shared.contracts.courses import ApprovalAsked, BookingConfirmed
from shared.contracts.partnerships import SchoolSucceeded
from shared.testing.world import Headers
from tests.courses.organiser import URNS, Organiser

URN = URNS[0]
RULE = f"/api/booking-approvals/{URN}"


def approver(organiser: Organiser, urn: str = URN) -> Headers:
    return organiser.world.caller(f"approver-{urn}", "school-approver", school_urn=urn)


def colleague(organiser: Organiser, subject: str = "deputy") -> Headers:
    return organiser.world.caller(subject, "teacher", school_urn=URN)


async def set_rule(organiser: Organiser, **changes: Any) -> Any:
    answer = await organiser.put(RULE, approver(organiser), {"required": True} | changes)
    assert answer.status_code == 200, answer.text
    return answer.json()


def path_of(booked: dict[str, Any], what: str = "approval") -> str:
    return f"/api/occurrences/{booked['occurrence_id']}/bookings/{booked['booking_id']}/{what}"


async def waiting(organiser: Organiser, caller: Headers | None = None, **parameters: Any) -> Any:
    return await organiser.get(f"{RULE}/waiting", caller or approver(organiser), **parameters)


async def test_before_a_school_has_set_a_rule_nothing_is_asked(organiser: Organiser) -> None:
    rule = await organiser.get(RULE, organiser.school())
    assert (rule["required"], rule["deadline_hours"], rule["deputy"], rule["version"]) == (False, 72, None, 0)
    assert (await organiser.book(await organiser.opened()))["status"] == "confirmed"
    answer = await organiser.world.client("courses").get(
        "/api/booking-approvals/nobody", headers=dict(organiser.officer())
    )
    assert answer.status_code == 404


async def test_a_rule_is_kept_and_changed_by_who_has_read_it(organiser: Organiser) -> None:
    deputy = {"account_id": "deputy", "last_day": organiser.world.clock.now().date().isoformat()}
    assert (await set_rule(organiser, deadline_hours=24, deputy=deputy))["version"] == 1
    rule = await organiser.get(RULE, organiser.school())
    assert (rule["required"], rule["deadline_hours"], rule["deputy"]) == (True, 24, deputy)
    client = organiser.world.client("courses")
    stale = {**approver(organiser), "If-Match": '"0"'}
    assert (await client.put(RULE, json={"required": False}, headers=stale)).status_code == 412
    current = {**approver(organiser), "If-Match": '"1"'}
    assert (await client.put(RULE, json={"required": False}, headers=current)).json()["required"] is False
    organiser.later(days=2)
    await set_rule(organiser)
    assert (await organiser.get(RULE, organiser.school()))["deputy"] is None


async def test_a_rule_that_is_not_set_yet_has_no_etag_to_be_sent_back(organiser: Organiser) -> None:
    client = organiser.world.client("courses")
    unset = await client.get(RULE, headers=dict(approver(organiser)))
    assert unset.status_code == 200
    assert "ETag" not in unset.headers
    kept = await client.put(RULE, headers=dict(approver(organiser)), json={"required": True})
    assert kept.headers["ETag"] == '"1"'


@pytest.mark.parametrize(
    ("body", "slug", "field"),
    [
        ({"required": True, "deadline_hours": 169}, "approval-deadline-too-long", "deadline_hours"),
        (
            {"required": True, "deputy": {"account_id": "d", "last_day": "2020-01-01"}},
            "approval-deputy-over",
            "deputy.last_day",
        ),
        (
            {"required": True, "deputy": {"account_id": "d", "last_day": "2090-01-01"}},
            "approval-deputy-too-long",
            "deputy.last_day",
        ),
    ],
)
async def test_a_rule_outside_the_policy_is_refused(
    organiser: Organiser, body: dict[str, Any], slug: str, field: str
) -> None:
    refused = await organiser.put(RULE, approver(organiser), body)
    assert (refused.status_code, refused.json()["type"]) == (422, f"/problems/{slug}")
    assert refused.json()["field"] == field
    assert (await organiser.get(RULE, organiser.school()))["version"] == 0


@pytest.mark.parametrize(
    "body", [{}, {"required": "yes"}, {"required": True, "deadline_hours": 0}, {"required": True, "deputy": "d"}]
)
async def test_a_misshapen_rule_is_refused(organiser: Organiser, body: object) -> None:
    refused = await organiser.put(RULE, approver(organiser), body)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/request-invalid")


async def test_neither_teachers_nor_other_schools_set_a_rule(organiser: Organiser) -> None:
    assert (await organiser.put(RULE, organiser.school(), {"required": True})).status_code == 403
    assert (await organiser.put(RULE, approver(organiser, URNS[1]), {"required": True})).status_code == 404
    client = organiser.world.client("courses")
    assert (await client.get(RULE, headers=dict(organiser.school(URNS[1])))).status_code == 404


async def test_a_booking_waits_for_the_school_and_goes_on_when_it_is_approved(organiser: Organiser) -> None:
    await set_rule(organiser)
    occurrence_id = await organiser.opened()
    booked = await organiser.book(occurrence_id)
    assert booked["status"] == "pending-approval"
    assert booked["approval_due_at"] == booked["expires_at"] is not None
    assert (await organiser.get(f"/api/occurrences/{occurrence_id}"))["places_left"] == 1
    approved = [
        await organiser.world.post("courses", path_of(booked), approver(organiser), key="yes", status=200)
        for _ in range(2)
    ]
    assert approved[0] == approved[1]
    assert (approved[0]["status"], approved[0]["approval_due_at"]) == ("confirmed", None)
    assert len(await organiser.told(ApprovalAsked)) == len(await organiser.told(BookingConfirmed)) == 1
    history = await organiser.get(path_of(booked, "history"), organiser.school())
    assert [moment["verb"] for moment in history["decisions"]] == ["book", "ask-for-approval", "approve", "confirm"]


async def test_a_refusal_has_a_coded_reason_and_the_booker_sees_it(organiser: Organiser) -> None:
    await set_rule(organiser)
    booked = await organiser.book(await organiser.opened())
    what = path_of(booked, "approval/refusal")
    problem = await organiser.post(what, approver(organiser), {"reason": "because"}, status=422)
    assert (problem["type"], problem["field"]) == ("/problems/refusal-reason-unknown", "reason")
    assert "no-budget" in problem["reasons"]
    await organiser.post(what, approver(organiser), {"reason": "no-budget"}, status=200)
    assert await organiser.status(booked) == "declined"
    history = await organiser.get(path_of(booked, "history"), organiser.school())
    assert history["decisions"][-1]["reason"] == "no-budget"


async def test_other_schools_are_told_nothing_and_teachers_do_not_answer(organiser: Organiser) -> None:
    await set_rule(organiser)
    booked = await organiser.book(await organiser.opened())
    for what, body in (("approval", None), ("approval/refusal", {"reason": "other"})):
        await organiser.post(path_of(booked, what), approver(organiser, URNS[1]), body, status=404)
        refused = await organiser.post(path_of(booked, what), organiser.school(), body, status=403)
        assert refused["type"] == "/problems/not-an-approver"
    assert await organiser.status(booked) == "pending-approval"


async def test_a_late_yes_is_refused_and_the_place_is_free(organiser: Organiser) -> None:
    await set_rule(organiser, deadline_hours=5)
    occurrence_id = await organiser.opened(capacity=1)
    booked = await organiser.book(occurrence_id)
    waits = await organiser.book(occurrence_id, URNS[1])
    organiser.later(hours=5)
    late = await organiser.post(path_of(booked), approver(organiser), status=409)
    assert (late["type"], late["state"]) == ("/problems/wrong-state", "expired")
    assert await waiting(organiser) == {"items": [], "next": None}
    await organiser.world.settle()
    assert (await organiser.status(booked), await organiser.status(waits)) == ("expired", "offered")


async def test_an_inbox_is_over_all_courses_oldest_due_first_and_paged(organiser: Organiser) -> None:
    await set_rule(organiser, deadline_hours=72)
    first = await organiser.book(await organiser.opened())
    await set_rule(organiser, deadline_hours=24)
    occurrence_id = await organiser.opened(capacity=3)
    urgent = await organiser.book(occurrence_id)
    await set_rule(organiser, deadline_hours=48)
    second = await organiser.book(occurrence_id)
    await organiser.book(occurrence_id, URNS[1])
    done = await organiser.book(await organiser.opened())
    await organiser.post(path_of(done), approver(organiser), status=200)
    page = await waiting(organiser, limit=2)
    rest = await waiting(organiser, limit=2, cursor=page["next"])
    found = [booking["booking_id"] for booking in (*page["items"], *rest["items"])]
    assert found == [booked["booking_id"] for booked in (urgent, second, first)]
    assert rest["next"] is None


async def test_a_deputy_has_the_inbox_and_answers(organiser: Organiser) -> None:
    client = organiser.world.client("courses")
    until = organiser.world.clock.now().date().isoformat()
    await set_rule(organiser, deputy={"account_id": "deputy", "last_day": until})
    booked = await organiser.book(await organiser.opened())
    assert (await client.get(f"{RULE}/waiting", headers=dict(organiser.school()))).status_code == 403
    stranger = organiser.world.caller("deputy", "teacher", school_urn=URNS[1])
    assert (await client.get(f"{RULE}/waiting", headers=dict(stranger))).status_code == 404
    await organiser.post(path_of(booked), stranger, status=404)
    (item,) = (await waiting(organiser, colleague(organiser)))["items"]
    assert item["booking_id"] == booked["booking_id"]
    await organiser.post(path_of(booked), colleague(organiser), status=200)
    assert await organiser.status(booked) == "confirmed"


async def test_a_deputy_does_not_answer_for_their_own_booking(organiser: Organiser) -> None:
    await set_rule(organiser)
    booked = await organiser.book(await organiser.opened())
    until = organiser.world.clock.now().date().isoformat()
    await set_rule(organiser, deputy={"account_id": f"teacher-{URN}", "last_day": until})
    refused = await organiser.post(path_of(booked), organiser.school(), status=403)
    assert refused["type"] == "/problems/approval-of-own-booking"


async def test_an_approver_who_books_is_not_asked(organiser: Organiser) -> None:
    await set_rule(organiser)
    body = {"delegates": [{"delegate_id": "ada"}], "funding": {"kind": "school"}}
    path = f"/api/occurrences/{await organiser.opened()}/bookings"
    assert (await organiser.post(path, approver(organiser), body))["status"] == "confirmed"


async def test_a_cancelled_course_takes_what_waits_for_approval_along(organiser: Organiser) -> None:
    await set_rule(organiser)
    occurrence_id = await organiser.opened()
    booked = await organiser.book(occurrence_id)
    await organiser.post(f"/api/occurrences/{occurrence_id}/cancellation", organiser.officer(), {"reason": "flooded"})
    await organiser.world.settle()
    assert await organiser.status(booked) == "cancelled"
    assert (await waiting(organiser))["items"] == []


async def succeed(organiser: Organiser, urn: str) -> None:
    """The school goes on under this URN."""
    await organiser.know(urn)
    work = organiser.world.running["courses"].work()
    await reactions.keep_school_successor(work, SchoolSucceeded(urn=URN, successor_urn=urn))


async def test_a_school_that_goes_on_under_another_urn_answers_what_waits_and_keeps_its_rule(
    organiser: Organiser,
) -> None:
    await set_rule(organiser, deadline_hours=24)
    booked = await organiser.book(await organiser.opened())
    await succeed(organiser, "900777")
    head = approver(organiser, "900777")
    rule = await organiser.get("/api/booking-approvals/900777", organiser.school("900777"))
    assert (rule["required"], rule["deadline_hours"]) == (True, 24)
    (item,) = (await organiser.get("/api/booking-approvals/900777/waiting", head))["items"]
    assert item["booking_id"] == booked["booking_id"]
    await organiser.post(path_of(booked), organiser.school("900777"), status=403)
    await organiser.post(path_of(booked), head, status=200)
    assert await organiser.status(booked) == "confirmed"
    assert (await organiser.book(await organiser.opened(), "900777"))["status"] == "pending-approval"


async def test_an_offer_made_under_the_old_urn_is_accepted_by_the_rule_of_the_new_one(organiser: Organiser) -> None:
    occurrence_id = await organiser.opened(capacity=1)
    taken = await organiser.book(occurrence_id, URNS[1])
    waits = await organiser.book(occurrence_id)
    await succeed(organiser, "900777")
    answer = await organiser.put("/api/booking-approvals/900777", approver(organiser, "900777"), {"required": True})
    assert answer.status_code == 200
    await organiser.cancel(taken)
    accepted = await organiser.post(path_of(waits, "acceptance"), organiser.school("900777"), status=200)
    assert accepted["status"] == "pending-approval"


async def test_a_rule_that_the_successor_has_set_itself_stays(organiser: Organiser) -> None:
    await set_rule(organiser)
    await organiser.know("900777")
    await organiser.put("/api/booking-approvals/900777", approver(organiser, "900777"), {"required": False})
    await succeed(organiser, "900777")
    rule = await organiser.get("/api/booking-approvals/900777", organiser.school("900777"))
    assert (rule["required"], rule["version"]) == (False, 1)
    refused = await organiser.put(RULE, approver(organiser), {"required": False})
    assert refused.json()["type"] == "/problems/booking-school-closed"
