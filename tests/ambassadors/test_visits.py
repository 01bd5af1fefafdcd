"""From a school's wish to hours and feedback: the whole way of a visit over HTTP."""

from __future__ import annotations

from shared.contracts.ambassadors import (
    AmbassadorInvited,
    FeedbackGiven,
    HoursConfirmed,
    RequestEnded,
    VisitAgreed,
    VisitConfirmed,
    VisitDelivered,
)
from tests.ambassadors.coordinator import NOTE, PARTNERSHIP, URNS, Coordinator


async def test_a_school_asks_and_somebody_comes(coordinator: Coordinator) -> None:
    ambassador_id = await coordinator.active("ada")
    activity_id = await coordinator.asked(partnership_id=PARTNERSHIP)
    assert await coordinator.invited(activity_id) == [ambassador_id]
    visit_id = (await coordinator.accept(activity_id))["visit_id"]
    visit = await coordinator.visit(visit_id, coordinator.school())
    assert (visit["status"], visit["ambassador_name"]) == ("agreed", "ada")
    await coordinator.on_visit(visit_id, "confirmation", coordinator.school(), {"supervision": NOTE})
    assert (await coordinator.activity(activity_id))["status"] == "confirmed"
    await coordinator.later(days=60, hours=3)
    await coordinator.deliver(visit_id)
    assert (await coordinator.activity(activity_id))["status"] == "delivered"
    (told,) = await coordinator.told(VisitDelivered)
    assert (told.delivered, told.pupils_reached, told.revision, told.partnership_id) == (True, 58, 1, PARTNERSHIP)
    assert [event.ambassador_id for event in await coordinator.told(AmbassadorInvited)] == [ambassador_id]
    assert len(await coordinator.told(VisitAgreed)) == len(await coordinator.told(VisitConfirmed)) == 1


async def test_hours_count_once_the_school_has_confirmed_them(coordinator: Coordinator) -> None:
    await coordinator.active("ada")
    visit_id = await coordinator.delivered()
    refused = await coordinator.on_visit(
        visit_id, "hours/confirmation", coordinator.school(), {"minutes": 200}, status=409
    )
    assert refused["type"] == "/problems/no-hours-logged"
    await coordinator.on_visit(visit_id, "hours", coordinator.volunteer("ada"), {"minutes": 210})
    assert await coordinator.told(HoursConfirmed) == []
    differ = await coordinator.on_visit(
        visit_id, "hours/confirmation", coordinator.school(), {"minutes": 200}, status=409
    )
    assert (differ["type"], differ["logged_minutes"]) == ("/problems/hours-differ", 210)
    answer = await coordinator.on_visit(visit_id, "hours/confirmation", coordinator.school(), {"minutes": 210})
    assert answer["hours"] == {"minutes": 210, "confirmed": True}
    await coordinator.on_visit(visit_id, "hours", coordinator.volunteer("ada"), {"minutes": 180})
    await coordinator.on_visit(visit_id, "hours/confirmation", coordinator.school(), {"minutes": 180})
    told = await coordinator.told(HoursConfirmed)
    assert [(event.revision, event.minutes) for event in told] == [(1, 210), (2, 180)]


async def test_a_request_is_closed_when_both_sides_have_said_how_it_was(coordinator: Coordinator) -> None:
    await coordinator.active("ada")
    visit_id = await coordinator.delivered()
    activity_id = (await coordinator.visit(visit_id))["activity_id"]
    words = {"rating": 5, "words": "They asked until the bell rang."}
    await coordinator.on_visit(visit_id, "feedback", coordinator.school(), words)
    assert (await coordinator.activity(activity_id))["status"] == "feedback"
    again = await coordinator.on_visit(visit_id, "feedback", coordinator.school(), words, status=409)
    assert again["type"] == "/problems/feedback-given-already"
    await coordinator.on_visit(visit_id, "feedback", coordinator.volunteer("ada"), {"rating": 4})
    assert (await coordinator.activity(activity_id))["status"] == "closed"
    assert [event.request_ending for event in await coordinator.told(RequestEnded)] == ["closed"]
    assert [(event.feedback_from, event.rating) for event in await coordinator.told(FeedbackGiven)] == [
        ("school", 5),
        ("ambassador", 4),
    ]


