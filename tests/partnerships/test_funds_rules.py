"""The money of bookings and placements: what each decision does to an account."""

from __future__ import annotations

import pytest

from services.partnerships.domain.account import EntryKind, Funded, PartnershipFacts
from services.partnerships.domain.reservation import RESERVATION, ReservationStatus
from shared.contracts.claims import ClaimFellShort
from shared.contracts.event import Event
from shared.contracts.partnerships import (
    AccountCredited,
    FundsCommitmentRefused,
    FundsCommitted,
    FundsReleased,
    FundsReservationRefused,
    FundsReserved,
)
from shared.transitions import WrongState
from tests.partnerships.books import ACTIVE, MEMBERS, PARTNERSHIP, PLACEMENT, Books

BOOKING = Funded("booking", "booking-1")
FUNDED = pytest.mark.parametrize("funded", [BOOKING, PLACEMENT], ids=lambda funded: funded.purpose)


def refusal(events: tuple[Event, ...]) -> tuple[str, int]:
    (event,) = events
    assert isinstance(event, FundsReservationRefused)
    return event.reason, event.short_by_pence


def test_an_allocation_arrives_once() -> None:
    books = Books()
    assert books.credit(1000) == (
        AccountCredited(partnership_id=PARTNERSHIP, allocation_id="allocation-1", amount_pence=1000),
    )
    assert books.credit(1000) == ()
    assert books.balances.allocated == 1000


@pytest.mark.parametrize(
    ("funded", "asked_by"), [(BOOKING, "occurrences/occurrence-1"), (PLACEMENT, "placements/placement-1")]
)
def test_a_member_of_an_active_partnership_reserves_up_to_the_last_penny(funded: Funded, asked_by: str) -> None:
    books = Books()
    books.credit(1000)
    assert books.reserve(1000, funded) == (
        FundsReserved(
            partnership_id=PARTNERSHIP,
            purpose=funded.purpose,
            funded_id=funded.id,
            asked_by=asked_by,
            school_urn=MEMBERS[0],
            amount_pence=1000,
        ),
    )
    assert books.balances.available == 0


def test_one_penny_too_many_is_refused_with_what_is_missing() -> None:
    books = Books()
    books.credit(1000)
    assert refusal(books.reserve(1001)) == ("insufficient-funds", 1)
    assert books.balances.reserved == 0


def test_without_an_allocation_all_of_it_is_missing() -> None:
    assert refusal(Books().reserve(700)) == ("no-allocation", 700)


def test_a_school_outside_the_partnership_is_refused() -> None:
    books = Books()
    books.credit(1000)
    assert refusal(books.reserve(10, urn="900099")) == ("not-a-member", 0)


def test_a_partnership_that_is_not_active_is_refused() -> None:
    books = Books()
    books.credit(1000)
    suspended = PartnershipFacts(PARTNERSHIP, 2, False, MEMBERS)
    assert refusal(books.reserve(10, facts=suspended)) == ("partnership-not-active", 0)


def test_an_unknown_partnership_is_refused() -> None:
    assert refusal(Books().reserve(10, facts=None)) == ("partnership-not-active", 0)


def test_older_news_of_a_partnership_does_not_overwrite_newer() -> None:
    books = Books()
    books.credit(1000)
    books.reserve(10, "booking-1", facts=PartnershipFacts(PARTNERSHIP, 3, False, MEMBERS))
    assert refusal(books.reserve(10, "booking-2", facts=ACTIVE)) == ("partnership-not-active", 0)


def test_a_booking_that_asks_again_gets_no_second_answer() -> None:
    books = Books()
    books.credit(1000)
    books.reserve(400)
    assert books.reserve(400) == ()
    assert books.balances.reserved == 400


def test_a_refused_booking_stays_refused_when_money_has_come() -> None:
    books = Books()
    books.reserve(400)
    books.credit(1000)
    assert books.reserve(400) == ()
    assert books.reservation("booking-1").status is ReservationStatus.REFUSED


@FUNDED
def test_a_release_frees_what_was_reserved_once(funded: Funded) -> None:
    books = Books()
    books.credit(1000)
    books.reserve(400, funded)
    assert books.release(funded) == (
        FundsReleased(partnership_id=PARTNERSHIP, purpose=funded.purpose, funded_id=funded.id, amount_pence=400),
    )
    assert books.release(funded) == ()
    assert books.balances.available == 1000


@FUNDED
def test_a_release_before_its_reservation_leaves_a_tombstone(funded: Funded) -> None:
    books = Books()
    books.credit(1000)
    assert books.release(funded) == ()
    assert refusal(books.reserve(400, funded)) == ("released-before", 0)
    assert books.reserve(400, funded) == ()
    assert books.balances.reserved == 0


def test_a_booking_and_a_placement_of_the_same_id_have_money_of_their_own() -> None:
    books = Books()
    books.credit(1000)
    books.reserve(400, Funded("booking", "one"))
    books.reserve(500, Funded("placement", "one"))
    books.release(Funded("booking", "one"))
    assert books.balances.reserved == 500


