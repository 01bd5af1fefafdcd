"""Logs: one JSON line each, from everywhere, written beside the loop and to the end."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from shared.observability import LogWriter, start_logging


class Slow(io.StringIO):
    """A stream that writes only when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.writing = threading.Event()
        self.go_on = threading.Event()

    def write(self, text: str) -> int:
        self.writing.set()
        self.go_on.wait(10)
        return super().write(text)


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave logging as it was found."""
    root = logging.getLogger()
    config, handlers, level = structlog.get_config(), list(root.handlers), root.level
    yield
    structlog.configure(**config)
    root.handlers[:] = handlers
    root.setLevel(level)


def fail() -> None:
    raise RuntimeError("two\nlines")


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_has_its_ids() -> None:
    stream = io.StringIO()
    writer = start_logging("tills", stream=stream)
    with structlog.contextvars.bound_contextvars(correlation_id="request-1"):
        structlog.get_logger("commit").info("event committed", aggregate="tills/1", event_id="e1")
    writer.close()
    (line,) = lines(stream)
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info",
        "service": "tills",
        "logger": "commit",
        "message": "event committed",
        "correlation_id": "request-1",
        "aggregate": "tills/1",
        "event_id": "e1",
    }


def test_the_standard_library_goes_the_same_way() -> None:
    stream = io.StringIO()
    writer = start_logging("tills", stream=stream)
    with structlog.contextvars.bound_contextvars(correlation_id="request-1"):
        logging.getLogger("uvicorn.error").warning("port %d", 8102)
    logging.getLogger("aiokafka.conn").info("chatter")
    writer.close()
    (line,) = lines(stream)
    assert (line["logger"], line["level"], line["message"]) == ("uvicorn.error", "warning", "port 8102")
    assert line["correlation_id"] == "request-1"


def test_what_a_library_repeats_is_written_once_a_minute_with_how_often_it_was_said() -> None:
    stream, now = io.StringIO(), [0.0]
    writer = start_logging("tills", stream=stream, clock=lambda: now[0])
    lost = logging.getLogger("aiokafka")
    for second in range(0, 63, 3):
        now[0] = float(second)
        lost.error("Unable connect to node with id %s", second)
        logging.getLogger("asyncio").error("something else %s", second)
    logging.getLogger("aiokafka.conn").error("Unable connect to node with id %s", 1)
    writer.close()
    said = [(line["logger"], line["message"], line.get("repeats")) for line in lines(stream)]
    assert [line for line in said if line[0] != "asyncio"] == [
        ("aiokafka", "Unable connect to node with id 0", None),
        ("aiokafka", "Unable connect to node with id 60", 19),
        ("aiokafka.conn", "Unable connect to node with id 1", None),
    ]
    assert len(said) == 3 + 21


def test_a_stack_is_one_line() -> None:
    stream = io.StringIO()
    writer = start_logging("tills", stream=stream)
    try:
        fail()
    except RuntimeError as error:
        structlog.get_logger("a").exception("failed")
        structlog.get_logger("a").error("failed", exc_info=error)
        logging.getLogger("b").exception("failed")
    writer.close()
    assert [line["level"] for line in lines(stream)] == ["error"] * 3
    assert all("RuntimeError: two\nlines" in line["exception"] for line in lines(stream))


def test_below_the_level_nothing_is_written() -> None:
    stream = io.StringIO()
    writer = start_logging("tills", "WARNING", stream=stream)
    structlog.get_logger("a").info("quiet")
    structlog.get_logger("a").warning("loud")
    writer.close()
    assert [line["message"] for line in lines(stream)] == ["loud"]


def test_readable_text_is_an_option() -> None:
    stream = io.StringIO()
    writer = start_logging("tills", log_format="text", stream=stream)
    structlog.get_logger("commit").info("event committed", aggregate="tills/1")
    writer.close()
    assert stream.getvalue().endswith("info    tills commit: event committed aggregate=tills/1\n")


def test_writing_never_waits_and_what_does_not_fit_is_counted() -> None:
    stream = Slow()
    writer = LogWriter("tills", "json", stream, room=3)
    writer.put({"message": "first"})
    assert stream.writing.wait(10)
    for number in range(10):
        writer.put({"message": f"more {number}"})
    stream.go_on.set()
    writer.close()
    messages = [line["message"] for line in lines(stream)]
    assert messages[:4] == ["first", "more 0", "more 1", "more 2"]
    assert [line["lines"] for line in lines(stream) if line["message"] == "log lines dropped"] == [7]


def test_what_was_queued_is_written_on_close() -> None:
    stream = io.StringIO()
    writer = LogWriter("tills", "json", stream)
    for number in range(2_000):
        writer.put({"message": number})
    writer.close()
    assert [line["message"] for line in lines(stream)] == list(range(2_000))


def test_a_line_that_cannot_be_written_as_json_does_not_end_the_log() -> None:
    class Unprintable:
        def __str__(self) -> str:
            raise ValueError("no")

    stream = io.StringIO()
    writer = LogWriter("tills", "json", stream)
    writer.put({"message": "bad", "value": Unprintable()})
    writer.put({"message": "\ud800"})
    writer.put({"message": "good", "value": object})
    writer.close()
    assert [line["message"] for line in lines(stream)][-1] == "good"
    assert len(lines(stream)) == 3


def test_a_reader_that_has_gone_does_not_end_the_service() -> None:
    stream = io.StringIO()
    writer = LogWriter("tills", "json", stream)
    stream.close()
    writer.put({"message": "to nobody"})
    writer.put({"message": "to nobody"})
    writer.close()
    assert not writer._thread.is_alive()
