"""docs/life-cycles.md: every status machine as a picture and as the table that the code decides by."""

from __future__ import annotations

from collections.abc import Iterator

from infra.docs.event_page import GENERATED
from infra.docs.landscape import Landscape, LifeCycle


def life_cycle_page(landscape: Landscape) -> str:
    """The page as Markdown, with a Mermaid diagram for each table."""
    lines = [
        GENERATED,
        "",
        "# Life cycles",
        "",
        "What may become of a thing, from which status, and who may bring it about. What is in no row is refused",
        "with the problem `wrong-state` (409), which says what would be allowed. `system` is another event, `schedule`",
        "a time that came.",
    ]
    service = None
    for cycle in landscape.life_cycles:
        if cycle.service != service:
            service = cycle.service
            lines += ["", f"## {service}"]
        lines += _life_cycle(cycle)
    return "\n".join(lines) + "\n"


def _life_cycle(cycle: LifeCycle) -> Iterator[str]:
    yield from ("", f"### {cycle.name.replace('_', ' ').capitalize()}", "")
    if cycle.says:
        yield from (cycle.says, "")
    yield from (f"In `{cycle.file}`.", "", "```mermaid", "stateDiagram-v2")
    rows = cycle.table.rows
    names = {status: status.value.replace("-", "_") for status in cycle.statuses}
    yield from (f"    {names[status]}: {status.value}" for status in cycle.statuses)
    yield from (f"    {names[row.source]} --> {names[row.target]}: {row.verb}" for row in rows)
    yield from (f"    {names[status]} --> [*]" for status in cycle.statuses if not cycle.table.verbs(status))
    yield from ("```", "", "| from | verb | by | to |", "|---|---|---|---|")
    yield from (f"| {row.source.value} | {row.verb} | {row.by} | {row.target.value} |" for row in rows)
