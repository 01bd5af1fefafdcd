"""What becomes of the money that a booking or a placement asks for: reserved or refused, released.

settlement.py commits it. Decisions here never raise: what courses tell has happened, and a no is a fact that they are
told in turn. Each is safe to meet twice and in any order: a release that comes before its reservation leaves a
tombstone, on which the reservation is refused; an attendance revision counts once, and never after a higher one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from services.partnerships.domain.academic_year import academic_year
from services.partnerships.domain.account import (
    Account,
    Change,
    EntryKind,
    Funded,
    PartnershipFacts,
    account_of,
    informed,
    post,
)
from services.partnerships.domain.funding_scheme import FundingScheme, funding_scheme
from services.partnerships.domain.school import Lineage
from services.partnerships.domain.usage import Counted, cap_reached, moved
from shared.contracts.partnerships import (
    FundsPurpose,
    FundsReleased,
    FundsReservationRefused,
    FundsReserved,
    RefusalReason,
)
from shared.decision import Decision, Document, Documents, Read
from shared.transitions import Table, Transition


class ReservationStatus(StrEnum):
    """Where a booking's money is. UNASKED is the state before anything was heard; it is never stored."""

    UNASKED = "unasked"
    RESERVED = "reserved"
    REFUSED = "refused"
    RELEASED = "released"
    COMMITTED = "committed"


RESERVATION: Table[ReservationStatus] = Table(
    (
        Transition(ReservationStatus.UNASKED, "reserve", "system", ReservationStatus.RESERVED),
        Transition(ReservationStatus.UNASKED, "refuse", "system", ReservationStatus.REFUSED),
        Transition(ReservationStatus.UNASKED, "release", "system", ReservationStatus.RELEASED),
        Transition(ReservationStatus.RESERVED, "reduce", "system", ReservationStatus.RESERVED),
        Transition(ReservationStatus.RESERVED, "release", "system", ReservationStatus.RELEASED),
        Transition(ReservationStatus.RESERVED, "commit", "system", ReservationStatus.COMMITTED),
        Transition(ReservationStatus.COMMITTED, "commit", "system", ReservationStatus.COMMITTED),
    )
)


class UnfundedPlace(BaseModel):
    """A place of a booking that its reservation does not pay for: whose it is, and what it costs, in pence."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    teacher: str
    price: int


class Reservation(Document):
    """The money of one booking or placement, in pence: `asked` for, `reserved` and `committed` now.

    `revision` is the highest attendance revision that was decided on, 0 before the first. `reason` says why money was
    refused. A tombstone is a released reservation that never held anything. `scheme` is the version that funds it,
    `counted` what it counts against the caps of its `teachers` and its school in the academic `year`, `counts_under`
    the URN that the school counts under (None: its own). `unfunded` are the places that it does not pay for, although
    they belong to the booking; `covers` is what it held for the others.
    """

    collection = "reservations"
    partnership_id: str
    purpose: FundsPurpose
    funded_id: str
    asked_by: str | None = None
    school_urn: str | None = None
    status: ReservationStatus
    asked: int = 0
    reserved: int = 0
    committed: int = 0
    revision: int = 0
    reason: RefusalReason | None = None
    scheme: str | None = None
    year: int = 0
    teachers: tuple[str, ...] = ()
    counted: int = 0
    counts_under: str | None = None
    unfunded: tuple[UnfundedPlace, ...] = ()
    covers: int = 0
    changed_at: datetime

    @property
    def funded(self) -> Funded:
        """What the money is for."""
        return Funded(self.purpose, self.funded_id)

    @property
    def counts(self) -> Counted | None:
        """What it counts against the caps; None where it was never funded."""
        if self.school_urn is None or self.scheme is None:
            return None
        return Counted(self.year, self.counts_under or self.school_urn, self.teachers, self.counted)

    def payable(self, charged: int) -> int:
        """How much of what is charged for the booking it pays, in pence.

        With places that it does not pay for it is never more than what it held for the others at the end: who of the
        booking was there, the charge does not tell.
        """
        return min(charged, self.covers) if self.unfunded else charged


@dataclass(frozen=True, slots=True)
class Terms:
    """What a scheme looks at besides the school: the first day, who is to come, how many days where that is known."""

    starts_on: date
    teachers: tuple[str, ...] = ()
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What a held place or an agreed placement asks for: `amount` pence, at least 0, for a school.

    `asked_by` is the aggregate that asked: "occurrences/<id>" of a booking, "placements/<id>". `lineage` is the
    school's; None: it never had another URN.
    """

    partnership_id: str
    funded: Funded
    asked_by: str
    school_urn: str
    amount: int
    terms: Terms
    lineage: Lineage | None = None

    @property
    def known_as(self) -> Lineage:
        """The school's lineage."""
        return self.lineage or Lineage((self.school_urn,), (self.school_urn,))

    @property
    def counts(self) -> Counted:
        """What it would count against the caps."""
        year = academic_year(self.terms.starts_on)
        return Counted(year, self.known_as.urns[0], self.terms.teachers, self.amount)

    def __post_init__(self) -> None:
        """Raises ValueError for what no sound event can say: reserving less than nothing would make money."""
        refuse_negative(self.amount)


