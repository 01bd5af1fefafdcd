"""The programme that service tests play in."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.partnerships.programme import Programme, world


@pytest.fixture
async def programme() -> AsyncIterator[Programme]:
    """A fresh programme: nothing registered, nothing formed."""
    async with world() as running:
        yield Programme(running)
