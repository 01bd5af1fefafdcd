"""Sponsors, pots, payments and allocations as clients see them."""

from __future__ import annotations

from datetime import datetime

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.partnerships.domain.pot import Allocation, AllocationKind, Payment, Pot, Restrictions
from services.partnerships.domain.sponsor import Sponsor
from shared.contracts.claims import ClaimPurpose
from shared.http.requests import ResponseModel

SPONSOR_ID = "0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d01"
POT_ID = "0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d02"
PAYMENT_ID = "0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d03"
ALLOCATION_ID = "0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d04"
PARTNERSHIP_ID = "0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d05"
MOMENT = "2026-09-14T09:30:00Z"

RESTRICTIONS_EXAMPLE: JsonDict = {
    "regions": ["North East"],
    "phases": ["Secondary"],
    "partnership_ids": [],
    "kinds": [],
    "purposes": [],
}


class SponsorAnswer(ResponseModel):
    """A sponsor."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": SPONSOR_ID,
                    "name": "Northern Turbines plc",
                    "registered_at": MOMENT,
                    "employer_id": None,
                    "version": 1,
                }
            ]
        }
    )
    id: str
    name: str
    registered_at: datetime
    employer_id: str | None = Field(description="Which employer it is, where it is one.")
    version: int


class RestrictionsAnswer(ResponseModel):
    """What a pot may be used for; an empty list does not restrict."""

    model_config = ConfigDict(json_schema_extra={"examples": [RESTRICTIONS_EXAMPLE]})
    regions: tuple[str, ...] = Field(description="Every school must be in one of these regions.")
    phases: tuple[str, ...] = Field(description="Every school must be of one of these phases.")
    partnership_ids: tuple[str, ...] = Field(description="Only these partnerships may have it.")
    kinds: tuple[AllocationKind, ...] = Field(description="Only these kinds of allocation may be made.")
    purposes: tuple[ClaimPurpose, ...] = Field(description="The money may pay for these only: it never pays others.")


class PotAnswer(ResponseModel):
    """A pot; amounts in pence."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": POT_ID,
                    "sponsor_id": SPONSOR_ID,
                    "name": "Physics teachers, North East, 2026/27",
                    "restrictions": RESTRICTIONS_EXAMPLE,
                    "paid_in_pence": 5_000_000,
                    "allocated_pence": 1_200_000,
                    "available_pence": 3_800_000,
                    "opened_at": MOMENT,
                    "version": 4,
                }
            ]
        }
    )
    id: str
    sponsor_id: str
    name: str
    restrictions: RestrictionsAnswer
    paid_in_pence: int
    allocated_pence: int
    available_pence: int
    opened_at: datetime
    version: int


class PaymentAnswer(ResponseModel):
    """A payment into a pot, in pence."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": PAYMENT_ID,
                    "pot_id": POT_ID,
                    "amount_pence": 5_000_000,
                    "reference": "NT-2026-0311",
                    "paid_at": MOMENT,
                }
            ]
        }
    )
    id: str
    pot_id: str
    amount_pence: int
    reference: str | None
    paid_at: datetime


class AllocationAnswer(ResponseModel):
    """What a pot gave a partnership, in pence. It arrives in the partnership's account a moment later."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": ALLOCATION_ID,
                    "pot_id": POT_ID,
                    "partnership_id": PARTNERSHIP_ID,
                    "amount_pence": 600_000,
                    "returned_pence": 0,
                    "kind": "bursaries",
                    "made_at": MOMENT,
                }
            ]
        }
    )
    id: str
    pot_id: str
    partnership_id: str
    amount_pence: int
    returned_pence: int = Field(description="What of it the partnership has given back.")
    kind: AllocationKind
    made_at: datetime


def sponsor_answer(sponsor: Sponsor) -> SponsorAnswer:
    """A sponsor as clients see it."""
    return SponsorAnswer(
        id=sponsor.id,
        name=sponsor.name,
        registered_at=sponsor.registered_at,
        employer_id=sponsor.employer_id,
        version=sponsor.version,
    )


def restrictions_answer(restrictions: Restrictions) -> RestrictionsAnswer:
    """Restrictions as clients see them."""
    return RestrictionsAnswer(
        regions=restrictions.regions,
        phases=restrictions.phases,
        partnership_ids=restrictions.partnership_ids,
        kinds=restrictions.kinds,
        purposes=restrictions.purposes,
    )


def pot_answer(pot: Pot) -> PotAnswer:
    """A pot as clients see it."""
    return PotAnswer(
        id=pot.id,
        sponsor_id=pot.sponsor_id,
        name=pot.name,
        restrictions=restrictions_answer(pot.restrictions),
        paid_in_pence=pot.paid_in,
        allocated_pence=pot.allocated,
        available_pence=pot.available,
        opened_at=pot.opened_at,
        version=pot.version,
    )


def payment_answer(payment: Payment) -> PaymentAnswer:
    """A payment as clients see it."""
    return PaymentAnswer(
        id=payment.id,
        pot_id=payment.pot_id,
        amount_pence=payment.amount,
        reference=payment.reference,
        paid_at=payment.paid_at,
    )


def allocation_answer(allocation: Allocation) -> AllocationAnswer:
    """An allocation as clients see it."""
    return AllocationAnswer(
        id=allocation.id,
        pot_id=allocation.pot_id,
        partnership_id=allocation.partnership_id,
        amount_pence=allocation.amount,
        returned_pence=allocation.returned,
        kind=allocation.kind,
        made_at=allocation.made_at,
    )
