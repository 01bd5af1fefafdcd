"""Who of a school's staff may be away: the rules, decided on one document without any store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import permutations, product
from typing import Any, TypeVar

import pytest

from services.partnerships.domain import cover as rules
from services.partnerships.domain import cover_succession as succession
from services.partnerships.domain.cover import (
    Blackout,
    Cover,
    CoverPolicy,
    Override,
    PeriodBackwards,
    PeriodOver,
)
from services.partnerships.domain.cover_request import COVER, Covered, CoverRequest, CoverStatus, Question
from shared.contracts.cover import CoverGranted, CoverGuardSet, CoverRefused
from shared.contracts.event import Event
from shared.decision import Decision, Document, Documents
from shared.refusals import Unavailable
from shared.transitions import WrongState

R = TypeVar("R", bound=Document | None)

URN = "900001"
NOW = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)
THURSDAY = date(2026, 11, 5)
FRIDAY = date(2026, 11, 6)
SATURDAY = date(2026, 11, 7)
EXAMS = Blackout(name="Mock examinations", first_day=THURSDAY, last_day=FRIDAY)
S = CoverStatus
ROWS = {
    (S.UNASKED, "grant"): S.GRANTED,
    (S.UNASKED, "refuse"): S.REFUSED,
    (S.UNASKED, "release"): S.RELEASED,
    (S.GRANTED, "change"): S.GRANTED,
    (S.GRANTED, "release"): S.RELEASED,
}


def booking(name: str) -> Covered:
    return Covered(URN, "booking", name)


class Office:
    """The school's office: takes decisions one after the other, and remembers what was said."""

    def __init__(self, most_out: int | None = 1, *blackouts: Blackout) -> None:
        self.cover: Cover | None = None
        self.requests: dict[str, CoverRequest] = {}
        self.events: list[Event] = []
        self.now = NOW
        self.set_policy(most_out, *blackouts)

    def get(self, kind: type[Any], key: str) -> Any:
        return self.requests.get(key)

    def take(self, decide: Callable[[Cover | None, Documents, datetime], Decision[R]]) -> tuple[Event, ...]:
        made = decide(self.cover, self, self.now)
        if isinstance(made.root, Cover):
            self.cover = made.root
        self.requests |= {one.id: one for one in made.documents if isinstance(one, CoverRequest)}
        self.events += made.events
        return made.events

    def set_policy(self, most_out: int | None, *blackouts: Blackout) -> tuple[Event, ...]:
        policy = CoverPolicy(most_out=most_out, blackouts=blackouts)
        return self.take(lambda cover, _documents, now: rules.set_policy(cover, URN, policy, now))

    def allow(self, *people: str, first: date = THURSDAY, last: date = THURSDAY) -> None:
        override = Override(
            person_ids=people, first_day=first, last_day=last, reason="supply", by="approver", at=self.now
        )
        self.take(lambda cover, _documents, now: rules.allow(cover, URN, override, now))

    def ask(self, name: str, *people: str, days: tuple[date, ...] = (THURSDAY,), settled: bool = False) -> str:
        """The answer in a word."""
        question = Question(booking(name), "occurrences/1", people, days, settled)
        told = self.take(lambda cover, documents, now: rules.ask(cover, documents, now, question))
        if not told:
            return "nothing"
        (answer,) = told
        return "granted" if isinstance(answer, CoverGranted) else getattr(answer, "reason", "?")

    def release(self, name: str) -> None:
        self.take(lambda cover, documents, now: rules.release(cover, documents, now, covered=booking(name)))

    def replace(self, name: str, person: str, by: str | None) -> None:
        self.take(
            lambda cover, documents, now: rules.replace_person(
                cover, documents, now, covered=booking(name), person_id=person, by=by
            )
        )

    def move(self, names: str, *days: date) -> None:
        moved = [booking(name) for name in names.split()]
        self.take(lambda cover, documents, now: rules.move(cover, documents, now, all_covered=moved, days_out=days))

    def away(self, day: date = THURSDAY) -> set[str]:
        assert self.cover is not None
        return set(self.cover.away(day))


@pytest.mark.parametrize(("state", "verb"), [*product(S, sorted({row.verb for row in COVER.rows}))])
def test_a_request_for_cover_lives_by_its_table(state: CoverStatus, verb: str) -> None:
    target = ROWS.get((state, verb))
    if target is None:
        with pytest.raises(WrongState):
            COVER.next(state, verb)
    else:
        assert COVER.next(state, verb) is target


def test_no_more_than_so_many_are_away_on_one_day() -> None:
    office = Office(2)
    assert [office.ask(name, name) for name in ("ada", "bo", "cy")] == ["granted", "granted", "too-many-out"]
    assert office.ask("another-day", "cy", days=(FRIDAY,)) == "granted"
    assert office.away() == {"ada", "bo"}


def test_all_who_go_together_count() -> None:
    assert Office(2).ask("all", "ada", "bo", "cy") == "too-many-out"


