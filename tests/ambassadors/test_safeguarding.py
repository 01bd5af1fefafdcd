"""Safeguarding concerns: reported by anybody, read by designated officers alone, every reading noted, told nowhere."""

from __future__ import annotations

import pytest

from shared.commit import IdempotencyRow
from shared.messaging.outbox import OutboxRow
from shared.testing.world import Headers
from tests.ambassadors.coordinator import URNS, Coordinator

SECRET = "Canary words about a child."
CONCERNS = "/api/safeguarding/concerns"


def operator(coordinator: Coordinator) -> Headers:
    return coordinator.world.caller("operator-1", "operator")


def auditor(coordinator: Coordinator) -> Headers:
    return coordinator.world.caller("auditor-1", "auditor")


async def designate(coordinator: Coordinator, account_id: str = "officer-1") -> None:
    path = f"/api/safeguarding/officers/{account_id}"
    answer = await coordinator.put(path, operator(coordinator), None)
    assert answer.json()["designated"]


async def reported(coordinator: Coordinator, **changes: str) -> str:
    answer = await coordinator.post(CONCERNS, coordinator.school(), {"words": SECRET} | changes)
    assert SECRET not in str(answer)
    return str(answer["concern_id"])


async def test_a_designated_officer_reads_a_concern_and_that_is_noted(coordinator: Coordinator) -> None:
    await designate(coordinator)
    concern_id = await reported(coordinator)
    for _ in range(2):
        answer = await coordinator.get(f"{CONCERNS}/{concern_id}")
        assert (answer["words"], answer["reported_by"]) == (SECRET, f"teacher-{URNS[0]}")
    page = await coordinator.get("/api/safeguarding/entries", auditor(coordinator), concern_id=concern_id)
    assert [(entry["act"], entry["by"]) for entry in page["items"]] == [
        ("read", "officer-1"),
        ("read", "officer-1"),
        ("reported", f"teacher-{URNS[0]}"),
    ]
    assert SECRET not in str(page)


@pytest.mark.parametrize("what", ["", "/{id}"])
async def test_an_officer_who_is_not_designated_sees_nothing_of_it(coordinator: Coordinator, what: str) -> None:
    concern_id = await reported(coordinator)
    client, path = coordinator.world.client("ambassadors"), CONCERNS + what.format(id=concern_id)
    answer = await client.get(path, headers=dict(coordinator.officer()))
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not-designated")
    page = await coordinator.get("/api/safeguarding/entries", auditor(coordinator))
    assert [(entry["act"], entry["by"], entry["concern_id"]) for entry in page["items"]] == [
        ("refused", "officer-1", concern_id if what else None),
        ("reported", f"teacher-{URNS[0]}", concern_id),
    ]
    assert (await coordinator.get("/api/safeguarding/officers", auditor(coordinator)))["items"] == []


async def test_a_list_of_concerns_is_noted_with_its_filter_and_how_many_it_shows(coordinator: Coordinator) -> None:
    await designate(coordinator)
    for _ in range(3):
        await reported(coordinator)
    await coordinator.get(CONCERNS)
    await coordinator.get(CONCERNS, status="closed")
    await coordinator.get(CONCERNS, status="open", limit="2")
    page = await coordinator.get("/api/safeguarding/entries", auditor(coordinator))
    entries = [entry for entry in page["items"] if entry["act"] == "listed"]
    assert [(entry["by"], entry["status"], entry["listed"], entry["concern_id"]) for entry in entries] == [
        ("officer-1", "open", 2, None),
        ("officer-1", "closed", 0, None),
        ("officer-1", None, 3, None),
    ]


async def test_a_designation_that_has_ended_opens_nothing(coordinator: Coordinator) -> None:
    await designate(coordinator)
    concern_id = await reported(coordinator)
    client = coordinator.world.client("ambassadors")
    headers = dict(operator(coordinator))
    ended = await client.delete("/api/safeguarding/officers/officer-1", headers=headers)
    assert ended.json()["designated"] is False
    answer = await client.get(f"{CONCERNS}/{concern_id}", headers=dict(coordinator.officer()))
    assert answer.status_code == 403
    page = await coordinator.get("/api/safeguarding/officers", auditor(coordinator))
    assert [(one["account_id"], one["designated"], one["by"]) for one in page["items"]] == [
        ("officer-1", False, "operator-1")
    ]


async def test_who_designates_does_not_read(coordinator: Coordinator) -> None:
    concern_id = await reported(coordinator)
    client = coordinator.world.client("ambassadors")
    for caller in (operator(coordinator), auditor(coordinator), coordinator.school()):
        assert (await client.get(f"{CONCERNS}/{concern_id}", headers=dict(caller))).status_code == 403


async def test_a_concern_is_noted_closed_and_opened_again(coordinator: Coordinator) -> None:
    await designate(coordinator)
    concern_id = await reported(coordinator)
    path, words = f"{CONCERNS}/{concern_id}", {"words": "Spoke to the school."}
    for verb in ("notes", "closing", "reopening"):
        await coordinator.post(f"{path}/{verb}", coordinator.officer(), words)
    problem = await coordinator.post(f"{path}/reopening", coordinator.officer(), words, status=409)
    assert problem["type"] == "/problems/wrong-state"
    answer = await coordinator.get(path)
    assert (answer["status"], len(answer["notes"])) == ("open", 3)
    assert [one["concern_id"] for one in (await coordinator.get(CONCERNS, status="open"))["items"]] == [concern_id]


async def test_a_concern_is_about_a_visit_that_the_reporter_can_see(coordinator: Coordinator) -> None:
    await designate(coordinator)
    ada = await coordinator.active("ada")
    visit_id = await coordinator.agreed()
    body = {"words": SECRET, "visit_id": visit_id}
    await coordinator.post(CONCERNS, coordinator.school(URNS[1]), body, status=404)
    concern_id = await reported(coordinator, visit_id=visit_id)
    answer = await coordinator.get(f"{CONCERNS}/{concern_id}")
    assert (answer["visit_id"], answer["ambassador_id"]) == (visit_id, ada)
    await coordinator.post(CONCERNS, coordinator.school(), {"words": SECRET, "ambassador_id": ada}, status=403)


async def test_no_event_and_no_kept_answer_says_anything_of_it(coordinator: Coordinator) -> None:
    await designate(coordinator)
    concern_id = await reported(coordinator)
    await coordinator.post(f"{CONCERNS}/{concern_id}/notes", coordinator.officer(), {"words": SECRET})
    await coordinator.get(f"{CONCERNS}/{concern_id}")
    database = coordinator.world.databases["ambassadors"]
    assert await database.collection(OutboxRow).find({}) == []
    kept = await database.collection(IdempotencyRow).find({})
    assert len(kept) == 2
    assert not [row for row in kept if SECRET in (row.reply or "")]
