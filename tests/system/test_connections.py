"""The edge keeps connections to services for a while, and a service must not close one that the edge may still use."""

from __future__ import annotations

import re

import pytest
import uvicorn
from fastapi import FastAPI

from infra.local.plan import CADDYFILE
from shared import serving
from shared.settings import Settings


def test_a_service_keeps_idle_connections_for_longer_than_the_edge_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a POST is now and then sent into a connection that is just being closed, and nobody may repeat it."""
    served: list[uvicorn.Server] = []
    monkeypatch.setattr(serving.Server, "run", lambda server: served.append(server))
    serving.serve(FastAPI(), Settings.given(leave_seconds=1.0))
    kept = [int(seconds) for seconds in re.findall(r"^\t+keepalive (\d+)s$", CADDYFILE.read_text(), re.MULTILINE)]
    assert kept, "the edge does not say how long it keeps connections"
    assert served[0].config.timeout_keep_alive > 2 * max(kept)
