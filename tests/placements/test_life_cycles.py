"""The tables of what may follow what, row by row; what is not in them is refused."""

from __future__ import annotations

from itertools import product

import pytest

from services.placements.domain.application import APPLICATION, OPEN, OVER, ApplicationStatus
from services.placements.domain.employer import EMPLOYER, EmployerStatus
from services.placements.domain.offer import OFFER, OfferStatus
from services.placements.domain.placement import BEFORE, CANCELLED, PLACEMENT, SETTLED, PlacementStatus
from services.placements.domain.seeking import REQUEST, RequestStatus
from tests.tables import check

E, F, A, P, R = EmployerStatus, OfferStatus, ApplicationStatus, PlacementStatus, RequestStatus

EMPLOYER_ROWS = {
    (E.REGISTERED, "change"): E.REGISTERED,
    (E.REGISTERED, "rename"): E.REGISTERED,
    (E.REGISTERED, "verify"): E.VERIFIED,
    (E.REGISTERED, "reject"): E.REJECTED,
    (E.VERIFIED, "change"): E.VERIFIED,
    (E.VERIFIED, "rename"): E.REGISTERED,
    (E.VERIFIED, "suspend"): E.SUSPENDED,
    (E.SUSPENDED, "change"): E.SUSPENDED,
    (E.SUSPENDED, "rename"): E.SUSPENDED,
    (E.SUSPENDED, "verify"): E.VERIFIED,
    (E.REJECTED, "change"): E.REGISTERED,
    (E.REJECTED, "rename"): E.REGISTERED,
}

OFFER_ROWS = {
    (F.DRAFT, "change"): F.DRAFT,
    (F.DRAFT, "submit"): F.SUBMITTED,
    (F.DRAFT, "withdraw"): F.WITHDRAWN,
    (F.SUBMITTED, "review"): F.UNDER_REVIEW,
    (F.SUBMITTED, "withdraw"): F.WITHDRAWN,
    (F.UNDER_REVIEW, "return"): F.DRAFT,
    (F.UNDER_REVIEW, "publish"): F.PUBLISHED,
    (F.UNDER_REVIEW, "withdraw"): F.WITHDRAWN,
    (F.PUBLISHED, "apply"): F.PUBLISHED,
    (F.PUBLISHED, "pause"): F.PAUSED,
    (F.PUBLISHED, "fill"): F.FILLED,
    (F.PUBLISHED, "close"): F.CLOSED,
    (F.PUBLISHED, "withdraw"): F.WITHDRAWN,
    (F.PUBLISHED, "expire"): F.EXPIRED,
    (F.PAUSED, "resume"): F.PUBLISHED,
    (F.PAUSED, "fill"): F.FILLED,
    (F.PAUSED, "close"): F.CLOSED,
    (F.PAUSED, "withdraw"): F.WITHDRAWN,
    (F.PAUSED, "expire"): F.EXPIRED,
    (F.FILLED, "reopen"): F.PUBLISHED,
    (F.FILLED, "reopen-paused"): F.PAUSED,
    (F.FILLED, "close"): F.CLOSED,
    (F.FILLED, "withdraw"): F.WITHDRAWN,
    (F.FILLED, "expire"): F.CLOSED,
}

APPLICATION_ROWS = {
    (A.DRAFT, "revise"): A.DRAFT,
    (A.DRAFT, "submit"): A.SUBMITTED,
    (A.SUBMITTED, "approve"): A.SCHOOL_APPROVED,
    (A.SUBMITTED, "refuse"): A.DECLINED,
    (A.SCHOOL_APPROVED, "shortlist"): A.SHORTLISTED,
    (A.OFFERED, "accept"): A.ACCEPTED,
    (A.OFFERED, "turn-down"): A.DECLINED,
    (A.ACCEPTED, "cancel"): A.CANCELLED,
    (A.SCHOOL_APPROVED, "offer"): A.OFFERED,
    (A.SCHOOL_APPROVED, "reject"): A.REJECTED,
    (A.SCHOOL_APPROVED, "remind"): A.SCHOOL_APPROVED,
    (A.SHORTLISTED, "offer"): A.OFFERED,
    (A.SHORTLISTED, "reject"): A.REJECTED,
    (A.SHORTLISTED, "remind"): A.SHORTLISTED,
    (A.DRAFT, "withdraw"): A.WITHDRAWN,
    (A.DRAFT, "call-off"): A.REJECTED,
    (A.SUBMITTED, "withdraw"): A.WITHDRAWN,
    (A.SUBMITTED, "call-off"): A.REJECTED,
    (A.SCHOOL_APPROVED, "withdraw"): A.WITHDRAWN,
    (A.SCHOOL_APPROVED, "call-off"): A.REJECTED,
    (A.SHORTLISTED, "withdraw"): A.WITHDRAWN,
    (A.SHORTLISTED, "call-off"): A.REJECTED,
    (A.OFFERED, "withdraw"): A.WITHDRAWN,
    (A.OFFERED, "call-off"): A.REJECTED,
    (A.SUBMITTED, "expire"): A.EXPIRED,
    (A.SCHOOL_APPROVED, "expire"): A.EXPIRED,
    (A.SHORTLISTED, "expire"): A.EXPIRED,
    (A.OFFERED, "expire"): A.EXPIRED,
}

