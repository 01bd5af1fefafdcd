"""Claims and clawbacks as clients see them. Amounts in pence."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.partnerships.domain.claim import CLAIM, Claim, ClaimStatus, Lack
from services.partnerships.domain.claim_policy import Payee
from services.partnerships.domain.clawback import CLAWBACK, Clawback, ClawbackStatus
from services.partnerships.domain.reservation import Reservation
from services.partnerships.views.accounts import BOOKING_ID, OCCURRENCE_ID
from services.partnerships.views.pots import MOMENT, PARTNERSHIP_ID
from shared.contracts.claims import ClaimPurpose
from shared.contracts.partnerships import FundsPurpose
from shared.http.requests import ResponseModel

PAYEE_EXAMPLE: JsonDict = {"kind": "local-authority", "reference": "391", "name": "Newcastle upon Tyne"}


class PayeeAnswer(ResponseModel):
    """Who is paid."""

    model_config = ConfigDict(json_schema_extra={"examples": [PAYEE_EXAMPLE]})
    kind: Literal["school", "local-authority"]
    reference: str = Field(description="The school's URN, or the authority's code.")
    name: str


class ClaimAnswer(ResponseModel):
    """What a school is owed for a booking, a placement or an instalment."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "partnership_id": PARTNERSHIP_ID,
                    "purpose": "booking",
                    "funded_id": BOOKING_ID,
                    "school_urn": "900001",
                    "status": "drafted",
                    "amount_pence": 45_000,
                    "paid_pence": 0,
                    "expired_pence": 0,
                    "short_by_pence": 0,
                    "payee": PAYEE_EXAMPLE,
                    "evidence": [f"occurrences/{OCCURRENCE_ID}/{BOOKING_ID}#1"],
                    "missing": [],
                    "window_closes_on": "2027-03-13",
                    "submitted_by": None,
                    "approved_by": None,
                    "reason": None,
                    "next_steps": ["submit", "extend"],
                    "changed_at": MOMENT,
                }
            ]
        }
    )
    partnership_id: str
    purpose: ClaimPurpose
    funded_id: str
    school_urn: str | None
    status: ClaimStatus
    amount_pence: int = Field(description="What is to be paid now.")
    paid_pence: int = Field(description="What was paid so far and not recovered.")
    expired_pence: int = Field(description="What was not submitted in time; it is not committed any more.")
    short_by_pence: int = Field(description="What the account lacks to pay what is due.")
    payee: PayeeAnswer | None
    evidence: tuple[str, ...] = Field(description="What it stands on, each with its revision.")
    missing: tuple[Lack, ...] = Field(description="What is lacking before it can be submitted.")
    window_closes_on: date | None
    submitted_by: str | None
    approved_by: str | None
    reason: str | None
    next_steps: tuple[str, ...]
    changed_at: datetime


class OutstandingAnswer(ResponseModel):
    """Money that is reserved and cannot be claimed yet."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "purpose": "booking",
                    "funded_id": BOOKING_ID,
                    "school_urn": "900001",
                    "reserved_pence": 45_000,
                    "missing": ["attendance"],
                }
            ]
        }
    )
    purpose: FundsPurpose
    funded_id: str
    school_urn: str | None
    reserved_pence: int
    missing: tuple[Literal["attendance", "days", "reflection"], ...]


class ClawbackAnswer(ResponseModel):
    """What is to be given back."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "partnership_id": PARTNERSHIP_ID,
                    "purpose": "booking",
                    "funded_id": BOOKING_ID,
                    "school_urn": "900001",
                    "status": "opened",
                    "amount_pence": 15_000,
                    "recovered_pence": 0,
                    "waived_pence": 0,
                    "reason": "what was settled has been corrected after the payment",
                    "next_steps": ["invoice", "recover", "waive"],
                    "opened_at": MOMENT,
                    "changed_at": MOMENT,
                }
            ]
        }
    )
    partnership_id: str
    purpose: ClaimPurpose
    funded_id: str
    school_urn: str | None
    status: ClawbackStatus
    amount_pence: int = Field(description="What is to be given back now.")
    recovered_pence: int
    waived_pence: int
    reason: str | None
    next_steps: tuple[str, ...]
    opened_at: datetime
    changed_at: datetime


def payee_answer(payee: Payee) -> PayeeAnswer:
    """A payee as clients see it."""
    return PayeeAnswer(kind=payee.kind, reference=payee.reference, name=payee.name)


def claim_answer(claim: Claim) -> ClaimAnswer:
    """A claim as clients see it."""
    return ClaimAnswer(
        partnership_id=claim.partnership_id,
        purpose=claim.purpose,
        funded_id=claim.funded_id,
        school_urn=claim.school_urn,
        status=claim.status,
        amount_pence=claim.amount,
        paid_pence=claim.paid,
        expired_pence=claim.expired,
        short_by_pence=0 if claim.shortage is None else claim.shortage.missing,
        payee=None if claim.payee is None else payee_answer(claim.payee),
        evidence=claim.evidence,
        missing=claim.lacks,
        window_closes_on=claim.window_closes_on,
        submitted_by=claim.submitted_by,
        approved_by=claim.approved_by,
        reason=claim.reason,
        next_steps=CLAIM.verbs(claim.status),
        changed_at=claim.changed_at,
    )


def outstanding_answer(reservation: Reservation) -> OutstandingAnswer:
    """A reservation as somebody sees it who would like to claim."""
    return OutstandingAnswer(
        purpose=reservation.purpose,
        funded_id=reservation.funded_id,
        school_urn=reservation.school_urn,
        reserved_pence=reservation.reserved,
        missing=("attendance",) if reservation.purpose == "booking" else ("days", "reflection"),
    )


def clawback_answer(clawback: Clawback) -> ClawbackAnswer:
    """A clawback as clients see it."""
    return ClawbackAnswer(
        partnership_id=clawback.partnership_id,
        purpose=clawback.purpose,
        funded_id=clawback.funded_id,
        school_urn=clawback.school_urn,
        status=clawback.status,
        amount_pence=clawback.amount,
        recovered_pence=clawback.recovered,
        waived_pence=clawback.waived,
        reason=clawback.reason,
        next_steps=CLAWBACK.verbs(clawback.status),
        opened_at=clawback.opened_at,
        changed_at=clawback.changed_at,
    )
