"""Who may take part, why not, and what would change it."""

from __future__ import annotations

from datetime import date

import pytest

from services.partnerships.domain.eligibility import RULE_SETS, judge, rule_set
from services.partnerships.domain.policy import FORMING_POLICIES, forming_policy
from tests.partnerships.programme import TODAY, facts


def codes(**changes: object) -> list[str]:
    return [reason.code for reason in judge(facts("900001", **changes), TODAY).reasons]


@pytest.mark.parametrize("type", RULE_SETS[0].state_funded_types.values())
def test_every_state_funded_type_may_take_part_but_abroad(type: str) -> None:
    assert codes(type=type) == (["outside-uk"] if type in RULE_SETS[0].abroad_types else [])


@pytest.mark.parametrize("type", RULE_SETS[0].other_types.values())
def test_no_other_type_may(type: str) -> None:
    assert "not-state-funded" in codes(type=type)


@pytest.mark.parametrize("phase", ["Primary", "Secondary", "16 plus", "Nursery", "All-through", "Not applicable"])
def test_any_phase_may_take_part(phase: str) -> None:
    assert codes(phase=phase) == []


def test_the_code_decides_where_the_name_is_missing() -> None:
    assert codes(type=None, type_code="34") == []
    assert codes(type=None, type_code="11") == ["not-state-funded"]


@pytest.mark.parametrize(
    ("census_type", "expected"),
    [
        ("State-funded primary", []),
        ("State-funded special school", []),
        ("Independent school", ["not-state-funded"]),
        (None, ["funding-unknown"]),
        ("Something new", ["funding-unknown"]),
    ],
)
def test_the_census_decides_where_the_type_is_missing(census_type: str | None, expected: list[str]) -> None:
    assert codes(type=None, census_type=census_type) == expected


def test_a_type_that_the_rules_do_not_know_is_not_guessed_from_the_census() -> None:
    assert codes(type="Welsh establishment", census_type="State-funded primary") == ["funding-unknown"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [("open", []), ("proposed-to-close", []), ("closed", ["closed"]), ("proposed-to-open", ["not-open-yet"])],
)
def test_the_school_must_be_open(status: str, expected: list[str]) -> None:
    assert codes(status=status) == expected


def test_a_closed_school_is_pointed_to_its_successor() -> None:
    (reason,) = judge(facts("900001", status="closed"), TODAY, "900077").reasons
    assert "900077" in reason.would_change


def test_a_school_that_is_to_open_is_told_when() -> None:
    (reason,) = judge(facts("900001", status="proposed-to-open", opened_on=date(2027, 9, 1)), TODAY).reasons
    assert "2027-09-01" in reason.would_change


@pytest.mark.parametrize(("country", "expected"), [("Wales", []), ("United Arab Emirates", ["outside-uk"]), (None, [])])
def test_the_school_must_be_in_the_united_kingdom(country: str | None, expected: list[str]) -> None:
    assert codes(country=country) == expected


def test_every_reason_is_told() -> None:
    assert codes(type="British schools overseas", status="closed", country="France") == [
        "not-state-funded",
        "closed",
        "outside-uk",
    ]


@pytest.mark.parametrize("day", [date(1990, 1, 1), date(2020, 9, 1), date(2050, 1, 1)])
def test_some_version_of_rules_and_policy_holds_on_every_day(day: date) -> None:
    assert rule_set(day) in RULE_SETS
    assert forming_policy(day) in FORMING_POLICIES


def test_the_answer_names_the_version_of_its_rules() -> None:
    assert judge(facts("900001"), TODAY).rule_set == "2020-09"
