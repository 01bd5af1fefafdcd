"""What is owed once a course was attended or the days of a placement were done, and what follows for its claim.

Money that was reserved becomes committed, and its claim is drafted. A correction adjusts both; one that comes after the
payment opens a clawback, or drafts what is still owed; one that comes after the claim has expired commits nothing. Like
everything that events ask of an account, nothing here raises, and everything may be met twice and in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from services.partnerships.domain import claim as claims
from services.partnerships.domain import clawback as clawbacks
from services.partnerships.domain.account import Account, Change, EntryKind, Funded, LedgerEntry, account_of, post
from services.partnerships.domain.claim import Claim, Claimed, Shortage, claim_of
from services.partnerships.domain.claim_policy import Payee
from services.partnerships.domain.clawback import Clawback
from services.partnerships.domain.reservation import (
    RESERVATION,
    Reservation,
    ReservationStatus,
    refuse_negative,
    reservation_key,
)
from services.partnerships.domain.usage import moved
from shared.contracts.claims import ClaimFellShort, ClaimShortageClosed, ShortageEnding
from shared.contracts.event import Event
from shared.contracts.partnerships import FundsCommitmentRefused, FundsCommitted, FundsReleased
from shared.decision import Decision, Document, Documents, Read

CORRECTED = "what was settled has been corrected after the payment"


@dataclass(frozen=True, slots=True)
class Attendance:
    """What an attendance revision charges, in pence, at least 0: of a course, or of the days of a placement.

    `source` is the aggregate that tells it, and so the evidence; `payee` who is paid for the school, if that is known.
    """

    partnership_id: str
    funded: Funded
    revision: int
    charged: int
    source: str = ""
    school_urn: str | None = None
    payee: Payee | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for what no sound event can say."""
        refuse_negative(self.charged)

    @property
    def claimed(self) -> Claimed:
        """What its claim is for."""
        return Claimed(self.partnership_id, self.funded.purpose, self.funded.id)


def reads_settlement(claimed: Claimed) -> Callable[[Account | None], Iterable[Read]]:
    """The reservation, the claim and the clawback of a booking or a placement."""
    wanted: tuple[Read, ...] = ((Reservation, claimed.key), (Claim, claimed.key), (Clawback, claimed.key))
    return lambda _account: wanted


def commit(account: Account | None, documents: Documents, now: datetime, attendance: Attendance) -> Decision[None]:
    """Owe what an attendance revision charges, and free the rest.

    A higher revision adjusts what an earlier one has committed; others are ignored. More than what the booking holds
    comes from what is available; if that is not enough no money moves, and its claim falls short. Places of the booking
    that are not funded are the school's.
    """
    before = account_of(account, attendance.partnership_id)
    known = documents.get(Reservation, reservation_key(attendance.partnership_id, attendance.funded))
    if known is None:
        return _nothing_set_aside(before, _unasked(attendance, now), attendance)
    if attendance.revision <= known.revision:
        return Decision(None)
    if not RESERVATION.allows(known.status, "commit"):
        return _nothing_set_aside(before, known, attendance)
    payable = replace(attendance, charged=known.payable(attendance.charged))
    return settled(before, known, documents, now, payable, "corrected")


def settled(
    account: Account,
    known: Reservation,
    documents: Documents,
    now: datetime,
    attendance: Attendance,
    ending: ShortageEnding,
) -> Decision[None]:
    """Owe what is charged if the account can pay it; `ending` is what that means for an earlier shortage.

    Nothing is owed of a claim that has expired: more of it has, or less, and a finance officer may open it anew.
    """
    claim = documents.get(Claim, attendance.claimed.key)
    due = max(0, attendance.charged - (claim.paid if claim is not None else 0))
    expired = due if claim is not None and claim.lapsed else 0
    owed = due - expired
    short_by = owed - known.reserved - known.committed - account.available_for(attendance.funded.purpose)
    if short_by > 0:
        return _short(account, known, documents, now, attendance, short_by)
    counted = known.model_copy(update={"counted": attendance.charged - expired})
    after = _committed(account, known, counted, owed, attendance, now)
    usage = moved(documents, known.counts, counted.counts)
    followed, of_claim, events = _claimed(claim, documents, due, attendance, now)
    root = after.root if after.root is None or followed is None else claims.watched(after.root, followed)
    over: tuple[Event, ...] = ()
    if claim is not None and claim.shortage is not None:
        over = (_shortage_closed(claim, owed, ending),)
    elif claim is not None and claim.lapsed and expired != claim.expired:
        over = (claims.told_expired(claim, expired),)
    return Decision(None, root, (*after.documents, *usage, *of_claim), (*after.events, *events, *over))


def reflect(
    account: Account | None, documents: Documents, now: datetime, claimed: Claimed, source: str
) -> Decision[None]:
    """The reflection on a placement was handed in: its claim may be submitted, now or once it is drafted."""
    known = claim_of(documents.get(Claim, claimed.key), claimed, now)
    if known.reflected:
        return Decision(None)
    evidence = (*known.evidence, f"{source}#completed")
    after = known.model_copy(update={"reflected": True, "evidence": evidence, "changed_at": now})
    return Decision(None, account_of(account, claimed.partnership_id), (after,))


