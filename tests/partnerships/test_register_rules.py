"""Register files and rows: what is read, and which rule refuses what."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.partnerships.domain.register_file import (
    PIECE_ROWS,
    RegisterColumnsMissing,
    RegisterFileUnreadable,
    cut,
)
from services.partnerships.domain.register_row import GridPlace, ReadRow, RowError, read
from services.partnerships.domain.school import Facts, successor_of
from services.partnerships.domain.search_words import words_of
from services.partnerships.use_cases.positions import positions
from tests.partnerships.registers import extract, row

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def both(body: bytes) -> tuple[list[ReadRow], list[RowError]]:
    good: list[ReadRow] = []
    errors: list[RowError] = []
    for piece in cut("import-1", body, NOW):
        rows, broken = read(piece)
        good += rows
        errors += broken
    return good, errors


def only(body: bytes) -> Facts:
    (one,), errors = both(body)
    assert errors == []
    return one.facts


def broken(**changes: str) -> list[tuple[int, str, str, str]]:
    good, errors = both(extract(row("900001"), row("900002", **changes)))
    assert [one.facts.urn for one in good] == ["900001"]
    return [(error.row, error.column, error.rule, error.value) for error in errors]


@pytest.mark.parametrize("full", [False, True], ids=["the extract's header", "the full header"])
def test_columns_are_found_by_either_name(full: bool) -> None:
    facts = only(extract(row("900001"), full=full))
    assert (facts.type, facts.phase, facts.status, facts.region, facts.la_number) == (
        "Community school",
        "Secondary",
        "open",
        "North East",
        "391/0001",
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_every_encoding_a_file_comes_in_is_read(encoding: str) -> None:
    body = extract(row("900001", EstablishmentName="École Sainte-Thérèse · Höhe"), encoding=encoding)
    assert only(body).name == "École Sainte-Thérèse · Höhe"


def test_a_character_that_no_encoding_has_is_refused() -> None:
    body = extract(row("900001", EstablishmentName="École"), encoding="cp1252").replace(b"\xc9", b"\x81")
    good, errors = both(body)
    assert good == []
    assert [(error.column, error.rule) for error in errors] == [("name", "undecodable-character")]


def test_columns_come_in_any_order() -> None:
    body = b"Easting,EstablishmentNumber,LACode,PhaseOfEducation,EstablishmentStatus,EstablishmentName,URN\n"
    body += b",4001,391,Secondary,Open,Somewhere,900001\n"
    facts = only(body)
    assert (facts.name, facts.urn, facts.type, facts.postcode) == ("Somewhere", "900001", None, None)


def test_missing_columns_are_named() -> None:
    body = extract(row("900001"), without="PhaseOfEducation").replace(b"EstablishmentStatus", b"State")
    with pytest.raises(RegisterColumnsMissing) as refused:
        cut("import-1", body, NOW)
    assert refused.value.facts["missing"] == [
        "EstablishmentStatus or EstablishmentStatus (name)",
        "PhaseOfEducation or PhaseOfEducation (name)",
    ]


def test_an_optional_column_that_is_missing_says_nothing() -> None:
    assert only(extract(row("900001"), without="Postcode")).postcode is None


@pytest.mark.parametrize("body", [b"", b"\n\n", extract(), b'URN,"LA\nopen quote', b"\x00" * 9])
def test_what_is_no_register_file_is_refused(body: bytes) -> None:
    with pytest.raises((RegisterFileUnreadable, RegisterColumnsMissing)):
        cut("import-1", body, NOW)


@given(st.binary(max_size=400))
def test_no_upload_does_anything_but_be_read_or_refused(noise: bytes) -> None:
    body = extract(row("900001")) + noise
    try:
        good, errors = both(body)
    except RegisterFileUnreadable:
        return
    assert good or errors


def test_a_file_is_cut_into_pieces_whose_rows_keep_their_numbers() -> None:
    body = extract(*(row(str(900_001 + number)) for number in range(PIECE_ROWS + 3)))
    pieces = cut("import-1", body, NOW)
    assert [(piece.first_row, piece.rows) for piece in pieces] == [(2, PIECE_ROWS), (PIECE_ROWS + 2, 3)]
    good, _ = both(body)
    assert [one.row for one in good] == list(range(2, PIECE_ROWS + 5))


@pytest.mark.parametrize(
    ("column", "ours", "value", "rule"),
    [
        ("URN", "urn", "", "missing"),
        ("URN", "urn", "12", "not-a-urn"),
        ("URN", "urn", "=1+1", "not-a-urn"),
        ("EstablishmentName", "name", "", "missing"),
        ("EstablishmentName", "name", "A\x00B", "control-character"),
        ("EstablishmentStatus", "status", "", "missing"),
        ("EstablishmentStatus", "status", "Ajar", "unknown-status"),
        ("PhaseOfEducation", "phase", "", "missing"),
        ("LACode", "la_code", "39x", "not-a-number"),
        ("EstablishmentNumber", "number", "400100", "not-a-number"),
        ("Postcode", "postcode", "NE1", "not-a-postcode"),
        ("NumberOfPupils", "pupils", "-3", "not-a-number"),
        ("NumberOfPupils", "pupils", "60000", "too-large"),
        ("PercentageFSM", "free_meals_percent", "100.1", "not-a-percentage"),
        ("Latitude", "latitude", "12.5", "outside-the-uk"),
        ("Longitude", "longitude", "west", "not-a-number"),
        ("Easting", "easting", "9999999", "outside-the-grid"),
        ("OpenDate", "opened_on", "2012-09-01", "not-a-date"),
        ("CloseDate", "closed_on", "31-02-2012", "not-a-date"),
        ("UKPRN", "ukprn", "1007931", "not-a-number"),
    ],
)
def test_a_broken_rule_is_told_by_row_column_and_rule(column: str, ours: str, value: str, rule: str) -> None:
    told = broken(**{column: value})
    assert told == [(3, ours, rule, value.replace("\x00", " "))]


def test_every_broken_rule_of_a_row_is_told_at_once() -> None:
    told = broken(Postcode="?", NumberOfPupils="many")
    assert {(column, rule) for _, column, rule, _ in told} == {
        ("postcode", "not-a-postcode"),
        ("pupils", "not-a-number"),
    }


def test_a_long_value_is_told_cut_short() -> None:
    ((_, _, rule, value),) = broken(EstablishmentName="x" * 300)
    assert (rule, len(value)) == ("too-long", 40)


def test_a_repeated_urn_is_refused_where_it_comes_again() -> None:
    good, errors = both(extract(row("900001"), row("900002"), row("900001", EstablishmentName="Other")))
    assert [one.facts.name for one in good] == ["School 900001", "School 900002"]
    assert [(error.row, error.column, error.rule) for error in errors] == [(4, "urn", "repeated")]


def test_a_row_of_another_shape_is_refused_as_a_whole() -> None:
    good, errors = both(extract(row("900001")) + b"900002,too short\r\n")
    assert len(good) == 1
    assert [(error.row, error.column, error.rule) for error in errors] == [(3, "", "columns")]


@pytest.mark.parametrize(
    ("column", "value", "field", "expected"),
    [
        ("Postcode", " ne14st ", "postcode", "NE1 4ST"),
        ("EstablishmentStatus", "Open, but proposed to close", "status", "proposed-to-close"),
        ("EstablishmentStatus", "Proposed to open", "status", "proposed-to-open"),
        ("TypeOfEstablishment", "", "type", None),
        ("TypeOfEstablishment", "Not applicable", "type", None),
        ("PhaseOfEducation", "Not applicable", "phase", "Not applicable"),
        ("EstablishmentName", "St  Mary's ", "name", "St Mary's"),
        ("Longitude", "7.5e-05", "longitude", 0.000075),
        ("OpenDate", "01-09-2012", "opened_on", date(2012, 9, 1)),
        ("LACode", "", "la_number", None),
        ("NumberOfPupils", "", "pupils", None),
    ],
)
def test_cells_are_read_as_they_are_meant(column: str, value: str, field: str, expected: object) -> None:
    assert getattr(only(extract(row("900001", **{column: value}))), field) == expected


def test_the_grid_is_used_where_latitude_and_longitude_are_absent() -> None:
    body = extract(row("900001", Latitude="", Longitude="", Easting="424700", Northing="564600"))
    ((one,), _) = both(body)
    assert one.grid == GridPlace(424700, 564600)


def test_the_origin_of_the_grid_is_no_place() -> None:
    body = extract(row("900001", Latitude="", Longitude="", Easting="0", Northing="0"))
    ((one,), _) = both(body)
    assert (one.grid, one.facts.latitude) == (None, None)


def test_a_known_point_of_the_grid_lies_within_metres_of_where_it_should() -> None:
    ((latitude, longitude),) = positions([GridPlace(651409.792, 313177.448)])
    assert latitude == pytest.approx(52 + 39 / 60 + 28.8282 / 3600, abs=4e-5)
    assert longitude == pytest.approx(1 + 42 / 60 + 57.8663 / 3600, abs=5e-5)


def test_no_places_have_no_positions() -> None:
    assert positions([]) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("St Mary's CE Primary", ("st", "marys", "ce", "primary")),
        ("St. Mary\u2019s", ("st", "marys")),
        ("École Française", ("ecole", "francaise")),
        ("The 3-18 Academy (Upper)", ("the", "3", "18", "academy", "upper")),
        ("Park Park", ("park",)),
        ("$where: {}", ("where",)),
        ("", ()),
    ],
)
def test_names_are_searched_without_case_accents_and_punctuation(name: str, words: tuple[str, ...]) -> None:
    assert words_of(name) == words


@given(st.text(max_size=60))
def test_search_words_hold_letters_and_digits_only(name: str) -> None:
    assert all(word.isascii() and word.isalnum() for word in words_of(name))


def closed(**changes: object) -> Facts:
    return Facts.model_validate(
        {"urn": "900001", "name": "Old", "phase": "Primary", "status": "closed", "closed_on": date(2020, 8, 31)}
        | changes
    )


def opened(urn: str, on: date | None, status: str = "open") -> Facts:
    return Facts.model_validate({"urn": urn, "name": "New", "phase": "Primary", "status": status, "opened_on": on})


def test_the_successor_is_the_school_that_opened_next() -> None:
    later, next_one = opened("900009", date(2022, 9, 1)), opened("900008", date(2020, 9, 1))
    assert successor_of(closed(), (later, next_one)) == "900008"


def test_a_school_that_opened_before_the_closing_is_no_successor() -> None:
    assert successor_of(closed(), (opened("900008", date(2011, 9, 1)),)) is None


def test_a_closed_school_is_no_successor() -> None:
    assert successor_of(closed(), (opened("900008", date(2020, 9, 1), "closed"),)) is None


def test_without_days_the_only_candidate_is_the_successor() -> None:
    assert successor_of(closed(closed_on=None), (opened("900008", None),)) == "900008"


def test_without_days_two_candidates_leave_it_open() -> None:
    assert successor_of(closed(), (opened("900008", None), opened("900009", None))) is None
