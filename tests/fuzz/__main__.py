"""`make fuzz`: ask a stack of its own at random until enough has been asked, and say what was found.

    python -m tests.fuzz --cases 10000 --seed 7 --rounds-at-once 2

The first lap goes through every role with every phase; further laps bring fresh random data. Exit code 1: something
broke, and each finding is shown once with the request that repeats it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path

from infra.local.stack import Stack
from tests.fuzz.campaign import PHASES, ROLES, UNAVAILABLE, UNLIMITED, Findings, Round, Target, round_of

EXAMPLES = 20
FIRST_SECONDS, LATER_SECONDS = 100, 60
"""A round may last so long: chains of requests would go on for as long as answers teach something new."""

SHOWN = 1500


def say(text: str) -> None:
    """A line on the terminal, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def rounds(seed: int) -> Iterator[Round]:
    """Rounds without end: a lap of all roles with everything, then laps of random data."""
    lap = 0
    while True:
        phases = PHASES if lap == 0 else ("fuzzing", "stateful")
        seconds = FIRST_SECONDS if lap == 0 else LATER_SECONDS
        for role in ROLES:
            yield Round(role, seed, EXAMPLES, phases, seconds)
            seed += 1
        lap += 1


def asked(target: Target, seed: int, cases: int, at_once: int) -> list[Findings]:
    """Rounds until so many cases have been asked; those that are under way then are waited for."""
    done: list[Findings] = []
    begun = time.monotonic()
    coming = rounds(seed)
    with ProcessPoolExecutor(at_once, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting: set[Future[Findings]] = {pool.submit(round_of, target, next(coming)) for _ in range(at_once)}
        while waiting:
            ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            done += [future.result() for future in ended]
            total = sum(found.cases for found in done)
            for future in ended:
                say(f"{total:>7} of {cases}  {time.monotonic() - begun:5.0f} s  {future.result().summary()}")
            if total < cases:
                waiting |= {pool.submit(round_of, target, next(coming)) for _ in ended}
    return done


def main() -> int:
    """Run the whole; the exit code."""
    options = argparse.ArgumentParser(prog="make fuzz", description="Ask the whole API at random.")
    options.add_argument("--cases", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**31))
    options.add_argument("--rounds-at-once", type=int, default=2)
    wanted = options.parse_args()
    say(f"seed {wanted.seed}")
    with (
        tempfile.TemporaryDirectory(prefix="fuzz-") as directory,
        Stack(Path(directory), environment=UNLIMITED) as stack,
    ):
        done = asked(Target.of(stack), wanted.seed, wanted.cases, wanted.rounds_at_once)
    broken = {where: how for found in done for where, how in found.broken.items()}
    for where, how in sorted(broken.items()):
        say(f"✗ {where}\n  {how[:SHOWN]}")
    total, errors = sum(found.cases for found in done), sum(found.server_errors for found in done)
    away = sum(found.statuses[UNAVAILABLE] for found in done)
    say(f"{total} cases, {errors} server errors, {away} unavailable, {len(broken)} findings, seed {wanted.seed}")
    return 1 if broken or errors or total < wanted.cases else 0


if __name__ == "__main__":
    sys.exit(main())
