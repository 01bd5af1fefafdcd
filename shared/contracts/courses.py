"""What the courses service says.

Aggregates: `templates/<id>`, `occurrences/<id>` (bookings belong to their occurrence).
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import AwareDatetime

from shared.contracts.event import Event, Upcaster

Delivery = Literal["face-to-face", "residential", "live-remote", "self-paced", "blended"]
BookingOutcome = Literal["attended", "partially-attended", "no-show"]
CancelledBy = Literal["school", "organiser"]


class OccurrenceScheduled(Event):
    """A dated occurrence of a course template has been scheduled. Price per place in pence."""

    type: ClassVar[str] = "courses.occurrence-scheduled.v1"
    aggregate: ClassVar[str] = "occurrences/{occurrence_id}"
    occurrence_id: str
    template_id: str
    course_code: str
    subjects: tuple[str, ...]
    delivery: Delivery
    region: str | None
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    capacity: int
    price_pence: int


class OccurrenceOpened(Event):
    """Schools may book places on the occurrence."""

    type: ClassVar[str] = "courses.occurrence-opened.v1"
    aggregate: ClassVar[str] = "occurrences/{occurrence_id}"
    occurrence_id: str


class OccurrenceRescheduled(Event):
    """A scheduled occurrence takes place on other dates; its bookings stay. `days_out` are those of its sessions."""

    type: ClassVar[str] = "courses.occurrence-rescheduled.v1"
    aggregate: ClassVar[str] = "occurrences/{occurrence_id}"
    occurrence_id: str
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    days_out: tuple[date, ...] | None = None


class OccurrenceClosed(Event):
    """No more bookings are taken."""

    type: ClassVar[str] = "courses.occurrence-closed.v1"
    aggregate: ClassVar[str] = "occurrences/{occurrence_id}"
    occurrence_id: str


class OccurrenceCancelled(Event):
    """The organiser has cancelled the occurrence; each live booking is cancelled by an event of its own."""

    type: ClassVar[str] = "courses.occurrence-cancelled.v1"
    aggregate: ClassVar[str] = "occurrences/{occurrence_id}"
    occurrence_id: str
    reason: str


class OccurrenceCompleted(Event):
    """All sessions are over and attendance is recorded."""

    type: ClassVar[str] = "courses.occurrence-completed.v1"
    aggregate: ClassVar[str] = "occurrences/{occurrence_id}"
    occurrence_id: str


class ApprovalAsked(Event):
    """A school that approves its bookings is asked whether the delegates may go; their places are kept meanwhile."""

    type: ClassVar[str] = "courses.approval-asked.v1"
    aggregate: ClassVar[str] = "occurrences/{occurrence_id}"
    occurrence_id: str
    booking_id: str
    school_urn: str
    places: int
    delegate_ids: tuple[str, ...]
    starts_on: date
    approval_due_at: AwareDatetime


class CoverAsked(Event):
    """A school that guards its cover is asked whether the delegates may be away on these days.

    `already_booked` tells of a booking that was made before the guard was set: it counts and is not answered.
    """

    type: ClassVar[str] = "courses.cover-asked.v1"
    aggregate: ClassVar[str] = "occurrences/{occurrence_id}"
    occurrence_id: str
    booking_id: str
    school_urn: str
    delegate_ids: tuple[str, ...]
    days_out: tuple[date, ...]
    already_booked: bool


class PlaceHeld(Event):
    """Places are held for a booking until `hold_expires_at`.

    With a `partnership_id` the booking asks that partnership's bursary for `amount_pence` in all; without one the
    school pays and no funds are asked for. `delegate_ids` are who is to come, by id only.
    """

    type: ClassVar[str] = "courses.place-held.v1"
    aggregate: ClassVar[str] = "occurrences/{occurrence_id}"
    occurrence_id: str
    booking_id: str
    school_urn: str
    places: int
    partnership_id: str | None
    amount_pence: int
    starts_on: date
    hold_expires_at: AwareDatetime
    delegate_ids: tuple[str, ...] | None = None


class BookingWaitlisted(Event):
    """No place is free: the booking waits with this queue number."""

    type: ClassVar[str] = "courses.booking-waitlisted.v1"
    aggregate: ClassVar[str] = "occurrences/{occurrence_id}"
    occurrence_id: str
    booking_id: str
    school_urn: str
    places: int
    queue_number: int


class PlaceOffered(Event):
    """A freed place is offered to the head of the waiting list until `offer_expires_at`."""

    type: ClassVar[str] = "courses.place-offered.v1"
    aggregate: ClassVar[str] = "occurrences/{occurrence_id}"
    occurrence_id: str
    booking_id: str
    school_urn: str
    places: int
    queue_number: int
    offer_expires_at: AwareDatetime


class OfferDeclined(Event):
    """The school does not want the offered place any more."""

    type: ClassVar[str] = "courses.offer-declined.v1"
    aggregate: ClassVar[str] = "occurrences/{occurrence_id}"
    occurrence_id: str
    booking_id: str
    school_urn: str


class OfferExpired(Event):
    """Nobody accepted the offered place in time."""

    type: ClassVar[str] = "courses.offer-expired.v1"
    aggregate: ClassVar[str] = "occurrences/{occurrence_id}"
    occurrence_id: str
    booking_id: str
    school_urn: str


class HoldExpired(Event):
    """The hold ran out before the booking could be confirmed; funds reserved for it are to be released."""

    type: ClassVar[str] = "courses.hold-expired.v1"
    aggregate: ClassVar[str] = "occurrences/{occurrence_id}"
    occurrence_id: str
    booking_id: str
    school_urn: str
    partnership_id: str | None


class BookingConfirmed(Event):
    """The places are the school's."""

    type: ClassVar[str] = "courses.booking-confirmed.v1"
    aggregate: ClassVar[str] = "occurrences/{occurrence_id}"
    occurrence_id: str
    booking_id: str
    school_urn: str
    places: int
    partnership_id: str | None
    amount_pence: int


