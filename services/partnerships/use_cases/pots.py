"""Sponsors and their pots."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from services.partnerships.domain import allocation_return
from services.partnerships.domain import pot as rules
from services.partnerships.domain import sponsor as sponsors
from services.partnerships.domain.allocation_return import Return, Returned
from services.partnerships.domain.life_cycle import ENDED_WELL, FUNDABLE
from services.partnerships.domain.partnership import Partnership
from services.partnerships.domain.pot import (
    Allocation,
    AllocationKind,
    Beneficiary,
    Payment,
    Pot,
    Restrictions,
    SchoolFacts,
)
from services.partnerships.domain.sponsor import Sponsor, SponsorUnknown
from services.partnerships.store import schools_by_urn, waiting_instalments
from shared.decision import Decision, Documents, Read
from shared.ids import new_id
from shared.refusals import Invalid
from shared.work import Work


class PartnershipUnknown(Invalid):
    slug = "partnership-unknown"
    title = "There is no partnership with this id."


async def register_sponsor(work: Work, name: str) -> Sponsor:
    """Take a sponsor on."""
    sponsor_id = new_id()

    def decide(_sponsor: Sponsor | None, _documents: Documents, now: datetime) -> Decision[Sponsor]:
        return sponsors.register(sponsor_id, name, now)

    return await work.create_or_change(Sponsor, sponsor_id, decide)


async def open_pot(work: Work, sponsor_id: str, name: str, restrictions: Restrictions) -> Pot:
    """Open a pot of a sponsor. Raises SponsorUnknown."""
    if await work.collection(Sponsor).get(sponsor_id) is None:
        raise SponsorUnknown(field="sponsor_id")
    pot_id = new_id()

    def decide(_pot: Pot | None, _documents: Documents, now: datetime) -> Decision[Pot]:
        return rules.open_pot(pot_id, sponsor_id, name, restrictions, now)

    return await work.create_or_change(Pot, pot_id, decide)


async def pay_in(work: Work, pot_id: str, amount: int, reference: str | None) -> Payment:
    """Take a payment into a pot, in pence. Raises NotFound."""
    payment_id = new_id()

    def decide(pot: Pot, _documents: Documents, now: datetime) -> Decision[Payment]:
        return rules.pay_in(pot, payment_id, amount, reference, now)

    return await work.change(Pot, pot_id, decide)


async def allocate(work: Work, pot_id: str, partnership_id: str, amount: int, kind: AllocationKind) -> Allocation:
    """Give a partnership money of a pot, in pence.

    It arrives in the partnership's account by our own reaction to AllocationMade. Raises NotFound, PartnershipUnknown,
    PartnershipNotFundable, PotRestricted, PotExhausted.
    """
    beneficiary = await _beneficiary(work, partnership_id)
    allocation_id = new_id()

    def decide(pot: Pot, _documents: Documents, now: datetime) -> Decision[Allocation]:
        return rules.allocate(pot, allocation_id, amount, kind, beneficiary, now)

    return await work.change(Pot, pot_id, decide)


async def take_back(work: Work, pot_id: str, partnership_id: str, wanted: Return) -> None:
    """What a partnership has returned may be given to others."""
    decide = partial(allocation_return.take_back, partnership_id=partnership_id, wanted=wanted)
    reads: tuple[Read, ...] = ((Allocation, wanted.allocation_id), (Returned, wanted.id))
    await work.change(Pot, pot_id, decide, lambda _pot: reads)


async def _beneficiary(work: Work, partnership_id: str) -> Beneficiary:
    partnership = await work.collection(Partnership).get(partnership_id)
    if partnership is None:
        raise PartnershipUnknown(field="partnership_id")
    schools = await schools_by_urn(work, partnership.accepted)
    facts = tuple(SchoolFacts(urn, school.facts.region, school.facts.phase) for urn, school in sorted(schools.items()))
    owed = partnership.status in ENDED_WELL and await waiting_instalments(work, partnership_id)
    return Beneficiary(partnership_id, partnership.status in FUNDABLE or bool(owed), facts)
