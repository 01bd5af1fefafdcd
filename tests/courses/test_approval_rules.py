"""A school approves its bookings: who is asked when, who answers, and what becomes of the places meanwhile."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from services.courses.domain.approval import NotAnApprover, OwnBooking
from services.courses.domain.approval_rule import (
    ApprovalRule,
    DeadlineTooLong,
    Deputy,
    DeputyOver,
    DeputyTooLong,
    RefusalReasonUnknown,
    deputy_until,
    set_rule,
)
from services.courses.domain.booking import BookingStatus
from services.courses.domain.cancellation import OccurrenceBegun
from services.courses.domain.occurrence import free, held
from shared.contracts.courses import (
    ApprovalAsked,
    BookingConfirmed,
    BookingDeclined,
    CoverAsked,
    HoldExpired,
    PlaceHeld,
)
from shared.refusals import NotFound
from shared.transitions import WrongState
from tests.courses.desk import NOW, STARTS, Desk

MILLISECOND = timedelta(milliseconds=1)
S = BookingStatus


def asking(capacity: int = 2, hours: int = 72, deputy: Deputy | None = None) -> Desk:
    """An occurrence, and a school that approves its bookings."""
    desk = Desk(capacity)
    desk.wants_approval(hours=hours, deputy=deputy)
    return desk


def stand_in(account_id: str = "deputy") -> Deputy:
    """Somebody who may answer until the end of the next day."""
    return deputy_until(account_id, date(2026, 9, 8), "Europe/London", NOW, 366)


def test_a_school_that_has_not_said_so_is_not_asked() -> None:
    desk = Desk()
    desk.wants_approval(required=False)
    assert desk.book().status is S.CONFIRMED
    assert desk.book(urn="900002").status is S.CONFIRMED
    assert desk.said(ApprovalAsked) == []


def test_a_teachers_booking_keeps_its_places_until_the_school_has_answered() -> None:
    desk = asking()
    booking = desk.book(2, bursary=True)
    assert booking.status is S.PENDING_APPROVAL
    assert (held(desk.occurrence, desk.now), free(desk.occurrence, desk.now)) == (2, 0)
    (asked,) = desk.said(ApprovalAsked)
    assert (asked.approval_due_at, asked.places) == (booking.expires_at, 2)
    assert asked.approval_due_at == NOW + timedelta(hours=72)
    assert desk.said(PlaceHeld) == []
    assert desk.book(urn="900002").status is S.WAITLISTED


@pytest.mark.parametrize(
    ("hours", "later", "due_at"),
    [
        (24, timedelta(), NOW + timedelta(hours=24)),
        (5000, timedelta(), NOW + timedelta(hours=100)),
        (72, STARTS - NOW - timedelta(hours=3), STARTS),
    ],
)
def test_the_time_to_answer_is_within_the_terms_and_ends_with_the_start(
    hours: int, later: timedelta, due_at: datetime
) -> None:
    desk = asking(hours=hours)
    desk.now += later
    assert desk.book().expires_at == due_at


def test_an_approved_booking_goes_on_to_its_money_with_a_hold_of_its_own() -> None:
    desk = asking()
    booking = desk.book(bursary=True)
    desk.pass_time(hours=71)
    approved = desk.approve(booking.id)
    assert (approved.status, approved.approved_by) == (S.PENDING_FUNDING, "head")
    assert approved.expires_at == desk.now + timedelta(minutes=15)
    assert len(desk.said(PlaceHeld)) == 1
    desk.reserved(booking.id)
    assert (desk.status(booking.id), desk.occurrence.confirmed, desk.occurrence.holds) == (S.CONFIRMED, 1, {})


def test_an_approved_booking_that_the_school_pays_is_confirmed() -> None:
    desk = asking()
    assert desk.approve(desk.book(2).id).status is S.CONFIRMED
    assert (desk.occurrence.confirmed, desk.occurrence.holds) == (2, {})
    assert len(desk.said(BookingConfirmed)) == 1


def test_cover_is_asked_for_once_the_school_has_approved() -> None:
    desk = asking()
    desk.guard()
    booking = desk.book()
    assert desk.said(CoverAsked) == []
    assert desk.approve(booking.id).status is S.PENDING_COVER
    desk.covered(booking.id)
    assert desk.status(booking.id) is S.CONFIRMED


def test_a_refused_booking_is_declined_and_its_places_go_to_the_list() -> None:
    desk = asking(capacity=1)
    booking = desk.book()
    waiting = desk.book(urn="900002")
    assert desk.refuse(booking.id).status is S.DECLINED
    assert desk.status(waiting.id) is S.OFFERED
    answer = desk.stored(booking.id).history[-1]
    assert (answer.verb, answer.by, answer.reason) == ("refuse", "head", "no-cover")
    assert [event.reason for event in desk.said(BookingDeclined)] == ["no-cover"]


def test_a_no_has_one_of_the_reasons_of_the_policy() -> None:
    desk = asking()
    booking = desk.book()
    with pytest.raises(RefusalReasonUnknown):
        desk.refuse(booking.id, reason="because")
    assert desk.status(booking.id) is S.PENDING_APPROVAL


@pytest.mark.parametrize("tidied", [False, True])
@pytest.mark.parametrize("answer", ["approve", "refuse"])
def test_an_answer_at_the_deadline_is_too_late_whether_it_was_tidied_or_not(tidied: bool, answer: str) -> None:
    desk = asking(capacity=1)
    booking = desk.book(bursary=True)
    waiting = desk.book(urn="900002")
    desk.pass_time(hours=72)
    if tidied:
        desk.tidy()
    with pytest.raises(WrongState) as refused:
        getattr(desk, answer)(booking.id)
    assert refused.value.facts["state"] == "expired"
    desk.settle_down()
    assert (desk.status(booking.id), desk.status(waiting.id)) == (S.EXPIRED, S.OFFERED)
    assert [event.booking_id for event in desk.said(HoldExpired)] == [booking.id]


def test_an_answer_just_before_the_deadline_counts() -> None:
    desk = asking()
    booking = desk.book()
    desk.now += timedelta(hours=72) - MILLISECOND
    assert desk.approve(booking.id).status is S.CONFIRMED


def test_a_booking_is_answered_once() -> None:
    desk = asking()
    booking = desk.book()
    desk.approve(booking.id)
    for answer in (desk.approve, desk.refuse):
        with pytest.raises(WrongState):
            answer(booking.id)
    assert len(desk.said(BookingConfirmed)) == 1


def test_nothing_is_approved_once_the_course_has_begun() -> None:
    desk = asking()
    booking = desk.book()
    desk.occurrence = desk.occurrence.model_copy(update={"starts_at": NOW + timedelta(hours=1)})
    desk.pass_time(hours=1)
    with pytest.raises(OccurrenceBegun):
        desk.approve(booking.id)


def test_another_schools_approver_does_not_see_it_and_a_teacher_does_not_answer() -> None:
    desk = asking()
    booking = desk.book()
    with pytest.raises(NotFound):
        desk.approve(booking.id, urn="900002")
    for answer in (desk.approve, desk.refuse):
        with pytest.raises(NotAnApprover):
            answer(booking.id, "colleague", approver=False)
    assert desk.status(booking.id) is S.PENDING_APPROVAL


def test_what_an_approver_books_is_approved_by_that() -> None:
    desk = asking()
    booking = desk.book(by="head", approver=True)
    assert (booking.status, booking.approved_by) == (S.CONFIRMED, "head")
    assert desk.said(ApprovalAsked) == []


def test_a_deputy_answers_and_books_until_their_last_day_is_over() -> None:
    desk = asking(capacity=5, deputy=stand_in())
    first, second = desk.book(), desk.book()
    assert desk.book(by="deputy").status is S.CONFIRMED
    desk.now = datetime(2026, 9, 8, 23, 0, tzinfo=UTC) - MILLISECOND  # midnight in London
    assert desk.approve(first.id, "deputy", approver=False).status is S.CONFIRMED
    desk.now += MILLISECOND
    with pytest.raises(NotAnApprover):
        desk.approve(second.id, "deputy", approver=False)
    assert desk.book(by="deputy").status is S.PENDING_APPROVAL


def test_a_deputy_does_not_answer_for_a_booking_of_their_own_but_an_approver_does() -> None:
    desk = asking()
    booking = desk.book()
    desk.wants_approval(deputy=stand_in("teacher"))
    for answer in (desk.approve, desk.refuse):
        with pytest.raises(OwnBooking):
            answer(booking.id, "teacher", approver=False)
    assert desk.approve(booking.id, "teacher").status is S.CONFIRMED


def test_a_deputy_who_accepts_places_for_a_booking_of_their_own_has_not_approved_it() -> None:
    desk = asking(capacity=2)
    taken = [desk.book(urn="900002") for _ in range(2)]
    own, of_another = desk.book(by="deputy"), desk.book()
    desk.wants_approval(deputy=stand_in())
    for booking in taken:
        desk.cancel(booking.id)
    assert desk.accept(own.id, "deputy").status is S.PENDING_APPROVAL
    assert desk.accept(of_another.id, "deputy").status is S.CONFIRMED
    with pytest.raises(OwnBooking):
        desk.approve(own.id, "deputy", approver=False)


def test_who_waits_is_asked_about_when_the_offer_is_accepted_and_loses_none_of_its_time() -> None:
    desk = asking(capacity=1)
    taken = desk.book(urn="900002")
    waiting = desk.book()
    assert waiting.status is S.WAITLISTED
    desk.cancel(taken.id)
    desk.pass_time(hours=47.9)
    assert desk.said(ApprovalAsked) == []
    accepted = desk.accept(waiting.id)
    assert (accepted.status, accepted.expires_at) == (S.PENDING_APPROVAL, desk.now + timedelta(hours=72))
    assert (desk.occurrence.offers, held(desk.occurrence, desk.now)) == ({}, 1)
    assert desk.approve(waiting.id).status is S.CONFIRMED


@pytest.mark.parametrize(("booked_by", "accepted_by"), [("head", "teacher"), ("teacher", "head")])
def test_an_approver_who_has_booked_or_accepts_is_not_asked_again(booked_by: str, accepted_by: str) -> None:
    desk = asking(capacity=1)
    taken = desk.book(urn="900002")
    waiting = desk.book(by=booked_by, approver=booked_by == "head")
    desk.cancel(taken.id)
    accepted = desk.accept(waiting.id, accepted_by, approver=accepted_by == "head")
    assert (accepted.status, accepted.approved_by) == (S.CONFIRMED, "head")


def test_what_waits_is_still_answered_after_the_school_has_stopped_asking() -> None:
    desk = asking()
    booking = desk.book()
    desk.wants_approval(required=False)
    assert desk.approve(booking.id).status is S.CONFIRMED


def test_a_booking_that_waits_for_approval_can_be_cancelled_and_frees_its_places() -> None:
    desk = asking(capacity=1)
    booking = desk.book()
    waiting = desk.book(urn="900002")
    assert desk.cancel(booking.id).status is S.CANCELLED
    assert desk.status(waiting.id) is S.OFFERED


def wanted(hours: int = 72) -> ApprovalRule:
    return ApprovalRule(id="900001", required=True, deadline_hours=hours)


def test_a_rule_replaces_the_one_before_and_the_same_again_writes_nothing() -> None:
    first = set_rule(None, wanted(), 168)
    assert first.root == first.reply == wanted()
    stored = wanted().model_copy(update={"version": 4})
    assert set_rule(stored, wanted(), 168).root is None
    changed = set_rule(stored, wanted(24), 168).reply
    assert (changed.deadline_hours, changed.version) == (24, 4)


def test_a_deadline_is_within_the_policy() -> None:
    with pytest.raises(DeadlineTooLong):
        set_rule(None, wanted(169), 168)
    assert set_rule(None, wanted(168), 168).root is not None


@pytest.mark.parametrize(
    ("last_day", "refusal"),
    [
        (date(2026, 9, 6), DeputyOver),
        (date(2026, 9, 18), DeputyTooLong),
        (date.max, DeputyTooLong),
        (date.min, DeputyOver),
    ],
)
def test_a_deputy_is_named_from_today_on_and_not_for_ever(last_day: date, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        deputy_until("deputy", last_day, "Europe/London", NOW, 10)
    assert deputy_until("deputy", date(2026, 9, 7), "Europe/London", NOW, 10).ends_at > NOW
    assert deputy_until("deputy", date(2026, 9, 17), "Europe/London", NOW, 10).last_day == date(2026, 9, 17)
