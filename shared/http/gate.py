"""The gate: before an operation is even chosen, who is calling, how often, and whether the address can be read.

A token is verified here once. A bad one is only remembered: it fails where a caller is wanted, so that public
operations stay public. Callers are limited by their subject, anonymous ones by their address.
"""

from __future__ import annotations

from typing import Protocol
from urllib.parse import unquote_to_bytes

from starlette.requests import Request

from shared.http.bodies import App, Receive, Send
from shared.http.exchange import Exchange, Scope, exchange_of, header
from shared.http.principal import TokenInvalid
from shared.http.problems import AddressMalformed, answer
from shared.http.rate_limit import RateLimit, TooManyRequests
from shared.http.tokens import Verifier
from shared.refusals import Refusal

_FREE = ("/health/", "/metrics")
_CONTROLS = bytes([*range(32), 127])


class Guards(Protocol):
    """What the gate goes by; made when the service starts, since it comes from the settings."""

    @property
    def verifier(self) -> Verifier:
        """Verifies tokens."""

    @property
    def rate_limit(self) -> RateLimit:
        """Counts requests."""


class Gate:
    """See the module. `guards` is looked up on each request: it is not there before the service has started."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it."""
        if scope["type"] != "http" or scope["path"].startswith(_FREE):
            await self._app(scope, receive, send)
            return
        exchange = exchange_of(scope)
        refusal = self._refusal(scope, exchange)
        if refusal is not None:
            await answer(Request(scope), refusal)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope, exchange: Exchange) -> Refusal | None:
        guards: Guards | None = getattr(scope["app"].state, "guards", None)
        if guards is not None:
            identify(scope, exchange, guards.verifier)
            allowance = guards.rate_limit.take(_caller(scope, exchange))
            if allowance is not None:
                exchange.headers.extend(allowance.headers())
                if allowance.wait:
                    return TooManyRequests(retry_after_seconds=allowance.wait)
        return AddressMalformed() if _has_controls(scope) else None


def identify(scope: Scope, exchange: Exchange, verifier: Verifier) -> None:
    """Note who is calling, or what is wrong with the token."""
    authorization = header(scope, b"authorization")
    if authorization is None:
        return
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        # Other schemes belong to operations that read them themselves, such as a token endpoint.
        return
    try:
        if not token.isascii():
            raise TokenInvalid()
        exchange.principal = verifier.principal(token.strip())
    except Refusal as refusal:
        exchange.token_refusal = refusal


def _caller(scope: Scope, exchange: Exchange) -> str:
    if exchange.principal is not None:
        return f"subject {exchange.principal.subject}"
    client = scope.get("client")
    return f"address {client[0] if client else 'unknown'}"


def _has_controls(scope: Scope) -> bool:
    address = scope["path"].encode("utf-8", "replace")
    query: bytes = scope["query_string"]
    if b"%" in query:
        query = unquote_to_bytes(query)
    return len((address + query).translate(None, _CONTROLS)) != len(address) + len(query)
