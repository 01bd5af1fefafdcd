"""Fees of a booking: what cancelling it costs, what staying away has cost, and letting a school off.

Only a confirmed place costs anything: what is held, waited for or offered is not the school's yet. The hours in which
cancelling is free begin with the confirmation, and anew when the organiser moves the course to other dates.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from services.courses.domain.booking import Booking, BookingStatus, confirmed_at, noted
from services.courses.domain.change import Change
from services.courses.domain.fees import Charge, Due, Quote, Waiver, quote
from services.courses.domain.occurrence import Occurrence, Status
from shared.contracts.courses import FeeWaived
from shared.decision import Decision, Documents
from shared.refusals import Conflict


class FeeRisen(Conflict):
    slug = "cancellation-fee-risen"
    title = "Cancelling costs more now than was agreed to: nothing was cancelled."


class NoFeeToWaive(Conflict):
    slug = "no-fee-to-waive"
    title = "The booking owes no fee."


def quote_for(occurrence: Occurrence, booking: Booking, places: int, now: datetime) -> Quote:
    """What it costs to cancel so many places of a booking that can be cancelled.

    Nothing, once the organiser has called the course off and has not come to this booking yet.
    """
    policy, since = occurrence.terms.cancellation, confirmed_at(booking)
    costs = booking.status is BookingStatus.CONFIRMED and occurrence.status is not Status.CANCELLED
    if policy is None or since is None or not costs:
        return Quote(Due(now, 0, None), ())
    return quote(
        occurrence.fees,
        cooling_off_hours=policy.cooling_off_hours,
        price_pence=booking.price_pence,
        places=places,
        starts_at=occurrence.starts_at,
        booked_at=since if occurrence.moved_at is None else max(since, occurrence.moved_at),
        now=now,
    )


def agreed(change: Change, booking: Booking, places: int, accepts: int | None) -> Due:
    """What cancelling so many places costs now; `accepts` is the most that its school agrees to. Raises FeeRisen."""
    quoted = quote_for(change.occurrence, booking, places, change.now)
    due = quoted.now
    if accepts is not None and due.fee_pence > accepts:
        rises = quoted.later[0] if quoted.later else None
        raise FeeRisen(
            field="accepts_fee_pence",
            fee_pence=due.fee_pence,
            tier=due.tier,
            next_fee_pence=None if rises is None else rises.fee_pence,
            next_from=None if rises is None else rises.from_at.isoformat(),
        )
    return due


def charged(booking: Booking, due: Due, now: datetime, delegate_id: str | None = None) -> tuple[Charge, ...]:
    """The fees of a booking after its school has cancelled it, or one delegate."""
    if due.fee_pence == 0:
        return booking.charges
    fresh = Charge(kind="cancellation", at=now, fee_pence=due.fee_pence, tier=due.tier, delegate_id=delegate_id)
    return (*booking.charges, fresh)


def with_no_shows(change: Change, booking: Booking, absent: Iterable[str]) -> tuple[Charge, ...]:
    """The fees of a booking of which these delegates stayed away without excuse; what was waived stays waived.

    Under a bursary too it is the school's own cost: a place that was not attended is not charged to the partnership.
    """
    policy = change.occurrence.terms.cancellation
    fee = 0 if policy is None else policy.no_show.of(booking.price_pence)
    before = {charge.delegate_id: charge for charge in booking.charges if charge.kind == "no-show"}
    others = tuple(charge for charge in booking.charges if charge.kind != "no-show")
    if fee == 0:
        return others
    fresh = (before.get(who) or Charge(kind="no-show", at=change.now, fee_pence=fee, delegate_id=who) for who in absent)
    return (*others, *fresh)


def waive(
    occurrence: Occurrence, documents: Documents, now: datetime, *, by: str, booking_id: str, reason: str
) -> Decision[Booking]:
    """Let the school off every fee that the booking owes. Raises NotFound, NoFeeToWaive.

    The reason may speak of a person: it stays in the booking's history and does not travel.
    """
    change = Change(occurrence, documents, now, by)
    booking = change.booking(booking_id)
    if booking.fee_pence == 0:
        raise NoFeeToWaive()
    waiver = Waiver(at=now, by=by, reason=reason)
    charges = tuple(
        charge.model_copy(update={"waived": waiver}) if charge.waived is None else charge for charge in booking.charges
    )
    kept = noted(booking, "waive-fee", now, reason, by, charges=charges)
    change.keep(kept)
    change.say(
        FeeWaived(
            occurrence_id=occurrence.id,
            booking_id=booking.id,
            school_urn=booking.school_urn,
            waived_pence=booking.fee_pence,
        )
    )
    return change.decision(kept)