PLACEMENT_ROWS = {
    (P.MATCHED, "refuse-cover"): P.CANCELLED_BY_SCHOOL,
    (P.MATCHED, "refuse-funds"): P.FUNDS_REFUSED,
    (P.FUNDS_REFUSED, "go-on"): P.AGREEMENT_DRAFTED,
    (P.FUNDS_REFUSED, "cancel"): P.CANCELLED_BY_SCHOOL,
    (P.FUNDS_REFUSED, "call-off"): P.CANCELLED_BY_HOST,
    (P.FUNDS_REFUSED, "stop"): P.CANCELLED_BY_PROGRAMME,
    (P.FUNDS_REFUSED, "lapse"): P.CANCELLED_BY_PROGRAMME,
    (P.MATCHED, "draft-agreement"): P.AGREEMENT_DRAFTED,
    (P.AGREEMENT_DRAFTED, "sign"): P.PARTLY_SIGNED,
    (P.AGREEMENT_DRAFTED, "amend-all"): P.AGREEMENT_DRAFTED,
    (P.PARTLY_SIGNED, "sign"): P.PARTLY_SIGNED,
    (P.PARTLY_SIGNED, "sign-last"): P.SIGNED,
    (P.PARTLY_SIGNED, "amend"): P.PARTLY_SIGNED,
    (P.PARTLY_SIGNED, "amend-all"): P.AGREEMENT_DRAFTED,
    (P.SIGNED, "amend"): P.PARTLY_SIGNED,
    (P.SIGNED, "amend-all"): P.AGREEMENT_DRAFTED,
    (P.COMPLIANCE_CLEARED, "amend"): P.PARTLY_SIGNED,
    (P.COMPLIANCE_CLEARED, "amend-all"): P.AGREEMENT_DRAFTED,
    (P.HOST_CONFIRMED, "amend"): P.PARTLY_SIGNED,
    (P.HOST_CONFIRMED, "amend-all"): P.AGREEMENT_DRAFTED,
    (P.SIGNED, "clear"): P.COMPLIANCE_CLEARED,
    (P.COMPLIANCE_CLEARED, "confirm"): P.HOST_CONFIRMED,
    (P.COMPLIANCE_CLEARED, "reopen"): P.SIGNED,
    (P.HOST_CONFIRMED, "reopen"): P.SIGNED,
    (P.HOST_CONFIRMED, "start"): P.IN_PROGRESS,
    (P.MATCHED, "cancel"): P.CANCELLED_BY_SCHOOL,
    (P.MATCHED, "call-off"): P.CANCELLED_BY_HOST,
    (P.MATCHED, "stop"): P.CANCELLED_BY_PROGRAMME,
    (P.MATCHED, "lapse"): P.CANCELLED_BY_PROGRAMME,
    (P.AGREEMENT_DRAFTED, "cancel"): P.CANCELLED_BY_SCHOOL,
    (P.AGREEMENT_DRAFTED, "call-off"): P.CANCELLED_BY_HOST,
    (P.AGREEMENT_DRAFTED, "stop"): P.CANCELLED_BY_PROGRAMME,
    (P.AGREEMENT_DRAFTED, "lapse"): P.CANCELLED_BY_PROGRAMME,
    (P.PARTLY_SIGNED, "cancel"): P.CANCELLED_BY_SCHOOL,
    (P.PARTLY_SIGNED, "call-off"): P.CANCELLED_BY_HOST,
    (P.PARTLY_SIGNED, "stop"): P.CANCELLED_BY_PROGRAMME,
    (P.PARTLY_SIGNED, "lapse"): P.CANCELLED_BY_PROGRAMME,
    (P.SIGNED, "cancel"): P.CANCELLED_BY_SCHOOL,
    (P.SIGNED, "call-off"): P.CANCELLED_BY_HOST,
    (P.SIGNED, "stop"): P.CANCELLED_BY_PROGRAMME,
    (P.SIGNED, "lapse"): P.CANCELLED_BY_PROGRAMME,
    (P.COMPLIANCE_CLEARED, "cancel"): P.CANCELLED_BY_SCHOOL,
    (P.COMPLIANCE_CLEARED, "call-off"): P.CANCELLED_BY_HOST,
    (P.COMPLIANCE_CLEARED, "stop"): P.CANCELLED_BY_PROGRAMME,
    (P.COMPLIANCE_CLEARED, "lapse"): P.CANCELLED_BY_PROGRAMME,
    (P.HOST_CONFIRMED, "cancel"): P.CANCELLED_BY_SCHOOL,
    (P.HOST_CONFIRMED, "call-off"): P.CANCELLED_BY_HOST,
    (P.HOST_CONFIRMED, "stop"): P.CANCELLED_BY_PROGRAMME,
    (P.IN_PROGRESS, "record"): P.IN_PROGRESS,
    (P.IN_PROGRESS, "break-off"): P.IN_PROGRESS,
    (P.IN_PROGRESS, "record-last"): P.DAYS_RECORDED,
    (P.IN_PROGRESS, "remind"): P.IN_PROGRESS,
    (P.IN_PROGRESS, "close-days"): P.DAYS_RECORDED,
    (P.DAYS_RECORDED, "record"): P.DAYS_RECORDED,
    (P.DAYS_RECORDED, "dispute"): P.IN_PROGRESS,
    (P.DAYS_RECORDED, "settle"): P.REFLECTION_DUE,
    (P.DAYS_RECORDED, "settle-none"): P.DID_NOT_SHOW,
    (P.REFLECTION_DUE, "remind"): P.REFLECTION_DUE,
    (P.REFLECTION_DUE, "reflect"): P.COMPLETED,
    (P.REFLECTION_DUE, "reflect-in-part"): P.PARTIALLY_COMPLETED,
    (P.REFLECTION_DUE, "correct-to-all"): P.COMPLETED,
    (P.REFLECTION_DUE, "correct-to-part"): P.PARTIALLY_COMPLETED,
    (P.REFLECTION_DUE, "correct-to-none"): P.DID_NOT_SHOW,
    (P.REFLECTION_DUE, "correct"): P.REFLECTION_DUE,
    (P.COMPLETED, "correct-to-all"): P.COMPLETED,
    (P.COMPLETED, "correct-to-part"): P.PARTIALLY_COMPLETED,
    (P.COMPLETED, "correct-to-none"): P.DID_NOT_SHOW,
    (P.COMPLETED, "correct"): P.REFLECTION_DUE,
    (P.PARTIALLY_COMPLETED, "correct-to-all"): P.COMPLETED,
    (P.PARTIALLY_COMPLETED, "correct-to-part"): P.PARTIALLY_COMPLETED,
    (P.PARTIALLY_COMPLETED, "correct-to-none"): P.DID_NOT_SHOW,
    (P.PARTIALLY_COMPLETED, "correct"): P.REFLECTION_DUE,
    (P.DID_NOT_SHOW, "correct-to-all"): P.COMPLETED,
    (P.DID_NOT_SHOW, "correct-to-part"): P.PARTIALLY_COMPLETED,
    (P.DID_NOT_SHOW, "correct-to-none"): P.DID_NOT_SHOW,
    (P.DID_NOT_SHOW, "correct"): P.REFLECTION_DUE,
}


