"""Claims: submitted by schools, approved by somebody else, paid in runs; and what is clawed back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final, TypeVar

from services.partnerships.domain import claim as claims
from services.partnerships.domain import claim_expiry, payment_run, settlement, shortage
from services.partnerships.domain import clawback as clawbacks
from services.partnerships.domain.account import Account
from services.partnerships.domain.claim import WITHIN_WINDOW, Claim, Claimed, ClaimStatus
from services.partnerships.domain.claim_expiry import Extension, reads_claim
from services.partnerships.domain.claim_policy import Payee, claim_policy, payee_of
from services.partnerships.domain.clawback import Clawback
from services.partnerships.domain.partnership import Actor, Partnership
from services.partnerships.domain.payment_run import PaymentRun
from services.partnerships.domain.settlement import reads_settlement
from services.partnerships.store import onward
from services.partnerships.use_cases.causes import traced
from services.partnerships.use_cases.partnerships import visible
from shared.decision import Decision, Documents
from shared.ids import new_id
from shared.refusals import NotFound
from shared.work import Work

EXPIRED_AT_ONCE: Final = 100
TRIED_AT_ONCE: Final = 100
R = TypeVar("R", Claim, Clawback)
ClaimRule = Callable[[Account, Documents, Partnership, datetime], Decision[R]]


async def payee_for(work: Work, school_urn: str) -> Payee | None:
    """Who is paid for a school, as the register knows it today: a school that was converted, under its new URN."""
    schools = await onward(work, school_urn)
    return payee_of(schools[-1].facts if schools else None, claim_policy(work.clock.now().date()))


async def reflect(work: Work, claimed: Claimed, source: str) -> None:
    """The reflection on a placement was handed in."""
    decide = partial(settlement.reflect, claimed=claimed, source=source)
    await work.create_or_change(Account, claimed.partnership_id, traced(work, decide), reads_settlement(claimed))


async def submit(work: Work, claimed: Claimed, actor: Actor) -> Claim:
    """A school hands its claim in."""
    known = await work.collection(Claim).get(claimed.key)
    payee = None if known is None or known.school_urn is None else await payee_for(work, known.school_urn)
    return await _change(
        work,
        claimed,
        actor,
        lambda root, kept, of, now: claims.submit(root, kept.get(Claim, claimed.key), payee, of, actor, now),
    )


async def approve(work: Work, claimed: Claimed, actor: Actor) -> Claim:
    """A finance officer approves it."""
    return await _change(
        work,
        claimed,
        actor,
        lambda root, kept, of, now: claims.approve(root, kept.get(Claim, claimed.key), of, actor, now),
    )


async def give_back(work: Work, claimed: Claimed, reason: str, actor: Actor) -> Claim:
    """A finance officer gives it back."""
    return await _change(
        work,
        claimed,
        actor,
        lambda root, kept, of, now: claims.give_back(root, kept.get(Claim, claimed.key), reason, of, actor, now),
    )


async def extend(work: Work, claimed: Claimed, reason: str, actor: Actor) -> Claim:
    """A finance officer opens its window anew."""
    asked = Extension(claimed, reason)
    return await _change(
        work,
        claimed,
        actor,
        lambda root, kept, of, now: claim_expiry.extend(root, kept, asked, of, actor, now),
    )


async def settle(work: Work, claimed: Claimed, reason: str, actor: Actor) -> Claim:
    """A finance officer lets a claim that has fallen short be for what the account can pay."""
    return await _change(
        work,
        claimed,
        actor,
        lambda root, kept, of, now: shortage.settle(root, kept, claimed, reason, of, actor, now),
    )


async def settle_short(work: Work, partnership_id: str) -> None:
    """Money has come or is free again: settle the claim that has been short for longest of those it is enough for.

    Only the TRIED_AT_ONCE that have been short for longest are tried. Where the account can pay none of so many, what
    each lacks is noted, and finance settles them at what it can pay: then it is the next ones' turn.
    """
    where = {"partnership_id": partnership_id, "status": ClaimStatus.SHORT.value}
    short = await work.collection(Claim).find(where, sort=(("changed_at", 1), ("id", 1)), limit=TRIED_AT_ONCE)
    if short:
        # One account takes one effect of an event: the others wait for the event that tells of this one.
        claimed = tuple(Claimed(partnership_id, claim.purpose, claim.funded_id) for claim in short)
        decide = partial(shortage.retry, claimed=claimed)
        await work.change(Account, partnership_id, traced(work, decide), shortage.reads_short(claimed))


async def expire_due(work: Work, partnership_id: str) -> None:
    """Let claims expire whose window has closed, some at a time; the schedule asks for it."""
    kept, today = work.collection(Claim), work.clock.now().date().isoformat()
    where = {"partnership_id": partnership_id, "status": ClaimStatus.DRAFTED.value, "window_closes_on": {"$lt": today}}
    late = await kept.find(where, limit=EXPIRED_AT_ONCE)
    for claim in late:
        claimed = Claimed(partnership_id, claim.purpose, claim.funded_id)
        await work.change(
            Account, partnership_id, traced(work, partial(claim_expiry.expire, claimed=claimed)), reads_claim(claimed)
        )
    statuses = [status.value for status in WITHIN_WINDOW]
    ahead = {"partnership_id": partnership_id, "status": {"$in": statuses}, "window_closes_on": {"$gte": today}}
    following = await kept.find(ahead, sort=(("window_closes_on", 1),), limit=1)
    next_window = following[0].window_closes_on if following else None

    def decide(account: Account, _documents: Documents, now: datetime) -> Decision[None]:
        return claim_expiry.look_again(account, next_window, len(late) == EXPIRED_AT_ONCE, now)

    await work.change(Account, partnership_id, decide)


async def invoice(work: Work, claimed: Claimed, actor: Actor) -> Clawback:
    """The payee is asked to give it back."""
    return await _change(
        work,
        claimed,
        actor,
        lambda root, kept, of, now: clawbacks.invoice(root, kept.get(Clawback, claimed.key), of, actor, now),
    )


async def recover(work: Work, claimed: Claimed, actor: Actor) -> Clawback:
    """It has come back."""
    return await _change(
        work,
        claimed,
        actor,
        lambda root, kept, of, now: clawbacks.recover(
            root, kept.get(Clawback, claimed.key), kept.get(Claim, claimed.key), of, actor, now
        ),
    )


async def waive(work: Work, claimed: Claimed, reason: str, actor: Actor) -> Clawback:
    """The payee may keep it."""
    return await _change(
        work,
        claimed,
        actor,
        lambda root, kept, of, now: clawbacks.waive(root, kept.get(Clawback, claimed.key), reason, of, actor, now),
    )


async def draw_up_run(work: Work, by: str) -> PaymentRun:
    """List what is to be paid; our own reaction pays it. Raises NothingToPay."""
    limit = claim_policy(work.clock.now().date()).largest_run
    ready = await work.collection(Claim).find(
        {"status": ClaimStatus.APPROVED.value}, sort=(("changed_at", 1), ("id", 1)), limit=limit
    )
    run_id = new_id()

    def decide(_run: PaymentRun | None, _documents: Documents, now: datetime) -> Decision[PaymentRun]:
        return payment_run.draw_up(run_id, ready, by, now)

    return await work.create_or_change(PaymentRun, run_id, decide)


async def pay_run(work: Work, run_id: str) -> None:
    """Ask every account to pay its claims of a run, then settle the run by what they did."""
    run = await work.collection(PaymentRun).get(run_id)
    if run is None:
        raise NotFound()
    for partnership_id in run.partnership_ids:
        lines = [line for line in run.lines if line.partnership_id == partnership_id]
        decide = partial(payment_run.pay, run_id=run_id, lines=lines)
        await work.change(Account, partnership_id, traced(work, decide), payment_run.reads_paid(lines))
    keys = [line.claimed.key for line in run.lines]
    paid = {claim.id: claim for claim in await work.collection(Claim).find({"id": {"$in": keys}})}

    def settle(known: PaymentRun, _documents: Documents, now: datetime) -> Decision[None]:
        return payment_run.settle(known, paid, now)

    await work.change(PaymentRun, run_id, settle)


async def _change(work: Work, claimed: Claimed, actor: Actor, rule: ClaimRule[R]) -> R:
    partnership = await visible(work, claimed.partnership_id, actor)

    def decide(account: Account, documents: Documents, now: datetime) -> Decision[R]:
        return rule(account, documents, partnership, now)

    return await work.change(Account, claimed.partnership_id, traced(work, decide), reads_claim(claimed))
