"""Who suits a request, in which order, and why not."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from services.ambassadors.domain import engagements
from services.ambassadors.domain.ambassador import Engagement, Period
from services.ambassadors.domain.matching import assess, rank
from services.ambassadors.domain.request import Invitation
from services.ambassadors.domain.terms import invitation_ends
from services.ambassadors.domain.vocabulary import Format, Jurisdiction, Phase, Weekday, YearGroup, phases_of
from tests.ambassadors.desk import DAY, NOW, VISIT_TERMS, Desk, dbs, offers, pvg, slot, wanted


def failing(desk: Desk, **changes: Any) -> dict[str, str]:
    """The hard rules that speak against somebody, with their words."""
    found = assess(wanted(*changes.pop("slots", ()), **changes), desk.offer, desk.now)
    return {factor.name: factor.says for factor in found.factors if factor.hard and not factor.holds}


def test_who_suits_has_every_reason_in_words() -> None:
    found = assess(wanted(), Desk.active().offer, NOW)
    assert found.suitable
    assert "5.0 km away, travels up to 30 km" in found.reasons()
    assert "checked for England and Wales" in found.reasons()
    assert found.score == sum(factor.points for factor in found.factors)
    assert [slot.starts_at for slot in found.slots] == [DAY]


@pytest.mark.parametrize(
    ("changes", "factor"),
    [
        ({"subjects": ("Glaciology",)}, "subjects"),
        ({"format": Format.CLUB}, "format"),
        ({"phases": (Phase.PRIMARY,)}, "phases"),
        ({"languages": ("Welsh",)}, "languages"),
        ({"remote": True}, "place"),
        ({"latitude": 56.0}, "place"),
        ({"jurisdiction": Jurisdiction.SCOTLAND}, "checks"),
        ({"slots": (slot(61),)}, "dates"),
    ],
)
def test_one_hard_rule_is_enough(changes: dict[str, Any], factor: str) -> None:
    desk = Desk.active()
    assert list(failing(desk, **changes)) == [factor]
    assert rank(wanted(*changes.pop("slots", ()), **changes), offers(desk), desk.now) == []


def test_a_rule_that_does_not_hold_says_what_would_do() -> None:
    found = assess(wanted(latitude=55.2), Desk.active().offer, NOW)
    (place,) = [factor for factor in found.factors if factor.name == "place"]
    assert (place.holds, place.otherwise) == (False, "a radius of 51 km would do")


def test_who_takes_no_invitations_does_not_suit() -> None:
    assert failing(Desk())["status"] == "takes no invitations now"


def test_a_check_counts_where_its_law_holds() -> None:
    scottish = Desk.active(check=pvg())
    assert list(failing(scottish)) == ["checks"]
    assert failing(scottish, jurisdiction=Jurisdiction.SCOTLAND) == {}


def test_a_check_has_to_last_until_the_day_of_the_visit() -> None:
    desk = Desk.active(check=dbs(date(2023, 10, 1)))
    assert failing(desk) == {"dates": "the check ends before 2026-11-06"}


def test_an_ambassador_comes_on_their_own_days() -> None:
    assert failing(Desk.active(weekdays=(Weekday.MONDAY,)))["dates"] == "not free on a friday"
    away = Desk.active(away=(Period(first=DAY.date(), last=DAY.date()),))
    assert failing(away)["dates"] == "away on 2026-11-06"


def test_of_several_dates_those_are_found_that_fit() -> None:
    desk = Desk.active(weekdays=(Weekday.MONDAY,))
    found = assess(wanted(slot(60), slot(63)), desk.offer, desk.now)
    assert [one.starts_at for one in found.slots] == [DAY + timedelta(days=3)]


def test_a_date_that_is_too_near_is_no_choice_any_more() -> None:
    desk, request = Desk.active(), wanted(slot(1), slot(60))
    assert [one.starts_at for one in assess(request, desk.offer, desk.now).slots] == [DAY]
    desk.pass_time(milliseconds=-1)
    assert [one.starts_at for one in assess(request, desk.offer, desk.now).slots] == [NOW + timedelta(days=1), DAY]
    assert failing(Desk.active(), slots=(slot(1),))["dates"] == "2026-09-08 is too near"


def test_nobody_is_at_two_schools_at_once() -> None:
    desk = Desk.active()
    engagement = Engagement(visit_id="v", starts_at=DAY + timedelta(hours=1), ends_at=DAY + timedelta(hours=2))
    desk.do(engagements.agreed, request_id="other", engagement=engagement)
    assert failing(desk)["dates"] == "at another school on 2026-11-06"
    assert failing(desk, slots=(slot(60, minutes=60),)) == {}


def test_whoever_was_asked_least_comes_first_among_equals() -> None:
    rested, busy = Desk.active("b"), Desk.active("a")
    for number in range(3):
        at = NOW + timedelta(days=100 + number)
        engagement = Engagement(visit_id=f"v{number}", starts_at=at, ends_at=at + timedelta(hours=1))
        busy.do(engagements.agreed, request_id=f"r{number}", engagement=engagement)
    ranking = rank(wanted(), offers(busy, rested), NOW)
    assert [found.ambassador_id for found in ranking] == ["b", "a"]
    assert ranking[0].score - ranking[1].score == 26  # 35 points of load shrink to a quarter


def test_equals_are_taken_in_turn() -> None:
    desks = [Desk.active(name) for name in "abc"]
    served: list[str] = []
    for round_number in range(6):
        best = rank(wanted(), offers(*desks), NOW + timedelta(minutes=round_number))[0].ambassador_id
        served.append(best)
        desk = next(desk for desk in desks if desk.ambassador.id == best)
        desk.pass_time(minutes=round_number)
        desk.do(engagements.invited, request_id=f"r{round_number}", expires_at=NOW + timedelta(days=3))
    assert sorted(served[:3]) == sorted(served[3:]) == ["a", "b", "c"]


@pytest.mark.parametrize(("rested_days", "days", "rested"), [(30, 29, False), (30, 30, True), (7, 29, True)])
def test_who_was_invited_lately_is_rested_after_the_days_of_the_terms(
    rested_days: int, days: int, rested: bool
) -> None:
    desk = Desk.active()
    desk.do(engagements.invited, request_id="other", expires_at=NOW + timedelta(days=3))
    terms = VISIT_TERMS.model_copy(update={"rested_days": rested_days})
    found = assess(wanted().model_copy(update={"terms": terms}), desk.offer, NOW + timedelta(days=days))
    (variety,) = [factor for factor in found.factors if factor.name == "variety"]
    assert (variety.points > 0) == rested


def test_who_has_enough_invitations_to_answer_is_left_alone() -> None:
    desk = Desk.active()
    for number in range(VISIT_TERMS.most_open_invitations):
        desk.do(engagements.invited, request_id=f"r{number}", expires_at=NOW + timedelta(days=3))
    assert failing(desk) == {"open-invitations": "has 3 of at most 3 invitations to answer"}
    desk.do(engagements.answered, request_id="r0")
    assert failing(desk) == {}


def test_whoever_was_asked_is_not_asked_again() -> None:
    desk = Desk.active()
    request = wanted().model_copy(update={"invitations": (_declined(desk),)})
    assert rank(request, offers(desk), NOW) == []
    assert not assess(request, desk.offer, NOW).suitable


def _declined(desk: Desk) -> Invitation:
    return Invitation(
        ambassador_id=desk.ambassador.id,
        invited_at=NOW,
        expires_at=NOW,
        score=0,
        because=(),
        by="schedule",
        ending="declined",
    )


def test_more_shared_subjects_and_less_distance_rank_higher() -> None:
    near, far = Desk.active("near"), Desk.active("far", subjects=("Physics",), radius_km=6)
    ranking = rank(wanted(subjects=("Physics", "Engineering")), offers(far, near), NOW)
    assert [found.ambassador_id for found in ranking] == ["near", "far"]


@pytest.mark.parametrize(
    ("skills", "holds", "says", "points", "otherwise"),
    [
        (("Welding robots", "CAD", "welding"), True, "brings welding robots, CAD", 20, None),
        (("cad",), True, "brings CAD", 10, "welding robots would add 10 points"),
        (("knitting",), False, "has none of welding robots, CAD", 0, "welding robots, CAD would add 20 points"),
        ((), False, "has none of welding robots, CAD", 0, "welding robots, CAD would add 20 points"),
    ],
)
def test_skills_that_are_asked_for_count_and_rule_nobody_out(
    skills: tuple[str, ...], holds: bool, says: str, points: int, otherwise: str | None
) -> None:
    request = wanted(skills=("welding robots", "CAD"))
    found = assess(request, Desk.active(skills=skills).offer, NOW)
    (factor,) = [factor for factor in found.factors if factor.name == "skill-share"]
    assert (factor.holds, factor.says, factor.points, factor.otherwise) == (holds, says, points, otherwise)
    assert (factor.weight, factor.hard, found.suitable) == (20, False, True)
    assert found.score == sum(one.points for one in found.factors)
    assert (says in found.reasons()) == holds


def test_among_equals_whoever_brings_the_skills_comes_first() -> None:
    plain, skilled = Desk.active("a"), Desk.active("b", skills=("CAD",))
    assert [found.ambassador_id for found in rank(wanted(), offers(plain, skilled), NOW)] == ["a", "b"]
    assert [found.ambassador_id for found in rank(wanted(skills=("CAD",)), offers(plain, skilled), NOW)] == ["b", "a"]


@pytest.mark.parametrize(("skills", "weight"), [((), 20), (("CAD",), 0)])
def test_no_skills_asked_for_or_none_that_count_are_no_factor(skills: tuple[str, ...], weight: int) -> None:
    weights = VISIT_TERMS.weights.model_copy(update={"skills": weight})
    terms = VISIT_TERMS.model_copy(update={"weights": weights})
    request = wanted(skills=skills).model_copy(update={"terms": terms})
    found = assess(request, Desk.active(skills=("CAD",)).offer, NOW)
    assert "skill-share" not in {factor.name for factor in found.factors}
    assert found.score == sum(one.points for one in found.factors)


def test_what_is_done_at_a_distance_asks_for_no_distance() -> None:
    desk = Desk.active(remote=True)
    assert failing(desk, remote=True, latitude=59.0) == {}


def test_the_store_finds_everybody_who_travels_so_far_by_their_own_box() -> None:
    offer = Desk.active().offer
    assert offer.south < 54.75 - 0.26 < offer.latitude < 54.75 + 0.26 < offer.north
    assert offer.west < -1.55 - 0.45 < offer.longitude < -1.55 + 0.45 < offer.east


def test_year_groups_say_the_phase_in_every_jurisdiction() -> None:
    groups = (YearGroup.PRIMARY_7, YearGroup.SECONDARY_1, YearGroup.YEAR_12, YearGroup.RECEPTION)
    assert phases_of(groups) == (Phase.EARLY_YEARS, Phase.PRIMARY, Phase.SECONDARY, Phase.POST_16)


def test_an_invitation_lasts_three_days_one_when_it_is_late_and_never_into_the_last_day() -> None:
    def hours(days_before: float) -> float:
        now = DAY - timedelta(days=days_before)
        return (invitation_ends(VISIT_TERMS, DAY, wanted().closes_before, now) - now) / timedelta(hours=1)

    assert [hours(60), hours(14), hours(1.5)] == [72, 24, 12]


def test_a_school_that_is_ready_at_short_notice_lets_an_invitation_last_until_the_only_date() -> None:
    request, now = wanted(short_notice=True), DAY - timedelta(hours=3)
    assert request.seeks_until == invitation_ends(VISIT_TERMS, DAY, request.closes_before, now) == DAY
