"""Pots: what a sponsor has paid in, what it may be used for, and what partnerships were given of it.

Guarantees: allocated ≤ paid in, without what has come back, and every allocation met the pot's restrictions when it was
made. What an allocation is called is what its money may pay for afterwards: its kind narrows the purposes that the pot
allows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from services.partnerships.domain.account import PURPOSES
from shared.contracts.claims import ClaimPurpose
from shared.contracts.partnerships import AllocationMade, PotOpened, PotPaidInto
from shared.decision import Decision, Document, Root
from shared.refusals import Conflict

AllocationKind = Literal["start-up", "instalment", "bursaries", "other"]

PAYS_FOR: Final[dict[AllocationKind, tuple[ClaimPurpose, ...]]] = {
    "start-up": ("instalment",),
    "instalment": ("instalment",),
    "bursaries": ("booking", "placement"),
    "other": PURPOSES,
}
"""What an allocation of a kind may pay for."""


class PotExhausted(Conflict):
    slug = "pot-exhausted"
    title = "The pot holds less than this."


class PotRestricted(Conflict):
    slug = "pot-restricted"
    title = "The pot's money may not be used for this."


class PartnershipNotFundable(Conflict):
    slug = "partnership-not-fundable"
    title = "Money is given to approved and running partnerships, and to completed ones that an instalment is owed to."


class Restrictions(BaseModel):
    """What a pot may be used for; an empty list does not restrict.

    `regions` and `phases` hold for every school of a partnership, `partnership_ids` names the only partnerships that
    may have the money, `kinds` the only kinds of allocation, `purposes` the only things that the money may pay for in
    the partnership's account.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    regions: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    partnership_ids: tuple[str, ...] = ()
    kinds: tuple[AllocationKind, ...] = ()
    purposes: tuple[ClaimPurpose, ...] = ()


class Pot(Root):
    """A sponsor's money for a purpose; amounts in pence."""

    collection = "pots"
    sponsor_id: str
    name: str
    restrictions: Restrictions
    paid_in: int = 0
    allocated: int = 0
    opened_at: datetime

    @property
    def available(self) -> int:
        """What may still be allocated."""
        return self.paid_in - self.allocated


class Payment(Document):
    """Money that came into a pot, in pence. `reference` is the bank's or the sponsor's, not a person's."""

    collection = "payments"
    pot_id: str
    amount: int
    reference: str | None
    paid_at: datetime


class Allocation(Document):
    """What a pot gave a partnership, in pence, and what of it has come back."""

    collection = "allocations"
    pot_id: str
    partnership_id: str
    amount: int
    returned: int = 0
    kind: AllocationKind
    made_at: datetime

    @property
    def kept(self) -> int:
        """What the partnership has of it still."""
        return self.amount - self.returned


@dataclass(frozen=True, slots=True)
class SchoolFacts:
    """What restrictions look at in a school."""

    urn: str
    region: str | None
    phase: str


@dataclass(frozen=True, slots=True)
class Beneficiary:
    """What restrictions look at in a partnership."""

    partnership_id: str
    fundable: bool
    schools: tuple[SchoolFacts, ...]


def open_pot(pot_id: str, sponsor_id: str, name: str, restrictions: Restrictions, now: datetime) -> Decision[Pot]:
    """Open an empty pot."""
    pot = Pot(id=pot_id, sponsor_id=sponsor_id, name=name, restrictions=restrictions, opened_at=now)
    return Decision(pot, pot, (), (PotOpened(pot_id=pot_id, sponsor_id=sponsor_id),))


def pay_in(pot: Pot, payment_id: str, amount: int, reference: str | None, now: datetime) -> Decision[Payment]:
    """Take a payment of `amount` pence."""
    payment = Payment(id=payment_id, pot_id=pot.id, amount=amount, reference=reference, paid_at=now)
    after = pot.model_copy(update={"paid_in": pot.paid_in + amount})
    told = PotPaidInto(pot_id=pot.id, payment_id=payment_id, amount_pence=amount)
    return Decision(payment, after, (payment,), (told,))


def allocate(
    pot: Pot, allocation_id: str, amount: int, kind: AllocationKind, to: Beneficiary, now: datetime
) -> Decision[Allocation]:
    """Give a partnership `amount` pence. Raises PartnershipNotFundable, PotRestricted, PotExhausted."""
    if not to.fundable:
        raise PartnershipNotFundable(partnership_id=to.partnership_id)
    reasons = restrictions_broken(pot.restrictions, kind, to)
    if reasons:
        raise PotRestricted(f"{pot.name}: {'; '.join(reasons)}.", reasons=reasons)
    if amount > pot.available:
        raise PotExhausted(available_pence=pot.available, short_by_pence=amount - pot.available)
    purposes = payable(pot.restrictions, kind)
    allocation = Allocation(
        id=allocation_id, pot_id=pot.id, partnership_id=to.partnership_id, amount=amount, kind=kind, made_at=now
    )
    after = pot.model_copy(update={"allocated": pot.allocated + amount})
    told = AllocationMade(
        pot_id=pot.id,
        allocation_id=allocation_id,
        partnership_id=to.partnership_id,
        amount_pence=amount,
        purposes=None if purposes == PURPOSES else purposes,
    )
    return Decision(allocation, after, (allocation,), (told,))


def payable(restrictions: Restrictions, kind: AllocationKind) -> tuple[ClaimPurpose, ...]:
    """What money of this kind may pay for, from a pot with these restrictions."""
    allowed = restrictions.purposes or PURPOSES
    return tuple(purpose for purpose in PAYS_FOR[kind] if purpose in allowed)


def restrictions_broken(restrictions: Restrictions, kind: AllocationKind, to: Beneficiary) -> list[str]:
    """Why these restrictions forbid the allocation, one sentence each; none if they do not."""
    reasons = []
    if restrictions.partnership_ids and to.partnership_id not in restrictions.partnership_ids:
        reasons.append("it is for other partnerships")
    if restrictions.kinds and kind not in restrictions.kinds:
        reasons.append(f"it is for {', '.join(restrictions.kinds)} only")
    if not payable(restrictions, kind):
        reasons.append(f"it pays for {', '.join(restrictions.purposes)} only")
    outside = [school.urn for school in to.schools if not _within(school.region, restrictions.regions)]
    if outside:
        reasons.append(f"schools outside {', '.join(restrictions.regions)}: {', '.join(outside)}")
    other = [school.urn for school in to.schools if not _within(school.phase, restrictions.phases)]
    if other:
        reasons.append(f"schools of another phase than {', '.join(restrictions.phases)}: {', '.join(other)}")
    return reasons


def _within(value: str | None, allowed: tuple[str, ...]) -> bool:
    return not allowed or (value is not None and value.casefold() in {name.casefold() for name in allowed})
