"""Whatever is asked in whatever order: never overbooked, never out of turn, nothing free that somebody waits for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.courses.domain.booking import ASKING, LIVE, BookingStatus
from services.courses.domain.change import promotable
from services.courses.domain.occurrence import free, held, offered
from services.courses.domain.organising import CapacityTaken
from services.courses.domain.reservation import OccurrenceFull, WaitingListFull
from shared.contracts.courses import PlaceOffered
from shared.refusals import Refusal
from tests.courses.desk import STARTS, Desk

CAPACITY = 4
FREEING = ("cancel", "turn_down", "refused", "uncovered", "refuse")
VERBS = ("cancel", "accept", "turn_down", "approve", "refuse", "covered", "uncovered", "reserved", "refused")


class Bookings(RuleBasedStateMachine):
    """Schools, the money and the clock do what they like to one occurrence; the schedule comes when it comes."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(CAPACITY, waiting_list_limit=8)

    @rule(
        delegates=st.integers(1, 3),
        bursary=st.booleans(),
        wait=st.booleans(),
        at_least=st.integers(1, 3),
    )
    def book(self, delegates: int, bursary: bool, wait: bool, at_least: int) -> None:
        waiting_before = bool(self.desk.occurrence.queue)
        free_before = free(self.desk.occurrence, self.desk.now)
        try:
            booking = self.desk.book(
                delegates,
                bursary=bursary,
                if_full="waitlist" if wait else "refuse",
                at_least=min(at_least, delegates),
            )
        except (OccurrenceFull, WaitingListFull):
            assert waiting_before or free_before < delegates
            return
        if waiting_before:
            assert booking.status is BookingStatus.WAITLISTED, "a newcomer has passed the waiting list"

    @precondition(lambda self: self.desk.bookings())
    @rule(data=st.data(), verb=st.sampled_from(VERBS))
    def ask(self, data: st.DataObject, verb: str) -> None:
        booking = data.draw(st.sampled_from(self.desk.bookings()))
        asked: Callable[[str], object] = getattr(self.desk, verb)
        if self._tolerant(lambda: asked(booking.id)) and verb in FREEING:
            assert not promotable(self.desk.occurrence, self.desk.now), "a freed place was not offered at once"

    @precondition(lambda self: self.desk.bookings())
    @rule(data=st.data())
    def cancel_one_delegate(self, data: st.DataObject) -> None:
        booking = data.draw(st.sampled_from(self.desk.bookings()))
        line = data.draw(st.sampled_from(booking.delegates))
        self._tolerant(lambda: self.desk.cancel_delegate(booking.id, line.delegate_id))

    @rule(guarded=st.booleans())
    def guard(self, guarded: bool) -> None:
        self.desk.guard(guarded=guarded)

    @rule(required=st.booleans(), hours=st.sampled_from([1, 72, 500]))
    def want_approval(self, required: bool, hours: int) -> None:
        self.desk.wants_approval(required=required, hours=hours)

    @rule(capacity=st.integers(1, CAPACITY + 3))
    def resize(self, capacity: int) -> None:
        try:
            self.desk.resize(capacity)
        except CapacityTaken:
            assert capacity < self.desk.occurrence.capacity

    @rule(hours=st.sampled_from([0.1, 0.25, 1, 24, 48]))
    def pass_time(self, hours: float) -> None:
        if self.desk.now < STARTS:
            self.desk.pass_time(hours=hours)

    @rule()
    def let_the_schedule_come(self) -> None:
        self.desk.settle_down()
        occurrence = self.desk.occurrence
        assert not promotable(occurrence, self.desk.now), "a place is free, and somebody waits who could have it"
        assert all(self.desk.now < expires_at for expires_at in self._expiries()), (
            "something has run out and is still kept"
        )

    def _expiries(self) -> list[datetime]:
        holds, offers = self.desk.occurrence.holds.values(), self.desk.occurrence.offers.values()
        return [*(hold.expires_at for hold in holds), *(offer.expires_at for offer in offers)]

    def _tolerant(self, ask: Callable[[], object]) -> bool:
        """Whether it changed anything."""
        before = self.desk.occurrence, dict(self.desk.sides), len(self.desk.events)
        try:
            ask()
        except Refusal:
            assert before == (self.desk.occurrence, self.desk.sides, len(self.desk.events)), "a refusal has written"
        return self.desk.occurrence is not before[0]

    @invariant()
    def never_overbooked(self) -> None:
        occurrence, now = self.desk.occurrence, self.desk.now
        assert occurrence.confirmed + held(occurrence, now) + offered(occurrence, now) <= occurrence.capacity
        assert occurrence.confirmed >= 0

    @invariant()
    def the_numbers_are_those_of_the_bookings(self) -> None:
        occurrence = self.desk.occurrence
        places: dict[BookingStatus, int] = dict.fromkeys(BookingStatus, 0)
        for booking in self.desk.bookings():
            places[booking.status] += booking.places
        assert occurrence.confirmed == places[BookingStatus.CONFIRMED]
        pending = sum(places[status] for status in ASKING)
        assert sum(hold.places for hold in occurrence.holds.values()) == pending
        assert sum(offer.places for offer in occurrence.offers.values()) == places[BookingStatus.OFFERED]
        assert sum(entry.places for entry in occurrence.queue) == places[BookingStatus.WAITLISTED]
        assert occurrence.unsettled == sum(b.status is BookingStatus.CONFIRMED for b in self.desk.bookings())

    @invariant()
    def offers_come_in_the_order_of_the_list(self) -> None:
        numbers = [event.queue_number for event in self.desk.said(PlaceOffered)]
        assert numbers == sorted(set(numbers))

    @invariant()
    def the_list_is_in_order(self) -> None:
        numbers = [entry.queue_number for entry in self.desk.occurrence.queue]
        assert numbers == sorted(set(numbers))

    @invariant()
    def a_delegate_is_booked_once(self) -> None:
        live = [booking for booking in self.desk.bookings() if self.desk.status(booking.id) in LIVE]
        delegates = [line.delegate_id for booking in live for line in booking.booked()]
        assert len(delegates) == len(set(delegates))

    @invariant()
    def the_schedule_knows_when_to_come(self) -> None:
        due_at = self.desk.occurrence.due_at
        assert due_at is not None
        assert all(due_at <= max(expires_at, self.desk.now) for expires_at in self._expiries())


Bookings.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestBookings = Bookings.TestCase
