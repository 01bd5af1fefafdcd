"""A school's verbs: book, approve, cancel, substitute, answer an offer; and the answers about its money."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.courses.domain import approval, cancellation, charging, cover, funding, offers, substitution
from services.courses.domain.approval_rule import ApprovalRule
from services.courses.domain.booking import Booking, Delegate, Funding
from services.courses.domain.cancellation import Ask
from services.courses.domain.change import heads
from services.courses.domain.known import KnownSchool, NotInvited, successor
from services.courses.domain.occurrence import Occurrence
from services.courses.domain.reservation import DelegateAlreadyBooked, GroupRule, IfFull, Request
from services.courses.domain.reservation import book as decide_booking
from services.courses.policies import policy_at
from services.courses.store import bookings_of_school, inviting_partnership
from shared.decision import Decision, Documents, Read, ReadsInTurn
from shared.ids import new_id
from shared.work import Work


@dataclass(frozen=True, slots=True)
class Order:
    """What a school orders. `approver`: who books approves for the school."""

    school_urn: str
    booked_by: str
    delegates: tuple[Delegate, ...]
    funding: Funding
    if_full: IfFull
    group: GroupRule
    approver: bool = False


async def book(work: Work, occurrence_id: str, order: Order) -> Booking:
    """Book places for a school's delegates, or a place on the waiting list."""
    bookings_at_most = 1 + len(order.delegates) - order.group.at_least
    request = Request(
        booking_ids=tuple(new_id() for _ in range(bookings_at_most)),
        school_urn=order.school_urn,
        booked_by=order.booked_by,
        delegates=order.delegates,
        funding=order.funding,
        if_full=order.if_full,
        group=order.group,
        approver=order.approver,
    )

    try:
        return await _book(work, occurrence_id, request)
    except NotInvited:
        partnership_id = await inviting_partnership(work, order.school_urn)
        if partnership_id is None:
            raise
        return await _book(work, occurrence_id, replace(request, invited_with=partnership_id))


async def _book(work: Work, occurrence_id: str, request: Request) -> Booking:
    async def attempt(bookings: frozenset[str]) -> Booking:
        knowing = replace(request, bookings=bookings) if bookings else request
        return await work.change(
            Occurrence,
            occurrence_id,
            lambda occurrence, documents, now: decide_booking(occurrence, documents, now, knowing),
            knowing.reads,
        )

    return await _knowing_more(attempt, len(request.delegates))


async def substitute(work: Work, occurrence_id: str, ask: Ask, delegate_id: str, colleague: Delegate) -> Booking:
    """Send a colleague in a delegate's place, or ask the school first."""

    async def attempt(bookings: frozenset[str]) -> Booking:
        def decide(occurrence: Occurrence, documents: Documents, now: datetime) -> Decision[Booking]:
            return substitution.substitute(
                occurrence,
                documents,
                now,
                ask,
                delegate_id=delegate_id,
                colleague=colleague,
                bookings=bookings | {ask.booking_id},
            )

        reads = substitution.reads(occurrence_id, ask, colleague.delegate_id, bookings)
        return await work.change(Occurrence, occurrence_id, decide, reads)

    return await _knowing_more(attempt, 1)


async def _knowing_more(attempt: Callable[[frozenset[str]], Awaitable[Booking]], delegates: int) -> Booking:
    """Try; where a delegate was booked before, try again with a look at that booking, which may be over."""
    bookings: frozenset[str] = frozenset()
    for _ in range(delegates):
        try:
            return await attempt(bookings)
        except DelegateAlreadyBooked as taken:
            if taken.booking_id in bookings:
                raise
            bookings |= {taken.booking_id}
    return await attempt(bookings)


async def cancel(work: Work, occurrence_id: str, ask: Ask, reason: str, accepts: int | None = None) -> Booking:
    """Cancel a booking for its school, for a fee of at most `accepts` pence."""
    return await work.change(
        Occurrence,
        occurrence_id,
        lambda occurrence, documents, now: cancellation.cancel_booking(
            occurrence, documents, now, ask, reason=reason, accepts=accepts
        ),
        _its_booking(ask.booking_id),
    )


async def cancel_delegate(
    work: Work, occurrence_id: str, ask: Ask, delegate_id: str, reason: str, accepts: int | None = None
) -> Booking:
    """Take one delegate off a booking, for a fee of at most `accepts` pence."""
    return await work.change(
        Occurrence,
        occurrence_id,
        lambda occurrence, documents, now: cancellation.cancel_delegate(
            occurrence, documents, now, ask, delegate_id=delegate_id, reason=reason, accepts=accepts
        ),
        _its_booking(ask.booking_id),
    )


