"""Clawbacks: what was paid for a booking or a placement, and turns out not to have been due.

A correction after the payment opens one. It is invoiced and recovered, or waived with a reason; another correction may
change its amount, or withdraw it. What was waived is not asked for again.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from services.partnerships.domain.account import Account, Change, EntryKind, post
from services.partnerships.domain.claim import Claim, Claimed
from services.partnerships.domain.life_cycle import FINANCE
from services.partnerships.domain.partnership import Actor, Partnership, permit
from shared.contracts.claims import ClaimPurpose, ClawbackClosed, ClawbackOpened
from shared.contracts.event import Event
from shared.decision import Decision, Document
from shared.refusals import NotFound
from shared.transitions import Table, Transition


class ClawbackStatus(StrEnum):
    """Where a clawback stands. NONE is the state before anything was to be given back; it is never stored."""

    NONE = "none"
    OPENED = "opened"
    INVOICED = "invoiced"
    RECOVERED = "recovered"
    WAIVED = "waived"
    WITHDRAWN = "withdrawn"


UNDECIDED: Final = (ClawbackStatus.OPENED, ClawbackStatus.INVOICED)
_OVER: Final = (ClawbackStatus.RECOVERED, ClawbackStatus.WAIVED, ClawbackStatus.WITHDRAWN)

CLAWBACK: Table[ClawbackStatus] = Table(
    (
        *(Transition(status, "open", "system", ClawbackStatus.OPENED) for status in (ClawbackStatus.NONE, *_OVER)),
        Transition(ClawbackStatus.OPENED, "invoice", FINANCE, ClawbackStatus.INVOICED),
        *(Transition(status, "recover", FINANCE, ClawbackStatus.RECOVERED) for status in UNDECIDED),
        *(Transition(status, "waive", FINANCE, ClawbackStatus.WAIVED) for status in UNDECIDED),
        *(Transition(status, "correct", "system", ClawbackStatus.OPENED) for status in UNDECIDED),
        *(Transition(status, "withdraw", "system", ClawbackStatus.WITHDRAWN) for status in UNDECIDED),
    )
)


class Clawback(Document):
    """What is to be given back, in pence: `amount` now, and what was `recovered` and `waived` so far."""

    collection = "clawbacks"
    partnership_id: str
    purpose: ClaimPurpose
    funded_id: str
    school_urn: str | None
    status: ClawbackStatus
    amount: int
    recovered: int = 0
    waived: int = 0
    reason: str | None = None
    opened_at: datetime
    changed_at: datetime


def followed(
    clawback: Clawback | None, claim: Claim, charged: int, reason: str, now: datetime
) -> tuple[Clawback | None, tuple[Event, ...]]:
    """The clawback after the charge has become `charged` pence; None where there is none to write."""
    due = max(0, claim.paid - (clawback.waived if clawback is not None else 0) - charged)
    status = clawback.status if clawback is not None else ClawbackStatus.NONE
    undecided = status in UNDECIDED
    if (due == 0 and not undecided) or (undecided and clawback is not None and clawback.amount == due):
        return None, ()
    if due == 0 and clawback is not None:
        update = {"status": CLAWBACK.next(status, "withdraw"), "amount": 0, "changed_at": now}
        withdrawn = clawback.model_copy(update=update)
        return withdrawn, (_closed(withdrawn, clawback.amount),)
    opened = _opened(clawback, claim, due, reason, now, "correct" if undecided else "open")
    told = ClawbackOpened(
        partnership_id=claim.partnership_id,
        claim_purpose=claim.purpose,
        funded_id=claim.funded_id,
        school_urn=claim.school_urn or "",
        amount_pence=due,
    )
    return opened, (told,)


def invoice(
    account: Account, clawback: Clawback | None, partnership: Partnership, actor: Actor, now: datetime
) -> Decision[Clawback]:
    """The payee has been asked to give it back."""
    known = _moving(clawback, "invoice", partnership, actor)
    after = known.model_copy(update={"status": CLAWBACK.next(known.status, "invoice"), "changed_at": now})
    return Decision(after, account, (after,))


def recover(
    account: Account,
    clawback: Clawback | None,
    claim: Claim | None,
    partnership: Partnership,
    actor: Actor,
    now: datetime,
) -> Decision[Clawback]:
    """The money has come back: it may be reserved again."""
    known = _moving(clawback, "recover", partnership, actor)
    if claim is None:
        raise NotFound()
    after = known.model_copy(
        update={
            "status": CLAWBACK.next(known.status, "recover"),
            "recovered": known.recovered + known.amount,
            "amount": 0,
            "changed_at": now,
        }
    )
    balances, entry = post(
        account,
        EntryKind.RECOVERED,
        Change(spent=-known.amount),
        now,
        funded=Claimed(claim.partnership_id, claim.purpose, claim.funded_id),
    )
    given_back = claim.model_copy(update={"paid": claim.paid - known.amount, "changed_at": now})
    return Decision(after, balances, (after, given_back, entry), (_closed(after, known.amount),))


def waive(
    account: Account, clawback: Clawback | None, reason: str, partnership: Partnership, actor: Actor, now: datetime
) -> Decision[Clawback]:
    """The payee may keep it: it stays spent."""
    known = _moving(clawback, "waive", partnership, actor)
    after = known.model_copy(
        update={
            "status": CLAWBACK.next(known.status, "waive"),
            "waived": known.waived + known.amount,
            "amount": 0,
            "reason": reason,
            "changed_at": now,
        }
    )
    return Decision(after, account, (after,), (_closed(after, known.amount),))


def _opened(clawback: Clawback | None, claim: Claim, due: int, reason: str, now: datetime, verb: str) -> Clawback:
    known = clawback or Clawback(
        id=claim.id,
        partnership_id=claim.partnership_id,
        purpose=claim.purpose,
        funded_id=claim.funded_id,
        school_urn=claim.school_urn,
        status=ClawbackStatus.NONE,
        amount=0,
        opened_at=now,
        changed_at=now,
    )
    update: dict[str, object] = {
        "status": CLAWBACK.next(known.status, verb),
        "amount": due,
        "reason": reason,
        "changed_at": now,
    }
    if verb == "open":
        update["opened_at"] = now
    return known.model_copy(update=update)


def _closed(clawback: Clawback, amount: int) -> ClawbackClosed:
    return ClawbackClosed(
        partnership_id=clawback.partnership_id,
        claim_purpose=clawback.purpose,
        funded_id=clawback.funded_id,
        clawback_ending=clawback.status.value,
        amount_pence=amount,
    )


def _moving(clawback: Clawback | None, verb: str, partnership: Partnership, actor: Actor) -> Clawback:
    permit((row.by for row in CLAWBACK.rows if row.verb == verb), actor, partnership)
    if clawback is None:
        raise NotFound()
    CLAWBACK.next(clawback.status, verb)
    return clawback
