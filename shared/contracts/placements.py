"""What the placements service says.

Aggregates: `offers/<id>` (applications belong to their offer), `placements/<id>`, `placement_requests/<id>`; about
`employers/<id>` see `employers`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar, Literal

from shared.contracts.employers import EmployersEvent
from shared.contracts.event import Event, Upcaster

OfferEnding = Literal["paused", "filled", "closed", "withdrawn", "expired"]
ApplicationEnding = Literal["declined", "rejected", "withdrawn", "expired"]
PlacementOutcome = Literal["completed", "partially-completed"]
CancelledPlacementBy = Literal["school", "host", "programme"]
PlacementRequestEnding = Literal["met", "withdrawn", "expired"]


class PlacementOfferPublished(Event):
    """Teachers may apply for the offer. Several employers may host one offer; the first of them posted it."""

    type: ClassVar[str] = "placements.placement-offer-published.v1"
    aggregate: ClassVar[str] = "offers/{offer_id}"
    offer_id: str
    employer_ids: tuple[str, ...]
    subjects: tuple[str, ...]
    remote: bool
    days: int
    starts_on: date
    ends_on: date
    capacity: int


class PlacementOfferEnded(Event):
    """The offer takes no applications (for the time being, where it is paused)."""

    type: ClassVar[str] = "placements.placement-offer-ended.v1"
    aggregate: ClassVar[str] = "offers/{offer_id}"
    offer_id: str
    ending: OfferEnding


class ApplicationSubmitted(Event):
    """A teacher has applied for a place on the offer."""

    type: ClassVar[str] = "placements.application-submitted.v1"
    aggregate: ClassVar[str] = "offers/{offer_id}"
    offer_id: str
    application_id: str
    school_urn: str
    teacher_id: str


class ApplicationApproved(Event):
    """The teacher's school agrees: the host is to answer by `answer_due_at`."""

    type: ClassVar[str] = "placements.application-approved.v1"
    aggregate: ClassVar[str] = "offers/{offer_id}"
    offer_id: str
    application_id: str
    school_urn: str
    teacher_id: str
    answer_due_at: datetime


class HostReminded(Event):
    """The host has not answered the application for a while."""

    type: ClassVar[str] = "placements.host-reminded.v1"
    aggregate: ClassVar[str] = "offers/{offer_id}"
    offer_id: str
    application_id: str
    employer_id: str


class PlacementOffered(Event):
    """The host offers the teacher a place, which is kept until `answer_due_at`."""

    type: ClassVar[str] = "placements.placement-offered.v1"
    aggregate: ClassVar[str] = "offers/{offer_id}"
    offer_id: str
    application_id: str
    school_urn: str
    teacher_id: str
    answer_due_at: datetime


class ApplicationAccepted(Event):
    """The teacher has accepted the offered place; it becomes the placement `placement_id`.

    With a `partnership_id` its bursary is to pay `amount_pence` in all, at the rate of the offer for each day.
    """

    type: ClassVar[str] = "placements.application-accepted.v1"
    aggregate: ClassVar[str] = "offers/{offer_id}"
    offer_id: str
    application_id: str
    placement_id: str
    employer_id: str
    school_urn: str
    teacher_id: str
    partnership_id: str | None
    starts_on: date
    ends_on: date
    days: int
    amount_pence: int


class ApplicationEnded(Event):
    """An application has come to nothing. `reason_code` is from the list of its kind, for statistics."""

    type: ClassVar[str] = "placements.application-ended.v1"
    aggregate: ClassVar[str] = "offers/{offer_id}"
    offer_id: str
    application_id: str
    school_urn: str
    teacher_id: str
    application_ending: ApplicationEnding
    reason_code: str


class PlacementCoverAsked(Event):
    """The teacher's school guards its cover: it is asked whether the teacher may be away, before the funds are asked.

    `already_agreed` tells of a placement that was agreed before the guard was set, or whose days have moved: it counts
    and is not answered.
    """

    type: ClassVar[str] = "placements.placement-cover-asked.v1"
    aggregate: ClassVar[str] = "placements/{placement_id}"
    placement_id: str
    school_urn: str
    teacher_id: str
    days_out: tuple[date, ...]
    already_agreed: bool


class PlacementFundsAsked(Event):
    """A matched placement asks the partnership's bursary for `amount_pence` in all, before the agreement is drafted."""

    type: ClassVar[str] = "placements.placement-funds-asked.v1"
    aggregate: ClassVar[str] = "placements/{placement_id}"
    placement_id: str
    school_urn: str
    teacher_id: str
    partnership_id: str
    days: int
    amount_pence: int
    starts_on: date


class PlacementOwnCostAsked(Event):
    """The bursary was refused, as `reason_code` says: the placement ends unless its school bears the cost itself.

    Teacher or school say so by `answer_due_at`.
    """

    type: ClassVar[str] = "placements.placement-own-cost-asked.v1"
    aggregate: ClassVar[str] = "placements/{placement_id}"
    placement_id: str
    school_urn: str
    teacher_id: str
    reason_code: str
    answer_due_at: datetime


