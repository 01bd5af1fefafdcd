"""How far the story has come when somebody asks: a partnership of six schools beside one that does not belong to it.

Every stage is a world of its own with all services, told up to that point by the scenes of each service.
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

CHAIN: Final = ("inviting", "formed", "submitted", "reviewed", "approved", "signed", "running")
"""The stages that come one after another; an ending follows on `running`."""


def _tellings() -> dict[str, dict[str, Telling]]:
    """By service, what it tells at which stage. Partnerships come first: everything else stands on them."""
    names = sorted(
        (found.name for found in pkgutil.iter_modules(scenes.__path__)), key=lambda n: (n != "partnerships", n)
    )
    return {name: import_module(f"{scenes.__name__}.{name}").TELLINGS for name in names}


TELLINGS: Final[Mapping[str, Mapping[str, Telling]]] = _tellings()
ENDINGS: Final = frozenset(stage for tellings in TELLINGS.values() for stage in tellings) - set(CHAIN)
STAGES: Final = (*CHAIN, *sorted(ENDINGS))


async def tell(world: World, until: str) -> Stage:
    """The story up to a stage, in a fresh world."""
    stage = Stage(world)
    chain = (*CHAIN, until) if until in ENDINGS else CHAIN[: CHAIN.index(until) + 1]
    for name in chain:
        for tellings in TELLINGS.values():
            if name in tellings:
                await tellings[name](stage)
                await world.settle()
    stage.remember()
    return stage


class Stages:
    """Each stage, told when it is first asked for; the worlds last as long as the stack that is given."""

    def __init__(self, worlds: AsyncExitStack) -> None:
        self._worlds = worlds
        self._told: dict[str, Stage] = {}

    async def at(self, name: str) -> Stage:
        """The stage of this name, as it was told."""
        if name not in self._told:
            self._told[name] = await tell(await self._worlds.enter_async_context(World(all_services())), name)
        return self._told[name]


def looked_up(value: Any, ids: Mapping[str, str]) -> Any:
    """The value with every "@name" in it replaced by the id of that name."""
    if isinstance(value, str) and value.startswith("@"):
        return ids[value[1:]]
    if isinstance(value, Mapping):
        return {name: looked_up(part, ids) for name, part in value.items()}
    if isinstance(value, list):
        return [looked_up(part, ids) for part in value]
    return value
