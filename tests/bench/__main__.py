"""`make bench`: measure on a stack of its own, show the figures as one table, and keep them.

    make bench                                      everything, 20 to 25 minutes on two cores
    make bench OPTIONS='--only saga --only rush'    these parts; the figures of the others stay as they are
    make bench OPTIONS='--list'                     what the parts show

Figures are written as they come in, so a run that is broken off keeps what it had. Leave the machine alone meanwhile:
ratios come from interleaved rounds and bear some noise, rates and latencies do not.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import structlog
from rich.console import Console

from tests.bench.figures import RESULTS, Figure, keep, show
from tests.bench.parts import PARTS, Bench


def main(arguments: list[str]) -> int:
    """0 when everything asked for was measured, whether or not the goals were met."""
    given = _options(arguments)
    console = Console(highlight=False)
    if given.list:
        for name, part in PARTS.items():
            console.print(f"  {name:<13}{part.shows}")
        return 0
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    machine = f"{os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}"
    chosen = [name for name in PARTS if given.only is None or name in given.only]
    found: list[Figure] = []
    broken = 0
    with tempfile.TemporaryDirectory(prefix="bench-") as directory, Bench(Path(directory), console) as bench:
        for name in chosen:
            began, load = time.monotonic(), f"load of the machine before {os.getloadavg()[0]:.1f}"
            console.rule(f"{name}: {PARTS[name].shows}", align="left")
            try:
                for figure in PARTS[name].measure(bench):
                    conditions = "; ".join(filter(None, (figure.conditions, load)))
                    found.append(replace(figure, conditions=conditions))
                    keep(given.results, found, machine)
            except Exception:
                broken += 1
                console.print_exception()
                bench.leave_stand()
            console.print(f"[dim]{time.monotonic() - began:.0f} s")
    show(console, found)
    console.print(f"Kept in {given.results}; {machine}")
    return 1 if broken else 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", action="append", choices=list(PARTS), help="this part only; may be repeated")
    parser.add_argument("--list", action="store_true", help="say what the parts show, and measure nothing")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the figures go (default: %(default)s)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
