"""`stem demo`: the story of a partnership, told on the terminal, on a running stack. This is `make demo`."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule

from infra.cli.client import connect
from infra.local import running
from infra.local.obstacles import Obstacle
from infra.story.plot import told
from infra.story.stage import Stage

if TYPE_CHECKING:
    from rich.console import RenderableType

WIDTH = 100

screen = Console(highlight=False)
screen.width = min(screen.width, WIDTH)


def demo(
    url: Annotated[
        str, typer.Option(help="The edge to play on; the stack that runs here if not given.", envvar="EDGE_URL")
    ] = "",
    pause: Annotated[bool, typer.Option(help="Wait for Enter before each chapter.")] = False,
    logs: Annotated[
        Path | None, typer.Option(help="The services' log folder, if it is not that of the stack that runs here.")
    ] = None,
) -> None:
    """Tell the story of a partnership, step by step, on a running stack.

    Six schools form a partnership, a sponsor pays in, and seven schools
    book the five places of a course. You see who gets a place, who waits,
    whose money does not suffice, and how a cancellation helps the next in
    line; the money is counted after every step. An action plan ticks
    itself and claims are paid, until a correction takes both back; a
    teacher spends a day with an employer, an ambassador who may not come
    any more is replaced, and another one visits. Everything goes through
    the edge, as any client would do it, and everything that is told is
    checked: if the services did something else, the demo says what, and
    ends with exit code 1.

    It can be told any number of times: each telling makes a partnership
    and an occurrence of its own.

    Try this: kill -9 the courses service (make status shows its pid) in
    the middle of chapter 6. Nothing is lost and nothing happens twice:
    the client repeats what was not answered, under the same
    Idempotency-Key.
    """
    narrator = Narrator(pause)
    began = time.monotonic()
    with connect(url, retried=narrator.retried) as api:
        told(Stage(api, narrator, logs=logs or _logs(api.url)))
    screen.print(f"\n[bold green]The story is told, and every step of it was checked.[/] [dim]{_took(began)}[/]\n")


def _logs(url: str) -> Path | None:
    """The log files of the stack that is played on, if it runs here."""
    with suppress(Obstacle):
        plan = running.remembered()
        if plan.edge_url == url:
            return plan.logs
    return None


def _took(began: float) -> str:
    return f"{time.monotonic() - began:.1f} s"


class Narrator:
    """Tells chapters on the terminal, one line for everything that was done and checked."""

    def __init__(self, pause: bool) -> None:
        self._pause = pause
        self._number = 0
        self._is_away = False

    def chapter(self, title: str, text: str) -> None:
        """Head a chapter; with --pause, wait until the reader is ready for it."""
        self._number += 1
        if self._pause and self._number > 1:
            screen.input("\n[dim]  Enter goes on… [/]")
        screen.print()
        screen.print(Rule(f"[bold]{self._number} · {title}[/]", align="left", style="cyan"))
        screen.print(Padding(text, (0, 2)), style="italic")

    def done(self, what: str, seconds: float | None = None) -> None:
        """Say what has happened."""
        self._is_away = False
        took = "" if seconds is None else f"  [dim]{_brief(seconds)}[/]"
        screen.print(f"  [green]✓[/] {what}{took}")

    def show(self, picture: RenderableType) -> None:
        """Show a table or a tree."""
        screen.print(Padding(picture, (0, 0, 0, 4)))

    def retried(self, what: str, why: str) -> None:
        """Say once, until something is done again, that a service is away. Any thread may call this."""
        if not self._is_away:
            self._is_away = True
            screen.print(f"  [yellow]↻[/] a service is away ({why}): what it did not answer is repeated, with its key")


def _brief(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
