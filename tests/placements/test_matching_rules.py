"""Matching: hard rules apart from soft ones, each factor with its weight, and what would have to change."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.placements.domain.matching import Opening, Scale, Seeker, Window, fit, weekdays
from services.placements.domain.vocabulary import AccessNeed, Phase
from services.placements.policies import policy_at
from services.placements.views.matching import ranked
from shared.position import Position
from shared.testing.world import START

MONDAY = date(2027, 6, 7)
YORK, LEEDS = Position(53.96, -1.08), Position(53.80, -1.55)
POLICY = policy_at(START)
SCALE = Scale(POLICY.weights, POLICY.far_km)

SEEKER = Seeker(
    key="request-1",
    subjects=frozenset({"Physics"}),
    phases=frozenset({Phase.SECONDARY}),
    position=YORK,
    most_km=50,
    free_from=MONDAY,
    free_to=MONDAY + timedelta(days=4),
    remote=True,
    access_needs=frozenset(),
    earlier_placements=0,
    in_partnership=True,
    hosts_before=frozenset(),
    busy=frozenset(),
)
OPENING = Opening(
    key="offer-1",
    subjects=frozenset({"Physics", "Chemistry"}),
    phases=frozenset({Phase.SECONDARY}),
    remote=False,
    windows=(Window(1, MONDAY, MONDAY + timedelta(days=4), YORK),),
    days=5,
    access=frozenset(),
    employer_ids=frozenset({"employer-1"}),
)

IN_LEEDS = {"windows": (Window(1, MONDAY, MONDAY + timedelta(days=4), LEEDS),)}


def week(number: int, weeks: int, position: Position = YORK) -> Window:
    """Monday to Friday, so many weeks after the one that the teacher is free in."""
    starts_on = MONDAY + timedelta(weeks=weeks)
    return Window(number, starts_on, starts_on + timedelta(days=4), position)


def compare(seeker: dict[str, Any] | None = None, opening: dict[str, Any] | None = None) -> Any:
    return fit(replace(SEEKER, **seeker or {}), replace(OPENING, **opening or {}), "offer-1", SCALE)


def points(found: Any, name: str) -> float:
    return float(next(factor.points for factor in found.factors if factor.name == name))


def test_what_fits_in_everything_gets_every_point() -> None:
    found = compare()
    assert found.broken == ()
    assert found.score == sum(POLICY.weights.values()) == 100
    assert [factor.name for factor in found.factors] == list(POLICY.weights)
    assert all(factor.points == factor.weight for factor in found.factors)


@pytest.mark.parametrize(
    ("seeker", "opening", "rule", "would_match"),
    [
        ({"subjects": frozenset({"Biology"})}, {}, "subject", None),
        ({"phases": frozenset({Phase.PRIMARY})}, {}, "phase", None),
        ({"most_km": 10}, IN_LEEDS, "distance", "Within 35.6 km it would match."),
        ({"position": None}, {}, "distance", None),
        ({"remote": False}, {"remote": True}, "remote", "It would match if remote were wanted."),
        ({"access_needs": frozenset({AccessNeed.PARKING})}, {}, "access", "With parking it would match."),
        ({}, {"windows": ()}, "places", "A place that becomes free would match."),
        ({"busy": frozenset({MONDAY})}, {}, "dates", None),
    ],
)
def test_a_hard_rule_says_no_and_what_would_change_that(
    seeker: dict[str, Any], opening: dict[str, Any], rule: str, would_match: str | None
) -> None:
    (broken,) = compare(seeker, opening).broken
    assert (broken.rule, broken.would_match) == (rule, would_match)


@pytest.mark.parametrize(
    ("weeks", "says"),
    [
        (1, "A week later it would match."),
        (3, "3 weeks later it would match."),
        (-1, "A week earlier it would match."),
    ],
)
def test_dates_that_miss_say_by_how_much(weeks: int, says: str) -> None:
    starts_on = MONDAY + timedelta(weeks=weeks)
    (broken,) = compare({}, {"windows": (Window(1, starts_on, starts_on + timedelta(days=4), YORK),)}).broken
    assert broken.would_match == says


@pytest.mark.parametrize("weeks", [1, 3, -1, -2])
def test_what_is_said_would_indeed_make_it_match(weeks: int) -> None:
    """The counterfactual, tried out: a teacher who is free so much later or earlier fits."""
    starts_on = MONDAY + timedelta(weeks=weeks)
    opening = {"windows": (Window(1, starts_on, starts_on + timedelta(days=4), YORK),)}
    assert compare({}, opening).broken
    moved = {"free_from": MONDAY + timedelta(weeks=weeks), "free_to": MONDAY + timedelta(weeks=weeks, days=4)}
    assert compare(moved, opening).broken == ()


def test_a_distance_that_is_said_would_indeed_make_it_match() -> None:
    opening = IN_LEEDS
    (broken,) = compare({"most_km": 10}, opening).broken
    assert broken.would_match is not None
    km = float(broken.would_match.split()[1])
    assert compare({"most_km": km}, opening).broken == ()


def test_the_first_cohort_that_fits_is_the_one() -> None:
    assert compare({}, {"windows": (week(1, 2), week(2, 0))}).cohort == 2


def test_the_distance_is_that_of_the_cohort_that_fits() -> None:
    found = compare({}, {"windows": (week(1, 2), week(2, 0, LEEDS))})
    assert (found.cohort, found.distance_km, found.broken) == (2, 35.6, ())
    (broken,) = compare({"most_km": 10}, {"windows": (week(1, 2), week(2, 0, LEEDS))}).broken
    assert (broken.rule, broken.would_match) == ("distance", "Within 35.6 km it would match.")


def test_of_cohorts_that_fit_one_within_reach_is_chosen() -> None:
    free = {"most_km": 10, "free_to": MONDAY + timedelta(weeks=4)}
    found = compare(free, {"windows": (week(1, 0, LEEDS), week(2, 1))})
    assert (found.cohort, found.distance_km, found.broken) == (2, 0.0, ())


def test_dates_that_miss_are_those_of_a_cohort_within_reach() -> None:
    (broken,) = compare({"most_km": 10}, {"windows": (week(1, 1, LEEDS), week(2, 3))}).broken
    assert broken.would_match == "3 weeks later it would match."


@pytest.mark.parametrize("starts", [0, 7])
def test_too_few_free_days_are_no_placement_elsewhere(starts: int) -> None:
    first = MONDAY + timedelta(days=starts)
    weeks = {"windows": (Window(1, MONDAY, MONDAY + timedelta(days=18), YORK),)}
    (broken,) = compare({"free_from": first, "free_to": first + timedelta(days=2)}, weeks).broken
    assert broken.says == "It takes 5 working days, and the teacher is free on fewer."
    assert broken.would_match == "Free from 2027-06-07 to 2027-06-25 it would match."
    free = {"free_from": MONDAY, "free_to": MONDAY + timedelta(days=18)}
    assert compare(free, weeks).broken == ()


@pytest.mark.parametrize(
    ("seeker", "opening", "factor", "expected"),
    [
        ({"subjects": frozenset({"Physics", "Biology"})}, {}, "subject", 17.5),
        ({}, {"remote": True}, "distance", 20.0),
        ({}, IN_LEEDS, "distance", 8.13),
        ({"phases": frozenset({Phase.SECONDARY, Phase.POST_16})}, {}, "phase", 5.0),
        ({"earlier_placements": 1}, {}, "earlier-placements", 5.0),
        ({"earlier_placements": 1, "hosts_before": frozenset({"employer-1"})}, {}, "earlier-placements", 2.5),
        ({"in_partnership": False}, {}, "partnership", 0.0),
    ],
)
def test_a_soft_rule_costs_points_and_never_the_match(
    seeker: dict[str, Any], opening: dict[str, Any], factor: str, expected: float
) -> None:
    found = compare(seeker, opening)
    assert found.broken == ()
    assert points(found, factor) == pytest.approx(expected, abs=0.1)
    assert found.score < 100 or opening.get("remote")


def test_what_matches_is_ranked_and_near_misses_stand_apart() -> None:
    best = compare()
    good = replace(compare({"in_partnership": False}), key="offer-2")
    near = replace(compare({"most_km": 1}, IN_LEEDS), key="offer-3")
    hopeless = replace(compare({"subjects": frozenset({"Biology"})}), key="offer-4")
    found = ranked([good, near, hopeless, best], 10)
    assert [one.key for one in found.matches] == ["offer-1", "offer-2"]
    assert [one.key for one in found.near_misses] == ["offer-3"]
    assert found.considered == 4


@pytest.mark.parametrize("length", range(1, 30))
@pytest.mark.parametrize("offset", range(7))
def test_weekdays_are_counted_as_a_calendar_does(offset: int, length: int) -> None:
    first = MONDAY + timedelta(days=offset)
    days = [first + timedelta(days=day) for day in range(length)]
    assert weekdays(first, days[-1]) == sum(day.weekday() < 5 for day in days)
