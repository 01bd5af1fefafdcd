"""Courses and partnerships in one loop: the people of the programme and what they do over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from services.courses.app import SERVICE
from services.courses.domain.known import SchoolFacts
from services.courses.use_cases.facts import keep_school
from services.partnerships.app import SERVICE as PARTNERSHIPS
from shared.contracts.event import Event
from shared.ids import new_id
from shared.messaging.outbox import OutboxRow
from shared.testing.world import Headers, World

URNS = ("900001", "900002", "900003", "900004", "900005", "900006")
COURSE = {
    "code": "PH210",
    "title": "Practical physics",
    "subjects": ["Physics"],
    "age_groups": ["11-14"],
    "delivery": "face-to-face",
}


def world() -> World:
    """A world of courses and partnerships."""
    return World([PARTNERSHIPS, SERVICE])


def lone_world() -> World:
    """A world of courses alone."""
    return World([SERVICE])


@dataclass
class Organiser:
    """Plans courses and lets schools book them."""

    world: World

    def officer(self) -> Headers:
        return self.world.caller("officer-1", "programme-officer")

    def school(self, urn: str = URNS[0], **claims: Any) -> Headers:
        """A teacher of a school."""
        return self.world.caller(f"teacher-{urn}", "teacher", school_urn=urn, **claims)

    async def know(self, *urns: str, **facts: Any) -> None:
        """Let courses know schools, as if the register had told of them."""
        running = self.world.running["courses"]
        for urn in urns:
            known = SchoolFacts(**{"name": f"School {urn}", "open": True} | facts)
            await keep_school(running.work(), urn, known)

    async def course(self, **changes: Any) -> dict[str, Any]:
        """A course; gives its answer."""
        answer: dict[str, Any] = await self.world.post(
            "courses", "/api/courses", self.officer(), COURSE | {"code": new_id()[-12:]} | changes
        )
        return answer

    def sessions(self, days: float = 60, count: int = 1) -> list[dict[str, str]]:
        """Sessions of six hours, a week apart, the first in so many days."""
        first = self.world.clock.now() + timedelta(days=days)
        starts = [first + timedelta(weeks=week) for week in range(count)]
        return [
            {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=6)).isoformat()} for start in starts
        ]

    async def planned(self, **changes: Any) -> str:
        """A draft of a new course; gives the occurrence's id."""
        course_id = changes.pop("course_id", None) or (await self.course())["course_id"]
        body = {"course_id": course_id, "sessions": self.sessions(), "capacity": 2, "price_pence": 22_000} | changes
        answer = await self.world.post("courses", "/api/occurrences", self.officer(), body)
        return str(answer["occurrence_id"])

    async def opened(self, **changes: Any) -> str:
        """An occurrence that can be booked; gives its id."""
        occurrence_id = await self.planned(**changes)
        for verb in ("scheduling", "opening"):
            await self.post(f"/api/occurrences/{occurrence_id}/{verb}", self.officer())
        return occurrence_id

    async def post(self, path: str, caller: Headers, body: object = None, *, status: int | None = None) -> Any:
        return await self.world.post("courses", path, caller, body, status=status)

    async def put(self, path: str, caller: Headers, body: object) -> httpx.Response:
        return await self.world.client("courses").put(path, headers=dict(caller), json=body)

    async def get(self, path: str, caller: Headers | None = None, **parameters: Any) -> Any:
        return await self.world.get("courses", path, caller or self.officer(), **parameters)

    async def book(
        self,
        occurrence_id: str,
        urn: str = URNS[0],
        *delegates: str,
        partnership_id: str | None = None,
        status: int | None = None,
        **changes: Any,
    ) -> Any:
        """Book for a school; the answer."""
        funding = {"kind": "bursary", "partnership_id": partnership_id} if partnership_id else {"kind": "school"}
        lines = [{"delegate_id": delegate} for delegate in (delegates or (f"delegate-{new_id()}",))]
        body = {"delegates": lines, "funding": funding} | changes
        return await self.post(f"/api/occurrences/{occurrence_id}/bookings", self.school(urn), body, status=status)

    async def booking(self, booked: dict[str, Any]) -> Any:
        """A booking as it stands now."""
        return await self.get(f"/api/occurrences/{booked['occurrence_id']}/bookings/{booked['booking_id']}")

    async def status(self, booked: dict[str, Any]) -> str:
        return str((await self.booking(booked))["status"])

    async def ask(self, booked: dict[str, Any], what: str, body: object = None, *, status: int | None = None) -> Any:
        """The booking's school asks for something."""
        path = f"/api/occurrences/{booked['occurrence_id']}/bookings/{booked['booking_id']}/{what}"
        return await self.post(path, self.school(booked["school_urn"]), body, status=status)

    async def cancel(self, booked: dict[str, Any], *, status: int | None = None) -> Any:
        return await self.ask(booked, "cancellation", {"reason": "a colleague is ill"}, status=status)

    async def attend(self, booked: dict[str, Any], session: int = 1, status: int | None = None, **marks: str) -> Any:
        """Record attendance; marks by delegate id with underscores for hyphens."""
        body = {
            "session": session,
            "marks": [
                {"delegate_id": who.replace("_", "-"), "attendance": how.split(":")[0]}
                | ({"reason": how.split(":")[1]} if ":" in how else {})
                for who, how in marks.items()
            ],
        }
        path = f"/api/occurrences/{booked['occurrence_id']}/bookings/{booked['booking_id']}/attendance"
        return await self.post(path, self.officer(), body, status=status)

    async def told(self, kind: type[Event]) -> list[Any]:
        """The events of a kind that courses has published, in order."""
        rows = await self.world.databases["courses"].collection(OutboxRow).find({"type": kind.type})
        return [kind.model_validate_json(row.body) for row in sorted(rows, key=lambda row: row.id)]

    def later(self, **step: float) -> datetime:
        """Let time pass."""
        self.world.clock.advance(timedelta(**step))
        return self.world.clock.now()
