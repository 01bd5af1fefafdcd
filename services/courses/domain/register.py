"""The register: who attended which session, and what follows for the booking.

Marks are added, never overwritten: a later mark for the same delegate and session is a correction, needs a reason, and
leaves the earlier one to be seen. A booking is settled once every delegate has a mark for every session and the last
session is over; a correction after that settles it again under a higher revision, from which the money follows.
Where marks do not come, an officer closes the register as it is: who was not seen was not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Final
from zoneinfo import ZoneInfo

from services.courses.domain.booking import Attendance, Booking, BookingStatus, Mark, moved
from services.courses.domain.cancellation import NoSuchDelegate
from services.courses.domain.change import Change
from services.courses.domain.charging import with_no_shows
from services.courses.domain.occurrence import LIFE_CYCLE, Chore, Closing, Occurrence, Session
from shared.contracts.courses import AttendanceSettled, BookingOutcome
from shared.decision import Decision, Documents
from shared.refusals import Conflict, Invalid, Missing

PRESENT: Final = ("full", "partial")
VERBS: Final = {"attended": "attend", "partially-attended": "attend-in-part", "no-show": "stay-away"}


class NoSuchSession(Missing):
    slug = "no-such-session"
    title = "The occurrence has no session of this number."


class SessionNotBegun(Conflict):
    slug = "session-not-begun"
    title = "Attendance is recorded once the session has begun."


class ReasonNeeded(Invalid):
    slug = "correction-reason-needed"
    title = "A mark that corrects an earlier one needs a reason."


@dataclass(frozen=True, slots=True)
class Presence:
    """How a delegate attended, as it is recorded; `reason` is needed for a correction."""

    delegate_id: str
    attendance: Attendance
    reason: str | None = None


def record(
    occurrence: Occurrence,
    documents: Documents,
    now: datetime,
    *,
    by: str,
    booking_id: str,
    session: int,
    presences: Sequence[Presence],
) -> Decision[Booking]:
    """Enter marks for one session of a booking, and settle it when nothing is missing.

    Raises NotFound, WrongState, NoSuchSession, SessionNotBegun, NoSuchDelegate, ReasonNeeded.
    """
    change = Change(occurrence, documents, now, by)
    booking = change.booking(booking_id)
    _check_session(change.occurrence.sessions, session, now)
    LIFE_CYCLE.next(change.occurrence.status, "record")
    marks = tuple(_marks(booking, session, presences, now, by))
    if not marks:
        return change.decision(booking)
    all_marks = (*booking.marks, *marks)
    kept = moved(
        booking,
        "record",
        now,
        f"Attendance of session {session} was recorded.",
        by,
        marks=all_marks,
        register_complete=_is_complete(booking, all_marks, change.occurrence.sessions),
    )
    if kept.register_complete and now >= change.occurrence.ends_at:
        kept = settle(change, kept)
    change.keep(kept)
    return change.decision(kept)


def settle_bookings(
    occurrence: Occurrence, documents: Documents, now: datetime, *, by: str, booking_ids: Sequence[str], last: bool
) -> Decision[None]:
    """Settle a slice of the bookings whose register was complete before the last session was over."""
    change = Change(occurrence, documents, now, by)
    if change.occurrence.chore is not Chore.SETTLE:
        return change.decision(None)
    for booking_id in booking_ids:
        booking = change.booking(booking_id)
        if booking.register_complete and booking.settled == 0:
            change.keep(settle(change, booking))
    if last and change.occurrence.chore is Chore.SETTLE:
        change.update(chore=None)
    return change.decision(None)


def close(occurrence: Occurrence, documents: Documents, now: datetime, *, by: str, reason: str) -> Decision[Occurrence]:
    """Wait for no more marks; the bookings that lack some are settled in slices. Raises WrongState."""
    change = Change(occurrence, documents, now, by)
    change.move("close-register", chore=Chore.CLOSE, register_closed=Closing(by=by, at=now, reason=reason))
    return change.decision(change.occurrence)


def close_bookings(
    occurrence: Occurrence, documents: Documents, now: datetime, *, by: str, booking_ids: Sequence[str], last: bool
) -> Decision[None]:
    """Settle a slice of the bookings of a closed register: a mark that is missing means absent."""
    change = Change(occurrence, documents, now, by)
    closed = change.occurrence.register_closed
    if change.occurrence.chore is not Chore.CLOSE or closed is None:
        return change.decision(None)
    for booking in (change.booking(booking_id) for booking_id in booking_ids):
        if booking.settled == 0:
            marks = (*booking.marks, *_missing(booking, change.occurrence.sessions, closed))
            said = f"The register was closed: {closed.reason}"
            settle(change, moved(booking, "record", now, said, closed.by, marks=marks, register_complete=True))
    if last and change.occurrence.chore is Chore.CLOSE:
        change.update(chore=None)
    return change.decision(None)


def settle(change: Change, booking: Booking) -> Booking:
    """Draw the conclusion from a complete register; the same conclusion again is no news."""
    latest = latest_marks(booking.marks)
    attended = sum(_came(latest, line.delegate_id) for line in booking.booked())
    outcome = outcome_of(latest.values())
    charged = booking.price_pence * attended if booking.partnership_id is not None else 0
    fully = tuple(line.delegate_id for line in booking.booked() if _came_in_full(latest, line.delegate_id))
    away = [line.delegate_id for line in booking.booked() if _stayed_away(latest, line.delegate_id)]
    charges = with_no_shows(change, booking, away)
    concluded = {"charged_pence": charged, "outcome": outcome, "fully_attended": fully, "charges": charges}
    if booking.settled and all(getattr(booking, field) == value for field, value in concluded.items()):
        return booking
    revision = booking.settled + 1
    verb = "correct" if booking.status is BookingStatus.COMPLETED else VERBS[outcome]
    reason = f"{attended} of {booking.places} places were attended."
    kept = moved(booking, verb, change.now, reason, change.by, settled=revision, **concluded)
    change.keep(kept)
    change.say(
        AttendanceSettled(
            occurrence_id=booking.occurrence_id,
            booking_id=booking.id,
            school_urn=booking.school_urn,
            partnership_id=booking.counts_for,
            funded=booking.partnership_id is not None,
            revision=revision,
            outcome=outcome,
            places=booking.places,
            attended_places=attended,
            charged_pence=charged,
            fully_attended=fully,
            ended_on=change.occurrence.ends_at.astimezone(ZoneInfo(change.occurrence.zone)).date(),
            no_show_fee_pence=sum(
                charge.fee_pence for charge in charges if charge.kind == "no-show" and charge.waived is None
            ),
        )
    )
    if revision == 1:
        change.update(unsettled=change.occurrence.unsettled - 1)
        change.complete_if_settled()
    return kept


def latest_marks(marks: Iterable[Mark]) -> dict[tuple[int, str], Mark]:
    """The mark that holds for each session and delegate."""
    return {(mark.session, mark.delegate_id): mark for mark in marks}


def outcome_of(marks: Iterable[Mark]) -> BookingOutcome:
    """Attended if everybody came in full to everything, a no-show if nobody came to anything, else in part."""
    kinds = {mark.attendance for mark in marks}
    if kinds == {"full"}:
        return "attended"
    return "partially-attended" if kinds & set(PRESENT) else "no-show"


def _check_session(sessions: Sequence[Session], number: int, now: datetime) -> None:
    if not 1 <= number <= len(sessions):
        raise NoSuchSession(field="session", sessions=len(sessions))
    if now < sessions[number - 1].starts_at:
        raise SessionNotBegun(field="session")


def _marks(booking: Booking, session: int, presences: Sequence[Presence], now: datetime, by: str) -> Iterable[Mark]:
    known = latest_marks(booking.marks)
    delegates = {line.delegate_id for line in booking.booked()}
    for index, presence in enumerate(presences):
        if presence.delegate_id not in delegates:
            raise NoSuchDelegate(field=f"marks.{index}.delegate_id")
        earlier = known.get((session, presence.delegate_id))
        if earlier is not None and earlier.attendance == presence.attendance:
            continue
        if earlier is not None and presence.reason is None:
            raise ReasonNeeded(field=f"marks.{index}.reason")
        yield Mark(
            session=session,
            delegate_id=presence.delegate_id,
            attendance=presence.attendance,
            at=now,
            by=by,
            reason=presence.reason,
        )


def _missing(booking: Booking, sessions: Sequence[Session], closed: Closing) -> Iterable[Mark]:
    known = latest_marks(booking.marks)
    for session, line in product(sessions, booking.booked()):
        if (session.number, line.delegate_id) not in known:
            yield Mark(
                session=session.number,
                delegate_id=line.delegate_id,
                attendance="absent",
                at=closed.at,
                by=closed.by,
                reason=closed.reason,
            )


def _is_complete(booking: Booking, marks: Sequence[Mark], sessions: Sequence[Session]) -> bool:
    known = latest_marks(marks)
    return all((session.number, line.delegate_id) in known for session in sessions for line in booking.booked())


def _came_in_full(latest: dict[tuple[int, str], Mark], delegate_id: str) -> bool:
    return {mark.attendance for (_, who), mark in latest.items() if who == delegate_id} == {"full"}


def _stayed_away(latest: dict[tuple[int, str], Mark], delegate_id: str) -> bool:
    """Whether a delegate was absent from every session, and excused from none."""
    return {mark.attendance for (_, who), mark in latest.items() if who == delegate_id} == {"absent"}


def _came(latest: dict[tuple[int, str], Mark], delegate_id: str) -> bool:
    return any(mark.attendance in PRESENT for (_, who), mark in latest.items() if who == delegate_id)
