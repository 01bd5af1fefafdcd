"""What partnerships does about what was reached: it counts attendance, days placed and visits, and knows employers."""

from __future__ import annotations

from services.partnerships.domain.reach import ContributionKind, Source, Told
from services.partnerships.use_cases import partnerships, reach
from shared.contracts.ambassadors import HoursConfirmed, VisitDelivered
from shared.contracts.courses import AttendanceSettled
from shared.contracts.employers import EmployerChanged, EmployerRegistered, EmployerSuspended, EmployerVerified
from shared.contracts.event import Event
from shared.contracts.partnerships import AllocationMade
from shared.contracts.placements import PlacementDaysSettled
from shared.subscriptions import on
from shared.work import Work


async def add_training(work: Work, event: AttendanceSettled) -> None:
    """Teachers of a partnership were trained, whoever paid."""
    if event.partnership_id is not None:
        named = event.fully_attended
        facts = {
            "partnership_id": event.partnership_id,
            "on": event.ended_on or work.clock.now().date(),
            "teacher_ids": named or (),
            "unnamed_teachers": event.attended_places if named is None else 0,
        }
        source = _source(work, event, f"occurrences/{event.occurrence_id}", event.revision)
        await reach.keep(work, Told(ContributionKind.BOOKING, event.booking_id, event.school_urn, source, facts))


async def add_days_placed(work: Work, event: PlacementDaysSettled) -> None:
    """A teacher has spent days at an employer."""
    facts: dict[str, object] = {
        "partnership_id": event.partnership_id,
        "employer_id": event.employer_id,
        "days_placed": event.days_done,
        "placed_on": event.done_on,
    }
    if event.done_on:
        facts["on"] = max(event.done_on)
    source = _source(work, event, f"placements/{event.placement_id}", event.revision)
    await reach.keep(work, Told(ContributionKind.PLACEMENT, event.placement_id, event.school_urn, source, facts))


async def add_visit(work: Work, event: VisitDelivered) -> None:
    """An ambassador has visited a school, or has not after all."""
    facts = {
        "partnership_id": event.partnership_id,
        "employer_id": event.employer_id,
        "on": event.delivered_on,
        "delivered": event.delivered,
        "pupils": event.pupils_reached if event.delivered else 0,
    }
    source = _source(work, event, f"visits/{event.visit_id}", event.revision)
    await reach.keep(work, Told(ContributionKind.VISIT, event.visit_id, event.school_urn, source, facts))


async def add_hours(work: Work, event: HoursConfirmed) -> None:
    """A school has confirmed an ambassador's time."""
    source = _source(work, event, f"visits/{event.visit_id}", event.revision)
    facts = {"partnership_id": event.partnership_id, "minutes": event.minutes}
    await reach.keep(work, Told(ContributionKind.VISIT, event.visit_id, event.school_urn, source, facts))


async def keep_sponsor(work: Work, event: AllocationMade) -> None:
    """A pot has given a partnership money: its sponsor is the partnership's too."""
    await partnerships.add_sponsor(work, event.partnership_id, event.pot_id)


async def keep_employer(work: Work, event: EmployerRegistered) -> None:
    """Know an employer, which may be a sponsor too."""
    await reach.keep_employer(work, event.employer_id, event.employer_name, event.employer_kind, event.company_number)


async def keep_changed_employer(work: Work, event: EmployerChanged) -> None:
    """Know who an employer is now, which nobody has verified yet."""
    await reach.keep_changed_employer(
        work, event.employer_id, event.employer_name, event.employer_kind, event.company_number
    )


async def keep_verified_employer(work: Work, event: EmployerVerified) -> None:
    """Know that an employer is verified."""
    await reach.keep_verified(work, event.employer_id)


async def keep_suspended_employer(work: Work, event: EmployerSuspended) -> None:
    """Know that nobody vouches for an employer any more."""
    await reach.keep_suspended(work, event.employer_id)


def _source(work: Work, event: Event, aggregate: str, revision: int) -> Source:
    return Source(type=event.type, event_id=work.cause.causation_id, aggregate=aggregate, revision=revision)


REACTIONS = (
    on(AttendanceSettled, add_training, changes_once=True),
    on(PlacementDaysSettled, add_days_placed, changes_once=True),
    on(VisitDelivered, add_visit, changes_once=True),
    on(HoursConfirmed, add_hours, changes_once=True),
    on(AllocationMade, keep_sponsor, changes_once=True),
    on(EmployerRegistered, keep_employer, changes_once=True),
    on(EmployerChanged, keep_changed_employer, changes_once=True),
    on(EmployerVerified, keep_verified_employer, changes_once=True),
    on(EmployerSuspended, keep_suspended_employer, changes_once=True),
)
