"""A school asks for an activity, or changes its mind; a programme officer may say that the programme does not do it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.ambassadors.domain.change import SCHEDULE, SYSTEM, Moment
from services.ambassadors.domain.known import (
    KnownPartnership,
    KnownSchool,
    SchoolPositionNotKnown,
    Urns,
    check_partnership,
    facts_of,
    of_school,
)
from services.ambassadors.domain.request import (
    AGREED,
    REQUEST,
    Activity,
    ActivityRequest,
    Place,
    RequestStatus,
    Slot,
    changing,
    end,
    next_due,
)
from services.ambassadors.domain.terms import Terms
from services.ambassadors.domain.visiting import VisitBegun
from shared.contracts.ambassadors import VisitRequested
from shared.decision import Decision, Documents, Read
from shared.refusals import Conflict, Invalid


class SlotsOverlap(Invalid):
    slug = "slots-overlap"
    title = "A date ends after it begins, on the same day, and no two of them overlap."


class TooSoon(Conflict):
    slug = "visit-too-soon"
    title = "All dates are over, or so near that nobody is invited any more."


@dataclass(frozen=True, slots=True)
class Wish:
    """What a school asks for. `partnership_id` makes it count for that partnership's plan."""

    request_id: str
    school_urn: str
    asked_by: str
    activity: Activity
    slots: tuple[Slot, ...]
    partnership_id: str | None = None
    tour_id: str | None = None

    def reads(self) -> list[Read]:
        """What the decision looks at."""
        reads: list[Read] = [(KnownSchool, self.school_urn)]
        if self.partnership_id is not None:
            reads.append((KnownPartnership, self.partnership_id))
        return reads


def dates_of(slots: Sequence[Slot], closes_before: timedelta, now: datetime, field: str = "dates") -> tuple[Slot, ...]:
    """The dates in order of time, each of them a choice until so long before it begins; `field` is where they were
    said. Raises SlotsOverlap, TooSoon.
    """
    ordered = tuple(sorted(slots, key=lambda slot: slot.starts_at))
    for index, slot in enumerate(ordered):
        if slot.ends_at <= slot.starts_at or slot.ends_at.date() != slot.starts_at.date():
            raise SlotsOverlap(field=field)
        if index and slot.starts_at < ordered[index - 1].ends_at:
            raise SlotsOverlap(field=field)
    if ordered[-1].starts_at - closes_before <= now:
        raise TooSoon(field=field)
    return ordered


def ask(
    existing: ActivityRequest | None, documents: Documents, now: datetime, wish: Wish, terms: Terms
) -> Decision[ActivityRequest]:
    """Ask for an activity; asking again under the same identity changes nothing.

    Raises VisitSchoolNotKnown, VisitSchoolClosed, SchoolPositionNotKnown, VisitPartnershipNotActive,
    NotOfThePartnership, SlotsOverlap, TooSoon.
    """
    if existing is not None:
        return Decision(existing)
    facts = facts_of(documents.get(KnownSchool, wish.school_urn))
    if wish.partnership_id is not None:
        check_partnership(documents.get(KnownPartnership, wish.partnership_id), wish.school_urn)
    if not wish.activity.remote and (facts.latitude is None or facts.longitude is None):
        raise SchoolPositionNotKnown()
    moment = Moment(at=now, verb="ask", status=RequestStatus.OPEN, reason="The school asked.", by=wish.asked_by)
    request = ActivityRequest(
        id=wish.request_id,
        status=RequestStatus.OPEN,
        school_urn=wish.school_urn,
        partnership_id=wish.partnership_id,
        tour_id=wish.tour_id,
        asked_by=wish.asked_by,
        asked_at=now,
        activity=wish.activity,
        slots=dates_of(wish.slots, terms.closes_before(short_notice=wish.activity.short_notice), now),
        place=Place(jurisdiction=facts.jurisdiction, latitude=facts.latitude, longitude=facts.longitude),
        terms=terms,
        history=(moment,),
    )
    request = request.model_copy(update={"due_at": next_due(request, now)})
    return Decision(request, request, (), (_told(request),))


