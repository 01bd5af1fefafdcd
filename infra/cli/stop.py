"""`stem stop`: end the stack of this checkout."""

from __future__ import annotations

from infra.cli.terminal import screen
from infra.local import running
from infra.local.supervision import starting


def stop() -> None:
    """Stop everything that `make run` started, the edge first and the stores last; the data stays."""
    supervisor = running.supervisor()
    if not supervisor.is_running:
        screen.print("nothing runs")
        return
    with starting(running.DIRECTORY), screen.status("stopping…"):
        supervisor.stop()
    screen.print("stopped; the data is kept (make run continues with it, make clean removes it)")
