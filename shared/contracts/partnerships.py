"""What the partnerships service says.

Aggregates: `schools/<urn>`, `partnerships/<id>`, `pots/<id>`, `accounts/<partnership id>`, `payment_runs/<id>`,
`plans/<partnership id>` (plans.py), `covers/<urn>` (cover.py).
What it said before is in partnerships_before.py.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from shared.contracts.claims import ClaimPurpose, ClaimsEvent
from shared.contracts.cover import CoverEvent
from shared.contracts.event import Event, Upcaster
from shared.contracts.plans import PlansEvent

SchoolStatus = Literal["open", "proposed-to-open", "proposed-to-close", "closed"]
FundsPurpose = Literal["booking", "placement"]
RefusalReason = Literal[
    "not-a-member",
    "partnership-not-active",
    "no-allocation",
    "insufficient-funds",
    "released-before",
    "not-state-funded",
    "no-scheme",
    "teacher-cap-reached",
    "school-cap-reached",
]


class SchoolRegistered(Event):
    """A school has come into the register. `urn` is its identifier in `identifier_scheme` ("urn" in England)."""

    type: ClassVar[str] = "partnerships.school-registered.v1"
    aggregate: ClassVar[str] = "schools/{urn}"
    urn: str
    identifier_scheme: str
    name: str
    phase: str
    status: SchoolStatus
    state_funded: bool | None
    region: str | None
    postcode: str | None
    latitude: float | None
    longitude: float | None


class SchoolChanged(Event):
    """The register's facts about a school have changed: the whole new set."""

    type: ClassVar[str] = "partnerships.school-changed.v1"
    aggregate: ClassVar[str] = "schools/{urn}"
    urn: str
    identifier_scheme: str
    name: str
    phase: str
    status: SchoolStatus
    state_funded: bool | None
    region: str | None
    postcode: str | None
    latitude: float | None
    longitude: float | None


class SchoolSucceeded(Event):
    """A school goes on under a new identifier (a conversion); its history follows it."""

    type: ClassVar[str] = "partnerships.school-succeeded.v1"
    aggregate: ClassVar[str] = "schools/{urn}"
    urn: str
    successor_urn: str


class PartnershipSubmitted(Event):
    """The lead school has submitted the partnership for review."""

    type: ClassVar[str] = "partnerships.partnership-submitted.v1"
    aggregate: ClassVar[str] = "partnerships/{partnership_id}"
    partnership_id: str
    lead_urn: str
    school_urns: tuple[str, ...]


class PartnershipReviewStarted(Event):
    """A programme officer has taken the partnership into review."""

    type: ClassVar[str] = "partnerships.partnership-review-started.v1"
    aggregate: ClassVar[str] = "partnerships/{partnership_id}"
    partnership_id: str


class PartnershipChangesRequested(Event):
    """The programme officer asks for changes before deciding."""

    type: ClassVar[str] = "partnerships.partnership-changes-requested.v1"
    aggregate: ClassVar[str] = "partnerships/{partnership_id}"
    partnership_id: str
    reason: str


class PartnershipApproved(Event):
    """The partnership has been approved."""

    type: ClassVar[str] = "partnerships.partnership-approved.v1"
    aggregate: ClassVar[str] = "partnerships/{partnership_id}"
    partnership_id: str
    lead_urn: str
    school_urns: tuple[str, ...]


class PartnershipDeclined(Event):
    """The partnership has been declined."""

    type: ClassVar[str] = "partnerships.partnership-declined.v1"
    aggregate: ClassVar[str] = "partnerships/{partnership_id}"
    partnership_id: str
    reason: str


class PartnershipWithdrawn(Event):
    """The lead school has withdrawn the partnership before it was decided."""

    type: ClassVar[str] = "partnerships.partnership-withdrawn.v1"
    aggregate: ClassVar[str] = "partnerships/{partnership_id}"
    partnership_id: str


class PartnershipAgreementSigned(Event):
    """The approved partnership has signed its agreement."""

    type: ClassVar[str] = "partnerships.partnership-agreement-signed.v1"
    aggregate: ClassVar[str] = "partnerships/{partnership_id}"
    partnership_id: str


class PartnershipActivated(Event):
    """The agreement is signed: the partnership's schools may use its funds from now on."""

    type: ClassVar[str] = "partnerships.partnership-activated.v1"
    aggregate: ClassVar[str] = "partnerships/{partnership_id}"
    partnership_id: str
    lead_urn: str
    school_urns: tuple[str, ...]


class PartnershipMembersChanged(Event):
    """Who belongs to an approved or active partnership has changed: the whole new set."""

    type: ClassVar[str] = "partnerships.partnership-members-changed.v1"
    aggregate: ClassVar[str] = "partnerships/{partnership_id}"
    partnership_id: str
    lead_urn: str
    school_urns: tuple[str, ...]


class PartnershipEnded(Event):
    """The partnership takes no new commitments: it is suspended, terminated or completed."""

    type: ClassVar[str] = "partnerships.partnership-ended.v1"
    aggregate: ClassVar[str] = "partnerships/{partnership_id}"
    partnership_id: str
    status: Literal["suspended", "terminated", "completed"]
    reason: str


