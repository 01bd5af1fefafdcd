"""Fees over HTTP: a quote before cancelling, no fee above the one agreed to, waivers."""

from __future__ import annotations

from typing import Any

from shared.contracts.courses import BookingCancelled, FeeWaived
from tests.courses.organiser import URNS, Organiser

PRICE = 22_000


async def booked(organiser: Organiser, *delegates: str, days: float = 60, **changes: Any) -> Any:
    """A booking of an occurrence under the standard policy, in so many days."""
    policy = {"cancellation_policy": "standard", "sessions": organiser.sessions(days=days)}
    return await organiser.book(await organiser.opened(**policy | changes), URNS[0], *delegates)


def path(booking: Any, what: str) -> str:
    return f"/api/occurrences/{booking['occurrence_id']}/bookings/{booking['booking_id']}/{what}"


async def test_a_quote_shows_now_and_later_for_the_booking_or_one_delegate(organiser: Organiser) -> None:
    booking = await booked(organiser, "ada", "bo")
    mine = organiser.school()
    whole = await organiser.get(path(booking, "cancellation-quote"), mine)
    assert (whole["fee_pence"], whole["tier"]) == (0, None)
    assert [(due["fee_pence"], due["tier"]) for due in whole["later"]] == [
        (PRICE, "late"),
        (2 * PRICE, "last-days"),
    ]
    assert whole["summary"].startswith("now £0.00, from ")
    assert whole["summary"].endswith("00:00 £440.00")
    one = await organiser.get(path(booking, "cancellation-quote"), mine, delegate_id="ada")
    assert [due["fee_pence"] for due in one["later"]] == [PRICE // 2, PRICE]
    assert [due["from_at"] for due in one["later"]] == [due["from_at"] for due in whole["later"]]
    unknown = await organiser.world.client("courses").get(
        path(booking, "cancellation-quote"), params={"delegate_id": "eve"}, headers=dict(mine)
    )
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/no-such-delegate")


async def test_a_fee_that_has_risen_since_it_was_shown_refuses_with_the_new_quote(organiser: Organiser) -> None:
    booking = await booked(organiser)
    shown = await organiser.get(path(booking, "cancellation-quote"), organiser.school())
    organiser.later(days=55)
    body = {"reason": "ill", "accepts_fee_pence": shown["fee_pence"]}
    refused = await organiser.ask(booking, "cancellation", body, status=409)
    assert refused["type"] == "/problems/cancellation-fee-risen"
    assert (refused["fee_pence"], refused["tier"]) == (PRICE // 2, "late")
    assert (refused["next_fee_pence"], refused["next_from"]) == (PRICE, _as_sent(shown["later"][1]["from_at"]))
    assert await organiser.status(booking) == "confirmed"
    kept = await organiser.ask(booking, "cancellation", body | {"accepts_fee_pence": PRICE // 2}, status=200)
    assert kept["fee_pence"] == PRICE // 2
    (fee,) = kept["fees"]
    assert (fee["kind"], fee["tier"], fee["fee_pence"], fee["delegate_id"]) == (
        "cancellation",
        "late",
        PRICE // 2,
        None,
    )
    (said,) = await organiser.told(BookingCancelled)
    assert (said.fee_pence, said.tier) == (PRICE // 2, "late")


def _as_sent(moment: str) -> str:
    return moment.replace("Z", "+00:00")


async def test_a_cancelled_delegate_costs_one_place_and_the_history_says_so(organiser: Organiser) -> None:
    booking = await booked(organiser, "ada", "bo")
    organiser.later(days=59)
    kept = await organiser.ask(booking, "delegates/ada/cancellation", {"reason": "ill"}, status=200)
    assert (kept["fee_pence"], kept["fees"][0]["delegate_id"]) == (PRICE, "ada")
    history = await organiser.get(path(booking, "history"), organiser.school())
    assert [(moment["verb"], moment["fee_pence"]) for moment in history["decisions"]][-1] == ("reduce", PRICE)


async def test_only_an_officer_waives_with_a_reason_and_only_what_is_owed(organiser: Organiser) -> None:
    booking = await booked(organiser)
    waiver, why = path(booking, "fee-waiver"), {"reason": "The school was closed by snow."}
    nothing = await organiser.post(waiver, organiser.officer(), why, status=409)
    assert nothing["type"] == "/problems/no-fee-to-waive"
    organiser.later(days=59)
    await organiser.cancel(booking)
    await organiser.post(waiver, organiser.school(), why, status=403)
    unexplained = await organiser.post(waiver, organiser.officer(), {}, status=422)
    assert "reason" in str(unexplained)
    waived = await organiser.post(waiver, organiser.officer(), why, status=200)
    assert (waived["fee_pence"], waived["fees"][0]["fee_pence"]) == (0, PRICE)
    assert (waived["fees"][0]["waived"]["by"], waived["fees"][0]["waived"]["reason"]) == ("officer-1", why["reason"])
    assert [event.waived_pence for event in await organiser.told(FeeWaived)] == [PRICE]


async def test_an_occurrence_shows_its_policy_which_is_free_unless_another_is_named(organiser: Organiser) -> None:
    plain = await organiser.get(f"/api/occurrences/{await organiser.opened()}")
    assert plain["cancellation"] == {
        "policy": "free",
        "cooling_off_hours": 0,
        "tiers": [],
        "no_show_fee_pence": 0,
    }
    standard = await organiser.get(f"/api/occurrences/{(await booked(organiser))['occurrence_id']}")
    tiers = [(tier["tier"], tier["fee_pence"]) for tier in standard["cancellation"]["tiers"]]
    assert tiers == [("late", PRICE // 2), ("last-days", PRICE)]
    assert standard["cancellation"]["no_show_fee_pence"] == PRICE


async def test_a_policy_that_does_not_exist_is_refused_with_those_that_do(organiser: Organiser) -> None:
    course = await organiser.course()
    body = {
        "course_id": course["course_id"],
        "sessions": organiser.sessions(),
        "capacity": 2,
        "price_pence": PRICE,
        "cancellation_policy": "generous",
    }
    refused = await organiser.post("/api/occurrences", organiser.officer(), body, status=422)
    assert refused["type"] == "/problems/cancellation-policy-unknown"
    assert (refused["errors"][0]["field"] if "errors" in refused else refused["field"]) == "cancellation_policy"
    assert refused["known"] == ["free", "residential", "standard"]


async def test_a_moved_occurrence_keeps_its_policy_and_counts_from_its_new_dates(organiser: Organiser) -> None:
    booking = await booked(organiser)
    path_of_dates = f"/api/occurrences/{booking['occurrence_id']}/dates"
    before = await organiser.get(f"/api/occurrences/{booking['occurrence_id']}")
    answer = await organiser.put(path_of_dates, organiser.officer(), {"sessions": organiser.sessions(days=90)})
    assert answer.status_code == 200
    moved = answer.json()["cancellation"]
    assert moved["policy"] == "standard"
    assert moved["tiers"][0]["from_at"] > before["cancellation"]["tiers"][1]["from_at"]


async def test_fees_survive_a_round_trip_to_the_store(organiser: Organiser) -> None:
    booking = await booked(organiser, "ada")
    organiser.later(days=60, hours=6)
    marked = await organiser.attend(booking, ada="absent")
    assert await organiser.booking(booking) == marked
    assert (marked["fees"][0]["kind"], marked["fees"][0]["delegate_id"]) == ("no-show", "ada")