def test_who_is_away_already_for_something_else_counts_once() -> None:
    office = Office(1)
    assert office.ask("first", "ada") == "granted"
    assert office.ask("second", "ada") == "granted"
    office.release("first")
    assert office.away() == {"ada"}


def test_the_first_day_that_fails_is_named() -> None:
    office = Office(1)
    office.ask("first", "ada", days=(FRIDAY,))
    office.ask("second", "bo", days=(FRIDAY, THURSDAY))
    refused = office.events[-1]
    assert isinstance(refused, CoverRefused)
    assert (refused.reason, refused.day) == ("too-many-out", FRIDAY)
    assert office.away() == set()


def test_nobody_goes_in_a_blackout_and_its_last_day_belongs_to_it() -> None:
    office = Office(None, EXAMS)
    assert [office.ask(name, name, days=(day,)) for name, day in (("a", THURSDAY), ("b", FRIDAY))] == ["blackout"] * 2
    assert office.ask("c", "c", days=(date(2026, 11, 9),)) == "granted"


def test_weekends_need_no_cover() -> None:
    office = Office(0, Blackout(name="all week", first_day=THURSDAY, last_day=SATURDAY))
    assert office.ask("first", "ada", days=(SATURDAY,)) == "granted"


def test_an_approver_lets_somebody_go_all_the_same_and_the_answer_says_so() -> None:
    office = Office(0, EXAMS)
    office.allow("ada", last=FRIDAY)
    assert office.ask("first", "ada", days=(THURSDAY, FRIDAY)) == "granted"
    granted = office.events[-1]
    assert isinstance(granted, CoverGranted)
    assert granted.overridden
    assert office.ask("second", "bo") == "blackout"
    assert office.ask("third", "ada", "bo") == "blackout"


def test_an_override_is_for_its_days_only() -> None:
    office = Office(0)
    office.allow("ada")
    assert office.ask("first", "ada", days=(THURSDAY, FRIDAY)) == "too-many-out"


def test_an_override_that_is_over_or_backwards_is_refused() -> None:
    office = Office(0)
    with pytest.raises(PeriodOver):
        office.allow("ada", first=date(2026, 9, 1), last=date(2026, 9, 6))
    with pytest.raises(PeriodBackwards):
        office.allow("ada", first=FRIDAY, last=THURSDAY)
    with pytest.raises(PeriodBackwards):
        office.set_policy(1, Blackout(name="x", first_day=FRIDAY, last_day=THURSDAY))


def test_a_release_makes_room() -> None:
    office = Office(1)
    office.ask("first", "ada")
    office.release("first")
    assert office.ask("second", "bo") == "granted"


def test_a_question_is_answered_once() -> None:
    office = Office(1)
    assert [office.ask("first", "ada"), office.ask("first", "ada")] == ["granted", "nothing"]
    office.release("first")
    office.release("first")
    assert office.ask("first", "ada") == "nothing"
    assert office.away() == set()


def test_a_release_that_comes_first_leaves_a_tombstone_on_which_the_question_is_refused_once() -> None:
    office = Office(1)
    office.release("first")
    assert [office.ask("first", "ada"), office.ask("first", "ada")] == ["released-before", "nothing"]
    assert office.away() == set()


def test_a_colleague_is_away_instead_and_whoever_stays_is_not() -> None:
    office = Office(2)
    office.ask("first", "ada", "bo")
    office.replace("first", "ada", "cy")
    assert office.away() == {"bo", "cy"}
    office.replace("first", "bo", None)
    assert office.away() == {"cy"}


def test_an_absence_that_was_refused_or_released_does_not_come_back_by_a_change() -> None:
    office = Office(0)
    office.ask("refused", "ada")
    office.replace("refused", "ada", "bo")
    office.move("refused", FRIDAY)
    office.replace("unheard-of", "ada", "bo")
    assert (office.away(), office.away(FRIDAY)) == (set(), set())


def test_a_course_that_is_moved_takes_its_people_along_even_over_the_limit() -> None:
    office = Office(1)
    office.ask("first", "ada")
    office.ask("second", "bo", days=(FRIDAY,))
    office.move("second", THURSDAY)
    assert (office.away(), office.away(FRIDAY)) == ({"ada", "bo"}, set())


def test_all_that_a_school_has_on_a_course_moves_along_in_one_decision() -> None:
    office = Office(2)
    office.ask("first", "ada")
    office.ask("second", "bo")
    office.move("first unheard-of second", FRIDAY)
    assert (office.away(), office.away(FRIDAY)) == (set(), {"ada", "bo"})


def test_what_was_booked_before_the_guard_counts_and_is_not_answered() -> None:
    office = Office(1)
    assert office.ask("first", "ada", settled=True) == "nothing"
    assert office.ask("too-many", "bo", settled=True) == "nothing"
    assert office.away() == {"ada", "bo"}
    assert office.ask("second", "cy") == "too-many-out"


def test_being_told_again_replaces_what_was_told_before() -> None:
    office = Office(2)
    office.ask("first", "ada", "bo")
    office.ask("first", "ada", settled=True)
    assert office.away() == {"ada"}


