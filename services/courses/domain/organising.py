"""The organiser's side: an occurrence is drafted, scheduled, opened, closed, resized, moved, called off.

Calling off changes the status first, so that nothing new gets in; its bookings, which may be thousands, are then
cancelled in slices, each a commit of its own that can be gone on with after a crash.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from services.courses.domain.booking import LIVE, SETTLED, moved
from services.courses.domain.change import Change
from services.courses.domain.ending import cancel
from services.courses.domain.fees import fee_steps
from services.courses.domain.occurrence import Chore, Listing, Occurrence, Session, Status, days_out, free
from services.courses.domain.places import keep_until_start, promote
from services.courses.domain.terms import OfferWindow, Terms, offer_window
from services.courses.domain.vocabulary import Audience
from shared.contracts.courses import (
    OccurrenceCancelled,
    OccurrenceClosed,
    OccurrenceOpened,
    OccurrenceRescheduled,
    OccurrenceScheduled,
)
from shared.decision import Decision, Documents
from shared.refusals import Conflict, Invalid


class SessionsOverlap(Invalid):
    slug = "sessions-overlap"
    title = "Sessions end after they start, and one ends before the next starts."


class InThePast(Conflict):
    slug = "occurrence-in-the-past"
    title = "An occurrence that can be booked starts in the future."


class AlreadyAnnounced(Conflict):
    slug = "occurrence-announced"
    title = "The occurrence is announced already: move it, or call it off."


class CapacityTaken(Conflict):
    slug = "capacity-taken"
    title = "More places than that are confirmed, held or offered already."


_PLANNED: Final = ("listing", "sessions", "zone", "starts_at", "ends_at", "starts_on", "terms", "offers_made", "fees")


class Calendar:
    """The dates of an occurrence, worked out once from its sessions."""

    def __init__(
        self, periods: Sequence[tuple[datetime, datetime]], zone: str, terms: Terms, holidays: frozenset[date]
    ) -> None:
        """Take the periods (start, end) in any order. Raises SessionsOverlap."""
        ordered = sorted(periods)
        for index, (starts_at, ends_at) in enumerate(ordered):
            if ends_at <= starts_at or (index and starts_at < ordered[index - 1][1]):
                raise SessionsOverlap(field="sessions")
        self.sessions = tuple(
            Session(number=number, starts_at=starts_at, ends_at=ends_at)
            for number, (starts_at, ends_at) in enumerate(ordered, 1)
        )
        self.zone = zone
        self.starts_at = ordered[0][0]
        self.ends_at = ordered[-1][1]
        self.starts_on = self.starts_at.astimezone(ZoneInfo(zone)).date()
        self.offers_made: OfferWindow = offer_window(terms, self.starts_at, zone, holidays)
        self.fees = fee_steps(terms.cancellation, self.starts_at, zone, holidays)

    def fields(self) -> dict[str, object]:
        """These dates as fields of an occurrence."""
        return {
            "sessions": self.sessions,
            "zone": self.zone,
            "starts_at": self.starts_at,
            "ends_at": self.ends_at,
            "starts_on": self.starts_on,
            "offers_made": self.offers_made,
            "fees": self.fees,
        }


def draft(
    occurrence_id: str,
    listing: Listing,
    calendar: Calendar,
    terms: Terms,
    capacity: int,
    price_pence: int,
    audience: Audience = Audience.EVERYBODY,
) -> Occurrence:
    """A new occurrence that nobody can see or book yet."""
    return Occurrence(
        id=occurrence_id,
        status=Status.DRAFT,
        listing=listing,
        sessions=calendar.sessions,
        zone=calendar.zone,
        starts_at=calendar.starts_at,
        ends_at=calendar.ends_at,
        starts_on=calendar.starts_on,
        offers_made=calendar.offers_made,
        fees=calendar.fees,
        price_pence=price_pence,
        terms=terms,
        capacity=capacity,
        audience=audience,
    )


def keep_draft(fresh: Occurrence, existing: Occurrence | None) -> Decision[Occurrence]:
    """Keep a draft, new or with other facts and dates than before. Raises AlreadyAnnounced."""
    if existing is None:
        return Decision(fresh, fresh)
    if not differs(existing, fresh):
        return Decision(existing)
    if existing.status is not Status.DRAFT:
        raise AlreadyAnnounced()
    kept = existing.model_copy(update={name: getattr(fresh, name) for name in _PLANNED})
    return Decision(kept, kept)


def differs(existing: Occurrence, fresh: Occurrence) -> bool:
    """Whether two plans of an occurrence differ in what is taught, where or when."""
    return (existing.listing, existing.sessions, existing.zone) != (fresh.listing, fresh.sessions, fresh.zone)


def has_begun(occurrence: Occurrence, now: datetime) -> bool:
    """Whether its first session is in the past."""
    return occurrence.starts_at <= now


def schedule(occurrence: Occurrence, documents: Documents, now: datetime, *, by: str) -> Decision[Occurrence]:
    """Announce a draft. Raises WrongState, InThePast."""
    change = Change(occurrence, documents, now, by)
    change.move("schedule")
    _check_future(change)
    listing = occurrence.listing
    change.say(
        OccurrenceScheduled(
            occurrence_id=occurrence.id,
            template_id=listing.template_id,
            course_code=listing.code,
            subjects=listing.subjects,
            delivery=listing.delivery.value,
            region=listing.region,
            starts_at=occurrence.starts_at,
            ends_at=occurrence.ends_at,
            capacity=occurrence.capacity,
            price_pence=occurrence.price_pence,
        )
    )
    return change.decision(change.occurrence)


def open_booking(occurrence: Occurrence, documents: Documents, now: datetime, *, by: str) -> Decision[Occurrence]:
    """Let schools book. Raises WrongState, InThePast."""
    change = Change(occurrence, documents, now, by)
    change.move("open")
    _check_future(change)
    change.say(OccurrenceOpened(occurrence_id=occurrence.id))
    return change.decision(change.occurrence)


def close_booking(occurrence: Occurrence, documents: Documents, now: datetime, *, by: str) -> Decision[Occurrence]:
    """Take no more bookings; the waiting list goes on. Raises WrongState."""
    change = Change(occurrence, documents, now, by)
    change.move("close")
    change.say(OccurrenceClosed(occurrence_id=occurrence.id))
    return change.decision(change.occurrence)


def resize(
    occurrence: Occurrence, documents: Documents, now: datetime, *, by: str, capacity: int
) -> Decision[Occurrence]:
    """Change how many places there are; new ones go to the waiting list. Raises WrongState, CapacityTaken."""
    change = Change(occurrence, documents, now, by)
    taken = occurrence.capacity - free(change.occurrence, now)
    change.move("resize", capacity=capacity)
    if capacity < taken:
        raise CapacityTaken(field="capacity", taken=taken)
    promote(change, "The organiser has added places.")
    return change.decision(change.occurrence)


def reschedule(
    occurrence: Occurrence, documents: Documents, now: datetime, *, by: str, calendar: Calendar
) -> Decision[Occurrence]:
    """Move it to other dates; bookings stay, and nothing is held beyond the start. Raises WrongState, InThePast."""
    change = Change(occurrence, documents, now, by)
    change.move("reschedule", **calendar.fields())
    _check_future(change)
    keep_until_start(change)
    if change.occurrence.status is not Status.DRAFT:
        change.update(moved_at=now)
        change.say(
            OccurrenceRescheduled(
                occurrence_id=occurrence.id,
                starts_at=calendar.starts_at,
                ends_at=calendar.ends_at,
                days_out=days_out(change.occurrence),
            )
        )
    promote(change, "The course was moved to another date.")
    return change.decision(change.occurrence)


def call_off(
    occurrence: Occurrence, documents: Documents, now: datetime, *, by: str, reason: str
) -> Decision[Occurrence]:
    """Cancel the occurrence; its bookings follow in slices. Raises WrongState."""
    change = Change(occurrence, documents, now, by)
    chore = None if occurrence.status is Status.DRAFT else Chore.CANCEL
    change.move("cancel", chore=chore, reason=reason)
    if chore is not None:
        change.say(OccurrenceCancelled(occurrence_id=occurrence.id, reason=reason))
    return change.decision(change.occurrence)


def call_off_bookings(
    occurrence: Occurrence, documents: Documents, now: datetime, *, by: str, booking_ids: Sequence[str], last: bool
) -> Decision[None]:
    """Cancel a slice of the bookings of a cancelled occurrence."""
    change = Change(occurrence, documents, now, by)
    if change.occurrence.chore is not Chore.CANCEL:
        return change.decision(None)
    for booking_id in booking_ids:
        booking = change.booking(booking_id)
        if booking.status in LIVE:
            cancel(change, booking, "call-off", occurrence.reason or "")
    if last:
        change.update(chore=None)
    return change.decision(None)


def complete_bookings(
    occurrence: Occurrence, documents: Documents, now: datetime, *, by: str, booking_ids: Sequence[str], last: bool
) -> Decision[None]:
    """Complete a slice of the bookings of a completed occurrence."""
    change = Change(occurrence, documents, now, by)
    if change.occurrence.chore is not Chore.COMPLETE:
        return change.decision(None)
    for booking_id in booking_ids:
        booking = change.booking(booking_id)
        if booking.status in SETTLED:
            change.keep(moved(booking, "complete", now, "All attendance of the course is settled.", by))
    if last:
        change.update(chore=None)
    return change.decision(None)


def _check_future(change: Change) -> None:
    if has_begun(change.occurrence, change.now):
        raise InThePast()
