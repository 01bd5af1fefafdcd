"""The tables of what may follow what, row by row; what is not in them is refused."""

from __future__ import annotations

from itertools import product

import pytest

from services.courses.domain.booking import BOOKING, LIVE, OVER, BookingStatus
from services.courses.domain.certificate import CERTIFICATE, CertificateStatus
from services.courses.domain.occurrence import LIFE_CYCLE, Status
from tests.tables import check

S, B, C = Status, BookingStatus, CertificateStatus

OCCURRENCE_ROWS = {
    (S.DRAFT, "schedule"): S.SCHEDULED,
    (S.DRAFT, "reschedule"): S.DRAFT,
    (S.DRAFT, "resize"): S.DRAFT,
    (S.DRAFT, "cancel"): S.CANCELLED,
    (S.SCHEDULED, "open"): S.OPEN,
    (S.SCHEDULED, "reschedule"): S.SCHEDULED,
    (S.SCHEDULED, "resize"): S.SCHEDULED,
    (S.SCHEDULED, "start"): S.RUNNING,
    (S.SCHEDULED, "cancel"): S.CANCELLED,
    (S.OPEN, "book"): S.OPEN,
    (S.OPEN, "close"): S.CLOSED,
    (S.OPEN, "reschedule"): S.OPEN,
    (S.OPEN, "resize"): S.OPEN,
    (S.OPEN, "start"): S.RUNNING,
    (S.OPEN, "cancel"): S.CANCELLED,
    (S.CLOSED, "open"): S.OPEN,
    (S.CLOSED, "reschedule"): S.CLOSED,
    (S.CLOSED, "resize"): S.CLOSED,
    (S.CLOSED, "start"): S.RUNNING,
    (S.CLOSED, "cancel"): S.CANCELLED,
    (S.RUNNING, "record"): S.RUNNING,
    (S.RUNNING, "deliver"): S.DELIVERED,
    (S.DELIVERED, "record"): S.DELIVERED,
    (S.DELIVERED, "remind"): S.DELIVERED,
    (S.DELIVERED, "close-register"): S.DELIVERED,
    (S.DELIVERED, "complete"): S.COMPLETED,
    (S.COMPLETED, "record"): S.COMPLETED,
}

