"""`stem trace`: what one request led to, over all services, as a tree of causes, read from their logs.

Every event that is committed is logged with its own id, the id of what directly caused it and the correlation id of the
request at the root. That is all this needs: no service is asked, nothing is kept for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from infra.cli.terminal import screen
from infra.local import journal, running
from infra.local.obstacles import Obstacle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from infra.local.journal import Entry

COMMITTED = "event committed"
PLACEHOLDER = re.compile(r"\{[a-z_]+\}")
ID_END = 8


def trace(
    correlation: Annotated[str, typer.Argument(help="A correlation id (X-Request-ID), or the end of one.")],
) -> None:
    """Show everything that one request led to, across the services, as a tree of causes."""
    screen.print(drawn(chain(running.remembered().logs, correlation)))


@dataclass(slots=True)
class Link:
    """Something that happened, and what it led to directly. `time` is aware; `name` is the process that said it."""

    id: str
    name: str
    what: str
    about: str
    time: datetime
    led_to: list[Link] = field(default_factory=list)

    def all(self) -> list[Link]:
        """This link and everything below, in the order of causes."""
        return [self, *(below for link in self.led_to for below in link.all())]


def processes(logs: Path) -> list[str]:
    """The services' processes that have written here: not the store, the broker or the edge."""
    found = {file.name.partition(".")[0] for file in logs.glob("*.jsonl*")}
    return sorted(found - {"mongod", "kafka", "edge", "caddy", "supervisor"})


def chain(logs: Path, correlation: str) -> Link:
    """The tree of what a request led to. Raises Obstacle when the logs know nothing of it."""
    said = [entry for entry in journal.chain(logs, processes(logs), correlation) if entry.time]
    if not said:
        raise Obstacle(
            f"the logs know nothing of {correlation}", "take the X-Request-ID of an answer; see also: make logs"
        )
    return linked(said)


def linked(said: Sequence[Entry]) -> Link:
    """Entries of one correlation id, in the order of time, as a tree.

    An event hangs under the event that caused it, where that is known, else under the request.
    """
    root = _request(said)
    events = {link.id: (link, cause) for link, cause in map(_event, filter(_is_commit, said))}
    for link, cause in events.values():
        parent = events.get(cause)
        (root if parent is None else parent[0]).led_to.append(link)
    return root


def drawn(root: Link) -> Table:
    """The tree for a terminal: when (ms after the request), who, what, about which aggregate."""
    start = min(link.time for link in root.all())
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", style="dim", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, style="dim")
    _grow(table, root, start, 0)
    return table


def _grow(table: Table, link: Link, start: datetime, depth: int) -> None:
    after = (link.time - start).total_seconds() * 1000
    what = Text(f"{'   ' * (depth - 1)}└─ " if depth else "", "dim").append(link.what, "bold not dim")
    table.add_row(f"{after:.0f} ms", Text(link.name, journal.colour(link.name)), what, _short(link.about))
    for below in link.led_to:
        _grow(table, below, start, depth + 1)


def _is_commit(entry: Entry) -> bool:
    return entry.message == COMMITTED


def _event(entry: Entry) -> tuple[Link, str]:
    """An event, and the id of what caused it."""
    facts = entry.facts
    what = str(facts.get("event_type", "")).partition(".")[2].rpartition(".v")[0]
    link = Link(str(facts.get("event_id", "")), entry.name, what, str(facts.get("aggregate", "")), _time(entry))
    return link, str(facts.get("causation_id", ""))


def _request(said: Sequence[Entry]) -> Link:
    """The request that began it: the first line that tells of one. Its line is written when it is answered."""
    for entry in said:
        if "method" in entry.facts and "ms" in entry.facts:
            facts = entry.facts
            what = f"{facts['method']} {PLACEHOLDER.sub('…', str(facts.get('route', '')))}"
            return Link(entry.correlation, entry.name, what, f"→ {facts.get('status', '')}", _began(entry))
    first = said[0]
    return Link(first.correlation, first.name, f"{first.correlation[-ID_END:]}", "", _time(first))


def _began(entry: Entry) -> datetime:

    return _time(entry) - timedelta(milliseconds=float(entry.facts["ms"]))


def _short(aggregate: str) -> str:
    """An aggregate's kind with the end of its id, which tells more than the beginning: that is the time."""
    kind, _, key = aggregate.partition("/")
    return f"{kind}/…{key[-ID_END:]}" if len(key) > ID_END else aggregate


def _time(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry.time)
