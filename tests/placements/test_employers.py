"""Employers over HTTP: registered by themselves, verified by the programme, with documents that run out."""

from __future__ import annotations

import pytest

from shared.contracts.employers import (
    ComplianceDocumentWithdrawn,
    EmployerChanged,
    EmployerRegistered,
    EmployerVerified,
)
from tests.placements.host import EMPLOYER, FACTS, OTHER_EMPLOYER, SITE, Host


async def test_a_contact_registers_its_own_employer_once(host: Host) -> None:
    answer = await host.post("/api/employers", host.host(), FACTS)
    assert (answer["employer_id"], answer["status"]) == (EMPLOYER, "registered")
    again = await host.post("/api/employers", host.host(), FACTS, status=409)
    assert again["type"] == "/problems/employer-registered"
    assert [event.employer_name for event in await host.told(EmployerRegistered)] == [FACTS["name"]]


async def test_a_site_gets_the_position_of_its_postcode(host: Host) -> None:
    answer = await host.register()
    assert answer["sites"][0]["postcode"] == "YO1 1AA"
    assert answer["sites"][0]["latitude"] == pytest.approx(53.96)
    elsewhere = await host.register(OTHER_EMPLOYER, sites=[SITE | {"postcode": "ZE1 0AA"}])
    assert elsewhere["sites"][0]["latitude"] is None


async def test_a_company_number_names_one_employer(host: Host) -> None:
    await host.register(company_number="01234567")
    taken = await host.post(
        "/api/employers", host.host(OTHER_EMPLOYER), FACTS | {"company_number": "01234567"}, status=409
    )
    assert taken["type"] == "/problems/company-number-taken"
    assert (await host.put(f"/api/employers/{EMPLOYER}", host.host(), FACTS)).status_code == 200
    await host.register(OTHER_EMPLOYER, company_number="01234567")


async def test_only_the_programme_verifies(host: Host) -> None:
    await host.register(verified=False)
    await host.post(f"/api/employers/{EMPLOYER}/verification", host.host(), status=403)
    await host.post(f"/api/employers/{EMPLOYER}/verification", host.officer())
    again = await host.post(f"/api/employers/{EMPLOYER}/verification", host.officer(), status=409)
    assert again["type"] == "/problems/wrong-state"
    assert len(await host.told(EmployerVerified)) == 1


@pytest.mark.parametrize(
    "changes", [{"name": "Somebody Else Ltd"}, {"kind": "university"}, {"company_number": "07654321"}]
)
async def test_who_has_become_somebody_else_is_verified_again(host: Host, changes: dict[str, str]) -> None:
    await host.register()
    await host.clear()
    placement_id = (await host.accepted(await host.published()))["placement_id"]
    await host.sign(placement_id)
    other = await host.approved(await host.published(cohorts=[host.cohort(12)]))
    answer = (await host.put(f"/api/employers/{EMPLOYER}", host.host(), FACTS | changes)).json()
    assert answer["status"] == "registered"
    await host.world.settle()
    assert (await host.placement(placement_id))["status"] == "signed"
    assert (await host.ask(other, "offer", host.host(), status=409))["type"] == "/problems/host-suspended"
    (told,) = await host.told(EmployerChanged)
    assert told.employer_name == (FACTS | changes)["name"]
    await host.post(f"/api/employers/{EMPLOYER}/verification", host.officer())
    await host.world.settle()
    assert (await host.placement(placement_id))["status"] == "compliance-cleared"
    assert (await host.ask(other, "offer", host.host()))["status"] == "offered"


async def test_other_facts_leave_a_verified_employer_verified(host: Host) -> None:
    await host.register()
    answer = (await host.put(f"/api/employers/{EMPLOYER}", host.host(), FACTS | {"region": "London"})).json()
    assert answer["status"] == "verified"
    assert await host.told(EmployerChanged) == []


async def test_a_rejected_employer_gives_its_company_number_free_and_may_be_looked_at_again(host: Host) -> None:
    await host.register(verified=False, company_number="01234567")
    await host.post(f"/api/employers/{EMPLOYER}/rejection", host.officer(), {"reason": "not its number"})
    await host.register(OTHER_EMPLOYER, company_number="01234567")
    path = f"/api/employers/{EMPLOYER}"
    taken = await host.put(path, host.host(), FACTS | {"company_number": "01234567"})
    assert (taken.status_code, taken.json()["type"]) == (409, "/problems/company-number-taken")
    again = (await host.put(path, host.host(), FACTS | {"company_number": "07654321"})).json()
    assert (again["status"], again["reason"]) == ("registered", None)
    await host.post(f"{path}/verification", host.officer())


async def test_a_rejected_employer_may_ask_again_with_the_same_facts(host: Host) -> None:
    await host.register(verified=False, company_number="01234567")
    await host.post(f"/api/employers/{EMPLOYER}/rejection", host.officer(), {"reason": "no answer"})
    facts = FACTS | {"company_number": "01234567"}
    assert (await host.put(f"/api/employers/{EMPLOYER}", host.host(), facts)).json()["status"] == "registered"
    taken = await host.post("/api/employers", host.host(OTHER_EMPLOYER), facts, status=409)
    assert taken["type"] == "/problems/company-number-taken"


async def test_a_rejected_registration_is_not_verified(host: Host) -> None:
    await host.register(verified=False)
    answer = await host.post(f"/api/employers/{EMPLOYER}/rejection", host.officer(), {"reason": "no such company"})
    assert (answer["status"], answer["reason"]) == ("rejected", "no such company")
    await host.post(f"/api/employers/{EMPLOYER}/verification", host.officer(), status=409)


async def test_another_employer_cannot_be_seen(host: Host) -> None:
    await host.register()
    response = await host.world.client("placements").get(
        f"/api/employers/{EMPLOYER}", headers=dict(host.host(OTHER_EMPLOYER))
    )
    assert response.status_code == 404
    assert (await host.put(f"/api/employers/{EMPLOYER}", host.host(OTHER_EMPLOYER), FACTS)).status_code == 404


async def test_what_an_employer_lacks_is_told_day_by_day(host: Host) -> None:
    answer = await host.register()
    assert answer["lacks"] == ["liability-insurance", "risk-assessment", "health-and-safety"]
    await host.clear(days=30)
    assert (await host.get(f"/api/employers/{EMPLOYER}"))["lacks"] == []
    host.later(days=31)
    assert len((await host.get(f"/api/employers/{EMPLOYER}"))["lacks"]) == 3


async def test_a_document_that_has_ended_is_not_taken(host: Host) -> None:
    await host.register()
    body = {
        "reference": "EL-1",
        "valid_from": host.day(-400).isoformat(),
        "expires_on": host.day(-1).isoformat(),
    }
    path = f"/api/employers/{EMPLOYER}/documents/liability-insurance"
    assert (await host.post(path, host.host(), body, status=422))["type"] == "/problems/compliance-document-expired"


async def test_a_withdrawn_document_counts_no_more(host: Host) -> None:
    await host.register()
    await host.clear()
    path = f"/api/employers/{EMPLOYER}/documents/risk-assessment/withdrawal"
    assert (await host.post(path, host.host()))["lacks"] == ["risk-assessment"]
    assert (await host.post(path, host.host(), status=404))["type"] == "/problems/no-such-compliance-document"
    assert len(await host.told(ComplianceDocumentWithdrawn)) == 1
