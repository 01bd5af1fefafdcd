"""What partnerships does about events: money for bookings and placements; what its own aggregates owe each other."""

from __future__ import annotations

from services.partnerships.domain.account import Funded
from services.partnerships.domain.allocation_return import Return
from services.partnerships.domain.reservation import Request, Terms
from services.partnerships.domain.settlement import Attendance
from services.partnerships.reactions import awards, cover, plans, reach
from services.partnerships.store import current_urn_of
from services.partnerships.use_cases import claims, funds, partnerships, pots, register
from services.partnerships.use_cases import plans as owners
from shared.contracts.courses import (
    AttendanceSettled,
    BookingCancelled,
    BookingDeclined,
    BookingReduced,
    DelegateSubstituted,
    HoldExpired,
    OccurrenceRescheduled,
    PlaceHeld,
)
from shared.contracts.partnerships import (
    AllocationMade,
    AllocationReturned,
    PartnershipActivated,
    PartnershipEnded,
    PartnershipMembersChanged,
    SchoolSucceeded,
)
from shared.contracts.placements import PlacementCancelled, PlacementDaysSettled, PlacementFundsAsked
from shared.subscriptions import on
from shared.work import Work


async def reserve_bursary(work: Work, event: PlaceHeld) -> None:
    """A place is held on a partnership's money: reserve it, or say why not."""
    if event.partnership_id is not None:
        request = Request(
            event.partnership_id,
            _booking(event.booking_id),
            f"occurrences/{event.occurrence_id}",
            event.school_urn,
            event.amount_pence,
            Terms(event.starts_on, event.delegate_ids or ()),
        )
        await funds.reserve(work, request)


async def release_cancelled(work: Work, event: BookingCancelled) -> None:
    """The booking was cancelled: its money is free again."""
    if event.partnership_id is not None:
        await funds.release(work, event.partnership_id, _booking(event.booking_id))


async def release_expired(work: Work, event: HoldExpired) -> None:
    """The hold ran out: its money is free again, or is not to be reserved any more."""
    if event.partnership_id is not None:
        await funds.release(work, event.partnership_id, _booking(event.booking_id))


async def release_declined(work: Work, event: BookingDeclined) -> None:
    """The booking was turned down: whatever was reserved is free again."""
    if event.partnership_id is not None:
        await funds.release(work, event.partnership_id, _booking(event.booking_id))


async def release_reduced(work: Work, event: BookingReduced) -> None:
    """The booking has shrunk: what it does not cost any more is free again."""
    if event.partnership_id is not None:
        booking = _booking(event.booking_id)
        await funds.reduce(work, event.partnership_id, booking, event.amount_pence, event.delegate_id)


async def count_substitute(work: Work, event: DelegateSubstituted) -> None:
    """A colleague has the place: it counts for their cap, or is not funded any more."""
    await funds.substitute(work, _booking(event.booking_id), event.replaced_delegate_id, event.delegate_id)


async def count_rescheduled(work: Work, event: OccurrenceRescheduled) -> None:
    """The course is on other days: its bookings count in the academic year of the first one."""
    starts_on = min(event.days_out) if event.days_out else event.starts_at.date()
    await funds.reschedule(work, event.occurrence_id, starts_on)


async def commit_attended(work: Work, event: AttendanceSettled) -> None:
    """The course is over: owe what was charged, free the rest, unless the school pays."""
    if event.partnership_id is not None and event.funded is not False:
        attendance = Attendance(
            event.partnership_id,
            _booking(event.booking_id),
            event.revision,
            event.charged_pence,
            source=f"occurrences/{event.occurrence_id}/{event.booking_id}",
            school_urn=event.school_urn,
            payee=await claims.payee_for(work, event.school_urn),
        )
        await funds.commit(work, attendance)


