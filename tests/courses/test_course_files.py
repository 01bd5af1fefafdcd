"""Course files: our words for theirs, bad cells by row, column and rule; the same file twice changes nothing."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.courses.domain.course_file import (
    ColumnsMissing,
    FileTooLong,
    FileUnreadable,
    read_occurrences,
    read_templates,
)
from services.courses.domain.vocabulary import AgeGroup, Delivery, Phase
from tests.courses.organiser import Organiser

TEMPLATES = "template_id,code,title,delivery,duration,duration_unit,subject,additional_subjects,age_groups"
GOOD = "t-1,PH210,Practical physics,remote,2,Days,Physics,Science; Physics,11-14 years; Key stage 4"
OCCURRENCES = "occurrence_id,template_id,start,end,delivery,title,instance_code,region,venue_name,postcode,latitude"
DATED = "o-1,t-1,2027-06-03T09:30:00,2027-06-03T15:30:00,face-to-face,,A01,London,Bench House,ec1a 1aa,51.5"


def file(*rows: str) -> bytes:
    return "\n".join(rows).encode()


def test_a_course_is_read_in_our_words() -> None:
    (row,), errors = read_templates(file(TEMPLATES, GOOD))
    assert errors == []
    assert row.course.delivery is Delivery.LIVE_REMOTE
    assert row.course.age_groups == (AgeGroup.AGE_11_TO_14, AgeGroup.AGE_14_TO_16)
    assert row.course.phases == (Phase.SECONDARY,)
    assert row.course.subjects == ("Physics", "Science")


@pytest.mark.parametrize(
    ("theirs", "ours"), [("remote", "live-remote"), ("online", "self-paced"), ("face-to-face", "face-to-face")]
)
def test_their_words_for_delivery_become_ours(theirs: str, ours: str) -> None:
    (row,), _ = read_templates(file(TEMPLATES, GOOD.replace("remote", theirs)))
    assert row.course.delivery.value == ours


@pytest.mark.parametrize(
    ("row", "column", "rule"),
    [
        (GOOD.replace("PH210", ""), "code", "missing"),
        (GOOD.replace("PH210", "PH 210"), "code", "not-an-identifier"),
        (GOOD.replace("Practical physics", ""), "title", "missing"),
        (GOOD.replace("Practical physics", "x" * 201), "title", "too-long"),
        (GOOD.replace("remote", "by pigeon"), "delivery", "unknown-delivery"),
        (GOOD.replace("11-14 years", "grown-ups"), "age_groups", "unknown-age-group"),
        (GOOD.replace(",2,", ",two,"), "duration", "not-a-number"),
        (GOOD.replace("Days", "moons"), "duration_unit", "unknown-unit"),
        (GOOD.replace("t-1", "$where"), "template_id", "not-an-identifier"),
        (GOOD.replace("Physics,", "\x07Physics,", 1), "subject", "control-characters"),
        ("t-1", "subject", "missing"),
    ],
)
def test_a_bad_course_is_named_by_row_column_and_rule(row: str, column: str, rule: str) -> None:
    rows, (error,) = read_templates(file(TEMPLATES, GOOD.replace("t-1", "t-0").replace("PH210", "PH1"), row))
    assert [good.template_id for good in rows] == ["t-0"]
    assert (error.row, error.column, error.rule) == (3, column, rule)


def test_the_second_row_of_the_same_identity_is_refused() -> None:
    rows, errors = read_templates(file(TEMPLATES, GOOD, GOOD.replace("t-1", "t-2").replace("PH210", "ph210")))
    assert len(rows) == 1
    assert [(error.row, error.column, error.rule) for error in errors] == [(3, "code", "double")]


def test_an_occurrence_is_read_with_its_local_times_in_utc() -> None:
    (row,), errors = read_occurrences(file(OCCURRENCES, DATED), "Europe/London")
    assert errors == []
    assert row.starts_at == datetime(2027, 6, 3, 8, 30, tzinfo=UTC)
    assert (row.venue.postcode, row.venue.latitude, row.title) == ("EC1A 1AA", 51.5, None)


@pytest.mark.parametrize(
    ("row", "column", "rule"),
    [
        (DATED.replace("2027-06-03T15:30:00", "2027-06-03T09:30:00"), "end", "not-after-start"),
        (DATED.replace("2027-06-03T09:30:00", "3 June"), "start", "not-a-time"),
        (DATED.replace("2027-06-03T09:30:00", "0001-01-01T00:00:00"), "start", "out-of-range"),
        (DATED.replace("51.5", "951.5"), "latitude", "out-of-range"),
        (DATED.replace("51.5", "nan"), "latitude", "out-of-range"),
        (DATED.replace("51.5", "north"), "latitude", "not-a-number"),
    ],
)
def test_a_bad_occurrence_is_named_by_row_column_and_rule(row: str, column: str, rule: str) -> None:
    rows, (error,) = read_occurrences(file(OCCURRENCES, row), "Europe/London")
    assert rows == []
    assert (error.row, error.column, error.rule) == (2, column, rule)


def test_a_file_without_the_columns_that_are_needed_says_which() -> None:
    with pytest.raises(ColumnsMissing) as refusal:
        read_templates(file("template_id,title,delivery", "a,b,c"))
    assert refusal.value.facts == {"columns": ["code", "subject"]}


@pytest.mark.parametrize("content", [b"", b"\n\n", b'template_id,code,title,delivery,subject\n"open'])
def test_what_is_no_csv_is_refused_whole(content: bytes) -> None:
    with pytest.raises(FileUnreadable):
        read_templates(content)


def test_a_file_that_is_too_long_is_refused_whole() -> None:
    with pytest.raises(FileTooLong):
        read_templates(file(TEMPLATES, *[GOOD] * 5001))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252"])
def test_both_encodings_are_read(encoding: str) -> None:
    content = "\r\n".join([TEMPLATES, GOOD.replace("Practical", "Café")]).encode(encoding)
    (row,), _ = read_templates(content)
    assert row.course.title == "Café physics"


async def send(organiser: Organiser, kind: str, content: bytes, **query: Any) -> Any:
    answer = await organiser.world.client("courses").post(
        "/api/course-imports",
        params={"kind": kind} | query,
        content=content,
        headers={
            **organiser.officer(),
            "Idempotency-Key": f"{kind}-{len(content)}-{query}",
            "Content-Type": "text/csv",
        },
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def counts(answer: Any) -> tuple[int, int, int, int]:
    return answer["created"], answer["changed"], answer["unchanged"], answer["rejected"]


async def test_an_import_adds_changes_and_leaves_alone(organiser: Organiser) -> None:
    assert counts(await send(organiser, "templates", file(TEMPLATES, GOOD))) == (1, 0, 0, 0)
    assert counts(await send(organiser, "templates", file(TEMPLATES, GOOD), on_error="import-good-rows")) == (
        0,
        0,
        1,
        0,
    )
    changed = GOOD.replace("Practical", "Impractical")
    assert counts(await send(organiser, "templates", file(TEMPLATES, changed))) == (0, 1, 0, 0)
    assert (await organiser.get("/api/courses/t-1"))["title"] == "Impractical physics"


async def test_a_dry_run_writes_nothing(organiser: Organiser) -> None:
    answer = await send(organiser, "templates", file(TEMPLATES, GOOD), dry_run="true")
    assert (counts(answer), answer["written"]) == ((1, 0, 0, 0), False)
    assert (await organiser.get("/api/courses"))["items"] == []


async def test_bad_rows_stop_an_import_unless_the_good_ones_are_asked_for(organiser: Organiser) -> None:
    content = file(TEMPLATES, GOOD, GOOD.replace("PH210", "").replace("t-1", "t-2"))
    stopped = await send(organiser, "templates", content)
    assert (stopped["written"], stopped["rejected"]) == (False, 1)
    assert (await organiser.get("/api/courses"))["items"] == []
    went_on = await send(organiser, "templates", content, on_error="import-good-rows")
    assert (went_on["written"], counts(went_on)) == (True, (1, 0, 0, 1))


async def test_a_code_that_another_course_holds_is_a_row_error(organiser: Organiser) -> None:
    await organiser.course(code="PH210")
    answer = await send(organiser, "templates", file(TEMPLATES, GOOD))
    assert [(error["column"], error["rule"]) for error in answer["errors"]] == [("code", "taken")]


async def test_occurrences_are_published_when_asked_and_then_stay_as_they_are(organiser: Organiser) -> None:
    await send(organiser, "templates", file(TEMPLATES, GOOD))
    assert counts(await send(organiser, "occurrences", file(OCCURRENCES, DATED), publish="true")) == (1, 0, 0, 0)
    occurrence = await organiser.get("/api/occurrences/o-1")
    assert (occurrence["status"], occurrence["delivery"], occurrence["capacity"]) == ("open", "face-to-face", 20)
    again = await send(organiser, "occurrences", file(OCCURRENCES, DATED))
    assert counts(again) == (0, 0, 1, 0)
    moved = await send(organiser, "occurrences", file(OCCURRENCES, DATED.replace("T09", "T10")))
    assert [error["rule"] for error in moved["errors"]] == ["occurrence-announced"]


async def test_a_draft_takes_over_what_the_file_says_now(organiser: Organiser) -> None:
    await send(organiser, "templates", file(TEMPLATES, GOOD))
    await send(organiser, "occurrences", file(OCCURRENCES, DATED), capacity=7)
    changed = await send(organiser, "occurrences", file(OCCURRENCES, DATED.replace("T09", "T10")))
    assert counts(changed) == (0, 1, 0, 0)
    occurrence = await organiser.get("/api/occurrences/o-1")
    assert (occurrence["starts_at"], occurrence["capacity"]) == ("2027-06-03T09:30:00Z", 7)


async def test_an_occurrence_of_an_unknown_course_is_a_row_error(organiser: Organiser) -> None:
    answer = await send(organiser, "occurrences", file(OCCURRENCES, DATED))
    assert [(error["row"], error["rule"]) for error in answer["errors"]] == [(2, "unknown-course")]


def real(name: str) -> bytes:
    """A real file, where there is one: STEM_REAL_DATA names the folder, or it lies beside the repository."""
    beside = Path(__file__).parents[2].parent / "shared" / "data"
    path = Path(os.environ.get("STEM_REAL_DATA", beside)) / name
    if not path.is_file():
        pytest.skip(f"the real file {name} is not here: set STEM_REAL_DATA to its folder")
    return path.read_bytes()


async def test_the_real_catalogue_is_imported_but_for_its_known_dirt(organiser: Organiser) -> None:
    courses, dates = real("cpd_courses.csv"), real("cpd_occurrences.csv")
    first = await send(organiser, "templates", courses, on_error="import-good-rows")
    assert counts(first) == (166, 0, 0, 2)
    assert {(error["column"], error["rule"]) for error in first["errors"]} == {("code", "missing")}
    dated = await send(organiser, "occurrences", dates, on_error="import-good-rows")
    assert {error["rule"] for error in dated["errors"]} == {"unknown-course", "not-after-start"}
    assert dated["rows"] == 293
    assert dated["created"] == 293 - dated["rejected"] > 250
    again = await send(organiser, "occurrences", dates, on_error="import-good-rows", dry_run="true")
    assert again["unchanged"] == dated["created"]
