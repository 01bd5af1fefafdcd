"""Every no as an RFC 9457 problem: the one mapper from refusals to HTTP.

A problem's `type` is "/problems/<slug>", stable for ever; `title` is the rule, `detail` this case, `instance` the path
that was asked for. `field` names an offending field where one rule refused; `errors` lists every field and rule where
the shape of a request is wrong. Facts of the refusal (ids, pence, limits) are members of their own. What was sent is
never repeated, and nothing of the inside is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar, Final

import orjson
import structlog
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from shared.database import CommitUnknown, StoreError, StoreUnavailable
from shared.http.exchange import exchange_of
from shared.refusals import Invalid, Kind, Missing, OutcomeUnknown, Refusal, Unavailable

MEDIA_TYPE = "application/problem+json"
ERRORS_LIMIT = 100
FIELD_LIMIT = 120
INSTANCE_LIMIT = 300
RETRY_SECONDS = 1

STATUS: Final[Mapping[Kind, int]] = {
    "malformed": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "missing": 404,
    "conflict": 409,
    "stale": 412,
    "invalid": 422,
    "limited": 429,
    "unavailable": 503,
}

log = structlog.get_logger("http")


class Malformed(Refusal):
    """The request cannot be read (400)."""

    kind = "malformed"


class BodyMalformed(Malformed):
    slug = "body-malformed"
    title = "The body cannot be read."


class BodyIncomplete(Malformed):
    slug = "body-incomplete"
    title = "The connection ended before the body did."


class AddressMalformed(Malformed):
    slug = "address-malformed"
    title = "The address holds control characters."


class BodyTooLarge(Malformed):
    slug = "body-too-large"
    title = "The body is larger than this operation takes."
    status: ClassVar[int] = 413


class ContentTypeUnsupported(Malformed):
    slug = "content-type-unsupported"
    title = "This operation takes another content type."
    status: ClassVar[int] = 415


class RequestInvalid(Invalid):
    slug = "request-invalid"
    title = "The request does not have the shape that this operation takes."


class RouteMissing(Missing):
    slug = "no-such-route"
    title = "There is nothing at this address."


class MethodNotSupported(Malformed):
    slug = "method-not-allowed"
    title = "This address does not take this method."
    status: ClassVar[int] = 405


class Failure(Refusal):
    """What nobody foresaw (500). It is written to the log with its stack, and told without it."""

    kind = "unavailable"
    slug = "unexpected-failure"
    title = "Something went wrong that nobody foresaw. It has been noted under the correlation id."
    status: ClassVar[int] = 500


class FieldError(BaseModel):
    """One field that breaks one rule."""

    field: str = Field(description="Dotted path of the field: `delegates.0.name`, a parameter, or a header.")
    rule: str = Field(description="Stable name of the rule: `missing`, `string-too-long`, `extra-forbidden`.")
    message: str = Field(description="The rule in words.")


class Problem(BaseModel):
    """A problem as RFC 9457 defines it. Members beyond these are facts of the problem's type."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "/problems/not-found",
                    "title": "There is no such object, or you may not see it.",
                    "status": 404,
                    "detail": "There is no such object, or you may not see it.",
                    "instance": "/api/schools/900099",
                    "correlation_id": "0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d12",
                }
            ]
        },
    )
    type: str = Field(description="What kind of problem: /problems/<slug>. Switch on this.")
    title: str = Field(description="The rule, the same for every problem of this type.")
    status: int = Field(description="The HTTP status, repeated.")
    detail: str = Field(description="What happened in this case.")
    instance: str | None = Field(default=None, description="The path that was asked for; not told by the edge.")
    correlation_id: str | None = Field(default=None, description="Names this request in every log it touched.")
    field: str | None = Field(default=None, description="The field that the rule refused, where there is one.")
    errors: list[FieldError] | None = Field(default=None, description="Every field and rule of a malformed request.")


def status_of(refusal: type[Refusal] | Refusal) -> int:
    """The HTTP status of a refusal."""
    own = getattr(refusal, "status", None)
    return own if isinstance(own, int) else STATUS[refusal.kind]


def type_of(refusal: type[Refusal] | Refusal) -> str:
    """The stable identity of a problem, an address below the gateway."""
    return f"/problems/{refusal.slug}"


