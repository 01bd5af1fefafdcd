"""How far the story has come when somebody asks: a partnership of six schools beside one that does not belong to it.

All services stand in one world, and the scenes of each service tell it up to that point.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from contextlib import AsyncExitStack
from importlib import import_module
from typing import Any, Final

from services.gateway.description import all_services
from shared.testing.world import World
from tests.authorisation import scenes
from tests.authorisation.stage import Stage, Telling

CHAIN: Final = ("inviting", "formed", "submitted", "reviewed", "approved", "signed", "funded", "running")
"""The stages that come one after another; an ending follows on `running`."""


def _tellings() -> dict[str, dict[str, Telling]]:
    """By service, what it tells at which stage. Partnerships come last: they settle what the others have asked for."""
    names = sorted(
        (found.name for found in pkgutil.iter_modules(scenes.__path__)), key=lambda n: (n == "partnerships", n)
    )
    return {name: import_module(f"{scenes.__name__}.{name}").TELLINGS for name in names}


TELLINGS: Final[Mapping[str, Mapping[str, Telling]]] = _tellings()
ENDINGS: Final = frozenset(stage for tellings in TELLINGS.values() for stage in tellings) - set(CHAIN)
STAGES: Final = (*CHAIN, *sorted(ENDINGS))


def _before(name: str) -> str | None:
    """The stage that another follows on; None for the first."""
    if name in ENDINGS:
        return CHAIN[-1]
    place = CHAIN.index(name)
    return CHAIN[place - 1] if place else None


class Stages:
    """Each stage, told when it is first asked for, in one world that lasts as long as the stack that is given.

    A stage is told once: those that follow on it, and the questions about it, begin with what was stored then.
    """

    def __init__(self, worlds: AsyncExitStack) -> None:
        self._worlds = worlds
        self._told: dict[str, Stage] = {}
        self._latest = ""

    async def at(self, name: str) -> Stage:
        """The world as it was when this stage had been told."""
        if name not in self._told:
            self._told[name] = await self._tell(name)
        self._told[name].restore()
        return self._told[name]

    async def _tell(self, name: str) -> Stage:
        stage = await self._begun(_before(name))
        for tellings in TELLINGS.values():
            if name in tellings:
                await tellings[name](stage)
                await stage.world.settle()
        stage.remember()
        self._latest = name
        return stage

    async def _begun(self, before: str | None) -> Stage:
        """The stage before, to go on from. Services that have seen a later one begin anew: they may remember it."""
        if before is None:
            return Stage(await self._worlds.enter_async_context(World(all_services())))
        stage = await self.at(before)
        if self._latest != before:
            for service in stage.world.services:
                await stage.world.kill(service)
                await stage.world.start(service)
        return Stage(stage.world, dict(stage.ids))


def looked_up(value: Any, ids: Mapping[str, str]) -> Any:
    """The value with every "@name" in it replaced by the id of that name."""
    if isinstance(value, str) and value.startswith("@"):
        return ids[value[1:]]
    if isinstance(value, Mapping):
        return {name: looked_up(part, ids) for name, part in value.items()}
    if isinstance(value, list):
        return [looked_up(part, ids) for part in value]
    return value
