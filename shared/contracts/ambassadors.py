"""What the ambassadors service says.

Aggregates: `ambassadors/<id>`, `requests/<id>` (activity requests), `visits/<id>`.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import AwareDatetime

from shared.contracts.event import Event, Upcaster

VisitFormat = Literal["talk", "careers-fair", "mentoring", "club", "mock-interview"]
VisitCancelledBy = Literal["school", "ambassador", "programme"]
AmbassadorStatus = Literal["active", "paused", "lapsed", "left"]
RequestEnding = Literal["closed", "declined", "expired", "cancelled"]
Jurisdiction = Literal["england-and-wales", "scotland", "northern-ireland"]
FeedbackFrom = Literal["school", "ambassador"]


class AmbassadorRegistered(Event):
    """Somebody has volunteered. Who it is, only the ambassadors service knows."""

    type: ClassVar[str] = "ambassadors.ambassador-registered.v1"
    aggregate: ClassVar[str] = "ambassadors/{ambassador_id}"
    ambassador_id: str
    employer_id: str | None


class AmbassadorStatusChanged(Event):
    """Whether the ambassador may be sent to schools now. The reason is nobody else's business."""

    type: ClassVar[str] = "ambassadors.ambassador-status-changed.v1"
    aggregate: ClassVar[str] = "ambassadors/{ambassador_id}"
    ambassador_id: str
    ambassador_status: AmbassadorStatus


class ClearanceEnded(Event):
    """The ambassador may not be sent to schools of this jurisdiction any more. Why is nobody else's business."""

    type: ClassVar[str] = "ambassadors.clearance-ended.v1"
    aggregate: ClassVar[str] = "ambassadors/{ambassador_id}"
    ambassador_id: str
    jurisdiction: Jurisdiction


class CheckRenewalDue(Event):
    """The ambassador's check for this jurisdiction ends soon and should be made anew. It is told once a check."""

    type: ClassVar[str] = "ambassadors.check-renewal-due.v1"
    aggregate: ClassVar[str] = "ambassadors/{ambassador_id}"
    ambassador_id: str
    jurisdiction: Jurisdiction
    check_ends_on: date


class StatusEndsSoon(Event):
    """Without another activity the ambassador's status ends at `status_ends_at`. A visit that is agreed moves it on."""

    type: ClassVar[str] = "ambassadors.status-ends-soon.v1"
    aggregate: ClassVar[str] = "ambassadors/{ambassador_id}"
    ambassador_id: str
    status_ends_at: AwareDatetime


class VisitRequested(Event):
    """A school asks for an ambassador; with a `partnership_id` the visit counts for that partnership's plan.

    With a `tour_id` it belongs to a tour through all schools of the partnership.
    """

    type: ClassVar[str] = "ambassadors.visit-requested.v1"
    aggregate: ClassVar[str] = "requests/{request_id}"
    request_id: str
    school_urn: str
    partnership_id: str | None
    visit_format: VisitFormat
    subjects: tuple[str, ...]
    year_groups: tuple[str, ...]
    pupils_expected: int
    tour_id: str | None


class AmbassadorInvited(Event):
    """An ambassador is invited to the request, until `invitation_expires_at`."""

    type: ClassVar[str] = "ambassadors.ambassador-invited.v1"
    aggregate: ClassVar[str] = "requests/{request_id}"
    request_id: str
    ambassador_id: str
    invitation_expires_at: AwareDatetime


class InvitationEnded(Event):
    """An invitation came to nothing; the next ambassador is asked where there is one."""

    type: ClassVar[str] = "ambassadors.invitation-ended.v1"
    aggregate: ClassVar[str] = "requests/{request_id}"
    request_id: str
    ambassador_id: str
    invitation_ending: Literal["declined", "expired", "withdrawn"]


class VisitAgreed(Event):
    """The ambassador has accepted the invitation: the visit `visit_id` is to take place.

    The same visit is agreed again with another ambassador where the first one cannot come.
    """

    type: ClassVar[str] = "ambassadors.visit-agreed.v1"
    aggregate: ClassVar[str] = "requests/{request_id}"
    request_id: str
    visit_id: str
    ambassador_id: str
    employer_id: str | None
    school_urn: str
    partnership_id: str | None
    takes_place_at: AwareDatetime


