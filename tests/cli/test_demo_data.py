"""The demo data is invented, and has the form of the real extracts."""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path

import pytest

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
