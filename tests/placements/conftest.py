"""The hosts that service tests play with."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.placements.host import URNS, Host, lone_world


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    """Placements alone, which knows six schools."""
    async with lone_world() as running:
        host = Host(running)
        await host.know(*URNS)
        yield host
