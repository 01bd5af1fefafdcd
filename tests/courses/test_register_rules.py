"""Attendance: marks are added, corrections say why, and what follows has a revision."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.courses.domain.booking import Booking, BookingStatus
from services.courses.domain.cancellation import NoSuchDelegate, OccurrenceBegun
from services.courses.domain.occurrence import Chore, Status
from services.courses.domain.organising import complete_bookings
from services.courses.domain.register import (
    NoSuchSession,
    ReasonNeeded,
    SessionNotBegun,
    close,
    close_bookings,
    settle_bookings,
)
from shared.contracts.courses import AttendanceOverdue, AttendanceSettled, OccurrenceCompleted
from shared.transitions import WrongState
from tests.courses.desk import PRICE, STARTS, Desk

AFTER = STARTS + timedelta(hours=6)


def attended(sessions: int = 1, bursary: bool = True) -> tuple[Desk, str]:
    """A confirmed booking for two, after the last session."""
    desk = Desk(sessions=sessions)
    booking = desk.book(("ada", "bo"), bursary=bursary)
    desk.reserved(booking.id)
    desk.now = AFTER + timedelta(weeks=sessions - 1)
    return desk, booking.id


@pytest.mark.parametrize(
    ("ada", "bo", "outcome", "places", "charged"),
    [
        ("full", "full", "attended", 2, 2 * PRICE),
        ("full", "partial", "partially-attended", 2, 2 * PRICE),
        ("full", "absent", "partially-attended", 1, PRICE),
        ("absent", "excused", "no-show", 0, 0),
    ],
)
def test_what_is_charged_is_the_price_of_the_places_that_were_attended(
    ada: str, bo: str, outcome: str, places: int, charged: int
) -> None:
    desk, booking_id = attended()
    desk.record(booking_id, ada=ada, bo=bo)
    (settled,) = desk.said(AttendanceSettled)
    assert (settled.outcome, settled.attended_places, settled.charged_pence) == (outcome, places, charged)
    assert (settled.revision, settled.places, settled.funded) == (1, 2, True)
    assert desk.status(booking_id).value == outcome


def test_who_was_there_all_the_time_is_told_and_another_one_is_news() -> None:
    desk, booking_id = attended()
    desk.record(booking_id, ada="full", bo="partial")
    why = "the list was read the wrong way round"
    desk.record(booking_id, ada=("partial", why), bo=("full", why))
    assert [event.fully_attended for event in desk.said(AttendanceSettled)] == [("ada",), ("bo",)]
    assert [event.revision for event in desk.said(AttendanceSettled)] == [1, 2]


def test_a_school_that_pays_itself_is_charged_nothing_here() -> None:
    desk, booking_id = attended(bursary=False)
    desk.record(booking_id, ada="full", bo="full")
    (settled,) = desk.said(AttendanceSettled)
    assert (settled.charged_pence, settled.funded) == (0, False)


def test_nothing_is_settled_while_a_mark_is_missing() -> None:
    desk, booking_id = attended(sessions=2)
    desk.record(booking_id, 1, ada="full", bo="full")
    desk.record(booking_id, 2, ada="full")
    assert desk.said(AttendanceSettled) == []
    desk.record(booking_id, 2, bo="absent")
    assert [event.attended_places for event in desk.said(AttendanceSettled)] == [2]


def test_a_complete_register_is_settled_only_after_the_last_session() -> None:
    desk, booking_id = attended()
    desk.now = STARTS
    desk.record(booking_id, ada="full", bo="full")
    assert desk.said(AttendanceSettled) == []
    desk.now = AFTER
    desk.tidy()
    assert desk.occurrence.chore is Chore.SETTLE
    desk.decide(
        lambda root, sides, now: settle_bookings(root, sides, now, by="system", booking_ids=[booking_id], last=True),
        [(Booking, booking_id)],
    )
    assert desk.status(booking_id) is BookingStatus.ATTENDED
    assert len(desk.said(AttendanceSettled)) == 1


def test_a_correction_needs_a_reason_and_raises_the_revision() -> None:
    desk, booking_id = attended()
    desk.record(booking_id, ada="full", bo="full")
    with pytest.raises(ReasonNeeded):
        desk.record(booking_id, bo="absent")
    desk.record(booking_id, bo=("absent", "signed in by mistake"))
    first, second = desk.said(AttendanceSettled)
    assert (first.revision, second.revision, second.charged_pence) == (1, 2, PRICE)
    marks = [(mark.delegate_id, mark.attendance, mark.reason) for mark in desk.stored(booking_id).marks]
    assert marks == [("ada", "full", None), ("bo", "full", None), ("bo", "absent", "signed in by mistake")]


def test_a_correction_that_changes_nothing_about_the_outcome_is_kept_but_is_no_news() -> None:
    desk, booking_id = attended()
    desk.record(booking_id, ada="full", bo="absent")
    desk.record(booking_id, bo=("excused", "was ill"))
    assert len(desk.stored(booking_id).marks) == 3
    assert len(desk.said(AttendanceSettled)) == 1


def test_the_same_mark_again_writes_nothing() -> None:
    desk, booking_id = attended()
    desk.record(booking_id, ada="full", bo="full")
    before = desk.occurrence
    desk.record(booking_id, ada="full")
    assert desk.occurrence is before


def test_attendance_is_not_recorded_before_the_session_begins() -> None:
    desk, booking_id = attended()
    desk.now = STARTS - timedelta(milliseconds=1)
    with pytest.raises(SessionNotBegun):
        desk.record(booking_id, ada="full")


@pytest.mark.parametrize("session", [0, 2])
def test_there_is_no_attendance_of_a_session_that_does_not_exist(session: int) -> None:
    desk, booking_id = attended()
    with pytest.raises(NoSuchSession):
        desk.record(booking_id, session, ada="full")


def test_only_delegates_of_the_booking_are_marked() -> None:
    desk, booking_id = attended()
    with pytest.raises(NoSuchDelegate):
        desk.record(booking_id, eve="full")


def test_a_booking_that_was_not_confirmed_has_no_register() -> None:
    desk = Desk()
    booking = desk.book(("ada",))
    desk.cancel(booking.id)
    desk.now = AFTER
    with pytest.raises(WrongState):
        desk.record(booking.id, ada="full")


def test_the_occurrence_is_completed_when_the_last_booking_is_settled() -> None:
    desk = Desk()
    first, second = desk.book(("ada",)), desk.book(("bo",))
    desk.now = AFTER
    desk.record(first.id, ada="full")
    assert not desk.is_over()
    desk.record(second.id, bo="absent")
    assert desk.occurrence.status is Status.COMPLETED
    assert len(desk.said(OccurrenceCompleted)) == 1
    assert desk.occurrence.chore is Chore.COMPLETE


def test_a_completed_booking_can_still_be_corrected() -> None:
    desk, booking_id = attended()
    desk.record(booking_id, ada="full", bo="full")
    desk.decide(
        lambda root, sides, now: complete_bookings(root, sides, now, by="system", booking_ids=[booking_id], last=True),
        [(Booking, booking_id)],
    )
    assert desk.status(booking_id) is BookingStatus.COMPLETED
    desk.record(booking_id, ada=("absent", "wrong line"), bo=("absent", "wrong line"))
    assert desk.status(booking_id) is BookingStatus.COMPLETED
    assert [(event.revision, event.outcome) for event in desk.said(AttendanceSettled)] == [
        (1, "attended"),
        (2, "no-show"),
    ]


def test_an_occurrence_that_nobody_came_to_is_completed_when_it_is_over() -> None:
    desk = Desk()
    desk.now = AFTER
    desk.tidy()
    assert desk.occurrence.status is Status.COMPLETED


def test_once_the_course_has_begun_nobody_cancels_any_more() -> None:
    desk, booking_id = attended()
    desk.now = STARTS
    with pytest.raises(OccurrenceBegun):
        desk.cancel(booking_id)


def closed(desk: Desk, *booking_ids: str, reason: str = "the trainer has lost the list") -> None:
    """An officer closes the register, and the schedule settles what it leaves."""
    desk.decide(lambda root, sides, now: close(root, sides, now, by="officer-1", reason=reason))
    desk.decide(
        lambda root, sides, now: close_bookings(root, sides, now, by="system", booking_ids=booking_ids, last=True),
        [(Booking, booking_id) for booking_id in booking_ids],
    )


def over(desk: Desk) -> None:
    """The schedule has seen the end, and that no register is complete."""
    desk.tidy()
    desk.decide(lambda root, sides, now: settle_bookings(root, sides, now, by="system", booking_ids=[], last=True))


def test_attendance_that_nobody_records_is_overdue_once_after_the_days_of_the_policy() -> None:
    desk, _ = attended()
    over(desk)
    assert desk.occurrence.due_at == AFTER + timedelta(days=14)
    desk.now = AFTER + timedelta(days=14) - timedelta(seconds=1)
    desk.tidy()
    assert desk.said(AttendanceOverdue) == []
    desk.now = AFTER + timedelta(days=14)
    for _again in range(2):
        desk.tidy()
        assert [event.bookings for event in desk.said(AttendanceOverdue)] == [1]
    assert desk.occurrence.due_at is None


def test_attendance_that_is_recorded_or_has_no_due_time_is_never_overdue() -> None:
    desk, booking_id = attended()
    desk.record(booking_id, ada="full", bo="full")
    desk.now = AFTER + timedelta(days=15)
    desk.tidy()
    assert desk.said(AttendanceOverdue) == []
    older = Desk(attendance_days=None)
    older.reserved(older.book(("ada",), bursary=True).id)
    older.now = AFTER
    over(older)
    assert older.occurrence.due_at is None


def test_a_closed_register_takes_who_has_no_mark_for_absent_and_completes_the_occurrence() -> None:
    desk, booking_id = attended(sessions=2)
    desk.record(booking_id, 1, ada="full")
    closed(desk, booking_id)
    (settled,) = desk.said(AttendanceSettled)
    assert (settled.outcome, settled.attended_places, settled.charged_pence) == ("partially-attended", 1, PRICE)
    booking = desk.stored(booking_id)
    assert [(mark.attendance, mark.by) for mark in booking.marks[1:]] == [("absent", "officer-1")] * 3
    assert desk.occurrence.status is Status.COMPLETED
    desk.record(booking_id, 1, bo=("full", "here is the list"))
    assert [event.attended_places for event in desk.said(AttendanceSettled)] == [1, 2]


def test_a_register_is_closed_after_the_last_session_only_and_once() -> None:
    desk, booking_id = attended()
    desk.now = STARTS
    with pytest.raises(WrongState):
        closed(desk, booking_id)
    desk.now = AFTER
    closed(desk, booking_id)
    assert desk.status(booking_id) is BookingStatus.NO_SHOW
    with pytest.raises(WrongState):
        closed(desk, booking_id)