async def reserve_placement(work: Work, event: PlacementFundsAsked) -> None:
    """A placement asks for money: reserve it, or say why not."""
    request = Request(
        event.partnership_id,
        _placement(event.placement_id),
        f"placements/{event.placement_id}",
        event.school_urn,
        event.amount_pence,
        Terms(event.starts_on, (event.teacher_id,), event.days),
    )
    await funds.reserve(work, request)


async def release_placement(work: Work, event: PlacementCancelled) -> None:
    """The placement was cancelled: its money is free again."""
    if event.partnership_id is not None:
        await funds.release(work, event.partnership_id, _placement(event.placement_id))


async def commit_days(work: Work, event: PlacementDaysSettled) -> None:
    """The days are done, or corrected: owe what they cost, free the rest."""
    if event.partnership_id is not None:
        days = Attendance(
            event.partnership_id,
            _placement(event.placement_id),
            event.revision,
            event.charged_pence,
            source=f"placements/{event.placement_id}",
            school_urn=event.school_urn,
            payee=await claims.payee_for(work, event.school_urn),
        )
        await funds.commit(work, days)


async def credit_account(work: Work, event: AllocationMade) -> None:
    """A pot gave money: let it arrive in the partnership's account."""
    purposes = event.purposes or ()
    await funds.credit(work, event.partnership_id, event.pot_id, event.allocation_id, event.amount_pence, purposes)


async def take_back_allocation(work: Work, event: AllocationReturned) -> None:
    """A partnership has returned money: its pot may give it to others."""
    wanted = Return(event.return_id, event.allocation_id, event.amount_pence)
    await pots.take_back(work, event.pot_id, event.partnership_id, wanted)


async def open_account(work: Work, event: PartnershipActivated) -> None:
    """The partnership's schools may use its account."""
    await funds.inform(work, event.partnership_id)


async def follow_members(work: Work, event: PartnershipMembersChanged) -> None:
    """Other schools may use the account now."""
    await funds.inform(work, event.partnership_id)


async def close_account(work: Work, event: PartnershipEnded) -> None:
    """Nobody may reserve from the account any more."""
    await funds.inform(work, event.partnership_id)


async def follow_succession(work: Work, event: SchoolSucceeded) -> None:
    """A member goes on under a new URN, wherever that is today, with what it owns in the plan."""
    today = await current_urn_of(work, event.successor_urn)
    if today == event.urn:
        return
    for partnership_id in await partnerships.succeed_member(work, event.urn, today):
        await owners.succeed_owner(work, partnership_id, event.urn, today)
    if await current_urn_of(work, today) != today:
        # It was succeeded meanwhile, and may have told so before it was known here.
        await register.tell_again(work, today)


def _booking(booking_id: str) -> Funded:
    return Funded("booking", booking_id)


def _placement(placement_id: str) -> Funded:
    return Funded("placement", placement_id)


REACTIONS = (
    *awards.REACTIONS,
    *cover.REACTIONS,
    *plans.REACTIONS,
    *reach.REACTIONS,
    on(PlaceHeld, reserve_bursary, changes_once=True),
    on(BookingCancelled, release_cancelled, changes_once=True),
    on(HoldExpired, release_expired, changes_once=True),
    on(BookingDeclined, release_declined, changes_once=True),
    on(BookingReduced, release_reduced, changes_once=True),
    on(DelegateSubstituted, count_substitute),
    on(OccurrenceRescheduled, count_rescheduled),
    on(AttendanceSettled, commit_attended, changes_once=True),
    on(PlacementFundsAsked, reserve_placement, changes_once=True),
    on(PlacementCancelled, release_placement, changes_once=True),
    on(PlacementDaysSettled, commit_days, changes_once=True),
    on(AllocationMade, credit_account, changes_once=True),
    on(AllocationReturned, take_back_allocation, changes_once=True),
    on(PartnershipActivated, open_account, changes_once=True),
    on(PartnershipMembersChanged, follow_members, changes_once=True),
    on(PartnershipEnded, close_account, changes_once=True),
    on(SchoolSucceeded, follow_succession),
)
