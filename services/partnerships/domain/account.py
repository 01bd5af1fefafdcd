"""A partnership's account: what has been allocated to it, and what has become of it.

Guarantees: reserved + committed + spent ≤ allocated after every decision, whatever arrives in whatever order, and the
ledger entries of an account add up to its balances at any number of entries.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from itertools import combinations
from typing import Final, Protocol, get_args

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.claims import ClaimPurpose
from shared.contracts.partnerships import AccountCredited, FundsPurpose
from shared.decision import Decision, Document, Documents, Root


class EntryKind(StrEnum):
    """Why balances changed."""

    CREDITED = "credited"
    RESERVED = "reserved"
    RELEASED = "released"
    COMMITTED = "committed"
    CORRECTED = "corrected"
    PAID = "paid"
    RECOVERED = "recovered"
    RETURNED = "returned"


PURPOSES: Final[tuple[ClaimPurpose, ...]] = get_args(ClaimPurpose)


class Earmark(BaseModel):
    """Allocated money that may pay for these purposes only, in pence."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    purposes: tuple[ClaimPurpose, ...]
    amount: int


@cache
def sets_with(purpose: ClaimPurpose) -> tuple[frozenset[ClaimPurpose], ...]:
    """Every set of purposes that this one is in."""
    others = [other for other in PURPOSES if other != purpose]
    return tuple(
        frozenset((purpose, *chosen)) for size in range(len(others) + 1) for chosen in combinations(others, size)
    )


class Account(Root):
    """The money of one partnership, in pence; its id is the partnership's.

    `active` and `school_urns` say who may use it. They are a copy of the partnership as of its version
    `partnership_version`, so that an older copy never overwrites a newer one. `entries` counts the ledger. `earmarks`
    are the parts of what was allocated that may pay for some purposes only, `used` is what is reserved, committed and
    spent for each purpose.
    """

    collection = "accounts"
    allocated: int = 0
    reserved: int = 0
    committed: int = 0
    spent: int = 0
    entries: int = 0
    partnership_version: int = 0
    active: bool = False
    school_urns: tuple[str, ...] = ()
    earmarks: tuple[Earmark, ...] = ()
    used: dict[str, int] = Field(default_factory=dict)

    @property
    def available(self) -> int:
        """What may still be reserved."""
        return self.allocated - self.reserved - self.committed - self.spent

    def available_for(self, purpose: ClaimPurpose) -> int:
        """What may still be reserved for a purpose, by all earmarks.

        However what is used is spread over what was allocated, a set of purposes can have at most what may pay for one
        of them: so much is left for the purpose as the tightest set with it leaves.
        """
        return min(self._left_to(together) for together in sets_with(purpose))

    def _left_to(self, together: frozenset[ClaimPurpose]) -> int:
        closed = sum(earmark.amount for earmark in self.earmarks if together.isdisjoint(earmark.purposes))
        return self.allocated - closed - sum(self.used.get(purpose, 0) for purpose in together)


class LedgerEntry(Document):
    """One change of an account's balances: the amounts (pence) by which each grew; entries are only ever added.

    `number` counts from 1 without gaps within an account. `causation_id` is the event, request or due time that caused
    it, `correlation_id` what everything has in common that one request set off.
    """

    collection = "ledger"
    partnership_id: str
    number: int
    kind: EntryKind
    at: datetime
    allocated: int = 0
    reserved: int = 0
    committed: int = 0
    spent: int = 0
    purpose: ClaimPurpose | None = None
    funded_id: str | None = None
    allocation_id: str | None = None
    causation_id: str | None = None
    correlation_id: str | None = None


class Credit(Document):
    """An allocation that has arrived; its id is the allocation's. It makes an allocation count once.

    `purposes` are what it may pay for (none: all), `returned` is what has gone back to its pot, in pence.
    """

    collection = "credits"
    partnership_id: str
    pot_id: str
    amount: int
    purposes: tuple[ClaimPurpose, ...] = ()
    returned: int = 0
    at: datetime


@dataclass(frozen=True, slots=True)
class Funded:
    """What money is set aside for: a booking or a placement, by its id."""

    purpose: FundsPurpose
    id: str


