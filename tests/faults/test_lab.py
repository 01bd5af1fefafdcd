"""The bounded part of the fault lab: processes killed at random and everything said twice, with their controls."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from rich.console import Console

from tests.faults.catalogue import SCENARIOS
from tests.faults.lab import Lab
from tests.faults.run import Run

SEED = int(os.environ.get("FAULT_LAB_SEED", "20"))

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        os.environ.get("STEM_LONG_TESTS") != "1", reason="STEM_LONG_TESTS=1 asks for it; `make faults` runs all of it"
    ),
]


def test_harm_to_real_processes_loses_and_doubles_nothing_and_every_control_sees_its_fault(tmp_path: Path) -> None:
    """Repeat a failure with FAULT_LAB_SEED, or with `python -m tests.faults --size ci --seed`."""
    chosen = [(scenario, amount) for scenario in SCENARIOS.values() if (amount := scenario.amount("ci")) is not None]
    run = Run(Console(), f"size ci, seed {SEED}")
    with Lab(tmp_path, SEED, say=run.console.print, replicas=2) as lab:
        run.scenarios(lab, chosen)
        run.controls(lab, [scenario for scenario, _ in chosen])
    assert not run.broken, run.broken
    assert any(figure.value >= 1 for figure in run.figures if "control" in figure.name), "no control was run"
