"""An employer hosts: offers at every point of their life."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.authorisation.stage import Stage, Telling
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


TELLINGS: Final[Mapping[str, Telling]] = {"running": _running}
