"""What cancelling and staying away cost: tiers at their borders, and who owes what for which decision."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.courses.domain import organising
from services.courses.domain.booking import Booking, BookingStatus
from services.courses.domain.cancellation import LastDelegate, OccurrenceBegun, quote_cancellation
from services.courses.domain.change import heads
from services.courses.domain.charging import FeeRisen, NoFeeToWaive
from services.courses.domain.fees import CancellationPolicy, Fee, FeeStep, Quote, Tier, fee_steps, quote
from services.courses.domain.working_days import DayKind, days_before
from services.courses.policies import holidays, policy_at
from shared.contracts.courses import BookingCancelled, BookingReduced, FeeWaived
from shared.transitions import WrongState
from tests.courses.desk import NOW, PRICE, STARTS, Desk, announced, calendar

HALF = PRICE // 2
LONDON = "Europe/London"


def percent(value: int) -> Fee:
    return Fee(unit="percent", value=value)


def pence(value: int) -> Fee:
    return Fee(unit="pence", value=value)


POLICY = CancellationPolicy(
    name="test",
    cooling_off_hours=24,
    tiers=(
        Tier(name="late", days_before=10, counted_in="working", fee=percent(50)),
        Tier(name="last-days", days_before=2, counted_in="calendar", fee=percent(100)),
    ),
    no_show=percent(100),
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("starts_at", "zone", "days", "counted_in", "from_at"),
    [
        ("2026-09-09T08:30", LONDON, 0, "calendar", "2026-09-08T23:00"),
        ("2026-09-09T08:30", LONDON, 2, "working", "2026-09-06T23:00"),
        ("2026-09-07T08:30", LONDON, 1, "working", "2026-09-03T23:00"),  # a weekend between
        ("2026-09-07T08:30", LONDON, 1, "calendar", "2026-09-05T23:00"),
        ("2026-09-12T08:30", LONDON, 1, "working", "2026-09-10T23:00"),  # it starts on a Saturday
        ("2026-09-01T08:30", LONDON, 1, "working", "2026-08-27T23:00"),  # the summer bank holiday between
        ("2026-12-29T09:30", LONDON, 2, "working", "2026-12-23T00:00"),  # Christmas, and a day in lieu
        ("2026-12-29T09:30", LONDON, 2, "calendar", "2026-12-27T00:00"),
        ("2026-04-07T08:30", LONDON, 2, "working", "2026-03-31T23:00"),  # Easter
        ("2026-03-30T08:30", LONDON, 0, "calendar", "2026-03-29T23:00"),  # clocks went forward the day before
        ("2026-03-30T08:30", LONDON, 1, "calendar", "2026-03-29T00:00"),
        ("2026-10-26T09:30", LONDON, 0, "calendar", "2026-10-26T00:00"),  # clocks went back the day before
        ("2026-10-26T09:30", LONDON, 1, "calendar", "2026-10-24T23:00"),
        ("2026-10-26T09:30", LONDON, 1, "working", "2026-10-22T23:00"),
        ("2026-12-01T01:00", "America/New_York", 1, "calendar", "2026-11-29T05:00"),  # it starts on 30 November there
    ],
)
def test_a_tier_holds_from_the_midnight_at_which_its_day_begins(
    starts_at: str, zone: str, days: int, counted_in: DayKind, from_at: str
) -> None:
    assert days_before(utc(starts_at), zone, days, counted_in, holidays()) == utc(from_at)
    tier = Tier(name="late", days_before=days, counted_in=counted_in, fee=percent(50))
    policy = POLICY.model_copy(update={"cooling_off_hours": 0, "tiers": (tier,)})
    steps = fee_steps(policy, utc(starts_at), zone, holidays())
    before, then = (
        quote(
            steps,
            cooling_off_hours=0,
            price_pence=PRICE,
            places=1,
            starts_at=utc(starts_at),
            booked_at=utc("2026-01-05T09:00"),
            now=utc(from_at) + wait,
        )
        for wait in (timedelta(milliseconds=-1), timedelta())
    )
    assert (before.now.fee_pence, then.now.fee_pence, then.now.tier, then.later) == (0, HALF, "late", ())
    assert [(due.from_at, due.fee_pence, due.tier) for due in before.later] == [(utc(from_at), HALF, "late")]


@pytest.mark.parametrize(
    ("fee", "price", "owed"),
    [
        (percent(0), 22_000, 0),
        (percent(50), 22_000, 11_000),
        (percent(50), 99, 49),
        (percent(100), 22_000, 22_000),
        (pence(3_500), 22_000, 3_500),
        (pence(3_500), 1_000, 1_000),
        (pence(3_500), 0, 0),
    ],
)
def test_a_fee_is_a_part_or_an_amount_and_never_more_than_the_price(fee: Fee, price: int, owed: int) -> None:
    assert fee.of(price) == owed


def steps_at(*steps: tuple[int, Fee]) -> list[FeeStep]:
    """Steps by the hours before the start from which they hold."""
    return sorted(
        (FeeStep(tier=f"{hours} hours", from_at=STARTS - timedelta(hours=hours), fee=fee) for hours, fee in steps),
        key=lambda step: step.from_at,
    )


def at_hour(steps: list[FeeStep], hour: float, *, booked: float = 900, cooling: int = 0, price: int = PRICE) -> Quote:
    """The quote so many hours before the start, for two places."""
    return quote(
        steps,
        cooling_off_hours=cooling,
        price_pence=price,
        places=2,
        starts_at=STARTS,
        booked_at=STARTS - timedelta(hours=booked),
        now=STARTS - timedelta(hours=hour),
    )


def test_a_quote_says_what_it_costs_now_and_each_change_that_is_still_to_come() -> None:
    steps = steps_at((240, percent(25)), (48, percent(50)), (24, percent(100)))
    quoted = at_hour(steps, 100)
    assert (quoted.now.fee_pence, quoted.now.tier) == (HALF, "240 hours")
    assert [(due.fee_pence, due.tier) for due in quoted.later] == [(PRICE, "48 hours"), (2 * PRICE, "24 hours")]


def test_cooling_off_is_free_and_what_holds_at_its_end_is_in_the_quote() -> None:
    steps = steps_at((240, percent(50)))
    during, over = at_hour(steps, 76.01, booked=100, cooling=24), at_hour(steps, 76, booked=100, cooling=24)
    assert (during.now.fee_pence, during.now.tier) == (0, None)
    assert [(due.from_at, due.fee_pence) for due in during.later] == [(STARTS - timedelta(hours=76), PRICE)]
    assert (over.now.fee_pence, over.later) == (PRICE, ())


def test_cooling_off_that_lasts_to_the_start_announces_no_fee() -> None:
    assert at_hour(steps_at((240, percent(50))), 10, booked=20, cooling=24).later == ()


def test_a_later_tier_never_costs_less_than_an_earlier_one() -> None:
    steps = steps_at((240, percent(50)), (24, pence(3_500)))
    assert (at_hour(steps, 1).now.fee_pence, at_hour(steps, 1).now.tier) == (PRICE, "240 hours")
    assert at_hour(steps, 1, price=4_000).now.tier == "24 hours"


FEES = st.builds(Fee, unit=st.sampled_from(("percent", "pence")), value=st.integers(0, 30_000))
STEPS = st.lists(st.tuples(st.integers(0, 400), FEES), max_size=5).map(lambda drawn: steps_at(*drawn))


@given(STEPS, st.integers(0, 60_000), st.integers(0, 400), st.integers(0, 200), st.lists(st.integers(1, 500)))
def test_fees_never_fall_as_time_goes_on_and_never_exceed_the_price(
    steps: list[FeeStep], price: int, booked: int, cooling: int, hours: list[int]
) -> None:
    quotes = [at_hour(steps, hour, booked=booked, cooling=cooling, price=price) for hour in sorted(hours, reverse=True)]
    for quoted in quotes:
        course = [quoted.now, *quoted.later]
        assert all(0 <= due.fee_pence <= 2 * price for due in course)
        assert all(
            one.fee_pence < next_one.fee_pence and one.from_at < next_one.from_at for one, next_one in pairwise(course)
        )
        for due in quoted.later:
            left = (STARTS - due.from_at) / timedelta(hours=1)
            assert at_hour(steps, left, booked=booked, cooling=cooling, price=price).now == due
    assert all(one.now.fee_pence <= later.now.fee_pence for one, later in pairwise(quotes))


def booked(places: int = 1, *, bursary: bool = False, capacity: int = 3) -> tuple[Desk, Booking]:
    """A confirmed booking of an occurrence with a policy."""
    desk = Desk(capacity, cancellation=POLICY)
    booking = desk.book(places, bursary=bursary)
    if bursary:
        desk.reserved(booking.id)
    assert desk.status(booking.id) is BookingStatus.CONFIRMED
    return desk, booking


def late(desk: Desk) -> None:
    """Half the price is owed."""
    desk.now = STARTS - timedelta(days=5)


@pytest.mark.parametrize(
    ("before", "fee", "tier"),
    [(timedelta(days=30), 0, None), (timedelta(days=5), HALF, "late"), (timedelta(hours=1), PRICE, "last-days")],
)
def test_who_cancels_owes_what_the_tier_of_that_moment_says(before: timedelta, fee: int, tier: str | None) -> None:
    desk, booking = booked()
    desk.now = STARTS - before
    kept = desk.cancel(booking.id)
    (said,) = desk.said(BookingCancelled)
    assert (kept.fee_pence, said.fee_pence, said.tier) == (fee, fee, tier)
    assert (kept.history[-1].verb, kept.history[-1].fee_pence) == ("cancel", fee)


def test_a_bursary_booking_owes_the_fee_itself_and_its_partnership_is_told_to_release_all() -> None:
    desk, booking = booked(bursary=True)
    late(desk)
    assert desk.cancel(booking.id).fee_pence == HALF
    (said,) = desk.said(BookingCancelled)
    assert (said.partnership_id, said.fee_pence) == (booking.partnership_id, HALF)


def test_delegates_cancelled_one_by_one_cost_what_they_cost_together() -> None:
    desk, booking = booked(3)
    late(desk)
    first = desk.cancel_delegate(booking.id, booking.delegates[0].delegate_id)
    (said,) = desk.said(BookingReduced)
    assert (first.fee_pence, said.fee_pence, said.tier, said.amount_pence) == (HALF, HALF, "late", 2 * PRICE)
    kept = desk.cancel(booking.id)
    assert [(charge.delegate_id, charge.fee_pence) for charge in kept.charges] == [
        (booking.delegates[0].delegate_id, HALF),
        (None, PRICE),
    ]
    assert kept.fee_pence == 3 * HALF
    assert [event.fee_pence for event in desk.said(BookingCancelled)] == [PRICE]


def test_a_place_that_was_never_confirmed_costs_nothing() -> None:
    desk, _ = booked(3)
    waits = desk.book(2)
    late(desk)
    assert desk.cancel_delegate(waits.id, waits.delegates[0].delegate_id).charges == ()
    assert desk.cancel(waits.id).charges == ()


def test_cooling_off_begins_when_the_place_becomes_the_schools_not_when_it_began_to_wait() -> None:
    desk, first = booked(capacity=1)
    waits = desk.book()
    desk.now = STARTS - timedelta(days=9)
    desk.cancel(first.id)
    desk.accept(waits.id)
    quoted = quote_cancellation(desk.occurrence, desk.stored(waits.id), desk.now)
    assert quoted.now.fee_pence == 0
    assert quoted.later[0].from_at == desk.now + timedelta(hours=24)


def test_an_occurrence_that_is_moved_can_be_cancelled_freely_for_a_while() -> None:
    desk, booking = booked()
    late(desk)
    sooner = calendar(STARTS - timedelta(days=1), terms=desk.occurrence.terms)
    desk.decide(
        lambda root, sides, now: organising.reschedule(root, sides, now, by="officer", calendar=sooner),
        heads(desk.occurrence),
    )
    desk.pass_time(hours=23)
    quoted = quote_cancellation(desk.occurrence, desk.stored(booking.id), desk.now)
    assert (quoted.now.fee_pence, quoted.later[0].fee_pence) == (0, HALF)


def test_nobody_pays_more_than_they_agreed_to() -> None:
    desk, booking = booked(2)
    late(desk)
    with pytest.raises(FeeRisen) as refused:
        desk.cancel(booking.id, accepts=PRICE - 1)
    assert refused.value.facts == {
        "fee_pence": PRICE,
        "tier": "late",
        "next_fee_pence": 2 * PRICE,
        "next_from": desk.occurrence.fees[1].from_at.isoformat(),
    }
    with pytest.raises(FeeRisen):
        desk.cancel_delegate(booking.id, booking.delegates[0].delegate_id, accepts=0)
    assert desk.status(booking.id) is BookingStatus.CONFIRMED
    assert desk.cancel(booking.id, accepts=PRICE).fee_pence == PRICE


def test_the_last_tier_refuses_without_another_to_come() -> None:
    desk, booking = booked()
    desk.now = STARTS - timedelta(hours=1)
    with pytest.raises(FeeRisen) as refused:
        desk.cancel(booking.id, accepts=HALF)
    assert (refused.value.facts["fee_pence"], refused.value.facts["next_from"]) == (PRICE, None)


def test_a_fee_that_has_not_risen_above_what_was_agreed_to_is_the_one_that_holds() -> None:
    desk, booking = booked()
    assert desk.cancel(booking.id, accepts=PRICE).fee_pence == 0


def test_what_the_organiser_calls_off_is_free_at_any_time() -> None:
    desk, booking = booked()
    desk.now = STARTS - timedelta(hours=1)
    desk.decide(lambda root, sides, now: organising.call_off(root, sides, now, by="officer", reason="flood"))
    desk.decide(
        lambda root, sides, now: organising.call_off_bookings(
            root, sides, now, by="system", booking_ids=[booking.id], last=True
        ),
        [(Booking, booking.id)],
    )
    (said,) = desk.said(BookingCancelled)
    assert (said.cancelled_by, said.fee_pence, desk.stored(booking.id).fee_pence) == ("organiser", 0, 0)


def test_a_school_that_cancels_what_the_organiser_has_just_called_off_pays_nothing() -> None:
    desk, booking = booked()
    late(desk)
    desk.decide(lambda root, sides, now: organising.call_off(root, sides, now, by="officer", reason="flood"))
    assert desk.cancel(booking.id, accepts=0).charges == ()


def test_a_draft_that_is_planned_again_has_the_tiers_of_its_terms() -> None:
    before, after = announced(2), announced(2, cancellation=POLICY)
    fresh = after.model_copy(update={"listing": after.listing.model_copy(update={"title": "Another"})})
    kept = organising.keep_draft(fresh, before).reply
    assert (kept.terms.cancellation, kept.fees) == (POLICY, fresh.fees)
    assert [step.tier for step in kept.fees] == ["late", "last-days"]


def test_what_cannot_be_cancelled_is_not_quoted() -> None:
    desk, booking = booked()
    with pytest.raises(LastDelegate):
        quote_cancellation(desk.occurrence, booking, desk.now, delegate_id=booking.delegates[0].delegate_id)
    with pytest.raises(OccurrenceBegun):
        quote_cancellation(desk.occurrence, booking, STARTS)
    with pytest.raises(WrongState):
        quote_cancellation(desk.occurrence, desk.cancel(booking.id), desk.now)


def test_an_officer_waives_a_fee_once_and_the_history_keeps_why() -> None:
    desk, booking = booked()
    late(desk)
    desk.cancel(booking.id)
    kept = desk.waive(booking.id)
    assert (kept.fee_pence, kept.status, kept.charges[0].fee_pence) == (0, BookingStatus.CANCELLED, HALF)
    last = kept.history[-1]
    assert (last.verb, last.reason, last.by, last.fee_pence) == ("waive-fee", "snow", "officer", -HALF)
    (said,) = desk.said(FeeWaived)
    assert said.waived_pence == HALF
    assert "snow" not in said.model_dump_json()
    with pytest.raises(NoFeeToWaive):
        desk.waive(booking.id)


def test_older_terms_and_the_default_policy_cost_nothing() -> None:
    default = policy_at(NOW).terms().cancellation
    assert default is not None
    for policy in (None, default):
        desk = Desk(cancellation=policy)
        booking, other = desk.book(("ada",)), desk.book(("bo",))
        desk.now = STARTS - timedelta(minutes=1)
        assert desk.cancel(other.id).fee_pence == 0
        desk.now = STARTS + timedelta(hours=6)
        assert desk.record(booking.id, ada="absent").fee_pence == 0


@pytest.mark.parametrize("policy", policy_at(NOW).cancellation.policies, ids=lambda policy: policy.name)
def test_the_tiers_of_every_policy_stand_in_the_order_in_which_they_come(policy: CancellationPolicy) -> None:
    steps = fee_steps(policy, STARTS, LONDON, holidays())
    assert [step.tier for step in steps] == [tier.name for tier in policy.tiers]
