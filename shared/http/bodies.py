"""What a request body may be: its size, its content type, and JSON that means one thing only.

An operation takes JSON of at most 1 MiB unless it says otherwise:

    @router.post("/api/register-imports")
    @takes("text/csv", limit=32 * MEBIBYTE)
    async def import_register(...)

JSON is checked before anything else reads it: UTF-8, no name twice in an object, no NaN, no number that the store
cannot hold, no lone surrogates, at most 32 levels deep. Refusals are 400, 413 and 415.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import orjson

from shared.http.exchange import Scope, header
from shared.http.problems import BodyMalformed, BodyTooLarge, ContentTypeUnsupported

MEBIBYTE = 1 << 20
LEVELS = 32
LARGEST_NUMBER = 2**63 - 1
_LONGEST_NUMBER = 19
_RULE = "__body_rule__"
JSON_KEY = "stem.json"
"""Where in the ASGI scope the value of a checked JSON body is, so that nobody has to parse it again."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class BodyRule:
    """What an operation takes. `limit` is in bytes."""

    content_types: tuple[str, ...] = ("application/json",)
    limit: int = MEBIBYTE


JSON_RULE = BodyRule()


def takes(*content_types: str, limit: int = MEBIBYTE) -> Callable[[F], F]:
    """Say that an operation takes other content than JSON of 1 MiB. Put it below the router's decorator."""

    def mark(operation: F) -> F:
        setattr(operation, _RULE, BodyRule(content_types or JSON_RULE.content_types, limit))
        return operation

    return mark


def rule_of(operation: object) -> BodyRule:
    """What an operation takes."""
    rule = getattr(operation, _RULE, JSON_RULE)
    return rule if isinstance(rule, BodyRule) else JSON_RULE


class Bodies:
    """The middleware: nothing is read until the operation asks, and then only what its rule allows."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a guarded body."""
        if scope["type"] == "http":
            receive = Body(scope, receive)
        await self._app(scope, receive, send)


class Body:
    """A `receive` that refuses what the operation does not take. Raises BodyTooLarge, BodyMalformed and so on."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._scope = scope
        self._receive = receive
        self._rule: BodyRule | None = None
        self._size = 0

    async def __call__(self) -> Message:
        """The next message; JSON comes as a single one, checked."""
        first = self._rule is None
        if self._rule is None:
            self._rule = rule_of(self._scope.get("endpoint"))
            self._refuse_declared_size(self._rule)
        message = await self._next(self._rule)
        while first and not message.get("body") and message.get("more_body"):
            message = await self._next(self._rule)
        if not first or message["type"] != "http.request" or not message.get("body"):
            return message
        if self._content_type(self._rule) == "application/json":
            body = await self._rest(self._rule, message)
            self._scope[JSON_KEY] = unambiguous_json(body)
            return {"type": "http.request", "body": body, "more_body": False}
        return message

    async def _next(self, rule: BodyRule) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._size += len(message.get("body", b""))
            if self._size > rule.limit:
                raise BodyTooLarge(limit_bytes=rule.limit)
        return message

    async def _rest(self, rule: BodyRule, message: Message) -> bytes:
        parts = [message.get("body", b"")]
        while message.get("more_body"):
            message = await self._next(rule)
            if message["type"] != "http.request":
                raise BodyMalformed("The connection ended before the body did.")
            parts.append(message.get("body", b""))
        return b"".join(parts)

    def _refuse_declared_size(self, rule: BodyRule) -> None:
        declared = header(self._scope, b"content-length")
        if declared is not None and declared.isascii() and declared.isdigit() and int(declared) > rule.limit:
            raise BodyTooLarge(limit_bytes=rule.limit)

    def _content_type(self, rule: BodyRule) -> str:
        encoding = header(self._scope, b"content-encoding")
        if encoding is not None and encoding.strip().lower() != "identity":
            raise ContentTypeUnsupported(
                "Send the body as it is, without a Content-Encoding.", field="Content-Encoding"
            )
        media_type = (header(self._scope, b"content-type") or "").partition(";")[0].strip().lower()
        if media_type.startswith("application/") and media_type.endswith("+json"):
            media_type = "application/json"
        if media_type not in rule.content_types:
            raise ContentTypeUnsupported(field="Content-Type", content_types=list(rule.content_types))
        return media_type


def unambiguous_json(body: bytes) -> object:
    """The value of a body. Raises BodyMalformed unless it is JSON that every reader understands alike."""
    try:
        text = body.decode()
        value = _DECODER.decode(text)
        if "\\u" in text:
            orjson.loads(body)
    except UnicodeDecodeError as error:
        raise BodyMalformed(f"Not UTF-8 at byte {error.start}.", field="body") from None
    except RecursionError:
        raise BodyMalformed(f"Nested deeper than {LEVELS} levels.", field="body") from None
    except json.JSONDecodeError as error:
        raise BodyMalformed(f"Not valid JSON: {error.msg} (character {error.pos}).", field="body") from None
    _refuse_depth(value)
    return value


def _refuse_depth(value: object) -> None:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(LEVELS):
        level = [
            part
            for whole in level
            for part in (whole.values() if isinstance(whole, dict) else whole)
            if isinstance(part, dict | list)
        ]
        if not level:
            return
    raise BodyMalformed(f"Nested deeper than {LEVELS} levels.", field="body")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = sorted(name for name, _ in pairs)
        twice = next(name for name, other in itertools.pairwise(names) if name == other)
        raise BodyMalformed(f"The name {twice[:60]!r} stands twice in one object.", field="body")
    return members


def _whole_number(text: str) -> int:
    number = int(text) if len(text) <= _LONGEST_NUMBER + 1 else LARGEST_NUMBER + 1
    if abs(number) > LARGEST_NUMBER:
        raise BodyMalformed("A number is larger than can be kept.", field="body")
    return number


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise BodyMalformed("A number is larger than can be kept.", field="body")
    return number


def _constant(name: str) -> NoReturn:
    raise BodyMalformed(f"{name} is not JSON.", field="body")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_whole_number, parse_float=_number, parse_constant=_constant
)
