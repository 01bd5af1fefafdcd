"""Money of bookings: what the account is asked to do when courses or our own pots and partnerships tell something."""

from __future__ import annotations

from functools import partial

from services.partnerships.domain import account, reservation, settlement
from services.partnerships.domain.account import Account, Credit, Funded, PartnershipFacts
from services.partnerships.domain.partnership import Partnership
from services.partnerships.domain.reservation import Request, reads_reservation
from services.partnerships.domain.settlement import Attendance, reads_settlement
from shared.decision import Decision, Documents
from shared.work import Work


async def reserve(work: Work, request: Request) -> None:
    """Set money aside for a booking, or refuse. Both are told by an event.

    The partnership is looked up besides what the account was told of it: courses may have heard of its activation, and
    ask for money, before our own reaction to it has run.
    """
    facts = await _partnership_facts(work, request.partnership_id)
    decide = partial(reservation.reserve, request=request, facts=facts)
    await work.create_or_change(
        Account, request.partnership_id, decide, reads_reservation(request.partnership_id, request.funded)
    )


async def release(work: Work, partnership_id: str, funded: Funded) -> None:
    """Free a booking's money, whether it has been reserved yet or not."""
    decide = partial(reservation.release, partnership_id=partnership_id, funded=funded)
    await work.create_or_change(Account, partnership_id, decide, reads_reservation(partnership_id, funded))


async def reduce(work: Work, partnership_id: str, funded: Funded, amount: int) -> None:
    """Free what a booking that has shrunk to `amount` pence does not need any more."""
    decide = partial(reservation.reduce, partnership_id=partnership_id, funded=funded, amount=amount)
    await work.create_or_change(Account, partnership_id, decide, reads_reservation(partnership_id, funded))


async def commit(work: Work, attendance: Attendance) -> None:
    """Owe what an attendance revision charges, and draft its claim."""
    decide = partial(settlement.commit, attendance=attendance)
    await work.create_or_change(Account, attendance.partnership_id, decide, reads_settlement(attendance.claimed))


async def credit(work: Work, partnership_id: str, pot_id: str, allocation_id: str, amount: int) -> None:
    """Let an allocation arrive in the account."""
    decide = partial(
        account.credit, partnership_id=partnership_id, pot_id=pot_id, allocation_id=allocation_id, amount=amount
    )
    await work.create_or_change(Account, partnership_id, decide, lambda _account: ((Credit, allocation_id),))


async def inform(work: Work, partnership_id: str) -> None:
    """Tell the account who may use it, as of now: later than the event that asks for it is never wrong."""
    facts = await _partnership_facts(work, partnership_id)
    if facts is None:
        return

    def decide(known: Account | None, _documents: Documents, _now: object) -> Decision[None]:
        return account.inform(known, facts)

    await work.create_or_change(Account, partnership_id, decide)


async def _partnership_facts(work: Work, partnership_id: str) -> PartnershipFacts | None:
    partnership = await work.collection(Partnership).get(partnership_id)
    return None if partnership is None else partnership.facts
