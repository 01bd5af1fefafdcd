"""Query parameters that an operation does not know are refused.

A mistyped filter that was ignored would give everything, which looks like an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from fastapi.exceptions import RequestValidationError
from fastapi.params import Query
from fastapi.routing import iter_route_contexts

Known = dict[Callable[..., Any], frozenset[str]]


def known_parameters(app: FastAPI) -> Known:
    """The query parameters of each operation, by the function that serves it."""
    known: Known = {}
    for context in iter_route_contexts(app.routes):
        dependant = getattr(context, "dependant", None)
        if isinstance(dependant, Dependant) and context.endpoint is not None:
            names = {field.alias for field in get_flat_params(dependant) if isinstance(field.field_info, Query)}
            known[context.endpoint] = known.get(context.endpoint, frozenset()) | names
    return known


async def only_known_parameters(request: Request) -> None:
    """A dependency of every operation. Raises a validation error that names each unknown parameter."""
    if not request.scope["query_string"]:
        return
    known: Known = request.app.state.known_parameters
    names = known.get(request.scope["endpoint"])
    if names is None:
        return
    unknown = [name for name in dict.fromkeys(request.query_params.keys()) if name not in names]
    if unknown:
        raise RequestValidationError(
            [
                {"type": "extra_forbidden", "loc": ("query", name), "msg": "There is no such parameter here"}
                for name in unknown
            ]
        )
