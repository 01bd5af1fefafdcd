"""What becomes of a visit of which the school says nothing: a reminder, the programme's word, and an end."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.ambassadors.domain.visit import VISIT, Visit, VisitStatus, next_due
from shared.contracts.ambassadors import HoursConfirmed, RequestEnded, VisitDelivered, VisitOutcomeMissing
from tests.ambassadors.coordinator import Coordinator


async def over(coordinator: Coordinator) -> tuple[str, datetime]:
    """A visit that has begun, and when it ends."""
    await coordinator.active("ada")
    visit_id = await coordinator.begun()
    return visit_id, datetime.fromisoformat((await coordinator.visit(visit_id))["ends_at"])


async def until(coordinator: Coordinator, moment: datetime) -> None:
    coordinator.world.clock.advance(moment - coordinator.world.clock.now())
    await coordinator.world.settle()


async def test_who_should_speak_is_reminded_once(coordinator: Coordinator) -> None:
    visit_id, ends_at = await over(coordinator)
    await until(coordinator, ends_at + timedelta(days=7, milliseconds=-1))
    assert await coordinator.told(VisitOutcomeMissing) == []
    for _ in range(2):
        await coordinator.later(milliseconds=1)
    (reminder,) = await coordinator.told(VisitOutcomeMissing)
    assert (reminder.visit_id, reminder.answer_due_at) == (visit_id, ends_at + timedelta(days=28))
    assert await coordinator.status(visit_id) == "confirmed"


async def test_a_visit_of_which_nobody_says_anything_has_not_taken_place(coordinator: Coordinator) -> None:
    visit_id, ends_at = await over(coordinator)
    await until(coordinator, ends_at + timedelta(days=28, milliseconds=-1))
    assert await coordinator.status(visit_id) == "confirmed"
    await coordinator.later(milliseconds=1)
    visit = await coordinator.visit(visit_id)
    assert (visit["status"], visit["pupils_reached"], visit["delivery_revision"]) == ("not-delivered", 0, 1)
    (told,) = await coordinator.told(VisitDelivered)
    assert (told.delivered, told.pupils_reached, told.revision) == (False, 0, 1)
    assert [event.request_ending for event in await coordinator.told(RequestEnded)] == ["closed"]
    history = (await coordinator.get(f"/api/visits/{visit_id}/history"))["decisions"]
    assert (history[-1]["verb"], history[-1]["by"]) == ("miss", "schedule")


async def test_a_visit_of_which_nobody_spoke_is_no_activity_of_the_ambassador(coordinator: Coordinator) -> None:
    ambassador_id = await coordinator.active("ada")
    visit_id = await coordinator.begun()
    before = (await coordinator.ambassador(ambassador_id))["active_until"]
    await coordinator.later(days=29)
    assert await coordinator.status(visit_id) == "not-delivered"
    assert (await coordinator.ambassador(ambassador_id))["active_until"] < before


async def test_of_a_visit_whose_ambassador_was_let_in_a_person_has_the_last_word(coordinator: Coordinator) -> None:
    ambassador_id = await coordinator.active("ada")
    visit_id = await coordinator.begun()
    await coordinator.on_visit(visit_id, "arrival", coordinator.school())
    before = (await coordinator.ambassador(ambassador_id))["active_until"]
    for _ in range(2):
        await coordinator.later(days=29)
    assert (await coordinator.status(visit_id), len(await coordinator.told(VisitOutcomeMissing))) == ("confirmed", 1)
    assert (await coordinator.ambassador(ambassador_id))["active_until"] == before
    body = {"delivered": True, "pupils_reached": 31}
    answer = await coordinator.on_visit(visit_id, "delivery", coordinator.officer(), body)
    assert (answer["status"], answer["delivery_revision"]) == ("delivered", 1)


async def test_a_visit_without_periods_of_silence_waits_for_a_word(coordinator: Coordinator) -> None:
    visit_id, _ = await over(coordinator)
    visit = await coordinator.world.databases["ambassadors"].collection(Visit).get(visit_id)
    assert visit is not None
    older = Visit.model_validate(visit.model_dump(exclude={"outcome_days", "outcome_reminder_days", "due_at"}))
    assert next_due(visit, coordinator.world.clock.now()) == visit.remind_at
    assert next_due(older, coordinator.world.clock.now()) is None


async def test_a_word_that_comes_too_late_is_a_correction(coordinator: Coordinator) -> None:
    visit_id, _ = await over(coordinator)
    # The clock has decided, whether the schedule has looked or not.
    coordinator.world.clock.advance(timedelta(days=29))
    problem = await coordinator.deliver(visit_id, status=422)
    assert problem["type"] == "/problems/visit-correction-reason-needed"
    answer = await coordinator.deliver(visit_id, reason="We forgot to say so.")
    assert (answer["status"], answer["delivery_revision"]) == ("delivered", 2)
    assert (await coordinator.activity(answer["activity_id"]))["status"] == "delivered"
    assert [(event.revision, event.delivered) for event in await coordinator.told(VisitDelivered)] == [
        (1, False),
        (2, True),
    ]


async def test_the_programme_may_say_what_came_of_a_visit(coordinator: Coordinator) -> None:
    visit_id, _ = await over(coordinator)
    body = {"delivered": True, "pupils_reached": 31}
    answer = await coordinator.on_visit(visit_id, "delivery", coordinator.officer(), body)
    assert (answer["status"], answer["pupils_reached"]) == ("delivered", 31)
    await coordinator.on_visit(visit_id, "hours", coordinator.volunteer("ada"), {"minutes": 90})
    await coordinator.on_visit(visit_id, "hours/confirmation", coordinator.school(), {"minutes": 90})
    assert [event.minutes for event in await coordinator.told(HoursConfirmed)] == [90]
    missed = {"delivered": False, "pupils_reached": 0, "reason": "The school rang: it was called off."}
    answer = await coordinator.on_visit(visit_id, "delivery", coordinator.officer(), missed)
    assert answer["status"] == "not-delivered"
    await coordinator.later(days=29)
    assert await coordinator.told(VisitOutcomeMissing) == []


async def test_a_visit_that_has_begun_is_not_cancelled_through_its_request(coordinator: Coordinator) -> None:
    visit_id, _ = await over(coordinator)
    path = f"/api/activities/{(await coordinator.visit(visit_id))['activity_id']}/cancellation"
    problem = await coordinator.post(path, coordinator.school(), {"reason": "A trip."}, status=409)
    assert problem["type"] == "/problems/visit-begun"
    await coordinator.world.settle()
    assert (await coordinator.deliver(visit_id))["status"] == "delivered"


def test_school_and_programme_say_what_came_of_it_and_time_says_that_nothing_did() -> None:
    by = {(row.verb, row.by) for row in VISIT.rows if row.source is VisitStatus.CONFIRMED}
    speaking = {"school", "programme-officer"}
    assert {who for verb, who in by if verb == "deliver"} == speaking
    assert {who for verb, who in by if verb == "miss"} == {*speaking, "schedule"}
