"""Four services, one system: courses, placements and visits become evidence, money and reach; corrections subtract."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from services.ambassadors.app import SERVICE as AMBASSADORS
from services.courses.app import SERVICE as COURSES
from services.partnerships.app import SERVICE as PARTNERSHIPS
from services.placements.app import SERVICE as PLACEMENTS
from shared.testing.world import World
from tests.ambassadors.coordinator import Coordinator
from tests.courses.organiser import URNS, Organiser
from tests.partnerships.programme import Programme
from tests.placements.host import EMPLOYER, Host

COMPANY = "99000001"
ALLOCATED = 500_000
PRICE = 22_000
DAY_RATE = 22_000
START_UP = 200_000
DAYS = 5
MINUTES = 150
PUPILS = 58
WEEKS = 11
COURSE, PLACEMENT, VISIT = "physics-course", "one-placement", "one-visit"


@dataclass
class Valley:
    """A funded partnership with a plan of three activities, and an employer that is also its sponsor."""

    organiser: Organiser
    programme: Programme
    host: Host
    coordinator: Coordinator
    partnership_id: str

    @property
    def world(self) -> World:
        return self.programme.world

    async def plan(self) -> None:
        """An approved plan: one activity for each of the other services."""
        rules: dict[str, tuple[str, dict[str, Any]]] = {
            COURSE: ("cpd", {"kind": "cpd", "subjects": ["Physics"], "teachers": 1}),
            PLACEMENT: ("placement", {"kind": "placement", "completed": 1}),
            VISIT: ("ambassador", {"kind": "visit", "count": 1, "year_groups": ["9"]}),
        }
        activities = [
            {"id": name, "title": name, "kind": kind, "owner_urn": URNS[0], "year": 1, "term": 3, "evidence": evidence}
            for name, (kind, evidence) in rules.items()
        ]
        path, lead = f"/api/partnerships/{self.partnership_id}/plan", self.programme.school(URNS[0])
        text = {"first_year": 2026, "objectives": [{"title": "More physics", "activities": activities}]}
        await self.programme.post(path, lead, text)
        await self.programme.post(f"{path}/submission", lead)
        await self.programme.post(f"{path}/approval", self.programme.officer())

    async def done(self) -> set[str]:
        """The activities that are ticked."""
        path = f"/api/partnerships/{self.partnership_id}/plan"
        plan = await self.programme.get(path, self.programme.officer())
        return {one["id"] for objective in plan["objectives"] for one in objective["activities"] if one["done"]}

    async def reach(self) -> tuple[int, ...]:
        """Teachers trained, days placed, ambassadors' minutes, pupils reached."""
        path = f"/api/partnerships/{self.partnership_id}/reach"
        answer = await self.programme.get(path, self.programme.officer(), year="2026-27")
        names = ("teachers_trained", "days_placed", "ambassador_minutes", "pupils_reached")
        return tuple(answer[name] for name in names)

    async def course(self) -> dict[str, Any]:
        """A course that a teacher has attended; gives the booking."""
        booked = await self.organiser.book(
            await self.organiser.opened(), URNS[0], "bo", partnership_id=self.partnership_id
        )
        await self.world.settle()
        self.organiser.later(days=61)
        await self.world.settle()
        await self.organiser.attend(booked, bo="full")
        await self.world.settle()
        return dict(booked)

    async def placement(self) -> str:
        """A placement that is completed; gives its id."""
        placement_id = await self.begun()
        await self.host.record(placement_id, *([True] * DAYS))
        await self.host.do(placement_id, "days/confirmation", self.host.teacher())
        reflection = {"text": "We will measure like engineers do.", "pupils_to_reach": 120}
        await self.host.do(placement_id, "reflection", self.host.teacher(), reflection)
        await self.world.settle()
        return placement_id

    async def begun(self) -> str:
        """A placement on its last day."""
        offer_id = await self.host.published(cohorts=[self.host.cohort(WEEKS)])
        accepted = await self.host.accepted(offer_id, partnership_id=self.partnership_id)
        placement_id = str(accepted["placement_id"])
        await self.world.settle()
        await self.host.sign(placement_id)
        await self.world.settle()
        await self.host.do(placement_id, "confirmation", self.host.host())
        self.host.later(days=(self.host.monday(WEEKS) - self.host.day(0)).days + 4)
        await self.world.settle()
        return placement_id

    async def visit(self) -> str:
        """A visit that was delivered, with its hours confirmed; gives its id."""
        await self.coordinator.active("robin", employer_id=EMPLOYER, postcode="NE1 1AA")
        visit_id = await self.coordinator.delivered(URNS[0], "robin", partnership_id=self.partnership_id)
        await self.coordinator.on_visit(visit_id, "hours", self.coordinator.volunteer("robin"), {"minutes": MINUTES})
        await self.coordinator.on_visit(visit_id, "hours/confirmation", self.coordinator.school(), {"minutes": MINUTES})
        return visit_id