def test_a_refused_booking_has_nothing_to_release() -> None:
    books = Books()
    books.reserve(400)
    assert books.release() == ()
    assert books.ledger == []


def test_a_booking_that_shrinks_frees_the_difference_once() -> None:
    books = Books()
    books.credit(1000)
    books.reserve(900)
    assert books.reduce(600) == (
        FundsReleased(partnership_id=PARTNERSHIP, purpose="booking", funded_id="booking-1", amount_pence=300),
    )
    assert books.reduce(600) == ()
    assert books.reduce(700) == ()
    assert books.balances.reserved == 600


@FUNDED
def test_attendance_commits_what_it_charges_and_frees_the_rest(funded: Funded) -> None:
    books = Books()
    books.credit(1000)
    books.reserve(900, funded)
    assert books.commit(600, of=funded) == (
        FundsCommitted(
            partnership_id=PARTNERSHIP, purpose=funded.purpose, funded_id=funded.id, revision=1, amount_pence=600
        ),
        FundsReleased(partnership_id=PARTNERSHIP, purpose=funded.purpose, funded_id=funded.id, amount_pence=300),
    )
    assert (books.balances.reserved, books.balances.committed, books.balances.available) == (0, 600, 400)


@FUNDED
@pytest.mark.parametrize(("corrected", "available"), [(900, 100), (300, 700), (0, 1000)])
def test_a_higher_revision_corrects_what_is_committed(corrected: int, available: int, funded: Funded) -> None:
    books = Books()
    books.credit(1000)
    books.reserve(900, funded)
    books.commit(600, of=funded)
    books.commit(corrected, revision=2, of=funded)
    assert (books.balances.committed, books.balances.available) == (corrected, available)
    assert books.reservation(funded).revision == 2


@pytest.mark.parametrize("revision", [1, 2])
def test_an_equal_or_lower_revision_is_ignored(revision: int) -> None:
    books = Books()
    books.credit(1000)
    books.reserve(900)
    books.commit(600, revision=2)
    assert books.commit(100, revision=revision) == ()
    assert books.balances.committed == 600


def test_a_correction_beyond_the_account_is_refused_as_a_fact() -> None:
    books = Books()
    books.credit(1000)
    books.reserve(900)
    books.commit(600)
    assert books.commit(1050, revision=2) == (
        FundsCommitmentRefused(
            partnership_id=PARTNERSHIP,
            purpose="booking",
            funded_id="booking-1",
            revision=2,
            amount_pence=1050,
            short_by_pence=50,
        ),
        ClaimFellShort(
            partnership_id=PARTNERSHIP,
            claim_purpose="booking",
            funded_id="booking-1",
            school_urn=MEMBERS[0],
            short_by_pence=50,
        ),
    )
    assert books.balances.committed == 600


def test_after_a_refused_correction_a_later_one_may_succeed() -> None:
    books = Books()
    books.credit(1000)
    books.reserve(900)
    books.commit(1050, revision=1)
    assert books.balances.reserved == 900
    books.commit(950, revision=2)
    assert (books.balances.reserved, books.balances.committed) == (0, 950)


def test_attendance_without_money_set_aside_commits_nothing() -> None:
    books = Books()
    books.credit(1000)
    assert books.commit(300) == (
        FundsCommitmentRefused(
            partnership_id=PARTNERSHIP,
            purpose="booking",
            funded_id="booking-1",
            revision=1,
            amount_pence=300,
            short_by_pence=300,
        ),
    )
    assert books.balances.committed == 0
    assert refusal(books.reserve(300)) == ("released-before", 0)


def test_a_late_release_does_not_take_back_what_attendance_has_committed() -> None:
    books = Books()
    books.credit(1000)
    books.reserve(900)
    books.commit(900)
    assert books.release() == ()
    assert books.balances.committed == 900


@pytest.mark.parametrize("verb", ["reserve", "reduce", "commit"])
def test_no_negative_amount_makes_money(verb: str) -> None:
    books = Books()
    books.credit(1000)
    books.reserve(400, "booking-2")
    with pytest.raises(ValueError, match="-1 pence"):
        getattr(books, verb)(-1)
    assert books.balances.available == 600


def test_the_ledger_names_what_each_entry_is_about() -> None:
    books = Books()
    books.credit(1000)
    books.reserve(900)
    books.commit(600)
    assert [(entry.kind, entry.funded_id, entry.allocation_id) for entry in books.ledger] == [
        (EntryKind.CREDITED, None, "allocation-1"),
        (EntryKind.RESERVED, "booking-1", None),
        (EntryKind.COMMITTED, "booking-1", None),
        (EntryKind.RELEASED, "booking-1", None),
    ]


@pytest.mark.parametrize("status", ReservationStatus)
@pytest.mark.parametrize("verb", ["reserve", "refuse", "release", "reduce", "commit"])
def test_a_reservation_moves_by_its_table_only(status: ReservationStatus, verb: str) -> None:
    targets = {row.target for row in RESERVATION.rows if (row.source, row.verb) == (status, verb)}
    if targets:
        assert {RESERVATION.next(status, verb)} == targets
    else:
        with pytest.raises(WrongState):
            RESERVATION.next(status, verb)