async def waive_fee(work: Work, occurrence_id: str, booking_id: str, by: str, reason: str) -> Booking:
    """Let a school off the fees of a booking."""
    return await work.change(
        Occurrence,
        occurrence_id,
        lambda occurrence, documents, now: charging.waive(
            occurrence, documents, now, by=by, booking_id=booking_id, reason=reason
        ),
        lambda _occurrence: [(Booking, booking_id)],
    )


async def accept_offer(work: Work, occurrence_id: str, ask: Ask) -> Booking:
    """Take offered places, or claim free ones at the head of the list."""
    return await work.change(
        Occurrence,
        occurrence_id,
        lambda occurrence, documents, now: offers.accept(occurrence, documents, now, ask),
        _its_school(ask),
    )


async def approve(work: Work, occurrence_id: str, ask: Ask) -> Booking:
    """Say yes for the school, and go on with the booking."""
    return await work.change(
        Occurrence,
        occurrence_id,
        lambda occurrence, documents, now: approval.approve(occurrence, documents, now, ask),
        _its_school(ask),
    )


async def refuse(work: Work, occurrence_id: str, ask: Ask, reason: str) -> Booking:
    """Say no for the school, with one of the policy's reasons."""
    reasons = policy_at(work.clock.now()).approval.refusal_reasons
    return await work.change(
        Occurrence,
        occurrence_id,
        lambda occurrence, documents, now: approval.refuse(
            occurrence, documents, now, ask, reason=reason, reasons=reasons
        ),
        _its_school(ask),
    )


async def decline_offer(work: Work, occurrence_id: str, ask: Ask) -> Booking:
    """Turn offered places down."""
    return await work.change(
        Occurrence,
        occurrence_id,
        lambda occurrence, documents, now: offers.decline_offer(occurrence, documents, now, ask),
        _its_booking(ask.booking_id),
    )


async def confirm_funded(work: Work, occurrence_id: str, booking_id: str) -> None:
    """The funds are reserved."""
    await work.change(
        Occurrence,
        occurrence_id,
        lambda occurrence, documents, now: funding.funds_reserved(occurrence, documents, now, booking_id),
        _its_booking(booking_id),
    )


async def decline_unfunded(work: Work, occurrence_id: str, booking_id: str, reason: str) -> None:
    """The funds were refused."""
    await work.change(
        Occurrence,
        occurrence_id,
        lambda occurrence, documents, now: funding.funds_refused(occurrence, documents, now, booking_id, reason),
        _its_booking(booking_id),
    )


async def go_on_covered(work: Work, occurrence_id: str, booking_id: str) -> None:
    """The school can spare the delegates."""
    await work.change(
        Occurrence,
        occurrence_id,
        lambda occurrence, documents, now: cover.cover_granted(occurrence, documents, now, booking_id),
        _its_booking(booking_id),
    )


async def decline_uncovered(work: Work, occurrence_id: str, booking_id: str, reason: str) -> None:
    """The school cannot spare the delegates."""
    await work.change(
        Occurrence,
        occurrence_id,
        lambda occurrence, documents, now: cover.cover_refused(occurrence, documents, now, booking_id, reason),
        _its_booking(booking_id),
    )


async def tell_of_bookings(work: Work, school_urn: str) -> None:
    """Tell a school that guards its cover from now on of what it has booked already: all of an occurrence at once."""
    of_occurrence: dict[str, list[str]] = {}
    for booking in await bookings_of_school(work, school_urn, cover.TOLD_OF):
        of_occurrence.setdefault(booking.occurrence_id, []).append(booking.id)
    for occurrence_id, booking_ids in of_occurrence.items():
        await _tell_of(work, occurrence_id, booking_ids)


async def _tell_of(work: Work, occurrence_id: str, booking_ids: Sequence[str]) -> None:
    await work.change(
        Occurrence,
        occurrence_id,
        lambda occurrence, documents, now: cover.tell_of_bookings(occurrence, documents, now, booking_ids),
        lambda _occurrence: [(Booking, booking_id) for booking_id in booking_ids],
    )


def _its_school(ask: Ask) -> ReadsInTurn[Occurrence]:
    """The booking, and what a school that takes places wants to be asked now, whatever URN a booking has."""
    urn = ask.school_urn or ""
    return ReadsInTurn[Occurrence](
        lambda occurrence: [*_its_booking(ask.booking_id)(occurrence), (ApprovalRule, urn), (KnownSchool, urn)],
        lambda documents: successor(documents, urn),
    )


def _its_booking(booking_id: str) -> Callable[[Occurrence | None], list[Read]]:
    """What a decision reads that frees a booking's places: it, and who may be offered them."""
    return lambda occurrence: [(Booking, booking_id), *heads(occurrence)]
