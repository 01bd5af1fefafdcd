"""What the other services tell that may fulfil an action plan."""

from __future__ import annotations

from services.partnerships.domain.evidence import Heard
from services.partnerships.domain.known_occurrence import KnownOccurrence
from services.partnerships.use_cases import partnerships, plans
from shared.contracts.ambassadors import VisitCancelled, VisitDelivered
from shared.contracts.claims import ReportReturned, ReportSubmitted
from shared.contracts.courses import AttendanceSettled, OccurrenceRescheduled, OccurrenceScheduled
from shared.contracts.placements import PlacementCancelled, PlacementCompleted, PlacementDaysSettled
from shared.contracts.plans import PlanApproved, PlanCaughtUp, PlanFellBehind
from shared.subscriptions import on
from shared.work import Work


async def learn_occurrence(work: Work, event: OccurrenceScheduled) -> None:
    """Remember what an occurrence is about: its attendance will not say."""
    occurrence = KnownOccurrence(
        id=event.occurrence_id,
        subjects=event.subjects,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        course_code=event.course_code,
    )
    await plans.learn_occurrence(work, occurrence)


async def move_occurrence(work: Work, event: OccurrenceRescheduled) -> None:
    """Remember its other dates."""
    await plans.move_occurrence(work, event.occurrence_id, event.starts_at, event.ends_at)


async def count_attendance(work: Work, event: AttendanceSettled) -> None:
    """Teachers attended, or did not after all: count it for the action plan."""
    if event.partnership_id is None:
        return
    teachers = tuple(sorted(event.fully_attended or ()))
    fields: dict[str, object] = {
        "school_urn": event.school_urn,
        "teachers": teachers,
        "others": event.attended_places - len(teachers),
    }
    if event.ended_on is not None:
        fields["on"] = event.ended_on
    source = f"occurrences/{event.occurrence_id}/{event.booking_id}"
    heard = Heard("cpd", source, event.revision, fields, f"attendance of booking {event.booking_id} was corrected")
    await plans.hear_attendance(work, event.partnership_id, event.occurrence_id, heard)


async def count_placement(work: Work, event: PlacementCompleted) -> None:
    """A placement is completed: count it for the action plan."""
    if event.partnership_id is not None:
        fields: dict[str, object] = {
            "school_urn": event.school_urn,
            "subjects": event.subjects,
            "teachers": (event.teacher_id,),
            "completed_days": event.days_done,
        }
        heard = Heard("placement", f"placements/{event.placement_id}", None, fields, "a placement was completed")
        await plans.hear(work, event.partnership_id, heard)


async def count_days(work: Work, event: PlacementDaysSettled) -> None:
    """The days of a placement are settled or corrected: it may not count any more."""
    if event.partnership_id is not None:
        why = f"the days of placement {event.placement_id} were corrected"
        last_day = max(event.done_on, default=None)
        fields: dict[str, object] = {"days": event.days_done, "on": last_day}
        heard = Heard("placement", f"placements/{event.placement_id}", event.revision, fields, why)
        await plans.hear(work, event.partnership_id, heard)


async def discount_placement(work: Work, event: PlacementCancelled) -> None:
    """The placement was cancelled: it does not count."""
    if event.partnership_id is not None:
        why = f"placement {event.placement_id} was cancelled"
        heard = Heard("placement", f"placements/{event.placement_id}", None, {"cancelled": True}, why)
        await plans.hear(work, event.partnership_id, heard)


async def count_visit(work: Work, event: VisitDelivered) -> None:
    """An ambassador visited, or did not after all: count it for the action plan."""
    if event.partnership_id is not None:
        fields: dict[str, object] = {
            "school_urn": event.school_urn,
            "on": event.delivered_on,
            "subjects": event.subjects,
            "year_groups": event.year_groups,
            "visit_format": event.visit_format,
            "happened": event.delivered,
        }
        why = f"what was said of visit {event.visit_id} was corrected"
        await plans.hear(
            work, event.partnership_id, Heard("visit", f"visits/{event.visit_id}", event.revision, fields, why)
        )


async def discount_visit(work: Work, event: VisitCancelled) -> None:
    """The visit was cancelled: it does not count."""
    if event.partnership_id is not None:
        why = f"visit {event.visit_id} was cancelled"
        heard = Heard("visit", f"visits/{event.visit_id}", None, {"cancelled": True}, why)
        await plans.hear(work, event.partnership_id, heard)


async def keep_first_year(work: Work, event: PlanApproved) -> None:
    """The plan says in which academic year the partnership begins: what falls due follows from it."""
    await partnerships.look_ahead(work, event.partnership_id, event.first_year)


async def note_report(work: Work, event: ReportSubmitted | ReportReturned) -> None:
    """A report was handed in, and is late no more; or it was given back, and is late again."""
    await partnerships.look_ahead(work, event.partnership_id)


async def mark_at_risk(work: Work, event: PlanFellBehind) -> None:
    """The plan has fallen behind: programme officers find its partnership by that."""
    await partnerships.mark(work, event.partnership_id, at_risk=True)


async def mark_caught_up(work: Work, event: PlanCaughtUp) -> None:
    """The plan is not behind any more."""
    await partnerships.mark(work, event.partnership_id, at_risk=False)


REACTIONS = (
    on(OccurrenceScheduled, learn_occurrence, changes_once=True),
    on(OccurrenceRescheduled, move_occurrence, changes_once=True),
    on(AttendanceSettled, count_attendance, changes_once=True),
    on(PlacementCompleted, count_placement, changes_once=True),
    on(PlacementDaysSettled, count_days, changes_once=True),
    on(PlacementCancelled, discount_placement, changes_once=True),
    on(VisitDelivered, count_visit, changes_once=True),
    on(VisitCancelled, discount_visit, changes_once=True),
    on(PlanApproved, keep_first_year, changes_once=True),
    on(ReportSubmitted, note_report, changes_once=True),
    on(ReportReturned, note_report, changes_once=True),
    on(PlanFellBehind, mark_at_risk, changes_once=True),
    on(PlanCaughtUp, mark_caught_up, changes_once=True),
)
