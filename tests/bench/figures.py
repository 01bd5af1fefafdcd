"""A figure of a measurement, where figures are kept, and the table that they make."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results" / "latest.json"


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured: a value in a unit, the goal in words, whether it was met (None: no goal), and how.

    Its name begins with the part of the run that it belongs to: "edge hot, 8 clients", "killing: faults".
    """

    name: str
    value: float
    unit: str
    goal: str = ""
    holds: bool | None = None
    conditions: str = ""


def at_least(name: str, value: float, unit: str, goal: float, conditions: str) -> Figure:
    """A figure that should reach a goal."""
    return Figure(name, value, unit, f"≥ {goal:g}", value >= goal, conditions)


def at_most(name: str, value: float, unit: str, goal: float, conditions: str) -> Figure:
    """A figure that should stay under a goal."""
    return Figure(name, value, unit, f"≤ {goal:g}", value <= goal, conditions)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def part_of(name: str) -> str:
    """The part of a run that a figure belongs to: the first word of its name."""
    return re.split("[ :,]", name, maxsplit=1)[0]


def keep(file: Path, figures: Iterable[Figure], conditions: str) -> None:
    """Write the figures that there are so far: a run that is broken off has shown something too.

    Those of parts that were not run this time stay as they are, with the conditions they were found under.
    """
    kept = [asdict(_kept(figure, conditions)) for figure in figures]
    run = {part_of(figure["name"]) for figure in kept}
    before: list[dict[str, Any]] = json.loads(file.read_text()) if file.exists() else []
    kept = [*(figure for figure in before if part_of(figure["name"]) not in run), *kept]
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n")


def _kept(figure: Figure, conditions: str) -> Figure:
    given = "; ".join(filter(None, (figure.conditions, conditions)))
    return replace(figure, value=round(figure.value, 2), conditions=given)


def show(console: Console, figures: Iterable[Figure]) -> None:
    """The figures as one table."""
    table = Table("figure", title="Figures", title_justify="left")
    table.add_column("value", justify="right")
    for heading in ("unit", "goal", ""):
        table.add_column(heading)
    for figure in figures:
        verdict = {True: "[green]holds", False: "[red]falls short", None: ""}[figure.holds]
        table.add_row(figure.name, f"{figure.value:,.2f}".rstrip("0").rstrip("."), figure.unit, figure.goal, verdict)
    console.print(table)
