"""Days over HTTP: recorded by the host, or by others where it is silent; confirmed, disputed, corrected, broken off."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.contracts.placements import (
    HostingAgainAnswered,
    PlacementCompleted,
    PlacementDaysOverdue,
    PlacementDaysSettled,
)
from tests.placements.host import EMPLOYER, Host

WHOLE = (True,) * 5


async def status(host: Host, placement_id: str) -> str:
    return str((await host.placement(placement_id))["status"])


async def test_a_day_may_be_agreed_on_and_recorded_the_same_day(host: Host) -> None:
    await host.register()
    await host.clear()
    today = host.day(0).isoformat()
    cohorts = [host.cohort(starts_on=today, ends_on=today)]
    offer_id = await host.published(kind="single-days", days=1, cohorts=cohorts)
    placement_id = (await host.accepted(offer_id, dates=[today]))["placement_id"]
    await host.sign(placement_id)
    await host.do(placement_id, "confirmation", host.host())
    await host.world.settle()
    assert await status(host, placement_id) == "in-progress"
    assert (await host.record(placement_id, True))["status"] == "days-recorded"
    confirmed = await host.do(placement_id, "days/confirmation", host.teacher())
    assert (confirmed["status"], confirmed["settlement"]["days_done"]) == ("reflection-due", 1)


async def test_days_are_recorded_confirmed_and_reflected_on(host: Host) -> None:
    placement_id = await host.begun()
    assert await status(host, placement_id) == "in-progress"
    recorded = await host.record(placement_id, *WHOLE)
    assert (recorded["status"], recorded["settlement"]) == ("days-recorded", None)
    confirmed = await host.do(placement_id, "days/confirmation", host.teacher())
    assert confirmed["status"] == "reflection-due"
    assert confirmed["settlement"] == {"revision": 1, "days_done": 5, "charged_pence": 0}
    body = {"text": "We will measure.", "pupils_to_reach": 120}
    done = await host.do(placement_id, "reflection", host.teacher(), body)
    assert (done["status"], done["outcome"]) == ("completed", "completed")
    again = await host.do(placement_id, "hosting-again", host.host(), {"hosts_again": True})
    assert again["hosts_again"] is True
    assert [event.outcome for event in await host.told(PlacementCompleted)] == ["completed"]
    assert [event.hosts_again for event in await host.told(HostingAgainAnswered)] == [True]


async def test_a_day_is_recorded_once_it_has_come(host: Host) -> None:
    placement_id = await host.begun()
    host.world.clock.advance(timedelta(days=-2))
    day = (await host.placement(placement_id))["dates"][4]
    refused = await host.do(placement_id, "days", host.host(), {"days": [{"day": day, "done": True}]}, status=409)
    assert refused["type"] == "/problems/placement-day-not-yet"


async def test_a_day_that_was_not_agreed_is_not_recorded(host: Host) -> None:
    placement_id = await host.begun()
    body = {"days": [{"day": host.day(-30).isoformat(), "done": True}]}
    refused = await host.do(placement_id, "days", host.host(), body, status=422)
    assert refused["type"] == "/problems/no-such-placement-day"


async def test_the_teacher_disputes_and_the_host_corrects_with_a_reason(host: Host) -> None:
    placement_id = await host.begun()
    await host.record(placement_id, True, True, True, True, False)
    disputed = await host.do(placement_id, "days/dispute", host.teacher(), {"reason": "I was there on Friday."})
    assert disputed["status"] == "in-progress"
    days = {"days": [{"day": disputed["dates"][4], "done": True}]}
    refused = await host.do(placement_id, "days", host.host(), days, status=422)
    assert refused["type"] == "/problems/placement-day-reason-needed"
    corrected = await host.record(placement_id, *WHOLE, reason="The visitors' book says so.")
    assert corrected["status"] == "days-recorded"


async def test_a_host_that_stands_by_its_record_after_a_dispute_goes_on(host: Host) -> None:
    placement_id = await host.begun()
    marks = (True, True, True, True, False)
    await host.record(placement_id, *marks)
    await host.do(placement_id, "days/dispute", host.teacher(), {"reason": "I was there on Friday."})
    stood_by = await host.record(placement_id, *marks)
    assert stood_by["status"] == "days-recorded"
    assert [day["done"] for day in stood_by["days"]] == list(marks)
    host.later(days=14)
    await host.world.settle()
    assert await status(host, placement_id) == "reflection-due"


async def test_what_is_recorded_late_has_as_much_time_to_be_disputed(host: Host) -> None:
    placement_id = await host.begun()
    await host.record(placement_id, *WHOLE)
    host.later(days=13)
    changed = await host.record(placement_id, *(False,) * 5, reason="a mix-up")
    assert datetime.fromisoformat(changed["confirm_by"]) == host.world.clock.now() + timedelta(days=14)
    host.later(days=2)
    await host.world.settle()
    assert await status(host, placement_id) == "days-recorded"


async def test_days_that_a_silent_host_does_not_record_are_recorded_by_the_teacher(host: Host) -> None:
    placement_id = await host.begun()
    days = {"days": [{"day": day, "done": True} for day in (await host.placement(placement_id))["dates"]]}
    early = await host.do(placement_id, "days", host.teacher(), days, status=403)
    assert early["type"] == "/problems/wrong-party"
    host.later(days=15)
    await host.world.settle()
    await host.world.settle()
    assert [event.employer_id for event in await host.told(PlacementDaysOverdue)] == [EMPLOYER]
    recorded = await host.do(placement_id, "days", host.teacher(), days)
    assert (recorded["status"], recorded["days_overdue"]) == ("days-recorded", False)
    own = await host.do(placement_id, "days/confirmation", host.teacher(), status=403)
    assert own["type"] == "/problems/wrong-party"
    confirmed = await host.do(placement_id, "days/confirmation", host.host())
    assert (confirmed["status"], confirmed["settlement"]["days_done"]) == ("reflection-due", 5)


async def claimed(host: Host) -> str:
    """A placement whose days the teacher has recorded, since the host did not."""
    placement_id = await host.begun()
    dates = (await host.placement(placement_id))["dates"]
    host.later(days=15)
    await host.world.settle()
    await host.do(placement_id, "days", host.teacher(), {"days": [{"day": day, "done": True} for day in dates]})
    return placement_id


async def test_who_has_marked_last_does_not_confirm(host: Host) -> None:
    placement_id = await claimed(host)
    await host.record(placement_id, *(True,) * 4, False, reason="The visitors' book says so.")
    own = await host.do(placement_id, "days/confirmation", host.host(), status=403)
    assert (own["type"], own["parties"]) == ("/problems/wrong-party", ["teacher"])
    confirmed = await host.do(placement_id, "days/confirmation", host.teacher())
    assert confirmed["settlement"]["days_done"] == 4


async def test_the_history_names_who_was_silent(host: Host) -> None:
    placement_id = await claimed(host)
    host.later(days=14)
    await host.world.settle()
    assert await status(host, placement_id) == "reflection-due"
    history = (await host.placement(placement_id))["history"]
    assert history[-1]["reason"] == "The host has not objected in time."


async def test_after_a_dispute_the_word_of_the_programme_ends_it(host: Host) -> None:
    placement_id = await host.begun()
    marks = (True, True, True, True, False)
    for _ in range(2):
        await host.record(placement_id, *marks)
        await host.do(placement_id, "days/dispute", host.teacher(), {"reason": "I was there on Friday."})
    dates = (await host.placement(placement_id))["dates"]
    days = {"days": [{"day": dates[4], "done": True, "reason": "The visitors' book says so."}]}
    settled = await host.do(placement_id, "days", host.officer(), days)
    assert (settled["status"], settled["settlement"]["days_done"], settled["confirm_by"]) == ("reflection-due", 5, None)
    again = await host.do(placement_id, "days/dispute", host.teacher(), {"reason": "No."}, status=409)
    assert again["type"] == "/problems/wrong-state"


async def test_days_that_are_disputed_and_then_closed_are_settled(host: Host) -> None:
    placement_id = await host.begun()
    host.later(days=1)
    closing = {"reason": "the host does not answer"}
    first = await host.do(placement_id, "days/closing", host.officer(), closing)
    assert first["status"] == "days-recorded"
    await host.do(placement_id, "days/dispute", host.teacher(), {"reason": "I was there."})
    second = await host.do(placement_id, "days/closing", host.officer(), closing)
    assert (second["status"], second["settlement"]["days_done"]) == ("did-not-show", 0)


async def test_a_silent_host_is_reminded_again_after_a_dispute(host: Host) -> None:
    placement_id = await host.begun()
    await host.record(placement_id, *(False,) * 5)
    await host.do(placement_id, "days/dispute", host.teacher(), {"reason": "I was there."})
    host.later(days=15)
    await host.world.settle()
    assert len(await host.told(PlacementDaysOverdue)) == 1
    dates = (await host.placement(placement_id))["dates"]
    days = {"days": [{"day": day, "done": True, "reason": "The visitors' book says so."} for day in dates]}
    assert (await host.do(placement_id, "days", host.teacher(), days))["status"] == "days-recorded"


async def test_the_programme_records_the_days_of_a_host_that_is_gone(host: Host) -> None:
    placement_id = await host.begun()
    days = {"days": [{"day": day, "done": True} for day in (await host.placement(placement_id))["dates"]]}
    assert (await host.do(placement_id, "days", host.officer(), days))["status"] == "days-recorded"
    assert (await host.do(placement_id, "days/confirmation", host.teacher()))["status"] == "reflection-due"


async def test_silence_confirms_what_was_recorded(host: Host) -> None:
    placement_id = await host.begun()
    await host.record(placement_id, *WHOLE)
    host.later(days=14)
    await host.world.settle()
    assert await status(host, placement_id) == "reflection-due"


async def test_a_teacher_who_did_not_come_did_not_show(host: Host) -> None:
    placement_id = await host.begun()
    await host.record(placement_id, *(False,) * 5)
    shown = await host.do(placement_id, "days/confirmation", host.teacher())
    assert (shown["status"], shown["settlement"]["days_done"]) == ("did-not-show", 0)
    assert [event.days_done for event in await host.told(PlacementDaysSettled)] == [0]


async def test_a_correction_settles_again_under_a_higher_revision(host: Host) -> None:
    placement_id = await host.begun()
    await host.record(placement_id, *WHOLE)
    await host.do(placement_id, "days/confirmation", host.teacher())
    await host.do(placement_id, "reflection", host.teacher(), {"text": "Much was learnt."})
    part = await host.record(placement_id, True, True, True, True, False, reason="sent home", verb="days/correction")
    assert (part["status"], part["settlement"]["revision"]) == ("partially-completed", 2)
    none = await host.record(placement_id, *(False,) * 5, reason="a mix-up", verb="days/correction")
    assert (none["status"], none["outcome"]) == ("did-not-show", None)
    whole = await host.record(placement_id, *WHOLE, reason="no mix-up", verb="days/correction")
    assert (whole["status"], whole["settlement"]["revision"]) == ("completed", 4)
    settled = await host.told(PlacementDaysSettled)
    assert [(event.revision, event.days_done) for event in settled] == [(1, 5), (2, 4), (3, 0), (4, 5)]
    assert [event.days_done for event in await host.told(PlacementCompleted)] == [5, 4, 5]


async def test_a_correction_that_changes_nothing_is_no_news(host: Host) -> None:
    placement_id = await host.begun()
    await host.record(placement_id, *WHOLE)
    await host.do(placement_id, "days/confirmation", host.teacher())
    same = await host.record(placement_id, *WHOLE, reason="just to be sure", verb="days/correction")
    assert same["settlement"]["revision"] == 1


async def test_breaking_off_keeps_what_was_done(host: Host) -> None:
    placement_id = await host.begun()
    host.world.clock.advance(timedelta(days=-2))
    broken = await host.do(placement_id, "cancellation", host.approver(), {"party": "school", "reason_code": "illness"})
    assert broken["status"] == "in-progress"
    assert [day["done"] for day in broken["days"]] == [None, None, None, False, False]
    await host.record(placement_id, True, True, True)
    await host.do(placement_id, "days/confirmation", host.teacher())
    done = await host.do(placement_id, "reflection", host.teacher(), {"text": "Three good days."})
    assert (done["status"], done["settlement"]["days_done"]) == ("partially-completed", 3)


async def test_days_that_are_broken_off_are_free_in_the_diary(host: Host) -> None:
    placement_id = await host.begun()
    host.world.clock.advance(timedelta(days=-2))
    friday = [(await host.placement(placement_id))["dates"][4]]
    single = await host.published(
        kind="single-days", days=1, cohorts=[host.cohort(0, starts_on=host.day(0).isoformat())]
    )
    busy = await host.apply(single, dates=friday, status=409)
    assert busy["type"] == "/problems/overlapping-placement"
    await host.do(placement_id, "cancellation", host.approver(), {"party": "school", "reason_code": "illness"})
    assert (await host.apply(single, dates=friday))["status"] == "submitted"
