"""The organisers that service tests play with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest

from tests.courses.organiser import URNS, Organiser, lone_world, world
from tests.partnerships.programme import Programme


class Funded(NamedTuple):
    """Courses beside partnerships, with an active partnership of six schools."""

    organiser: Organiser
    programme: Programme
    partnership_id: str


@pytest.fixture
async def organiser() -> AsyncIterator[Organiser]:
    """Courses alone, which knows six schools."""
    async with lone_world() as running:
        organiser = Organiser(running)
        await organiser.know(*URNS)
        yield organiser


@pytest.fixture
async def funded() -> AsyncIterator[Funded]:
    """A partnership with money for two places of £220 and a bit."""
    async with world() as running:
        programme = Programme(running)
        partnership_id = await programme.funded(50_000)
        yield Funded(Organiser(running), programme, partnership_id)
