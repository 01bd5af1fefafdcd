"""Claims that nobody has submitted when their window closes: what was committed for them is free again.

A window is looked at by the clock wherever it matters; the schedule only gives the occasion to free the money. A
finance officer may open the window of a claim anew, also of an expired one, as long as the account can pay it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from services.partnerships.domain.account import Account, Change, EntryKind, post
from services.partnerships.domain.claim import (
    CLAIM,
    Claim,
    Claimed,
    ClaimStatus,
    end_of,
    moving,
    told_expired,
    watched,
    window_from,
)
from services.partnerships.domain.partnership import Actor, Partnership
from services.partnerships.domain.reservation import Reservation
from services.partnerships.domain.settlement import reads_settlement
from services.partnerships.domain.usage import moved, reads_usage
from shared.decision import Decision, Document, Documents, Read, ReadsInTurn
from shared.refusals import Conflict


class ClaimMoneyGone(Conflict):
    slug = "claim-money-gone"
    title = "The account has too little left for this claim."


@dataclass(frozen=True, slots=True)
class Extension:
    """A window is to be opened anew, for this reason."""

    claimed: Claimed
    reason: str


def reads_claim(claimed: Claimed) -> ReadsInTurn[Account]:
    """The claim, its reservation, its clawback, and the usage that it counts for."""

    def usage(documents: Documents) -> Iterable[Read]:
        known = documents.get(Reservation, claimed.key)
        return reads_usage(known.counts if known is not None else None)

    return ReadsInTurn[Account](reads_settlement(claimed), usage)


def expire(account: Account, documents: Documents, now: datetime, *, claimed: Claimed) -> Decision[None]:
    """Free what is committed for a claim that was not submitted in time. Never raises, and frees once."""
    known = documents.get(Claim, claimed.key)
    if known is None or not CLAIM.allows(known.status, "expire"):
        return Decision(None)
    if known.window_closes_on is None or now.date() <= known.window_closes_on:
        return Decision(None)
    freed = Change(committed=-known.amount)
    after, entry = post(account, EntryKind.RELEASED, freed, now, funded=claimed)
    update = {
        "status": CLAIM.next(known.status, "expire"),
        "amount": 0,
        "expired": known.amount,
        "lapsed": True,
        "changed_at": now,
    }
    told = told_expired(known, known.amount)
    written = (known.model_copy(update=update), entry, *_counting(documents, claimed, -known.amount, now))
    return Decision(None, after, written, (told,))


def extend(
    account: Account, documents: Documents, extension: Extension, partnership: Partnership, actor: Actor, now: datetime
) -> Decision[Claim]:
    """Open a claim's window anew, from today. Raises ClaimMoneyGone for an expired one that cannot be paid any more.

    It counts against the caps again, and is not refused if others have used them meanwhile: it was within them when it
    was booked, what it is for has taken place, and finance says why. The next booking finds it counted.
    """
    known = moving(documents.get(Claim, extension.claimed.key), "extend", partnership, actor)
    update = {
        "status": CLAIM.next(known.status, "extend"),
        "amount": known.amount + known.expired,
        "expired": 0,
        "lapsed": False,
        "window_closes_on": window_from(now),
        "reason": extension.reason,
        "changed_at": now,
    }
    drafted = known.model_copy(update=update)
    if known.status is not ClaimStatus.EXPIRED:
        return Decision(drafted, watched(account, drafted), (drafted,))
    short_by = known.expired - account.available_for(known.purpose)
    if short_by > 0:
        raise ClaimMoneyGone(short_by_pence=short_by)
    owed = Change(committed=known.expired)
    after, entry = post(account, EntryKind.COMMITTED, owed, now, funded=extension.claimed)
    counting = _counting(documents, extension.claimed, known.expired, now)
    return Decision(drafted, watched(after, drafted), (drafted, entry, *counting))


def look_again(account: Account, next_window: date | None, more: bool, now: datetime) -> Decision[None]:
    """Say when the account is to be looked at next: at once if there is `more`, or when the next window has closed.

    What is drafted while the windows are looked up has one that begins today, so it is never overlooked.
    """
    closes = window_from(now) if next_window is None else min(next_window, window_from(now))
    return Decision(None, account.model_copy(update={"due_at": now if more else end_of(closes)}))


def _counting(documents: Documents, claimed: Claimed, more: int, now: datetime) -> tuple[Document, ...]:
    """The reservation of what is claimed, and what it counts against the caps, once `more` is committed for it."""
    known = documents.get(Reservation, claimed.key)
    if known is None:
        return ()
    update = {"committed": known.committed + more, "counted": known.counted + more, "changed_at": now}
    after = known.model_copy(update=update)
    return (after, *moved(documents, known.counts, after.counts))
