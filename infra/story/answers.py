"""What the story reads of the API's answers. Amounts are pence."""

from __future__ import annotations

from datetime import date, datetime

from infra.cli.client import Answer


class SchoolAnswer(Answer):
    """A school of the register; a closed one may go on under another URN."""

    urn: str
    name: str
    status: str
    successor_urn: str | None = None


class EligibilityAnswer(Answer):
    """Whether a school may join a partnership."""

    eligible: bool


class PartnershipAnswer(Answer):
    """A partnership and where it stands."""

    id: str
    name: str
    status: str
    lead_urn: str
    school_urns: tuple[str, ...]


class Made(Answer):
    """Something that was made and has an id."""

    id: str


class PotAnswer(Made):
    """A sponsor's pot."""

    paid_in_pence: int
    allocated_pence: int
    available_pence: int


class AccountAnswer(Answer):
    """A partnership's balances."""

    active: bool
    school_urns: tuple[str, ...]
    allocated_pence: int
    reserved_pence: int
    committed_pence: int
    spent_pence: int
    available_pence: int


class LedgerEntryAnswer(Answer):
    """One change of the balances."""

    number: int
    kind: str
    allocated_pence: int
    reserved_pence: int
    committed_pence: int
    spent_pence: int


class ReservationAnswer(Answer):
    """What a booking or a placement has asked of an account."""

    purpose: str
    funded_id: str
    status: str
    reserved_pence: int
    committed_pence: int
    reason: str | None


class CourseAnswer(Answer):
    """A course that can be scheduled."""

    course_id: str
    code: str
    title: str


class OccurrenceAnswer(Answer):
    """A dated occurrence of a course."""

    occurrence_id: str
    title: str
    status: str
    starts_at: datetime
    capacity: int
    places_left: int
    waiting: int
    price_pence: int


class SettlementAnswer(Answer):
    """What attendance has led to."""

    revision: int
    outcome: str
    charged_pence: int


class DelegateAnswer(Answer):
    """Somebody who takes part."""

    delegate_id: str


class BookingAnswer(Answer):
    """A school's booking."""

    booking_id: str
    occurrence_id: str
    school_urn: str
    status: str
    delegates: tuple[DelegateAnswer, ...]
    places: int
    amount_pence: int
    queue_number: int | None = None
    settlement: SettlementAnswer | None = None

    @property
    def path(self) -> str:
        """Where it is."""
        return f"/api/occurrences/{self.occurrence_id}/bookings/{self.booking_id}"


class MomentAnswer(Answer):
    """A decision about a booking."""

    verb: str
    status: str
    reason: str


class HistoryAnswer(Answer):
    """Everything that was decided about a booking, oldest first."""

    decisions: tuple[MomentAnswer, ...]


class ActivityAnswer(Answer):
    """A planned activity of an action plan."""

    id: str
    title: str
    counted: int
    needed: int
    done: bool
    sources: tuple[str, ...]
    unticked_because: str | None


class ObjectiveAnswer(Answer):
    """An objective of an action plan."""

    activities: tuple[ActivityAnswer, ...]


class ProgressAnswer(Answer):
    """How much of a plan is done."""

    activities: int
    done: int
    percent: int


class PlanAnswer(Answer):
    """A partnership's action plan."""

    status: str
    objectives: tuple[ObjectiveAnswer, ...]
    progress: ProgressAnswer


class InvitationAnswer(Answer):
    """Who was asked, and why."""

    ambassador_id: str
    because: tuple[str, ...]
    ending: str | None


class DateAnswer(Answer):
    """A time that suits the school."""

    starts_at: datetime


class RequestedAnswer(Answer):
    """An activity that a school asks for."""

    activity_id: str
    status: str
    dates: tuple[DateAnswer, ...]
    visit_id: str | None
    invitations: tuple[InvitationAnswer, ...] | None


class VisitAnswer(Answer):
    """A visit of an ambassador, as its school sees it."""

    visit_id: str
    activity_id: str
    school_urn: str
    status: str
    starts_at: datetime
    ambassador_id: str | None
    ambassador_name: str | None
    pupils_reached: int | None


class OfferAnswer(Answer):
    """An employer's offer of placements."""

    offer_id: str
    reference: str | None
    status: str
    title: str
    places_left: int


class PlacementRequestAnswer(Answer):
    """What a teacher looks for."""

    request_id: str


class FactorAnswer(Answer):
    """What speaks for a match, and how much."""

    name: str
    weight: int
    points: float
    says: str


class MatchAnswer(Answer):
    """How well an offer fits a teacher."""

    offer_id: str | None
    score: float
    factors: tuple[FactorAnswer, ...]


class RankingAnswer(Answer):
    """What matches, best first."""

    matches: tuple[MatchAnswer, ...]


class ApplicationAnswer(Answer):
    """A teacher's application for an offer."""

    application_id: str
    status: str


class DaysSettledAnswer(Answer):
    """What the days of a placement came to."""

    days_done: int
    charged_pence: int


class PlacementAnswer(Answer):
    """A teacher's placement at an employer."""

    placement_id: str
    application_id: str
    status: str
    dates: tuple[date, ...]
    amount_pence: int
    funds: str
    settlement: DaysSettledAnswer | None
    hosts_again: bool | None


class NewAccountAnswer(Answer):
    """An account that was just made, and what to sign in with for the first time."""

    account_id: str
    email: str
    temporary_password: str


class ReachAnswer(Answer):
    """What was reached in an academic year."""

    teachers_trained: int
    days_placed: int
    ambassador_minutes: int
    pupils_reached: int


class ContributionAnswer(Answer):
    """What one booking, placement or visit adds, and the events that say so."""

    id: str
    teacher_ids: tuple[str, ...]
    sources: tuple[dict[str, str | int], ...]


class FundedReachAnswer(ReachAnswer):
    """What a partnership has reached that a sponsor has given money."""

    partnership_id: str


class NamedAnswer(Answer):
    """Something with a name."""

    name: str


class SponsorReachAnswer(ReachAnswer):
    """What a sponsor's money has helped to reach, and which employer it is."""

    partnerships: tuple[FundedReachAnswer, ...]
    employer: NamedAnswer | None


class ClaimAnswer(Answer):
    """What a school is owed for a booking or a placement."""

    purpose: str
    funded_id: str
    school_urn: str
    status: str
    amount_pence: int
    paid_pence: int
    missing: tuple[str, ...]


class PaymentRunAnswer(Made):
    """Approved claims that are paid together."""

    status: str


class ClawbackAnswer(Answer):
    """What was paid and was not due."""

    funded_id: str
    status: str
    amount_pence: int
