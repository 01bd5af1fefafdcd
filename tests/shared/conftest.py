"""The store under test: once the twin in memory, once real MongoDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.ids import new_id
from shared.mongo import MongoDatabase
from shared.testing.memory import MemoryDatabase

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from shared.database import Database


@pytest.fixture(params=["memory", "mongodb"])
async def database(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """An empty store with the collections of tests.shared.till."""
    if request.param == "memory":
        yield MemoryDatabase()
        return
    real = MongoDatabase(request.getfixturevalue("mongodb_uri"), f"test-{new_id()}")
    yield real
    await real.close()
