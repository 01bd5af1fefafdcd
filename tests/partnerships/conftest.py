"""The programme that service tests play in."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.partnerships.planning import whole_plan
from tests.partnerships.programme import URNS, Programme, world


@pytest.fixture
async def programme() -> AsyncIterator[Programme]:
    """A fresh programme: nothing registered, nothing formed."""
    async with world() as running:
        yield Programme(running)


@pytest.fixture
async def attended(programme: Programme) -> tuple[Programme, str]:
    """A booking of £450 was attended; gives the partnership's path."""
    partnership_id = await programme.funded(200_000)
    await programme.say(
        programme.place_held(partnership_id, "booking-1", 45_000),
        programme.settled(partnership_id, "booking-1", 45_000),
    )
    await programme.world.settle()
    return programme, f"/api/partnerships/{partnership_id}"


@pytest.fixture
async def planned(programme: Programme) -> tuple[Programme, str]:
    """A running partnership with an approved plan; gives the plan's path."""
    partnership_id = await programme.funded(1_000_000)
    path = f"/api/partnerships/{partnership_id}/plan"
    await programme.post(path, programme.school(URNS[0]), whole_plan())
    await programme.post(f"{path}/submission", programme.school(URNS[0]))
    await programme.post(f"{path}/approval", programme.officer())
    await programme.world.settle()
    return programme, path
