"""What is known about a request on its way through the process: who asked, and what it is correlated with.

The first middleware makes it and puts it into the ASGI scope; the gate adds the principal; dependencies and the access
log read it.
"""

from __future__ import annotations

import random
import re
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shared.ids import new_id

if TYPE_CHECKING:
    from shared.http.principal import Principal
    from shared.refusals import Refusal

Scope = MutableMapping[str, Any]

SCOPE_KEY = "stem.exchange"

_random = random.Random()  # noqa: S311 - not for secrets

_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})")


@dataclass(slots=True)
class Exchange:
    """A request and its answer.

    `correlation_id` is the request id as well; `traceparent` names our own span. `headers` are added to the answer,
    `problem` is the slug of the refusal that it carries.
    """

    correlation_id: str
    traceparent: str
    principal: Principal | None = None
    token_refusal: Refusal | None = None
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    problem: str | None = None


def exchange_of(scope: Scope) -> Exchange:
    """The exchange of an ASGI scope."""
    exchange = scope[SCOPE_KEY]
    assert isinstance(exchange, Exchange)  # noqa: S101 - for the type checker: only `begin` writes the key
    return exchange


def begin(scope: Scope) -> Exchange:
    """Start an exchange: take over well-formed ids of the request, make the others."""
    request_id = header(scope, b"x-request-id")
    if request_id is None or not _REQUEST_ID.fullmatch(request_id):
        request_id = new_id()
    exchange = Exchange(request_id, continued(header(scope, b"traceparent")))
    scope[SCOPE_KEY] = exchange
    return exchange


def continued(traceparent: str | None) -> str:
    """A W3C trace context for our own span: within the caller's trace if it sent one, else in a new trace."""
    match = _TRACEPARENT.fullmatch(traceparent) if traceparent is not None else None
    trace, flags = match.groups() if match is not None else (_random_hex(16), "00")
    return f"00-{trace}-{_random_hex(8)}-{flags}"


def _random_hex(length: int) -> str:
    """So many random bytes, not all zero: names, not secrets, so the system's generator need not be asked."""
    return f"{_random.getrandbits(length * 8) or 1:0{length * 2}x}"


def header(scope: Scope, name: bytes) -> str | None:
    """A request header by its lower-case name; None if it is absent. The first one counts."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return None


def route_template(scope: Scope) -> str:
    """The matched route with its placeholders, e.g. /api/schools/{urn}; "(none)" for an address nobody knows."""
    context = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    return getattr(context, "path_format", None) or "(none)"