class About(Protocol):
    """What a change of the balances is about: a booking, a placement or an instalment, by its id."""

    @property
    def purpose(self) -> ClaimPurpose:
        """What kind of thing it is."""

    @property
    def id(self) -> str:
        """Which one it is."""


@dataclass(frozen=True, slots=True)
class Change:
    """By how much each balance grows, in pence."""

    allocated: int = 0
    reserved: int = 0
    committed: int = 0
    spent: int = 0


@dataclass(frozen=True, slots=True)
class PartnershipFacts:
    """Who may use an account, as of a version of the partnership."""

    partnership_id: str
    version: int
    active: bool
    school_urns: tuple[str, ...]


def account_of(account: Account | None, partnership_id: str) -> Account:
    """The account, or an empty one where nothing has arrived yet."""
    return account if account is not None else Account(id=partnership_id)


def informed(account: Account, facts: PartnershipFacts | None) -> Account:
    """The account with what is known about its partnership, unless it knows something newer."""
    if facts is None or facts.version <= account.partnership_version:
        return account
    return account.model_copy(
        update={"partnership_version": facts.version, "active": facts.active, "school_urns": facts.school_urns}
    )


def inform(account: Account | None, facts: PartnershipFacts) -> Decision[None]:
    """Take over who may use the account."""
    before = account_of(account, facts.partnership_id)
    after = informed(before, facts)
    return Decision(None, after if after is not before or account is None else None)


def post(
    account: Account,
    kind: EntryKind,
    change: Change,
    now: datetime,
    *,
    funded: About | None = None,
    allocation_id: str | None = None,
) -> tuple[Account, LedgerEntry]:
    """Change the balances and write the entry that says so."""
    number = account.entries + 1
    entry = LedgerEntry(
        id=f"{account.id}/{number:09d}",
        partnership_id=account.id,
        number=number,
        kind=kind,
        at=now,
        allocated=change.allocated,
        reserved=change.reserved,
        committed=change.committed,
        spent=change.spent,
        purpose=funded.purpose if funded is not None else None,
        funded_id=funded.id if funded is not None else None,
        allocation_id=allocation_id,
    )
    used = dict(account.used)
    if funded is not None:
        used[funded.purpose] = used.get(funded.purpose, 0) + change.reserved + change.committed + change.spent
    after = account.model_copy(
        update={
            "entries": number,
            "used": used,
            "allocated": account.allocated + change.allocated,
            "reserved": account.reserved + change.reserved,
            "committed": account.committed + change.committed,
            "spent": account.spent + change.spent,
        }
    )
    return after, entry


def earmarked(earmarks: tuple[Earmark, ...], purposes: tuple[ClaimPurpose, ...], more: int) -> tuple[Earmark, ...]:
    """The earmarks after `more` pence for these purposes, or less; one for each set of them, none for all."""
    if not purposes:
        return earmarks
    amounts: dict[tuple[ClaimPurpose, ...], int] = {}
    for each in (*earmarks, Earmark(purposes=purposes, amount=more)):
        key = tuple(sorted(set(each.purposes)))
        amounts[key] = amounts.get(key, 0) + each.amount
    return tuple(Earmark(purposes=known, amount=amount) for known, amount in amounts.items() if amount)


def credit(
    account: Account | None,
    documents: Documents,
    now: datetime,
    *,
    partnership_id: str,
    pot_id: str,
    allocation_id: str,
    amount: int,
    purposes: tuple[ClaimPurpose, ...] = (),
) -> Decision[None]:
    """Let an allocation of `amount` pence for some `purposes` (none: all) arrive, once.

    Reads Credit `allocation_id`.
    """
    if documents.get(Credit, allocation_id) is not None:
        return Decision(None)
    after, entry = post(
        account_of(account, partnership_id),
        EntryKind.CREDITED,
        Change(allocated=amount),
        now,
        allocation_id=allocation_id,
    )
    after = after.model_copy(update={"earmarks": earmarked(after.earmarks, purposes, amount)})
    arrived = Credit(
        id=allocation_id, partnership_id=partnership_id, pot_id=pot_id, amount=amount, purposes=purposes, at=now
    )
    told = AccountCredited(partnership_id=partnership_id, allocation_id=allocation_id, amount_pence=amount)
    return Decision(None, after, (entry, arrived), (told,))
