"""Two ambassadors beside a running partnership: one has visits at the lead school at every stage, one has none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shared.testing.world import Headers
from tests.ambassadors.coordinator import ACTIVITY, CHECK, NOTE, PROFILE, Coordinator
from tests.authorisation.callers import ACCOUNTS
from tests.authorisation.stage import CANARY, Stage, Telling


class _Scene:
    """The lead school's teacher and the ambassador, and what they do."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.coordinator = Coordinator(stage.world)
        self.teacher, self.officer = stage.caller("teacher"), stage.caller("programme-officer")
        self.ambassador = stage.caller("ambassador")

    async def registered(self, caller: Headers, **changes: Any) -> str:
        body = PROFILE | {"name": CANARY, "email": f"{CANARY}@a.example", "postcode": "NE1 2AB"} | changes
        return str((await self.coordinator.post("/api/ambassadors", caller, body))["ambassador_id"])

    def somebody(self, name: str) -> Headers:
        return self.stage.world.caller(f"somebody-{name}", "ambassador")

    async def checked(self, caller: Headers, check: Mapping[str, Any] | None = None, **changes: Any) -> str:
        ambassador_id = await self.registered(caller, **changes)
        path = f"/api/ambassadors/{ambassador_id}/credentials"
        await self.coordinator.post(path, self.officer, CHECK | dict(check or {}))
        return ambassador_id

    async def inducted(self, caller: Headers, check: Mapping[str, Any] | None = None, **changes: Any) -> str:
        ambassador_id = await self.checked(caller, check, **changes)
        await self.coordinator.post(f"/api/ambassadors/{ambassador_id}/induction", self.officer)
        return ambassador_id

    async def activated(self, caller: Headers, check: Mapping[str, Any], **changes: Any) -> str:
        ambassador_id = await self.inducted(caller, check, **changes)
        await self.coordinator.post(f"/api/ambassadors/{ambassador_id}/activation", caller)
        return ambassador_id

    async def asked(self, day: int, **changes: Any) -> str:
        """A request of the lead school that counts for its partnership; everything settles."""
        partnership_id = self.stage.ids["partnership_id"]
        body = (
            ACTIVITY
            | {"dates": self.coordinator.dates(day), "partnership_id": partnership_id, "note": CANARY}
            | changes
        )
        activity_id = (await self.coordinator.post("/api/activities", self.teacher, body))["activity_id"]
        await self.stage.world.settle()
        return str(activity_id)

    async def date_of(self, activity_id: str) -> str:
        answer = await self.coordinator.get(f"/api/activities/{activity_id}", self.officer)
        return str(answer["dates"][0]["starts_at"])

    async def agreed(self, day: int) -> tuple[str, str]:
        """A request and its visit that the ambassador has agreed to."""
        activity_id = await self.asked(day)
        starts_at = await self.date_of(activity_id)
        path = f"/api/activities/{activity_id}/acceptance"
        visit_id = (await self.coordinator.post(path, self.ambassador, {"starts_at": starts_at}))["visit_id"]
        await self.stage.world.settle()
        return activity_id, str(visit_id)

    async def confirmed(self, day: int) -> str:
        visit_id = (await self.agreed(day))[1]
        supervision = {"supervision": f"{CANARY}: {NOTE}"}
        await self.coordinator.on_visit(visit_id, "confirmation", self.teacher, supervision)
        return visit_id


async def _running(stage: Stage) -> None:
    scene, ids = _Scene(stage), stage.ids
    ids["ambassador_id"] = await scene.activated(scene.ambassador, {"monitored": True})
    ids["scheme"] = "dbs"
    ids["agreed-activity"], ids["visit_id"] = await scene.agreed(60)
    ids["delivered-visit"], ids["confirmed-visit"] = await scene.confirmed(67), await scene.confirmed(70)
    ids["invited"] = await scene.asked(77)
    ids["invited-date"] = await scene.date_of(ids["invited"])
    ids["open"] = await scene.asked(84, subjects=["Glaciology"])
    foreign = stage.caller("foreign-ambassador")
    ids["foreign-ambassador"] = await scene.inducted(foreign)
    for status in ("registered", "checked", "suspended"):
        ids[f"{status}-ambassador"] = await _at(scene, status)
    await stage.world.settle()
    ids["glaciologist"] = await scene.activated(scene.somebody("glaciologist"), {}, subjects=["Glaciology"])

    await _toured(stage)
    await _worried(stage)


async def _toured(stage: Stage) -> None:
    """A tour of the partnership."""
    stop = {"school_urn": "900002", "dates": Coordinator(stage.world).dates(200)}
    body = ACTIVITY | {"stops": [stop], "note": CANARY, "subjects": ["Botany"]}
    answer = await Coordinator(stage.world).post("/api/tours", stage.caller("partnership-lead"), body)
    stage.ids["tour_id"] = answer["tour_id"]


async def _worried(stage: Stage) -> None:
    """The officer is designated; one concern is open and one closed."""
    coordinator, officer = Coordinator(stage.world), stage.caller("programme-officer")
    path = f"/api/safeguarding/officers/{ACCOUNTS['officer']}"
    await coordinator.put(path, stage.caller("operator"), None)
    for name in ("concern_id", "closed-concern"):
        answer = await coordinator.post("/api/safeguarding/concerns", stage.caller("teacher"), {"words": CANARY})
        stage.ids[name] = answer["concern_id"]
    path = f"/api/safeguarding/concerns/{stage.ids['closed-concern']}/closing"
    await coordinator.post(path, officer, {"words": CANARY})


async def _at(scene: _Scene, status: str) -> str:
    """Somebody at a status, out of everybody's way."""
    caller = scene.somebody(status)
    far: dict[str, Any] = {"subjects": ["Geology"]}
    if status == "registered":
        return await scene.registered(caller, **far)
    if status == "checked":
        return await scene.checked(caller, **far)
    ambassador_id = await scene.activated(caller, {}, **far)
    path = f"/api/ambassadors/{ambassador_id}/suspension"
    await scene.coordinator.post(path, scene.officer, {"reason": "A question."})
    return ambassador_id


async def _visited(stage: Stage) -> None:
    """One visit is over, with hours logged; another one is on."""
    coordinator = Coordinator(stage.world)
    await coordinator.later(days=67, hours=2)
    scene = _Scene(stage)
    visit_id = stage.ids["delivered-visit"]
    await coordinator.on_visit(visit_id, "delivery", scene.teacher, {"delivered": True, "pupils_reached": 50})
    await coordinator.on_visit(visit_id, "hours", scene.ambassador, {"minutes": 120})
    await coordinator.later(days=3, minutes=30)


async def _resting(stage: Stage) -> None:
    """The ambassador takes no invitations for a while."""
    path = f"/api/ambassadors/{stage.ids['ambassador_id']}/pause"
    await Coordinator(stage.world).post(path, stage.caller("ambassador"))


async def _idle(stage: Stage) -> None:
    """More than a year has passed without an activity."""
    await Coordinator(stage.world).later(days=500)


TELLINGS: Final[Mapping[str, Telling]] = {"running": _running, "visited": _visited, "resting": _resting, "idle": _idle}
