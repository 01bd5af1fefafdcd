"""Finding an operation without trying them one by one.

The framework matches a path against every route in turn, once for each level of included routers; with the forty routes
of a service that costs more than the operation. All our addresses are /api/<collection>/…, so a table by method, number
of segments and collection leaves one or two candidates. What is not in the table (another method, an unknown address)
goes the framework's way, which knows how to refuse it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.convertors import StringConvertor
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.http.prepared import prepared

_APP = "stem.operation"

Key = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation as the table knows it; `path_format` is its route template."""

    path_format: str
    pattern: re.Pattern[str]
    endpoint: Callable[..., Any]
    app: ASGIApp


class Switchboard(BaseRoute):
    """A route in front of all others that finds theirs by table."""

    def __init__(self, app: FastAPI) -> None:
        self._table: dict[Key, list[Operation]] = {}
        for context in iter_route_contexts(app.routes):
            if isinstance(context.original_route, APIRoute) and _is_plain(context):
                self._enter(context)

    def _enter(self, context: RouteContext) -> None:
        app = prepared(context) or context.app
        operation = Operation(context.path_format or "", context.path_regex, context.endpoint or _nobody, app)
        segments = operation.path_format.split("/")
        for method in context.methods or ():
            self._table.setdefault((method, len(segments), segments[2]), []).append(operation)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """The operation for this path and method, if the table has it."""
        if scope["type"] != "http" or scope.get("root_path"):
            return Match.NONE, {}
        path = scope["path"]
        segments = path.split("/", 3)
        if len(segments) < 3:
            return Match.NONE, {}
        for operation in self._table.get((scope["method"], path.count("/") + 1, segments[2]), ()):
            if (match := operation.pattern.match(path)) is not None:
                found = {
                    "endpoint": operation.endpoint,
                    "path_params": match.groupdict(),
                    "route": operation,
                    _APP: operation.app,
                }
                return Match.FULL, found
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the operation that was found."""
        await scope[_APP](scope, receive, send)


def _is_plain(context: RouteContext) -> bool:
    """Whether segments count: no parameter that swallows slashes, and the collection is spelt out."""
    segments = (context.path_format or "").split("/")
    convertors = getattr(context, "param_convertors", {}).values()
    return (
        len(segments) > 2
        and "{" not in segments[2]
        and all(isinstance(convertor, StringConvertor) for convertor in convertors)
    )


def _nobody() -> None:
    """Stands for an operation without a function, which there is none of."""


def install_switchboard(app: FastAPI) -> None:
    """Put the table in front. To be done when all operations are included."""
    app.router.routes.insert(0, Switchboard(app))
