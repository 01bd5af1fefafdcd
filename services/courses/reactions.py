"""Events in: what courses does about what other services say."""

from __future__ import annotations

from services.courses.domain.known import KnownSchool, SchoolFacts
from services.courses.store import current_urn
from services.courses.use_cases import booking, certificates, facts
from services.courses.use_cases.approval_rule import inherit_approval_rule
from shared.contracts.courses import AttendanceSettled
from shared.contracts.cover import CoverGranted, CoverGuardSet, CoverRefused
from shared.contracts.partnerships import (
    FundsReservationRefused,
    FundsReserved,
    PartnershipActivated,
    PartnershipEnded,
    PartnershipJoinedAlumni,
    PartnershipMembersChanged,
    SchoolChanged,
    SchoolRegistered,
    SchoolSucceeded,
)
from shared.subscriptions import on
from shared.work import Work


async def confirm_funded_booking(work: Work, event: FundsReserved) -> None:
    """Confirm a booking whose funds are reserved, if its hold is still good."""
    if event.purpose == "booking":
        await booking.confirm_funded(work, _occurrence_id(event), event.funded_id)


async def decline_unfunded_booking(work: Work, event: FundsReservationRefused) -> None:
    """Decline a booking whose funds were refused, and offer its places on."""
    if event.purpose == "booking":
        await booking.decline_unfunded(work, _occurrence_id(event), event.funded_id, event.reason)


async def go_on_with_covered_booking(work: Work, event: CoverGranted) -> None:
    """Go on with a booking whose school can spare the delegates."""
    if event.purpose == "booking":
        await booking.go_on_covered(work, _occurrence_id(event), event.covered_id)


async def decline_uncovered_booking(work: Work, event: CoverRefused) -> None:
    """Decline a booking whose school cannot spare the delegates, and offer its places on."""
    if event.purpose == "booking":
        await booking.decline_uncovered(work, _occurrence_id(event), event.covered_id, event.reason)


async def keep_cover_guard(work: Work, event: CoverGuardSet) -> None:
    """Ask this school from now on, and tell it of what it has booked already, under every URN that it had."""
    await facts.keep_guard(work, event.school_urn, guarded=event.guarded)
    if event.guarded:
        await booking.tell_of_bookings(work, event.school_urn)


async def keep_registered_school(work: Work, event: SchoolRegistered) -> None:
    """Know a new school."""
    await facts.keep_school(work, event.urn, _facts(event))


async def keep_changed_school(work: Work, event: SchoolChanged) -> None:
    """Know a school's new facts."""
    await facts.keep_school(work, event.urn, _facts(event))


async def keep_school_successor(work: Work, event: SchoolSucceeded) -> None:
    """Know under which identifier a school goes on, and let what it wants to approve go on there.

    Where the successor guards its cover already it is told of what was booked; a guard that begins later tells it then.
    """
    await facts.keep_successor(work, event.urn, event.successor_urn)
    await inherit_approval_rule(work, event.urn, event.successor_urn)
    school = await work.collection(KnownSchool).get(await current_urn(work, event.successor_urn))
    if school is not None and school.guarded:
        await booking.tell_of_bookings(work, school.id)


async def keep_active_partnership(work: Work, event: PartnershipActivated) -> None:
    """Know that a partnership's schools may ask for its funds."""
    await facts.keep_activity(work, event.partnership_id, active=True, school_urns=event.school_urns)


async def keep_partnership_members(work: Work, event: PartnershipMembersChanged) -> None:
    """Know who belongs to a partnership now."""
    await facts.keep_members(work, event.partnership_id, event.school_urns)


async def keep_ended_partnership(work: Work, event: PartnershipEnded) -> None:
    """Know that a partnership takes no new commitments."""
    await facts.keep_activity(work, event.partnership_id, active=False)


async def keep_alumni(work: Work, event: PartnershipJoinedAlumni) -> None:
    """Know that a completed partnership stays with the programme."""
    await facts.keep_alumni(work, event.partnership_id, event.school_urns)


async def certify_attendance(work: Work, event: AttendanceSettled) -> None:
    """Certify what each delegate has attended in full, and take back what a correction has taken away."""
    await certificates.follow_register(work, event)


def _occurrence_id(event: FundsReserved | FundsReservationRefused | CoverGranted | CoverRefused) -> str:
    return event.asked_by.removeprefix("occurrences/")


def _facts(event: SchoolRegistered | SchoolChanged) -> SchoolFacts:
    postcode = " ".join(event.postcode.upper().split()) if event.postcode else None
    return SchoolFacts(
        name=event.name,
        open=event.status != "closed",
        region=event.region,
        postcode=postcode,
        outcode=postcode.split(" ")[0] if postcode else None,
        latitude=event.latitude,
        longitude=event.longitude,
    )


REACTIONS = (
    on(FundsReserved, confirm_funded_booking, changes_once=True),
    on(FundsReservationRefused, decline_unfunded_booking, changes_once=True),
    on(CoverGranted, go_on_with_covered_booking, changes_once=True),
    on(CoverRefused, decline_uncovered_booking, changes_once=True),
    on(AttendanceSettled, certify_attendance),
    on(CoverGuardSet, keep_cover_guard),
    on(SchoolRegistered, keep_registered_school, changes_once=True),
    on(SchoolChanged, keep_changed_school, changes_once=True),
    on(SchoolSucceeded, keep_school_successor),
    on(PartnershipActivated, keep_active_partnership, changes_once=True),
    on(PartnershipMembersChanged, keep_partnership_members, changes_once=True),
    on(PartnershipEnded, keep_ended_partnership, changes_once=True),
    on(PartnershipJoinedAlumni, keep_alumni, changes_once=True),
)