def describe(
    refusal: Refusal, instance: str, correlation_id: str, errors: Sequence[FieldError] = ()
) -> dict[str, object]:
    """The problem as JSON values."""
    problem: dict[str, object] = {
        "type": type_of(refusal),
        "title": refusal.title,
        "status": status_of(refusal),
        "detail": refusal.detail,
        "instance": instance,
    }
    if refusal.field is not None:
        problem["field"] = refusal.field
    if errors:
        problem["errors"] = [error.model_dump() for error in errors]
    for name, value in refusal.facts.items():
        problem.setdefault(name, value)
    problem["correlation_id"] = correlation_id
    return problem


def answer(
    request: Request,
    refusal: Refusal,
    *,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The response that says no."""
    exchange = exchange_of(request.scope)
    exchange.problem = refusal.slug
    status = status_of(refusal)
    body = describe(refusal, request.scope["path"][:INSTANCE_LIMIT], exchange.correlation_id, errors)
    return Response(orjson.dumps(body), status, {**_headers(refusal, status), **(headers or {})}, media_type=MEDIA_TYPE)


def _headers(refusal: Refusal, status: int) -> dict[str, str]:
    headers = {"Cache-Control": "no-store"}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer error="invalid_token"' if refusal.slug == "token-invalid" else "Bearer"
    elif status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_SECONDS)
    return headers


def field_errors(errors: Iterable[Mapping[str, Any]]) -> list[FieldError]:
    """Validation errors in our one shape: which field, which rule, in words; never the value."""
    found = []
    for error in errors:
        where = [str(part) for part in error["loc"]]
        path = where[1:] if where[0] in ("body", "query", "path", "header", "cookie") else where
        found.append(
            FieldError(
                field=(".".join(path) or "body")[:FIELD_LIMIT],
                rule=str(error["type"]).replace("_", "-"),
                message=str(error["msg"]).removeprefix("Value error, ")[:300],
            )
        )
        if len(found) == ERRORS_LIMIT:
            break
    return found


async def _on_refusal(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)  # noqa: S101 - for the type checker: registered for Refusal
    return answer(request, refusal)


async def _on_store_error(request: Request, error: Exception) -> Response:
    # Only this error's text is ours to show: that of a duplicate key holds the key, which may be a person's.
    reason = str(error) if isinstance(error, StoreUnavailable) else type(error).__name__
    log.warning("the store did not answer", reason=reason)
    return answer(request, OutcomeUnknown() if isinstance(error, CommitUnknown) else Unavailable())


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - for the type checker
    errors = field_errors(error.errors())
    detail = f"{len(errors)} of the fields break{'s' if len(errors) == 1 else ''} a rule: see errors."
    return answer(request, RequestInvalid(detail), errors=errors)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)  # noqa: S101 - for the type checker
    return answer(request, _refusal_behind(error), headers=error.headers)


def _refusal_behind(error: StarletteHTTPException) -> Refusal:
    """What the framework meant: it wraps what was raised while a body was read, and has two answers of its own."""
    cause = error.__cause__
    if isinstance(cause, Refusal):
        return cause
    if isinstance(cause, ClientDisconnect):
        return BodyIncomplete()
    if error.status_code == HTTPStatus.NOT_FOUND:
        return RouteMissing()
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return MethodNotSupported()
    if error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return BodyMalformed()
    return Failure()


def install(app: FastAPI) -> None:
    """Answer every refusal of this app with a problem."""
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(StoreError, _on_store_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(StarletteHTTPException, _on_http_exception)
    app.add_exception_handler(HTTPException, _on_http_exception)


def example(refusal: type[Refusal]) -> dict[str, object]:
    """A problem of this type as a client would see it."""
    instance = "/api/…"
    errors = [FieldError(field="delegates.0.name", rule="missing", message="Field required")]
    shown = errors if refusal is RequestInvalid else ()
    return describe(refusal(), instance, "0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d12", shown)


def problems(*refusals: type[Refusal]) -> dict[int | str, dict[str, Any]]:
    """What FastAPI's `responses=` takes: the refusals of an operation by status, each with an example."""
    responses: dict[int | str, dict[str, Any]] = {}
    for refusal in refusals:
        status = status_of(refusal)
        response = responses.setdefault(
            status,
            {
                "description": "",
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}},
            },
        )
        response["content"][MEDIA_TYPE]["examples"][refusal.slug] = {
            "summary": refusal.title,
            "value": example(refusal),
        }
        titles = [shown["summary"] for shown in response["content"][MEDIA_TYPE]["examples"].values()]
        response["description"] = " ".join(titles)
    return responses
