"""A run passes only when enough was asked, of every operation, and nothing broke."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz.campaign import Target
from tests.fuzz.findings import UNANSWERED, Findings
from tests.fuzz.report import Ran, keep

DESCRIPTION: dict[str, Any] = {
    "paths": {"/api/pots": {"get": {"tags": ["partnerships"]}, "post": {"tags": ["partnerships"]}}}
}


def ran(**statuses: dict[int, int]) -> Ran:
    """A run in which GET and POST were answered so."""
    found = Findings("every role", 7, cases=100)
    for method, counts in statuses.items():
        found.statuses[f"{method.upper()} /api/pots"] = Counter(counts)
    return Ran(found, Target("", DESCRIPTION, "", {}), datetime(2026, 9, 7, tzinfo=UTC), 60.0, 100)


def broken(one: Ran) -> None:
    one.found.broken["GET /api/pots"] = "curl"


def too_few(one: Ran) -> None:
    one.found.cases = 99


def test_a_run_that_found_nothing_passes(tmp_path: Path) -> None:
    one = ran(get={200: 5, 503: 1}, post={403: 2})
    assert one.passed
    keep(one, tmp_path / "latest.json")
    kept = json.loads((tmp_path / "latest.json").read_text())
    assert (kept["seed"], kept["cases"], kept["requests"], kept["unavailable"]) == (7, 100, 8, 1)
    assert kept["services"]["partnerships"]["operations"]["GET /api/pots"] == {"200": 5, "503": 1}


@pytest.mark.parametrize("status", [500, 502, 504, UNANSWERED])
def test_a_server_error_or_no_answer_is_a_failure(status: int) -> None:
    assert not ran(get={200: 5}, post={status: 1}).passed


@pytest.mark.parametrize("harm", [broken, too_few])
def test_a_finding_or_too_few_cases_are_a_failure(harm: Callable[[Ran], None]) -> None:
    one = ran(get={200: 5}, post={403: 2})
    harm(one)
    assert not one.passed


def test_an_operation_that_nobody_asked_is_a_failure() -> None:
    one = ran(get={200: 5})
    assert one.unasked == ["POST /api/pots"]
    assert not one.passed
