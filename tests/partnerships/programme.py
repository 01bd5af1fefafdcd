"""The partnerships service in process, beside other services that say what they are told to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter

from services.partnerships.app import SERVICE
from services.partnerships.domain.eligibility import judge
from services.partnerships.domain.school import Facts, School, enter, reads_succession, succeed
from shared.contracts.ambassadors import VisitDelivered
from shared.contracts.courses import (
    AttendanceSettled,
    BookingCancelled,
    BookingDeclined,
    BookingReduced,
    HoldExpired,
    OccurrenceScheduled,
    PlaceHeld,
)
from shared.contracts.event import Event
from shared.contracts.placements import (
    PlacementCancelled,
    PlacementCompleted,
    PlacementDaysSettled,
    PlacementFundsAsked,
)
from shared.decision import Decision, Documents, Root
from shared.definition import Service
from shared.ids import new_id
from shared.messaging.outbox import OutboxRow
from shared.testing.world import Headers, World

URNS = ("900001", "900002", "900003", "900004", "900005", "900006")
TODAY = date(2026, 9, 7)


class Occurrence(Root):
    """Stands in for an occurrence of courses: it only says things."""

    collection = "occurrences"


class Placement(Root):
    """Stands in for a placement: it only says things."""

    collection = "placements"


class Visit(Root):
    """Stands in for an ambassador's visit: it only says things."""

    collection = "visits"


SPOKEN_FOR: dict[str, type[Root]] = {"courses": Occurrence, "placements": Placement, "ambassadors": Visit}
SPEAKERS = tuple(
    Service(name=name, summary="Says what it is told.", router=APIRouter(), documents={kind: ()})
    for name, kind in SPOKEN_FOR.items()
)


def facts(urn: str, **changes: Any) -> Facts:
    """A state-funded secondary school in the North East, unless said otherwise."""
    usual: dict[str, Any] = {
        "urn": urn,
        "name": f"School {urn}",
        "type": "Community school",
        "phase": "Secondary",
        "status": "open",
        "region": "North East",
        "postcode": "NE1 1AA",
        "latitude": 54.97,
        "longitude": -1.61,
        "la_number": f"391/{urn[-4:]}",
    }
    return Facts(**usual | changes)


