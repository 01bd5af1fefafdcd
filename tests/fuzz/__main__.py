"""`make fuzz`: ask a stack of its own at random until enough has been asked, and say what was found.

    python -m tests.fuzz --cases 10000 --seed 7 --rounds-at-once 2 --minutes 30

The first lap goes through every role with every phase; further laps bring fresh random data for what a role may do.
Rounds are bounded in time, and after `--minutes` no further one begins. Exit code 1: something broke, or there was not
enough time. Each finding is shown once with the request that repeats it; what was asked is kept in results/latest.json.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from infra.local.stack import Stack
from tests.fuzz.asking import Bounds, ask
from tests.fuzz.campaign import UNLIMITED, Target
from tests.fuzz.findings import Findings
from tests.fuzz.report import RESULTS, Ran, keep, show


def main() -> int:
    """Run the whole; the exit code."""
    options = argparse.ArgumentParser(prog="make fuzz", description="Ask the whole API at random.")
    options.add_argument("--cases", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**31))
    options.add_argument("--rounds-at-once", type=int, default=2)
    options.add_argument("--minutes", type=float, default=30)
    wanted = options.parse_args()
    console, began, clock = Console(width=110), datetime.now(UTC), time.monotonic()
    console.print(f"seed {wanted.seed}")
    bounds = Bounds(wanted.cases, wanted.minutes * 60, wanted.rounds_at_once)
    with (
        tempfile.TemporaryDirectory(prefix="fuzz-") as directory,
        Stack(Path(directory), environment=UNLIMITED) as stack,
    ):
        target = Target.of(stack)
        done = ask(console, target, wanted.seed, bounds)
    ran = Ran(Findings.of_all(done, wanted.seed), target, began, time.monotonic() - clock, wanted.cases)
    show(console, ran)
    keep(ran)
    console.print(f"Kept in {RESULTS.relative_to(Path(__file__).parent.parent.parent)}")
    return 0 if ran.passed else 1


if __name__ == "__main__":
    sys.exit(main())
