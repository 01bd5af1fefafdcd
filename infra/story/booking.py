"""A course with few places: booked by more schools than it has room for, all at once."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from rich.table import Table

from infra.cli.client import Problem, Session
from infra.story.answers import BookingAnswer, CourseAnswer, HistoryAnswer, OccurrenceAnswer
from infra.story.cast import MEMBERS, NAMES, NEIGHBOUR, OFFICER, teacher
from infra.story.days import school_day
from infra.story.funding import balances, expect_balances
from infra.story.stage import Mismatch, Stage, expect, pounds
from shared.ids import new_id

COURSE: Final = {
    "code": "STORY1",
    "title": "Energy in practice",
    "summary": "A day at the bench, with ten demonstrations that work with what a school has.",
    "subjects": ["Physics"],
    "age_groups": ["11-14", "14-16"],
    "delivery": "face-to-face",
    "duration": {"amount": 1, "unit": "days"},
}
CAPACITY: Final = 5
PRICE: Final = 35_000
FUNDED: Final = 4
UNDECIDED: Final = ("held", "pending-approval", "pending-cover", "pending-funding")
NOT_TOLD_YET: Final = "booking-school-not-known"
COLOURS: Final = {"confirmed": "green", "waitlisted": "yellow", "offered": "cyan"}


@dataclass(frozen=True, slots=True)
class Order:
    """What a school asks for; `request_id` becomes the correlation id of everything that follows."""

    school_urn: str
    occurrence_id: str
    partnership_id: str | None
    delegate_id: str
    request_id: str

    @property
    def body(self) -> dict[str, object]:
        """As the API takes it. The delegate is known by id alone: the story has no personal data to give."""
        funding: dict[str, str] = {"kind": "school"}
        if self.partnership_id is not None:
            funding = {"kind": "bursary", "partnership_id": self.partnership_id}
        return {"delegates": [{"delegate_id": self.delegate_id}], "funding": funding, "if_full": "waitlist"}


def order(school_urn: str, occurrence_id: str, partnership_id: str | None = None) -> Order:
    """An order for one new delegate."""
    return Order(school_urn, occurrence_id, partnership_id, f"delegate-{new_id()}", new_id())


def offer_course(stage: Stage) -> OccurrenceAnswer:
    """An occurrence in six weeks with five places, open for booking."""
    stage.teller.chapter(
        "A course with five places is opened", "An occurrence is planned, announced, and opened for booking."
    )
    opened = open_occurrence(stage, CAPACITY, PRICE)
    stage.teller.done(
        f"{opened.title}: {opened.starts_at:%-d %B %Y}, {opened.capacity} places at {pounds(opened.price_pence)}"
    )
    return opened


def open_occurrence(stage: Stage, capacity: int, price_pence: int) -> OccurrenceAnswer:
    """An occurrence that can be booked."""
    officer = stage.as_account(OFFICER)
    course = _course(officer)
    day = school_day(datetime.now(UTC) + timedelta(weeks=6)).replace(minute=0, second=0, microsecond=0)
    plan = {
        "course_id": course.course_id,
        "sessions": [{"starts_at": day.isoformat(), "ends_at": (day + timedelta(hours=6)).isoformat()}],
        "capacity": capacity,
        "price_pence": price_pence,
        "region": "North East",
    }
    planned = officer.post("/api/occurrences", OccurrenceAnswer, plan)
    path = f"/api/occurrences/{planned.occurrence_id}"
    officer.post(f"{path}/scheduling", OccurrenceAnswer)
    opened = officer.post(f"{path}/opening", OccurrenceAnswer)
    expect("the status of the occurrence", "open", opened.status)
    return opened


def rush(stage: Stage, occurrence: OccurrenceAnswer, partnership_id: str) -> Rush:
    """Six bursary bookings at once for the four places that one paid by its school has left."""
    stage.teller.chapter(
        "Six schools book four places at the same moment",
        "A neighbouring school has taken one place and pays for it itself. The six members ask for a bursary each: "
        "courses holds a place and asks, partnerships reserves the money, courses confirms. Whoever finds no place "
        "gets a number on the waiting list.",
    )
    neighbour = place(stage, order(NEIGHBOUR, occurrence.occurrence_id))
    expect("the booking that its school pays for", "confirmed", neighbour.status)
    stage.teller.done(f"{NAMES[NEIGHBOUR]} pays itself: confirmed at once")
    orders = [order(urn, occurrence.occurrence_id, partnership_id) for urn in MEMBERS]
    began = time.monotonic()
    placed = place_all(stage, orders)
    settled = [decided(stage, booking) for booking in placed]
    took = time.monotonic() - began
    confirmed = [booking for booking in settled if booking.status == "confirmed"]
    waiting = sorted((b for b in settled if b.status == "waitlisted"), key=lambda b: b.queue_number or 0)
    expect("confirmed and waiting", (FUNDED, len(MEMBERS) - FUNDED), (len(confirmed), len(waiting)))
    expect("the numbers on the waiting list", [1, 2], [booking.queue_number for booking in waiting])
    stage.teller.done(f"{len(confirmed)} confirmed with their funds, {len(waiting)} waiting", took)
    stage.teller.show(standing(settled))
    expect_places(stage, occurrence, left=0, waiting=len(waiting))
    stage.teller.show(balances(expect_balances(stage, partnership_id, reserved=FUNDED * PRICE)))
    requests = {booking.booking_id: asked.request_id for asked, booking in zip(orders, placed, strict=True)}
    return Rush(neighbour, tuple(confirmed), tuple(waiting), requests)


def _course(officer: Session) -> CourseAnswer:
    """The course of the story; the first telling adds it."""
    code = str(COURSE["code"])
    found = [course for course in officer.each("/api/courses", CourseAnswer, {"q": code}) if course.code == code]
    return found[0] if found else officer.post("/api/courses", CourseAnswer, COURSE)


@dataclass(frozen=True, slots=True)
class Rush:
    """How the six bookings stand, and under which correlation id each was asked for."""

    neighbour: BookingAnswer
    confirmed: tuple[BookingAnswer, ...]
    waiting: tuple[BookingAnswer, ...]
    request_ids: dict[str, str]


def place(stage: Stage, asked: Order) -> BookingAnswer:
    """Book. A school that courses has not been told of yet is tried again: the register's event is on its way."""
    session = stage.as_account(teacher(asked.school_urn))
    path = f"/api/occurrences/{asked.occurrence_id}/bookings"

    def attempt() -> BookingAnswer | None:
        try:
            return session.post(path, BookingAnswer, asked.body, request_id=asked.request_id)
        except Problem as problem:
            if problem.slug != NOT_TOLD_YET:
                raise
            return None

    booking = stage.eventually("the school, in courses' copy of the register", attempt, lambda seen: seen is not None)
    assert booking is not None  # noqa: S101 - for the type checker: the line above waits for it
    return booking


