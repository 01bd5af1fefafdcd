"""The funds side of the saga: what courses and placements say, and what the account makes of it."""

from __future__ import annotations

import pytest

from shared.contracts.partnerships import (
    AccountCredited,
    FundsCommitmentRefused,
    FundsCommitted,
    FundsReleased,
    FundsReservationRefused,
    FundsReserved,
)
from shared.messaging.outbox import OutboxRow
from tests.partnerships.programme import URNS, Programme


async def test_an_allocation_arrives_in_the_account(programme: Programme) -> None:
    partnership_id = await programme.funded(100_000)
    assert await programme.balances(partnership_id) == (100_000, 0, 0, 100_000)
    assert len(await programme.told(AccountCredited)) == 1


async def test_a_held_place_is_funded_then_attended(programme: Programme) -> None:
    partnership_id = await programme.funded(100_000)
    await programme.say(programme.place_held(partnership_id, "booking-1", 45_000))
    await programme.world.settle()
    assert await programme.balances(partnership_id) == (100_000, 45_000, 0, 55_000)
    await programme.say(programme.settled(partnership_id, "booking-1", 30_000))
    await programme.world.settle()
    assert await programme.balances(partnership_id) == (100_000, 0, 30_000, 70_000)
    assert [event.amount_pence for event in await programme.told(FundsReserved)] == [45_000]
    assert [event.amount_pence for event in await programme.told(FundsCommitted)] == [30_000]
    assert [event.amount_pence for event in await programme.told(FundsReleased)] == [15_000]


async def test_the_answer_carries_the_correlation_of_the_question(programme: Programme) -> None:
    partnership_id = await programme.funded(100_000)
    await programme.say(programme.place_held(partnership_id, "booking-1", 45_000))
    await programme.world.settle()
    (asked,) = await programme.world.databases["courses"].collection(OutboxRow).find({})
    (answer,) = await programme.world.databases["partnerships"].collection(OutboxRow).find({"type": FundsReserved.type})
    assert (answer.correlation_id, answer.causation_id) == (asked.correlation_id, asked.id)


async def test_bookings_beyond_the_account_are_refused_one_by_one(programme: Programme) -> None:
    partnership_id = await programme.funded(100_000)
    await programme.say(*(programme.place_held(partnership_id, f"booking-{n}", 30_000) for n in range(5)))
    await programme.world.settle()
    assert await programme.balances(partnership_id) == (100_000, 90_000, 0, 10_000)
    refused = await programme.told(FundsReservationRefused)
    assert [(event.funded_id, event.reason, event.short_by_pence) for event in refused] == [
        ("booking-3", "insufficient-funds", 20_000),
        ("booking-4", "insufficient-funds", 20_000),
    ]


@pytest.mark.parametrize("ending", ["cancelled", "expired", "declined"])
async def test_every_end_of_a_booking_frees_its_money(programme: Programme, ending: str) -> None:
    partnership_id = await programme.funded(100_000)
    await programme.say(programme.place_held(partnership_id, "booking-1", 45_000))
    await programme.say(getattr(programme, ending)(partnership_id, "booking-1"))
    await programme.world.settle()
    assert await programme.balances(partnership_id) == (100_000, 0, 0, 100_000)
    assert [event.amount_pence for event in await programme.told(FundsReleased)] == [45_000]


async def test_a_booking_that_shrinks_frees_the_difference(programme: Programme) -> None:
    partnership_id = await programme.funded(100_000)
    await programme.say(programme.place_held(partnership_id, "booking-1", 90_000))
    await programme.say(programme.reduced(partnership_id, "booking-1", 60_000))
    await programme.world.settle()
    assert await programme.balances(partnership_id) == (100_000, 60_000, 0, 40_000)


async def test_a_cancellation_before_its_hold_refuses_the_hold(programme: Programme) -> None:
    partnership_id = await programme.funded(100_000)
    await programme.say(programme.cancelled(partnership_id, "booking-1"))
    await programme.say(programme.place_held(partnership_id, "booking-1", 45_000))
    await programme.world.settle()
    (refused,) = await programme.told(FundsReservationRefused)
    assert refused.reason == "released-before"
    assert await programme.balances(partnership_id) == (100_000, 0, 0, 100_000)


