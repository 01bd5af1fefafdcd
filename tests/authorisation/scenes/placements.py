"""An employer hosts: offers at every point of their life."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.authorisation.stage import CANARY, Stage, Telling
from tests.placements.host import EMPLOYER, Host


async def _offers(host: Host) -> dict[str, str]:
    """One offer in each status that a verb leads from."""
    ids = {name: await host.drafted() for name in ("draft", "submitted", "reviewed")}
    for name in ("submitted", "reviewed"):
        await host.post(f"/api/offers/{ids[name]}/submission", host.host())
    await host.post(f"/api/offers/{ids['reviewed']}/review", host.officer())
    ids |= {"published": await host.published(), "paused": await host.published()}
    await host.post(f"/api/offers/{ids['paused']}/pause", host.host())
    return ids


async def _applied(stage: Stage, host: Host, until: str, weeks: int) -> dict[str, str]:
    """An application of the lead school's teacher for an offer of its own, up to a verb."""
    return await _applied_for(stage, host, until, await host.published(cohorts=[host.cohort(weeks)]))


async def _applied_for(stage: Stage, host: Host, until: str, offer_id: str, **wishes: str) -> dict[str, str]:
    teacher, path = stage.caller("teacher"), f"/api/offers/{offer_id}/applications"
    statement = f"{CANARY} of a teacher" if until in ("draft", "") else "What its host may read."
    body = {"statement": statement, "submit": until != "draft", **wishes}
    applied = await host.post(path, teacher, body)
    for verb, caller in (("approval", stage.caller("school-approver")), ("offer", host.host())):
        if until in ("approval", "offer", "acceptance") and (verb == "approval" or until != "approval"):
            await host.ask(applied, verb, caller)
    if until == "acceptance":
        applied = await host.ask(applied, "acceptance", teacher)
        await host.world.settle()
    return {"offer": offer_id, "application": applied["application_id"], "placement": str(applied["placement_id"])}


async def _sign(stage: Stage, host: Host, placement_id: str) -> None:
    for party, name in (("teacher", "teacher"), ("school", "school-approver"), ("host", "host-contact")):
        await host.do(placement_id, "signatures", stage.caller(name), {"party": party, "version": 1})


async def _running(stage: Stage) -> None:
    host = Host(stage.world)
    await host.register()
    await host.clear()
    await host.register("new-employer", verified=False)
    offers = await _offers(host)
    stage.ids |= {
        "employer_id": EMPLOYER,
        "new-employer": "new-employer",
        "kind": "risk-assessment",
        "offer_id": offers["published"],
        **{f"offer-{name}": offer_id for name, offer_id in offers.items()},
    }
    told = (("drafted", "draft"), ("handed-in", ""), ("approved", "approval"), ("promised", "offer"))
    for weeks, (name, until) in enumerate(told, 10):
        stage.ids |= {f"{name}-{what}": key for what, key in (await _applied(stage, host, until, weeks)).items()}
    stage.ids["application_id"] = stage.ids["approved-application"]
    free = {"free_from": host.monday(40).isoformat(), "free_to": host.monday(41).isoformat()}
    agreed = await _applied(stage, host, "acceptance", 20)
    cleared = await _applied(stage, host, "acceptance", 21)
    await _sign(stage, host, cleared["placement"])
    stage.ids |= {"placement_id": agreed["placement"], "cleared": cleared["placement"]}
    looking = {"subjects": ["Physics"], "phases": ["secondary"], **free}
    asked = await host.post("/api/placement-requests", stage.caller("teacher"), looking)
    stage.ids["looking"] = asked["request_id"]


async def _hosted(stage: Stage) -> None:
    """One placement has had its days, another has them confirmed; a third goes on."""
    host = Host(stage.world)
    days = {}
    for weeks, name in enumerate(("going-on", "recorded", "settled"), 30):
        made = (await _applied(stage, host, "acceptance", weeks))["placement"]
        await _sign(stage, host, made)
        await host.do(made, "confirmation", host.host())
        stage.ids[name] = made
        days[name] = (await host.placement(made))["dates"]
    stage.ids["day"] = days["going-on"][0]
    stage.ids["settled-day"] = days["settled"][0]
    host.later(days=400)
    await host.world.settle()
    for name in ("recorded", "settled"):
        await host.record(stage.ids[name], *(True,) * 5)
    await host.do(stage.ids["settled"], "days/confirmation", stage.caller("teacher"))


async def _unfunded(stage: Stage) -> None:
    """A partnership has money for one placement of so many days, and not for a second."""
    host = Host(stage.world)
    for weeks in (50, 60):
        ends_on = host.monday(weeks + 5).isoformat()
        long = await host.published(kind="single-days", days=20, cohorts=[host.cohort(weeks, ends_on=ends_on)])
        wishes = {"partnership_id": stage.ids["partnership_id"]}
        stage.ids["unfunded"] = (await _applied_for(stage, host, "acceptance", long, **wishes))["placement"]


TELLINGS: Final[Mapping[str, Telling]] = {"running": _running, "hosted": _hosted, "unfunded": _unfunded}
