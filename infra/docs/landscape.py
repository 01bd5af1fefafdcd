"""What there is to document: every service with its reactions and its status machines, found by walking services/."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest
from pathlib import Path
from types import ModuleType
from typing import Any

import services
from shared.contracts.catalogue import TOPICS
from shared.contracts.event import Event
from shared.subscriptions import Subscription
from shared.transitions import Table

REPOSITORY = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class Reaction:
    """A function of a service that is called for an event."""

    service: str
    function: str
    event: type[Event]
    says: str


@dataclass(frozen=True, slots=True)
class LifeCycle:
    """A status machine: where it stands (`services/courses/domain/booking.py`), its name there, and its rows."""

    service: str
    file: str
    name: str
    says: str
    table: Table[Any]

    @property
    def statuses(self) -> tuple[StrEnum, ...]:
        """Every status that a row touches, in the order of the enumeration."""
        touched = {status for row in self.table.rows for status in (row.source, row.target)}
        return tuple(status for status in self.table.status_type if status in touched)


@dataclass(frozen=True, slots=True)
class Landscape:
    """Services by name with what they say about themselves, their reactions and their life cycles."""

    services: Mapping[str, str]
    reactions: tuple[Reaction, ...]
    life_cycles: tuple[LifeCycle, ...]

    def reacting_to(self, event: type[Event]) -> tuple[Reaction, ...]:
        """Who reacts to an event, in the order of services and of their tables."""
        return tuple(reaction for reaction in self.reactions if reaction.event is event)


def survey(package: ModuleType = services) -> Landscape:
    """Look at the services in a package, and at the publishers of events."""
    found = {found.name: importlib.import_module(f"{package.__name__}.{found.name}") for found in _packages(package)}
    said = {name: _first_sentence(module) for name, module in found.items()}
    said |= {name: "" for name in TOPICS if name not in said}
    return Landscape(
        services=dict(sorted(said.items())),
        reactions=tuple(reaction for name, module in found.items() for reaction in _reactions(name, module)),
        life_cycles=tuple(cycle for name, module in found.items() for cycle in _life_cycles(name, module)),
    )


def _packages(package: ModuleType) -> list[pkgutil.ModuleInfo]:
    inside = (module for module in pkgutil.iter_modules(package.__path__) if module.ispkg)
    return sorted(inside, key=lambda module: module.name)


def _reactions(service: str, module: ModuleType) -> Iterator[Reaction]:
    if not any(found.name == "reactions" for found in pkgutil.iter_modules(module.__path__)):
        return
    subscriptions: tuple[Subscription, ...] = importlib.import_module(f"{module.__name__}.reactions").REACTIONS
    for subscription in subscriptions:
        yield Reaction(service, subscription.name, subscription.event, _first_sentence(subscription.react))


def _life_cycles(service: str, module: ModuleType) -> Iterator[LifeCycle]:
    """Every Table that is assigned to a name at the top of a module of the service's domain."""
    folder = Path(module.__path__[0])
    for found in sorted(pkgutil.walk_packages(module.__path__, f"{module.__name__}."), key=lambda each: each.name):
        if ".domain" not in found.name:
            continue
        inside = importlib.import_module(found.name)
        file = Path(inside.__file__ or "")
        for name, says in _assignments(file.read_text()):
            table = getattr(inside, name, None)
            if isinstance(table, Table):
                yield LifeCycle(service, file.relative_to(folder.parent.parent).as_posix(), name, says, table)


def _assignments(source: str) -> Iterator[tuple[str, str]]:
    """Names assigned at the top of a module, with the docstring below the assignment where there is one."""
    statements = ast.parse(source).body
    for statement, following in zip_longest(statements, statements[1:]):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name, _text(following)


def _text(statement: ast.stmt | None) -> str:
    match statement:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return " ".join(text.split())
    return ""


def _first_sentence(thing: object) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join((getattr(thing, "__doc__", None) or "").strip().partition("\n\n")[0].split())
