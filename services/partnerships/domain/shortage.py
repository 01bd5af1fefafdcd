"""Claims whose account cannot pay what is due after all: settled by more money, or by a finance officer.

A correction may charge more than the account holds. Then its claim falls short (settlement.py): it waits, and is
settled as a whole once enough has come or is free again, or at what the account can pay if a finance officer says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from services.partnerships.domain.account import Account, Funded
from services.partnerships.domain.claim import Claim, Claimed, Shortage, moving
from services.partnerships.domain.claim_expiry import reads_claim
from services.partnerships.domain.partnership import Actor, Partnership
from services.partnerships.domain.reservation import RESERVATION, Reservation
from services.partnerships.domain.settlement import Attendance, settled
from shared.decision import Decision, Documents, ReadsInTurn
from shared.refusals import Conflict


class NothingHeld(Conflict):
    slug = "nothing-held"
    title = "Nothing is held any more for what this claim is about."


def reads_short(claimed: Iterable[Claimed]) -> ReadsInTurn[Account]:
    """Everything that a decision about these claims looks at."""
    each = tuple(reads_claim(key) for key in claimed)
    return ReadsInTurn[Account](
        lambda account: tuple(read for reads in each for read in reads.first(account)),
        lambda documents: tuple(read for reads in each for read in reads.then(documents)),
    )


def retry(account: Account, documents: Documents, now: datetime, *, claimed: Iterable[Claimed]) -> Decision[None]:
    """Settle the first of these claims that the account can pay now; where it can pay none, note what is missing.

    Never raises.
    """
    noted: list[Claim] = []
    for key in claimed:
        claim, held = documents.get(Claim, key.key), documents.get(Reservation, key.key)
        if claim is None or claim.shortage is None or held is None or not RESERVATION.allows(held.status, "commit"):
            continue
        missing = claim.shortage.charged - claim.paid - _payable(account, held)
        if missing <= 0:
            return settled(account, held, documents, now, _attendance(claim, claim.shortage, held), "funded")
        if missing != claim.shortage.missing:
            noted.append(claim.model_copy(update={"shortage": claim.shortage.model_copy(update={"missing": missing})}))
    return Decision(None, account if noted else None, tuple(noted))


def settle(
    account: Account, documents: Documents, claimed: Claimed, reason: str, of: Partnership, actor: Actor, now: datetime
) -> Decision[Claim]:
    """Let a claim that has fallen short be for what the account can pay now. Raises NothingHeld."""
    claim = moving(documents.get(Claim, claimed.key), "settle", of, actor)
    held = documents.get(Reservation, claimed.key)
    if claim.shortage is None or held is None or not RESERVATION.allows(held.status, "commit"):
        raise NothingHeld()
    told = _attendance(claim, claim.shortage, held)
    payable = min(told.charged, claim.paid + _payable(account, held))
    done = settled(account, held, documents, now, replace(told, charged=payable), "reduced")
    after = next(document for document in done.documents if isinstance(document, Claim))
    explained = after.model_copy(update={"reason": reason})
    others = tuple(document for document in done.documents if document is not after)
    return Decision(explained, done.root, (explained, *others), done.events)


def _payable(account: Account, held: Reservation) -> int:
    return held.reserved + held.committed + account.available_for(held.purpose)


def _attendance(claim: Claim, shortage: Shortage, held: Reservation) -> Attendance:
    """What was told when it fell short."""
    return Attendance(
        claim.partnership_id,
        Funded(held.purpose, held.funded_id),
        shortage.revision,
        shortage.charged,
        source=shortage.source,
        school_urn=claim.school_urn,
        payee=claim.payee,
    )
