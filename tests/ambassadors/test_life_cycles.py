"""The tables of what may follow what, row by row; what is not in them is refused."""

from __future__ import annotations

from itertools import product

import pytest

from services.ambassadors.domain.ambassador import LIFE_CYCLE, TOLD, Status
from services.ambassadors.domain.request import OVER, REQUEST, RequestStatus
from services.ambassadors.domain.safeguarding import CONCERN, ConcernStatus
from services.ambassadors.domain.visit import VISIT, VisitStatus
from tests.tables import check

A, R, V, C = Status, RequestStatus, VisitStatus, ConcernStatus

AMBASSADOR_ROWS = {
    (A.REGISTERED, "check"): A.CHECKS_PENDING,
    (A.REGISTERED, "change"): A.REGISTERED,
    (A.REGISTERED, "leave"): A.LEFT,
    (A.CHECKS_PENDING, "check"): A.CHECKS_PENDING,
    (A.CHECKS_PENDING, "induct"): A.INDUCTED,
    (A.CHECKS_PENDING, "change"): A.CHECKS_PENDING,
    (A.CHECKS_PENDING, "leave"): A.LEFT,
    (A.INDUCTED, "check"): A.INDUCTED,
    (A.INDUCTED, "activate"): A.ACTIVE,
    (A.INDUCTED, "lapse"): A.LAPSED,
    (A.INDUCTED, "suspend"): A.SUSPENDED,
    (A.INDUCTED, "change"): A.INDUCTED,
    (A.INDUCTED, "leave"): A.LEFT,
    (A.ACTIVE, "check"): A.ACTIVE,
    (A.ACTIVE, "pause"): A.PAUSED,
    (A.ACTIVE, "lapse"): A.LAPSED,
    (A.ACTIVE, "suspend"): A.SUSPENDED,
    (A.ACTIVE, "change"): A.ACTIVE,
    (A.ACTIVE, "leave"): A.LEFT,
    (A.PAUSED, "check"): A.PAUSED,
    (A.PAUSED, "resume"): A.ACTIVE,
    (A.PAUSED, "lapse"): A.LAPSED,
    (A.PAUSED, "suspend"): A.SUSPENDED,
    (A.PAUSED, "change"): A.PAUSED,
    (A.PAUSED, "leave"): A.LEFT,
    (A.LAPSED, "check"): A.LAPSED,
    (A.LAPSED, "restore-as-inducted"): A.INDUCTED,
    (A.LAPSED, "restore-as-active"): A.ACTIVE,
    (A.LAPSED, "restore-as-paused"): A.PAUSED,
    (A.LAPSED, "suspend"): A.SUSPENDED,
    (A.LAPSED, "change"): A.LAPSED,
    (A.LAPSED, "leave"): A.LEFT,
    (A.SUSPENDED, "check"): A.SUSPENDED,
    (A.SUSPENDED, "reinstate-as-inducted"): A.INDUCTED,
    (A.SUSPENDED, "reinstate-as-active"): A.ACTIVE,
    (A.SUSPENDED, "reinstate-as-paused"): A.PAUSED,
    (A.SUSPENDED, "reinstate-as-lapsed"): A.LAPSED,
    (A.SUSPENDED, "change"): A.SUSPENDED,
}

REQUEST_ROWS = {
    (R.OPEN, "match"): R.MATCHED,
    (R.OPEN, "expire"): R.EXPIRED,
    (R.OPEN, "decline"): R.DECLINED,
    (R.OPEN, "cancel"): R.CANCELLED,
    (R.MATCHED, "invite"): R.INVITED,
    (R.MATCHED, "run-out"): R.OPEN,
    (R.MATCHED, "expire"): R.EXPIRED,
    (R.MATCHED, "decline"): R.DECLINED,
    (R.MATCHED, "cancel"): R.CANCELLED,
    (R.INVITED, "accept"): R.ACCEPTED,
    (R.INVITED, "turn-down"): R.MATCHED,
    (R.INVITED, "let-go"): R.MATCHED,
    (R.INVITED, "take-back"): R.MATCHED,
    (R.INVITED, "expire"): R.EXPIRED,
    (R.INVITED, "decline"): R.DECLINED,
    (R.INVITED, "cancel"): R.CANCELLED,
    (R.ACCEPTED, "confirm"): R.CONFIRMED,
    (R.ACCEPTED, "seek-substitute"): R.MATCHED,
    (R.ACCEPTED, "cancel"): R.CANCELLED,
    (R.CONFIRMED, "confirm"): R.CONFIRMED,
    (R.CONFIRMED, "deliver"): R.DELIVERED,
    (R.CONFIRMED, "miss"): R.CLOSED,
    (R.CONFIRMED, "seek-substitute"): R.MATCHED,
    (R.CONFIRMED, "cancel"): R.CANCELLED,
    (R.DELIVERED, "hear"): R.FEEDBACK,
    (R.DELIVERED, "close"): R.CLOSED,
    (R.DELIVERED, "miss"): R.CLOSED,
    (R.FEEDBACK, "hear"): R.FEEDBACK,
    (R.FEEDBACK, "close"): R.CLOSED,
    (R.FEEDBACK, "miss"): R.CLOSED,
    (R.CLOSED, "deliver"): R.DELIVERED,
}

