"""The organiser's verbs for occurrences, and what the schedule does when their time comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.courses.domain import organising
from services.courses.domain.booking import LIVE, SETTLED, Booking, BookingStatus
from services.courses.domain.change import heads, kept_beyond, running_out
from services.courses.domain.expiry import tidy
from services.courses.domain.occurrence import Chore, Listing, Occurrence, Venue
from services.courses.domain.organising import Calendar
from services.courses.domain.register import close_bookings, settle_bookings
from services.courses.domain.template import Template, words_of
from services.courses.domain.vocabulary import Audience, Delivery
from services.courses.policies import Policy, holidays, policy_at
from services.courses.store import bookings_to_move
from shared.decision import Decision, Documents, Read
from shared.ids import new_id
from shared.refusals import NotFound
from shared.work import Work

SLICE = 50
SLICES_AT_ONCE = 100

Periods = Sequence[tuple[datetime, datetime]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What an organiser plans: an occurrence of a template. Times are aware and in UTC, the price is for one place."""

    template_id: str
    periods: Periods
    zone: str
    capacity: int
    price_pence: int
    venue: Venue
    delivery: Delivery | None = None
    title: str | None = None
    instance_code: str | None = None
    region: str | None = None
    hub: str | None = None
    waiting_list_limit: int | None = None
    cancellation_policy: str | None = None
    audience: Audience = Audience.EVERYBODY


async def plan(work: Work, wanted: Plan) -> Occurrence:
    """Draft an occurrence of a template. Raises NotFound, CancellationPolicyUnknown."""
    template = await work.collection(Template).get(wanted.template_id)
    if template is None:
        raise NotFound("There is no such course.", field="course_id")
    fresh = drafted(new_id(), template, wanted, policy_at(work.clock.now()))
    return await work.create_or_change(
        Occurrence, fresh.id, lambda existing, _documents, _now: organising.keep_draft(fresh, existing)
    )


def drafted(occurrence_id: str, template: Template, wanted: Plan, policy: Policy) -> Occurrence:
    """The draft of a plan under a policy. Raises CancellationPolicyUnknown."""
    terms = policy.terms(wanted.waiting_list_limit, wanted.cancellation_policy)
    course = template.course
    title = wanted.title or course.title
    venue_words = (wanted.venue.name or "", wanted.venue.city or "", wanted.hub or "", wanted.region or "")
    listing = Listing(
        template_id=template.id,
        code=course.code,
        instance_code=wanted.instance_code,
        title=title,
        subjects=course.subjects,
        age_groups=course.age_groups,
        phases=course.phases,
        delivery=wanted.delivery or course.delivery,
        region=wanted.region,
        hub=wanted.hub,
        venue=wanted.venue,
        words=words_of(course.code, title, course.title, *course.subjects, *venue_words),
    )
    calendar = Calendar(wanted.periods, wanted.zone, terms, holidays())
    return organising.draft(
        occurrence_id, listing, calendar, terms, wanted.capacity, wanted.price_pence, wanted.audience
    )


async def schedule(work: Work, occurrence_id: str, by: str) -> Occurrence:
    """Announce a draft."""
    return await work.change(
        Occurrence, occurrence_id, lambda root, documents, now: organising.schedule(root, documents, now, by=by)
    )


async def open_booking(work: Work, occurrence_id: str, by: str) -> Occurrence:
    """Let schools book."""
    return await work.change(
        Occurrence, occurrence_id, lambda root, documents, now: organising.open_booking(root, documents, now, by=by)
    )


async def close_booking(work: Work, occurrence_id: str, by: str) -> Occurrence:
    """Take no more bookings."""
    return await work.change(
        Occurrence, occurrence_id, lambda root, documents, now: organising.close_booking(root, documents, now, by=by)
    )


async def resize(work: Work, occurrence_id: str, by: str, capacity: int) -> Occurrence:
    """Change how many places there are."""
    return await work.change(
        Occurrence,
        occurrence_id,
        lambda root, documents, now: organising.resize(root, documents, now, by=by, capacity=capacity),
        heads,
    )


async def reschedule(work: Work, occurrence_id: str, by: str, periods: Periods, zone: str) -> Occurrence:
    """Move an occurrence to other dates."""

    def decide(root: Occurrence, documents: Documents, now: datetime) -> Decision[Occurrence]:
        calendar = Calendar(periods, zone, root.terms, holidays())
        return organising.reschedule(root, documents, now, by=by, calendar=calendar)

    starts_at = min(begins for begins, _ in periods)
    return await work.change(
        Occurrence, occurrence_id, decide, lambda root: [*heads(root), *kept_beyond(root, starts_at)]
    )


async def call_off(work: Work, occurrence_id: str, by: str, reason: str) -> Occurrence:
    """Cancel an occurrence; the schedule cancels its bookings."""
    return await work.change(
        Occurrence,
        occurrence_id,
        lambda root, documents, now: organising.call_off(root, documents, now, by=by, reason=reason),
    )


async def act_on_due(work: Work, occurrence_id: str) -> None:
    """Do what time has brought: expiries, the start, the end, and what is left of many bookings. In slices."""
    for _ in range(SLICES_AT_ONCE):
        occurrence = await work.collection(Occurrence).get(occurrence_id)
        if occurrence is None or occurrence.due_at is None or occurrence.due_at > work.clock.now():
            return
        if occurrence.chore is not None:
            await _go_on(work, occurrence_id, occurrence.chore)
        else:
            await work.change(Occurrence, occurrence_id, tidy, lambda root: [*running_out(root), *heads(root)])


Slicing = Callable[..., Decision[None]]
_CHORES: dict[Chore, tuple[Slicing, Sequence[BookingStatus]]] = {
    Chore.CANCEL: (organising.call_off_bookings, LIVE),
    Chore.SETTLE: (settle_bookings, (BookingStatus.CONFIRMED,)),
    Chore.CLOSE: (close_bookings, (BookingStatus.CONFIRMED,)),
    Chore.COMPLETE: (organising.complete_bookings, SETTLED),
}


async def _go_on(work: Work, occurrence_id: str, chore: Chore) -> None:
    """Do one slice of a chore; the last one is known by finding fewer bookings than were asked for."""
    decide_slice, statuses = _CHORES[chore]
    found = await bookings_to_move(work, occurrence_id, statuses, SLICE, complete=chore is Chore.SETTLE)
    reads: list[Read] = [(Booking, booking_id) for booking_id in found]

    def decide(root: Occurrence, documents: Documents, now: datetime) -> Decision[None]:
        return decide_slice(root, documents, now, by="system", booking_ids=found, last=len(found) < SLICE)

    await replace(work, idempotency=None).change(Occurrence, occurrence_id, decide, lambda _root: reads)
