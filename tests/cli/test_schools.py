"""A register file is brought in, or it is said row by row why not."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from infra.cli.client import Api, Session
from infra.cli.schools import imported, summary
from infra.local.obstacles import Obstacle

COUNTS = {"rows_total": 3, "rows_done": 3, "created": 2, "changed": 0, "unchanged": 1, "rejected": 0, "succeeded": 0}


class Register:
    """Answers as the register does: running for some looks, then as it is told."""

    def __init__(self, **outcome: Any) -> None:
        self.outcome = {"id": "i-1", "status": "completed", **COUNTS, **outcome}
        self.running = 2
        self.uploads: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 900})
        if request.method == "POST":
            self.uploads.append(request)
            return httpx.Response(202, json={**self.outcome, "status": "running", "rows_done": 0})
        self.running -= 1
        seen = {**self.outcome, "status": "running", "rows_done": 1} if self.running >= 0 else self.outcome
        return httpx.Response(200, content=json.dumps(seen))

    def session(self) -> Session:
        return Api("http://edge.example", transport=httpx.MockTransport(self)).sign_in("operator@stem.example", "p")


def test_an_import_is_followed_to_its_end() -> None:
    register = Register()
    seen: list[int] = []
    done = imported(register.session(), b"URN\n", dry_run=True, told=lambda answer: seen.append(answer.rows_done))
    assert seen == [1, 1, 3]
    assert summary(done) == "3 rows: 2 new, 1 unchanged"
    upload = register.uploads[0]
    assert (dict(upload.url.params), upload.content) == ({"dry_run": "true", "on_error": "stop"}, b"URN\n")
    assert upload.headers["Content-Type"] == "text/csv"
    assert upload.headers["Idempotency-Key"]


def test_rows_that_break_a_rule_are_shown_with_column_and_rule(capsys: pytest.CaptureFixture[str]) -> None:
    errors = [{"row": 7, "column": "OpenDate", "rule": "not-a-date", "value": "2012/09/01"}]
    register = Register(status="failed", message="1 of 3 rows break a rule.", errors=errors)
    with pytest.raises(Obstacle) as raised:
        imported(register.session(), b"URN\n")
    assert raised.value.what == "1 of 3 rows break a rule."
    shown = capsys.readouterr().out
    assert all(word in shown for word in ("7", "OpenDate", "not-a-date", "2012/09/01"))
