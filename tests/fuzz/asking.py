"""Rounds until enough has been asked, in processes of their own, with a line of progress every few seconds."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from typing import Final

from rich.console import Console

from tests.fuzz.campaign import PHASES, ROLES, Round, Target, round_of
from tests.fuzz.findings import Findings

EXAMPLES: Final = 20
FIRST_SECONDS, LATER_SECONDS = 90, 60
"""A round lasts so long: chains of requests would go on for as long as answers teach something new."""

TOLD_EVERY: Final = 10.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """When it is enough: so many cases, or so many seconds; so many rounds go on at the same time."""

    cases: int
    seconds: float
    at_once: int


_heard: Synchronized[int] | None = None
"""The requests of all rounds, in the processes that ask."""


def _listen(counter: Synchronized[int]) -> None:
    """Begin a process that asks."""
    global _heard
    _heard = counter


def _hear(requests: int) -> None:
    if _heard is not None:
        with _heard.get_lock():
            _heard.value += requests


def _asked(target: Target, wanted: Round) -> Findings:
    """A round in a process of its own."""
    return round_of(target, wanted, _hear)


def rounds(seed: int) -> Iterator[Round]:
    """Rounds without end: a lap of all roles with everything, then laps of random data for what each may do."""
    lap = 0
    while True:
        phases = PHASES if lap == 0 else ("fuzzing", "stateful")
        seconds = FIRST_SECONDS if lap == 0 else LATER_SECONDS
        for role in ROLES:
            yield Round(role, seed, EXAMPLES, phases, seconds, permitted_only=lap > 0)
            seed += 1
        lap += 1


def ask(console: Console, target: Target, seed: int, bounds: Bounds) -> list[Findings]:
    """A lap, and further rounds until it is enough; those that are under way then are waited for."""
    done: list[Findings] = []
    begun = time.monotonic()
    coming, left = rounds(seed), len(ROLES)
    context = multiprocessing.get_context("spawn")
    counter: Synchronized[int] = context.Value("L", 0)
    with ProcessPoolExecutor(bounds.at_once, context, _listen, (counter,)) as pool:
        waiting: set[Future[Findings]] = set()
        while True:
            cases, passed = sum(found.cases for found in done), time.monotonic() - begun
            while len(waiting) < bounds.at_once and passed < bounds.seconds and (left > 0 or cases < bounds.cases):
                waiting.add(pool.submit(_asked, target, next(coming)))
                left -= 1
            if not waiting:
                return done
            ended, waiting = wait(waiting, TOLD_EVERY, FIRST_COMPLETED)
            done += [future.result() for future in ended]
            now = f"{time.monotonic() - begun:5.0f} s  {counter.value:>6} requests"
            for line in [future.result().summary() for future in ended] or ["…"]:
                console.print(f"{now}  {line}", markup=False, highlight=False, soft_wrap=True)
