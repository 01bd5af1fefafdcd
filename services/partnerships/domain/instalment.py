"""Instalments of a partnership's award: the start-up grant, and what each accepted report releases.

An instalment is taken from the account like everything else: where too little is available it waits, and is released
when more has been allocated or is free again, so that at rest none waits that the account could pay. Once released it
is a claim that waits for its approval and payment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.partnerships.domain import claim as claims
from services.partnerships.domain.account import Account, Change, EntryKind, account_of, post
from services.partnerships.domain.claim import CLAIM, Claim, Claimed, claim_of
from services.partnerships.domain.claim_policy import Payee
from shared.contracts.claims import InstalmentReleased, InstalmentWaits
from shared.contracts.event import Event
from shared.decision import Decision, Document, Documents, Read
from shared.transitions import Table, Transition

START_UP: Final = "start-up"


class InstalmentStatus(StrEnum):
    """Where an instalment stands. NOT_DUE is the state before it; it is never stored."""

    NOT_DUE = "not-due"
    WAITING = "waiting"
    RELEASED = "released"


INSTALMENT: Table[InstalmentStatus] = Table(
    (
        Transition(InstalmentStatus.NOT_DUE, "release", "system", InstalmentStatus.RELEASED),
        Transition(InstalmentStatus.NOT_DUE, "wait", "system", InstalmentStatus.WAITING),
        Transition(InstalmentStatus.WAITING, "release", "system", InstalmentStatus.RELEASED),
    )
)


class Instalment(Document):
    """An instalment that has fallen due, in pence. `evidence` is the report, or the approved plan."""

    collection = "instalments"
    partnership_id: str
    name: str
    status: InstalmentStatus
    amount: int
    evidence: str
    asked_by: str
    due_on: datetime
    released_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """An instalment that has fallen due.

    `asked_by` is who accepted the report, or approved the plan: somebody else is to approve it.
    """

    partnership_id: str
    name: str
    amount: int
    evidence: str
    asked_by: str
    lead_urn: str
    payee: Payee | None

    @property
    def claimed(self) -> Claimed:
        """What its claim is for."""
        return Claimed(self.partnership_id, "instalment", self.name)


def term_name(year: int, term: int) -> str:
    """The name of a term's instalment."""
    return f"year-{year}-term-{term}"


def reads_instalments(dues: Iterable[Due]) -> Callable[[Account | None], tuple[Read, ...]]:
    """The instalments and their claims."""
    wanted: tuple[Read, ...] = tuple((kind, due.claimed.key) for due in dues for kind in (Instalment, Claim))
    return lambda _account: wanted


def release(account: Account | None, documents: Documents, now: datetime, due: Due) -> Decision[None]:
    """Commit the instalment and draft its claim, or let it wait for money. Never raises, and releases once."""
    before = account_of(account, due.partnership_id)
    known = documents.get(Instalment, due.claimed.key)
    status = known.status if known is not None else InstalmentStatus.NOT_DUE
    if due.amount <= 0 or not INSTALMENT.allows(status, "release"):
        return Decision(None)
    kept = known or _fallen_due(due, now)
    short_by = kept.amount - before.available_for("instalment")
    if short_by > 0:
        return _waits(before, kept, status, short_by)
    after, entry = post(before, EntryKind.COMMITTED, Change(committed=kept.amount), now, funded=due.claimed)
    released = kept.model_copy(update={"status": INSTALMENT.next(status, "release"), "released_at": now})
    claim = _submitted(claim_of(documents.get(Claim, due.claimed.key), due.claimed, now), kept, due, now)
    told = InstalmentReleased(partnership_id=due.partnership_id, instalment=due.name, amount_pence=kept.amount)
    return Decision(None, claims.watched(after, claim), (released, claim, entry), (told,))


def release_first(account: Account | None, documents: Documents, now: datetime, dues: Iterable[Due]) -> Decision[None]:
    """Release the first of these that the account can pay: a smaller one does not wait behind a larger one."""
    decisions = (release(account, documents, now, due) for due in dues)
    released = (
        decision for decision in decisions if any(isinstance(event, InstalmentReleased) for event in decision.events)
    )
    return next(released, Decision(None))


def _fallen_due(due: Due, now: datetime) -> Instalment:
    return Instalment(
        id=due.claimed.key,
        partnership_id=due.partnership_id,
        name=due.name,
        status=InstalmentStatus.NOT_DUE,
        amount=due.amount,
        evidence=due.evidence,
        asked_by=due.asked_by,
        due_on=now,
    )


def _waits(account: Account, kept: Instalment, status: InstalmentStatus, short_by: int) -> Decision[None]:
    """It waits until more is allocated or free again; told once."""
    if status is InstalmentStatus.WAITING:
        return Decision(None)
    waiting = kept.model_copy(update={"status": INSTALMENT.next(status, "wait")})
    told: Event = InstalmentWaits(
        partnership_id=kept.partnership_id, instalment=kept.name, amount_pence=kept.amount, short_by_pence=short_by
    )
    return Decision(None, account, (waiting,), (told,))


def _submitted(claim: Claim, kept: Instalment, due: Due, now: datetime) -> Claim:
    """The accepted report is the submission; where nobody can be paid yet, the lead school submits it later."""
    known = claim.model_copy(update={"school_urn": due.lead_urn, "payee": due.payee, "asked_by": kept.asked_by})
    drafted = claims.followed(known, kept.amount, (kept.evidence,), now)
    if drafted.lacks:
        return drafted
    return drafted.model_copy(update={"status": CLAIM.next(drafted.status, "submit"), "submitted_by": kept.asked_by})