def refuse_negative(amount: int) -> None:
    """Raises ValueError for an amount below 0, so that the event that says it is parked."""
    if amount < 0:
        raise ValueError(f"an amount of {amount} pence")


def reservation_key(partnership_id: str, funded: Funded) -> str:
    """The id of a booking's reservation. It belongs to one account, whatever booking ids others make up."""
    return f"{partnership_id}/{funded.purpose}/{funded.id}"


def reads_reservation(partnership_id: str, funded: Funded) -> Callable[[Account | None], tuple[Read, ...]]:
    """The reads of every decision of this module."""
    wanted: tuple[Read, ...] = ((Reservation, reservation_key(partnership_id, funded)),)
    return lambda _account: wanted


def reserve(
    account: Account | None,
    documents: Documents,
    now: datetime,
    request: Request,
    facts: PartnershipFacts | None,
    *,
    state_funded: bool | None,
) -> Decision[None]:
    """Set money aside for a booking, or say why not. A booking is answered once.

    `state_funded` is what the register has of the school; None where it does not tell.
    """
    before = informed(account_of(account, request.partnership_id), facts)
    known = documents.get(Reservation, reservation_key(request.partnership_id, request.funded))
    if known is not None:
        return _asked_again(before, known, request)
    scheme = funding_scheme(request.terms.starts_on)
    reason = _reason_against(before, request) or _reason_of_scheme(documents, request, scheme, state_funded)
    if reason is not None or scheme is None:
        return _refused(before, request, reason or "no-scheme", now)
    after, entry = post(before, EntryKind.RESERVED, Change(reserved=request.amount), now, funded=request.funded)
    reservation = _reservation(request, "reserve", now).model_copy(
        update={
            "reserved": request.amount,
            "scheme": scheme.version,
            "year": request.counts.year,
            "teachers": request.terms.teachers,
            "counted": request.amount,
            "counts_under": request.counts.school_urn,
        }
    )
    usage = moved(documents, None, reservation.counts)
    told = FundsReserved(
        partnership_id=request.partnership_id,
        purpose=request.funded.purpose,
        funded_id=request.funded.id,
        asked_by=request.asked_by,
        school_urn=request.school_urn,
        amount_pence=request.amount,
    )
    return Decision(None, after, (reservation, entry, *usage), (told,))


def release(
    account: Account | None, documents: Documents, now: datetime, *, partnership_id: str, funded: Funded
) -> Decision[None]:
    """Free what is set aside for a booking that has ended; before its reservation, leave a tombstone."""
    before = account_of(account, partnership_id)
    key = reservation_key(partnership_id, funded)
    known = documents.get(Reservation, key)
    if known is None:
        status = RESERVATION.next(ReservationStatus.UNASKED, "release")
        tombstone = Reservation(
            id=key,
            partnership_id=partnership_id,
            purpose=funded.purpose,
            funded_id=funded.id,
            status=status,
            changed_at=now,
        )
        return Decision(None, before, (tombstone,))
    if not RESERVATION.allows(known.status, "release"):
        return Decision(None)
    after, entry = post(before, EntryKind.RELEASED, Change(reserved=-known.reserved), now, funded=funded)
    released = known.model_copy(
        update={"status": RESERVATION.next(known.status, "release"), "reserved": 0, "counted": 0, "changed_at": now}
    )
    usage = moved(documents, known.counts, released.counts)
    told = FundsReleased(
        partnership_id=partnership_id, purpose=funded.purpose, funded_id=funded.id, amount_pence=known.reserved
    )
    return Decision(None, after, (released, entry, *usage), (told,))


