"""The coordinators that service tests play with."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.ambassadors.coordinator import Coordinator, lone_world


@pytest.fixture
async def coordinator() -> AsyncIterator[Coordinator]:
    """Ambassadors alone, who know some schools, a partnership and an employer."""
    async with lone_world() as running:
        coordinator = Coordinator(running)
        await coordinator.know()
        yield coordinator
