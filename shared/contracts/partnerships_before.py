"""What the partnerships service used to say: versions that may still be on its topic, and what they have become."""

from __future__ import annotations

from typing import ClassVar, Literal

from shared.contracts.event import Event, Upcaster, lifts
from shared.contracts.partnerships import (
    FundsCommitmentRefused,
    FundsCommitted,
    FundsReleased,
    FundsReservationRefused,
    FundsReserved,
)

# Published with version 1 and closed: another reason needs another version.
FirstRefusalReason = Literal[
    "not-a-member", "partnership-not-active", "no-allocation", "insufficient-funds", "released-before"
]


class FundsReservedV1(Event):
    """Money is set aside for a booking."""

    type: ClassVar[str] = "partnerships.funds-reserved.v1"
    aggregate: ClassVar[str] = "accounts/{partnership_id}"
    partnership_id: str
    booking_id: str
    occurrence_id: str
    school_urn: str
    amount_pence: int


class FundsReservationRefusedV1(Event):
    """No money could be set aside for a booking.

    `short_by_pence` says how much is missing, 0 where money is not the reason.
    """

    type: ClassVar[str] = "partnerships.funds-reservation-refused.v1"
    aggregate: ClassVar[str] = "accounts/{partnership_id}"
    partnership_id: str
    booking_id: str
    occurrence_id: str
    school_urn: str
    amount_pence: int
    reason: FirstRefusalReason
    short_by_pence: int


class FundsReleasedV1(Event):
    """Money set aside for a booking is free again."""

    type: ClassVar[str] = "partnerships.funds-released.v1"
    aggregate: ClassVar[str] = "accounts/{partnership_id}"
    partnership_id: str
    booking_id: str
    amount_pence: int


class FundsCommittedV1(Event):
    """Money set aside for a booking is owed, because the course was attended. `revision` follows the attendance's."""

    type: ClassVar[str] = "partnerships.funds-committed.v1"
    aggregate: ClassVar[str] = "accounts/{partnership_id}"
    partnership_id: str
    booking_id: str
    revision: int
    amount_pence: int


class FundsCommitmentRefusedV1(Event):
    """An attendance correction would commit more than the account has left."""

    type: ClassVar[str] = "partnerships.funds-commitment-refused.v1"
    aggregate: ClassVar[str] = "accounts/{partnership_id}"
    partnership_id: str
    booking_id: str
    revision: int
    amount_pence: int
    short_by_pence: int


def _funded(older: FundsReleasedV1 | FundsCommittedV1 | FundsCommitmentRefusedV1) -> dict[str, object]:
    return {"purpose": "booking", "funded_id": older.booking_id, **older.model_dump(exclude={"booking_id"})}


def _asked(older: FundsReservedV1 | FundsReservationRefusedV1) -> dict[str, object]:
    rest = older.model_dump(exclude={"booking_id", "occurrence_id"})
    return {
        "purpose": "booking",
        "funded_id": older.booking_id,
        "asked_by": f"occurrences/{older.occurrence_id}",
        **rest,
    }


# Before placements asked for money too, it was always a booking's.
UPCASTERS: tuple[Upcaster, ...] = (
    lifts(FundsReservedV1, lambda older: FundsReserved.model_validate(_asked(older))),
    lifts(FundsReservationRefusedV1, lambda older: FundsReservationRefused.model_validate(_asked(older))),
    lifts(FundsReleasedV1, lambda older: FundsReleased.model_validate(_funded(older))),
    lifts(FundsCommittedV1, lambda older: FundsCommitted.model_validate(_funded(older))),
    lifts(FundsCommitmentRefusedV1, lambda older: FundsCommitmentRefused.model_validate(_funded(older))),
)
