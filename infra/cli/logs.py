"""`stem logs`: what the processes say, readable."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Annotated

import typer

from infra.cli.terminal import screen
from infra.local import journal, running
from infra.local.obstacles import Obstacle
from infra.local.plan import Plan

BETWEEN_READS = 0.2


def logs(
    service: Annotated[str, typer.Option(help="One process (courses, courses-2, mongod, kafka, edge), or all.")] = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option(help="How many lines of the past.")] = 40,
    correlation: Annotated[str, typer.Option(help="Only what one request led to, by its correlation id.")] = "",
) -> None:
    """Show what the services say; of one process with --service, of one cause with --correlation."""
    plan = running.remembered()
    names = _names(plan, service)
    said = journal.chain(plan.logs, names, correlation) if correlation else journal.past(plan.logs, names, lines)
    for entry in said:
        screen.print(journal.render(entry))
    if follow:
        with suppress(KeyboardInterrupt):
            show(journal.Journal(plan.logs, names))


def show(written: journal.Journal) -> None:
    """Print what is written from now on, for ever."""
    while True:
        for entry in written.read():
            screen.print(journal.render(entry))
        time.sleep(BETWEEN_READS)


def _names(plan: Plan, service: str) -> list[str]:
    replicas = [part.name for part in plan.services()]
    everything = [part.name for part in plan.parts()]
    if not service:
        return replicas
    chosen = [name for name in everything if service in ("all", name) or name.rpartition("-")[0] == service]
    if not chosen:
        raise Obstacle(f"there is no process {service}", f"choose one of: {', '.join(everything)}, all")
    return chosen
