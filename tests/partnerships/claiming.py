"""What people do about claims over HTTP, and what becomes of the account."""

from __future__ import annotations

from typing import Any

from tests.partnerships.programme import URNS, Programme

BOOKING = "claims/booking/booking-1"


def partnership_of(path: str) -> str:
    return path.split("/")[3]


async def approve(programme: Programme, path: str, claim: str = BOOKING) -> None:
    await programme.post(f"{path}/{claim}/submission", programme.school(URNS[1]))
    await programme.post(f"{path}/{claim}/approval", programme.finance())


async def pay(programme: Programme) -> dict[str, Any]:
    """A payment run of everything that is approved; gives it as it was settled."""
    run = await programme.post("/api/payment-runs", programme.finance())
    await programme.world.settle()
    settled: dict[str, Any] = await programme.get(f"/api/payment-runs/{run['id']}", programme.finance())
    return settled


async def spent(programme: Programme, path: str) -> tuple[int, int, int]:
    """Committed, spent, available."""
    account = await programme.get(f"{path}/account", programme.officer())
    assert account["allocated_pence"] == sum(
        account[f"{name}_pence"] for name in ("reserved", "committed", "spent", "available")
    )
    return account["committed_pence"], account["spent_pence"], account["available_pence"]


async def correct(programme: Programme, path: str, charged: int, revision: int) -> None:
    await programme.say(programme.settled(partnership_of(path), "booking-1", charged, revision=revision))
    await programme.world.settle()
