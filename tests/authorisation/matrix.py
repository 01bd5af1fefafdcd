"""The rows of rows/*.toml, one file a service, and what each caller must meet by them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from services.gateway.description import METHODS, whole_api
from tests.authorisation.callers import CALLERS

FOLDER: Final = Path(__file__).parent
GROUPS: Final[Mapping[str, list[str]]] = tomllib.loads((FOLDER / "callers.toml").read_text())["callers"]
FILES: Final[Mapping[str, Mapping[str, dict[str, Any]]]] = {
    file.stem: tomllib.loads(file.read_text())["rows"] for file in sorted((FOLDER / "rows").glob("*.toml"))
}
"""The rows of each service."""

ROWS: Final[Mapping[str, dict[str, Any]]] = {row: wanted for rows in FILES.values() for row, wanted in rows.items()}


def members(names: Iterable[str]) -> Iterator[str]:
    """The callers of a list, groups unfolded."""
    for name in names:
        if name.startswith("@"):
            yield from members(GROUPS[name[1:]])
        else:
            yield name


def operation_of(row: str) -> str:
    """`GET /api/pots [of others]` → `GET /api/pots`."""
    return row.partition(" [")[0]


@cache
def documented() -> Mapping[str, str]:
    """The service of each operation of the merged description, by method and path."""
    return {
        f"{method.upper()} {path}": operation["tags"][0]
        for path, methods in whole_api()["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    }


def expectations(row: str) -> dict[str, str]:
    """What every caller must meet: "may", "hidden", "refused" or "unknown"."""
    named = {what: set(members(ROWS[row].get(what, []))) for what in ("may", "hidden", "refused")}
    found = {}
    for caller in CALLERS:
        default = "unknown" if caller == "anonymous" else "refused"
        found[caller] = next((what for what, callers in named.items() if caller in callers), default)
    return found
