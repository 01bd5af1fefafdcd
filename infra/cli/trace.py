"""`stem trace`: what one request led to, over all services, as a tree of causes, read from their logs.

Every event that is committed is logged with its own id, the id of what directly caused it and the correlation id of the
request at the root. That is all this needs: no service is asked, nothing is kept for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text
from rich.tree import Tree

from infra.cli.terminal import screen
from infra.local import journal, running
from infra.local.obstacles import Obstacle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from infra.local.journal import Entry

COMMITTED = "event committed"
NAME_WIDTH = 13
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


def drawn(root: Link) -> Tree:
    """The tree for a terminal: when (ms after the request), who, what, about which aggregate."""
    start = min(link.time for link in root.all())
    tree = Tree(_line(root, start), guide_style="dim")
    _grow(tree, root, start)
    return tree


def _grow(tree: Tree, link: Link, start: datetime) -> None:
    for below in link.led_to:
        _grow(tree.add(_line(below, start)), below, start)


def _line(link: Link, start: datetime) -> Text:
    after = (link.time - start).total_seconds() * 1000
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(f"{after:5.0f} ms  ", "dim")
    line.append(f"{link.name:{NAME_WIDTH}} ", journal.colour(link.name))
    line.append(link.what, "bold")
    line.append(f"  {link.about}", "dim")
    return line


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
            what = f"{facts['method']} {facts.get('route', facts.get('path', ''))}"
            return Link(entry.correlation, entry.name, what, f"→ {facts.get('status', '')}", _began(entry))
    first = said[0]
    return Link(first.correlation, first.name, f"{first.correlation[-ID_END:]}", "", _time(first))


def _began(entry: Entry) -> datetime:

    return _time(entry) - timedelta(milliseconds=float(entry.facts["ms"]))


def _time(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry.time)
