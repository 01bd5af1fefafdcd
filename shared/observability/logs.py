"""Logs: JSON lines on stdout (or readable text), written by a thread of their own.

A line has time, level, service, logger, message, and the ids that were bound (correlation_id, causation_id, event_id,
aggregate …). The standard library's logging goes the same way. Since rendering and writing happen in a thread, a slow
terminal or disk never stops the event loop; what is queued when the process ends is written, and when the queue is full
lines are dropped and counted. Nobody may log personal data.

Libraries that try again by themselves say so each time: of what one of them repeats, a line a minute is written, with
how often it was said since the last one.
"""

from __future__ import annotations

import atexit
import logging
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

import orjson
import structlog

LogFormat = Literal["json", "text"]
Entry = MutableMapping[str, Any]

QUEUED_LINES = 50_000
WRITTEN_AT_ONCE = 500
_FIRST = ("time", "level", "service", "logger", "message")
_QUIET = ("aiokafka", "pymongo", "motor", "asyncio", "kafka", "httpx", "httpcore", "uvicorn")
_REPEATING = ("aiokafka", "kafka", "pymongo")
_REPEATED_AFTER = 60.0


class LogWriter:
    """The thread that renders and writes."""

    def __init__(
        self, service: str, log_format: LogFormat, stream: TextIO | None = None, room: int = QUEUED_LINES
    ) -> None:
        self._service = service
        self._render = _as_json if log_format == "json" else _as_text
        self._stream = stream or sys.stdout
        self._queue: queue.SimpleQueue[Entry | None] = queue.SimpleQueue()
        self._room = room
        self._dropped = 0
        self._thread = threading.Thread(target=self._write, name="log-writer", daemon=True)
        self._thread.start()

    def put(self, entry: Entry) -> None:
        """Queue an entry. Never waits."""
        if self._queue.qsize() >= self._room:
            self._dropped += 1
            return
        entry["service"] = self._service
        self._queue.put(entry)

    def close(self, timeout: float = 5.0) -> None:
        """Write what is queued and stop."""
        atexit.unregister(self.close)
        self._queue.put(None)
        self._thread.join(timeout)

    def _write(self) -> None:
        open_for_more = True
        while open_for_more:
            entries = [self._queue.get()]
            while len(entries) < WRITTEN_AT_ONCE and not self._queue.empty():
                entries.append(self._queue.get())
            open_for_more = None not in entries
            lines = [self._line(entry) for entry in entries if entry is not None]
            if self._dropped:
                dropped, self._dropped = self._dropped, 0
                lines.append(self._line(_dropped_lines(self._service, dropped)))
            try:
                self._stream.write("".join(lines))
                self._stream.flush()
            except (OSError, ValueError):
                # Nobody reads any more: a service must not stop for that.
                self._dropped += len(lines)

    def _line(self, entry: Entry) -> str:
        try:
            return self._render(entry) + "\n"
        except Exception as error:
            return (
                f'{{"level":"error","service":"{self._service}","message":"log line lost: {type(error).__name__}"}}\n'
            )


def _dropped_lines(service: str, count: int) -> Entry:
    return {
        "time": _now(),
        "level": "warning",
        "service": service,
        "logger": "log",
        "message": "log lines dropped",
        "lines": count,
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _ordered(entry: Mapping[str, Any]) -> dict[str, Any]:
    first = {name: entry[name] for name in _FIRST if name in entry}
    return {**first, **{name: value for name, value in entry.items() if name not in first}}


def _as_json(entry: Entry) -> str:
    return orjson.dumps(_ordered(entry), default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def _as_text(entry: Entry) -> str:
    rest = _ordered(entry)
    trace = rest.pop("exception", "")
    head = [str(rest.pop(name, "")) for name in _FIRST]
    facts = " ".join(f"{name}={value}" for name, value in rest.items())
    line = f"{head[0]} {head[1]:<7} {head[2]} {head[3]}: {head[4]} {facts}".rstrip()
    return f"{line}\n{trace.rstrip()}" if trace else line


class _Named:
    """What structlog calls a logger: only its name is used, the writer does the rest."""

    def __init__(self, name: str = "service") -> None:
        self.name = name


class _Hand:
    """The last step for an entry: stamp it and hand it to the writer."""

    def __init__(self, writer: LogWriter) -> None:
        self._writer = writer

    def __call__(self, logger: _Named, method: str, entry: Entry) -> Entry:
        """Ends the chain: nothing is left for structlog to call."""
        entry["time"] = _now()
        entry["level"] = "error" if method == "exception" else "warning" if method == "warn" else method
        entry["logger"] = logger.name
        entry["message"] = entry.pop("event", "")
        exc_info = entry.pop("exc_info", None)
        if exc_info:
            entry["exception"] = _stack(exc_info)
        self._writer.put(entry)
        raise structlog.DropEvent


def _stack(exc_info: Any) -> str:
    if isinstance(exc_info, BaseException):
        return "".join(traceback.format_exception(exc_info))
    triple = exc_info if isinstance(exc_info, tuple) else sys.exc_info()
    return "".join(traceback.format_exception(*triple))


class _Seldom:
    """Lets what is said again and again through once a minute. What differs only in its arguments is the same."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._said: dict[tuple[str, str], tuple[float, int]] = {}

    def repeats(self, record: logging.LogRecord) -> int | None:
        """How often it was held back since it was last let through; None: hold this one back, too."""
        what, now = (record.name, str(record.msg)), self._clock()
        since, held = self._said.get(what, (-_REPEATED_AFTER, 0))
        if now - since < _REPEATED_AFTER:
            self._said[what] = since, held + 1
            return None
        self._said[what] = now, 0
        return held


class _Bridge(logging.Handler):
    """Brings records of the standard library's loggers to the same writer."""

    def __init__(self, writer: LogWriter, clock: Callable[[], float]) -> None:
        super().__init__()
        self._writer = writer
        self._seldom = _Seldom(clock)

    def emit(self, record: logging.LogRecord) -> None:
        """Turn a record into an entry."""
        repeats = self._seldom.repeats(record) if record.name.startswith(_REPEATING) else 0
        if repeats is None:
            return
        entry: Entry = {
            **structlog.contextvars.get_contextvars(),
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        try:
            entry["message"] = record.getMessage()
        except Exception:
            entry["message"] = str(record.msg)
        if repeats:
            entry["repeats"] = repeats
        if record.exc_info:
            entry["exception"] = _stack(record.exc_info)
        self._writer.put(entry)


def start_logging(
    service: str,
    level: str = "INFO",
    log_format: LogFormat = "json",
    stream: TextIO | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> LogWriter:
    """Send every log of this process through a writer. Close it at the end; leaving the interpreter does so too."""
    writer = LogWriter(service, log_format, stream)
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, _Hand(writer)],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=_Named,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_Bridge(writer, clock)]
    root.setLevel(threshold)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))
    atexit.register(writer.close)
    return writer
