"""Liveness and readiness, as the supervisor of processes and the edge ask for them.

GET /health/live is 200 as long as the event loop answers. GET /health/ready is 200 when requests can be served and 503
otherwise, and names each check either way. A broker that is away degrades a service and does not stop it: every write
is still accepted, and its events wait in the outbox. GET /metrics is for Prometheus.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from shared.http.exchange import exchange_of
from shared.http.problems import MEDIA_TYPE, status_of, type_of
from shared.observability import Metrics
from shared.observability.metrics import CONTENT_TYPE
from shared.refusals import Refusal
from shared.supervision import OK, Finding

PROBE_SECONDS = 1.0


class NotReady(Refusal):
    kind = "unavailable"
    slug = "not-ready"
    title = "The service cannot serve requests at the moment: see checks."


class Readiness(Protocol):
    """Whoever knows how the service is."""

    async def findings(self) -> Mapping[str, Finding]:
        """Every check by name."""


async def probe(call: Callable[[], Awaitable[object]], seconds: float = PROBE_SECONDS) -> Finding:
    """Whether something answers within a bound; its error is the reason if not."""
    try:
        async with asyncio.timeout(seconds):
            await call()
    except TimeoutError:
        return Finding("failing", f"no answer in {seconds:.0f} s")
    except Exception as error:
        return Finding("failing", f"{type(error).__name__}: {error}")
    return OK


def health_router(name: str, metrics: Metrics) -> APIRouter:
    """The three addresses. They are for the inside: the edge does not pass them on."""
    router = APIRouter(include_in_schema=False)

    @router.get("/health/live")
    async def live() -> dict[str, str]:
        """The loop answers."""
        return {"status": "alive", "service": name}

    @router.get("/health/ready")
    async def ready(request: Request) -> Response:
        """Whether requests can be served."""
        readiness: Readiness = request.app.state.readiness
        findings = await readiness.findings()
        shown = {check: _shown(finding) for check, finding in findings.items()}
        statuses = {finding.status for finding in findings.values()}
        if "failing" not in statuses:
            status = "degraded" if "degraded" in statuses else "ready"
            return JSONResponse({"status": status, "service": name, "checks": shown})
        failing = ", ".join(check for check, finding in findings.items() if finding.status == "failing")
        problem = {
            "type": type_of(NotReady),
            "title": NotReady.title,
            "status": status_of(NotReady),
            "detail": f"Failing: {failing}.",
            "instance": "/health/ready",
            "service": name,
            "checks": shown,
            "correlation_id": exchange_of(request.scope).correlation_id,
        }
        return JSONResponse(problem, status_of(NotReady), media_type=MEDIA_TYPE)

    @router.get("/metrics")
    async def exposition() -> Response:
        """What was counted."""
        return Response(metrics.exposition(), media_type=CONTENT_TYPE)

    return router


def _shown(finding: Finding) -> dict[str, str]:
    return {"status": finding.status, **({"reason": finding.reason} if finding.reason else {})}
