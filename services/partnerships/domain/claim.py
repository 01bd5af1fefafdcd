"""Claims: what a school is owed for attendance and placement days, from its draft to its payment.

A claim is drafted by what was settled and never typed: its amount is what the account has committed for the booking or
placement and not paid yet. There is one claim for each; what a correction adds after the payment is drafted anew.
What is not submitted within its window expires (claim_expiry.py), and only a finance officer brings it back: a
correction changes what has expired.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from services.partnerships.domain.claim_policy import Payee, claim_policy
from services.partnerships.domain.life_cycle import FINANCE, LEAD, SCHOOL
from services.partnerships.domain.partnership import Actor, Partnership, permit
from shared.contracts.claims import ClaimApproved, ClaimExpired, ClaimPurpose, ClaimSubmitted
from shared.decision import Decision, Document, Root
from shared.refusals import Conflict, Forbidden, NotFound
from shared.transitions import Table, Transition

Lack = Literal["reflection", "payee"]
R = TypeVar("R", bound=Root)


class ClaimStatus(StrEnum):
    """Where a claim stands. EMPTY: there is nothing to claim yet. SHORT: the account cannot pay what is due."""

    EMPTY = "empty"
    DRAFTED = "drafted"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    PAID = "paid"
    EXPIRED = "expired"
    SHORT = "short"
    VOID = "void"


OPEN: Final = (ClaimStatus.DRAFTED, ClaimStatus.SUBMITTED, ClaimStatus.APPROVED)
UNPAID: Final = (*OPEN, ClaimStatus.EXPIRED, ClaimStatus.SHORT)
DUE: Final[tuple[ClaimStatus, ...]] = tuple(status for status in ClaimStatus if status is not ClaimStatus.EXPIRED)
WITHIN_WINDOW: Final = (ClaimStatus.DRAFTED, ClaimStatus.SUBMITTED)

CLAIM: Table[ClaimStatus] = Table(
    (
        *(
            Transition(status, "draft", "system", ClaimStatus.DRAFTED)
            for status in (ClaimStatus.EMPTY, ClaimStatus.VOID, ClaimStatus.PAID)
        ),
        *(Transition(ClaimStatus.DRAFTED, "submit", who, ClaimStatus.SUBMITTED) for who in (SCHOOL, LEAD)),
        *(
            Transition(status, "extend", FINANCE, ClaimStatus.DRAFTED)
            for status in (ClaimStatus.DRAFTED, ClaimStatus.EXPIRED)
        ),
        Transition(ClaimStatus.DRAFTED, "expire", "system", ClaimStatus.EXPIRED),
        *(
            Transition(status, "stay expired", "system", ClaimStatus.EXPIRED)
            for status in (ClaimStatus.EXPIRED, ClaimStatus.VOID, ClaimStatus.PAID)
        ),
        Transition(ClaimStatus.SUBMITTED, "return", FINANCE, ClaimStatus.DRAFTED),
        Transition(ClaimStatus.SUBMITTED, "approve", FINANCE, ClaimStatus.APPROVED),
        Transition(ClaimStatus.APPROVED, "pay", "system", ClaimStatus.PAID),
        *(Transition(status, "fall short", "system", ClaimStatus.SHORT) for status in DUE),
        Transition(ClaimStatus.SHORT, "settle", FINANCE, ClaimStatus.DRAFTED),
        *(Transition(status, "correct", "system", ClaimStatus.DRAFTED) for status in (*OPEN, ClaimStatus.SHORT)),
        *(Transition(status, "void", "system", ClaimStatus.VOID) for status in UNPAID),
        *(Transition(status, "restore", "system", ClaimStatus.PAID) for status in UNPAID),
    )
)


class EvidenceMissing(Conflict):
    slug = "evidence-missing"
    title = "The claim lacks evidence."


class ClaimWindowClosed(Conflict):
    slug = "claim-window-closed"
    title = "The time to submit this claim is over."


class SecondPersonNeeded(Forbidden):
    slug = "second-person-needed"
    title = "A claim is approved by somebody else than who submitted it, or asked for its instalment."


class ClaimPayment(BaseModel):
    """A payment of a claim, in pence."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    run_id: str
    amount: int
    at: datetime


