"""From a request to a piece of work: who caused it, under which idempotency key, on which version.

    async def book(occurrence_id: str, body: Booking, work: HttpWork) -> BookingAnswer: ...

`HttpWork` is for signed-in callers. A POST must carry an Idempotency-Key, whose identity is caller, method, path and
key, and whose fingerprint covers query and body: the same request again gets the stored answer, another one under the
same key is refused. `PublicWork` is for reading without a token.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from typing import Annotated

from fastapi import Depends, Header, Request

from shared.commit import Cause, Idempotency
from shared.http.exchange import exchange_of
from shared.http.principal import Caller
from shared.http.problems import Malformed
from shared.http.versions import expected_version
from shared.refusals import Unavailable
from shared.work import Work

KEY_LENGTH = 255
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_KEY = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_HASHED_IN_THE_LOOP = 1 << 20

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="A key of your making, fresh for every new request: a repeat with the same key gets the same "
        "answer and changes nothing twice. Up to 255 characters, quoted or not.",
        examples=["0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d12"],
    ),
]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match", description="The ETag you have seen: refused with 412 if it is not current.", examples=['"7"']
    ),
]


class IdempotencyKeyMissing(Malformed):
    slug = "idempotency-key-missing"
    title = "A POST needs an Idempotency-Key header, so that it can be repeated safely."


class IdempotencyKeyMalformed(Malformed):
    slug = "idempotency-key-malformed"
    title = "An Idempotency-Key is 1 to 255 visible ASCII characters."


async def http_work(
    request: Request, caller: Caller, idempotency_key: IdempotencyKey = None, if_match: IfMatch = None
) -> Work:
    """The work of a signed-in request. Raises Unavailable until the service's parts are up, and what headers break."""
    if request.method not in _WRITES:
        return _work(request)
    key = bare_key(idempotency_key)
    if key is None and request.method == "POST":
        raise IdempotencyKeyMissing(field="Idempotency-Key")
    idempotency = None
    if key is not None:
        identity = f"{caller.subject} {request.method} {request.url.path} {key}"
        idempotency = Idempotency(identity, await _fingerprint(request))
    return _work(request, idempotency, expected_version(if_match))


async def public_work(request: Request) -> Work:
    """The work of anybody, for reading."""
    return _work(request)


HttpWork = Annotated[Work, Depends(http_work)]
PublicWork = Annotated[Work, Depends(public_work)]


def bare_key(header: str | None) -> str | None:
    """The key without the quotes that the draft wants and many clients leave out. Raises IdempotencyKeyMalformed."""
    if header is None:
        return None
    key = header.strip()
    if len(key) >= 2 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if len(key) > KEY_LENGTH or not _KEY.fullmatch(key):
        raise IdempotencyKeyMalformed(field="Idempotency-Key")
    return key


def _work(request: Request, idempotency: Idempotency | None = None, if_version: int | None = None) -> Work:
    parts = getattr(request.app.state, "running", None)
    if parts is None:
        raise Unavailable("The service is starting.")
    exchange = exchange_of(request.scope)
    request_id = exchange.correlation_id
    return Work(
        database=parts.database,
        door=parts.door,
        clock=parts.clock,
        cause=Cause(request_id, request_id, "user", exchange.traceparent),
        idempotency=idempotency,
        if_version=if_version,
    )


async def _fingerprint(request: Request) -> str:
    body = await request.body()
    if len(body) > _HASHED_IN_THE_LOOP:
        return await asyncio.to_thread(_digest, request.url.query, body)
    return _digest(request.url.query, body)


def _digest(query: str, body: bytes) -> str:
    digest = hashlib.sha256(query.encode())
    digest.update(b"\0")
    digest.update(body)
    return digest.hexdigest()