def reduce(
    account: Account | None,
    documents: Documents,
    now: datetime,
    *,
    partnership_id: str,
    funded: Funded,
    amount: int,
    without: str | None = None,
) -> Decision[None]:
    """Free what a booking that has shrunk to `amount` pence, by the teacher `without`, does not need any more."""
    refuse_negative(amount)
    known = documents.get(Reservation, reservation_key(partnership_id, funded))
    if account is None or known is None or not RESERVATION.allows(known.status, "reduce"):
        return Decision(None)
    unfunded = tuple(each for each in known.unfunded if each.teacher != without)
    paid_for = min(known.reserved, max(0, amount - sum(each.price for each in unfunded)))
    if paid_for == known.reserved and unfunded == known.unfunded:
        return Decision(None)
    left = known.model_copy(
        update={"unfunded": unfunded, "teachers": tuple(teacher for teacher in known.teachers if teacher != without)}
    )
    return shrunk(account, documents, now, known, left, paid_for)


def shrunk(
    account: Account, documents: Documents, now: datetime, known: Reservation, left: Reservation, amount: int
) -> Decision[None]:
    """Free what a reservation holds beyond `amount` pence, once the booking is as it is `left`."""
    rest = known.reserved - amount
    after, entry = post(account, EntryKind.RELEASED, Change(reserved=-rest), now, funded=known.funded)
    reduced = left.model_copy(
        update={
            "status": RESERVATION.next(known.status, "reduce"),
            "reserved": amount,
            "counted": amount,
            "covers": amount,
            "changed_at": now,
        }
    )
    usage = moved(documents, known.counts, reduced.counts)
    told = FundsReleased(
        partnership_id=known.partnership_id, purpose=known.purpose, funded_id=known.funded_id, amount_pence=rest
    )
    return Decision(None, after, (reduced, entry, *usage), (told,))


def _reason_against(account: Account, request: Request) -> RefusalReason | None:
    if not account.active:
        return "partnership-not-active"
    if not {*request.known_as.onward} & {*account.school_urns}:
        return "not-a-member"
    if account.allocated == 0 and request.amount:
        return "no-allocation"
    if request.amount > account.available_for(request.funded.purpose):
        return "insufficient-funds"
    return None


def _reason_of_scheme(
    documents: Documents,
    request: Request,
    scheme: FundingScheme | None,
    state_funded: bool | None,
) -> RefusalReason | None:
    """What the scheme of the day has against it; a rate that no scheme pays is no scheme."""
    if scheme is None:
        return "no-scheme"
    if scheme.state_funded_only and not state_funded:
        return "not-state-funded"
    days = request.terms.days
    if days is not None and request.amount > days * scheme.placement_day_pence:
        return "no-scheme"
    return cap_reached(documents, request.counts, scheme, request.known_as.urns)


def _asked_again(account: Account, known: Reservation, request: Request) -> Decision[None]:
    """An answer stands; only a tombstone has not been answered yet."""
    if known.status is not ReservationStatus.RELEASED or known.asked_by is not None:
        return Decision(None)
    answered = known.model_copy(
        update={
            "asked": request.amount,
            "asked_by": request.asked_by,
            "school_urn": request.school_urn,
            "reason": "released-before",
        }
    )
    return Decision(None, account, (answered,), (_reservation_refused(account, request, "released-before"),))


def _refused(account: Account, request: Request, reason: RefusalReason, now: datetime) -> Decision[None]:
    refused = _reservation(request, "refuse", now).model_copy(update={"reason": reason})
    return Decision(None, account, (refused,), (_reservation_refused(account, request, reason),))


def _reservation(request: Request, verb: str, now: datetime) -> Reservation:
    return Reservation(
        id=reservation_key(request.partnership_id, request.funded),
        partnership_id=request.partnership_id,
        purpose=request.funded.purpose,
        funded_id=request.funded.id,
        asked_by=request.asked_by,
        school_urn=request.school_urn,
        status=RESERVATION.next(ReservationStatus.UNASKED, verb),
        asked=request.amount,
        changed_at=now,
    )


def _reservation_refused(account: Account, request: Request, reason: RefusalReason) -> FundsReservationRefused:
    lacking = reason in ("insufficient-funds", "no-allocation")
    return FundsReservationRefused(
        partnership_id=request.partnership_id,
        purpose=request.funded.purpose,
        funded_id=request.funded.id,
        asked_by=request.asked_by,
        school_urn=request.school_urn,
        amount_pence=request.amount,
        reason=reason,
        short_by_pence=request.amount - account.available_for(request.funded.purpose) if lacking else 0,
    )
