"""Money of bookings and placements: what the account is asked to do when other services, or we, tell something."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime
from functools import partial

from services.partnerships.domain import account, allocation_return, recounting, reservation, settlement
from services.partnerships.domain.academic_year import academic_year
from services.partnerships.domain.account import Account, Credit, Funded, PartnershipFacts
from services.partnerships.domain.allocation_return import Return
from services.partnerships.domain.claim import Claimed
from services.partnerships.domain.partnership import Actor, Partnership
from services.partnerships.domain.reservation import Request, Reservation
from services.partnerships.domain.school import School, lineage_from, reads_conversions
from services.partnerships.domain.settlement import Attendance, reads_settlement
from services.partnerships.domain.usage import Counted, reads_lineage, reads_usage
from services.partnerships.store import held_for, reservation_of
from services.partnerships.use_cases.causes import traced
from services.partnerships.use_cases.partnerships import visible
from shared.contracts.claims import ClaimPurpose
from shared.decision import DecideOrCreate, Decision, Documents, Read, ReadsInTurn
from shared.ids import new_id
from shared.work import Work


async def reserve(work: Work, request: Request) -> None:
    """Set money aside for a booking, or refuse. Both are told by an event.

    The partnership is looked up besides what the account was told of it: courses may have heard of its activation, and
    ask for money, before our own reaction to it has run. A school that was converted is one and the same: it is a
    member under any URN that it goes on as, and has one cap.
    """
    urn = request.school_urn

    def asked(documents: Documents) -> Request:
        return replace(request, lineage=lineage_from(documents, urn))

    def decide(account: Account | None, documents: Documents, now: datetime) -> Decision[None]:
        partnership, school = documents.get(Partnership, request.partnership_id), documents.get(School, urn)
        return reservation.reserve(
            account,
            documents,
            now,
            asked(documents),
            None if partnership is None else partnership.facts,
            state_funded=None if school is None else school.state_funded,
        )

    def usages(documents: Documents) -> Iterable[Read]:
        known = asked(documents)
        return (*reads_usage(known.counts), *reads_lineage(known.counts, known.known_as.urns))

    besides: tuple[Read, ...] = ((Partnership, request.partnership_id), (School, urn), *reads_conversions((urn,)))
    await _decide(work, request.partnership_id, request.funded, decide, usages, besides)


async def release(work: Work, partnership_id: str, funded: Funded) -> None:
    """Free a booking's money, whether it has been reserved yet or not."""
    decide = partial(reservation.release, partnership_id=partnership_id, funded=funded)
    await _decide(work, partnership_id, funded, decide)


async def reduce(work: Work, partnership_id: str, funded: Funded, amount: int, without: str) -> None:
    """Free what a booking that has shrunk to `amount` pence does not need any more."""
    decide = partial(reservation.reduce, partnership_id=partnership_id, funded=funded, amount=amount, without=without)
    await _decide(work, partnership_id, funded, decide)


async def substitute(work: Work, funded: Funded, old: str, new: str) -> None:
    """Another teacher has the place that money is set aside for."""
    known = await reservation_of(work, funded)
    if known is None or known.counts is None:
        return
    after = Counted(known.year, known.counts.school_urn, (new,), 0)
    decide = partial(recounting.substitute, key=known.id, old=old, new=new)
    await _decide(work, known.partnership_id, known.funded, decide, lambda _documents: reads_usage(after))


async def reschedule(work: Work, occurrence_id: str, starts_on: date) -> None:
    """A course starts on another day: what its bookings hold counts there, in every account that holds it."""
    held = await held_for(work, f"occurrences/{occurrence_id}")
    for partnership_id in sorted({each.partnership_id for each in held}):
        keys = tuple(each.id for each in held if each.partnership_id == partnership_id)
        decide = partial(recounting.reschedule, keys=keys, starts_on=starts_on)
        reads = recounting.reads_recounted(keys, academic_year(starts_on))
        await work.change(Account, partnership_id, traced(work, decide), reads)


async def commit(work: Work, attendance: Attendance) -> None:
    """Owe what an attendance revision charges, and draft its claim."""
    decide = partial(settlement.commit, attendance=attendance)
    await _decide(work, attendance.partnership_id, attendance.funded, decide)


async def credit(
    work: Work,
    partnership_id: str,
    pot_id: str,
    allocation_id: str,
    amount: int,
    purposes: tuple[ClaimPurpose, ...],
) -> None:
    """Let an allocation for some purposes (none: all) arrive in the account."""
    decide = partial(
        account.credit,
        partnership_id=partnership_id,
        pot_id=pot_id,
        allocation_id=allocation_id,
        amount=amount,
        purposes=purposes,
    )
    await work.create_or_change(
        Account, partnership_id, traced(work, decide), lambda _account: ((Credit, allocation_id),)
    )


async def hand_back(work: Work, partnership_id: str, allocation_id: str, amount: int, actor: Actor) -> Account:
    """A finance officer lets free money of an allocation go back to its pot; our own reaction takes it there."""
    partnership = await visible(work, partnership_id, actor)
    wanted = Return(new_id(), allocation_id, amount)

    def decide(known: Account | None, documents: Documents, now: datetime) -> Decision[Account]:
        before = account.account_of(known, partnership_id)
        return allocation_return.hand_back(before, documents, wanted, partnership, actor, now)

    return await work.create_or_change(
        Account, partnership_id, traced(work, decide), lambda _account: ((Credit, allocation_id),)
    )


async def inform(work: Work, partnership_id: str) -> None:
    """Tell the account who may use it, as of now: later than the event that asks for it is never wrong."""
    facts = await _partnership_facts(work, partnership_id)
    if facts is None:
        return

    def decide(known: Account | None, _documents: Documents, _now: object) -> Decision[None]:
        return account.inform(known, facts)

    await work.create_or_change(Account, partnership_id, decide)


async def _decide(
    work: Work,
    partnership_id: str,
    funded: Funded,
    decide: DecideOrCreate[Account, None],
    usages: Callable[[Documents], Iterable[Read]] = lambda _documents: (),
    besides: tuple[Read, ...] = (),
) -> None:
    """Decide on an account, a reservation, its claim, and the usage that it counts for or that `usages` tell."""
    claimed = Claimed(partnership_id, funded.purpose, funded.id)
    settled = reads_settlement(claimed)

    def first(account: Account | None) -> Iterable[Read]:
        return (*settled(account), *besides)

    def usage(documents: Documents) -> Iterable[Read]:
        known = documents.get(Reservation, claimed.key)
        return (*reads_usage(known.counts if known is not None else None), *usages(documents))

    await work.create_or_change(Account, partnership_id, traced(work, decide), ReadsInTurn[Account](first, usage))


async def _partnership_facts(work: Work, partnership_id: str) -> PartnershipFacts | None:
    partnership = await work.collection(Partnership).get(partnership_id)
    return None if partnership is None else partnership.facts
