"""Payment runs: approved claims of all partnerships, paid together from a file.

A run is drawn up first, as a list; then every account is asked to pay its claims. A claim that is not approved any
more, or for another amount, is left out. When all accounts have answered the run is settled, and its file holds what
was paid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from services.partnerships.domain.account import Account, Change, EntryKind, LedgerEntry, post
from services.partnerships.domain.claim import CLAIM, Claim, Claimed, ClaimPayment, ClaimStatus
from services.partnerships.domain.claim_policy import Payee, claim_policy
from services.partnerships.domain.reservation import Reservation
from shared.contracts.claims import ClaimPaid, ClaimPurpose, PaymentRunDrawnUp
from shared.contracts.event import Event
from shared.decision import Decision, Document, Documents, Read, Root
from shared.refusals import Conflict
from shared.transitions import Table, Transition

Outcome = Literal["waiting", "paid", "left-out"]


class RunStatus(StrEnum):
    """Where a run stands."""

    DRAWN_UP = "drawn-up"
    SETTLED = "settled"


RUN: Table[RunStatus] = Table((Transition(RunStatus.DRAWN_UP, "settle", "system", RunStatus.SETTLED),))


class NothingToPay(Conflict):
    slug = "nothing-to-pay"
    title = "No claim waits for its payment."


class RunNotSettled(Conflict):
    slug = "payment-run-not-settled"
    title = "The run's claims are being paid: its file is there in a moment."


class RunLine(BaseModel):
    """A claim of a run, in pence."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    partnership_id: str
    purpose: ClaimPurpose
    funded_id: str
    school_urn: str | None
    amount: int
    payee: Payee
    outcome: Outcome = "waiting"

    @property
    def claimed(self) -> Claimed:
        """What it pays for."""
        return Claimed(self.partnership_id, self.purpose, self.funded_id)


class PaymentRun(Root):
    """A run and its lines. `drawn_up_by` is an account id."""

    collection = "payment_runs"
    status: RunStatus = RunStatus.DRAWN_UP
    lines: tuple[RunLine, ...]
    drawn_up_by: str
    drawn_up_at: datetime

    @property
    def partnership_ids(self) -> tuple[str, ...]:
        """Whose accounts pay."""
        return tuple(sorted({line.partnership_id for line in self.lines}))


def draw_up(run_id: str, claims: Iterable[Claim], by: str, now: datetime) -> Decision[PaymentRun]:
    """List approved claims, as many as the policy of the day allows. Raises NothingToPay."""
    ready = [
        RunLine(
            partnership_id=claim.partnership_id,
            purpose=claim.purpose,
            funded_id=claim.funded_id,
            school_urn=claim.school_urn,
            amount=claim.amount,
            payee=claim.payee,
        )
        for claim in claims
        if claim.status is ClaimStatus.APPROVED and claim.payee is not None
    ]
    if not ready:
        raise NothingToPay()
    lines = tuple(ready[: claim_policy(now.date()).largest_run])
    run = PaymentRun(id=run_id, lines=lines, drawn_up_by=by, drawn_up_at=now)
    told = PaymentRunDrawnUp(run_id=run_id, claims=len(lines), amount_pence=sum(line.amount for line in lines))
    return Decision(run, run, (), (told,))


def reads_paid(lines: Iterable[RunLine]) -> Callable[[Account | None], tuple[Read, ...]]:
    """The claims and reservations that a run's lines are about."""
    keys = [line.claimed.key for line in lines]
    wanted: tuple[Read, ...] = tuple((kind, key) for key in keys for kind in (Claim, Reservation))
    return lambda _account: wanted


def pay(account: Account, documents: Documents, now: datetime, run_id: str, lines: Iterable[RunLine]) -> Decision[None]:
    """Pay a run's claims from one account: committed money becomes spent. Never raises."""
    written: list[Document] = []
    events: list[Event] = []
    after = account
    for line in lines:
        claim = documents.get(Claim, line.claimed.key)
        if claim is None or claim.status is not ClaimStatus.APPROVED or claim.amount != line.amount:
            continue
        after, entry = post(
            after, EntryKind.PAID, Change(committed=-claim.amount, spent=claim.amount), now, funded=line.claimed
        )
        written += _paid(claim, documents.get(Reservation, claim.id), entry, run_id, now)
        events.append(_told(claim, line.payee, run_id))
    return Decision(None, after if written else None, tuple(written), tuple(events))


def settle(run: PaymentRun, claims: Mapping[str, Claim], now: datetime) -> Decision[None]:
    """Note which claims the accounts have paid. `claims` are they as they are now, by their keys."""
    del now
    if not RUN.allows(run.status, "settle"):
        return Decision(None)
    lines = tuple(line.model_copy(update={"outcome": _outcome(run.id, line, claims)}) for line in run.lines)
    return Decision(None, run.model_copy(update={"status": RUN.next(run.status, "settle"), "lines": lines}))


def _outcome(run_id: str, line: RunLine, claims: Mapping[str, Claim]) -> Outcome:
    claim = claims.get(line.claimed.key)
    return "paid" if claim is not None and claim.paid_in(run_id) else "left-out"


def _paid(
    claim: Claim, reservation: Reservation | None, entry: LedgerEntry, run_id: str, now: datetime
) -> tuple[Document, ...]:
    payment = ClaimPayment(run_id=run_id, amount=claim.amount, at=now)
    paid = claim.model_copy(
        update={
            "status": CLAIM.next(claim.status, "pay"),
            "amount": 0,
            "paid": claim.paid + claim.amount,
            "payments": (*claim.payments, payment),
            "changed_at": now,
        }
    )
    if reservation is None:
        return (paid, entry)
    left = reservation.model_copy(update={"committed": reservation.committed - claim.amount, "changed_at": now})
    return (paid, left, entry)


def _told(claim: Claim, payee: Payee, run_id: str) -> ClaimPaid:
    return ClaimPaid(
        partnership_id=claim.partnership_id,
        claim_purpose=claim.purpose,
        funded_id=claim.funded_id,
        run_id=run_id,
        payee_kind=payee.kind,
        payee_reference=payee.reference,
        amount_pence=claim.amount,
    )