BOOKING_ROWS = {
    (B.HELD, "ask-for-approval"): B.PENDING_APPROVAL,
    (B.PENDING_APPROVAL, "approve"): B.HELD,
    (B.PENDING_APPROVAL, "refuse"): B.DECLINED,
    (B.PENDING_APPROVAL, "expire"): B.EXPIRED,
    (B.PENDING_APPROVAL, "substitute"): B.PENDING_APPROVAL,
    (B.PENDING_APPROVAL, "cancel"): B.CANCELLED,
    (B.PENDING_APPROVAL, "call-off"): B.CANCELLED,
    (B.HELD, "ask-for-cover"): B.PENDING_COVER,
    (B.HELD, "ask-for-funds"): B.PENDING_FUNDING,
    (B.PENDING_COVER, "ask-for-funds"): B.PENDING_FUNDING,
    (B.PENDING_COVER, "confirm"): B.CONFIRMED,
    (B.PENDING_COVER, "decline"): B.DECLINED,
    (B.PENDING_COVER, "expire"): B.EXPIRED,
    (B.PENDING_COVER, "cancel"): B.CANCELLED,
    (B.PENDING_COVER, "call-off"): B.CANCELLED,
    (B.HELD, "confirm"): B.CONFIRMED,
    (B.PENDING_FUNDING, "confirm"): B.CONFIRMED,
    (B.PENDING_FUNDING, "decline"): B.DECLINED,
    (B.PENDING_FUNDING, "expire"): B.EXPIRED,
    (B.PENDING_FUNDING, "substitute"): B.PENDING_FUNDING,
    (B.PENDING_FUNDING, "cancel"): B.CANCELLED,
    (B.PENDING_FUNDING, "call-off"): B.CANCELLED,
    (B.WAITLISTED, "offer"): B.OFFERED,
    (B.WAITLISTED, "claim"): B.HELD,
    (B.WAITLISTED, "reduce"): B.WAITLISTED,
    (B.WAITLISTED, "substitute"): B.WAITLISTED,
    (B.WAITLISTED, "decline"): B.DECLINED,
    (B.WAITLISTED, "cancel"): B.CANCELLED,
    (B.WAITLISTED, "call-off"): B.CANCELLED,
    (B.OFFERED, "accept"): B.HELD,
    (B.OFFERED, "turn-down"): B.DECLINED,
    (B.OFFERED, "expire"): B.EXPIRED,
    (B.OFFERED, "substitute"): B.OFFERED,
    (B.OFFERED, "cancel"): B.CANCELLED,
    (B.OFFERED, "call-off"): B.CANCELLED,
    (B.CONFIRMED, "reduce"): B.CONFIRMED,
    (B.CONFIRMED, "substitute"): B.CONFIRMED,
    (B.CONFIRMED, "record"): B.CONFIRMED,
    (B.CONFIRMED, "cancel"): B.CANCELLED,
    (B.CONFIRMED, "call-off"): B.CANCELLED,
    (B.CONFIRMED, "attend"): B.ATTENDED,
    (B.CONFIRMED, "attend-in-part"): B.PARTIALLY_ATTENDED,
    (B.CONFIRMED, "stay-away"): B.NO_SHOW,
    (B.ATTENDED, "attend"): B.ATTENDED,
    (B.ATTENDED, "attend-in-part"): B.PARTIALLY_ATTENDED,
    (B.ATTENDED, "stay-away"): B.NO_SHOW,
    (B.ATTENDED, "record"): B.ATTENDED,
    (B.ATTENDED, "complete"): B.COMPLETED,
    (B.PARTIALLY_ATTENDED, "attend"): B.ATTENDED,
    (B.PARTIALLY_ATTENDED, "attend-in-part"): B.PARTIALLY_ATTENDED,
    (B.PARTIALLY_ATTENDED, "stay-away"): B.NO_SHOW,
    (B.PARTIALLY_ATTENDED, "record"): B.PARTIALLY_ATTENDED,
    (B.PARTIALLY_ATTENDED, "complete"): B.COMPLETED,
    (B.NO_SHOW, "attend"): B.ATTENDED,
    (B.NO_SHOW, "attend-in-part"): B.PARTIALLY_ATTENDED,
    (B.NO_SHOW, "stay-away"): B.NO_SHOW,
    (B.NO_SHOW, "record"): B.NO_SHOW,
    (B.NO_SHOW, "complete"): B.COMPLETED,
    (B.COMPLETED, "record"): B.COMPLETED,
    (B.COMPLETED, "correct"): B.COMPLETED,
}

CERTIFICATE_ROWS = {
    (C.WITHHELD, "issue"): C.VALID,
    (C.WITHHELD, "withhold"): C.WITHHELD,
    (C.VALID, "issue"): C.VALID,
    (C.VALID, "withhold"): C.REVOKED,
    (C.REVOKED, "issue"): C.VALID,
    (C.REVOKED, "withhold"): C.REVOKED,
}


@pytest.mark.parametrize(("state", "verb"), [*product(S, sorted({row.verb for row in LIFE_CYCLE.rows}))])
def test_an_occurrence_lives_by_its_table(state: Status, verb: str) -> None:
    check(LIFE_CYCLE, state, verb, OCCURRENCE_ROWS.get((state, verb)))


@pytest.mark.parametrize(("state", "verb"), [*product(B, sorted({row.verb for row in BOOKING.rows}))])
def test_a_booking_lives_by_its_table(state: BookingStatus, verb: str) -> None:
    check(BOOKING, state, verb, BOOKING_ROWS.get((state, verb)))


@pytest.mark.parametrize(("state", "verb"), [*product(C, ("issue", "withhold", "complete"))])
def test_a_certificate_lives_by_its_table(state: CertificateStatus, verb: str) -> None:
    check(CERTIFICATE, state, verb, CERTIFICATE_ROWS.get((state, verb)))


def test_a_booking_is_alive_or_over_or_past_its_course() -> None:
    settled = {B.ATTENDED, B.PARTIALLY_ATTENDED, B.NO_SHOW, B.COMPLETED}
    assert {*LIVE, *OVER, *settled} == set(B)
    assert all(BOOKING.verbs(status) == () for status in OVER)
