"""A superseded version is read through its upcaster, one version after the other."""

from __future__ import annotations

from typing import ClassVar

import pytest

from shared.contracts import catalogue
from shared.contracts.event import Event, lifts


class Posted(Event):
    type: ClassVar[str] = "letters.posted.v3"
    aggregate: ClassVar[str] = "letters/{letter_id}"
    letter_id: str
    weight_grams: int
    country: str


class PostedHeavy(Event):
    type: ClassVar[str] = "letters.posted.v2"
    aggregate: ClassVar[str] = "letters/{letter_id}"
    letter_id: str
    weight_grams: int


class PostedFirst(Event):
    type: ClassVar[str] = "letters.posted.v1"
    aggregate: ClassVar[str] = "letters/{letter_id}"
    letter_id: str
    weight_ounces: int


def in_grams(older: PostedFirst) -> PostedHeavy:
    return PostedHeavy(letter_id=older.letter_id, weight_grams=older.weight_ounces * 28)


def at_home(older: PostedHeavy) -> Posted:
    return Posted(letter_id=older.letter_id, weight_grams=older.weight_grams, country="GB")


@pytest.fixture(autouse=True)
def letters(monkeypatch: pytest.MonkeyPatch) -> None:
    ladder = {row.older.type: row for row in (lifts(PostedFirst, in_grams), lifts(PostedHeavy, at_home))}
    versions = {event.type: event for event in (Posted, PostedHeavy, PostedFirst)}
    monkeypatch.setattr(catalogue, "UPCASTERS", ladder)
    monkeypatch.setattr(catalogue, "VERSIONS", versions)


def test_an_event_two_versions_old_is_lifted_through_both() -> None:
    event = catalogue.decode("letters.posted.v1", b'{"letter_id": "a", "weight_ounces": 2}')

    assert event == Posted(letter_id="a", weight_grams=56, country="GB")


def test_a_current_event_is_left_as_it_is() -> None:
    event = catalogue.decode("letters.posted.v3", b'{"letter_id": "a", "weight_grams": 5, "country": "FR"}')

    assert event == Posted(letter_id="a", weight_grams=5, country="FR")


def test_a_body_of_an_old_version_is_held_to_the_old_contract() -> None:
    with pytest.raises(catalogue.MalformedEvent) as refused:
        catalogue.decode("letters.posted.v1", b'{"letter_id": "a", "weight_grams": 56}')

    assert refused.value.problems == ("weight_ounces: Field required",)
