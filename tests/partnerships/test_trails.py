"""What led to a payment: each step names the event or request that caused it, from the booking to the run."""

from __future__ import annotations

from typing import Any

from shared.contracts.claims import PaymentRunDrawnUp, ReportAccepted
from shared.contracts.courses import AttendanceSettled, PlaceHeld
from shared.contracts.event import Event
from shared.messaging.outbox import OutboxRow
from tests.partnerships.claiming import BOOKING, approve, correct, pay
from tests.partnerships.programme import URNS, Programme
from tests.partnerships.test_plans import partnership_of


async def told_as(programme: Programme, service: str, kind: type[Event]) -> list[OutboxRow]:
    """The events of a kind as a service has told them, oldest first."""
    rows = await programme.world.databases[service].collection(OutboxRow).find({"type": kind.type})
    return sorted(rows, key=lambda row: row.id)


async def steps_of(programme: Programme, path: str) -> list[dict[str, Any]]:
    trail = await programme.get(f"{path}/trail", programme.school(URNS[1]))
    return [*trail["steps"]]


async def test_a_payment_is_followed_back_to_the_booking(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    await approve(programme, path)
    run = await pay(programme)
    await correct(programme, path, 30_000, revision=2)
    steps = await steps_of(programme, f"{path}/{BOOKING}")
    (held,) = await told_as(programme, "courses", PlaceHeld)
    first, second = await told_as(programme, "courses", AttendanceSettled)
    (drawn_up,) = await told_as(programme, "partnerships", PaymentRunDrawnUp)
    assert [(step["kind"], step["causation_id"]) for step in steps][:3] == [
        ("reserved", held.id),
        ("committed", first.id),
        ("paid", drawn_up.id),
    ]
    assert all(step["causation_id"] == second.id for step in steps[3:])
    assert [step["correlation_id"] for step in steps[:3]] == [row.correlation_id for row in (held, first, drawn_up)]
    assert [step["run_id"] for step in steps[:3]] == [None, None, run["id"]]
    assert sum(step["spent_pence"] for step in steps) == 45_000


async def test_the_trail_says_who_asked_and_what_it_stands_on(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    await approve(programme, path)
    trail = await programme.get(f"{path}/{BOOKING}/trail", programme.officer())
    assert (trail["asked_by"], trail["status"]) == (f"occurrences/{programme.occurrence_id}", "approved")
    assert trail["evidence"] == [f"occurrences/{programme.occurrence_id}/booking-1#1"]
    assert (trail["submitted_by"], trail["approved_by"]) == (f"approver-{URNS[1]}", "finance-1")
    client = programme.world.client("partnerships")
    unknown = await client.get(f"{path}/claims/booking/nothing/trail", headers=dict(programme.officer()))
    assert unknown.status_code == 404


async def test_an_instalment_is_followed_back_to_the_accepted_report(planned: tuple[Programme, str]) -> None:
    programme, plan_path = planned
    path = f"/api/partnerships/{partnership_of(plan_path)}"
    await programme.post(f"{path}/reports/1/1", programme.school(URNS[0]), {"summary": "All is well."})
    await programme.post(f"{path}/reports/1/1/acceptance", programme.officer())
    await programme.world.settle()
    (accepted,) = await told_as(programme, "partnerships", ReportAccepted)
    (step,) = await steps_of(programme, f"{path}/claims/instalment/year-1-term-1")
    assert (step["kind"], step["causation_id"]) == ("committed", accepted.id)
    assert step["correlation_id"] == accepted.correlation_id
