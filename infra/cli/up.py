"""`stem up`: start the stack, show what the services say, end it on Ctrl-C. This is `make run`.

A second `stem up` while the stack runs shows its status and ends. What was kept of an earlier run is used again.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from infra.cli import main as commands
from infra.cli.logs import BETWEEN_READS
from infra.cli.status import status
from infra.cli.terminal import errors, screen
from infra.kafka import jars
from infra.local import journal, running
from infra.local.machine import demand_libraries, demand_machine, demand_ports
from infra.local.plan import KAFKA_CACHE, REPOSITORY
from infra.local.supervision import starting

if TYPE_CHECKING:
    from types import FrameType

    from infra.local.plan import Plan
    from infra.local.supervision import Supervisor

SEED_SECONDS = 300
INTERRUPTED = 130
READS_BETWEEN_CHECKS = 10


def up(detach: Annotated[bool, typer.Option(help="Return once everything is ready; it runs on.")] = False) -> None:
    """Start everything in order, each part once what it needs is ready."""
    supervisor = running.supervisor()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    began = time.monotonic()
    with starting(running.DIRECTORY):
        if supervisor.is_running:
            screen.print("The stack is running already.\n")
            status()
            return
        plan = _started(supervisor)
    try:
        _seed(plan)
        _welcome(plan, time.monotonic() - began)
        if not detach:
            _watch(supervisor, plan)
    except KeyboardInterrupt:
        _end(supervisor)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _started(supervisor: Supervisor) -> Plan:
    """Everything up and ready; or nothing left running, and the reason raised."""
    plan = running.planned()
    demand_machine(running.DIRECTORY)
    if plan.mongodb_uri is None:
        demand_libraries()
    if plan.external_kafka is None:
        _fetch_kafka()
    plan.demand_given()
    demand_ports(plan)
    running.remember(plan)
    try:
        supervisor.start(plan)
        supervisor.bring_up(plan.foundations, _told)
        plan.prepare()
        supervisor.bring_up(plan.services(), _told)
        supervisor.bring_up([plan.edge()], _told)
    except BaseException as reason:
        _end(supervisor)
        if isinstance(reason, KeyboardInterrupt):
            raise typer.Exit(INTERRUPTED) from None
        raise
    return plan


def _told(name: str, seconds: float) -> None:
    screen.print(f"  [green]✓[/] {name:14} ready after {seconds:.1f} s")


def _fetch_kafka() -> None:
    columns = (TextColumn("  Kafka's jars"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=screen, transient=True) as progress:
        task = progress.add_task("jars", total=None)
        jars.fetch(KAFKA_CACHE, lambda done, total: progress.update(task, completed=done, total=total))


def _seed(plan: Plan) -> None:
    """Put in the demo data. A stack without it is still a stack: what went wrong is said, nothing more."""
    if "seed" not in commands.command_files():
        return
    with screen.status("demo data…"):
        done = subprocess.run(
            (sys.executable, "-m", "infra.cli", "seed"),
            cwd=REPOSITORY,
            env={**os.environ, "EDGE_URL": plan.edge_url},
            capture_output=True,
            text=True,
            timeout=SEED_SECONDS,
            check=False,
        )
    if done.returncode:
        errors.print("  [yellow]![/] the demo data could not be put in; try again with: .venv/bin/stem seed")
        errors.print((done.stdout + done.stderr).strip(), markup=False, style="dim")
    else:
        screen.print("  [green]✓[/] demo data")


def _welcome(plan: Plan, seconds: float) -> None:
    edge = plan.edge_url
    screen.print(f"\n[bold]Ready after {seconds:.1f} s.[/]\n")
    for what, where in {"edge": edge, "try the API": f"{edge}/docs", "API description": f"{edge}/openapi.json"}.items():
        screen.print(f"  {what:16} [cyan]{where}[/]")
    for part in plan.services():
        screen.print(f"  {part.name:16} [dim]http://127.0.0.1:{part.port}[/]")
    screen.print(f"  {'Kafka':16} [dim]{plan.kafka_bootstrap}[/]")
    screen.print(f"  {'logs':16} [dim]{plan.logs}[/]")
    if "gateway" in plan.ports.services:
        _accounts()
    screen.print("\n  Next: [bold]make demo[/] tells a story, [bold]make status[/] shows what runs,")
    screen.print("        [bold]make logs[/] what it says, [bold]make stop[/] ends it.\n")


def _accounts() -> None:
    """Name some demo accounts, and the password of all."""
    from services.gateway.demo_accounts import DEMO_PASSWORD, PARTNERS, SCHOOLS, STAFF

    screen.print(f"\n  Demo accounts, all with the password [bold]{DEMO_PASSWORD}[/]:")
    for account in (*STAFF, *PARTNERS, *SCHOOLS[:3]):
        screen.print(f"    {account.email:32} [dim]{', '.join(account.scope.roles)}[/]")
    schools = len(SCHOOLS) - 3
    screen.print(f"    [dim]… and {schools} more at other schools of the demo register[/]")


def _watch(supervisor: Supervisor, plan: Plan) -> None:
    """Show what the services say until Ctrl-C, or until somebody else stops the stack."""
    screen.print("[dim]What the services say (Ctrl-C stops everything):[/]")
    written = journal.Journal(plan.logs, [part.name for part in plan.services()])
    while supervisor.is_running:
        for _ in range(READS_BETWEEN_CHECKS):
            for entry in written.read():
                screen.print(journal.render(entry))
            time.sleep(BETWEEN_READS)
    screen.print("The stack was stopped from elsewhere.")


def _end(supervisor: Supervisor) -> None:
    """Stop everything; a second Ctrl-C does not leave it half stopped."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    screen.print("\nstopping…")
    supervisor.stop()
    screen.print("Stopped; the data is kept.")