class RequestEnded(Event):
    """The request needs no ambassador any more."""

    type: ClassVar[str] = "ambassadors.request-ended.v1"
    aggregate: ClassVar[str] = "requests/{request_id}"
    request_id: str
    school_urn: str
    request_ending: RequestEnding


class VisitConfirmed(Event):
    """The school has confirmed date and supervision."""

    type: ClassVar[str] = "ambassadors.visit-confirmed.v1"
    aggregate: ClassVar[str] = "visits/{visit_id}"
    visit_id: str
    request_id: str
    school_urn: str
    takes_place_at: AwareDatetime


class SubstituteSought(Event):
    """The visit has no ambassador just now: another one is looked for. The school is not told why."""

    type: ClassVar[str] = "ambassadors.substitute-sought.v1"
    aggregate: ClassVar[str] = "visits/{visit_id}"
    visit_id: str
    request_id: str
    school_urn: str
    ambassador_id: str


class AmbassadorReplaced(Event):
    """Another ambassador comes instead; the school is not told why."""

    type: ClassVar[str] = "ambassadors.ambassador-replaced.v1"
    aggregate: ClassVar[str] = "visits/{visit_id}"
    visit_id: str
    request_id: str
    school_urn: str
    ambassador_id: str
    replaced_ambassador_id: str


class VisitCancelled(Event):
    """The visit does not take place."""

    type: ClassVar[str] = "ambassadors.visit-cancelled.v1"
    aggregate: ClassVar[str] = "visits/{visit_id}"
    visit_id: str
    request_id: str
    school_urn: str
    partnership_id: str | None
    ambassador_id: str
    visit_cancelled_by: VisitCancelledBy


class VisitOutcomeMissing(Event):
    """Nobody has said what came of the visit. From `answer_due_at` on it has not taken place, unless the school had let
    the ambassador in.
    """

    type: ClassVar[str] = "ambassadors.visit-outcome-missing.v1"
    aggregate: ClassVar[str] = "visits/{visit_id}"
    visit_id: str
    request_id: str
    school_urn: str
    ambassador_id: str
    answer_due_at: AwareDatetime


class VisitDelivered(Event):
    """The visit took place, as the school or the programme says; or a correction of that (a higher `revision`).

    A visit that turns out not to have taken place is told again with `delivered` false and no pupils; so is one of
    which nobody has said in time that it took place.
    """

    type: ClassVar[str] = "ambassadors.visit-delivered.v1"
    aggregate: ClassVar[str] = "visits/{visit_id}"
    visit_id: str
    request_id: str
    school_urn: str
    partnership_id: str | None
    ambassador_id: str
    employer_id: str | None
    revision: int
    delivered: bool
    delivered_on: date
    visit_format: VisitFormat
    subjects: tuple[str, ...]
    year_groups: tuple[str, ...]
    pupils_reached: int


class HoursConfirmed(Event):
    """The school has confirmed the hours that the ambassador logged; a higher `revision` replaces the lower."""

    type: ClassVar[str] = "ambassadors.hours-confirmed.v1"
    aggregate: ClassVar[str] = "visits/{visit_id}"
    visit_id: str
    school_urn: str
    partnership_id: str | None
    ambassador_id: str
    revision: int
    minutes: int


class FeedbackGiven(Event):
    """One side has said how the visit was, from 1 (poor) to 5 (excellent); what it said in words stays here."""

    type: ClassVar[str] = "ambassadors.feedback-given.v1"
    aggregate: ClassVar[str] = "visits/{visit_id}"
    visit_id: str
    request_id: str
    school_urn: str
    feedback_from: FeedbackFrom
    rating: int


AmbassadorsEvent = (
    AmbassadorRegistered
    | AmbassadorStatusChanged
    | ClearanceEnded
    | CheckRenewalDue
    | StatusEndsSoon
    | VisitRequested
    | AmbassadorInvited
    | InvitationEnded
    | VisitAgreed
    | RequestEnded
    | VisitConfirmed
    | SubstituteSought
    | AmbassadorReplaced
    | VisitCancelled
    | VisitOutcomeMissing
    | VisitDelivered
    | HoursConfirmed
    | FeedbackGiven
)

UPCASTERS: tuple[Upcaster, ...] = ()
