"""`stem kafka`: the jars that the broker consists of."""

from __future__ import annotations

import typer

from infra.cli.terminal import screen
from infra.kafka import jars
from infra.local.plan import KAFKA_CACHE

app = typer.Typer(help="The jars that the broker consists of.", no_args_is_help=True)


@app.callback()
def every_command() -> None:
    """The jars that the broker consists of."""


@app.command()
def fetch() -> None:
    """Download what is missing and check every jar against the lock."""
    paths = jars.fetch(KAFKA_CACHE)
    screen.print(f"{len(paths)} jars are there and are the ones that were locked")


@app.command()
def lock() -> None:
    """Resolve infra/kafka/jgo.toml anew and write infra/kafka/jgo.lock.toml."""
    screen.print(f"locked {len(jars.lock(KAFKA_CACHE))} jars in {jars.LOCK.relative_to(jars.LOCK.parents[2])}")