@pytest.fixture
async def valley() -> AsyncIterator[Valley]:
    async with World([PARTNERSHIPS, COURSES, PLACEMENTS, AMBASSADORS]) as world:
        programme, host = Programme(world), Host(world)
        partnership_id = await programme.funded(ALLOCATED)
        await host.register(company_number=COMPANY)
        await host.clear()
        await world.settle()
        valley = Valley(Organiser(world), programme, host, Coordinator(world), partnership_id)
        await valley.plan()
        yield valley


async def test_what_three_services_do_ticks_the_plan_and_adds_up_to_reach(valley: Valley) -> None:
    assert (await valley.done(), await valley.reach()) == (set(), (0, 0, 0, 0))
    await valley.course()
    assert (await valley.done(), await valley.reach()) == ({COURSE}, (1, 0, 0, 0))
    await valley.placement()
    assert (await valley.done(), await valley.reach()) == ({COURSE, PLACEMENT}, (1, DAYS, 0, 0))
    await valley.visit()
    assert (await valley.done(), await valley.reach()) == ({COURSE, PLACEMENT, VISIT}, (1, DAYS, MINUTES, PUPILS))
    committed = START_UP + PRICE + DAYS * DAY_RATE
    assert await valley.programme.balances(valley.partnership_id) == (ALLOCATED, 0, committed, ALLOCATED - committed)


async def test_a_correction_in_each_service_takes_evidence_money_and_reach_away(valley: Valley) -> None:
    booked = await valley.course()
    await valley.organiser.attend(booked, bo="absent:It was a colleague.")
    placement_id = await valley.placement()
    await valley.host.record(placement_id, *([False] * DAYS), reason="The wrong week.", verb="days/correction")
    visit_id = await valley.visit()
    words = {"delivered": False, "pupils_reached": 0, "reason": "It was another school's."}
    await valley.coordinator.on_visit(visit_id, "delivery", valley.coordinator.school(), words)
    await valley.world.settle()
    assert (await valley.done(), await valley.reach()) == (set(), (0, 0, 0, 0))
    assert await valley.programme.balances(valley.partnership_id) == (ALLOCATED, 0, START_UP, ALLOCATED - START_UP)


async def test_an_employer_is_sponsor_host_and_employs_the_ambassador(valley: Valley) -> None:
    await valley.placement()
    await valley.visit()
    finance = valley.programme.finance()
    (sponsor,) = (await valley.programme.get("/api/sponsors", finance))["items"]
    client = valley.world.client("partnerships")
    path = f"/api/sponsors/{sponsor['id']}"
    linked = await client.put(f"{path}/employer", headers=dict(finance), json={"company_number": COMPANY})
    assert linked.json()["employer_id"] == EMPLOYER
    seen = await valley.programme.get(f"{path}/reach", finance, year="2026-27")
    names = ("placements_hosted", "days_hosted", "visits_delivered", "ambassador_minutes", "pupils_reached")
    assert tuple(seen["employer"][name] for name in names) == (1, DAYS, 1, MINUTES, PUPILS)


async def test_a_school_counts_its_staff_over_courses_and_placements(valley: Valley) -> None:
    client, approver = valley.world.client("partnerships"), valley.programme.school(URNS[0])
    path = f"/api/schools/{URNS[0]}/cover"
    answer = await client.put(path, headers=dict(approver), json={"most_out": 1})
    assert answer.status_code == 200, answer.text
    await valley.world.settle()
    monday = valley.host.monday()
    starts_at = valley.world.clock.now() + (monday - valley.world.clock.now().date())
    session = {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + timedelta(hours=6)).isoformat()}
    occurrence_id = await valley.organiser.opened(sessions=[session])
    booked = await valley.organiser.book(occurrence_id, URNS[0], "bo")
    await valley.world.settle()
    assert await valley.organiser.status(booked) == "confirmed"
    accepted = await valley.host.accepted(await valley.host.published(), partnership_id=valley.partnership_id)
    await valley.world.settle()
    placement = await valley.host.placement(accepted["placement_id"])
    assert (placement["status"], placement["reason_code"]) == ("cancelled-by-school", "too-many-out")
    assert await valley.programme.balances(valley.partnership_id) == (ALLOCATED, 0, START_UP, ALLOCATED - START_UP)
    await valley.organiser.cancel(booked)
    await valley.world.settle()
    again = await valley.host.accepted(await valley.host.published(), "cy", partnership_id=valley.partnership_id)
    await valley.world.settle()
    assert (await valley.host.placement(again["placement_id"]))["status"] == "agreement-drafted"
    late = await valley.organiser.book(occurrence_id, URNS[0], "bo")
    await valley.world.settle()
    assert await valley.organiser.status(late) == "declined"
