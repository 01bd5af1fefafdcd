"""The tables of figures in the README, written from what was measured last.

A table stands between two marks, `<!-- figures: faults -->` and `<!-- end of figures -->`, and is replaced as a whole:
whoever measures anew writes the documents anew, and a table that says something else than its file is stale.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]
MARKS = re.compile(r"(<!-- figures: (?P<name>[a-z]+) -->\n).*?(<!-- end of figures -->)", re.DOTALL)
RESULTS = {"faults": Path("tests/faults/results/latest.json"), "bench": Path("tests/bench/results/latest.json")}


def with_figures(text: str, repository: Path) -> str:
    """The text with every table of figures as it should be now."""

    def table(marks: re.Match[str]) -> str:
        figures = json.loads((repository / RESULTS[marks["name"]]).read_text())
        return f"{marks[1]}{TABLES[marks['name']](figures)}\n{marks[3]}"

    return MARKS.sub(table, text)


def measured_table(figures: Sequence[Row]) -> str:
    """One row a figure that has a goal."""
    rows = [f"| {one['name']} | {_value(one)} | {one['goal']} | {_verdict(one)} |" for one in figures if one["goal"]]
    return "\n".join((f"*{_circumstances(figures)}*", "", "| measured | value | goal | |", "|---|---:|---|---|", *rows))


def fault_table(figures: Sequence[Row]) -> str:
    """One row a scenario: what holds, what was done and measured, and what was seen without the protections."""
    scenarios: dict[str, list[Row]] = {}
    controls: dict[str, list[Row]] = {}
    for one in figures:
        scenario, is_control, name = re.split(r"(, control)?: ", one["name"], maxsplit=1)
        (controls if is_control else scenarios).setdefault(scenario, []).append({**one, "name": name})
    heading = ("| property | faults | shown by | without the protection |", "|---|---:|---|---|")
    rows = [_scenario(name, scenarios.get(name, ()), controls.get(name, ())) for name in {**scenarios, **controls}]
    return "\n".join((f"*{_circumstances(figures)}*", "", *heading, *rows))


def _scenario(name: str, found: Sequence[Row], controls: Sequence[Row]) -> str:
    faults = next((one for one in found if one["name"] == "faults"), None)
    holds = f"{name}: not run to its end" if faults is None else str(faults["conditions"]).partition("; ")[0]
    shown = "; ".join(f"{one['name']}: {_value(one)}{_goal(one)}" for one in found if one is not faults and one["goal"])
    seen = "; ".join(f"{one['name'].removeprefix('faults seen without ')}: {_value(one)} seen" for one in controls)
    total = "" if faults is None else f"{_value(faults)}{' **falls short**' if faults['holds'] is False else ''}"
    return f"| {holds} | {total} | {shown} | {seen} |"


def _circumstances(figures: Sequence[Row]) -> str:
    """Under which the runs were made: the last part of every figure's conditions. One run has the same for all."""
    return "; ".join(dict.fromkeys(str(one["conditions"]).rpartition("; ")[2] for one in figures))


def _value(figure: Row) -> str:
    number = f"{figure['value']:,.2f}".rstrip("0").rstrip(".")
    return f"{number} {figure['unit']}"


def _goal(figure: Row) -> str:
    verdict = _verdict(figure)
    return f" ({figure['goal']}{f', {verdict}' if verdict else ''})"


def _verdict(figure: Row) -> str:
    return "**falls short**" if figure["holds"] is False else ""


TABLES: Mapping[str, Callable[[Sequence[Row]], str]] = {"faults": fault_table, "bench": measured_table}
