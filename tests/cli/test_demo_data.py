"""The demo data is invented, and has the form of the real extracts."""

from __future__ import annotations

import csv
import io
import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.cli.hosts import EMPLOYER, HOST
from infra.cli.seed import NOTICE, ahead, offers_ahead
from infra.cli.volunteers import VOLUNTEERS
from services.gateway.demo_accounts import DEMO_EMPLOYER, PARTNERS
from services.placements.domain.offer_file import read_offers

REPOSITORY = Path(__file__).parent.parent.parent
DEMO_DATA = REPOSITORY / "infra" / "cli" / "demo_data"
REAL_DATA = Path(os.environ.get("STEM_REAL_DATA") or REPOSITORY.parent / "shared" / "data")


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def test_schools_have_urns_that_no_real_school_has() -> None:
    urns = [row["URN"] for row in rows(DEMO_DATA / "schools.csv")]
    assert urns == [str(900001 + number) for number in range(12)]


def test_one_school_is_closed_and_lives_on_under_the_same_number() -> None:
    schools = rows(DEMO_DATA / "schools.csv")
    closed = [school for school in schools if school["EstablishmentStatus"] == "Closed"]
    assert len(closed) == 1
    same = [
        school
        for school in schools
        if (school["LACode"], school["EstablishmentNumber"]) == (closed[0]["LACode"], closed[0]["EstablishmentNumber"])
    ]
    assert [school["EstablishmentStatus"] for school in same] == ["Closed", "Open"]


def test_one_school_is_independent() -> None:
    types = [school["CensusSchoolType"] for school in rows(DEMO_DATA / "schools.csv")]
    assert types.count("Independent school") == 1


def test_occurrences_belong_to_templates() -> None:
    templates = {row["template_id"]: row["title"] for row in rows(DEMO_DATA / "course_templates.csv")}
    for occurrence in rows(DEMO_DATA / "course_occurrences.csv"):
        assert templates[occurrence["template_id"]] == occurrence["title"]


def test_nobody_is_named() -> None:
    for file in DEMO_DATA.glob("*.csv"):
        assert not re.search(r"@|Head(First|Last)Name|TelephoneNum", file.read_text())


@pytest.mark.parametrize(
    ("invented", "real"),
    [("course_templates.csv", "cpd_courses.csv"), ("course_occurrences.csv", "cpd_occurrences.csv")],
)
def test_course_files_have_the_columns_of_the_real_ones(invented: str, real: str) -> None:
    if not (REAL_DATA / real).exists():
        pytest.skip(f"the real extract {real} is not here (set STEM_REAL_DATA)")
    assert rows(DEMO_DATA / invented)[0].keys() == rows(REAL_DATA / real)[0].keys()


def test_the_schools_columns_are_known_to_the_register() -> None:
    if not (REAL_DATA / "gias_extract.csv").exists():
        pytest.skip("the real extract gias_extract.csv is not here (set STEM_REAL_DATA)")
    known = rows(REAL_DATA / "gias_extract.csv")[0].keys() | rows(REAL_DATA / "gias_raw_header_fixture.csv")[0].keys()
    assert rows(DEMO_DATA / "schools.csv")[0].keys() <= known


def occurrences_on(today: datetime) -> list[dict[str, str]]:
    text = (DEMO_DATA / "course_occurrences.csv").read_text()
    return list(csv.DictReader(io.StringIO(ahead(text, today))))


@pytest.mark.parametrize("year", [2026, 2027, 2028, 2031, 2040])
def test_there_is_always_something_to_book(year: int) -> None:
    today = datetime(year, 5, 1, tzinfo=UTC)
    starts = [datetime.fromisoformat(row["start"]).replace(tzinfo=UTC) for row in occurrences_on(today)]
    assert all(start - today >= NOTICE for start in starts)


def test_an_occurrence_that_is_moved_keeps_its_weekday_and_becomes_another_one() -> None:
    first, later = occurrences_on(datetime(2026, 11, 1, tzinfo=UTC)), occurrences_on(datetime(2029, 11, 1, tzinfo=UTC))
    for before, after in zip(first, later, strict=True):
        starts = [datetime.fromisoformat(row["start"]) for row in (before, after)]
        assert starts[0].weekday() == starts[1].weekday()
        assert starts[0].time() == starts[1].time()
        assert before["occurrence_id"] != after["occurrence_id"]


def test_the_same_day_seeds_the_same_occurrences() -> None:
    today = datetime(2027, 2, 1, tzinfo=UTC)
    assert occurrences_on(today) == occurrences_on(today)


def test_ambassadors_have_accounts_of_their_own_and_live_where_schools_are() -> None:
    accounts = {account.email for account in PARTNERS if "ambassador" in account.scope.roles}
    assert {volunteer.email for volunteer in VOLUNTEERS} == accounts
    postcodes = {row["Postcode"] for row in rows(DEMO_DATA / "schools.csv")}
    assert {volunteer.profile["postcode"] for volunteer in VOLUNTEERS} <= postcodes


def test_everybody_of_the_demo_can_talk_about_physics_in_a_secondary_school() -> None:
    for volunteer in VOLUNTEERS:
        subjects, phases, formats = (volunteer.profile[name] for name in ("subjects", "phases", "formats"))
        assert isinstance(subjects, list)
        assert isinstance(phases, list)
        assert isinstance(formats, list)
        assert ("Physics" in subjects, "secondary" in phases, "talk" in formats) == (True, True, True)


def test_the_employer_has_a_host_contact_and_a_number_that_no_company_has() -> None:
    (host,) = [account for account in PARTNERS if account.email == HOST]
    assert host.scope.employer_id == DEMO_EMPLOYER
    assert str(EMPLOYER["company_number"]).startswith("99")


@pytest.mark.parametrize("year", [2026, 2027, 2028, 2031, 2040])
def test_there_is_always_a_placement_to_apply_for(year: int) -> None:
    today = datetime(year, 5, 1, tzinfo=UTC)
    text = (DEMO_DATA / "placement_offers.csv").read_text()
    offers, errors = read_offers(offers_ahead(text, today).encode())
    assert errors == []
    assert len(offers) == 3
    for cohort in (cohort for offer in offers for cohort in offer.cohorts):
        assert cohort.starts_on >= (today + NOTICE).date()
        assert cohort.starts_on.weekday() == 0
