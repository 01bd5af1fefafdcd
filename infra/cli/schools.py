"""`stem schools`: the school register, as an operator feeds it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from infra.cli.client import Answer, Session, connect
from infra.cli.terminal import screen
from infra.local.obstacles import Obstacle
from infra.story.stage import eventually
from services.gateway.demo_accounts import DEMO_PASSWORD, STAFF

app = typer.Typer(help="The school register.", no_args_is_help=True)

WITHIN = 600.0
SHOWN_ERRORS = 20
Told = Callable[["ImportAnswer"], None]


class RowErrorAnswer(Answer):
    """A broken rule of a row."""

    row: int
    column: str
    rule: str
    value: str = ""


class ImportAnswer(Answer):
    """How far an import has got."""

    id: str
    status: str
    rows_total: int
    rows_done: int
    created: int
    changed: int
    unchanged: int
    rejected: int
    succeeded: int
    message: str | None = None
    errors: tuple[RowErrorAnswer, ...] = ()


@app.callback()
def every_command() -> None:
    """The school register."""


@app.command(name="import")
def import_register(
    file: Annotated[Path, typer.Argument(help="A GIAS extract: CSV with a header.", exists=True, dir_okay=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    good_rows: Annotated[bool, typer.Option("--good-rows", help="Import the good rows though others are bad.")] = False,
    url: Annotated[str, typer.Option(help="The edge; the running stack's if not given.", envvar="EDGE_URL")] = "",
    email: Annotated[str, typer.Option(help="An operator's account.")] = STAFF[0].email,
    password: Annotated[str, typer.Option(help="Its password.", envvar="STEM_PASSWORD")] = DEMO_PASSWORD,
) -> None:
    """Bring a register file in. The same file again changes nothing."""
    columns = (TextColumn("  rows"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with connect(url) as api, Progress(*columns, console=screen, transient=True) as progress:
        task = progress.add_task("rows", total=None)
        done = imported(
            api.sign_in(email, password),
            file.read_bytes(),
            dry_run=dry_run,
            on_error="import-good-rows" if good_rows else "stop",
            told=lambda seen: progress.update(task, completed=seen.rows_done, total=seen.rows_total),
        )
    screen.print(f"  [green]✓[/] {summary(done)}" + ("  [dim](dry run: nothing was written)[/]" if dry_run else ""))
    if done.errors:
        screen.print(_error_table(done))


def imported(
    session: Session,
    content: bytes,
    *,
    dry_run: bool = False,
    on_error: Literal["stop", "import-good-rows"] = "stop",
    told: Told = lambda _: None,
    within: float = WITHIN,
) -> ImportAnswer:
    """Bring a register file in and wait until it is done. Raises Obstacle when it was not brought in."""
    query = {"dry_run": dry_run, "on_error": on_error}
    begun = session.upload("/api/register-imports", ImportAnswer, content, query)

    def look() -> ImportAnswer:
        seen = session.get(f"/api/register-imports/{begun.id}", ImportAnswer)
        told(seen)
        return seen

    done = eventually("the import", look, lambda seen: seen.status != "running", within)
    if done.status != "completed":
        screen.print(_error_table(done))
        raise Obstacle(done.message or f"the import is {done.status}", "mend the file, or import with --good-rows")
    return done


def summary(done: ImportAnswer) -> str:
    """What came of an import, in a line."""
    counts = {"new": done.created, "changed": done.changed, "unchanged": done.unchanged, "rejected": done.rejected}
    told = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    return f"{done.rows_total:,} rows: {told or 'nothing to do'}"


def _error_table(done: ImportAnswer) -> Table:
    table = Table("row", "column", "rule", "value", box=None, header_style="dim", padding=(0, 3, 0, 2))
    for error in done.errors[:SHOWN_ERRORS]:
        table.add_row(str(error.row), error.column, error.rule, error.value)
    if len(done.errors) > SHOWN_ERRORS:
        table.add_row("…", f"and {len(done.errors) - SHOWN_ERRORS} more", "", "")
    return table