async def test_a_request_is_closed_when_the_time_for_feedback_is_over(coordinator: Coordinator) -> None:
    await coordinator.active("ada")
    activity_id = (await coordinator.visit(await coordinator.delivered()))["activity_id"]
    await coordinator.later(days=27)
    assert (await coordinator.activity(activity_id))["status"] == "delivered"
    await coordinator.later(days=1)
    assert (await coordinator.activity(activity_id))["status"] == "closed"


async def test_a_correction_has_a_reason_and_a_higher_revision(coordinator: Coordinator) -> None:
    await coordinator.active("ada")
    visit_id = await coordinator.delivered()
    await coordinator.on_visit(visit_id, "hours", coordinator.volunteer("ada"), {"minutes": 210})
    await coordinator.on_visit(visit_id, "hours/confirmation", coordinator.school(), {"minutes": 210})
    refused = await coordinator.deliver(visit_id, pupils_reached=40, status=422)
    assert refused["type"] == "/problems/visit-correction-reason-needed"
    await coordinator.deliver(visit_id, pupils_reached=40, reason="Two classes were counted twice.")
    answer = await coordinator.deliver(
        visit_id, delivered=False, pupils_reached=0, reason="It was the visit of another day."
    )
    assert (answer["status"], answer["pupils_reached"]) == ("not-delivered", 0)
    told = await coordinator.told(VisitDelivered)
    assert [(event.revision, event.delivered, event.pupils_reached) for event in told] == [
        (1, True, 58),
        (2, True, 40),
        (3, False, 0),
    ]
    assert [(event.revision, event.minutes) for event in await coordinator.told(HoursConfirmed)] == [(1, 210), (2, 0)]
    activity_id = answer["activity_id"]
    assert (await coordinator.activity(activity_id))["status"] == "closed"
    await coordinator.deliver(visit_id, reason="It did take place after all.")
    assert (await coordinator.activity(activity_id))["status"] == "delivered"


async def test_nobody_says_what_came_of_a_visit_before_it_has_begun(coordinator: Coordinator) -> None:
    await coordinator.active("ada")
    visit_id = await coordinator.confirmed()
    refused = await coordinator.deliver(visit_id, status=409)
    assert refused["type"] == "/problems/visit-not-begun"


async def test_a_visit_without_a_supervision_note_does_not_take_place(coordinator: Coordinator) -> None:
    await coordinator.active("ada")
    visit_id = await coordinator.agreed()
    await coordinator.on_visit(visit_id, "confirmation", coordinator.school(), {"supervision": "ok"}, status=422)
    await coordinator.later(days=60, hours=2)
    visit = await coordinator.visit(visit_id)
    assert (visit["status"], visit["cancelled_by"]) == ("cancelled", "programme")
    assert (await coordinator.activity(visit["activity_id"]))["status"] == "cancelled"


async def test_a_visit_is_cancelled_with_its_request_and_the_other_way_round(coordinator: Coordinator) -> None:
    await coordinator.active("ada")
    reason = {"reason": "The year group is on a trip that day."}
    first = await coordinator.confirmed()
    await coordinator.on_visit(first, "cancellation", coordinator.school(), reason)
    assert (await coordinator.activity((await coordinator.visit(first))["activity_id"]))["status"] == "cancelled"
    second = await coordinator.confirmed(URNS[1])
    activity_id = (await coordinator.visit(second))["activity_id"]
    await coordinator.post(f"/api/activities/{activity_id}/cancellation", coordinator.school(URNS[1]), reason)
    await coordinator.world.settle()
    visit = await coordinator.visit(second)
    assert (visit["status"], visit["cancelled_by"]) == ("cancelled", "school")
    assert [event.request_ending for event in await coordinator.told(RequestEnded)] == ["cancelled", "cancelled"]
