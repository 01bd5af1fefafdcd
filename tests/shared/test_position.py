"""Distances along the earth's surface."""

from __future__ import annotations

import pytest

from shared.position import Position

YORK = Position(53.9583, -1.0803)


def test_distances_are_those_of_the_map() -> None:
    assert YORK.km_to(51.5074, -0.1278) == pytest.approx(280, abs=3)
    assert YORK.km_to(55.9533, -3.1883) == pytest.approx(259, abs=3)


def test_a_place_is_nowhere_from_itself_and_as_far_there_as_back() -> None:
    london = Position(51.5074, -0.1278)
    assert YORK.km_to(YORK.latitude, YORK.longitude) == 0
    assert YORK.km_to(london.latitude, london.longitude) == pytest.approx(
        london.km_to(YORK.latitude, YORK.longitude), abs=1e-9
    )
