"""An operation prepared once, so that a request does only what depends on it.

The framework works out anew for every request what an operation's dependencies are and how each is to be called, and
parses a JSON body that was parsed already when it was checked; together that costs more than most operations. Here the
order of calls is worked out when the application is built. What is done is the same: dependencies in the same order,
each once; the same fields validated by the same validators; the same response.

Whatever is out of the ordinary goes the framework's way from the beginning, which knows what to say: a parameter or a
body that does not validate, and every operation that uses something not handled here (`prepared` gives None). So a
dependency may be called twice for one request: it decides and refuses, but has no effects.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import iscoroutinefunction
from typing import Any

from fastapi import Request, Response
from fastapi.datastructures import DefaultPlaceholder
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_params_to_args
from fastapi.exceptions import HTTPException
from fastapi.routing import RouteContext
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http.bodies import JSON_KEY, JSON_RULE, rule_of
from shared.refusals import Refusal

_NO_BODY = frozenset({204, 205, 304})
_CHOICES = ("response_model_include", "response_model_exclude", "response_model_exclude_unset")
_CHOICES_TOO = ("response_model_exclude_defaults", "response_model_exclude_none")


class _OutOfTheOrdinary(Exception):
    """Let the framework do it."""


@dataclass(frozen=True, slots=True)
class Step:
    """A function to call: what it takes from earlier steps (by their number), and what from the request."""

    call: Callable[..., Awaitable[Any]]
    takes: tuple[tuple[str, int], ...]
    path: Sequence[Any]
    query: Sequence[Any]
    headers: Sequence[Any]
    body: Any
    request: str | None
    response: str | None

    def arguments(self, request: Request, response: Response, results: Sequence[Any], json: object) -> dict[str, Any]:
        """What to call it with. Raises _OutOfTheOrdinary when something does not validate."""
        given = {name: results[number] for name, number in self.takes}
        if self.path:
            _plain(self.path, request.path_params, given)
        if self.query:
            values, errors = request_params_to_args(self.query, request.query_params)
            if errors:
                raise _OutOfTheOrdinary
            given.update(values)
        if self.headers:
            _plain(self.headers, request.headers, given)
        if self.body is not None:
            given[self.body.name] = _validated(self.body, json)
        if self.request is not None:
            given[self.request] = request
        if self.response is not None:
            given[self.response] = response
        return given


def _plain(fields: Sequence[Any], source: Mapping[str, str], given: dict[str, Any]) -> None:
    for wanted in fields:
        value = source.get(wanted.alias)
        if value is not None:
            given[wanted.name] = _validated(wanted, value)
        elif wanted.field_info.is_required():
            raise _OutOfTheOrdinary
        else:
            given[wanted.name] = wanted.field_info.default


def _validated(wanted: Any, value: object) -> Any:
    validated, errors = wanted.validate(value, {}, loc=())
    if errors:
        raise _OutOfTheOrdinary
    return validated


@dataclass(slots=True)
class Plan:
    """The steps of an operation, each dependency before what needs it. The last step is the operation itself."""

    steps: list[Step] = field(default_factory=list)
    _numbers: dict[Callable[..., Any], int] = field(default_factory=dict)

    def add(self, dependant: Dependant, *, operation: bool = False) -> int:
        """Plan this and what it needs; gives its number. Raises _OutOfTheOrdinary for what is not handled here."""
        takes = [(needed.name, self._add_once(needed)) for needed in dependant.dependencies]
        if not _is_ordinary(dependant, operation):
            raise _OutOfTheOrdinary
        assert dependant.call is not None  # noqa: S101 - for the type checker: _is_ordinary has looked
        self.steps.append(
            Step(
                call=dependant.call,
                takes=tuple((name, number) for name, number in takes if name is not None),
                path=dependant.path_params,
                query=dependant.query_params,
                headers=dependant.header_params,
                body=dependant.body_params[0] if dependant.body_params else None,
                request=dependant.request_param_name or dependant.http_connection_param_name,
                response=dependant.response_param_name,
            )
        )
        return len(self.steps) - 1

    def _add_once(self, dependant: Dependant) -> int:
        """Like the framework, call a dependency once a request, however many need it."""
        if dependant.call is None or not dependant.use_cache:
            raise _OutOfTheOrdinary
        if dependant.call not in self._numbers:
            self._numbers[dependant.call] = self.add(dependant)
        return self._numbers[dependant.call]


def _is_ordinary(dependant: Dependant, operation: bool) -> bool:
    call = dependant.call
    uncommon = (
        dependant.cookie_params,
        dependant.websocket_param_name,
        dependant.background_tasks_param_name,
        dependant.security_scopes_param_name,
        dependant.own_oauth_scopes,
        dependant.parent_oauth_scopes,
        dependant.concurrency,
    )
    if any(uncommon) or not (iscoroutinefunction(call) or iscoroutinefunction(type(call).__call__)):
        return False
    if dependant.body_params and not operation:
        return False
    return all(_is_scalar(wanted) for wanted in (*dependant.path_params, *dependant.header_params))


def _is_scalar(wanted: Any) -> bool:
    """One text, known by one name, with a default that nobody can change."""
    info = wanted.field_info
    immutable = info.is_required() or info.default is None or isinstance(info.default, str | int)
    kinds = (str, int, str | None)
    return (
        info.annotation in kinds
        and immutable
        and info.default_factory is None
        and not info.validate_default
        and info.validation_alias in (None, wanted.alias)
    )


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operation as an ASGI application. `framework` is the same operation as the framework serves it."""

    steps: Sequence[Step]
    takes_body: bool
    answers: Any
    status: int
    framework: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        request = Request(scope, receive, send)
        json = await self._json(request)
        try:
            answer = await self._answer(request, json)
        except _OutOfTheOrdinary:
            await self.framework(scope, _again(request, receive), send)
            return
        await answer(scope, receive, send)

    async def _json(self, request: Request) -> object:
        """The body; Bodies has parsed it. Errors are told as the framework tells them."""
        if not self.takes_body:
            return None
        try:
            await request.body()
        except (Refusal, ClientDisconnect) as error:
            raise HTTPException(400) from error
        return request.scope.get(JSON_KEY)

    async def _answer(self, request: Request, json: object) -> Response:
        if self.takes_body and JSON_KEY not in request.scope:
            raise _OutOfTheOrdinary
        extras = Response()
        del extras.headers["content-length"]
        extras.status_code = self.status
        results: list[Any] = []
        for step in self.steps:
            results.append(await step.call(**step.arguments(request, extras, results, json)))
        reply = results[-1]
        if isinstance(reply, Response):
            return reply
        content = b"" if extras.status_code in _NO_BODY else self._serialised(reply)
        response = Response(content, extras.status_code, media_type="application/json")
        response.headers.raw.extend(extras.headers.raw)
        return response

    def _serialised(self, reply: object) -> bytes:
        value, errors = self.answers.validate(reply, {}, loc=("response",))
        if errors:
            raise _OutOfTheOrdinary
        written: bytes = self.answers.serialize_json(value)
        return written


