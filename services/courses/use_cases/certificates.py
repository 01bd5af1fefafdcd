"""Certifying full attendance, and taking that back."""

from __future__ import annotations

import secrets

from services.courses.domain.booking import Booking
from services.courses.domain.certificate import Attended, Certificate, certificate_id, follow
from services.courses.domain.certificate_number import ALPHABET, DRAWN, number_of
from services.courses.domain.occurrence import Occurrence
from shared.contracts.courses import AttendanceSettled
from shared.work import Work


async def follow_register(work: Work, settled: AttendanceSettled) -> None:
    """Let the certificates of a booking's delegates follow its settled attendance.

    Who is booked, and what was taught, no longer changes once attendance is settled.
    """
    occurrence = await work.collection(Occurrence).get(settled.occurrence_id)
    booking = await work.collection(Booking).get(settled.booking_id)
    if occurrence is None or booking is None or settled.fully_attended is None:
        return
    for line in booking.booked():
        in_full = line.delegate_id in settled.fully_attended
        attended = Attended(line.delegate_id, settled.school_urn, booking.id, settled.revision, in_full)
        await _follow(work, occurrence, attended)


async def _follow(work: Work, occurrence: Occurrence, attended: Attended) -> None:
    number = number_of([secrets.randbelow(len(ALPHABET)) for _ in range(DRAWN)])
    await work.create_or_change(
        Certificate,
        certificate_id(attended.booking_id, attended.delegate_id),
        lambda known, _documents, now: follow(known, occurrence, attended, now, number),
    )
