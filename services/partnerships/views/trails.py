"""The trail of a claim: every change of the money that it is about, and what caused each, from booking to payment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.partnerships.domain.account import EntryKind, LedgerEntry
from services.partnerships.domain.claim import Claim, ClaimPayment, ClaimStatus
from services.partnerships.domain.reservation import Reservation
from services.partnerships.views.accounts import BOOKING_ID, OCCURRENCE_ID
from services.partnerships.views.pots import MOMENT
from shared.http.requests import ResponseModel

REQUEST_ID = "01992c20-11f4-7d0e-9b6a-6c1f0e2a4b0a"
_STEP: JsonDict = {
    "number": 7,
    "kind": "reserved",
    "at": MOMENT,
    "reserved_pence": 45_000,
    "committed_pence": 0,
    "spent_pence": 0,
    "causation_id": "01992c20-11f4-7d0e-9b6a-6c1f0e2a4b09",
    "correlation_id": REQUEST_ID,
    "run_id": None,
}


class TrailStepAnswer(ResponseModel):
    """A change of the balances, by an entry of the ledger. Amounts in pence, by which each balance grew."""

    model_config = ConfigDict(json_schema_extra={"examples": [_STEP]})
    number: int = Field(description="The entry of the partnership's ledger.")
    kind: EntryKind
    at: datetime
    reserved_pence: int
    committed_pence: int
    spent_pence: int
    causation_id: str | None = Field(description="The event, request or due time that directly caused it.")
    correlation_id: str | None = Field(description="What everything has in common that one request set off.")
    run_id: str | None = Field(description="The payment run, where it was paid.")


class TrailAnswer(ResponseModel):
    """From the booking or placement that asked for money to the run that paid it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "funded_id": BOOKING_ID,
                    "asked_by": f"occurrences/{OCCURRENCE_ID}",
                    "status": "drafted",
                    "evidence": [f"occurrences/{OCCURRENCE_ID}/{BOOKING_ID}#1"],
                    "submitted_by": None,
                    "approved_by": None,
                    "steps": [_STEP],
                }
            ]
        }
    )
    funded_id: str
    asked_by: str | None = Field(description="The aggregate that asked for the money; none for an instalment.")
    status: ClaimStatus
    evidence: tuple[str, ...] = Field(description="What was settled, with its revision.")
    submitted_by: str | None
    approved_by: str | None
    steps: tuple[TrailStepAnswer, ...] = Field(description="Oldest first.")


def trail_answer(claim: Claim, reservation: Reservation | None, entries: Iterable[LedgerEntry]) -> TrailAnswer:
    """A claim's trail. `entries` are those of what it is for, oldest first."""
    return TrailAnswer(
        funded_id=claim.funded_id,
        asked_by=None if reservation is None else reservation.asked_by,
        status=claim.status,
        evidence=claim.evidence,
        submitted_by=claim.submitted_by,
        approved_by=claim.approved_by,
        steps=tuple(_step(entry, claim.payments) for entry in entries),
    )


def _step(entry: LedgerEntry, payments: Iterable[ClaimPayment]) -> TrailStepAnswer:
    # An entry and its payment were written by one decision, at one time.
    paid = (payment.run_id for payment in payments if entry.kind is EntryKind.PAID and payment.at == entry.at)
    return TrailStepAnswer(
        number=entry.number,
        kind=entry.kind,
        at=entry.at,
        reserved_pence=entry.reserved,
        committed_pence=entry.committed,
        spent_pence=entry.spent,
        causation_id=entry.causation_id,
        correlation_id=entry.correlation_id,
        run_id=next(paid, None),
    )