def prepared(context: RouteContext) -> ASGIApp | None:
    """The operation of a route, prepared; None when it uses something that only the framework does."""
    if not _answers_plainly(context):
        return None
    dependant: Dependant = context.dependant
    if dependant.body_params and (len(dependant.body_params) != 1 or not _takes_json(context)):
        return None
    plan = Plan()
    try:
        plan.add(dependant, operation=True)
    except _OutOfTheOrdinary:
        return None
    return Prepared(
        plan.steps, bool(dependant.body_params), context.response_field, context.status_code or 200, context.app
    )


def _answers_plainly(context: RouteContext) -> bool:
    """JSON of one model, whole."""
    return (
        isinstance(context.response_class, DefaultPlaceholder)
        and context.response_field is not None
        and context.response_model_by_alias is True
        and context.stream_item_field is None
        and not context.is_json_stream
        and not any(getattr(context, choice) for choice in (*_CHOICES, *_CHOICES_TOO))
    )


def _takes_json(context: RouteContext) -> bool:
    """Whether the body is one JSON model, checked by Bodies."""
    return not context._embed_body_fields and rule_of(context.endpoint) == JSON_RULE


def _again(request: Request, receive: Receive) -> Receive:
    """The messages of a request whose body may have been read already."""
    body: bytes | None = getattr(request, "_body", None)

    async def replay() -> Message:
        nonlocal body
        if body is None:
            return await receive()
        message: Message = {"type": "http.request", "body": body, "more_body": False}
        body = None
        return message

    return replay
