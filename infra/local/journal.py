"""Reads what the processes wrote, `<name>.jsonl` and `<name>.err`, as entries that a person can read.

Every part writes JSON lines in its own dialect; an Entry is what they have in common. A line that is no JSON (a
traceback at start, a warning of the JVM) becomes an entry of its own, at level error when it went to standard error.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

TIMES = ("time", "timestamp", "ts", "t")
LEVELS = ("level", "s", "severity")
MESSAGES = ("message", "event", "msg")
CORRELATIONS = ("correlation_id", "correlation", "correlationid")
NOT_FACTS = {*TIMES, *LEVELS, *MESSAGES, *CORRELATIONS, "service", "logger", "c", "ctx", "id", "replica", "pid"}
COLOURS = {"debug": "dim", "info": "green", "warning": "yellow", "warn": "yellow", "error": "bold red"}
MONGOD_LEVELS = {"D": "debug", "I": "info", "W": "warning", "E": "error", "F": "critical"}
SHORT_LEVELS = {"warning": "warn", "critical": "fatal"}
NAME_COLOURS = ("cyan", "magenta", "blue", "bright_green", "bright_yellow", "bright_cyan")
UNSHOWN = {"event_id", "causation_id"}
"""Facts for programs: the view would drown in them, the file has them."""

UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}([0-9a-f]{8})\b")
SHORT_ID = 8
LONGEST_FACT = 60
BLOCK = 64 * 1024
LINES_LOOKED_AT = 2000


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was said. `time` is ISO 8601 and sorts as text; it may be empty."""

    time: str
    level: str
    name: str
    message: str
    correlation: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def entry(name: str, line: str, is_error: bool = False) -> Entry:
    """Read one line that the process `name` wrote."""
    try:
        said = json.loads(line)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        return Entry("", "error" if is_error else "info", name, line)
    time = _first(said, TIMES)
    level = str(_first(said, LEVELS))
    return Entry(
        time=str(time.get("$date", "") if isinstance(time, dict) else time),
        level=MONGOD_LEVELS.get(level, level.lower()),
        name=name,
        message=str(_first(said, MESSAGES)),
        correlation=str(_first(said, CORRELATIONS)),
        facts={key: value for key, value in said.items() if key not in NOT_FACTS and value not in (None, "")},
    )


def _first(said: dict[str, Any], keys: Iterable[str]) -> Any:
    return next((said[key] for key in keys if said.get(key)), "")


def render(said: Entry) -> Text:
    """One line for the terminal: time, level, who, what, the head of the correlation id, the facts."""
    line = Text()
    line.append(f"{said.time[11:23]:12} ", "dim")
    line.append(f"{SHORT_LEVELS.get(said.level, said.level)[:5]:5} ", COLOURS.get(said.level, "bold red"))
    line.append(f"{said.name:14} ", colour(said.name))
    line.append(said.message, "bold" if said.level in ("error", "critical") else "")
    if said.correlation:
        # The end tells apart what the beginning, which is the time, does not.
        line.append(f" ⟨{said.correlation[-SHORT_ID:]}⟩", "blue")
    for key, value in said.facts.items():
        if key in UNSHOWN:
            continue
        text = UUID.sub(r"…\1", value if isinstance(value, str) else json.dumps(value, default=str))
        shown = text if "\n" in text or len(text) <= LONGEST_FACT else text[: LONGEST_FACT - 1] + "…"
        line.append(f" {key}=", "dim")
        line.append(shown)
    return line


def colour(name: str) -> str:
    """The colour of a process; replicas of one service share it."""
    return NAME_COLOURS[sum(name.split("-")[0].encode()) % len(NAME_COLOURS)]


class Tail:
    """A file that grows, and is put aside when it is long: `read` gives the lines since the last time."""

    def __init__(self, file: Path, from_end: bool = True) -> None:
        self.file = file
        self._inode, self._position = self._where() if from_end else (0, 0)
        self._rest = b""

    def _where(self) -> tuple[int, int]:
        if not self.file.exists():
            return 0, 0
        status = self.file.stat()
        return status.st_ino, status.st_size

    def read(self) -> list[str]:
        """The whole lines that are new."""
        inode, size = self._where()
        if inode != self._inode or size < self._position:
            self._inode, self._position, self._rest = inode, 0, b""
        if size == self._position:
            return []
        with self.file.open("rb") as file:
            file.seek(self._position)
            fresh = self._rest + file.read()
            self._position = file.tell()
        *lines, self._rest = fresh.split(b"\n")
        return [line.decode(errors="replace") for line in lines if line.strip()]


class Journal:
    """What some processes write, together. `names` may change while it is read."""

    def __init__(self, logs: Path, names: Sequence[str], from_end: bool = True) -> None:
        self._tails = [
            (name, suffix == "err", Tail(logs / f"{name}.{suffix}", from_end))
            for name in names
            for suffix in ("jsonl", "err")
        ]

    def read(self) -> list[Entry]:
        """What is new, in the order of time."""
        fresh = [entry(name, line, is_error) for name, is_error, tail in self._tails for line in tail.read()]
        return sorted(fresh, key=lambda said: said.time)


def past(logs: Path, names: Sequence[str], lines: int) -> list[Entry]:
    """The last lines of these processes, in the order of time."""
    said = [
        entry(name, line, suffix == "err")
        for name in names
        for suffix in ("jsonl", "err")
        for line in last_lines(logs / f"{name}.{suffix}", lines)
    ]
    return sorted(said, key=lambda one: one.time)[-lines:]


def chain(logs: Path, names: Sequence[str], correlation: str) -> list[Entry]:
    """Everything said about one cause, by all, in the order of time. `correlation` is its id or the end of it."""
    found = [
        said
        for name in names
        for file in sorted(logs.glob(f"{name}.jsonl*"))
        for line in _lines(file)
        if correlation in line and (said := entry(name, line)).correlation.endswith(correlation)
    ]
    return sorted(found, key=lambda said: said.time)


def _lines(file: Path) -> Iterator[str]:
    with file.open(errors="replace") as opened:
        yield from opened


def last_lines(file: Path, lines: int) -> list[str]:
    """The last lines of a file, read from its end."""
    if not file.exists():
        return []
    with file.open("rb") as opened:
        position = opened.seek(0, os.SEEK_END)
        tail = b""
        while position > 0 and tail.count(b"\n") <= lines:
            step = min(BLOCK, position)
            position = opened.seek(position - step)
            tail = opened.read(step) + tail
    return [line.decode(errors="replace") for line in tail.split(b"\n") if line.strip()][-lines:]


def last_words(logs: Path, name: str, lines: int = 15) -> str:
    """The end of what a part wrote."""
    words: list[str] = []
    for file in (logs / f"{name}.jsonl", logs / f"{name}.err"):
        # Our own questions whether it is ready are not what it has to say.
        said = [line for line in last_lines(file, LINES_LOOKED_AT) if '"/health/' not in line]
        words += said[-lines:]
    return "\n".join(words) or "(it said nothing)"
