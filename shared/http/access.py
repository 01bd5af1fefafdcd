"""The outermost middleware: correlation, the access log, and the answer to what nobody foresaw.

Every answer carries X-Request-ID, every log line of a request its correlation_id, and every request leaves one line:
method, route template, status, milliseconds, principal, and the problem's slug if it was refused. An exception that
reaches this place is logged with its stack and answered with a problem that tells nothing of the inside.
"""

from __future__ import annotations

import time

import structlog
from starlette.requests import ClientDisconnect, Request

from shared.http.bodies import App, Message, Receive, Send
from shared.http.exchange import Exchange, Scope, begin, route_template
from shared.http.problems import Failure, answer
from shared.observability import Metrics

CLIENT_GONE = 499
_SERVER_ERROR = 500
_QUIET = ("/health/", "/metrics")

log = structlog.get_logger("http")


class Access:
    """See the module."""

    def __init__(self, app: App, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and tell about it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = begin(scope)
        started = time.perf_counter()
        answering = _Answering(scope, exchange, send)
        tokens = structlog.contextvars.bind_contextvars(correlation_id=exchange.correlation_id)
        try:
            await self._app(scope, receive, answering)
        except ClientDisconnect:
            answering.status = CLIENT_GONE
        except Exception:
            log.exception("request failed", method=scope["method"], route=route_template(scope))
            await self._apologise(scope, receive, answering)
        finally:
            self._tell(scope, exchange, answering.status, time.perf_counter() - started)
            structlog.contextvars.reset_contextvars(**tokens)

    async def _apologise(self, scope: Scope, receive: Receive, answering: _Answering) -> None:
        if answering.started:
            # Half an answer is out: breaking the connection is the only way left to say that it is not whole.
            raise ConnectionAbortedError("the answer broke off")
        await answer(Request(scope), Failure())(scope, receive, answering)

    def _tell(self, scope: Scope, exchange: Exchange, status: int, seconds: float) -> None:
        route = route_template(scope)
        self._metrics.answered(scope["method"], route, status, seconds)
        if exchange.problem is not None:
            self._metrics.refused_over_http(exchange.problem)
        if status < _SERVER_ERROR and scope["path"].startswith(_QUIET):
            return
        facts: dict[str, object] = {"method": scope["method"], "route": route, "status": status}
        facts["ms"] = round(seconds * 1000, 1)
        if exchange.principal is not None:
            facts["principal"] = exchange.principal.subject
        if exchange.problem is not None:
            facts["problem"] = exchange.problem
        log.info("request answered", **facts)


class _Answering:
    """A `send` that notes the status and adds our headers."""

    def __init__(self, scope: Scope, exchange: Exchange, send: Send) -> None:
        self._scope = scope
        self._exchange = exchange
        self._send = send
        self.status = CLIENT_GONE
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self.status = message["status"]
            headers = [*message.get("headers", ()), (b"x-request-id", self._exchange.correlation_id.encode())]
            headers.extend(self._exchange.headers)
            if getattr(self._scope["app"].state, "leaving", False):
                headers.append((b"connection", b"close"))
            message = {**message, "headers": headers}
        await self._send(message)
