"""The waiting list: strictly in order, one promotion rule for every path that frees a place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from services.courses.domain import organising
from services.courses.domain.booking import BookingStatus
from services.courses.domain.change import heads
from services.courses.domain.occurrence import free
from services.courses.domain.offers import NotYourTurn
from shared.contracts.courses import BookingDeclined, OfferDeclined, OfferExpired, PlaceHeld, PlaceOffered
from shared.transitions import WrongState
from tests.courses.desk import STARTS, Desk, calendar


def full(waiting: int = 2) -> tuple[Desk, str, list[str]]:
    """A full occurrence of one place, by bursary, and bookings that wait."""
    desk = Desk(1)
    holder = desk.book(bursary=True).id
    return desk, holder, [desk.book().id for _ in range(waiting)]


def by_cancelling(desk: Desk, holder: str) -> None:
    desk.reserved(holder)
    desk.cancel(holder)


def by_refusing_funds(desk: Desk, holder: str) -> None:
    desk.refused(holder)


def by_letting_the_hold_run_out(desk: Desk, holder: str) -> None:
    desk.pass_time(minutes=15)
    desk.tidy()


def by_confirming_too_late(desk: Desk, holder: str) -> None:
    desk.pass_time(minutes=15)
    desk.reserved(holder)


def by_adding_a_place(desk: Desk, holder: str) -> None:
    desk.resize(2)


@pytest.mark.parametrize(
    "free_a_place",
    [by_cancelling, by_refusing_funds, by_letting_the_hold_run_out, by_confirming_too_late, by_adding_a_place],
    ids=lambda path: path.__name__,
)
def test_every_path_that_frees_a_place_offers_it_to_the_head_in_the_same_decision(
    free_a_place: Callable[[Desk, str], None],
) -> None:
    desk, holder, (first, second) = full()
    free_a_place(desk, holder)
    assert desk.status(first) is BookingStatus.OFFERED
    assert desk.status(second) is BookingStatus.WAITLISTED
    assert [event.booking_id for event in desk.said(PlaceOffered)] == [first]
    assert free(desk.occurrence, desk.now) == 0


def offered() -> tuple[Desk, str, str]:
    """A place offered to the first, with a second one behind."""
    desk, holder, (first, second) = full()
    desk.refused(holder)
    return desk, first, second


def test_an_accepted_offer_of_a_school_that_pays_is_confirmed() -> None:
    desk, first, _ = offered()
    assert desk.accept(first).status is BookingStatus.CONFIRMED
    assert (desk.occurrence.confirmed, desk.occurrence.offers) == (1, {})


def test_an_accepted_offer_with_a_bursary_asks_for_its_funds_first() -> None:
    desk = Desk(1)
    holder, waiting = desk.book().id, desk.book(bursary=True).id
    desk.cancel(holder)
    assert desk.said(PlaceHeld) == []
    assert desk.accept(waiting).status is BookingStatus.PENDING_FUNDING
    assert [event.booking_id for event in desk.said(PlaceHeld)] == [waiting]


def test_a_declined_offer_goes_to_the_next() -> None:
    desk, first, second = offered()
    assert desk.turn_down(first).status is BookingStatus.DECLINED
    assert [event.booking_id for event in desk.said(OfferDeclined)] == [first]
    assert desk.status(second) is BookingStatus.OFFERED


def test_an_offer_that_ran_out_goes_to_the_next() -> None:
    desk, first, second = offered()
    desk.pass_time(hours=48)
    desk.settle_down()
    assert [event.booking_id for event in desk.said(OfferExpired)] == [first]
    assert [desk.stored(first).status, desk.status(second)] == [BookingStatus.EXPIRED, BookingStatus.OFFERED]


def test_an_offer_that_has_run_out_cannot_be_accepted_though_nobody_has_tidied() -> None:
    desk, first, _ = offered()
    desk.now = desk.occurrence.offers[first].expires_at
    with pytest.raises(WrongState) as refusal:
        desk.accept(first)
    assert refusal.value.facts["state"] == "expired"


def test_an_offer_can_be_accepted_to_the_last_millisecond() -> None:
    desk, first, _ = offered()
    desk.now = desk.occurrence.offers[first].expires_at - timedelta(milliseconds=1)
    assert desk.accept(first).status is BookingStatus.CONFIRMED


@pytest.mark.parametrize(("before_start", "hours"), [(timedelta(days=20), 48), (timedelta(days=6), 24)])
def test_offers_are_shorter_in_the_last_week(before_start: timedelta, hours: int) -> None:
    desk, holder, (first, _) = full()
    desk.reserved(holder)
    desk.now = STARTS - before_start
    desk.cancel(holder)
    assert desk.occurrence.offers[first].expires_at == desk.now + timedelta(hours=hours)


def test_no_offers_are_made_in_the_last_two_working_days_but_the_head_may_claim() -> None:
    desk, holder, (first, second) = full()
    desk.reserved(holder)
    desk.now = STARTS - timedelta(days=1)
    desk.cancel(holder)
    assert desk.said(PlaceOffered) == []
    with pytest.raises(NotYourTurn):
        desk.accept(second)
    assert desk.accept(first).status is BookingStatus.CONFIRMED
    with pytest.raises(NotYourTurn):
        desk.accept(second)


def test_the_head_may_not_claim_what_is_not_free() -> None:
    desk, _, (first, _) = full()
    with pytest.raises(NotYourTurn):
        desk.accept(first)


def test_a_group_at_the_head_is_not_passed_by_one_who_would_fit() -> None:
    desk = Desk(2)
    one, two = desk.book().id, desk.book().id
    group, single = desk.book(2).id, desk.book().id
    desk.cancel(one)
    assert [desk.status(group), desk.status(single)] == [BookingStatus.WAITLISTED] * 2
    desk.cancel(two)
    assert [desk.status(group), desk.status(single)] == [BookingStatus.OFFERED, BookingStatus.WAITLISTED]


def test_a_head_that_gives_up_lets_the_next_one_that_fits_come_up() -> None:
    desk = Desk(2)
    one, _ = desk.book().id, desk.book().id
    group, single = desk.book(2).id, desk.book().id
    desk.cancel(one)
    desk.cancel(group)
    assert desk.status(single) is BookingStatus.OFFERED


def test_a_head_that_shrinks_may_fit_at_once() -> None:
    desk = Desk(2)
    one, _ = desk.book().id, desk.book().id
    group = desk.book(("ada", "bo")).id
    desk.cancel(one)
    desk.cancel_delegate(group, "bo")
    assert desk.status(group) is BookingStatus.OFFERED
    assert desk.occurrence.offers[group].places == 1


def test_cancelling_while_waiting_leaves_the_numbers_of_the_others() -> None:
    desk, _, (first, second) = full()
    desk.cancel(first)
    assert [(entry.booking_id, entry.queue_number) for entry in desk.occurrence.queue] == [(second, 2)]
    assert desk.book().queue_number == 3


def test_many_new_places_are_offered_slice_by_slice_until_nothing_is_left_to_offer() -> None:
    desk = Desk(1)
    desk.book()
    waiting = [desk.book().id for _ in range(45)]
    desk.resize(46)
    assert len(desk.occurrence.offers) == 20
    assert desk.occurrence.due_at == desk.now
    desk.settle_down()
    assert [event.booking_id for event in desk.said(PlaceOffered)] == waiting
    assert desk.occurrence.queue == ()


def test_who_still_waits_when_the_course_begins_is_declined() -> None:
    desk, holder, waiting = full(25)
    desk.reserved(holder)
    desk.now = STARTS
    desk.settle_down()
    assert [event.booking_id for event in desk.said(BookingDeclined)] == waiting
    assert desk.occurrence.queue == ()


def test_a_promotion_says_why_it_came() -> None:
    desk, first, _ = offered()
    reason = desk.stored(first).history[-1].reason
    assert reason == "Another booking was refused its funds. 1 of 1 places were free, number 1 was next."


def test_moving_a_course_to_later_lets_offers_begin_again() -> None:
    desk, holder, (first, _) = full()
    desk.reserved(holder)
    desk.now = STARTS - timedelta(days=1)
    desk.cancel(holder)
    later = calendar(STARTS + timedelta(days=30))
    desk.decide(
        lambda root, sides, now: organising.reschedule(root, sides, now, by="officer", calendar=later),
        heads(desk.occurrence),
    )
    assert desk.status(first) is BookingStatus.OFFERED
