"""`stem clean`: forget everything the stack has kept."""

from __future__ import annotations

from infra.cli.terminal import screen
from infra.local import running


def clean() -> None:
    """Remove data, logs, keys and passwords of the stack. Refuses while it runs."""
    running.forget()
    screen.print(f"removed {running.DIRECTORY}")
