"""Forming partnerships over HTTP: who sees what, what is told, and one partnership a school."""

from __future__ import annotations

from typing import Any

import pytest

from shared.contracts.partnerships import (
    PartnershipActivated,
    PartnershipAgreementSigned,
    PartnershipApproved,
    PartnershipChangesRequested,
    PartnershipEnded,
    PartnershipJoinedAlumni,
    PartnershipMembersChanged,
    PartnershipMidPointReached,
    PartnershipSubmitted,
)
from shared.ids import new_id
from shared.messaging.outbox import OutboxRow
from tests.partnerships.programme import URNS, Programme, facts
from tests.partnerships.registers import extract, row

OTHERS = ("900011", "900012", "900013", "900014")


@pytest.fixture
async def schools(programme: Programme) -> Programme:
    await programme.register(*(facts(urn) for urn in (*URNS, *OTHERS, "900099")))
    return programme


async def status_of(programme: Programme, path: str, caller: Any) -> int:
    answer = await programme.world.client("partnerships").get(path, headers=dict(caller))
    return answer.status_code


async def test_six_schools_become_an_active_partnership(schools: Programme) -> None:
    partnership_id = await schools.activate()
    shown = await schools.get(f"/api/partnerships/{partnership_id}", schools.school(URNS[3]))
    assert (shown["status"], shown["lead_urn"], shown["school_urns"]) == ("active", URNS[0], list(URNS))
    for kind in (PartnershipSubmitted, PartnershipApproved, PartnershipActivated):
        (told,) = await schools.told(kind)
        assert (told.lead_urn, told.school_urns) == (URNS[0], URNS)


async def test_its_history_says_who_did_what(schools: Programme) -> None:
    partnership_id = await schools.activate()
    history = (await schools.get(f"/api/partnerships/{partnership_id}/history", schools.officer()))["items"]
    assert [step["number"] for step in history] == list(range(1, len(history) + 1))
    assert [(step["verb"], step["by"]) for step in history[-5:]] == [
        ("submit", f"approver-{URNS[0]}"),
        ("start-review", "officer-1"),
        ("approve", "officer-1"),
        ("sign-agreement", f"approver-{URNS[0]}"),
        ("activate", "officer-1"),
    ]


async def test_a_partnership_goes_through_both_years_and_joins_the_alumni(schools: Programme) -> None:
    partnership_id = await schools.activate()
    path, officer = f"/api/partnerships/{partnership_id}", schools.officer()
    early = await schools.post(f"{path}/final-review", officer, status=409)
    assert early["type"].endswith("review-out-of-turn")
    await schools.post(f"{path}/mid-point-review", officer)
    going_on = await schools.post(f"{path}/continuation", officer, {"findings": "Physics is ahead."})
    assert (going_on["status"], going_on["year"]) == ("active", 2)
    await schools.post(f"{path}/final-review", officer)
    await schools.post(f"{path}/completion", officer, {"findings": "It was worth it."})
    await schools.world.settle()
    assert not (await schools.get(f"{path}/account", officer))["active"]
    assert (await schools.post(f"{path}/alumni", officer))["status"] == "alumni"
    history = (await schools.get(f"{path}/history", officer))["items"]
    assert [step["reason"] for step in history if step["verb"] in ("continue", "complete")] == [
        "Physics is ahead.",
        "It was worth it.",
    ]
    (ended,) = await schools.told(PartnershipEnded)
    (joined,) = await schools.told(PartnershipJoinedAlumni)
    assert (ended.status, joined.school_urns) == ("completed", URNS)
    assert len(await schools.told(PartnershipMidPointReached)) == 1
    assert len(await schools.told(PartnershipAgreementSigned)) == 1
    await schools.activate()


async def test_changes_are_asked_for_and_made(schools: Programme) -> None:
    partnership_id = await schools.under_review()
    path = f"/api/partnerships/{partnership_id}"
    given_back = await schools.post(f"{path}/change-request", schools.officer(), {"reason": "one school too far"})
    assert (given_back["status"], given_back["reason"]) == ("changes-requested", "one school too far")
    assert len(await schools.told(PartnershipChangesRequested)) == 1
    await schools.post(f"{path}/members/{URNS[5]}/removal", schools.school(URNS[0]))
    submitted = await schools.post(f"{path}/submission", schools.school(URNS[0]))
    assert (submitted["status"], submitted["school_urns"]) == ("submitted", list(URNS[:5]))


