"""What other services say about schools, partnerships and employers, and what follows for ambassadors."""

from __future__ import annotations

from typing import Any

import pytest

from services.ambassadors import reactions
from services.ambassadors.domain.known import KnownEmployer, KnownSchool
from services.ambassadors.domain.vocabulary import Jurisdiction
from services.ambassadors.policies import jurisdiction_of
from shared.contracts.employers import EmployerChanged, EmployerRegistered
from shared.contracts.partnerships import (
    PartnershipActivated,
    PartnershipEnded,
    PartnershipMembersChanged,
    SchoolChanged,
    SchoolRegistered,
    SchoolSucceeded,
)
from tests.ambassadors.coordinator import ACTIVITY, PROFILE, Coordinator

NEW, OTHER = "900101", "900102"


def facts(urn: str, **changes: Any) -> dict[str, Any]:
    return {
        "urn": urn,
        "identifier_scheme": "urn",
        "name": "Bench School",
        "phase": "Secondary",
        "status": "open",
        "state_funded": True,
        "region": "London",
        "postcode": "ec1a  1aa",
        "latitude": 51.52,
        "longitude": -0.1,
    } | changes


@pytest.mark.parametrize(
    ("scheme", "region", "jurisdiction"),
    [
        ("urn", "London", Jurisdiction.ENGLAND_AND_WALES),
        ("urn", None, Jurisdiction.ENGLAND_AND_WALES),
        ("urn", "Wales (pseudo)", Jurisdiction.ENGLAND_AND_WALES),
        ("urn", "Scotland", Jurisdiction.SCOTLAND),
        ("seed", None, Jurisdiction.SCOTLAND),
        ("deni", "London", Jurisdiction.NORTHERN_IRELAND),
        ("urn", "Northern Ireland", Jurisdiction.NORTHERN_IRELAND),
    ],
)
def test_whose_law_holds_follows_from_register_and_region(
    scheme: str, region: str | None, jurisdiction: Jurisdiction
) -> None:
    assert jurisdiction_of(scheme, region) is jurisdiction


async def test_a_home_is_where_the_schools_of_its_district_are(coordinator: Coordinator) -> None:
    work = coordinator.world.running["ambassadors"].work()
    body = PROFILE | {"postcode": "ec1a 9zz"}
    await coordinator.post("/api/ambassadors", coordinator.volunteer("ada"), body, status=422)
    await reactions.keep_registered_school(work, SchoolRegistered(**facts(NEW)))
    answer = await coordinator.post("/api/ambassadors", coordinator.volunteer("ada"), body)
    assert answer["postcode"] == "EC1A 9ZZ"


async def test_a_converted_school_asks_under_its_new_identifier(coordinator: Coordinator) -> None:
    work = coordinator.world.running["ambassadors"].work()
    await reactions.keep_registered_school(work, SchoolRegistered(**facts(NEW)))
    await reactions.keep_school_successor(work, SchoolSucceeded(urn=NEW, successor_urn=OTHER))
    await reactions.keep_changed_school(work, SchoolChanged(**facts(NEW, name="Renamed")))
    body = ACTIVITY | {"dates": coordinator.dates(60)}
    problem = await coordinator.post("/api/activities", coordinator.school(NEW), body, status=409)
    assert problem["successor_urn"] == OTHER
    known = await work.collection(KnownSchool).get(NEW)
    assert known is not None
    assert known.facts is not None
    assert known.facts.name == "Renamed"


async def test_an_employer_is_known_once_it_has_registered_and_by_its_new_name(coordinator: Coordinator) -> None:
    work = coordinator.world.running["ambassadors"].work()
    body = PROFILE | {"employer_id": "works"}
    await coordinator.post("/api/ambassadors", coordinator.volunteer("ada"), body, status=409)
    facts_of_it = {"employer_id": "works", "employer_name": "Works", "employer_kind": "company", "company_number": None}
    registered = EmployerRegistered(**facts_of_it, sic_codes=(), region=None)
    await reactions.keep_registered_employer(work, registered)
    await coordinator.post("/api/ambassadors", coordinator.volunteer("ada"), body)
    changed = EmployerChanged(**facts_of_it | {"employer_name": "Others"})
    await reactions.keep_changed_employer(work, changed)
    known = await work.collection(KnownEmployer).get("works")
    assert known is not None
    assert known.name == "Others"


def test_an_older_copy_of_an_employer_is_read_without_what_nobody_asks_for() -> None:
    assert KnownEmployer.model_validate({"id": "works", "name": "Works", "verified": True}).name == "Works"


async def test_membership_follows_what_partnerships_says(coordinator: Coordinator) -> None:
    work = coordinator.world.running["ambassadors"].work()
    for urn in (NEW, OTHER):
        await reactions.keep_registered_school(work, SchoolRegistered(**facts(urn)))
    body = ACTIVITY | {"dates": coordinator.dates(60), "partnership_id": "valley"}

    async def answer(urn: str) -> str:
        headers = {**coordinator.school(urn), "Idempotency-Key": f"{urn}-{len(asked)}"}
        asked.append(urn)
        response = await coordinator.world.client("ambassadors").post("/api/activities", json=body, headers=headers)
        return str(response.json().get("type", "asked"))

    asked: list[str] = []
    members = {"partnership_id": "valley", "lead_urn": NEW}
    assert await answer(NEW) == "/problems/visit-partnership-not-active"
    await reactions.keep_active_partnership(work, PartnershipActivated(**members, school_urns=(NEW,)))
    assert [await answer(NEW), await answer(OTHER)] == ["asked", "/problems/school-not-of-partnership"]
    await reactions.keep_partnership_members(work, PartnershipMembersChanged(**members, school_urns=(NEW, OTHER)))
    assert await answer(OTHER) == "asked"
    ended = PartnershipEnded(partnership_id="valley", status="suspended", reason="a question of the funder")
    await reactions.keep_ended_partnership(work, ended)
    assert await answer(NEW) == "/problems/visit-partnership-not-active"
