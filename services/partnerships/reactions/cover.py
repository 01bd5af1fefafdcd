"""What partnerships does about a school's cover: courses and placements ask, and tell who stays after all."""

from __future__ import annotations

from services.partnerships.domain.cover_request import Covered, Question
from services.partnerships.use_cases import cover
from shared.contracts.courses import (
    BookingCancelled,
    BookingDeclined,
    BookingReduced,
    CoverAsked,
    DelegateSubstituted,
    HoldExpired,
    OccurrenceRescheduled,
)
from shared.contracts.partnerships import SchoolSucceeded
from shared.contracts.placements import PlacementCancelled, PlacementCoverAsked
from shared.subscriptions import on
from shared.work import Work


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


async def hand_over_cover(work: Work, event: SchoolSucceeded) -> None:
    """The school goes on under another URN: its rules and its absences go with it."""
    await cover.succeed(work, event.urn, event.successor_urn)


REACTIONS = (
    on(CoverAsked, ask_cover_for_booking, changes_once=True),
    on(PlacementCoverAsked, ask_cover_for_placement, changes_once=True),
    on(BookingCancelled, uncover_booking, changes_once=True),
    on(HoldExpired, uncover_booking, changes_once=True),
    on(BookingDeclined, uncover_booking, changes_once=True),
    on(PlacementCancelled, uncover_placement, changes_once=True),
    on(BookingReduced, uncover_delegate, changes_once=True),
    on(DelegateSubstituted, cover_substitute, changes_once=True),
    on(OccurrenceRescheduled, move_cover),
    on(SchoolSucceeded, hand_over_cover),
)
