"""A staff account, a disabled one, two API clients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.authorisation.callers import ACCOUNTS
from tests.authorisation.stage import CANARY, Stage, Telling


async def _inviting(stage: Stage) -> None:
    world, operator = stage.world, stage.caller("operator")
    disabled = ACCOUNTS["teacher-900004"]
    await world.post("gateway", f"/api/identity/accounts/{disabled}/disable", operator)
    clients = [
        await world.post(
            "gateway", "/api/identity/clients", operator, {"name": f"{CANARY} client", "roles": ["auditor"]}
        )
        for _ in range(2)
    ]
    ids = [client["client_id"] for client in clients]
    await world.post("gateway", f"/api/identity/clients/{ids[1]}/disable", operator)
    stage.ids |= {
        "account_id": ACCOUNTS["teacher-900003"],
        "staff-account": ACCOUNTS["finance"],
        "disabled-account": disabled,
        "client_id": ids[0],
        "disabled-client": ids[1],
        "slug": "version-mismatch",
    }


TELLINGS: Final[Mapping[str, Telling]] = {"inviting": _inviting}
