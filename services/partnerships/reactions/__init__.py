"""What partnerships does about events: money and cover for bookings and placements, and its own aggregates."""

from __future__ import annotations

from services.partnerships.domain.account import Funded
from services.partnerships.domain.cover import Covered, Question
from services.partnerships.domain.reservation import Attendance, Request
from services.partnerships.reactions import plans
from services.partnerships.use_cases import cover, funds, partnerships
from shared.contracts.courses import (
    AttendanceSettled,
    BookingCancelled,
    BookingDeclined,
    BookingReduced,
    CoverAsked,
    DelegateSubstituted,
    HoldExpired,
    OccurrenceRescheduled,
    PlaceHeld,
)
from shared.contracts.partnerships import (
    AllocationMade,
    PartnershipActivated,
    PartnershipEnded,
    PartnershipMembersChanged,
    SchoolSucceeded,
)
from shared.contracts.placements import (
    PlacementCancelled,
    PlacementCoverAsked,
    PlacementDaysSettled,
    PlacementFundsAsked,
)
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
        await funds.reduce(work, event.partnership_id, _booking(event.booking_id), event.amount_pence)


async def commit_attended(work: Work, event: AttendanceSettled) -> None:
    """The course is over: owe what was charged, free the rest."""
    if event.partnership_id is not None:
        attendance = Attendance(event.partnership_id, _booking(event.booking_id), event.revision, event.charged_pence)
        await funds.commit(work, attendance)


async def reserve_placement(work: Work, event: PlacementFundsAsked) -> None:
    """A placement asks for money: reserve it, or say why not."""
    request = Request(
        event.partnership_id,
        _placement(event.placement_id),
        f"placements/{event.placement_id}",
        event.school_urn,
        event.amount_pence,
    )
    await funds.reserve(work, request)


async def release_placement(work: Work, event: PlacementCancelled) -> None:
    """The placement was cancelled: its money is free again."""
    if event.partnership_id is not None:
        await funds.release(work, event.partnership_id, _placement(event.placement_id))


async def commit_days(work: Work, event: PlacementDaysSettled) -> None:
    """The days are done, or corrected: owe what they cost, free the rest."""
    if event.partnership_id is not None:
        days = Attendance(event.partnership_id, _placement(event.placement_id), event.revision, event.charged_pence)
        await funds.commit(work, days)


async def credit_account(work: Work, event: AllocationMade) -> None:
    """A pot gave money: let it arrive in the partnership's account."""
    await funds.credit(work, event.partnership_id, event.pot_id, event.allocation_id, event.amount_pence)


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
    """A member goes on under a new URN."""
    await partnerships.succeed_member(work, event.urn, event.successor_urn)


async def ask_cover_for_booking(work: Work, event: CoverAsked) -> None:
    """Staff of a school are booked on a course: may they be away?"""
    question = Question(
        Covered(event.school_urn, "booking", event.booking_id),
        f"occurrences/{event.occurrence_id}",
        event.delegate_ids,
        event.days_out,
        settled=event.already_booked,
    )
    await cover.ask(work, question)


async def ask_cover_for_placement(work: Work, event: PlacementCoverAsked) -> None:
    """A teacher of a school is to go on a placement: may they be away?"""
    question = Question(
        Covered(event.school_urn, "placement", event.placement_id),
        f"placements/{event.placement_id}",
        (event.teacher_id,),
        event.days_out,
        settled=event.already_agreed,
    )
    await cover.ask(work, question)


async def uncover_booking(work: Work, event: BookingCancelled | HoldExpired | BookingDeclined) -> None:
    """The booking has come to nothing: nobody is away for it."""
    await cover.release(work, Covered(event.school_urn, "booking", event.booking_id))


async def uncover_placement(work: Work, event: PlacementCancelled) -> None:
    """The placement has come to nothing: nobody is away for it."""
    await cover.release(work, Covered(event.school_urn, "placement", event.placement_id))


async def uncover_delegate(work: Work, event: BookingReduced) -> None:
    """One delegate stays at school."""
    await cover.replace_person(work, Covered(event.school_urn, "booking", event.booking_id), event.delegate_id, None)


async def cover_substitute(work: Work, event: DelegateSubstituted) -> None:
    """A colleague is away instead."""
    covered = Covered(event.school_urn, "booking", event.booking_id)
    await cover.replace_person(work, covered, event.replaced_delegate_id, event.delegate_id)


async def move_cover(work: Work, event: OccurrenceRescheduled) -> None:
    """The course takes place on other days."""
    if event.days_out is not None:
        await cover.move(work, f"occurrences/{event.occurrence_id}", event.days_out)


def _booking(booking_id: str) -> Funded:
    return Funded("booking", booking_id)


def _placement(placement_id: str) -> Funded:
    return Funded("placement", placement_id)


REACTIONS = (
    *plans.REACTIONS,
    on(CoverAsked, ask_cover_for_booking),
    on(PlacementCoverAsked, ask_cover_for_placement),
    on(BookingCancelled, uncover_booking),
    on(HoldExpired, uncover_booking),
    on(BookingDeclined, uncover_booking),
    on(PlacementCancelled, uncover_placement),
    on(BookingReduced, uncover_delegate),
    on(DelegateSubstituted, cover_substitute),
    on(OccurrenceRescheduled, move_cover),
    on(PlaceHeld, reserve_bursary),
    on(BookingCancelled, release_cancelled),
    on(HoldExpired, release_expired),
    on(BookingDeclined, release_declined),
    on(BookingReduced, release_reduced),
    on(AttendanceSettled, commit_attended),
    on(PlacementFundsAsked, reserve_placement),
    on(PlacementCancelled, release_placement),
    on(PlacementDaysSettled, commit_days),
    on(AllocationMade, credit_account),
    on(PartnershipActivated, open_account),
    on(PartnershipMembersChanged, follow_members),
    on(PartnershipEnded, close_account),
    on(SchoolSucceeded, follow_succession),
)
