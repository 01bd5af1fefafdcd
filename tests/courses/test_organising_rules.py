"""The organiser's side: dates, capacity, calling off; and what schools may change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from services.courses.domain import cancellation, organising, substitution
from services.courses.domain.booking import Booking, BookingStatus, Delegate, Seat, seat_id
from services.courses.domain.cancellation import Ask, LastDelegate, NoSuchDelegate
from services.courses.domain.change import heads, kept_beyond
from services.courses.domain.known import KnownSchool
from services.courses.domain.occurrence import Status
from services.courses.domain.organising import Calendar, CapacityTaken, InThePast, SessionsOverlap
from services.courses.domain.reservation import DelegateAlreadyBooked
from services.courses.domain.terms import offer_window
from shared.contracts.courses import (
    BookingCancelled,
    BookingReduced,
    CoverAsked,
    DelegateSubstituted,
    OccurrenceCancelled,
    OccurrenceOpened,
    OccurrenceRescheduled,
    OccurrenceScheduled,
)
from shared.refusals import NotFound, VersionMismatch
from shared.transitions import WrongState
from tests.courses.desk import NOW, STARTS, TERMS, Desk, announced, calendar


def test_an_occurrence_is_announced_with_what_others_need_to_know() -> None:
    desk = Desk(5)
    (scheduled,) = desk.said(OccurrenceScheduled)
    assert (scheduled.course_code, scheduled.capacity, scheduled.starts_at) == ("PH210", 5, STARTS)
    assert len(desk.said(OccurrenceOpened)) == 1
    assert desk.occurrence.due_at == STARTS


def test_nothing_is_announced_that_has_begun() -> None:
    desk = Desk()
    desk.occurrence = announced(2)
    desk.now = STARTS
    with pytest.raises(InThePast):
        desk.decide(lambda root, sides, now: organising.schedule(root, sides, now, by="officer"))


def test_nobody_books_once_the_course_has_begun_whether_the_schedule_has_looked_or_not() -> None:
    desk = Desk()
    desk.now = STARTS
    with pytest.raises(WrongState) as refusal:
        desk.book()
    assert refusal.value.facts["state"] == "running"


def test_a_closed_occurrence_takes_no_bookings_but_serves_its_waiting_list() -> None:
    desk = Desk(1)
    first, waiting = desk.book(), desk.book()
    desk.decide(lambda root, sides, now: organising.close_booking(root, sides, now, by="officer"))
    with pytest.raises(WrongState):
        desk.book()
    desk.cancel(first.id)
    assert desk.status(waiting.id) is BookingStatus.OFFERED


def test_capacity_is_not_reduced_below_what_is_taken() -> None:
    desk = Desk(3)
    desk.book()
    desk.book(bursary=True)
    with pytest.raises(CapacityTaken) as refusal:
        desk.resize(1)
    assert refusal.value.facts == {"taken": 2}
    assert desk.resize(2).capacity == 2


def test_moving_an_occurrence_keeps_its_bookings_and_tells_the_new_dates() -> None:
    desk = Desk()
    booking = desk.book()
    moved_to = calendar(STARTS + timedelta(days=7), sessions=2)
    desk.decide(
        lambda root, sides, now: organising.reschedule(root, sides, now, by="officer", calendar=moved_to),
        heads(desk.occurrence),
    )
    assert desk.status(booking.id) is BookingStatus.CONFIRMED
    assert [event.starts_at for event in desk.said(OccurrenceRescheduled)] == [STARTS + timedelta(days=7)]
    assert [session.number for session in desk.occurrence.sessions] == [1, 2]
    assert desk.occurrence.due_at == STARTS + timedelta(days=7)


def move(desk: Desk, starts_at: datetime) -> None:
    moved_to = calendar(starts_at)
    desk.decide(
        lambda root, sides, now: organising.reschedule(root, sides, now, by="officer", calendar=moved_to),
        [*heads(desk.occurrence), *kept_beyond(desk.occurrence, starts_at)],
    )


def test_places_are_kept_for_an_answer_no_longer_than_to_an_earlier_start() -> None:
    desk = Desk(4)
    desk.wants_approval()
    waits, funded = desk.book(), desk.book(urn="900002", bursary=True)
    before = desk.stored(funded.id)
    earlier = NOW + timedelta(hours=12)
    move(desk, earlier)
    assert (desk.occurrence.holds[waits.id].expires_at, desk.stored(waits.id).expires_at) == (earlier, earlier)
    assert desk.stored(waits.id).revision == waits.revision + 1
    assert desk.stored(funded.id) == before
    desk.now = earlier
    assert desk.status(waits.id) is BookingStatus.EXPIRED
    desk.settle_down()
    assert desk.occurrence.holds == {}


def test_an_offer_lasts_no_longer_than_to_an_earlier_start() -> None:
    desk = Desk(1)
    taken, offered = desk.book(), desk.book()
    desk.cancel(taken.id)
    earlier = NOW + timedelta(hours=1)
    move(desk, earlier)
    assert (desk.occurrence.offers[offered.id].expires_at, desk.stored(offered.id).expires_at) == (earlier, earlier)


@pytest.mark.parametrize(
    "periods",
    [
        [(STARTS, STARTS)],
        [(STARTS, STARTS + timedelta(hours=2)), (STARTS + timedelta(hours=1), STARTS + timedelta(hours=3))],
    ],
    ids=["empty", "overlapping"],
)
def test_sessions_do_not_overlap(periods: list[tuple[datetime, datetime]]) -> None:
    with pytest.raises(SessionsOverlap):
        Calendar(periods, "Europe/London", TERMS, frozenset())


def test_sessions_are_numbered_in_order_of_time_however_they_are_given() -> None:
    later = STARTS + timedelta(days=7)
    given = Calendar(
        [(later, later + timedelta(hours=1)), (STARTS, STARTS + timedelta(hours=1))],
        "Europe/London",
        TERMS,
        frozenset(),
    )
    assert [(session.number, session.starts_at) for session in given.sessions] == [(1, STARTS), (2, later)]


def test_the_first_day_is_counted_in_the_zone_of_the_course() -> None:
    late = datetime(2027, 6, 30, 23, 30, tzinfo=UTC)
    given = Calendar([(late, late + timedelta(hours=1))], "Europe/London", TERMS, frozenset())
    assert given.starts_on == date(2027, 7, 1)


@pytest.mark.parametrize(
    ("starts", "holidays", "last_day"),
    [
        (datetime(2026, 11, 6, 9, tzinfo=UTC), frozenset(), date(2026, 11, 4)),
        (datetime(2026, 11, 9, 9, tzinfo=UTC), frozenset(), date(2026, 11, 5)),
        (
            datetime(2026, 12, 29, 9, tzinfo=UTC),
            frozenset({date(2026, 12, 25), date(2026, 12, 28)}),
            date(2026, 12, 23),
        ),
    ],
    ids=["within a week", "across a weekend", "across Christmas"],
)
def test_the_last_working_days_leave_out_weekends_and_bank_holidays(
    starts: datetime, holidays: frozenset[date], last_day: date
) -> None:
    window = offer_window(TERMS, starts, "Europe/London", holidays)
    assert window.ends_at == datetime.combine(last_day, datetime.min.time(), UTC)


def call_off(desk: Desk) -> None:
    desk.decide(lambda root, sides, now: organising.call_off(root, sides, now, by="officer", reason="snow"))


def slice_of(desk: Desk, booking_ids: list[str], last: bool) -> None:
    desk.decide(
        lambda root, sides, now: organising.call_off_bookings(
            root, sides, now, by="system", booking_ids=booking_ids, last=last
        ),
        [(Booking, booking_id) for booking_id in booking_ids],
    )


def test_calling_off_lets_nothing_in_before_it_cancels_anything() -> None:
    desk = Desk(2)
    desk.book(2)
    call_off(desk)
    assert desk.occurrence.status is Status.CANCELLED
    assert desk.occurrence.due_at == desk.now
    assert [event.reason for event in desk.said(OccurrenceCancelled)] == ["snow"]
    with pytest.raises(WrongState):
        desk.book()


def test_calling_off_cancels_every_booking_in_slices_and_offers_nothing_to_anybody() -> None:
    desk = Desk(3)
    bookings = [desk.book().id, desk.book(bursary=True).id, desk.book().id, desk.book().id]
    call_off(desk)
    slice_of(desk, bookings[:2], last=False)
    assert desk.occurrence.confirmed + len(desk.occurrence.queue) == 2
    slice_of(desk, bookings[2:], last=True)
    assert [desk.status(booking_id) for booking_id in bookings] == [BookingStatus.CANCELLED] * 4
    assert [event.cancelled_by for event in desk.said(BookingCancelled)] == ["organiser"] * 4
    assert (desk.occurrence.confirmed, desk.occurrence.holds, desk.occurrence.queue) == (0, {}, ())
    assert desk.occurrence.due_at is None


def test_a_slice_that_is_done_again_does_nothing() -> None:
    desk = Desk(3)
    booking = desk.book().id
    call_off(desk)
    slice_of(desk, [booking], last=True)
    before = desk.occurrence
    slice_of(desk, [booking], last=True)
    assert desk.occurrence is before


def test_another_schools_booking_is_not_there() -> None:
    desk = Desk()
    booking = desk.book()
    with pytest.raises(NotFound):
        desk.cancel(booking.id, urn="900002")


def test_a_booking_that_has_changed_since_it_was_read_is_not_changed() -> None:
    desk = Desk()
    booking = desk.book()
    ask = Ask(booking.id, "teacher", "900001", booking.revision - 1)
    with pytest.raises(VersionMismatch):
        desk.decide(
            lambda root, sides, now: cancellation.cancel_booking(root, sides, now, ask, reason="ill"),
            [(Booking, booking.id)],
        )


def test_cancelling_one_delegate_keeps_the_others_and_says_what_they_cost() -> None:
    desk = Desk(2)
    booking = desk.book(("ada", "bo"), bursary=True)
    desk.reserved(booking.id)
    waiting = desk.book()
    kept = desk.cancel_delegate(booking.id, "bo")
    assert [(line.delegate_id, line.status) for line in kept.delegates] == [("ada", "booked"), ("bo", "cancelled")]
    (reduced,) = desk.said(BookingReduced)
    assert (reduced.delegate_id, reduced.places, reduced.amount_pence) == ("bo", 1, kept.price_pence)
    assert desk.status(waiting.id) is BookingStatus.OFFERED


def test_the_last_delegate_is_cancelled_with_the_booking_only() -> None:
    desk = Desk()
    booking = desk.book(("ada",))
    with pytest.raises(LastDelegate):
        desk.cancel_delegate(booking.id, "ada")


def substitute(desk: Desk, booking_id: str, delegate_id: str, colleague: str) -> Booking:
    return desk.decide(
        lambda root, sides, now: substitution.substitute(
            root,
            sides,
            now,
            Ask(booking_id, "teacher", "900001"),
            delegate_id=delegate_id,
            colleague=Delegate(delegate_id=colleague),
            bookings=frozenset({booking_id}),
        ),
        [(Booking, booking_id), (Seat, seat_id(desk.occurrence.id, colleague)), (KnownSchool, "900001")],
    )


def test_a_colleague_takes_the_place_and_the_other_may_be_booked_again() -> None:
    desk = Desk(2)
    booking = desk.book(("ada",))
    kept = substitute(desk, booking.id, "ada", "bo")
    assert [line.delegate_id for line in kept.booked()] == ["bo"]
    assert [(event.replaced_delegate_id, event.delegate_id) for event in desk.said(DelegateSubstituted)] == [
        ("ada", "bo")
    ]
    assert desk.book(("ada",)).status is BookingStatus.CONFIRMED
    with pytest.raises(DelegateAlreadyBooked):
        desk.book(("bo",))


def asked_about(desk: Desk) -> Booking:
    """A booking of two, whose school is being asked about a colleague of the first of them."""
    booking = desk.book(("ada", "cem"))
    desk.guard()
    return substitute(desk, booking.id, "ada", "bo")


def test_a_colleague_who_could_be_spared_but_comes_no_more_is_a_change_of_the_booking() -> None:
    desk = Desk(2)
    booking = asked_about(desk)
    assert booking.substitution is not None
    desk.cancel_delegate(booking.id, "ada")
    before = desk.stored(booking.id)
    desk.covered(booking.id)
    kept = desk.stored(booking.id)
    assert (kept.substitution, kept.revision) == (None, before.revision + 1)
    assert (kept.history[-1].verb, kept.history[-1].reason) == ("keep", "ada is not booked any more: bo does not come.")
    assert desk.said(CoverAsked)[-1].delegate_ids == ("cem",)


@pytest.mark.parametrize(
    ("cancelled", "reason"),
    [
        (False, "The school cannot spare bo: ada comes."),
        (True, "The school cannot spare bo, and ada is not booked any more."),
    ],
)
def test_a_colleague_who_cannot_be_spared_leaves_the_booking_as_it_is_now(cancelled: bool, reason: str) -> None:
    desk = Desk(2)
    booking = asked_about(desk)
    if cancelled:
        desk.cancel_delegate(booking.id, "ada")
    desk.uncovered(booking.id)
    assert desk.stored(booking.id).history[-1].reason == reason


def test_a_colleague_who_could_be_spared_too_late_does_not_come() -> None:
    desk = Desk(2)
    booking = asked_about(desk)
    desk.now = STARTS
    desk.covered(booking.id)
    assert desk.stored(booking.id).history[-1].reason == "The answer came too late: bo does not come."


def test_a_colleague_who_is_booked_already_cannot_come_instead() -> None:
    desk = Desk(3)
    first, _ = desk.book(("ada",)), desk.book(("bo",))
    with pytest.raises(DelegateAlreadyBooked):
        substitute(desk, first.id, "ada", "bo")


def test_only_somebody_who_comes_can_be_replaced() -> None:
    desk = Desk()
    booking = desk.book(("ada",))
    with pytest.raises(NoSuchDelegate):
        substitute(desk, booking.id, "eve", "bo")


def test_an_occurrence_is_under_the_terms_of_its_day() -> None:
    desk = Desk(1, hold_minutes=5)
    booking = desk.book(bursary=True)
    assert desk.occurrence.holds[booking.id].expires_at == NOW + timedelta(minutes=5)
