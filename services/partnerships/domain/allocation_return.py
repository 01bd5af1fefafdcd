"""Allocated money that goes back: from a partnership's account to the pot that it came from.

The account decides, since it knows what is free; the pot hears of it by an event and may give the money to others. Each
side counts a return once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.partnerships.domain.account import PURPOSES, Account, Change, Credit, EntryKind, earmarked, post
from services.partnerships.domain.life_cycle import FINANCE
from services.partnerships.domain.partnership import Actor, Partnership, permit
from services.partnerships.domain.pot import Allocation, Pot
from shared.contracts.claims import ClaimPurpose
from shared.contracts.partnerships import AllocationReturned
from shared.decision import Decision, Document, Documents
from shared.refusals import Conflict, Invalid


class AllocationUnknown(Invalid):
    slug = "allocation-unknown"
    title = "The account has no allocation with this id."


class TooLittleToReturn(Conflict):
    slug = "too-little-to-return"
    title = "Less than this is left of the allocation, or free in the account."


class Returned(Document):
    """A return as the pot has counted it, in pence."""

    collection = "returned_allocations"
    pot_id: str
    partnership_id: str
    allocation_id: str
    amount: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Return:
    """So much of an allocation is to go back, in pence; `id` tells it from others."""

    id: str
    allocation_id: str
    amount: int


def hand_back(
    account: Account, documents: Documents, wanted: Return, of: Partnership, actor: Actor, now: datetime
) -> Decision[Account]:
    """Take money out of the account that is neither reserved nor owed, also when the partnership is over.

    Raises NotFound, NotAllowed, AllocationUnknown, TooLittleToReturn. Reads Credit `allocation_id`.
    """
    permit((FINANCE,), actor, of)
    credit = documents.get(Credit, wanted.allocation_id)
    if credit is None or credit.partnership_id != account.id:
        raise AllocationUnknown(field="allocation_id")
    most = min(credit.amount - credit.returned, free_of(account, credit.purposes))
    if wanted.amount > most:
        raise TooLittleToReturn(available_pence=most, short_by_pence=wanted.amount - most)
    change = Change(allocated=-wanted.amount)
    after, entry = post(account, EntryKind.RETURNED, change, now, allocation_id=wanted.allocation_id)
    after = after.model_copy(update={"earmarks": earmarked(account.earmarks, credit.purposes, -wanted.amount)})
    counted = credit.model_copy(update={"returned": credit.returned + wanted.amount})
    told = AllocationReturned(
        partnership_id=account.id,
        pot_id=credit.pot_id,
        allocation_id=wanted.allocation_id,
        return_id=wanted.id,
        amount_pence=wanted.amount,
    )
    return Decision(after, after, (counted, entry), (told,))


def free_of(account: Account, purposes: tuple[ClaimPurpose, ...]) -> int:
    """What may be taken away of money for these purposes (none: all), so that the rest still pays what is used."""
    return min(account.available_for(purpose) for purpose in purposes or PURPOSES)


def take_back(pot: Pot, documents: Documents, now: datetime, *, partnership_id: str, wanted: Return) -> Decision[None]:
    """Let what has come back be given to others, once. Never raises.

    Reads Allocation `allocation_id` and Returned `id`.
    """
    allocation = documents.get(Allocation, wanted.allocation_id)
    if allocation is None or documents.get(Returned, wanted.id) is not None:
        return Decision(None)
    returned = Returned(
        id=wanted.id,
        pot_id=pot.id,
        partnership_id=partnership_id,
        allocation_id=wanted.allocation_id,
        amount=wanted.amount,
        at=now,
    )
    left = allocation.model_copy(update={"returned": allocation.returned + wanted.amount})
    return Decision(None, pot.model_copy(update={"allocated": pot.allocated - wanted.amount}), (returned, left))