async def test_to_other_schools_a_partnership_does_not_exist(schools: Programme) -> None:
    partnership_id = await schools.draft()
    stranger = schools.school("900099")
    for path in ("", "/history", "/account", "/account/ledger", "/account/reservations"):
        assert await status_of(schools, f"/api/partnerships/{partnership_id}{path}", stranger) == 404
        assert await status_of(schools, f"/api/partnerships/{partnership_id}{path}", schools.officer()) == 200
        assert await status_of(schools, f"/api/partnerships/{partnership_id}{path}", schools.school(URNS[2])) == 200
    await schools.post(f"/api/partnerships/{partnership_id}/submission", stranger, status=404)
    await schools.post(f"/api/partnerships/{partnership_id}/lead", stranger, {"school_urn": "900099"}, status=404)


async def test_everybody_lists_what_they_may_see(schools: Programme) -> None:
    one, other = await schools.draft(), await schools.draft(OTHERS)

    async def listed(caller: Any, **wanted: str) -> list[str]:
        return [found["id"] for found in (await schools.get("/api/partnerships", caller, **wanted))["items"]]

    assert await listed(schools.officer()) == [one, other]
    assert await listed(schools.school(URNS[1])) == [one]
    assert await listed(schools.school(OTHERS[1])) == [other]
    assert await listed(schools.school("900099")) == []
    assert await listed(schools.world.caller("nobody", "teacher")) == []
    assert await listed(schools.officer(), school_urn=OTHERS[0]) == [other]
    assert await listed(schools.officer(), status="active") == []


async def test_a_school_is_in_one_approved_partnership_at_a_time(schools: Programme) -> None:
    shared_school = (URNS[0], *OTHERS[1:])
    first, second = await schools.under_review(), await schools.under_review(shared_school)
    await schools.post(f"/api/partnerships/{first}/approval", schools.officer())
    refused = await schools.post(f"/api/partnerships/{second}/approval", schools.officer(), status=409)
    assert (refused["type"], refused["urns"]) == ("/problems/school-in-another-partnership", [URNS[0]])
    await schools.post(f"/api/partnerships/{first}/termination", schools.officer(), {"reason": "schools merged"})
    approved = await schools.post(f"/api/partnerships/{second}/approval", schools.officer())
    assert approved["status"] == "approved"


async def test_a_held_school_cannot_even_submit_with_others(schools: Programme) -> None:
    await schools.activate()
    second = await schools.draft((URNS[0], *OTHERS[1:]))
    refused = await schools.post(f"/api/partnerships/{second}/submission", schools.school(URNS[0]), status=409)
    assert refused["type"] == "/problems/school-in-another-partnership"


async def test_an_active_partnership_may_grow_and_shrink(schools: Programme) -> None:
    partnership_id = await schools.activate()
    path, joining = f"/api/partnerships/{partnership_id}", OTHERS[0]
    await schools.post(f"{path}/invitations", schools.school(URNS[0]), {"school_urn": joining})
    await schools.post(f"{path}/members/{joining}/acceptance", schools.school(joining))
    await schools.post(f"{path}/members/{joining}/departure", schools.school(joining))
    told = await schools.told(PartnershipMembersChanged)
    assert [event.school_urns for event in told] == [(*URNS, joining), URNS]
    other = await schools.under_review(OTHERS)
    approved = await schools.post(f"/api/partnerships/{other}/approval", schools.officer())
    assert approved["status"] == "approved", "the school that left is free again"


async def test_an_independent_school_cannot_join_an_active_partnership(schools: Programme) -> None:
    await schools.register(facts("900050", type="Other independent school"))
    path = f"/api/partnerships/{await schools.activate()}"
    await schools.post(f"{path}/invitations", schools.school(URNS[0]), {"school_urn": "900050"})
    refused = await schools.post(f"{path}/members/900050/acceptance", schools.school("900050"), status=409)
    assert refused["reasons"] == ["900050: not-state-funded"]


async def test_the_lead_is_handed_over(schools: Programme) -> None:
    partnership_id = await schools.activate()
    path = f"/api/partnerships/{partnership_id}"
    after = await schools.post(f"{path}/lead", schools.school(URNS[0]), {"school_urn": URNS[2]})
    assert after["lead_urn"] == URNS[2]
    assert [event.lead_urn for event in await schools.told(PartnershipMembersChanged)] == [URNS[2]]
    await schools.post(f"{path}/lead", schools.school(URNS[0]), {"school_urn": URNS[0]}, status=403)


async def test_the_end_of_a_partnership_is_told(schools: Programme) -> None:
    path = f"/api/partnerships/{await schools.activate()}"
    await schools.post(f"{path}/suspension", schools.officer(), {"reason": "the report is late"})
    await schools.post(f"{path}/termination", schools.officer(), {"reason": "schools merged"})
    told = await schools.told(PartnershipEnded)
    assert [event.status for event in told] == ["suspended", "terminated"]
    await schools.post(f"{path}/resumption", schools.officer(), status=409)