class PlacementOwnCostAgreed(Event):
    """The placement goes on without a bursary, at the school's own cost: nothing is charged for its days."""

    type: ClassVar[str] = "placements.placement-own-cost-agreed.v1"
    aggregate: ClassVar[str] = "placements/{placement_id}"
    placement_id: str
    school_urn: str
    teacher_id: str


class PlacementSigned(Event):
    """Teacher, school and host have signed this version of the agreement."""

    type: ClassVar[str] = "placements.placement-signed.v1"
    aggregate: ClassVar[str] = "placements/{placement_id}"
    placement_id: str
    agreement_version: int


class PlacementConfirmed(Event):
    """Compliance is cleared and the host expects the teacher."""

    type: ClassVar[str] = "placements.placement-confirmed.v1"
    aggregate: ClassVar[str] = "placements/{placement_id}"
    placement_id: str
    employer_id: str
    school_urn: str
    starts_on: date
    ends_on: date


class PlacementReopened(Event):
    """Something that cleared the placement is not good any more, such as a document that has expired."""

    type: ClassVar[str] = "placements.placement-reopened.v1"
    aggregate: ClassVar[str] = "placements/{placement_id}"
    placement_id: str
    reason_code: str


class PlacementCancelled(Event):
    """The placement has ended before it was done; funds reserved for it are to be released."""

    type: ClassVar[str] = "placements.placement-cancelled.v1"
    aggregate: ClassVar[str] = "placements/{placement_id}"
    placement_id: str
    school_urn: str
    partnership_id: str | None
    cancelled_placement_by: CancelledPlacementBy
    reason_code: str


class PlacementDaysOverdue(Event):
    """The host has not recorded all days of a placement, days after the last one: its money is held meanwhile."""

    type: ClassVar[str] = "placements.placement-days-overdue.v1"
    aggregate: ClassVar[str] = "placements/{placement_id}"
    placement_id: str
    employer_id: str
    school_urn: str


class PlacementDaysSettled(Event):
    """How many days were done, recorded by the host and confirmed by the teacher, or corrected (a higher `revision`).

    `days_done` of `days` were done, on the dates `done_on`. The funds for `charged_pence` of what was reserved are
    committed, the rest is released. 0 days done: the teacher did not show.
    """

    type: ClassVar[str] = "placements.placement-days-settled.v1"
    aggregate: ClassVar[str] = "placements/{placement_id}"
    placement_id: str
    employer_id: str
    school_urn: str
    teacher_id: str
    partnership_id: str | None
    revision: int
    days: int
    days_done: int
    done_on: tuple[date, ...]
    charged_pence: int


class ReflectionOverdue(Event):
    """The teacher has not handed in the reflection in time; late is better than never."""

    type: ClassVar[str] = "placements.reflection-overdue.v1"
    aggregate: ClassVar[str] = "placements/{placement_id}"
    placement_id: str
    school_urn: str
    teacher_id: str


class PlacementCompleted(Event):
    """Days done and reflection handed in: the placement counts, as evidence and for the claim."""

    type: ClassVar[str] = "placements.placement-completed.v1"
    aggregate: ClassVar[str] = "placements/{placement_id}"
    placement_id: str
    employer_id: str
    school_urn: str
    teacher_id: str
    partnership_id: str | None
    subjects: tuple[str, ...]
    outcome: PlacementOutcome
    days_done: int


class HostingAgainAnswered(Event):
    """The host was asked whether it will host again, and has answered."""

    type: ClassVar[str] = "placements.hosting-again-answered.v1"
    aggregate: ClassVar[str] = "placements/{placement_id}"
    placement_id: str
    employer_id: str
    hosts_again: bool


class PlacementRequested(Event):
    """A teacher looks for a placement that no offer has given yet: unmet demand, while it is open."""

    type: ClassVar[str] = "placements.placement-requested.v1"
    aggregate: ClassVar[str] = "placement_requests/{request_id}"
    request_id: str
    school_urn: str
    teacher_id: str
    subjects: tuple[str, ...]
    offers_found: int


class PlacementRequestEnded(Event):
    """The teacher has found a placement, looks no more, or time is up."""

    type: ClassVar[str] = "placements.placement-request-ended.v1"
    aggregate: ClassVar[str] = "placement_requests/{request_id}"
    request_id: str
    teacher_id: str
    placement_request_ending: PlacementRequestEnding


PlacementsEvent = (
    EmployersEvent
    | PlacementOfferPublished
    | PlacementOfferEnded
    | ApplicationSubmitted
    | ApplicationApproved
    | HostReminded
    | PlacementOffered
    | ApplicationAccepted
    | ApplicationEnded
    | PlacementCoverAsked
    | PlacementFundsAsked
    | PlacementOwnCostAsked
    | PlacementOwnCostAgreed
    | PlacementSigned
    | PlacementConfirmed
    | PlacementReopened
    | PlacementCancelled
    | PlacementDaysOverdue
    | PlacementDaysSettled
    | ReflectionOverdue
    | PlacementCompleted
    | HostingAgainAnswered
    | PlacementRequested
    | PlacementRequestEnded
)

UPCASTERS: tuple[Upcaster, ...] = ()
