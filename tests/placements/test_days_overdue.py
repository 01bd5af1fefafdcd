"""Days that a host does not record: overdue after a while, and closed by the programme as they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared.contracts.placements import PlacementDaysOverdue, PlacementDaysSettled
from tests.placements.host import Host

WHOLE = (True,) * 5


async def test_days_that_the_host_does_not_record_are_overdue_and_the_programme_closes_them(host: Host) -> None:
    placement_id = await host.begun()
    await host.record(placement_id, True)
    last = datetime.fromisoformat((await host.placement(placement_id))["dates"][4]).replace(tzinfo=UTC)
    early = {"reason": "the host does not answer"}
    await host.do(placement_id, "days/closing", host.officer(), early, status=409)
    host.world.clock.advance(last + timedelta(days=1, hours=12) - host.world.clock.now())
    await host.world.settle()
    assert await host.told(PlacementDaysOverdue) == []
    host.later(days=14)
    for _again in range(2):
        await host.world.settle()
        (told,) = await host.told(PlacementDaysOverdue)
        assert told.placement_id == placement_id
    assert (await host.placement(placement_id))["days_overdue"] is True
    await host.do(placement_id, "days/closing", host.host(), early, status=403)
    closed = await host.do(placement_id, "days/closing", host.officer(), early)
    assert (closed["status"], closed["days_overdue"]) == ("days-recorded", False)
    host.later(days=15)
    await host.world.settle()
    assert [event.days_done for event in await host.told(PlacementDaysSettled)] == [1]


async def test_days_that_are_disputed_are_awaited_anew(host: Host) -> None:
    placement_id = await host.begun()
    await host.record(placement_id, *WHOLE)
    await host.do(placement_id, "days/dispute", host.teacher(), {"reason": "I was not there on Friday."})
    host.later(days=13)
    await host.world.settle()
    assert await host.told(PlacementDaysOverdue) == []
    host.later(days=2)
    await host.world.settle()
    assert len(await host.told(PlacementDaysOverdue)) == 1
