"""A certificate follows the latest revision of the register, in whatever order revisions come."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.courses.domain.certificate import CORRECTED, Attended, Certificate, CertificateStatus, Facts, follow
from services.courses.domain.certificate_number import ALPHABET, DRAWN, as_written, number_of
from tests.courses.desk import STARTS, announced

NUMBER = "7K3Q-X9M2-WDF4-T8V8"
NOW = STARTS + timedelta(days=8)
OCCURRENCE = announced(2, sessions=2)
drawn = st.lists(st.integers(0, len(ALPHABET) - 1), min_size=DRAWN, max_size=DRAWN)


def after(*revisions: tuple[int, bool], known: Certificate | None = None) -> Certificate | None:
    """The certificate after these revisions: their numbers, and whether the delegate was there in full."""
    for count, (revision, in_full) in enumerate(revisions):
        attended = Attended("ada", "900001", "booking-1", revision, in_full)
        root = follow(known, OCCURRENCE, attended, NOW + timedelta(hours=count), NUMBER).root
        known = root if isinstance(root, Certificate) else known
    return known


def issued() -> Certificate:
    certificate = after((1, True))
    assert certificate is not None
    return certificate


def test_full_attendance_is_certified_with_its_facts() -> None:
    assert issued().facts == Facts(
        number=NUMBER,
        delegate_id="ada",
        school_urn="900001",
        course_code="PH210",
        course_title="Practical physics",
        starts_on=STARTS.date(),
        ends_on=(STARTS + timedelta(weeks=1)).date(),
        minutes=720,
        issued_at=NOW,
    )


def test_less_than_full_attendance_leaves_nothing() -> None:
    assert after((1, False)) is None


def test_a_correction_revokes_and_says_why() -> None:
    revoked = after((1, True), (2, False))
    assert revoked is not None
    assert (revoked.status, revoked.reason) == (CertificateStatus.REVOKED, CORRECTED)
    assert revoked.revoked_at == NOW + timedelta(hours=1)
    assert (revoked.facts, revoked.sha256) == (issued().facts, issued().sha256)


def test_a_further_correction_that_changes_nothing_keeps_the_time_of_the_revocation() -> None:
    revoked = after((1, True), (2, False), (3, False))
    assert revoked is not None
    assert (revoked.revision, revoked.revoked_at) == (3, NOW + timedelta(hours=1))


def test_what_is_given_back_is_the_same_certificate() -> None:
    reinstated = after((1, True), (2, False), (3, True))
    assert reinstated is not None
    assert reinstated == issued().model_copy(update={"revision": 3})


def test_a_correction_to_full_attendance_is_certified_when_it_comes() -> None:
    certificate = after((1, False), (2, True))
    assert certificate is not None
    assert certificate.status is CertificateStatus.VALID


@pytest.mark.parametrize("order", [*permutations(enumerate((True, False, True, False), start=1))])
def test_corrections_in_any_order_and_twice_end_where_the_last_one_says(order: tuple[tuple[int, bool], ...]) -> None:
    certificate = after(*order, *order)
    assert certificate is not None
    assert certificate.revision == 4
    assert certificate.status is not CertificateStatus.VALID


def test_an_issue_that_comes_after_its_own_correction_certifies_nothing() -> None:
    withheld = after((2, False), (1, True))
    assert withheld is not None
    assert (withheld.status, withheld.facts) == (CertificateStatus.WITHHELD, None)


def test_what_was_withheld_is_issued_by_a_later_correction() -> None:
    certificate = after((2, False), (1, True), (3, True))
    assert certificate is not None
    assert certificate.status is CertificateStatus.VALID
    assert certificate.facts is not None
    assert certificate.facts.issued_at == NOW + timedelta(hours=2)


def test_the_hash_is_that_of_the_facts_as_anybody_can_write_them() -> None:
    facts = {
        "number": NUMBER,
        "delegate_id": "ada",
        "school_urn": "900001",
        "course_code": "PH210",
        "course_title": "Practical physics, für alle",
        "starts_on": "2026-11-06",
        "ends_on": "2026-11-13",
        "minutes": 720,
        "issued_at": "2026-11-13T16:04:12.482000Z",
    }
    text = json.dumps(dict(sorted(facts.items())), ensure_ascii=False, separators=(",", ":"))
    assert Facts.model_validate(facts).sha256() == hashlib.sha256(text.encode()).hexdigest()
    assert Facts.model_validate(facts).sha256() == "a6b2e215465e8ff6f695d4590e33a2ef00b15f10697f44694fb7ab336edbcfe0"


@pytest.mark.parametrize(
    "change",
    [
        {"number": "2222-2222-2222-2222"},
        {"delegate_id": "bo"},
        {"school_urn": "900002"},
        {"course_code": "PH211"},
        {"course_title": "Practical physics 2"},
        {"starts_on": datetime(2026, 1, 1, tzinfo=UTC).date()},
        {"ends_on": datetime(2026, 1, 1, tzinfo=UTC).date()},
        {"minutes": 721},
        {"issued_at": NOW + timedelta(milliseconds=1)},
    ],
)
def test_every_fact_counts_in_the_hash(change: dict[str, Any]) -> None:
    facts = issued().facts
    assert facts is not None
    assert facts.model_copy(update=change).sha256() != issued().sha256


@given(drawn)
def test_a_number_is_read_as_people_type_it(values: list[int]) -> None:
    number = number_of(values)
    assert as_written(number) == number
    assert as_written(f" {number.lower().replace('-', '')}") == number


@given(drawn, st.integers(0, DRAWN), st.integers(1, len(ALPHABET) - 1))
def test_one_wrong_character_is_always_seen(values: list[int], place: int, off: int) -> None:
    typed = [*number_of(values).replace("-", "")]
    typed[place] = ALPHABET[(ALPHABET.index(typed[place]) + off) % len(ALPHABET)]
    assert as_written("".join(typed)) is None


@given(drawn, st.integers(0, DRAWN), st.integers(0, DRAWN))
def test_two_characters_that_have_changed_places_are_always_seen(values: list[int], one: int, other: int) -> None:
    typed = [*number_of(values).replace("-", "")]
    typed[one], typed[other] = typed[other], typed[one]
    number = "".join(typed)
    assert (as_written(number) is None) is (number != number_of(values).replace("-", ""))


@pytest.mark.parametrize("typed", ["", "7K3Q", f"{NUMBER}2", f"{NUMBER[:-1]}0", "0" * 16, "ÄÄÄÄ-ÄÄÄÄ-ÄÄÄÄ-ÄÄÄÄ", "$gt"])
def test_what_is_no_number_is_none(typed: str) -> None:
    assert as_written(typed) is None