def _committed(
    account: Account, known: Reservation, counted: Reservation, owed: int, attendance: Attendance, now: datetime
) -> Decision[None]:
    rest = max(0, known.reserved + known.committed - owed)
    after, entries = _settle(account, known, owed, now)
    settled = counted.model_copy(
        update={
            "status": RESERVATION.next(known.status, "commit"),
            "reserved": 0,
            "committed": owed,
            "revision": attendance.revision,
            "changed_at": now,
        }
    )
    events: list[Event] = [
        FundsCommitted(
            partnership_id=attendance.partnership_id,
            purpose=attendance.funded.purpose,
            funded_id=attendance.funded.id,
            revision=attendance.revision,
            amount_pence=counted.counted,
        )
    ]
    if rest:
        events.append(
            FundsReleased(
                partnership_id=attendance.partnership_id,
                purpose=attendance.funded.purpose,
                funded_id=attendance.funded.id,
                amount_pence=rest,
            )
        )
    return Decision(None, after, (settled, *entries), tuple(events))


def _settle(account: Account, known: Reservation, owed: int, now: datetime) -> tuple[Account, tuple[LedgerEntry, ...]]:
    """The first revision turns reserved money into committed and releases the rest; later ones correct."""
    funded = known.funded
    if known.status is ReservationStatus.COMMITTED:
        correction = Change(committed=owed - known.committed)
        after, entry = post(account, EntryKind.CORRECTED, correction, now, funded=funded)
        return after, (entry,)
    used = min(known.reserved, owed)
    after, entry = post(account, EntryKind.COMMITTED, Change(reserved=-used, committed=owed), now, funded=funded)
    if used == known.reserved:
        return after, (entry,)
    rest = Change(reserved=used - known.reserved)
    after, freed = post(after, EntryKind.RELEASED, rest, now, funded=funded)
    return after, (entry, freed)


def _claimed(
    claim: Claim | None, documents: Documents, due: int, attendance: Attendance, now: datetime
) -> tuple[Claim | None, tuple[Document, ...], tuple[Event, ...]]:
    """Its claim follows what is due; its clawback what was paid beyond the charge."""
    if claim is None and due == 0:
        return None, (), ()
    evidence = (f"{attendance.source}#{attendance.revision}",)
    followed = claims.followed(_informed(claim, attendance, now), due, evidence, now)
    before = documents.get(Clawback, attendance.claimed.key)
    clawback, events = clawbacks.followed(before, followed, attendance.charged, CORRECTED, now)
    return followed, (followed,) if clawback is None else (followed, clawback), events


def _informed(claim: Claim | None, attendance: Attendance, now: datetime) -> Claim:
    """The claim, with what is known of its school."""
    of_school = {"school_urn": attendance.school_urn, "payee": attendance.payee}
    known = claim_of(claim, attendance.claimed, now)
    return known.model_copy(update={name: value for name, value in of_school.items() if value is not None})


def _short(
    account: Account,
    known: Reservation,
    documents: Documents,
    now: datetime,
    attendance: Attendance,
    short_by: int,
) -> Decision[None]:
    """The account cannot pay: its claim waits for money or for finance, and no money is asked back meanwhile."""
    noted = known.model_copy(update={"revision": attendance.revision, "changed_at": now})
    before = documents.get(Claim, attendance.claimed.key)
    shortage = Shortage(
        source=attendance.source, revision=attendance.revision, charged=attendance.charged, missing=short_by
    )
    claim = claims.fallen_short(_informed(before, attendance, now), shortage, now)
    clawback = documents.get(Clawback, claim.id)
    withdrawn, events = clawbacks.followed(clawback, claim, attendance.charged, CORRECTED, now)
    told = ClaimFellShort(
        partnership_id=claim.partnership_id,
        claim_purpose=claim.purpose,
        funded_id=claim.funded_id,
        school_urn=claim.school_urn or "",
        short_by_pence=short_by,
    )
    written: tuple[Document, ...] = (noted, claim) if withdrawn is None else (noted, claim, withdrawn)
    return Decision(None, account, written, (_commitment_refused(attendance, short_by), told, *events))


def _shortage_closed(claim: Claim, amount: int, ending: ShortageEnding) -> ClaimShortageClosed:
    return ClaimShortageClosed(
        partnership_id=claim.partnership_id,
        claim_purpose=claim.purpose,
        funded_id=claim.funded_id,
        shortage_ending=ending,
        amount_pence=amount,
    )


def _unasked(attendance: Attendance, now: datetime) -> Reservation:
    """A tombstone for a booking that is over before its reservation was heard of."""
    return Reservation(
        id=reservation_key(attendance.partnership_id, attendance.funded),
        partnership_id=attendance.partnership_id,
        purpose=attendance.funded.purpose,
        funded_id=attendance.funded.id,
        status=RESERVATION.next(ReservationStatus.UNASKED, "release"),
        changed_at=now,
    )


def _nothing_set_aside(account: Account, known: Reservation, attendance: Attendance) -> Decision[None]:
    """The booking holds no money: nothing can be committed, and all of the charge is missing."""
    noted = known.model_copy(update={"revision": attendance.revision})
    events = (_commitment_refused(attendance, attendance.charged),) if attendance.charged else ()
    return Decision(None, account, (noted,), events)


def _commitment_refused(attendance: Attendance, short_by: int) -> FundsCommitmentRefused:
    return FundsCommitmentRefused(
        partnership_id=attendance.partnership_id,
        purpose=attendance.funded.purpose,
        funded_id=attendance.funded.id,
        revision=attendance.revision,
        amount_pence=attendance.charged,
        short_by_pence=short_by,
    )
