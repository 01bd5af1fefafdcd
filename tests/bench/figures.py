"""A figure of a benchmark, and the report they make."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results" / "latest.json"


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured: a value in a unit, the goal in words, whether it was met (None: no goal), and how."""

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


def report(console: Console, figures: Sequence[Figure]) -> None:
    """Show the figures and keep them."""
    table = Table(title="Figures", title_justify="left")
    for heading, justify in (("figure", "left"), ("value", "right"), ("unit", "left"), ("goal", "left"), ("", "left")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for figure in figures:
        verdict = {True: "[green]holds", False: "[red]falls short", None: ""}[figure.holds]
        table.add_row(figure.name, f"{figure.value:,.2f}".rstrip("0").rstrip("."), figure.unit, figure.goal, verdict)
    console.print(table)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n")
    console.print(f"Kept in {RESULTS.relative_to(Path.cwd()) if RESULTS.is_relative_to(Path.cwd()) else RESULTS}")