def _told(request: ActivityRequest) -> VisitRequested:
    activity = request.activity
    return VisitRequested(
        request_id=request.id,
        school_urn=request.school_urn,
        partnership_id=request.partnership_id,
        visit_format=activity.format.value,
        subjects=activity.subjects,
        year_groups=tuple(group.value for group in activity.year_groups),
        pupils_expected=activity.pupils_expected,
        tour_id=request.tour_id,
    )


def cancel(
    request: ActivityRequest, documents: Documents, now: datetime, *, by: str, urns: Urns | None, reason: str
) -> Decision[ActivityRequest]:
    """Need no ambassador any more. Raises NotFound, WrongState, VisitBegun."""
    of_school(request.school_urn, urns)
    change = changing(request, documents, now, by)
    slot = change.root.slot
    if change.root.status in AGREED and slot is not None and slot.starts_at <= now:
        raise VisitBegun()
    end(change, "cancel", reason, "cancelled")
    return change.decision(change.root)


def decline(
    request: ActivityRequest, documents: Documents, now: datetime, *, by: str, reason: str
) -> Decision[ActivityRequest]:
    """The programme does not do this. Raises WrongState."""
    change = changing(request, documents, now, by)
    end(change, "decline", reason, "declined")
    return change.decision(change.root)


def confirm(request: ActivityRequest, documents: Documents, now: datetime) -> Decision[None]:
    """The school has confirmed the visit."""
    change = changing(request, documents, now, SYSTEM)
    if REQUEST.allows(change.root.status, "confirm"):
        change.move("confirm", REQUEST.next(change.root.status, "confirm"), "The school has confirmed the date.")
    return change.decision(None)


def deliver(request: ActivityRequest, documents: Documents, now: datetime, *, delivered: bool) -> Decision[None]:
    """The visit took place, or it did not after all; a correction of its numbers changes nothing here."""
    change = changing(request, documents, now, SYSTEM)
    status = change.root.status
    if not delivered and REQUEST.allows(status, "miss"):
        end(change, "miss", "The visit did not take place.", "closed")
        change.update(missed=True)
    elif delivered and (status is RequestStatus.CONFIRMED or (change.root.missed and status is RequestStatus.CLOSED)):
        close_at = now + timedelta(days=request.terms.feedback_days)
        target = REQUEST.next(status, "deliver")
        change.move("deliver", target, "The visit took place.", missed=False, close_at=close_at)
    return change.decision(None)


def call_off(request: ActivityRequest, documents: Documents, now: datetime) -> Decision[None]:
    """The visit was cancelled: the request is, too."""
    change = changing(request, documents, now, SYSTEM)
    if REQUEST.allows(change.root.status, "cancel"):
        end(change, "cancel", "The visit was cancelled.", "cancelled")
    return change.decision(None)


def hear(request: ActivityRequest, documents: Documents, now: datetime, *, side: str) -> Decision[None]:
    """One side has said how the visit was; once both have, the request is closed."""
    change = changing(request, documents, now, SYSTEM)
    if REQUEST.allows(change.root.status, "hear") and side not in change.root.heard:
        heard = (*change.root.heard, side)
        change.move("hear", REQUEST.next(change.root.status, "hear"), f"The {side} gave feedback.", heard=heard)
        if len(heard) == 2:
            end(change, "close", "Both sides have given feedback.", "closed")
    return change.decision(None)


def close_in_time(request: ActivityRequest, documents: Documents, now: datetime) -> Decision[None]:
    """Close a delivered request when the time for feedback is over."""
    change = changing(request, documents, now, SCHEDULE)
    if change.root.close_at is not None and change.root.close_at <= now:
        end(change, "close", "The time for feedback is over.", "closed")
    return change.decision(None)
