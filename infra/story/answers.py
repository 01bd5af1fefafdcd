"""What the story reads of the API's answers. Amounts are pence."""

from __future__ import annotations

from datetime import datetime

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
    available_pence: int


class LedgerEntryAnswer(Answer):
    """One change of the balances."""

    number: int
    kind: str
    allocated_pence: int
    reserved_pence: int
    committed_pence: int


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
