"""All generated files: what they should hold now, and which of them are out of date.

The schemas of events are generated as well, but only forward: one that would break what was published is refused.
"""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.docs.asyncapi import asyncapi
from infra.docs.breaks import Break, breaks
from infra.docs.event_page import event_page
from infra.docs.figures import with_figures
from infra.docs.landscape import REPOSITORY, survey
from infra.docs.life_cycles import life_cycle_page
from infra.docs.schemas import schema_of
from shared.contracts.catalogue import VERSIONS

SCHEMAS = Path("tests/contracts/schemas")
EXAMPLES = Path("tests/contracts/examples")
LONGEST_HINT = 12


def documents(repository: Path = REPOSITORY) -> dict[Path, str]:
    """Every file that is generated, or has generated tables, by its path in the repository, with its text."""
    landscape = survey()
    bodies = examples(repository)
    version = tomllib.loads((repository / "pyproject.toml").read_text())["project"]["version"]
    return {
        Path("README.md"): with_figures((repository / "README.md").read_text(), repository),
        Path("docs/events.md"): event_page(landscape, bodies),
        Path("docs/life-cycles.md"): life_cycle_page(landscape),
        Path("docs/asyncapi.json"): asyncapi(landscape, bodies, version),
        **{SCHEMAS / f"{type}.json": _json(schema_of(event)) for type, event in sorted(VERSIONS.items())},
    }


def examples(repository: Path = REPOSITORY) -> dict[str, Any]:
    """The committed example body of each version, by its type."""
    files = sorted((repository / EXAMPLES).glob("*.json"))
    return {file.name.removesuffix(".json"): json.loads(file.read_text()) for file in files}


def published(repository: Path = REPOSITORY) -> dict[str, Any]:
    """The committed schema of each version, by its type."""
    files = sorted((repository / SCHEMAS).glob("*.json"))
    return {file.name.removesuffix(".json"): json.loads(file.read_text()) for file in files}


def broken(repository: Path = REPOSITORY) -> tuple[Break, ...]:
    """Every way in which the contracts no longer are what was published."""
    return tuple(one for type, schema in published(repository).items() for one in _breaks(type, schema))


def _breaks(type: str, schema: Mapping[str, Any]) -> tuple[Break, ...]:
    event = VERSIONS.get(type)
    if event is None:
        return (Break(type, "body", "has no class any more", "events of this type are still on the topic"),)
    return breaks(type, dict(schema), schema_of(event))


def stale(wanted: Mapping[Path, str], repository: Path = REPOSITORY) -> Iterator[tuple[Path, str]]:
    """Files that do not hold what they should, each with the beginning of the difference."""
    for path, text in wanted.items():
        file = repository / path
        there = file.read_text() if file.exists() else ""
        if there != text:
            difference = difflib.unified_diff(there.splitlines(), text.splitlines(), "committed", "generated", n=0)
            yield path, "\n".join(list(difference)[:LONGEST_HINT])


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
