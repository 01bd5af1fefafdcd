"""Placements in one loop: the people of the programme and what they do over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import httpx

from services.partnerships.app import SERVICE as PARTNERSHIPS
from services.placements.app import SERVICE
from services.placements.domain.known import SchoolFacts
from services.placements.use_cases.facts import keep_school
from shared.contracts.event import Event
from shared.messaging.outbox import OutboxRow
from shared.testing.world import Headers, World

URNS = ("900001", "900002", "900003", "900004", "900005", "900006")
EMPLOYER = "demo-employer"
OTHER_EMPLOYER = "another-employer"
SITE = {"site_id": "york", "name": "Process laboratory", "postcode": "yo1 1aa"}
FACTS: dict[str, Any] = {
    "name": "Ouse Instruments Ltd",
    "kind": "company",
    "sic_codes": ["26511"],
    "region": "Yorkshire and The Humber",
    "sites": [SITE],
}
OFFER: dict[str, Any] = {
    "title": "A week in the process laboratory",
    "summary": "Work beside our chemists.",
    "kind": "five-days",
    "subjects": ["Physics", "Chemistry"],
    "phases": ["secondary"],
}


def world() -> World:
    """A world of placements and partnerships."""
    return World([PARTNERSHIPS, SERVICE])


def lone_world() -> World:
    """A world of placements alone."""
    return World([SERVICE])


@dataclass
class Host:
    """Posts offers, and whatever else the people around it do."""

    world: World

    def officer(self) -> Headers:
        return self.world.caller("officer-1", "programme-officer")

    def host(self, employer_id: str = EMPLOYER) -> Headers:
        """A contact of an employer."""
        return self.world.caller(f"host-{employer_id}", "host-contact", employer_id=employer_id)

    def teacher(self, name: str = "ada", urn: str = URNS[0]) -> Headers:
        """A teacher of a school."""
        return self.world.caller(name, "teacher", school_urn=urn)

    def approver(self, urn: str = URNS[0]) -> Headers:
        """Who may say yes for a school."""
        return self.world.caller(f"approver-{urn}", "school-approver", school_urn=urn)

    async def know(self, *urns: str, **facts: Any) -> None:
        """Let placements know schools, as if the register had told of them."""
        running = self.world.running["placements"]
        for urn in urns:
            known = {"name": f"School {urn}", "open": True, "postcode": "YO1 1AA", "outcode": "YO1"}
            await keep_school(
                running.work(), urn, SchoolFacts(**known | {"latitude": 53.96, "longitude": -1.08} | facts)
            )

    def day(self, days: int) -> date:
        """The date in so many days."""
        return self.world.clock.now().date() + timedelta(days=days)

    def monday(self, weeks: int = 8) -> date:
        """The Monday in so many weeks."""
        day = self.day(7 * weeks)
        return day - timedelta(days=day.weekday())

    async def register(self, employer_id: str = EMPLOYER, *, verified: bool = True, **changes: Any) -> Any:
        """An employer, registered by its contact."""
        answer = await self.post("/api/employers", self.host(employer_id), FACTS | changes)
        if verified:
            answer = await self.post(f"/api/employers/{employer_id}/verification", self.officer())
        return answer

    async def clear(self, employer_id: str = EMPLOYER, *, days: int = 365) -> None:
        """Every compliance document, valid for so many days."""
        for kind in ("liability-insurance", "risk-assessment", "health-and-safety"):
            body = {
                "reference": f"{kind}-1",
                "valid_from": self.day(-1).isoformat(),
                "expires_on": self.day(days).isoformat(),
            }
            await self.post(f"/api/employers/{employer_id}/documents/{kind}", self.host(employer_id), body)

    def cohort(self, weeks: int = 8, places: int = 2, **changes: Any) -> dict[str, Any]:
        """Monday to Friday in so many weeks."""
        starts_on = self.monday(weeks)
        dates = {"starts_on": starts_on.isoformat(), "ends_on": (starts_on + timedelta(days=4)).isoformat()}
        return {**dates, "places": places, "site_id": "york"} | changes

    async def drafted(self, employer_id: str = EMPLOYER, **changes: Any) -> str:
        """A draft; gives the offer's id."""
        body = OFFER | {"cohorts": [self.cohort()]} | changes
        answer = await self.post("/api/offers", self.host(employer_id), body)
        return str(answer["offer_id"])

    async def published(self, employer_id: str = EMPLOYER, **changes: Any) -> str:
        """An offer that teachers can apply for; gives its id."""
        offer_id = await self.drafted(employer_id, **changes)
        await self.post(f"/api/offers/{offer_id}/submission", self.host(employer_id))
        for verb in ("review", "publication"):
            await self.post(f"/api/offers/{offer_id}/{verb}", self.officer())
        return offer_id

    async def apply(
        self, offer_id: str, name: str = "ada", urn: str = URNS[0], *, status: int | None = None, **changes: Any
    ) -> Any:
        """An application, handed in; the answer."""
        path = f"/api/offers/{offer_id}/applications"
        return await self.post(path, self.teacher(name, urn), {"submit": True} | changes, status=status)

    async def ask(
        self, applied: dict[str, Any], verb: str, caller: Headers, body: object = None, *, status: int | None = None
    ) -> Any:
        """Do something with an application."""
        path = f"/api/offers/{applied['offer_id']}/applications/{applied['application_id']}/{verb}"
        return await self.post(path, caller, body, status=status)

    async def approved(self, offer_id: str, name: str = "ada", urn: str = URNS[0], **changes: Any) -> Any:
        """An application that the school has agreed to."""
        return await self.ask(await self.apply(offer_id, name, urn, **changes), "approval", self.approver(urn))

    async def offered(self, offer_id: str, name: str = "ada", urn: str = URNS[0], **changes: Any) -> Any:
        """An application whose teacher was offered a place."""
        return await self.ask(await self.approved(offer_id, name, urn, **changes), "offer", self.host())

    async def accepted(self, offer_id: str, name: str = "ada", urn: str = URNS[0], **changes: Any) -> Any:
        """An application whose teacher comes, and everything that follows from it."""
        offered = await self.offered(offer_id, name, urn, **changes)
        answer = await self.ask(offered, "acceptance", self.teacher(name, urn))
        await self.world.settle()
        return answer

    async def application(self, applied: dict[str, Any]) -> Any:
        """An application as it stands now."""
        return await self.get(f"/api/offers/{applied['offer_id']}/applications/{applied['application_id']}")

    async def placement(self, placement_id: str) -> Any:
        """A placement as it stands now."""
        return await self.get(f"/api/placements/{placement_id}")

    async def do(
        self, placement_id: str, verb: str, caller: Headers, body: object = None, *, status: int | None = None
    ) -> Any:
        """Do something with a placement."""
        return await self.post(f"/api/placements/{placement_id}/{verb}", caller, body, status=status)

    def signers(self, name: str = "ada", urn: str = URNS[0]) -> dict[str, Headers]:
        """Who signs for which party."""
        return {"teacher": self.teacher(name, urn), "school": self.approver(urn), "host": self.host()}

    async def sign(self, placement_id: str, *parties: str, version: int = 1, name: str = "ada") -> Any:
        """Signatures of these parties, or of all; the last answer."""
        answer: Any = None
        for party, caller in self.signers(name).items():
            if not parties or party in parties:
                answer = await self.do(placement_id, "signatures", caller, {"party": party, "version": version})
        return answer

    async def begun(self, **changes: Any) -> str:
        """A placement on its last day; gives its id."""
        await self.register()
        await self.clear()
        accepted = await self.accepted(await self.published(), **changes)
        placement_id = str(accepted["placement_id"])
        await self.sign(placement_id)
        await self.do(placement_id, "confirmation", self.host())
        self.later(days=(self.monday() - self.day(0)).days + 4)
        await self.world.settle()
        return placement_id

    async def record(self, placement_id: str, *done: bool, reason: str | None = None, verb: str = "days") -> Any:
        """Marks for the days in order."""
        dates = (await self.placement(placement_id))["dates"]
        days = [
            {"day": day, "done": was, "reason": reason}
            for day, was in zip(dates, done, strict=False)
            if was is not None
        ]
        return await self.do(placement_id, verb, self.host(), {"days": days})

    async def post(self, path: str, caller: Headers, body: object = None, *, status: int | None = None) -> Any:
        return await self.world.post("placements", path, caller, body, status=status)

    async def put(self, path: str, caller: Headers, body: object) -> httpx.Response:
        return await self.world.client("placements").put(path, headers=dict(caller), json=body)

    async def get(self, path: str, caller: Headers | None = None, **parameters: Any) -> Any:
        return await self.world.get("placements", path, caller or self.officer(), **parameters)

    async def told(self, kind: type[Event]) -> list[Any]:
        """The events of a kind that placements has published, in order."""
        rows = await self.world.databases["placements"].collection(OutboxRow).find({"type": kind.type})
        return [kind.model_validate_json(row.body) for row in sorted(rows, key=lambda row: row.id)]

    def later(self, **step: float) -> datetime:
        """Let time pass."""
        self.world.clock.advance(timedelta(**step))
        return self.world.clock.now()
