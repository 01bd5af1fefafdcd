"""Schemes: what is funded on which day, for whom, and how much at most in an academic year."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from services.partnerships.domain.funding_scheme import funding_scheme
from services.partnerships.domain.usage import Usage
from shared.contracts.courses import DelegateSubstituted, OccurrenceRescheduled
from shared.contracts.event import Event
from shared.contracts.partnerships import FundsReleased, FundsReservationRefused, FundsReserved
from tests.partnerships.books import MEMBERS, PLACEMENT, TERMS, Books
from tests.partnerships.programme import URNS, Programme, facts

SCHEME = funding_scheme(TERMS.starts_on)
assert SCHEME is not None
TEACHER_CAP, SCHOOL_CAP, DAY = SCHEME.teacher_cap_pence, SCHEME.school_cap_pence, SCHEME.placement_day_pence
ONE = replace(TERMS, teachers=("teacher-1",))


@pytest.fixture
def books() -> Books:
    """An account with more than every cap."""
    rich = Books()
    rich.credit(10 * SCHOOL_CAP)
    return rich


def answer(events: tuple[Event, ...]) -> str:
    (event,) = events
    assert isinstance(event, FundsReserved | FundsReservationRefused)
    return "reserved" if isinstance(event, FundsReserved) else event.reason


def used(books: Books, user: str, year: int = 2026) -> int:
    usage = books.get(Usage, f"{year}/{user}")
    return 0 if usage is None else usage.amount


def test_a_teacher_is_funded_up_to_the_cap_and_not_a_penny_more(books: Books) -> None:
    assert answer(books.reserve(TEACHER_CAP - 1, "booking-1", terms=ONE)) == "reserved"
    assert answer(books.reserve(2, "booking-2", terms=ONE)) == "teacher-cap-reached"
    assert answer(books.reserve(1, "booking-3", terms=ONE)) == "reserved"
    assert used(books, "teacher/teacher-1") == TEACHER_CAP


def test_bookings_and_placements_count_for_the_same_cap(books: Books) -> None:
    assert answer(books.reserve(TEACHER_CAP, "booking-1", terms=ONE)) == "reserved"
    assert answer(books.reserve(1, PLACEMENT, terms=replace(ONE, days=1))) == "teacher-cap-reached"


def test_the_teachers_of_a_booking_share_what_it_costs(books: Books) -> None:
    books.reserve(1001, terms=TERMS)
    assert [used(books, f"teacher/teacher-{number}") for number in (1, 2)] == [501, 500]
    assert used(books, f"school/{MEMBERS[0]}") == 1001


def test_a_school_is_funded_up_to_its_cap(books: Books) -> None:
    nobody = replace(TERMS, teachers=())
    assert answer(books.reserve(SCHOOL_CAP, "booking-1", terms=nobody)) == "reserved"
    assert answer(books.reserve(1, "booking-2", terms=nobody)) == "school-cap-reached"
    assert answer(books.reserve(1, "booking-3", urn=MEMBERS[1], terms=nobody)) == "reserved"


def test_every_academic_year_has_a_cap_of_its_own(books: Books) -> None:
    books.reserve(TEACHER_CAP, "booking-1", terms=ONE)
    next_year = replace(ONE, starts_on=date(2027, 9, 1))
    assert answer(books.reserve(TEACHER_CAP, "booking-2", terms=next_year)) == "reserved"
    assert answer(books.reserve(1, "booking-3", terms=replace(ONE, starts_on=date(2027, 8, 31)))) == (
        "teacher-cap-reached"
    )


@pytest.mark.parametrize(
    ("after", "left"), [("release", 0), ("reduce", 400), ("commit", 300), ("correct", 100), ("cancel-later", 300)]
)
def test_what_is_not_used_in_the_end_does_not_count(books: Books, after: str, left: int) -> None:
    books.reserve(1000, terms=ONE)
    if after == "release":
        books.release()
    elif after == "reduce":
        books.reduce(400)
    else:
        books.commit(300)
    if after == "correct":
        books.commit(100, revision=2)
    if after == "cancel-later":
        books.release()
    assert used(books, f"school/{MEMBERS[0]}") == used(books, "teacher/teacher-1") == left


def test_what_a_substitute_takes_over_counts_for_them(books: Books) -> None:
    books.reserve(1000, terms=ONE)
    books.substitute("booking-1", "teacher-1", "teacher-3")
    assert [used(books, f"teacher/teacher-{number}") for number in (1, 3)] == [0, 1000]


def test_a_place_that_is_given_to_who_has_reached_the_cap_is_not_funded(books: Books) -> None:
    books.reserve(TEACHER_CAP, "booking-1", terms=ONE)
    books.reserve(1000, "booking-2", terms=replace(ONE, teachers=("teacher-2", "teacher-3")))
    (released,) = books.substitute("booking-2", "teacher-2", "teacher-1")
    assert isinstance(released, FundsReleased)
    assert released.amount_pence == 500
    assert [used(books, f"teacher/teacher-{number}") for number in (1, 2, 3)] == [TEACHER_CAP, 0, 500]
    kept = books.reservation("booking-2")
    assert (kept.reserved, kept.reason, kept.payable(1000)) == (500, "teacher-cap-reached", 500)
    books.substitute("booking-2", "teacher-1", "teacher-4")
    assert [place.teacher for place in books.reservation("booking-2").unfunded] == ["teacher-4"]
    books.commit(1000, of="booking-2")
    assert books.balances.committed == 500
    books.commit(450, revision=2, of="booking-2")
    assert books.balances.committed == used(books, "teacher/teacher-3") == 450


@pytest.mark.parametrize(("without", "reserved", "charged"), [("teacher-1", 500, 500), ("teacher-3", 0, 0)])
def test_a_booking_with_a_place_that_is_not_funded_shrinks(
    books: Books, without: str, reserved: int, charged: int
) -> None:
    books.reserve(TEACHER_CAP, "booking-1", terms=ONE)
    books.reserve(1000, "booking-2", terms=replace(ONE, teachers=("teacher-2", "teacher-3")))
    books.substitute("booking-2", "teacher-2", "teacher-1")
    books.reduce(500, "booking-2", without)
    assert books.reservation("booking-2").reserved == reserved
    books.commit(500, of="booking-2")
    assert books.balances.committed == charged


def test_a_course_that_is_moved_into_another_academic_year_counts_there(books: Books) -> None:
    books.reserve(600, "booking-1", terms=ONE)
    books.reserve(300, "booking-2", terms=ONE)
    books.reserve(200, "booking-3", terms=ONE)
    books.release("booking-3")
    books.reschedule(date(2027, 9, 1), "booking-1", "booking-2", "booking-3", "booking-4")
    for user in ("teacher/teacher-1", f"school/{MEMBERS[0]}"):
        assert (used(books, user), used(books, user, 2027)) == (0, 900)
    assert [books.reservation(f"booking-{number}").year for number in (1, 2, 3)] == [2027, 2027, 2026]


@pytest.mark.parametrize(
    ("terms", "of", "reason"),
    [
        (replace(ONE, starts_on=date(2020, 8, 31)), "booking-1", "no-scheme"),
        (replace(ONE, days=1), PLACEMENT, "reserved"),
        (replace(ONE, days=0), PLACEMENT, "no-scheme"),
    ],
)
def test_a_scheme_funds_state_schools_on_its_days_at_its_rate(
    books: Books, terms: object, of: object, reason: str
) -> None:
    assert answer(books.reserve(DAY, of, terms=terms)) == reason  # type: ignore[arg-type]


@pytest.mark.parametrize("state_funded", [False, None])
def test_a_scheme_for_state_schools_funds_no_others(books: Books, state_funded: bool | None) -> None:
    assert answer(books.reserve(DAY, state_funded=state_funded)) == "not-state-funded"


async def test_a_school_that_is_not_funded_by_the_state_gets_no_bursary(programme: Programme) -> None:
    partnership_id = await programme.funded(100_000)
    await programme.register(facts(URNS[1], type="Other independent school"))
    await programme.say(programme.place_held(partnership_id, "booking-1", 45_000))
    await programme.world.settle()
    (refused,) = await programme.told(FundsReservationRefused)
    assert (refused.reason, refused.short_by_pence) == ("not-state-funded", 0)


async def test_a_teacher_reaches_the_cap_over_bookings_and_their_substitute_takes_it_over(
    programme: Programme,
) -> None:
    partnership_id = await programme.funded(3 * TEACHER_CAP)
    held = [programme.place_held(partnership_id, f"booking-{number}", TEACHER_CAP) for number in range(3)]
    await programme.say(*(each.model_copy(update={"delegate_ids": ("teacher-1",)}) for each in held[:2]))
    await programme.world.settle()
    (refused,) = await programme.told(FundsReservationRefused)
    assert (refused.funded_id, refused.reason) == ("booking-1", "teacher-cap-reached")
    swapped = DelegateSubstituted(
        occurrence_id=programme.occurrence_id,
        booking_id="booking-0",
        school_urn=URNS[1],
        delegate_id="teacher-2",
        replaced_delegate_id="teacher-1",
    )
    await programme.say(swapped, held[2].model_copy(update={"delegate_ids": ("teacher-1",)}))
    await programme.world.settle()
    assert [event.funded_id for event in await programme.told(FundsReserved)] == ["booking-0", "booking-2"]


async def test_who_is_funded_by_two_partnerships_has_one_cap(programme: Programme) -> None:
    one = await programme.funded(3 * TEACHER_CAP)
    others = tuple(f"9100{number:02}" for number in range(6))
    other = await programme.funded(3 * TEACHER_CAP, others)
    held = [
        programme.place_held(one, "booking-1", TEACHER_CAP),
        programme.place_held(other, "booking-2", 1, urn=others[1]),
    ]
    await programme.say(*(each.model_copy(update={"delegate_ids": ("teacher-1",)}) for each in held))
    await programme.world.settle()
    (refused,) = await programme.told(FundsReservationRefused)
    assert (refused.partnership_id, refused.reason) == (other, "teacher-cap-reached")


async def test_every_account_follows_a_course_into_another_academic_year(programme: Programme) -> None:
    ids = [await programme.funded(TEACHER_CAP)]
    others = tuple(f"9100{number:02}" for number in range(6))
    ids.append(await programme.funded(TEACHER_CAP, others))
    await programme.say(
        programme.place_held(ids[0], "booking-1", 1_000),
        programme.place_held(ids[0], "booking-2", 1_000),
        programme.place_held(ids[1], "booking-3", 1_000, urn=others[1]),
    )
    starts_at = datetime(2027, 9, 1, 9, tzinfo=UTC)
    moved = OccurrenceRescheduled(
        occurrence_id=programme.occurrence_id, starts_at=starts_at, ends_at=starts_at, days_out=(starts_at.date(),)
    )
    await programme.say(moved)
    await programme.world.settle()
    kept = programme.world.databases["partnerships"].collection(Usage)
    for urn, amount in ((URNS[1], 2_000), (others[1], 1_000)):
        usages = [await kept.get(f"{year}/school/{urn}") for year in (2026, 2027)]
        assert [0 if usage is None else usage.amount for usage in usages] == [0, amount]
