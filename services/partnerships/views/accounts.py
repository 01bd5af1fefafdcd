"""Accounts, their ledger and their reservations as clients see them. Amounts in pence."""

from __future__ import annotations

from datetime import datetime

from pydantic import ConfigDict, Field

from services.partnerships.domain.account import Account, EntryKind, LedgerEntry
from services.partnerships.domain.reservation import Reservation, ReservationStatus
from services.partnerships.views.pots import ALLOCATION_ID, MOMENT, PARTNERSHIP_ID
from shared.contracts.claims import ClaimPurpose
from shared.contracts.partnerships import FundsPurpose, RefusalReason
from shared.http.requests import ResponseModel

BOOKING_ID = "0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d06"
OCCURRENCE_ID = "0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d07"


class AccountAnswer(ResponseModel):
    """Balances: reserved + committed + spent + available = allocated, always."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "partnership_id": PARTNERSHIP_ID,
                    "active": True,
                    "school_urns": ["900001", "900002", "900003", "900004"],
                    "allocated_pence": 600_000,
                    "reserved_pence": 90_000,
                    "committed_pence": 45_000,
                    "spent_pence": 0,
                    "available_pence": 465_000,
                    "entries": 7,
                    "version": 9,
                }
            ]
        }
    )
    partnership_id: str
    active: bool = Field(description="Whether bookings may reserve from it now.")
    school_urns: tuple[str, ...] = Field(description="Whose bookings may reserve from it.")
    allocated_pence: int
    reserved_pence: int
    committed_pence: int
    spent_pence: int
    available_pence: int
    entries: int = Field(description="How many ledger entries there are.")
    version: int


class LedgerEntryAnswer(ResponseModel):
    """One change of the balances: by how much each grew. All entries add up to the balances."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "number": 2,
                    "kind": "reserved",
                    "at": MOMENT,
                    "allocated_pence": 0,
                    "reserved_pence": 45_000,
                    "committed_pence": 0,
                    "spent_pence": 0,
                    "purpose": "booking",
                    "funded_id": BOOKING_ID,
                    "allocation_id": None,
                },
                {
                    "number": 1,
                    "kind": "credited",
                    "at": MOMENT,
                    "allocated_pence": 600_000,
                    "reserved_pence": 0,
                    "committed_pence": 0,
                    "spent_pence": 0,
                    "purpose": None,
                    "funded_id": None,
                    "allocation_id": ALLOCATION_ID,
                },
            ]
        }
    )
    number: int
    kind: EntryKind
    at: datetime
    allocated_pence: int
    reserved_pence: int
    committed_pence: int
    spent_pence: int
    purpose: ClaimPurpose | None
    funded_id: str | None = Field(description="The booking, placement or instalment that the money is for.")
    allocation_id: str | None


class ReservationAnswer(ResponseModel):
    """The money of a booking or a placement, in pence."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "purpose": "booking",
                    "funded_id": BOOKING_ID,
                    "asked_by": f"occurrences/{OCCURRENCE_ID}",
                    "school_urn": "900001",
                    "status": "reserved",
                    "asked_pence": 45_000,
                    "reserved_pence": 45_000,
                    "committed_pence": 0,
                    "unfunded_pence": 0,
                    "revision": 0,
                    "reason": None,
                    "changed_at": MOMENT,
                }
            ]
        }
    )
    purpose: FundsPurpose
    funded_id: str = Field(description="The booking or placement that the money is for.")
    asked_by: str | None = Field(description="Where it belongs: occurrences/<id> or placements/<id>.")
    school_urn: str | None
    status: ReservationStatus
    asked_pence: int
    reserved_pence: int
    committed_pence: int
    unfunded_pence: int = Field(description="What places of the booking cost that the school pays for itself.")
    revision: int = Field(description="The highest attendance revision decided on, 0 before the first.")
    reason: RefusalReason | None
    changed_at: datetime


def account_answer(account: Account) -> AccountAnswer:
    """An account as clients see it."""
    return AccountAnswer(
        partnership_id=account.id,
        active=account.active,
        school_urns=account.school_urns,
        allocated_pence=account.allocated,
        reserved_pence=account.reserved,
        committed_pence=account.committed,
        spent_pence=account.spent,
        available_pence=account.available,
        entries=account.entries,
        version=account.version,
    )


def ledger_entry_answer(entry: LedgerEntry) -> LedgerEntryAnswer:
    """A ledger entry as clients see it."""
    return LedgerEntryAnswer(
        number=entry.number,
        kind=entry.kind,
        at=entry.at,
        allocated_pence=entry.allocated,
        reserved_pence=entry.reserved,
        committed_pence=entry.committed,
        spent_pence=entry.spent,
        purpose=entry.purpose,
        funded_id=entry.funded_id,
        allocation_id=entry.allocation_id,
    )


def reservation_answer(reservation: Reservation) -> ReservationAnswer:
    """A reservation as clients see it."""
    return ReservationAnswer(
        purpose=reservation.purpose,
        funded_id=reservation.funded_id,
        asked_by=reservation.asked_by,
        school_urn=reservation.school_urn,
        status=reservation.status,
        asked_pence=reservation.asked,
        reserved_pence=reservation.reserved,
        committed_pence=reservation.committed,
        unfunded_pence=sum(place.price for place in reservation.unfunded),
        revision=reservation.revision,
        reason=reservation.reason,
        changed_at=reservation.changed_at,
    )