def test_a_guard_is_told_of_when_it_comes_and_when_it_goes() -> None:
    office = Office(1)
    office.set_policy(2, EXAMS)
    office.set_policy(None)
    assert [event.guarded for event in office.events if isinstance(event, CoverGuardSet)] == [True, False]


def test_a_stricter_rule_sends_nobody_home() -> None:
    office = Office(2)
    office.ask("first", "ada", "bo")
    office.set_policy(0)
    assert office.away() == {"ada", "bo"}


def test_what_is_over_is_dropped_and_what_is_past_is_not_judged() -> None:
    office = Office(1)
    office.ask("first", "ada")
    office.now = datetime(2026, 11, 6, 8, 0, tzinfo=UTC)
    assert office.ask("second", "bo", days=(THURSDAY, FRIDAY)) == "granted"
    assert office.cover is not None
    assert [absence.request for absence in office.cover.absences] == ["booking/second"]


@pytest.mark.parametrize("order", [*permutations(("ask", "ask-again", "release"))])
def test_at_rest_nothing_is_left_of_what_was_released_in_whatever_order(order: tuple[str, ...]) -> None:
    office = Office(1)
    for step in order:
        office.release("first") if step == "release" else office.ask("first", "ada")
    assert office.away() == set()
    assert office.requests[booking("first").request_key].status is CoverStatus.RELEASED


def test_what_comes_to_nothing_at_a_school_without_a_guard_is_not_written_down() -> None:
    office = Office(None)
    before = office.cover
    office.release("first")
    assert (office.cover, office.requests) == (before, {})
    office.cover = None
    office.release("second")
    assert (office.cover, office.requests) == (None, {})


def test_what_was_granted_before_the_guard_was_given_up_is_still_released() -> None:
    office = Office(1)
    office.ask("first", "ada")
    office.set_policy(None)
    office.release("first")
    assert office.away() == set()


def succeeded(office: Office, successor: Cover | None = None) -> tuple[Cover, tuple[Event, ...]]:
    """What a successor has once the office's school goes on as it, and what it says."""

    class Predecessor:
        def get(self, kind: type[Any], key: str) -> Any:
            return office.cover if (kind, key) == (Cover, URN) else None

    office.take(lambda cover, _documents, _now: succession.close(cover, URN, "900099"))
    decision = succession.take_over(successor, Predecessor(), office.now, urn="900099", predecessor_urn=URN)
    assert isinstance(decision.root, Cover)
    return decision.root, decision.events


def test_a_successor_goes_on_with_the_rules_the_absences_and_the_overrides() -> None:
    office = Office(1, EXAMS)
    office.allow("ada")
    office.ask("first", "ada")
    after, events = succeeded(office)
    assert office.cover is not None
    assert (after.id, after.policy, after.overrides) == ("900099", office.cover.policy, office.cover.overrides)
    assert after.away(THURSDAY) == {"ada"}
    assert events == (CoverGuardSet(school_urn="900099", guarded=True),)


def test_a_successor_with_rules_of_its_own_keeps_them_and_counts_who_is_away() -> None:
    office = Office(1)
    office.ask("first", "ada")
    policy = CoverPolicy(most_out=3)
    after, events = succeeded(office, Cover(id="900099", policy=policy))
    assert after.policy == policy
    assert after.away(THURSDAY) == {"ada"}
    assert events == (CoverGuardSet(school_urn="900099", guarded=True),)


def test_a_successor_with_rules_says_so_although_its_predecessor_had_none() -> None:
    office = Office(None)
    policy = CoverPolicy(most_out=3)
    after, events = succeeded(office, Cover(id="900099", policy=policy))
    assert (after.policy, events) == (policy, (CoverGuardSet(school_urn="900099", guarded=True),))


def test_what_is_taken_over_twice_is_there_once() -> None:
    office = Office(1)
    office.allow("ada")
    office.ask("first", "ada")
    after, _ = succeeded(office)

    class Predecessor:
        def get(self, kind: type[Any], key: str) -> Any:
            return office.cover

    again = succession.take_over(after, Predecessor(), office.now, urn="900099", predecessor_urn=URN)
    assert again.root == after


def test_nothing_is_decided_any_more_where_the_school_has_gone_on_elsewhere() -> None:
    office = Office(1)
    succeeded(office)
    with pytest.raises(Unavailable):
        succession.refuse_closed(office.cover)
    succession.refuse_closed(None)
    succession.refuse_closed(Cover(id=URN))


def test_other_days_for_what_was_granted_are_judged_without_it_and_a_no_leaves_it_as_it_was() -> None:
    office = Office(1)
    office.ask("first", "ada", days=(THURSDAY, FRIDAY))
    assert office.ask("first", "ada", days=(FRIDAY,)) == "granted"
    office.ask("second", "bo", days=(THURSDAY,))
    assert office.ask("first", "ada", days=(THURSDAY,)) == "too-many-out"
    assert (office.away(), office.away(FRIDAY)) == ({"bo"}, {"ada"})
    assert office.requests[booking("first").request_key].status is CoverStatus.GRANTED