class PartnershipMidPointReached(Event):
    """The mid-point review is over: the partnership goes into its second year."""

    type: ClassVar[str] = "partnerships.partnership-mid-point-reached.v1"
    aggregate: ClassVar[str] = "partnerships/{partnership_id}"
    partnership_id: str


class PartnershipJoinedAlumni(Event):
    """The completed partnership stays with the programme as alumni: its schools are invited to its days."""

    type: ClassVar[str] = "partnerships.partnership-joined-alumni.v1"
    aggregate: ClassVar[str] = "partnerships/{partnership_id}"
    partnership_id: str
    lead_urn: str
    school_urns: tuple[str, ...]


class PotOpened(Event):
    """A sponsor has opened a pot."""

    type: ClassVar[str] = "partnerships.pot-opened.v1"
    aggregate: ClassVar[str] = "pots/{pot_id}"
    pot_id: str
    sponsor_id: str


class PotPaidInto(Event):
    """A sponsor has paid into a pot."""

    type: ClassVar[str] = "partnerships.pot-paid-into.v1"
    aggregate: ClassVar[str] = "pots/{pot_id}"
    pot_id: str
    payment_id: str
    amount_pence: int


class AllocationMade(Event):
    """A pot has given a partnership an allocation; the partnership's account is credited with it.

    `purposes` says what it may pay for; null or none: everything.
    """

    type: ClassVar[str] = "partnerships.allocation-made.v1"
    aggregate: ClassVar[str] = "pots/{pot_id}"
    pot_id: str
    allocation_id: str
    partnership_id: str
    amount_pence: int
    purposes: tuple[ClaimPurpose, ...] | None = None


class AccountCredited(Event):
    """An allocation has arrived in the partnership's account and may be reserved from."""

    type: ClassVar[str] = "partnerships.account-credited.v1"
    aggregate: ClassVar[str] = "accounts/{partnership_id}"
    partnership_id: str
    allocation_id: str
    amount_pence: int


class AllocationReturned(Event):
    """Money of an allocation that was not used has left the account: its pot may give it to others."""

    type: ClassVar[str] = "partnerships.allocation-returned.v1"
    aggregate: ClassVar[str] = "accounts/{partnership_id}"
    partnership_id: str
    pot_id: str
    allocation_id: str
    return_id: str
    amount_pence: int


class FundsReserved(Event):
    """Money is set aside for a booking or a placement; `asked_by` is the aggregate that has asked for it."""

    type: ClassVar[str] = "partnerships.funds-reserved.v2"
    aggregate: ClassVar[str] = "accounts/{partnership_id}"
    partnership_id: str
    purpose: FundsPurpose
    funded_id: str
    asked_by: str
    school_urn: str
    amount_pence: int


class FundsReservationRefused(Event):
    """No money could be set aside for a booking or a placement.

    `short_by_pence` says how much is missing, 0 where money is not the reason.
    """

    type: ClassVar[str] = "partnerships.funds-reservation-refused.v2"
    aggregate: ClassVar[str] = "accounts/{partnership_id}"
    partnership_id: str
    purpose: FundsPurpose
    funded_id: str
    asked_by: str
    school_urn: str
    amount_pence: int
    reason: RefusalReason
    short_by_pence: int


class FundsReleased(Event):
    """Money set aside for a booking or a placement is free again."""

    type: ClassVar[str] = "partnerships.funds-released.v2"
    aggregate: ClassVar[str] = "accounts/{partnership_id}"
    partnership_id: str
    purpose: FundsPurpose
    funded_id: str
    amount_pence: int


class FundsCommitted(Event):
    """Money set aside is owed, because the course was attended or the placement's days were done.

    `revision` follows that of the attendance or of the days. Nothing is owed of what has expired.
    """

    type: ClassVar[str] = "partnerships.funds-committed.v2"
    aggregate: ClassVar[str] = "accounts/{partnership_id}"
    partnership_id: str
    purpose: FundsPurpose
    funded_id: str
    revision: int
    amount_pence: int


class FundsCommitmentRefused(Event):
    """What was attended, or a correction of it, would commit more than the account has left."""

    type: ClassVar[str] = "partnerships.funds-commitment-refused.v2"
    aggregate: ClassVar[str] = "accounts/{partnership_id}"
    partnership_id: str
    purpose: FundsPurpose
    funded_id: str
    revision: int
    amount_pence: int
    short_by_pence: int


PartnershipsEvent = (
    SchoolRegistered
    | SchoolChanged
    | SchoolSucceeded
    | PartnershipSubmitted
    | PartnershipReviewStarted
    | PartnershipChangesRequested
    | PartnershipApproved
    | PartnershipDeclined
    | PartnershipWithdrawn
    | PartnershipAgreementSigned
    | PartnershipActivated
    | PartnershipMembersChanged
    | PartnershipEnded
    | PartnershipMidPointReached
    | PartnershipJoinedAlumni
    | PotOpened
    | PotPaidInto
    | AllocationMade
    | AccountCredited
    | AllocationReturned
    | FundsReserved
    | FundsReservationRefused
    | FundsReleased
    | FundsCommitted
    | FundsCommitmentRefused
    | ClaimsEvent
    | CoverEvent
    | PlansEvent
)

UPCASTERS: tuple[Upcaster, ...] = ()
