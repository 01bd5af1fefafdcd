"""A school says yes or no to a booking, while its places are kept for it.

A yes counts while the places are kept, and never after, whether the schedule has tidied them away or not; the booking
then goes on as any other does. What an approver or a deputy books is approved by that; a booking that a deputy has made
before their days is for somebody else to answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from services.courses.domain.approval_rule import ApprovalRule, approved_by, check_reason
from services.courses.domain.booking import Booking, moved
from services.courses.domain.cancellation import Ask, booking_of, check_not_begun
from services.courses.domain.change import Change
from services.courses.domain.ending import decline
from services.courses.domain.occurrence import Occurrence
from services.courses.domain.places import give_back, go_on, promote
from shared.decision import Decision, Documents
from shared.refusals import Forbidden


class NotAnApprover(Forbidden):
    slug = "not-an-approver"
    title = "An approver of the school answers this, or the deputy whom they have named."


class OwnBooking(Forbidden):
    slug = "approval-of-own-booking"
    title = "A deputy does not answer for a booking of their own: an approver does."


def approve(occurrence: Occurrence, documents: Documents, now: datetime, ask: Ask) -> Decision[Booking]:
    """Say yes: the booking goes on. Raises NotFound, NotAnApprover, OwnBooking, WrongState, OccurrenceBegun."""
    change = Change(occurrence, documents, now, ask.by)
    booking = _asked_about(change, ask)
    approved = moved(booking, "approve", now, "The school approves it.", ask.by, expires_at=None, approved_by=ask.by)
    give_back(change, booking)
    return change.decision(go_on(change, approved, "The school has approved it.", ask.school_urn or booking.school_urn))


def refuse(
    occurrence: Occurrence, documents: Documents, now: datetime, ask: Ask, *, reason: str, reasons: Iterable[str]
) -> Decision[Booking]:
    """Say no, for one of the policy's `reasons`: the places go to the waiting list.

    Raises NotFound, NotAnApprover, OwnBooking, WrongState, OccurrenceBegun, RefusalReasonUnknown.
    """
    change = Change(occurrence, documents, now, ask.by)
    booking = _asked_about(change, ask)
    check_reason(reason, reasons)
    kept = decline(change, booking, reason, "refuse")
    promote(change, "A school did not approve another booking.")
    return change.decision(kept)


def _asked_about(change: Change, ask: Ask) -> Booking:
    booking = booking_of(change, ask)
    check_answers(change.approval_rule(ask.school_urn or booking.school_urn), ask.by, ask.approver, change.now)
    if not ask.approver and booking.booked_by == ask.by:
        raise OwnBooking()
    check_not_begun(change)
    return booking


def check_answers(rule: ApprovalRule | None, account_id: str, approver: bool, now: datetime) -> None:
    """Refuse who does not answer for their school. Raises NotAnApprover."""
    if approved_by(rule, account_id, approver, now) is None:
        raise NotAnApprover()
