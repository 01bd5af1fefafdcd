"""`python -m tests.faults`: the fault lab from the command line."""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from tests.faults.catalogue import SCENARIOS
from tests.faults.lab import Lab
from tests.faults.run import Run
from tests.faults.scenarios import Size

REPOSITORY = Path(__file__).parent.parent.parent
RECORDED = Path(__file__).parent / "results" / "latest.json"
ELSEWHERE = REPOSITORY / ".state" / "faults"
EVENTS: dict[Size, int] = {"lab": 50_000, "soak": 1_000_000}


def main(arguments: list[str]) -> int:
    """0 when every property held and every control saw its fault."""
    given = _given(arguments)
    seed = given.seed if given.seed is not None else random.randrange(1_000_000)
    console = Console()
    again = f"python -m tests.faults --size {given.size} --seed {seed}"
    console.print(f"Fault lab, size {given.size}, seed {seed}; repeat with: {again}", highlight=False)
    chosen = [SCENARIOS[name] for name in SCENARIOS if given.only is None or name in given.only]
    amounts = [(scenario, amount) for scenario in chosen if (amount := scenario.amount(given.size)) is not None]
    whole = given.only is None and not given.no_controls and not given.only_controls
    results = given.results or ELSEWHERE / f"{given.size}.json"
    results.parent.mkdir(parents=True, exist_ok=True)
    results.unlink(missing_ok=True)
    conditions = f"size {given.size}, seed {seed}, {os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}"
    run = Run(console, conditions, results)
    with tempfile.TemporaryDirectory(prefix="fault-lab-") as folder:
        directory = given.keep or Path(folder)
        try:
            with Lab(directory, seed, say=lambda line: console.print(f"  {line}"), clients=given.clients) as lab:
                if not given.only_controls:
                    run.scenarios(lab, amounts)
                    run.totals(lab, EVENTS.get(given.size) if whole else None)
                if not given.no_controls:
                    run.controls(lab, [scenario for scenario, _ in amounts])
        finally:
            if run.broken:
                _keep_logs(directory / "logs", ELSEWHERE / f"logs-{seed}", console)
    run.report()
    if whole and given.size == "lab" and given.results is None:
        shutil.copy(results, RECORDED)
    console.print(f"Kept in {results}", highlight=False)
    for line in run.broken:
        console.print(f"[red]✗[/] {line}", highlight=False)
    if run.broken:
        console.print(f"Repeat with: {again}", highlight=False)
    return 1 if run.broken else 0


def _keep_logs(logs: Path, place: Path, console: Console) -> None:
    """What the processes said when something went wrong, which no repetition may show again."""
    shutil.copytree(logs, place, dirs_exist_ok=True)
    console.print(f"What the processes said is kept in {place}", highlight=False)


def _given(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description="The fault lab.")
    parser.add_argument("--size", choices=("ci", "lab", "soak"), default="lab", help="how much harm (default: lab)")
    parser.add_argument("--seed", type=int, help="repeat the run with this seed")
    parser.add_argument(
        "--only", action="append", choices=sorted(SCENARIOS), help="this scenario only; may be repeated"
    )
    parser.add_argument("--no-controls", action="store_true", help="leave the controls out")
    parser.add_argument("--only-controls", action="store_true", help="run the controls alone")
    parser.add_argument("--clients", type=int, default=6, help="schools at work at once (default: 6)")
    parser.add_argument("--keep", type=Path, help="keep data and logs in this folder")
    parser.add_argument("--results", type=Path, help="where the figures go")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
