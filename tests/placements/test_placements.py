"""Placements over HTTP: signed by three, cleared, confirmed, done, corrected, reflected on, or cancelled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.placements.use_cases.facts import keep_successor
from shared.contracts.placements import (
    PlacementCancelled,
    PlacementConfirmed,
    PlacementReopened,
    PlacementSigned,
    ReflectionOverdue,
)
from tests.placements.host import EMPLOYER, OTHER_EMPLOYER, URNS, Host

WHOLE = (True,) * 5


@pytest.fixture
async def placement_id(host: Host) -> str:
    """A placement whose agreement waits for signatures, at an employer without documents."""
    await host.register()
    return str((await host.accepted(await host.published()))["placement_id"])


async def status(host: Host, placement_id: str) -> str:
    return str((await host.placement(placement_id))["status"])


async def test_three_sign_one_version_in_any_order(host: Host, placement_id: str) -> None:
    statuses = [(await host.sign(placement_id, party))["status"] for party in ("school", "host", "teacher")]
    assert statuses == ["partly-signed", "partly-signed", "signed"]
    assert [event.agreement_version for event in await host.told(PlacementSigned)] == [1]


async def test_nobody_signs_for_another_party(host: Host, placement_id: str) -> None:
    for party, caller in (
        ("school", host.teacher()),
        ("host", host.approver()),
        ("teacher", host.host()),
        ("school", host.host()),
    ):
        refused = await host.do(placement_id, "signatures", caller, {"party": party, "version": 1}, status=403)
        assert refused["type"] == "/problems/wrong-party"
    for party, stranger in (
        ("teacher", host.teacher("bo")),
        ("school", host.approver(URNS[1])),
        ("host", host.host(OTHER_EMPLOYER)),
    ):
        await host.do(placement_id, "signatures", stranger, {"party": party, "version": 1}, status=404)
    body = {"party": "host", "version": 1}
    await host.do(placement_id, "signatures", host.officer(), body, status=403)


async def test_one_person_signs_for_one_party(host: Host, placement_id: str) -> None:
    both = host.world.caller("ada", "teacher", "school-approver", school_urn=URNS[0])
    await host.do(placement_id, "signatures", both, {"party": "teacher", "version": 1})
    refused = await host.do(placement_id, "signatures", both, {"party": "school", "version": 1}, status=403)
    assert (refused["type"], refused["signed_for"]) == ("/problems/signed-for-another-party", "teacher")
    assert (await host.sign(placement_id, "school"))["agreement"]["unsigned"] == ["host"]


async def test_a_party_signs_once_and_what_it_has_read(host: Host, placement_id: str) -> None:
    await host.sign(placement_id, "teacher")
    again = await host.do(placement_id, "signatures", host.teacher(), {"party": "teacher", "version": 1}, status=409)
    assert again["type"] == "/problems/already-signed"
    other = await host.do(placement_id, "signatures", host.host(), {"party": "host", "version": 2}, status=409)
    assert (other["type"], other["version"]) == ("/problems/agreement-changed", 1)


async def test_an_amendment_is_signed_again_by_whom_it_touches(host: Host, placement_id: str) -> None:
    await host.sign(placement_id)
    body = {"supervisor": "Dr Example", "reason": "the first supervisor has left"}
    amended = await host.do(placement_id, "amendments", host.host(), body)
    assert (amended["status"], amended["agreement"]["version"]) == ("partly-signed", 2)
    assert amended["agreement"]["unsigned"] == ["host"]
    assert (await host.sign(placement_id, "host", version=2))["status"] == "signed"
    cover = await host.do(
        placement_id, "amendments", host.approver(), {"cover_pence_per_day": 9000, "reason": "agreed"}
    )
    assert cover["agreement"]["unsigned"] == ["school", "host"]
    note = await host.do(placement_id, "amendments", host.teacher(), {"note": "Start at ten.", "reason": "trains"})
    assert (note["status"], note["agreement"]["unsigned"]) == ("agreement-drafted", ["teacher", "school", "host"])
    nothing = await host.do(
        placement_id, "amendments", host.teacher(), {"note": "Start at ten.", "reason": "again"}, status=422
    )
    assert nothing["type"] == "/problems/nothing-amended"
    assert [event.agreement_version for event in await host.told(PlacementSigned)] == [1, 2]


async def test_amended_days_stay_within_the_offer_and_free_in_the_diary(host: Host) -> None:
    await host.register()
    weeks = host.cohort() | {"ends_on": (host.monday(10) + timedelta(days=4)).isoformat()}
    offer_id = await host.published(cohorts=[weeks])
    placement_id = (await host.accepted(offer_id))["placement_id"]
    other = await host.accepted(await host.published(cohorts=[host.cohort(9)]))

    async def move(weeks: int, *, status: int | None = None) -> Any:
        days = [(host.monday(weeks) + timedelta(days=day)).isoformat() for day in range(5)]
        body = {"dates": days, "reason": "inspection"}
        return await host.do(placement_id, "amendments", host.approver(), body, status=status)

    assert (await move(12, status=422))["type"] == "/problems/amended-dates-do-not-fit"
    assert (await move(9, status=409))["type"] == "/problems/overlapping-placement"
    moved = await move(10)
    assert moved["dates"][0] == host.monday(10).isoformat()
    assert moved["agreement"]["unsigned"] == ["teacher", "school", "host"]
    assert (await status(host, other["placement_id"])) == "agreement-drafted"
    freed = await host.published()
    assert (await host.apply(freed))["status"] == "submitted"


async def test_a_host_confirms_with_valid_documents_only(host: Host, placement_id: str) -> None:
    await host.sign(placement_id)
    refused = await host.do(placement_id, "confirmation", host.host(), status=409)
    assert refused["type"] == "/problems/compliance-missing"
    assert refused["lacks"] == ["liability-insurance", "risk-assessment", "health-and-safety"]
    await host.clear()
    await host.world.settle()
    assert await status(host, placement_id) == "compliance-cleared"
    assert (await host.do(placement_id, "confirmation", host.host()))["status"] == "host-confirmed"
    assert [event.starts_on for event in await host.told(PlacementConfirmed)] == [host.monday()]


async def test_documents_that_run_out_reopen_what_has_not_begun(host: Host, placement_id: str) -> None:
    await host.clear(days=20)
    await host.sign(placement_id)
    await host.do(placement_id, "confirmation", host.host())
    host.later(days=21)
    await host.world.settle()
    reopened = await host.placement(placement_id)
    assert (reopened["status"], reopened["cleared_until"]) == ("signed", None)
    assert [event.reason_code for event in await host.told(PlacementReopened)] == ["liability-insurance-missing"]
    await host.clear()
    await host.world.settle()
    assert await status(host, placement_id) == "compliance-cleared"


async def test_documents_renewed_in_time_reopen_nothing(host: Host, placement_id: str) -> None:
    await host.clear(days=20)
    await host.sign(placement_id)
    await host.clear()
    await host.world.settle()
    host.later(days=21)
    await host.world.settle()
    assert await status(host, placement_id) == "compliance-cleared"
    assert await host.told(PlacementReopened) == []


async def test_a_withdrawn_document_reopens_at_once(host: Host, placement_id: str) -> None:
    await host.clear()
    assert (await host.sign(placement_id))["status"] == "compliance-cleared"
    await host.post(f"/api/employers/{EMPLOYER}/documents/risk-assessment/withdrawal", host.officer())
    await host.world.settle()
    assert await status(host, placement_id) == "signed"


async def test_a_suspended_host_confirms_nothing(host: Host, placement_id: str) -> None:
    await host.clear()
    await host.sign(placement_id)
    await host.post(f"/api/employers/{EMPLOYER}/suspension", host.officer(), {"reason": "an accident"})
    refused = await host.do(placement_id, "confirmation", host.host(), status=409)
    assert refused["lacks"] == ["verification"]


async def test_a_suspended_host_loses_what_was_cleared_at_once_and_gets_it_back(host: Host, placement_id: str) -> None:
    await host.clear()
    await host.sign(placement_id)
    await host.do(placement_id, "confirmation", host.host())
    await host.post(f"/api/employers/{EMPLOYER}/suspension", host.officer(), {"reason": "an accident"})
    await host.world.settle()
    reopened = await host.placement(placement_id)
    assert (reopened["status"], reopened["cleared_until"]) == ("signed", None)
    assert [event.reason_code for event in await host.told(PlacementReopened)] == ["verification-missing"]
    await host.post(f"/api/employers/{EMPLOYER}/verification", host.officer())
    await host.world.settle()
    assert await status(host, placement_id) == "compliance-cleared"


async def test_a_placement_at_a_suspended_host_does_not_begin(host: Host, placement_id: str) -> None:
    await host.clear()
    await host.sign(placement_id)
    await host.do(placement_id, "confirmation", host.host())
    await host.post(f"/api/employers/{EMPLOYER}/suspension", host.officer(), {"reason": "an accident"})
    host.later(days=60)
    await host.world.settle()
    ended = await host.placement(placement_id)
    assert (ended["status"], ended["reason_code"]) == ("cancelled-by-programme", "not-ready-in-time")


async def test_a_suspension_sends_nobody_home(host: Host) -> None:
    placement_id = await host.begun()
    await host.post(f"/api/employers/{EMPLOYER}/suspension", host.officer(), {"reason": "an accident"})
    await host.world.settle()
    assert await status(host, placement_id) == "in-progress"


async def test_what_is_not_ready_when_its_first_day_ends_is_cancelled(host: Host, placement_id: str) -> None:
    await host.sign(placement_id)
    host.later(days=(host.monday() - host.day(0)).days)
    await host.world.settle()
    assert await status(host, placement_id) == "signed"
    host.later(days=1)
    late = await host.do(placement_id, "confirmation", host.host(), status=409)
    assert late["state"] == "cancelled-by-programme"
    await host.world.settle()
    (told,) = await host.told(PlacementCancelled)
    assert (told.cancelled_placement_by, told.reason_code) == ("programme", "not-ready-in-time")


async def test_a_reflection_is_due_thirty_days_after_and_taken_later(host: Host) -> None:
    placement_id = await host.begun()
    await host.record(placement_id, *WHOLE)
    due = await host.do(placement_id, "days/confirmation", host.teacher())
    last = datetime.fromisoformat(due["dates"][4]).replace(tzinfo=UTC)
    assert datetime.fromisoformat(due["reflection_due_at"]) == last + timedelta(days=31)
    host.later(days=32)
    await host.world.settle()
    await host.world.settle()
    assert (await host.placement(placement_id))["reflection_overdue"] is True
    assert [event.teacher_id for event in await host.told(ReflectionOverdue)] == ["ada"]
    done = await host.do(placement_id, "reflection", host.teacher(), {"text": "Late, but here."})
    assert done["status"] == "completed"


@pytest.mark.parametrize(
    ("party", "code", "ends"),
    [
        ("teacher", "illness", "cancelled-by-school"),
        ("school", "no-cover", "cancelled-by-school"),
        ("host", "site-closed", "cancelled-by-host"),
        ("programme", "safeguarding", "cancelled-by-programme"),
    ],
)
async def test_each_side_may_cancel_before_it_begins(
    host: Host, placement_id: str, party: str, code: str, ends: str
) -> None:
    callers = host.signers() | {"programme": host.officer()}
    body = {"party": party, "reason_code": code}
    wrong = next(caller for name, caller in callers.items() if name != party)
    await host.do(placement_id, "cancellation", wrong, body, status=403)
    assert (await host.do(placement_id, "cancellation", callers[party], body))["status"] == ends
    (told,) = await host.told(PlacementCancelled)
    assert told.reason_code == code
    assert (await host.apply(await host.published()))["status"] == "submitted"


async def test_the_host_is_asked_to_host_again_once_days_are_settled(host: Host, placement_id: str) -> None:
    refused = await host.do(placement_id, "hosting-again", host.host(), {"hosts_again": True}, status=409)
    assert refused["type"] == "/problems/host-not-asked"


async def test_a_school_under_a_new_urn_goes_on_with_what_was_begun_under_the_old_one(host: Host) -> None:
    await host.register()
    placement_id = (await host.accepted(await host.published()))["placement_id"]
    applied = await host.apply(await host.published(cohorts=[host.cohort(12)]))
    work = host.world.running["placements"].work()
    await keep_successor(work, URNS[0], URNS[4])
    await keep_successor(work, URNS[4], URNS[5])
    successor = host.approver(URNS[5])
    assert (await host.get("/api/placements", successor))["items"][0]["placement_id"] == placement_id
    assert len((await host.get("/api/applications", successor))["items"]) == 2
    signed = await host.do(placement_id, "signatures", successor, {"party": "school", "version": 1})
    assert signed["agreement"]["unsigned"] == ["teacher", "host"]
    assert (await host.ask(applied, "approval", successor))["status"] == "school-approved"
    await host.do(placement_id, "signatures", host.approver(URNS[3]), {"party": "school", "version": 1}, status=404)


async def test_a_placement_is_seen_by_its_parties_alone(host: Host, placement_id: str) -> None:
    client = host.world.client("placements")
    for caller in (*host.signers().values(), host.officer()):
        assert (await client.get(f"/api/placements/{placement_id}", headers=dict(caller))).status_code == 200
        assert len((await host.get("/api/placements", caller))["items"]) == 1
    for caller in (host.teacher("bo"), host.approver(URNS[1]), host.host(OTHER_EMPLOYER)):
        assert (await client.get(f"/api/placements/{placement_id}", headers=dict(caller))).status_code == 404
        assert (await host.get("/api/placements", caller))["items"] == []
