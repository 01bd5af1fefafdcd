"""Ambassadors in one loop: the people of the programme and what they do over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from services.ambassadors.app import SERVICE
from services.ambassadors.domain.known import SchoolFacts
from services.ambassadors.domain.vocabulary import Jurisdiction
from services.ambassadors.use_cases import facts
from shared.contracts.event import Event
from shared.ids import new_id
from shared.messaging.outbox import OutboxRow
from shared.testing.world import Headers, World

URNS: Final = ("900001", "900002", "900003")
SCOTTISH: Final = "900051"
PARTNERSHIP: Final = "partnership-1"
EMPLOYER: Final = "employer-1"
POSTCODE: Final = "ZF1 2AB"
PROFILE: Final[dict[str, Any]] = {
    "name": "Ada Example",
    "subjects": ["Physics", "Engineering"],
    "phases": ["secondary"],
    "formats": ["talk", "careers-fair"],
    "postcode": POSTCODE,
    "radius_km": 30,
}
ACTIVITY: Final[dict[str, Any]] = {
    "format": "talk",
    "subjects": ["Physics"],
    "year_groups": ["9"],
    "pupils_expected": 60,
}
CHECK: Final[dict[str, Any]] = {
    "scheme": "dbs",
    "level": "enhanced",
    "decision": "cleared",
    "checked_on": "2026-09-01",
}
NOTE: Final = "Two teachers of the department are in the room throughout."


def lone_world() -> World:
    """A world of ambassadors alone."""
    return World([SERVICE])


@dataclass
class Coordinator:
    """Has ambassadors checked, lets schools ask, and sees to it that everything settles."""

    world: World

    def officer(self) -> Headers:
        return self.world.caller("officer-1", "programme-officer")

    def school(self, urn: str = URNS[0], **claims: Any) -> Headers:
        """A teacher of a school."""
        return self.world.caller(f"teacher-{urn}", "teacher", school_urn=urn, **claims)

    def volunteer(self, name: str) -> Headers:
        """Somebody with the role of an ambassador."""
        return self.world.caller(f"account-{name}", "ambassador")

    async def know(self) -> None:
        """Let the service know schools a few km apart, one in Scotland, a partnership and an employer."""
        work = self.world.running["ambassadors"].work()
        for number, urn in enumerate(URNS):
            place = {"latitude": 54.75 + number / 20, "longitude": -1.55}
            known = SchoolFacts(name=f"School {urn}", open=True, postcode=f"ZF1 {number}AA", outcode="ZF1", **place)
            await facts.keep_school(work, urn, known)
        scottish = SchoolFacts(
            name="Loch School",
            open=True,
            jurisdiction=Jurisdiction.SCOTLAND,
            postcode="ZS1 1AA",
            outcode="ZS1",
            latitude=54.9,
            longitude=-1.6,
        )
        await facts.keep_school(work, SCOTTISH, scottish)
        await facts.keep_activity(work, PARTNERSHIP, active=True, school_urns=URNS)
        await facts.keep_employer(work, EMPLOYER, "Example Works")

    async def registered(self, name: str = "ada", **changes: Any) -> str:
        """Somebody who has just registered; gives the ambassador's id."""
        answer = await self.post("/api/ambassadors", self.volunteer(name), PROFILE | {"name": name} | changes)
        return str(answer["ambassador_id"])

    async def active(self, name: str = "ada", check: dict[str, Any] | None = None, **changes: Any) -> str:
        """An ambassador whom schools may meet; gives the id."""
        ambassador_id = await self.registered(name, **changes)
        path = f"/api/ambassadors/{ambassador_id}"
        await self.post(f"{path}/credentials", self.officer(), CHECK | (check or {}))
        await self.post(f"{path}/induction", self.officer())
        await self.post(f"{path}/activation", self.volunteer(name))
        return ambassador_id

    def dates(self, *days: float) -> list[dict[str, str]]:
        """Times of an hour and a half, in so many days."""
        starts = [self.world.clock.now() + timedelta(days=day, hours=2) for day in days]
        return [
            {"starts_at": start.isoformat(), "ends_at": (start + timedelta(minutes=90)).isoformat()} for start in starts
        ]

    async def asked(
        self, urn: str = URNS[0], *, days: tuple[float, ...] = (60,), settle: bool = True, **changes: Any
    ) -> str:
        """A request of a school; gives its id."""
        body = ACTIVITY | {"dates": self.dates(*days)} | changes
        answer = await self.post("/api/activities", self.school(urn), body)
        if settle:
            await self.world.settle()
        return str(answer["activity_id"])

    async def accept(self, activity_id: str, name: str = "ada", *, status: int | None = None) -> Any:
        """An ambassador accepts the first date; everything settles."""
        starts_at = (await self.activity(activity_id))["dates"][0]["starts_at"]
        path = f"/api/activities/{activity_id}/acceptance"
        answer = await self.post(path, self.volunteer(name), {"starts_at": starts_at}, status=status)
        await self.world.settle()
        return answer

    async def agreed(self, urn: str = URNS[0], name: str = "ada", **changes: Any) -> str:
        """A visit that somebody has agreed to; gives its id."""
        return str((await self.accept(await self.asked(urn, **changes), name))["visit_id"])

    async def confirmed(self, urn: str = URNS[0], name: str = "ada", **changes: Any) -> str:
        """A visit that the school has confirmed; gives its id."""
        visit_id = await self.agreed(urn, name, **changes)
        await self.on_visit(visit_id, "confirmation", self.school(urn), {"supervision": NOTE})
        return visit_id

    async def begun(self, urn: str = URNS[0], name: str = "ada", **changes: Any) -> str:
        """A visit that is on; gives its id."""
        visit_id = await self.confirmed(urn, name, **changes)
        self.world.clock.advance(self._until(await self.visit(visit_id)))
        await self.world.settle()
        return visit_id

    async def delivered(self, urn: str = URNS[0], name: str = "ada", **changes: Any) -> str:
        """A visit that took place; gives its id."""
        visit_id = await self.begun(urn, name, **changes)
        await self.deliver(visit_id, urn)
        return visit_id

    async def deliver(self, visit_id: str, urn: str = URNS[0], *, status: int | None = None, **changes: Any) -> Any:
        """The school says what came of it."""
        body = {"delivered": True, "pupils_reached": 58} | changes
        return await self.on_visit(visit_id, "delivery", self.school(urn), body, status=status)

    async def on_visit(
        self, visit_id: str, what: str, caller: Headers, body: object = None, *, status: int | None = None
    ) -> Any:
        """Somebody does something with a visit; everything settles."""
        answer = await self.post(f"/api/visits/{visit_id}/{what}", caller, body, status=status)
        await self.world.settle()
        return answer

    async def officer_does(
        self, ambassador_id: str, what: str, body: object = None, *, status: int | None = None
    ) -> Any:
        """A programme officer does something with an ambassador; everything settles."""
        answer = await self.post(f"/api/ambassadors/{ambassador_id}/{what}", self.officer(), body, status=status)
        await self.world.settle()
        return answer

    async def suspend(self, ambassador_id: str) -> None:
        await self.officer_does(ambassador_id, "suspension", {"reason": "A question of safeguarding."})

    async def ambassador(self, ambassador_id: str) -> Any:
        return await self.get(f"/api/ambassadors/{ambassador_id}")

    async def activity(self, activity_id: str) -> Any:
        return await self.get(f"/api/activities/{activity_id}")

    async def visit(self, visit_id: str, caller: Headers | None = None) -> Any:
        return await self.get(f"/api/visits/{visit_id}", caller)

    async def status(self, visit_id: str) -> str:
        return str((await self.visit(visit_id))["status"])

    async def invited(self, activity_id: str) -> list[str]:
        """Whom a request has asked, in order."""
        return [one["ambassador_id"] for one in (await self.activity(activity_id))["invitations"]]

    async def post(self, path: str, caller: Headers, body: object = None, *, status: int | None = None) -> Any:
        # No two things happen in the same millisecond: the schedule takes a root that is due again for one left over.
        self.world.clock.advance(timedelta(milliseconds=1))
        return await self.world.post("ambassadors", path, caller, body, status=status)

    async def put(self, path: str, caller: Headers, body: object) -> httpx.Response:
        return await self.world.client("ambassadors").put(path, headers=dict(caller), json=body)

    async def get(self, path: str, caller: Headers | None = None, **parameters: Any) -> Any:
        return await self.world.get("ambassadors", path, caller or self.officer(), **parameters)

    async def told(self, kind: type[Event]) -> list[Any]:
        """The events of a kind that the service has published, in order."""
        rows = await self.world.databases["ambassadors"].collection(OutboxRow).find({"type": kind.type})
        return [kind.model_validate_json(row.body) for row in sorted(rows, key=lambda row: row.id)]

    async def later(self, **step: float) -> datetime:
        """Let time pass, and everything settle."""
        self.world.clock.advance(timedelta(**step))
        await self.world.settle()
        return self.world.clock.now()

    def _until(self, visit: dict[str, Any]) -> timedelta:
        return datetime.fromisoformat(visit["starts_at"]) - self.world.clock.now()


def fresh_name() -> str:
    """A name nobody has yet."""
    return f"volunteer-{new_id()}"