class Shortage(BaseModel):
    """What a revision of the evidence charges in all, and how much of it the account lacks, in pence."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    source: str
    revision: int
    charged: int
    missing: int


class Claim(Document):
    """What a school is owed, in pence: `amount` to be paid now, `paid` so far without what was recovered.

    `expired` is what it was about when its window closed before it was submitted; nothing is committed for that. It has
    `lapsed` then until somebody opens it anew, also while nothing is due. With a `shortage` the `amount` is still that
    of the revision before.
    `evidence` names what it stands on: "<aggregate>#<revision>". `submitted_by` and `approved_by` are account ids; so
    is `asked_by`, of an instalment: who accepted the report or approved the plan, whoever submits it in the end.
    """

    collection = "claims"
    partnership_id: str
    purpose: ClaimPurpose
    funded_id: str
    school_urn: str | None = None
    status: ClaimStatus = ClaimStatus.EMPTY
    amount: int = 0
    paid: int = 0
    expired: int = 0
    lapsed: bool = False
    shortage: Shortage | None = None
    payee: Payee | None = None
    reflected: bool = False
    evidence: tuple[str, ...] = ()
    window_closes_on: date | None = None
    asked_by: str | None = None
    submitted_by: str | None = None
    approved_by: str | None = None
    reason: str | None = None
    payments: tuple[ClaimPayment, ...] = ()
    changed_at: datetime

    @property
    def lacks(self) -> tuple[Lack, ...]:
        """What is missing before it can be submitted."""
        found: list[Lack] = []
        if self.purpose == "placement" and not self.reflected:
            found.append("reflection")
        if self.payee is None:
            found.append("payee")
        return tuple(found)

    def paid_in(self, run_id: str) -> bool:
        """Whether a payment run has paid it."""
        return any(payment.run_id == run_id for payment in self.payments)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What is claimed for: a booking, a placement or an instalment of a partnership."""

    partnership_id: str
    purpose: ClaimPurpose
    id: str

    @property
    def key(self) -> str:
        """The id of its claim, and of its clawback."""
        return f"{self.partnership_id}/{self.purpose}/{self.id}"


def claim_of(claim: Claim | None, claimed: Claimed, now: datetime) -> Claim:
    """The claim, or an empty one."""
    if claim is not None:
        return claim
    return Claim(
        id=claimed.key,
        partnership_id=claimed.partnership_id,
        purpose=claimed.purpose,
        funded_id=claimed.id,
        changed_at=now,
    )


def followed(claim: Claim, amount: int, evidence: tuple[str, ...], now: datetime) -> Claim:
    """The claim after what is due for it has become `amount` pence, by this evidence."""
    update: dict[str, object] = {
        "evidence": tuple(dict.fromkeys((*claim.evidence, *evidence))),
        "shortage": None,
        "changed_at": now,
    }
    if amount == 0:
        ending = "restore" if claim.paid else "void"
        if CLAIM.allows(claim.status, ending):
            update |= {"status": CLAIM.next(claim.status, ending), "amount": 0, "expired": 0}
    elif claim.lapsed:
        update |= {"status": CLAIM.next(claim.status, "stay expired"), "expired": amount}
    elif amount != claim.amount or claim.status not in OPEN:
        update |= {
            "status": CLAIM.next(claim.status, "correct" if CLAIM.allows(claim.status, "correct") else "draft"),
            "amount": amount,
            "expired": 0,
            "window_closes_on": window_from(now),
            "submitted_by": None,
            "approved_by": None,
            "reason": None,
        }
    return claim.model_copy(update=update)


def told_expired(claim: Claim, amount: int) -> ClaimExpired:
    """Tells how much of it has expired."""
    return ClaimExpired(
        partnership_id=claim.partnership_id,
        claim_purpose=claim.purpose,
        funded_id=claim.funded_id,
        school_urn=claim.school_urn or "",
        amount_pence=amount,
    )


