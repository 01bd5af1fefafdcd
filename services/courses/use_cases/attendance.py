"""Recording who attended."""

from __future__ import annotations

from collections.abc import Sequence

from services.courses.domain import register
from services.courses.domain.booking import Booking
from services.courses.domain.occurrence import Occurrence
from services.courses.domain.register import Presence
from shared.work import Work


async def record(
    work: Work, occurrence_id: str, booking_id: str, by: str, session: int, presences: Sequence[Presence]
) -> Booking:
    """Enter marks for one session of a booking."""
    return await work.change(
        Occurrence,
        occurrence_id,
        lambda occurrence, documents, now: register.record(
            occurrence, documents, now, by=by, booking_id=booking_id, session=session, presences=presences
        ),
        lambda _occurrence: [(Booking, booking_id)],
    )


async def close(work: Work, occurrence_id: str, by: str, reason: str) -> Occurrence:
    """Wait for no more marks."""
    return await work.change(
        Occurrence,
        occurrence_id,
        lambda occurrence, documents, now: register.close(occurrence, documents, now, by=by, reason=reason),
    )