def place_all(stage: Stage, orders: Sequence[Order], at_once: int = 16) -> list[BookingAnswer]:
    """Place all orders at the same time, from signed-in sessions; the bookings in the order of the orders."""
    for urn in {asked.school_urn for asked in orders}:
        stage.as_account(teacher(urn))
    with ThreadPoolExecutor(min(at_once, len(orders))) as schools:
        return list(schools.map(lambda asked: place(stage, asked), orders))


def read(stage: Stage, booking: BookingAnswer) -> BookingAnswer:
    """The booking as it stands now."""
    return session_of(stage, booking).get(booking.path, BookingAnswer)


def decided(stage: Stage, booking: BookingAnswer) -> BookingAnswer:
    """The booking once its funds were reserved or refused."""
    return stage.eventually(
        "a decision about the funds of a booking", lambda: read(stage, booking), lambda b: b.status not in UNDECIDED
    )


def await_status(stage: Stage, booking: BookingAnswer, status: str) -> BookingAnswer:
    """The booking once it stands so."""
    return stage.eventually(
        f"the booking of {NAMES[booking.school_urn]} is {status}",
        lambda: read(stage, booking),
        lambda seen: seen.status == status,
    )


def expect_places(stage: Stage, occurrence: OccurrenceAnswer, *, left: int, waiting: int) -> None:
    """Check how many places are free and wanted."""
    seen = stage.as_account(OFFICER).get(f"/api/occurrences/{occurrence.occurrence_id}", OccurrenceAnswer)
    expect("places left and waiting", (left, waiting), (seen.places_left, seen.waiting))


def expect_reason(stage: Stage, booking: BookingAnswer, status: str, words: str) -> str:
    """Why a booking came to stand so, from its history. Raises Mismatch when the reason does not say `words`."""
    history = session_of(stage, booking).get(f"{booking.path}/history", HistoryAnswer)
    reasons = [moment.reason for moment in history.decisions if moment.status == status]
    if not reasons or words not in reasons[-1]:
        raise Mismatch(f"the reason why a booking is {status}", words, reasons)
    return reasons[-1]


def session_of(stage: Stage, booking: BookingAnswer) -> Session:
    """Whoever booked it."""
    return stage.as_account(teacher(booking.school_urn))


def standing(bookings: Iterable[BookingAnswer]) -> Table:
    """Bookings as a table."""
    table = Table(box=None, show_header=False, padding=(0, 3, 0, 0))
    for booking in bookings:
        number = f"number {booking.queue_number}" if booking.status == "waitlisted" else pounds(booking.amount_pence)
        colour = COLOURS.get(booking.status, "dim")
        table.add_row(NAMES[booking.school_urn], f"[{colour}]{booking.status}[/]", f"[dim]{number}[/]")
    return table