class BookingDeclined(Event):
    """The booking was turned down, e.g. because its funds were refused; its places are free again."""

    type: ClassVar[str] = "courses.booking-declined.v1"
    aggregate: ClassVar[str] = "occurrences/{occurrence_id}"
    occurrence_id: str
    booking_id: str
    school_urn: str
    partnership_id: str | None
    reason: str


class BookingCancelled(Event):
    """A booking has ended before it was attended; funds reserved for it are to be released, whatever fee it costs."""

    type: ClassVar[str] = "courses.booking-cancelled.v1"
    aggregate: ClassVar[str] = "occurrences/{occurrence_id}"
    occurrence_id: str
    booking_id: str
    school_urn: str
    places: int
    partnership_id: str | None
    cancelled_by: CancelledBy
    reason: str
    fee_pence: int = 0
    tier: str | None = None


class BookingReduced(Event):
    """One delegate of a booking has been cancelled: it goes on with `places`, which cost `amount_pence` in all.

    Funds reserved for it beyond that amount are to be released.
    """

    type: ClassVar[str] = "courses.booking-reduced.v1"
    aggregate: ClassVar[str] = "occurrences/{occurrence_id}"
    occurrence_id: str
    booking_id: str
    school_urn: str
    delegate_id: str
    places: int
    partnership_id: str | None
    amount_pence: int
    fee_pence: int = 0
    tier: str | None = None


class FeeWaived(Event):
    """An officer has let the school off what its booking owed for cancelling or staying away: it owes nothing now."""

    type: ClassVar[str] = "courses.fee-waived.v1"
    aggregate: ClassVar[str] = "occurrences/{occurrence_id}"
    occurrence_id: str
    booking_id: str
    school_urn: str
    waived_pence: int


class DelegateSubstituted(Event):
    """Another colleague takes a delegate's place. Delegates are known by id only."""

    type: ClassVar[str] = "courses.delegate-substituted.v1"
    aggregate: ClassVar[str] = "occurrences/{occurrence_id}"
    occurrence_id: str
    booking_id: str
    school_urn: str
    delegate_id: str
    replaced_delegate_id: str


class AttendanceSettled(Event):
    """The outcome of a booking after its last session, or after a correction (a higher `revision`).

    `attended_places` of `places` were attended, in full or in part. The funds for `charged_pence` of what was reserved
    are committed, the rest is released. It counts for the plan and reach of `partnership_id`, also where that does not
    pay, and is not `funded` by it: then nothing is charged. `fully_attended` are the delegates, by id, who were there
    all the time; `ended_on` is the day of the last session. The school itself owes `no_show_fee_pence`.
    """

    type: ClassVar[str] = "courses.attendance-settled.v1"
    aggregate: ClassVar[str] = "occurrences/{occurrence_id}"
    occurrence_id: str
    booking_id: str
    school_urn: str
    partnership_id: str | None
    revision: int
    outcome: BookingOutcome
    places: int
    attended_places: int
    charged_pence: int
    fully_attended: tuple[str, ...] | None = None
    ended_on: date | None = None
    funded: bool | None = None
    no_show_fee_pence: int = 0


class AttendanceOverdue(Event):
    """Days after the last session the attendance of some bookings is not recorded: their money is held meanwhile."""

    type: ClassVar[str] = "courses.attendance-overdue.v1"
    aggregate: ClassVar[str] = "occurrences/{occurrence_id}"
    occurrence_id: str
    bookings: int


CoursesEvent = (
    OccurrenceScheduled
    | OccurrenceOpened
    | OccurrenceRescheduled
    | OccurrenceClosed
    | OccurrenceCancelled
    | OccurrenceCompleted
    | ApprovalAsked
    | CoverAsked
    | PlaceHeld
    | BookingWaitlisted
    | PlaceOffered
    | OfferDeclined
    | OfferExpired
    | HoldExpired
    | BookingConfirmed
    | BookingDeclined
    | BookingCancelled
    | BookingReduced
    | FeeWaived
    | DelegateSubstituted
    | AttendanceSettled
    | AttendanceOverdue
)

UPCASTERS: tuple[Upcaster, ...] = ()
