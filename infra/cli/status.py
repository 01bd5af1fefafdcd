"""`stem status`: what runs, and how it is."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil
from rich.table import Table

from infra.cli.terminal import screen
from infra.local import running
from infra.local.part import NotReady

if TYPE_CHECKING:
    from infra.local.part import Part
    from infra.local.supervision import ProcessState

COLOURS = {"RUNNING": "green", "STARTING": "yellow", "BACKOFF": "red", "FATAL": "red", "EXITED": "red"}
LONGEST_REASON = 60


def status() -> None:
    """Show each process: state, pid, uptime, port, whether it is ready, memory (PSS)."""
    supervisor = running.supervisor()
    if not supervisor.is_running:
        screen.print("the stack does not run; start it with: make run")
        return
    plan = running.remembered()
    parts = {part.name: part for part in plan.parts()}
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("process", "state", "pid", "uptime", "port", "ready", "memory"):
        table.add_column(column, justify="right" if column in ("pid", "port", "memory") else "left")
    total = 0
    for name, state in supervisor.states().items():
        memory = _memory(state.pid)
        total += memory
        table.add_row(*_row(state, parts[name], memory))
    table.add_row("", "", "", "", "", "[dim]in all[/]", f"{total} MiB")
    screen.print(table)
    screen.print(f"\nedge {plan.edge_url}   logs {plan.logs}")


def _row(state: ProcessState, part: Part, memory: int) -> tuple[str, ...]:
    is_up = state.state in ("RUNNING", "STARTING")
    colour = COLOURS.get(state.state, "white")
    return (
        state.name,
        f"[{colour}]{state.state.lower()}[/]",
        str(state.pid) if is_up else "",
        _uptime(state.since) if is_up else "",
        str(part.port),
        _readiness(part) if is_up else "[red]no[/]",
        f"{memory} MiB" if is_up else "",
    )


def _readiness(part: Part) -> str:
    try:
        part.probe()
    except NotReady as reason:
        return f"[red]no[/] {str(reason)[:LONGEST_REASON]}"
    return "[green]yes[/]"


def _memory(pid: int) -> int:
    """Memory of a process in MiB, shared pages counted in proportion; 0 when it cannot be told."""
    with suppress(psutil.Error):
        return int(psutil.Process(pid).memory_full_info().pss / 2**20) if pid else 0
    return 0


def _uptime(since: float) -> str:
    seconds = int(time.time() - since)
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"