async def test_a_correction_follows_the_attendance(programme: Programme) -> None:
    partnership_id = await programme.funded(100_000)
    await programme.say(programme.place_held(partnership_id, "booking-1", 45_000))
    await programme.say(programme.settled(partnership_id, "booking-1", 45_000))
    await programme.say(programme.settled(partnership_id, "booking-1", 15_000, revision=2))
    await programme.say(programme.settled(partnership_id, "booking-1", 105_000, revision=3))
    await programme.world.settle()
    assert await programme.balances(partnership_id) == (100_000, 0, 15_000, 85_000)
    (refused,) = await programme.told(FundsCommitmentRefused)
    assert (refused.revision, refused.short_by_pence) == (3, 5_000)


async def test_a_placement_is_funded_done_and_corrected(programme: Programme) -> None:
    partnership_id = await programme.funded(100_000)
    await programme.say(programme.funds_asked(partnership_id, "placement-1", 60_000))
    await programme.world.settle()
    assert await programme.balances(partnership_id) == (100_000, 60_000, 0, 40_000)
    (answer,) = await programme.told(FundsReserved)
    assert (answer.purpose, answer.funded_id, answer.asked_by) == (
        "placement",
        "placement-1",
        "placements/placement-1",
    )
    await programme.say(programme.days_settled(partnership_id, "placement-1", 48_000, days_done=4))
    await programme.world.settle()
    assert await programme.balances(partnership_id) == (100_000, 0, 48_000, 52_000)
    await programme.say(programme.days_settled(partnership_id, "placement-1", 36_000, revision=2, days_done=3))
    await programme.world.settle()
    assert await programme.balances(partnership_id) == (100_000, 0, 36_000, 64_000)


async def test_a_cancelled_placement_frees_its_money(programme: Programme) -> None:
    partnership_id = await programme.funded(100_000)
    await programme.say(programme.funds_asked(partnership_id, "placement-1", 60_000))
    await programme.say(programme.placement_cancelled(partnership_id, "placement-1"))
    await programme.world.settle()
    assert await programme.balances(partnership_id) == (100_000, 0, 0, 100_000)
    assert [event.purpose for event in await programme.told(FundsReleased)] == ["placement"]


async def test_a_placement_cancelled_before_it_asked_is_refused(programme: Programme) -> None:
    partnership_id = await programme.funded(100_000)
    await programme.say(programme.placement_cancelled(partnership_id, "placement-1"))
    await programme.say(programme.funds_asked(partnership_id, "placement-1", 60_000))
    await programme.world.settle()
    (refused,) = await programme.told(FundsReservationRefused)
    assert (refused.purpose, refused.reason) == ("placement", "released-before")


async def test_a_placement_that_no_bursary_pays_for_asks_for_nothing(programme: Programme) -> None:
    partnership_id = await programme.funded(100_000)
    await programme.say(programme.placement_cancelled(None, "placement-1"))
    await programme.say(programme.days_settled(None, "placement-2", 60_000))
    await programme.world.settle()
    assert await programme.balances(partnership_id) == (100_000, 0, 0, 100_000)


async def test_bookings_and_placements_share_one_account(programme: Programme) -> None:
    partnership_id = await programme.funded(100_000)
    await programme.say(programme.place_held(partnership_id, "booking-1", 60_000))
    await programme.world.settle()
    await programme.say(programme.funds_asked(partnership_id, "placement-1", 60_000))
    await programme.world.settle()
    (refused,) = await programme.told(FundsReservationRefused)
    assert (refused.purpose, refused.reason, refused.short_by_pence) == ("placement", "insufficient-funds", 20_000)


async def test_a_booking_the_school_pays_itself_asks_for_nothing(programme: Programme) -> None:
    partnership_id = await programme.funded(100_000)
    held = programme.place_held(partnership_id, "booking-1", 45_000)
    await programme.say(held.model_copy(update={"partnership_id": None}))
    await programme.say(programme.cancelled(None, "booking-1"))
    await programme.world.settle()
    assert await programme.balances(partnership_id) == (100_000, 0, 0, 100_000)


