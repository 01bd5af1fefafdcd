"""The tables of figures in the README are written from the files that measurements leave."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra.docs.figures import RESULTS, with_figures

FIGURES = [
    ("killing: processes killed", 30, "kills", "≥ 30", True, "services; size lab, 2 cores"),
    ("killing: at rest after", 1.5, "s", "", None, "size lab, 2 cores"),
    ("killing: slowest", 16.25, "s", "≤ 15", False, "size lab, 2 cores"),
    ("killing: faults", 0, "faults", "≤ 0", True, "no event is lost; 100 requests; size lab, 2 cores"),
    (
        "killing, control: faults seen without outbox",
        1234,
        "faults",
        "≥ 1",
        True,
        "of the kinds lost; size lab, 2 cores",
    ),
]
BEFORE = "# Title\n\n<!-- figures: {} -->\nsomething old\n<!-- end of figures -->\nthe end\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    names = ("name", "value", "unit", "goal", "holds", "conditions")
    for file in RESULTS.values():
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).write_text(json.dumps([dict(zip(names, figure, strict=True)) for figure in FIGURES]))
    return tmp_path


def test_a_scenario_is_a_row_with_what_was_seen_without_the_protection(repository: Path) -> None:
    assert with_figures(BEFORE.format("faults"), repository) == (
        "# Title\n\n<!-- figures: faults -->\n*size lab, 2 cores*\n\n"
        "| property | faults | shown by | without the protection |\n|---|---:|---|---|\n"
        "| no event is lost | 0 faults | processes killed: 30 kills (≥ 30); slowest: 16.25 s (≤ 15, **falls short**) "
        "| outbox: 1,234 faults seen |\n<!-- end of figures -->\nthe end\n"
    )


def test_a_measured_figure_is_a_row_if_it_has_a_goal(repository: Path) -> None:
    table = with_figures(BEFORE.format("bench"), repository)
    assert "| killing: slowest | 16.25 s | ≤ 15 | **falls short** |\n" in table
    assert "at rest after" not in table


def test_a_table_that_is_fresh_stays_as_it_is(repository: Path) -> None:
    once = with_figures(BEFORE.format("faults"), repository)
    assert with_figures(once, repository) == once


def test_a_scenario_that_was_not_run_to_its_end_and_figures_of_other_runs_are_said_to_be_so(repository: Path) -> None:
    file = repository / RESULTS["faults"]
    figures = [one for one in json.loads(file.read_text()) if one["name"] != "killing: faults"]
    figures[-1]["conditions"] = "of the kind lost; size lab, another day"
    file.write_text(json.dumps(figures))
    table = with_figures(BEFORE.format("faults"), repository)
    assert "*size lab, 2 cores; size lab, another day*" in table
    assert "| killing: not run to its end |  |" in table