def fallen_short(claim: Claim, shortage: Shortage, now: datetime) -> Claim:
    """The claim once the account cannot pay what is due: nobody submits, approves or pays it as it was."""
    update = {
        "status": CLAIM.next(claim.status, "fall short"),
        "shortage": shortage,
        "submitted_by": None,
        "approved_by": None,
        "reason": None,
        "changed_at": now,
    }
    return claim.model_copy(update=update)


def submit(
    root: Root, claim: Claim | None, payee: Payee | None, partnership: Partnership, actor: Actor, now: datetime
) -> Decision[Claim]:
    """Hand it in. `payee` is who the register says is paid now. Raises EvidenceMissing, ClaimWindowClosed."""
    known = moving(claim, "submit", partnership, actor)
    ready = known.model_copy(update={"payee": payee or known.payee})
    if ready.lacks:
        raise EvidenceMissing(f"Still missing: {', '.join(ready.lacks)}.", missing=list(ready.lacks))
    if ready.window_closes_on is not None and now.date() > ready.window_closes_on:
        raise ClaimWindowClosed(window_closes_on=ready.window_closes_on.isoformat())
    update = {"status": CLAIM.next(known.status, "submit"), "submitted_by": actor.subject, "changed_at": now}
    after = ready.model_copy(update=update)
    told = ClaimSubmitted(
        partnership_id=known.partnership_id,
        claim_purpose=known.purpose,
        funded_id=known.funded_id,
        school_urn=known.school_urn or "",
        amount_pence=known.amount,
    )
    return Decision(after, root, (after,), (told,))


def approve(root: Root, claim: Claim | None, partnership: Partnership, actor: Actor, now: datetime) -> Decision[Claim]:
    """Approve it for the next payment run. Raises SecondPersonNeeded."""
    known = moving(claim, "approve", partnership, actor)
    if actor.subject in (known.submitted_by, known.asked_by):
        raise SecondPersonNeeded()
    update = {"status": CLAIM.next(known.status, "approve"), "approved_by": actor.subject, "changed_at": now}
    after = known.model_copy(update=update)
    told = ClaimApproved(
        partnership_id=known.partnership_id,
        claim_purpose=known.purpose,
        funded_id=known.funded_id,
        amount_pence=known.amount,
    )
    return Decision(after, root, (after,), (told,))


def give_back(
    root: Root, claim: Claim | None, reason: str, partnership: Partnership, actor: Actor, now: datetime
) -> Decision[Claim]:
    """Give it back with what is wrong; a window that has closed meanwhile is opened anew, lest it expires at once."""
    known = moving(claim, "return", partnership, actor)
    over = known.window_closes_on is not None and now.date() > known.window_closes_on
    update = {
        "status": CLAIM.next(known.status, "return"),
        "window_closes_on": window_from(now) if over else known.window_closes_on,
        "submitted_by": None,
        "reason": reason,
        "changed_at": now,
    }
    after = known.model_copy(update=update)
    return Decision(after, watched(root, after), (after,))


def window_from(now: datetime) -> date:
    """The last day on which what is drafted now may be submitted."""
    return now.date() + timedelta(days=claim_policy(now.date()).window_days)


def watched(root: R, claim: Claim) -> R:
    """The account, to be looked at once the window of this claim has closed."""
    if claim.window_closes_on is None or claim.status not in WITHIN_WINDOW:
        return root
    closed_at = end_of(claim.window_closes_on)
    due_at = closed_at if root.due_at is None else min(root.due_at, closed_at)
    return root.model_copy(update={"due_at": due_at})


def end_of(day: date) -> datetime:
    """When a day is over."""
    return datetime.combine(day + timedelta(days=1), time.min, UTC)


def moving(claim: Claim | None, verb: str, partnership: Partnership, actor: Actor) -> Claim:
    """The claim, if the actor may ask for this and its status allows it. Raises NotFound, NotAllowed, WrongState."""
    school_urn = None if claim is None else claim.school_urn
    permit((row.by for row in CLAIM.rows if row.verb == verb), actor, partnership, school_urn)
    if claim is None or claim.status is ClaimStatus.EMPTY:
        raise NotFound()
    CLAIM.next(claim.status, verb)
    return claim
