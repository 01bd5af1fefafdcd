"""What goes over the wire about fees: what cancelling costs, what was charged, what was waived."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field

from services.courses.api.fields import DELEGATE_ID, MOST_DELEGATES, MOST_PENCE, ReasonRequest
from services.courses.domain.fees import Charge, ChargeKind, Due, Quote
from services.courses.domain.occurrence import Occurrence
from shared.http.requests import ResponseModel


class CancellationRequest(ReasonRequest):
    """Why, and the fee that you have been shown."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"reason": "The staff are needed for an inspection.", "accepts_fee_pence": 11000}]
        }
    )
    accepts_fee_pence: Annotated[
        int | None,
        Field(
            ge=0,
            le=MOST_PENCE * MOST_DELEGATES,
            description="The most that you agree to pay, as quoted: refused if it has risen meanwhile.",
        ),
    ] = None


class DueAnswer(ResponseModel):
    """What cancelling costs from a moment on, by which tier of the policy; null: it is free."""

    from_at: datetime
    fee_pence: int
    tier: str | None


class QuoteAnswer(ResponseModel):
    """What cancelling costs now, and each change of that before the course starts. `summary` says so in words."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "fee_pence": 0,
                    "tier": None,
                    "later": [
                        {"from_at": "2027-01-21T00:00:00Z", "fee_pence": 11000, "tier": "late"},
                        {"from_at": "2027-02-02T00:00:00Z", "fee_pence": 22000, "tier": "last-days"},
                    ],
                    "summary": "now £0.00, from Thursday 21 January 2027 00:00 £110.00,"
                    " from Tuesday 2 February 2027 00:00 £220.00",
                }
            ]
        }
    )
    fee_pence: int
    tier: str | None
    later: tuple[DueAnswer, ...]
    summary: str


class WaiverAnswer(ResponseModel):
    """An officer has let the school off."""

    at: datetime
    by: str
    reason: str


class FeeAnswer(ResponseModel):
    """A fee of the school: for one delegate, or (null) for the whole booking."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "no-show",
                    "at": "2027-02-18T16:00:00Z",
                    "fee_pence": 22000,
                    "tier": None,
                    "delegate_id": DELEGATE_ID,
                    "waived": None,
                }
            ]
        }
    )
    kind: ChargeKind
    at: datetime
    fee_pence: int
    tier: str | None
    delegate_id: str | None
    waived: WaiverAnswer | None


class CancellationTermsAnswer(ResponseModel):
    """What cancelling a place costs: nothing before the first tier, nor for hours after it was confirmed.

    `no_show_fee_pence` is for a delegate who is absent without excuse. Sending a colleague is free.
    """

    policy: str
    cooling_off_hours: int
    tiers: tuple[DueAnswer, ...]
    no_show_fee_pence: int


def quote_answer(quoted: Quote, zone: str) -> QuoteAnswer:
    """A quote; `zone` is the one that the occurrence counts its days in."""
    return QuoteAnswer(
        fee_pence=quoted.now.fee_pence,
        tier=quoted.now.tier,
        later=tuple(_due_answer(due) for due in quoted.later),
        summary=", ".join([f"now {_pounds(quoted.now)}", *(_from(due, zone) for due in quoted.later)]),
    )


def fee_answer(charge: Charge) -> FeeAnswer:
    """A fee, and whether it was waived."""
    waived = charge.waived
    return FeeAnswer(
        kind=charge.kind,
        at=charge.at,
        fee_pence=charge.fee_pence,
        tier=charge.tier,
        delegate_id=charge.delegate_id,
        waived=None if waived is None else WaiverAnswer(at=waived.at, by=waived.by, reason=waived.reason),
    )


def cancellation_terms(occurrence: Occurrence) -> CancellationTermsAnswer | None:
    """What cancelling costs here; null under terms that know no fees."""
    policy, price = occurrence.terms.cancellation, occurrence.price_pence
    if policy is None:
        return None
    return CancellationTermsAnswer(
        policy=policy.name,
        cooling_off_hours=policy.cooling_off_hours,
        tiers=tuple(
            DueAnswer(from_at=step.from_at, fee_pence=step.fee.of(price), tier=step.tier) for step in occurrence.fees
        ),
        no_show_fee_pence=policy.no_show.of(price),
    )


def _due_answer(due: Due) -> DueAnswer:
    return DueAnswer(from_at=due.from_at, fee_pence=due.fee_pence, tier=due.tier)


def _pounds(due: Due) -> str:
    return f"£{due.fee_pence / 100:.2f}"


def _from(due: Due, zone: str) -> str:
    at = due.from_at.astimezone(ZoneInfo(zone))
    return f"from {at:%A} {at.day} {at:%B %Y %H:%M} {_pounds(due)}"
