"""What the whole stack needs: memory at rest and after load, and how long a cold and a warm start take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from infra.local.plan import services_in
from tests.bench.figures import Figure, at_most
from tests.bench.stand import Stand

CLIENTS = 64
SECONDS = 8.0
MOST_MEBIBYTES = 1024
WARM_WITHIN = 20


def figures(directory: Path, console: Console) -> Iterator[Figure]:
    """Start it twice, load it the second time."""
    services = services_in()
    conditions = f"Caddy, MongoDB, Kafka and {len(services)} services ({', '.join(services)})"
    with Stand(directory / "stack", services=services, with_bare=False, furnished=False) as cold:
        console.print(f"  cold start: {cold.started_in:.1f} s")
    with Stand(directory / "stack", services=services, with_bare=False, ports=cold.stack.plan.ports) as stand:
        console.print(f"  warm start: {stand.started_in:.1f} s")
        stand.rest()
        idle = stand.memory()
        stand.closed(stand.bookings([stand.occurrence()]), CLIENTS, SECONDS)
        stand.rest()
        loaded = stand.memory()
    console.print(f"  memory: {sum(idle.values()):.0f} MiB idle, {sum(loaded.values()):.0f} MiB after load")
    warm = f"{conditions}; data and keys are there, jars and libraries are unpacked"
    yield Figure("stack, cold start", round(cold.started_in, 1), "s", conditions=f"{conditions}; an empty directory")
    yield at_most("stack, warm start", round(stand.started_in, 1), "s", WARM_WITHIN, warm)
    load = f"{conditions}; PSS; {CLIENTS} clients booked for {SECONDS:g} s"
    yield at_most("stack, memory idle", round(sum(idle.values())), "MiB", MOST_MEBIBYTES, f"{conditions}; PSS")
    yield at_most("stack, memory after load", round(sum(loaded.values())), "MiB", MOST_MEBIBYTES, load)
    for process, mebibytes in loaded.items():
        yield Figure(f"stack, memory of {process} after load", mebibytes, "MiB", conditions=load)