VISIT_ROWS = {
    (V.AGREED, "confirm"): V.CONFIRMED,
    (V.AGREED, "run-out"): V.CANCELLED,
    (V.AGREED, "lose"): V.SEEKING_SUBSTITUTE,
    (V.AGREED, "withdraw"): V.SEEKING_SUBSTITUTE,
    (V.AGREED, "cancel"): V.CANCELLED,
    (V.CONFIRMED, "confirm"): V.CONFIRMED,
    (V.CONFIRMED, "arrive"): V.CONFIRMED,
    (V.CONFIRMED, "deliver"): V.DELIVERED,
    (V.CONFIRMED, "miss"): V.NOT_DELIVERED,
    (V.CONFIRMED, "lose"): V.SEEKING_SUBSTITUTE,
    (V.CONFIRMED, "withdraw"): V.SEEKING_SUBSTITUTE,
    (V.CONFIRMED, "cancel"): V.CANCELLED,
    (V.SEEKING_SUBSTITUTE, "replace"): V.AGREED,
    (V.SEEKING_SUBSTITUTE, "cancel"): V.CANCELLED,
    (V.DELIVERED, "deliver"): V.DELIVERED,
    (V.DELIVERED, "miss"): V.NOT_DELIVERED,
    (V.DELIVERED, "log-hours"): V.DELIVERED,
    (V.DELIVERED, "confirm-hours"): V.DELIVERED,
    (V.DELIVERED, "give-feedback"): V.DELIVERED,
    (V.NOT_DELIVERED, "deliver"): V.DELIVERED,
}

CONCERN_ROWS = {
    (C.OPEN, "note"): C.OPEN,
    (C.OPEN, "close"): C.CLOSED,
    (C.CLOSED, "reopen"): C.OPEN,
}


@pytest.mark.parametrize(("state", "verb"), [*product(A, sorted({row.verb for row in LIFE_CYCLE.rows}))])
def test_an_ambassador_lives_by_its_table(state: Status, verb: str) -> None:
    check(LIFE_CYCLE, state, verb, AMBASSADOR_ROWS.get((state, verb)))


@pytest.mark.parametrize(("state", "verb"), [*product(R, sorted({row.verb for row in REQUEST.rows}))])
def test_a_request_lives_by_its_table(state: RequestStatus, verb: str) -> None:
    check(REQUEST, state, verb, REQUEST_ROWS.get((state, verb)))


@pytest.mark.parametrize(("state", "verb"), [*product(V, sorted({row.verb for row in VISIT.rows}))])
def test_a_visit_lives_by_its_table(state: VisitStatus, verb: str) -> None:
    check(VISIT, state, verb, VISIT_ROWS.get((state, verb)))


@pytest.mark.parametrize(("state", "verb"), [*product(C, sorted({row.verb for row in CONCERN.rows}))])
def test_a_concern_lives_by_its_table(state: ConcernStatus, verb: str) -> None:
    check(CONCERN, state, verb, CONCERN_ROWS.get((state, verb)))


def test_who_has_left_has_left_and_a_suspension_is_told_as_a_pause() -> None:
    assert LIFE_CYCLE.verbs(A.LEFT) == ()
    assert TOLD[A.SUSPENDED] == TOLD[A.PAUSED] == "paused"
    assert all(REQUEST.verbs(status) == () for status in OVER if status is not R.CLOSED)