async def test_courses_may_be_faster_than_our_own_reaction_to_an_activation(programme: Programme) -> None:
    partnership_id = await programme.funded(100_000)
    path = f"/api/partnerships/{partnership_id}"
    await programme.post(f"{path}/suspension", programme.officer(), {"reason": "the report is late"})
    await programme.world.settle()
    await programme.post(f"{path}/resumption", programme.officer())
    await programme.say(programme.place_held(partnership_id, "booking-1", 45_000))
    await programme.world.running["courses"].relay.step()
    await programme.world.running["partnerships"].consumer.step()
    await programme.world.settle()
    assert await programme.balances(partnership_id) == (100_000, 45_000, 0, 55_000)


async def test_a_suspended_partnership_reserves_nothing_until_it_is_resumed(programme: Programme) -> None:
    partnership_id = await programme.funded(100_000)
    path = f"/api/partnerships/{partnership_id}"
    await programme.post(f"{path}/suspension", programme.officer(), {"reason": "the report is late"})
    await programme.say(programme.place_held(partnership_id, "booking-1", 45_000))
    await programme.world.settle()
    (refused,) = await programme.told(FundsReservationRefused)
    assert refused.reason == "partnership-not-active"
    await programme.post(f"{path}/resumption", programme.officer())
    await programme.say(programme.place_held(partnership_id, "booking-2", 45_000))
    await programme.world.settle()
    assert await programme.balances(partnership_id) == (100_000, 45_000, 0, 55_000)


async def test_a_school_that_has_left_reserves_nothing(programme: Programme) -> None:
    partnership_id = await programme.funded(100_000)
    leaving = URNS[1]
    await programme.post(f"/api/partnerships/{partnership_id}/members/{leaving}/departure", programme.school(leaving))
    await programme.world.settle()
    await programme.say(programme.place_held(partnership_id, "booking-1", 45_000, urn=leaving))
    await programme.world.settle()
    (refused,) = await programme.told(FundsReservationRefused)
    assert refused.reason == "not-a-member"


async def test_a_crash_between_effect_and_offset_changes_nothing_twice(programme: Programme) -> None:
    partnership_id = await programme.funded(100_000)
    await programme.say(programme.place_held(partnership_id, "booking-1", 45_000))
    await programme.world.settle()
    await programme.world.kill("partnerships")
    programme.world.broker.group("partnerships").committed.clear()
    await programme.world.start("partnerships")
    await programme.world.settle()
    assert await programme.balances(partnership_id) == (100_000, 45_000, 0, 55_000)
    assert len(await programme.told(FundsReserved)) == 1


async def test_an_event_that_no_account_can_follow_is_parked_and_others_go_on(programme: Programme) -> None:
    partnership_id = await programme.funded(100_000)
    await programme.say(programme.place_held(partnership_id, "booking-1", -45_000))
    await programme.world.settle()
    assert await programme.balances(partnership_id) == (100_000, 0, 0, 100_000)
    programme.occurrence_id = "another-occurrence"
    await programme.say(programme.place_held(partnership_id, "booking-2", 45_000))
    await programme.world.settle()
    assert await programme.balances(partnership_id) == (100_000, 45_000, 0, 55_000)


async def test_the_ledger_tells_the_story_latest_first(programme: Programme) -> None:
    partnership_id = await programme.funded(100_000)
    await programme.say(programme.place_held(partnership_id, "booking-1", 45_000))
    await programme.say(programme.settled(partnership_id, "booking-1", 30_000))
    await programme.world.settle()
    path = f"/api/partnerships/{partnership_id}/account"
    first = await programme.get(f"{path}/ledger", programme.school(URNS[2]), limit=3)
    assert [entry["kind"] for entry in first["items"]] == ["released", "committed", "reserved"]
    rest = await programme.get(f"{path}/ledger", programme.school(URNS[2]), limit=3, cursor=first["next"])
    assert [entry["kind"] for entry in rest["items"]] == ["credited"]
    account = await programme.get(path, programme.school(URNS[2]))
    entries = [*first["items"], *rest["items"]]
    for name in ("allocated_pence", "reserved_pence", "committed_pence", "spent_pence"):
        assert sum(entry[name] for entry in entries) == account[name]
    (reservation,) = (await programme.get(f"{path}/reservations", programme.school(URNS[2])))["items"]
    assert (reservation["status"], reservation["committed_pence"]) == ("committed", 30_000)
