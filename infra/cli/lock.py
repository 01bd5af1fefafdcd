"""`stem lock`: resolve the dependencies anew."""

from __future__ import annotations

import subprocess

from infra import locks
from infra.cli.terminal import screen
from infra.local.obstacles import Obstacle


def lock() -> None:
    """Resolve pyproject.toml into requirements.lock and requirements-dev.lock, with hashes."""
    try:
        locks.compile_all()
    except subprocess.CalledProcessError as error:
        raise Obstacle("the dependencies could not be resolved", "see what is said above") from error
    screen.print(f"wrote {', '.join(locks.EXTRAS)}")
