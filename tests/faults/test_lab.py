"""The bounded part of the fault lab: processes killed at random and requests repeated, with a control."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from tests.faults.catalogue import SCENARIOS
from tests.faults.killing import KILLING
from tests.faults.lab import Lab
from tests.faults.protections import PROTECTIONS
from tests.faults.run import Run
from tests.faults.scenarios import Control

REPOSITORY = Path(__file__).parent.parent.parent
SEED = int(os.environ.get("FAULT_LAB_SEED", "20"))
PATCHING = """
import sys
from pathlib import Path
from tests.faults.moments import watch
from tests.faults.protections import PROTECTIONS
watch(Path(sys.argv[1]), "courses")
for protection in PROTECTIONS.values():
    protection()
"""


@pytest.mark.timeout(600)
def test_harm_to_real_processes_loses_and_doubles_nothing_and_the_control_sees_its_fault(tmp_path: Path) -> None:
    """Repeat a failure with FAULT_LAB_SEED, or with `python -m tests.faults --size ci --seed`."""
    chosen = [(scenario, amount) for scenario in SCENARIOS.values() if (amount := scenario.amount("ci")) is not None]
    run = Run(Console(), f"size ci, seed {SEED}")
    with Lab(tmp_path, SEED, say=run.console.print, replicas=2) as lab:
        run.scenarios(lab, chosen)
        run.controls(lab, [KILLING])
    assert not run.broken, run.broken
    assert any(figure.value >= 1 for figure in run.figures if "control" in figure.name), "no control was run"


def test_every_moment_and_every_protection_is_still_where_the_lab_looks_for_it(tmp_path: Path) -> None:
    """What is patched in a process of the lab has to be there, or a control would show nothing."""
    patching = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", PATCHING, str(tmp_path)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert patching.returncode == 0, patching.stderr


def test_every_scenario_has_a_control_and_every_protection_is_switched_off_by_one() -> None:
    controls: list[Control] = [control for scenario in SCENARIOS.values() for control in scenario.controls]
    assert all(scenario.controls for scenario in SCENARIOS.values())
    assert {name for control in controls for name in control.off} == set(PROTECTIONS)