REQUEST_ROWS = {
    (R.OPEN, "meet"): R.MET,
    (R.OPEN, "withdraw"): R.WITHDRAWN,
    (R.OPEN, "expire"): R.EXPIRED,
}


@pytest.mark.parametrize(("state", "verb"), [*product(E, sorted({row.verb for row in EMPLOYER.rows}))])
def test_an_employer_lives_by_its_table(state: EmployerStatus, verb: str) -> None:
    check(EMPLOYER, state, verb, EMPLOYER_ROWS.get((state, verb)))


@pytest.mark.parametrize(("state", "verb"), [*product(F, sorted({row.verb for row in OFFER.rows}))])
def test_an_offer_lives_by_its_table(state: OfferStatus, verb: str) -> None:
    check(OFFER, state, verb, OFFER_ROWS.get((state, verb)))


@pytest.mark.parametrize(("state", "verb"), [*product(A, sorted({row.verb for row in APPLICATION.rows}))])
def test_an_application_lives_by_its_table(state: ApplicationStatus, verb: str) -> None:
    check(APPLICATION, state, verb, APPLICATION_ROWS.get((state, verb)))


@pytest.mark.parametrize(("state", "verb"), [*product(P, sorted({row.verb for row in PLACEMENT.rows}))])
def test_a_placement_lives_by_its_table(state: PlacementStatus, verb: str) -> None:
    check(PLACEMENT, state, verb, PLACEMENT_ROWS.get((state, verb)))


@pytest.mark.parametrize(("state", "verb"), [*product(R, sorted({row.verb for row in REQUEST.rows}))])
def test_a_placement_request_lives_by_its_table(state: RequestStatus, verb: str) -> None:
    check(REQUEST, state, verb, REQUEST_ROWS.get((state, verb)))


def test_an_application_is_open_or_over_or_has_led_to_a_placement() -> None:
    assert {*OPEN, *OVER, A.ACCEPTED} == set(A)
    assert all(APPLICATION.verbs(status) == () for status in OVER)


def test_a_placement_has_not_begun_or_goes_on_or_is_settled_or_cancelled() -> None:
    assert {*BEFORE, P.IN_PROGRESS, P.DAYS_RECORDED, *SETTLED, *CANCELLED} == set(P)
    assert all(PLACEMENT.verbs(status) == () for status in CANCELLED)
