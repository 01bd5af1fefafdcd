"""Booking places: a school asks for places for some delegates, and gets them, waits, or is refused.

Who must stay together depends on the group rule. What does not fit waits, or is left out, as the school has asked: on
the waiting list an all-or-none group is one entry; of an at-least-n group the first n are one entry and the others one
each; of an as-many-as-possible group everybody is an entry of one. Entries that do not fit with the first part become
bookings of their own (companions).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.courses.domain.approval_rule import ApprovalRule, approved_by
from services.courses.domain.booking import (
    Booking,
    BookingStatus,
    Delegate,
    Funding,
    Moment,
    Seat,
    seat_id,
    still_takes,
)
from services.courses.domain.change import Change
from services.courses.domain.known import (
    KnownPartnership,
    KnownSchool,
    check_counted,
    check_invited,
    check_partnership,
    check_school,
)
from services.courses.domain.occurrence import LIFE_CYCLE, Occurrence, free, waiting_places
from services.courses.domain.places import join, take
from services.courses.domain.vocabulary import Audience
from shared.decision import Decision, Documents, Read
from shared.refusals import Conflict, Invalid

IfFull = Literal["waitlist", "refuse"]

FITS = "Places were free."
FITS_NOT = "No place was free for it."


class OccurrenceFull(Conflict):
    slug = "occurrence-full"
    title = "There are not enough free places."


class WaitingListFull(Conflict):
    slug = "waiting-list-full"
    title = "The occurrence is full, and so is its waiting list."


class DelegateAlreadyBooked(Conflict):
    slug = "delegate-already-booked"
    title = "A delegate takes part in an occurrence once: this one is booked already."

    def __init__(self, delegate_id: str = "", booking_id: str = "") -> None:
        super().__init__(delegate_id=delegate_id)
        self.booking_id = booking_id


class TooManyDelegates(Invalid):
    slug = "too-many-delegates"
    title = "A booking takes fewer delegates than that."


@dataclass(frozen=True, slots=True)
class GroupRule:
    """How many delegates must get a place together: `at_least` of all, from 1 (as many as possible) to all of them."""

    at_least: int

    def fitting(self, wanted: int, places: int) -> int:
        """How many of `wanted` delegates get a place at once when `places` are free."""
        possible = min(wanted, places)
        return possible if possible >= self.at_least else 0

    def entries(self, delegates: tuple[Delegate, ...], some_have_places: bool) -> list[tuple[Delegate, ...]]:
        """Who waits together."""
        together = 1 if some_have_places else self.at_least
        return [delegates[:together], *((delegate,) for delegate in delegates[together:])]


@dataclass(frozen=True, slots=True)
class Request:
    """What a school asks for. `booking_ids` are fresh, one for each delegate; `bookings` are those that the use case
    knows to have taken one of these delegates before, so that the decision looks whether they still do. `invited_with`
    is the partnership that brings the school to what is not for everybody. `approver`: they are one, of the school's.
    """

    booking_ids: tuple[str, ...]
    school_urn: str
    booked_by: str
    delegates: tuple[Delegate, ...]
    funding: Funding
    if_full: IfFull
    group: GroupRule
    bookings: frozenset[str] = frozenset()
    invited_with: str | None = None
    approver: bool = False

    def reads(self, occurrence: Occurrence | None) -> Iterable[Read]:
        """What the decision looks at."""
        if occurrence is None:
            return ()
        reads: list[Read] = [(Seat, seat_id(occurrence.id, line.delegate_id)) for line in self.delegates]
        reads += [(KnownSchool, self.school_urn), (ApprovalRule, self.school_urn)]
        partnerships = {self.funding.partnership_id, self.invited_with} - {None}
        reads += [(KnownPartnership, partnership_id) for partnership_id in partnerships if partnership_id is not None]
        reads += [(Booking, booking_id) for booking_id in self.bookings]
        return reads


def book(occurrence: Occurrence, documents: Documents, now: datetime, request: Request) -> Decision[Booking]:
    """Give places to a school's delegates, or let them wait.

    Raises WrongState, TooManyDelegates, SchoolNotKnown, SchoolClosed, NotInvited, NotAMember, PartnershipNotKnown,
    PartnershipNotActive, DelegateAlreadyBooked, OccurrenceFull, WaitingListFull.
    """
    change = Change(occurrence, documents, now, request.booked_by)
    LIFE_CYCLE.next(change.occurrence.status, "book")
    _check(change.occurrence, documents, now, request)
    places = 0 if change.occurrence.queue else max(free(change.occurrence, now), 0)
    fitting = request.group.fitting(len(request.delegates), places)
    if fitting == 0 and request.if_full == "refuse":
        raise OccurrenceFull(places_left=places)
    waiting = _waiting(change.occurrence, request, fitting)
    if fitting == 0 and not waiting:
        raise WaitingListFull(waiting_places=waiting_places(change.occurrence))
    booking = _commit(change, request, fitting, waiting)
    for line in request.delegates:
        change.keep(Seat(id=seat_id(occurrence.id, line.delegate_id), booking_id=_booking_of(change, booking, line)))
    return change.decision(booking)


def _check(occurrence: Occurrence, documents: Documents, now: datetime, request: Request) -> None:
    if len(request.delegates) > occurrence.terms.most_delegates:
        raise TooManyDelegates(field="delegates", most_delegates=occurrence.terms.most_delegates)
    check_school(documents.get(KnownSchool, request.school_urn))
    if occurrence.audience is Audience.INVITED:
        with_them = request.invited_with
        check_invited(documents.get(KnownPartnership, with_them) if with_them else None, request.school_urn)
    if request.funding.partnership_id is not None:
        pays = request.funding.kind == "bursary" and occurrence.price_pence > 0
        check = check_partnership if pays else check_counted
        check(documents.get(KnownPartnership, request.funding.partnership_id), request.school_urn)
    for line in request.delegates:
        check_seat(occurrence.id, documents, now, line.delegate_id, request.bookings)


def check_seat(
    occurrence_id: str, documents: Documents, now: datetime, delegate_id: str, bookings: frozenset[str]
) -> None:
    """Refuse a delegate who is booked already. Raises DelegateAlreadyBooked.

    A booking that is not among `bookings` is taken to be alive: the use case asks again knowing it.
    """
    seat = documents.get(Seat, seat_id(occurrence_id, delegate_id))
    if seat is None:
        return
    if seat.booking_id not in bookings or still_takes(documents.get(Booking, seat.booking_id), delegate_id, now):
        raise DelegateAlreadyBooked(delegate_id, seat.booking_id)


def _waiting(occurrence: Occurrence, request: Request, fitting: int) -> list[tuple[Delegate, ...]]:
    """The entries that the waiting list has room for; who must wait together enters whole or not at all."""
    if request.if_full == "refuse" or fitting == len(request.delegates):
        return []
    room = occurrence.terms.waiting_list_limit - waiting_places(occurrence)
    entries: list[tuple[Delegate, ...]] = []
    for entry in request.group.entries(request.delegates[fitting:], fitting > 0):
        if len(entry) > room:
            break
        room -= len(entry)
        entries.append(entry)
    return entries


def _commit(change: Change, request: Request, fitting: int, waiting: list[tuple[Delegate, ...]]) -> Booking:
    """Make the bookings; gives the first one, which names the others and who was left out."""
    groups = [request.delegates[:fitting], *waiting] if fitting else waiting
    out = request.delegates[sum(len(group) for group in groups) :]
    companions = request.booking_ids[1 : len(groups)]
    fresh = _fresh(
        change, request, request.booking_ids[0], groups[0], waits=not fitting, companions=companions, out=out
    )
    rule = change.approval_rule(request.school_urn)
    first = take(change, fresh, FITS, rule, request.school_urn) if fitting else join(change, fresh)
    for booking_id, group in zip(companions, groups[1:], strict=True):
        join(change, _fresh(change, request, booking_id, group, waits=True))
    return first


def _fresh(
    change: Change,
    request: Request,
    booking_id: str,
    group: tuple[Delegate, ...],
    *,
    waits: bool,
    companions: tuple[str, ...] = (),
    out: tuple[Delegate, ...] = (),
) -> Booking:
    status = BookingStatus.WAITLISTED if waits else BookingStatus.HELD
    reason = FITS_NOT if waits else FITS
    return Booking(
        id=booking_id,
        occurrence_id=change.occurrence.id,
        school_urn=request.school_urn,
        booked_by=request.booked_by,
        booked_at=change.now,
        status=status,
        delegates=(*group, *(line.model_copy(update={"status": "left-out"}) for line in out)),
        places=len(group),
        price_pence=change.occurrence.price_pence,
        funding=request.funding,
        approved_by=approved_by(
            change.approval_rule(request.school_urn), request.booked_by, request.approver, change.now
        ),
        companions=companions,
        history=(Moment(at=change.now, verb="book", status=status, reason=reason, by=request.booked_by),),
    )


def _booking_of(change: Change, first: Booking, line: Delegate) -> str:
    for booking_id in first.companions:
        if any(other.delegate_id == line.delegate_id for other in change.booking(booking_id).delegates):
            return booking_id
    return first.id
