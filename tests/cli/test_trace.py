"""A request and what it led to are put together from the logs alone."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from infra.cli.trace import chain, drawn
from infra.local.obstacles import Obstacle

ROOT = "0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d12"
BEGAN = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def at(milliseconds: int) -> str:
    return (BEGAN + timedelta(milliseconds=milliseconds)).isoformat()


def committed(kind: str, event: str, cause: str, milliseconds: int, correlation: str = ROOT) -> dict[str, object]:
    return {
        "time": at(milliseconds),
        "level": "info",
        "message": "event committed",
        "event_type": kind,
        "event_id": event,
        "aggregate": "occurrences/o-1",
        "correlation_id": correlation,
        "causation_id": cause,
    }


def answered(milliseconds: int, took: float) -> dict[str, object]:
    return {
        "time": at(milliseconds),
        "level": "info",
        "message": "request",
        "method": "POST",
        "route": "/api/occurrences/{occurrence_id}/bookings",
        "status": 201,
        "ms": took,
        "correlation_id": ROOT,
    }


def write(logs: Path, name: str, *lines: dict[str, object]) -> None:
    logs.mkdir(exist_ok=True)
    with (logs / f"{name}.jsonl").open("a") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    write(folder, "courses", committed("courses.place-held.v1", "e1", ROOT, 5), answered(9, 8.0))
    write(folder, "partnerships", committed("partnerships.funds-reserved.v1", "e2", "e1", 21))
    write(folder, "courses-2", committed("courses.booking-confirmed.v1", "e3", "e2", 34))
    write(folder, "courses", committed("courses.place-held.v1", "e9", "other", 6, correlation="other-request"))
    write(folder, "mongod", {"t": {"$date": at(1)}, "msg": ROOT})
    return folder


def test_every_event_hangs_under_what_caused_it_across_services(logs: Path) -> None:
    links = chain(logs, ROOT).all()
    assert [(link.name, link.what) for link in links] == [
        ("courses", "POST /api/occurrences/…/bookings"),
        ("courses", "place-held"),
        ("partnerships", "funds-reserved"),
        ("courses-2", "booking-confirmed"),
    ]
    assert [len(link.led_to) for link in links] == [1, 1, 1, 0]


def test_the_end_of_a_correlation_id_is_enough(logs: Path) -> None:
    assert len(chain(logs, ROOT[-8:]).all()) == 4


def test_an_effect_whose_cause_was_not_logged_hangs_under_the_request(logs: Path) -> None:
    write(logs, "partnerships", committed("partnerships.funds-released.v1", "e4", "lost", 50))
    assert [link.what for link in chain(logs, ROOT).led_to] == ["place-held", "funds-released"]


def test_two_effects_of_one_cause_stand_side_by_side(logs: Path) -> None:
    write(logs, "partnerships", committed("partnerships.funds-released.v1", "e4", "e1", 50))
    held = chain(logs, ROOT).led_to[0]
    assert [link.what for link in held.led_to] == ["funds-reserved", "funds-released"]


def test_times_are_counted_from_the_arrival_of_the_request(logs: Path) -> None:
    console = Console(width=120, file=io.StringIO(), record=True)
    console.print(drawn(chain(logs, ROOT)))
    text = console.export_text()
    assert "0 ms" in text.splitlines()[0]
    assert "4 ms" in text.splitlines()[1]
    assert "33 ms" in text.splitlines()[3]


def test_a_request_that_nobody_logged_is_said_to_be_unknown(logs: Path) -> None:
    with pytest.raises(Obstacle):
        chain(logs, "no-such-request")