@dataclass
class Programme:
    """The people of a programme, what they do over HTTP, and what courses says."""

    world: World
    occurrence_id: str = field(default_factory=new_id)

    def officer(self) -> Headers:
        return self.world.caller("officer-1", "programme-officer")

    def finance(self) -> Headers:
        return self.world.caller("finance-1", "finance-officer")

    def school(self, urn: str) -> Headers:
        """The approver of a school."""
        return self.world.caller(f"approver-{urn}", "school-approver", school_urn=urn)

    async def register(self, *schools: Facts) -> None:
        """Put schools into the register."""
        door, work = self.world.running["partnerships"].door, self.world.running["partnerships"].work()
        for known in schools:
            funded = judge(known, TODAY).state_funded

            def decide(
                school: School | None,
                _documents: object,
                _now: object,
                known: Facts = known,
                funded: bool | None = funded,
            ) -> Decision[None]:
                return enter(school, known, funded, "import-1")

            await door.create_or_change(School, known.urn, decide, reads=lambda _school: (), cause=work.cause)

    async def convert(self, urn: str, successor_urn: str, **changes: Any) -> None:
        """Let a school go on under another URN, and everybody hear of it."""
        await self.register(facts(successor_urn, **changes))
        await self.link(urn, successor_urn)
        await self.world.settle()

    async def link(self, urn: str, successor_urn: str, *, told: bool = True) -> None:
        """Point a school to its successor; unless it is `told`, nobody hears of it."""

        def decide(school: School, documents: Documents, _now: object) -> Decision[None]:
            decision = succeed(school, documents, successor_urn)
            return decision if told else replace(decision, events=())

        work = self.world.running["partnerships"].work()
        await work.change(School, urn, decide, reads_succession(urn, successor_urn))

    async def post(self, path: str, caller: Headers, body: object = None, *, status: int | None = None) -> Any:
        return await self.world.post("partnerships", path, caller, body, status=status)

    async def get(self, path: str, caller: Headers, **parameters: Any) -> Any:
        return await self.world.get("partnerships", path, caller, **parameters)

    async def draft(self, urns: Sequence[str] = URNS) -> str:
        """A draft whose members have all accepted; gives its id."""
        lead = self.school(urns[0])
        drafted = await self.post("/api/partnerships", lead, {"name": "Tyne Valley", "lead_urn": urns[0]})
        path = f"/api/partnerships/{drafted['id']}"
        for urn in urns[1:]:
            await self.post(f"{path}/invitations", lead, {"school_urn": urn})
            await self.post(f"{path}/members/{urn}/acceptance", self.school(urn))
        return str(drafted["id"])

    async def under_review(self, urns: Sequence[str] = URNS) -> str:
        """A partnership that waits for its approval; gives its id."""
        partnership_id = await self.draft(urns)
        path = f"/api/partnerships/{partnership_id}"
        await self.post(f"{path}/submission", self.school(urns[0]))
        await self.post(f"{path}/review", self.officer())
        return partnership_id

    async def activate(self, urns: Sequence[str] = URNS) -> str:
        """An active partnership of these schools; gives its id."""
        partnership_id = await self.under_review(urns)
        path = f"/api/partnerships/{partnership_id}"
        await self.post(f"{path}/approval", self.officer())
        await self.post(f"{path}/agreement", self.school(urns[0]))
        await self.post(f"{path}/activation", self.officer())
        return partnership_id

    async def pot(self, paid_in: int, **restrictions: list[str]) -> str:
        """A pot with money in it; gives its id."""
        sponsor = await self.post("/api/sponsors", self.finance(), {"name": "Northern Turbines plc"})
        wanted = {"sponsor_id": sponsor["id"], "name": "Physics teachers", "restrictions": restrictions}
        pot = await self.post("/api/pots", self.finance(), wanted)
        await self.post(f"/api/pots/{pot['id']}/payments", self.finance(), {"amount_pence": paid_in})
        return str(pot["id"])

    async def allocate(self, partnership_id: str, amount: int, kind: str = "other") -> None:
        """Give a partnership money from a pot of its own, for everything unless said otherwise, and let it arrive."""
        pot_id = await self.pot(amount)
        body = {"partnership_id": partnership_id, "amount_pence": amount, "kind": kind}
        await self.post(f"/api/pots/{pot_id}/allocations", self.finance(), body)
        await self.world.settle()

    async def funded(self, amount: int, urns: Sequence[str] = URNS) -> str:
        """An active partnership with this much in its account; gives its id."""
        await self.register(*(facts(urn) for urn in urns))
        partnership_id = await self.activate(urns)
        await self.allocate(partnership_id, amount)
        return partnership_id

    async def balances(self, partnership_id: str) -> tuple[int, int, int, int]:
        """Allocated, reserved, committed, available."""
        account = await self.get(f"/api/partnerships/{partnership_id}/account", self.officer())
        names = ("allocated_pence", "reserved_pence", "committed_pence", "available_pence")
        allocated, reserved, committed, available = (int(account[name]) for name in names)
        return allocated, reserved, committed, available

    async def say(self, *events: Event) -> None:
        """Let the publishers say these things, without anybody having heard them yet."""
        for event in events:
            publisher = event.publisher()
            kind, key = SPOKEN_FOR[publisher], event.aggregate.format(**event.model_dump()).partition("/")[2]
            running = self.world.running[publisher]

            def decide(
                known: Root | None,
                _documents: object,
                _now: object,
                kind: type[Root] = kind,
                key: str = key,
                event: Event = event,
            ) -> Decision[None]:
                return Decision(None, known or kind(id=key), (), (event,))

            await running.door.create_or_change(kind, key, decide, reads=lambda _root: (), cause=running.work().cause)

    def place_held(self, partnership_id: str, booking_id: str, amount: int, urn: str = URNS[1]) -> PlaceHeld:
        return PlaceHeld(
            occurrence_id=self.occurrence_id,
            booking_id=booking_id,
            school_urn=urn,
            places=1,
            partnership_id=partnership_id,
            amount_pence=amount,
            starts_on=TODAY + timedelta(days=60),
            hold_expires_at=self.world.clock.now() + timedelta(minutes=15),
        )

    def cancelled(self, partnership_id: str | None, booking_id: str) -> BookingCancelled:
        return BookingCancelled(
            occurrence_id=self.occurrence_id,
            booking_id=booking_id,
            school_urn=URNS[1],
            places=1,
            partnership_id=partnership_id,
            cancelled_by="school",
            reason="a colleague is ill",
        )

    def expired(self, partnership_id: str, booking_id: str) -> HoldExpired:
        return HoldExpired(
            occurrence_id=self.occurrence_id,
            booking_id=booking_id,
            school_urn=URNS[1],
            partnership_id=partnership_id,
        )

    def declined(self, partnership_id: str, booking_id: str) -> BookingDeclined:
        return BookingDeclined(
            occurrence_id=self.occurrence_id,
            booking_id=booking_id,
            school_urn=URNS[1],
            partnership_id=partnership_id,
            reason="approver said no",
        )

    def reduced(self, partnership_id: str, booking_id: str, amount: int) -> BookingReduced:
        return BookingReduced(
            occurrence_id=self.occurrence_id,
            booking_id=booking_id,
            school_urn=URNS[1],
            delegate_id="delegate-1",
            places=1,
            partnership_id=partnership_id,
            amount_pence=amount,
        )

    def scheduled(self, *subjects: str) -> OccurrenceScheduled:
        starts_at = self.world.clock.now() + timedelta(days=60)
        return OccurrenceScheduled(
            occurrence_id=self.occurrence_id,
            template_id="template-1",
            course_code="PHY-1",
            subjects=subjects,
            delivery="face-to-face",
            region="North East",
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=6),
            capacity=20,
            price_pence=45_000,
        )

    def settled(
        self,
        partnership_id: str,
        booking_id: str,
        charged: int,
        revision: int = 1,
        fully_attended: tuple[str, ...] | None = None,
        funded: bool | None = True,
    ) -> AttendanceSettled:
        return AttendanceSettled(
            occurrence_id=self.occurrence_id,
            booking_id=booking_id,
            school_urn=URNS[1],
            partnership_id=partnership_id,
            revision=revision,
            outcome="attended",
            places=max(1, len(fully_attended or ())),
            attended_places=max(1, len(fully_attended or ())),
            charged_pence=charged,
            fully_attended=fully_attended,
            funded=funded,
        )

    def funds_asked(
        self, partnership_id: str, placement_id: str, amount: int, urn: str = URNS[1], teacher_id: str = "teacher-1"
    ) -> PlacementFundsAsked:
        return PlacementFundsAsked(
            placement_id=placement_id,
            school_urn=urn,
            teacher_id=teacher_id,
            partnership_id=partnership_id,
            days=5,
            amount_pence=amount,
            starts_on=TODAY + timedelta(days=60),
        )

    def placement_cancelled(self, partnership_id: str | None, placement_id: str) -> PlacementCancelled:
        return PlacementCancelled(
            placement_id=placement_id,
            school_urn=URNS[1],
            partnership_id=partnership_id,
            cancelled_placement_by="host",
            reason_code="host-withdrew",
        )

    def days_settled(
        self, partnership_id: str | None, placement_id: str, charged: int, revision: int = 1, days_done: int = 5
    ) -> PlacementDaysSettled:
        return PlacementDaysSettled(
            placement_id=placement_id,
            employer_id="employer-1",
            school_urn=URNS[1],
            teacher_id="teacher-1",
            partnership_id=partnership_id,
            revision=revision,
            days=5,
            days_done=days_done,
            done_on=tuple(TODAY + timedelta(days=day) for day in range(days_done)),
            charged_pence=charged,
        )

    def placement_completed(self, partnership_id: str, placement_id: str, days_done: int = 5) -> PlacementCompleted:
        return PlacementCompleted(
            placement_id=placement_id,
            employer_id="employer-1",
            school_urn=URNS[1],
            teacher_id="teacher-1",
            partnership_id=partnership_id,
            subjects=("Physics",),
            outcome="completed",
            days_done=days_done,
        )

    def visit_delivered(
        self, partnership_id: str, visit_id: str, revision: int = 1, *, delivered: bool = True
    ) -> VisitDelivered:
        return VisitDelivered(
            visit_id=visit_id,
            request_id="request-1",
            school_urn=URNS[1],
            partnership_id=partnership_id,
            ambassador_id="ambassador-1",
            employer_id=None,
            revision=revision,
            delivered=delivered,
            delivered_on=TODAY + timedelta(days=30),
            visit_format="talk",
            subjects=("Physics",),
            year_groups=("9",),
            pupils_reached=30 if delivered else 0,
        )

    async def told(self, kind: type[Event]) -> list[Any]:
        """The events of a kind that partnerships has published, in order."""
        rows = await self.world.databases["partnerships"].collection(OutboxRow).find({"type": kind.type})
        return [kind.model_validate_json(row.body) for row in sorted(rows, key=lambda row: row.id)]


def world() -> World:
    """A world of partnerships and the speakers."""
    return World([SERVICE, *SPEAKERS])
