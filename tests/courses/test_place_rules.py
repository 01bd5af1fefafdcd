"""Places: who gets one, who waits, and what time does to a hold."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.courses.domain.booking import BookingStatus
from services.courses.domain.known import (
    KnownPartnership,
    KnownSchool,
    NotAMember,
    PartnershipNotActive,
    SchoolClosed,
    SchoolFacts,
    SchoolNotKnown,
)
from services.courses.domain.occurrence import free
from services.courses.domain.reservation import (
    DelegateAlreadyBooked,
    OccurrenceFull,
    TooManyDelegates,
    WaitingListFull,
)
from shared.contracts.courses import (
    BookingConfirmed,
    BookingDeclined,
    BookingWaitlisted,
    HoldExpired,
    PlaceHeld,
    PlaceOffered,
)
from tests.courses.desk import PARTNERSHIP, PRICE, Desk

MILLISECOND = timedelta(milliseconds=1)


def test_a_school_that_pays_itself_is_confirmed_at_once() -> None:
    desk = Desk()
    booking = desk.book(2)
    assert booking.status is BookingStatus.CONFIRMED
    assert desk.occurrence.confirmed == 2
    (confirmed,) = desk.said(BookingConfirmed)
    assert (confirmed.places, confirmed.partnership_id, confirmed.amount_pence) == (2, None, 2 * PRICE)


def test_a_bursary_holds_the_places_until_its_funds_are_reserved() -> None:
    desk = Desk()
    booking = desk.book(2, bursary=True)
    assert booking.status is BookingStatus.PENDING_FUNDING
    (held,) = desk.said(PlaceHeld)
    assert (held.partnership_id, held.amount_pence) == (PARTNERSHIP, 2 * PRICE)
    assert held.hold_expires_at == desk.now + timedelta(minutes=15)
    desk.reserved(booking.id)
    assert desk.status(booking.id) is BookingStatus.CONFIRMED
    assert (desk.occurrence.confirmed, desk.occurrence.holds) == (2, {})


def test_a_course_that_costs_nothing_asks_nobody_for_funds() -> None:
    desk = Desk(price=0)
    assert desk.book(bursary=True).status is BookingStatus.CONFIRMED
    assert desk.said(PlaceHeld) == []
    assert desk.said(BookingConfirmed)[0].partnership_id is None


def test_the_last_place_goes_to_one_and_the_next_one_waits() -> None:
    desk = Desk(1)
    desk.book()
    waiting = desk.book()
    assert (waiting.status, waiting.queue_number) == (BookingStatus.WAITLISTED, 1)
    assert [event.queue_number for event in desk.said(BookingWaitlisted)] == [1]


def test_who_does_not_want_to_wait_is_refused_and_nothing_is_written() -> None:
    desk = Desk(1)
    desk.book()
    before = desk.occurrence
    with pytest.raises(OccurrenceFull) as refusal:
        desk.book(if_full="refuse")
    assert refusal.value.facts == {"places_left": 0}
    assert desk.occurrence is before


def test_a_newcomer_does_not_pass_the_waiting_list_even_if_it_would_fit() -> None:
    desk = Desk(2)
    desk.book()
    group = desk.book(2)
    newcomer = desk.book()
    assert (group.queue_number, newcomer.queue_number) == (1, 2)
    assert free(desk.occurrence, desk.now) == 1
    with pytest.raises(OccurrenceFull):
        desk.book(if_full="refuse")


def test_a_waiting_list_takes_no_more_than_its_limit() -> None:
    desk = Desk(1, waiting_list_limit=1)
    desk.book()
    desk.book()
    with pytest.raises(WaitingListFull):
        desk.book()


def test_an_occurrence_without_a_waiting_list_refuses_when_it_is_full() -> None:
    desk = Desk(1, waiting_list_limit=0)
    desk.book()
    with pytest.raises(WaitingListFull):
        desk.book()


@pytest.mark.parametrize(("at_least", "confirmed", "entries"), [(3, 0, [3]), (2, 2, [1]), (1, 2, [1])])
def test_a_group_gets_what_its_rule_allows(at_least: int, confirmed: int, entries: list[int]) -> None:
    desk = Desk(2)
    desk.book(3, at_least=at_least)
    assert desk.occurrence.confirmed == confirmed
    assert [entry.places for entry in desk.occurrence.queue] == entries


@pytest.mark.parametrize(("at_least", "entries"), [(4, [4]), (3, [3, 1]), (1, [1, 1, 1, 1])])
def test_on_the_waiting_list_only_those_wait_together_who_must_go_together(at_least: int, entries: list[int]) -> None:
    desk = Desk(1)
    desk.book()
    first = desk.book(4, at_least=at_least)
    assert [entry.places for entry in desk.occurrence.queue] == entries
    assert len(first.companions) == len(entries) - 1
    assert [desk.stored(companion).places for companion in first.companions] == entries[1:]


def test_who_neither_fits_nor_waits_is_left_out_and_named() -> None:
    desk = Desk(2)
    booking = desk.book(("ada", "bo", "cy"), at_least=1, if_full="refuse")
    assert [(line.delegate_id, line.status) for line in booking.delegates] == [
        ("ada", "booked"),
        ("bo", "booked"),
        ("cy", "left-out"),
    ]
    assert booking.places == 2
    assert desk.book(("cy",)).status is BookingStatus.WAITLISTED


def test_a_delegate_is_booked_once_for_an_occurrence() -> None:
    desk = Desk(5)
    desk.book(("ada",))
    with pytest.raises(DelegateAlreadyBooked):
        desk.book(("bo", "ada"))
    assert desk.occurrence.confirmed == 1


def test_a_delegate_who_waits_is_booked_too() -> None:
    desk = Desk(1)
    desk.book()
    desk.book(("ada",))
    with pytest.raises(DelegateAlreadyBooked):
        desk.book(("ada",))


def test_a_delegate_whose_booking_is_over_may_be_booked_again() -> None:
    desk = Desk(5)
    desk.cancel(desk.book(("ada",)).id)
    assert desk.book(("ada",)).status is BookingStatus.CONFIRMED


def test_a_delegate_whose_hold_has_run_out_may_be_booked_again_before_it_is_tidied() -> None:
    desk = Desk(1)
    desk.book(("ada",), bursary=True)
    desk.pass_time(minutes=15)
    assert desk.book(("ada",)).status is BookingStatus.CONFIRMED


def test_a_hold_is_good_to_the_last_millisecond() -> None:
    desk = Desk()
    booking = desk.book(bursary=True)
    desk.now = desk.occurrence.holds[booking.id].expires_at - MILLISECOND
    desk.reserved(booking.id)
    assert desk.status(booking.id) is BookingStatus.CONFIRMED


@pytest.mark.parametrize("late", [timedelta(), MILLISECOND, timedelta(hours=3)])
def test_a_hold_that_has_run_out_is_never_confirmed_though_nobody_has_tidied(late: timedelta) -> None:
    desk = Desk()
    booking = desk.book(bursary=True)
    desk.now = desk.occurrence.holds[booking.id].expires_at + late
    assert desk.status(booking.id) is BookingStatus.EXPIRED
    desk.reserved(booking.id)
    assert desk.stored(booking.id).status is BookingStatus.EXPIRED
    assert len(desk.said(HoldExpired)) == 1
    assert desk.said(BookingConfirmed) == []
    assert desk.occurrence.confirmed == 0


def test_a_place_whose_hold_has_run_out_is_free_though_nobody_has_tidied() -> None:
    desk = Desk(1)
    desk.book(bursary=True)
    desk.pass_time(minutes=15)
    assert desk.book().status is BookingStatus.CONFIRMED
    desk.settle_down()
    assert (desk.occurrence.confirmed, desk.occurrence.holds) == (1, {})


def test_funds_that_are_told_of_twice_confirm_once() -> None:
    desk = Desk()
    booking = desk.book(bursary=True)
    desk.reserved(booking.id)
    desk.reserved(booking.id)
    assert (desk.occurrence.confirmed, len(desk.said(BookingConfirmed))) == (1, 1)


def test_an_answer_about_money_changes_nothing_once_the_booking_is_cancelled() -> None:
    desk = Desk()
    booking = desk.book(bursary=True)
    desk.cancel(booking.id)
    before = desk.occurrence
    desk.reserved(booking.id)
    desk.refused(booking.id)
    assert desk.occurrence is before
    assert desk.status(booking.id) is BookingStatus.CANCELLED


def test_a_booking_that_is_refused_its_funds_frees_its_place_for_the_head_of_the_list() -> None:
    desk = Desk(1)
    unfunded = desk.book(bursary=True)
    waiting = desk.book()
    desk.refused(unfunded.id)
    assert desk.status(unfunded.id) is BookingStatus.DECLINED
    assert desk.said(BookingDeclined)[0].reason == "no funds"
    assert desk.status(waiting.id) is BookingStatus.OFFERED
    assert [event.booking_id for event in desk.said(PlaceOffered)] == [waiting.id]


def test_a_booking_takes_no_more_delegates_than_the_terms_allow() -> None:
    desk = Desk(50, most_delegates=3)
    with pytest.raises(TooManyDelegates):
        desk.book(4)


def test_an_unknown_school_is_refused() -> None:
    with pytest.raises(SchoolNotKnown):
        Desk().book(urn="900404")


def test_a_closed_school_is_refused() -> None:
    desk = Desk()
    desk.keep(KnownSchool(id="900001", facts=SchoolFacts(name="Old", open=False)))
    with pytest.raises(SchoolClosed):
        desk.book()


def test_a_converted_school_is_told_its_new_identifier() -> None:
    desk = Desk()
    desk.keep(KnownSchool(id="900001", facts=SchoolFacts(name="Old", open=True), successor_urn="900777"))
    with pytest.raises(SchoolClosed) as refusal:
        desk.book()
    assert refusal.value.facts == {"successor_urn": "900777"}


def test_a_school_that_does_not_belong_to_the_partnership_is_refused_its_bursary() -> None:
    desk = Desk()
    desk.keep(KnownPartnership(id=PARTNERSHIP, active=True, school_urns=("900002",)))
    with pytest.raises(NotAMember):
        desk.book(bursary=True)


def test_an_ended_partnership_gives_no_bursary() -> None:
    desk = Desk()
    desk.keep(KnownPartnership(id=PARTNERSHIP, active=False, school_urns=("900001",)))
    with pytest.raises(PartnershipNotActive):
        desk.book(bursary=True)


def test_a_booking_keeps_each_decision_with_its_time_and_reason() -> None:
    desk = Desk(1)
    booking = desk.book(bursary=True)
    desk.pass_time(minutes=1)
    desk.reserved(booking.id)
    history = desk.stored(booking.id).history
    assert [(moment.verb, moment.status.value) for moment in history] == [
        ("book", "held"),
        ("ask-for-funds", "pending-funding"),
        ("confirm", "confirmed"),
    ]
    assert history[-1].at == desk.now
    assert all(moment.reason for moment in history)
