"""An occurrence and its bookings without any store: decisions are made and applied in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from services.courses.domain import approval, cancellation, charging, cover, funding, offers, organising, register
from services.courses.domain.approval_rule import ApprovalRule, Deputy
from services.courses.domain.booking import Booking, BookingStatus, Delegate, Funding, as_of
from services.courses.domain.cancellation import Ask
from services.courses.domain.change import heads, running_out
from services.courses.domain.expiry import tidy
from services.courses.domain.known import KnownPartnership, KnownSchool, SchoolFacts
from services.courses.domain.occurrence import Listing, Occurrence, Status, Venue
from services.courses.domain.organising import Calendar
from services.courses.domain.register import Presence
from services.courses.domain.reservation import DelegateAlreadyBooked, GroupRule, IfFull, Request, book
from services.courses.domain.terms import Terms
from services.courses.domain.vocabulary import Delivery
from shared.contracts.event import Event
from shared.decision import Decision, Document, Documents, Read

R = TypeVar("R", bound=Document | None)
E = TypeVar("E", bound=Event)

NOW = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)  # a Monday
STARTS = NOW + timedelta(days=60)
PARTNERSHIP = "partnership-1"
PRICE = 22_000
REASONS = ("no-cover", "other")

TERMS = Terms(
    policy="test",
    hold_minutes=15,
    offer_hours=48,
    offer_hours_late=24,
    late_days=7,
    no_offers_working_days=2,
    waiting_list_limit=50,
    most_delegates=20,
    attendance_days=14,
    approval_hours=100,
)
LISTING = Listing(
    template_id="course-1",
    code="PH210",
    title="Practical physics",
    subjects=("Physics",),
    age_groups=(),
    phases=(),
    delivery=Delivery.FACE_TO_FACE,
    venue=Venue(),
    words=("practical", "physics"),
)


def calendar(starts_at: datetime = STARTS, sessions: int = 1, terms: Terms = TERMS) -> Calendar:
    """Sessions of six hours, a week apart."""
    starts = [starts_at + timedelta(weeks=week) for week in range(sessions)]
    periods = [(start, start + timedelta(hours=6)) for start in starts]
    return Calendar(periods, "Europe/London", terms, frozenset())


def announced(capacity: int, price: int = PRICE, sessions: int = 1, **terms: Any) -> Occurrence:
    """A draft with these numbers."""
    agreed = TERMS.model_copy(update=terms)
    dates = calendar(sessions=sessions, terms=agreed)
    return organising.draft("occurrence-1", LISTING, dates, agreed, capacity, price)


class Desk:
    """Makes decisions on one occurrence, one after the other, and remembers what was said."""

    def __init__(self, capacity: int = 2, *, price: int = PRICE, sessions: int = 1, **terms: Any) -> None:
        self.now = NOW
        self.occurrence = announced(capacity, price, sessions, **terms)
        self.sides: dict[Read, Document] = {}
        self.events: list[Event] = []
        self.made = 0
        self.looked_at: frozenset[Read] = frozenset()
        self.keep(KnownPartnership(id=PARTNERSHIP, active=True, school_urns=("900001", "900002")))
        for urn in ("900001", "900002"):
            self.keep(KnownSchool(id=urn, facts=SchoolFacts(name=urn, open=True)))
        self.decide(lambda root, sides, now: organising.schedule(root, sides, now, by="officer"))
        self.decide(lambda root, sides, now: organising.open_booking(root, sides, now, by="officer"))

    def keep(self, document: Document) -> None:
        self.sides[type(document), document.id] = document

    def get(self, kind: type[Any], key: str) -> Any:
        """As the door does: only what was declared may be looked at."""
        assert (kind, key) in self.looked_at, f"{kind.__name__} {key} was not declared"
        return self.sides.get((kind, key))

    def decide(
        self,
        decision: Callable[[Occurrence, Documents, datetime], Decision[R]],
        reads: Iterable[Read] = (),
    ) -> R:
        """Make a decision and apply it."""
        self.looked_at = frozenset(reads)
        made = decision(self.occurrence, self, self.now)
        if isinstance(made.root, Occurrence):
            self.occurrence = made.root
        for document in made.documents:
            self.keep(document)
        self.events += made.events
        return made.reply

    def book(
        self,
        delegates: int | tuple[str, ...] = 1,
        *,
        urn: str = "900001",
        bursary: bool = False,
        if_full: IfFull = "waitlist",
        at_least: int | None = None,
        by: str = "teacher",
        approver: bool = False,
    ) -> Booking:
        """Book for so many new delegates, or for those named; all or none unless said otherwise."""
        self.made += 1
        names = delegates if isinstance(delegates, tuple) else tuple(f"d{self.made}-{n}" for n in range(delegates))
        request = Request(
            booking_ids=tuple(f"booking-{self.made}" + "abcdefghijklmnopqrstuvwxyz"[n] for n in range(len(names))),
            school_urn=urn,
            booked_by=by,
            delegates=tuple(Delegate(delegate_id=name) for name in names),
            funding=Funding(kind="bursary", partnership_id=PARTNERSHIP) if bursary else Funding(kind="school"),
            if_full=if_full,
            group=GroupRule(len(names) if at_least is None else at_least),
            approver=approver,
        )
        bookings: frozenset[str] = frozenset()
        while True:
            try:
                return self._book(replace(request, bookings=bookings))
            except DelegateAlreadyBooked as taken:
                if taken.booking_id in bookings:
                    raise
                bookings |= {taken.booking_id}

    def _book(self, request: Request) -> Booking:
        return self.decide(lambda root, sides, now: book(root, sides, now, request), [*request.reads(self.occurrence)])

    def _ask(
        self, booking_id: str, urn: str | None = None, by: str = "teacher", approver: bool = False
    ) -> tuple[Ask, list[Read]]:
        school = self._school_of(booking_id)
        reads: list[Read] = [(Booking, booking_id), (KnownSchool, school), (ApprovalRule, school)]
        return Ask(booking_id, by, urn, approver=approver), [*reads, *heads(self.occurrence)]

    def _school_of(self, booking_id: str) -> str:
        found = self.sides.get((Booking, booking_id))
        return found.school_urn if isinstance(found, Booking) else ""

    def cancel(self, booking_id: str, urn: str | None = None, accepts: int | None = None) -> Booking:
        ask, reads = self._ask(booking_id, urn)
        return self.decide(
            lambda root, sides, now: cancellation.cancel_booking(root, sides, now, ask, reason="ill", accepts=accepts),
            reads,
        )

    def waive(self, booking_id: str) -> Booking:
        return self.decide(
            lambda root, sides, now: charging.waive(
                root, sides, now, by="officer", booking_id=booking_id, reason="snow"
            ),
            [(Booking, booking_id)],
        )

    def cancel_delegate(self, booking_id: str, delegate_id: str, accepts: int | None = None) -> Booking:
        ask, reads = self._ask(booking_id)
        return self.decide(
            lambda root, sides, now: cancellation.cancel_delegate(
                root, sides, now, ask, delegate_id=delegate_id, reason="ill", accepts=accepts
            ),
            reads,
        )

    def accept(self, booking_id: str, by: str = "teacher", *, approver: bool = False) -> Booking:
        ask, reads = self._ask(booking_id, None, by, approver)
        return self.decide(lambda root, sides, now: offers.accept(root, sides, now, ask), reads)

    def turn_down(self, booking_id: str) -> Booking:
        ask, reads = self._ask(booking_id)
        return self.decide(lambda root, sides, now: offers.decline_offer(root, sides, now, ask), reads)

    def reserved(self, booking_id: str) -> None:
        _, reads = self._ask(booking_id)
        self.decide(lambda root, sides, now: funding.funds_reserved(root, sides, now, booking_id), reads)

    def refused(self, booking_id: str) -> None:
        _, reads = self._ask(booking_id)
        self.decide(lambda root, sides, now: funding.funds_refused(root, sides, now, booking_id, "no funds"), reads)

    def covered(self, booking_id: str) -> None:
        _, reads = self._ask(booking_id)
        self.decide(lambda root, sides, now: cover.cover_granted(root, sides, now, booking_id), reads)

    def uncovered(self, booking_id: str) -> None:
        _, reads = self._ask(booking_id)
        self.decide(lambda root, sides, now: cover.cover_refused(root, sides, now, booking_id, "blackout"), reads)

    def approve(self, booking_id: str, by: str = "head", *, approver: bool = True, urn: str | None = None) -> Booking:
        ask, reads = self._ask(booking_id, urn, by, approver)
        return self.decide(lambda root, sides, now: approval.approve(root, sides, now, ask), reads)

    def refuse(self, booking_id: str, by: str = "head", *, approver: bool = True, reason: str = "no-cover") -> Booking:
        ask, reads = self._ask(booking_id, None, by, approver)
        return self.decide(
            lambda root, sides, now: approval.refuse(root, sides, now, ask, reason=reason, reasons=REASONS), reads
        )

    def wants_approval(
        self, urn: str = "900001", *, required: bool = True, hours: int = 72, deputy: Deputy | None = None
    ) -> None:
        """A school begins to approve its bookings, or stops."""
        self.keep(ApprovalRule(id=urn, required=required, deadline_hours=hours, deputy=deputy))

    def guard(self, urn: str = "900001", *, guarded: bool = True) -> None:
        """A school begins to guard its cover, or stops."""
        self.keep(KnownSchool(id=urn, facts=SchoolFacts(name=urn, open=True), guarded=guarded))

    def tidy(self) -> None:
        self.decide(tidy, [*running_out(self.occurrence), *heads(self.occurrence)])

    def resize(self, capacity: int) -> Occurrence:
        return self.decide(
            lambda root, sides, now: organising.resize(root, sides, now, by="officer", capacity=capacity),
            heads(self.occurrence),
        )

    def record(self, booking_id: str, session: int = 1, **marks: Any) -> Booking:
        """Enter marks by delegate id (underscores for hyphens); a pair gives a reason too."""
        presences = [
            Presence(name.replace("_", "-"), *(mark if isinstance(mark, tuple) else (mark,)))
            for name, mark in marks.items()
        ]
        return self.decide(
            lambda root, sides, now: register.record(
                root, sides, now, by="officer", booking_id=booking_id, session=session, presences=presences
            ),
            [(Booking, booking_id)],
        )

    def pass_time(self, **step: float) -> None:
        self.now += timedelta(**step)

    def settle_down(self) -> None:
        """Tidy until the schedule would have nothing to do."""
        while self.occurrence.due_at is not None and self.occurrence.due_at <= self.now:
            self.tidy()

    def stored(self, booking_id: str) -> Booking:
        booking = self.sides[Booking, booking_id]
        assert isinstance(booking, Booking)
        return booking

    def status(self, booking_id: str) -> BookingStatus:
        """How a booking truly stands."""
        return as_of(self.stored(booking_id), self.now).status

    def said(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def bookings(self) -> list[Booking]:
        return [document for document in self.sides.values() if isinstance(document, Booking)]

    def is_over(self) -> bool:
        return self.occurrence.status in (Status.COMPLETED, Status.CANCELLED)
