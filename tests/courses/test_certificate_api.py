"""Certificates from the register to the check that needs no token."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from services.courses.domain.certificate_number import ALPHABET
from services.courses.use_cases.certificates import follow_register
from shared.contracts.courses import AttendanceSettled
from tests.courses.organiser import URNS, Organiser

PATH = "/api/certificates"


async def attended(organiser: Organiser, **marks: str) -> dict[str, Any]:
    """A booking whose attendance is settled, with what follows."""
    names = [name.replace("_", "-") for name in marks]
    booked: dict[str, Any] = await organiser.book(await organiser.opened(capacity=10), URNS[0], *names)
    organiser.later(days=61)
    await correct(organiser, booked, **marks)
    return booked


async def correct(organiser: Organiser, booked: dict[str, Any], **marks: str) -> None:
    await organiser.attend(booked, 1, None, **marks)
    await organiser.world.settle()


async def listed(organiser: Organiser, **query: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await organiser.get(PATH, organiser.school(), **query))["items"]
    return items


async def verified(organiser: Organiser, typed: str) -> Any:
    response = await organiser.world.client("courses").get(f"{PATH}/{typed}")
    return response.status_code, response.json()


async def test_who_was_there_in_full_has_a_certificate_and_nobody_else(organiser: Organiser) -> None:
    await attended(organiser, ada="full", bo="partial")
    (certificate,) = await listed(organiser)
    facts = certificate["facts"]
    assert (facts["delegate_id"], facts["school_urn"], facts["minutes"]) == ("ada", URNS[0], 360)
    assert (certificate["status"], certificate["revoked_at"], certificate["reason"]) == ("valid", None, None)


async def test_everybody_can_check_it_and_learns_not_whose_it_is(organiser: Organiser) -> None:
    await attended(organiser, ada="full")
    (certificate,) = await listed(organiser)
    status, answer = await verified(organiser, certificate["facts"]["number"].lower().replace("-", ""))
    assert status == 200
    shown = {name: value for name, value in certificate["facts"].items() if name not in ("delegate_id", "school_urn")}
    assert answer == shown | {name: certificate[name] for name in ("status", "revoked_at", "reason", "sha256")}


async def test_the_holder_can_compute_the_hash_from_the_facts_as_they_are_shown(organiser: Organiser) -> None:
    await attended(organiser, ada="full")
    (certificate,) = await listed(organiser)
    text = json.dumps(certificate["facts"], ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    assert hashlib.sha256(text.encode()).hexdigest() == certificate["sha256"]


async def test_a_correction_revokes_it_and_another_one_gives_it_back(organiser: Organiser) -> None:
    booked = await attended(organiser, ada="full")
    (before,) = await listed(organiser)
    await correct(organiser, booked, ada="partial:left at noon")
    _, answer = await verified(organiser, before["facts"]["number"])
    assert (answer["status"], answer["reason"]) == ("revoked", "attendance corrected")
    assert answer["revoked_at"] is not None
    await correct(organiser, booked, ada="full:it was somebody else who left")
    assert await listed(organiser) == [before]


async def test_an_old_settlement_that_is_read_again_changes_nothing(organiser: Organiser) -> None:
    booked = await attended(organiser, ada="full")
    await correct(organiser, booked, ada="absent:signed in by mistake")
    first = (await organiser.told(AttendanceSettled))[0]
    before = await listed(organiser)
    await follow_register(organiser.world.running["courses"].work(), first)
    assert await listed(organiser) == before
    assert before[0]["status"] == "revoked"


async def test_a_settlement_that_comes_after_its_correction_certifies_nothing(organiser: Organiser) -> None:
    booked = await organiser.book(await organiser.opened(), URNS[0], "ada")
    organiser.later(days=61)
    await organiser.attend(booked, ada="full")
    await organiser.attend(booked, ada="absent:signed in by mistake")
    first, correction = await organiser.told(AttendanceSettled)
    work = organiser.world.running["courses"].work()
    await follow_register(work, correction)
    await follow_register(work, first)
    await organiser.world.settle()
    assert await listed(organiser) == []


@pytest.mark.parametrize("typed", ["7K3Q-X9M2-WDF4-T8V8", "7K3Q-X9M2-WDF4-T8V2", "x", "0", "%24gt", "A" * 300])
async def test_a_wrong_number_is_not_found_whatever_is_wrong_with_it(organiser: Organiser, typed: str) -> None:
    await attended(organiser, ada="full")
    status, answer = await verified(organiser, typed)
    assert (status, answer["type"]) == (404, "/problems/not-found")
    assert not {"allowed", "field", "state"} & answer.keys()


async def test_numbers_are_drawn_and_not_counted(organiser: Organiser) -> None:
    await attended(organiser, **{f"d_{n}": "full" for n in range(8)})
    numbers = [certificate["facts"]["number"].replace("-", "") for certificate in await listed(organiser)]
    assert len({number[:4] for number in numbers}) == len(numbers)
    assert {character for number in numbers for character in number} <= set(ALPHABET)


async def test_a_delegate_sees_their_own_wherever_they_are_now(organiser: Organiser) -> None:
    await attended(organiser, ada="full", bo="full")
    elsewhere = organiser.world.caller("ada", "teacher", school_urn=URNS[1])
    seen = (await organiser.get(PATH, elsewhere))["items"]
    assert [certificate["facts"]["delegate_id"] for certificate in seen] == ["ada"]


async def test_another_school_sees_none(organiser: Organiser) -> None:
    await attended(organiser, ada="full")
    assert (await organiser.get(PATH, organiser.school(URNS[1])))["items"] == []
    assert (await organiser.get(PATH, organiser.school(URNS[1]), delegate_id="ada"))["items"] == []
    assert len((await organiser.get(PATH, organiser.officer()))["items"]) == 1


async def test_a_list_goes_on_where_its_page_ended(organiser: Organiser) -> None:
    await attended(organiser, ada="full", bo="full", cy="full")
    first = await organiser.get(PATH, organiser.school(), limit=2)
    rest = await organiser.get(PATH, organiser.school(), limit=2, cursor=first["next"])
    seen = [certificate["facts"]["delegate_id"] for certificate in (*first["items"], *rest["items"])]
    assert sorted(seen) == ["ada", "bo", "cy"]
    assert rest["next"] is None