async def test_an_officers_own_words_stay_with_the_partnership(schools: Programme) -> None:
    canary = {"reason": "Ms Canary has not answered"}
    returned = f"/api/partnerships/{await schools.under_review()}"
    await schools.post(f"{returned}/change-request", schools.officer(), canary)
    declined = f"/api/partnerships/{await schools.under_review(OTHERS)}"
    await schools.post(f"{declined}/decline", schools.officer(), canary)
    running = f"/api/partnerships/{await schools.activate()}"
    for end in ("suspension", "termination"):
        await schools.post(f"{running}/{end}", schools.officer(), canary)
    assert (await schools.get(running, schools.school(URNS[1])))["reason"] == canary["reason"]
    rows = await schools.world.databases["partnerships"].collection(OutboxRow).find({})
    assert len(rows) > 10
    assert not [row.type for row in rows if "Canary" in row.body]


async def test_a_member_that_is_converted_is_followed_by_its_successor(programme: Programme) -> None:
    async def imports(*rows: dict[str, str]) -> None:
        caller = programme.world.caller("operator-1", "operator")
        headers = {**caller, "Idempotency-Key": new_id(), "Content-Type": "text/csv"}
        client = programme.world.client("partnerships")
        await client.post("/api/register-imports", content=extract(*rows), headers=headers)
        await programme.world.settle()

    await imports(*(row(urn) for urn in URNS))
    partnership_id = await programme.activate()
    await imports(row(URNS[1], EstablishmentStatus="Closed"), row("900077", EstablishmentNumber=URNS[1][-4:]))
    shown = await programme.get(f"/api/partnerships/{partnership_id}", programme.school("900077"))
    assert {member["urn"]: member["status"] for member in shown["members"]}[URNS[1]] == "succeeded"
    assert "900077" in shown["school_urns"]
    await programme.allocate(partnership_id, 10_000)
    await programme.say(programme.place_held(partnership_id, "booking-1", 4_000, urn="900077"))
    await programme.world.settle()
    assert await programme.balances(partnership_id) == (10_000, 4_000, 0, 6_000)


async def test_an_unknown_school_is_refused_by_field(schools: Programme) -> None:
    body = {"name": "Nowhere", "lead_urn": "999999"}
    refused = await schools.post("/api/partnerships", schools.officer(), body, status=422)
    assert (refused["type"], refused["field"]) == ("/problems/school-unknown", "lead_urn")


async def test_a_school_drafts_for_itself_only(schools: Programme) -> None:
    body = {"name": "Not mine", "lead_urn": URNS[1]}
    await schools.post("/api/partnerships", schools.school(URNS[0]), body, status=403)
    await schools.post("/api/partnerships", schools.world.caller("t", "teacher", school_urn=URNS[1]), body, status=403)
    drafted = await schools.post("/api/partnerships", schools.officer(), body)
    assert drafted["status"] == "draft"


async def test_a_stale_etag_is_refused(schools: Programme) -> None:
    partnership_id = await schools.draft()
    client = schools.world.client("partnerships")
    path = f"/api/partnerships/{partnership_id}"
    seen = (await client.get(path, headers=dict(schools.officer()))).headers["ETag"]
    headers = {**schools.school(URNS[0]), "If-Match": seen, "Idempotency-Key": new_id()}
    first = await client.post(f"{path}/submission", headers=headers)
    assert (first.status_code, first.headers["ETag"] != seen) == (200, True)
    second = await client.post(f"{path}/withdrawal", headers=headers | {"Idempotency-Key": new_id()})
    assert (second.status_code, second.json()["type"]) == (412, "/problems/version-mismatch")


async def test_a_repeated_request_gets_the_same_answer_and_takes_effect_once(schools: Programme) -> None:
    partnership_id = await schools.draft()
    path = f"/api/partnerships/{partnership_id}/submission"
    first = await schools.world.post("partnerships", path, schools.school(URNS[0]), key="once")
    again = await schools.world.post("partnerships", path, schools.school(URNS[0]), key="once")
    assert first == again
    assert len(await schools.told(PartnershipSubmitted)) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "x"},
        {"name": "", "lead_urn": "900001"},
        {"name": "x", "lead_urn": {"$ne": ""}},
        {"name": ["x"], "lead_urn": "900001"},
        {"name": "x", "lead_urn": "900001", "status": "active"},
        {"name": "x" * 201, "lead_urn": "900001"},
    ],
)
async def test_a_body_of_another_shape_is_refused(schools: Programme, body: dict[str, Any]) -> None:
    refused = await schools.post("/api/partnerships", schools.officer(), body, status=422)
    assert refused["errors"]


async def test_an_operator_in_a_path_finds_nothing(schools: Programme) -> None:
    for wild in ("$where", "a.b", "..%2F", "x" * 70):
        assert await status_of(schools, f"/api/partnerships/{wild}", schools.officer()) in (404, 422)
