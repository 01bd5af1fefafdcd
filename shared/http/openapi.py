"""The description of a service's API (OpenAPI 3.1), made from the code without starting anything.

Beyond what the framework knows, every operation says which roles it is for, which headers it needs, and with which
problems it answers, each with an example. `shortcomings` names what a description still lacks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from starlette.responses import JSONResponse

from shared.definition import Service
from shared.http.bodies import JSON_RULE, rule_of
from shared.http.principal import BearerToken, Requirement, TokenInvalid, TokenMissing, signed_in
from shared.http.problems import (
    MEDIA_TYPE,
    AddressMalformed,
    BodyMalformed,
    BodyTooLarge,
    ContentTypeUnsupported,
    FieldError,
    Problem,
    RequestInvalid,
    problems,
)
from shared.http.rate_limit import TooManyRequests
from shared.http.versions import IfMatchMalformed
from shared.http.working import IdempotencyKeyMalformed, IdempotencyKeyMissing, http_work
from shared.refusals import (
    IdempotencyKeyReused,
    NotAllowed,
    OutcomeUnknown,
    Refusal,
    Unavailable,
    VersionMismatch,
)

VERSION: Final = "1.0.0"
_METHODS = frozenset({"get", "put", "post", "delete", "patch"})
_HEADERS: Final[dict[str, dict[str, Any]]] = {
    "Idempotency-Key": {"maxLength": 255, "pattern": "^[!#-~]([ !#-~]*[!#-~])?$"},
    "If-Match": {"pattern": r'^(\*|(W/)?"[0-9]{1,15}")$'},
}
"""What the headers of a write look like, in the form that clients should send."""

_FRAMEWORK_SCHEMAS = ("HTTPValidationError", "ValidationError")

Document = dict[str, Any]


def describe(service: Service) -> Document:
    """The OpenAPI document of a service."""
    app = FastAPI(title=service.name)
    app.include_router(service.router)
    return document_of(app, service)


def document_of(app: FastAPI, service: Service) -> Document:
    """The OpenAPI document of an application that serves this service's operations."""
    document = get_openapi(
        title=f"STEM partnerships: {service.name}", version=VERSION, summary=service.summary, routes=app.routes
    )
    for context in iter_route_contexts(app.routes):
        dependant = getattr(context, "dependant", None)
        if dependant is None or not context.path_format or not getattr(context, "include_in_schema", False):
            continue
        for method in context.methods or ():
            operation = document["paths"].get(context.path_format, {}).get(method.lower())
            if operation is not None:
                _complete(operation, method, service, context.endpoint, dependant)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in _FRAMEWORK_SCHEMAS:
        schemas.pop(name, None)
    schemas["FieldError"] = FieldError.model_json_schema()
    schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas["Problem"].pop("$defs", None)
    document["components"].setdefault("securitySchemes", {})[signed_in.scheme_name] = {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": signed_in.model.description,
    }
    return document


def description_router(app: FastAPI, service: Service) -> APIRouter:
    """GET /openapi.json: the description of what this application serves, made when it is first asked for."""
    router = APIRouter(include_in_schema=False)
    document: Document = {}

    @router.get("/openapi.json")
    async def openapi() -> JSONResponse:
        """The description."""
        if not document:
            document.update(document_of(app, service))
        return JSONResponse(document)

    return router


def _complete(operation: Document, method: str, service: Service, endpoint: Any, dependant: Dependant) -> None:
    calls = [found.call for found in _all(dependant)]
    operation["operationId"] = getattr(endpoint, "__name__", operation["operationId"])
    operation.setdefault("tags", [service.name])
    roles = sorted({role for call in calls if isinstance(call, Requirement) for role in call.roles})
    if roles:
        operation["x-roles"] = roles
        told = operation.get("description", "").strip()
        operation["description"] = f"{told}\n\nFor: {', '.join(roles)}.".strip()
    _let_anonymous_callers_in(operation, calls)
    _name_headers(operation, method)
    _name_body(operation, endpoint)
    _name_problems(operation, _usual_refusals(operation, method, calls))


def _all(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for needed in dependant.dependencies:
        yield from _all(needed)


def _let_anonymous_callers_in(operation: Document, calls: list[Any]) -> None:
    """Where a token is welcome but not needed, an empty requirement says so."""
    tokens = [call for call in calls if isinstance(call, BearerToken)]
    if tokens and all(token.optional for token in tokens):
        operation["security"] = [*operation["security"], {}]


def _name_headers(operation: Document, method: str) -> None:
    """Idempotency-Key is for writing, and a POST needs it; If-Match is for writing."""
    kept = []
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "header" and parameter["name"] in ("Idempotency-Key", "If-Match"):
            if method == "GET":
                continue
            if parameter["name"] == "Idempotency-Key" and method == "POST":
                parameter["required"] = True
            parameter["schema"] = {"type": "string", "title": parameter["name"], **_HEADERS[parameter["name"]]}
            parameter["example"] = '"7"' if parameter["name"] == "If-Match" else "0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d12"
        kept.append(parameter)
    if kept:
        operation["parameters"] = kept
    else:
        operation.pop("parameters", None)


def _name_body(operation: Document, endpoint: object) -> None:
    rule = rule_of(endpoint)
    if rule is not JSON_RULE and "requestBody" not in operation:
        content = {content_type: {"schema": {"type": "string"}} for content_type in rule.content_types}
        operation["requestBody"] = {"required": True, "content": content}


def _usual_refusals(operation: Document, method: str, calls: list[Any]) -> list[type[Refusal]]:
    """What any operation of this shape may be refused with."""
    usual: list[type[Refusal]] = [AddressMalformed, TooManyRequests, Unavailable]
    tokens = [call for call in calls if isinstance(call, BearerToken)]
    if tokens:
        usual += [TokenInvalid] if all(token.optional for token in tokens) else [TokenMissing, TokenInvalid]
    if any(isinstance(call, Requirement) for call in calls):
        usual.append(NotAllowed)
    if http_work in calls and method != "GET":
        usual += [IdempotencyKeyMalformed, IdempotencyKeyReused, IfMatchMalformed, VersionMismatch, OutcomeUnknown]
        if method == "POST":
            usual.append(IdempotencyKeyMissing)
    if "requestBody" in operation:
        usual += [BodyMalformed, BodyTooLarge, ContentTypeUnsupported]
    if "requestBody" in operation or "parameters" in operation:
        usual.append(RequestInvalid)
    return usual


def _name_problems(operation: Document, usual: list[type[Refusal]]) -> None:
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422", "")):
        del responses["422"]
    for status, ours in problems(*usual).items():
        declared = responses.setdefault(str(status), ours)
        if declared is ours:
            continue
        for media_type, content in ours["content"].items():
            examples = declared.setdefault("content", {}).setdefault(media_type, content).setdefault("examples", {})
            examples.update({name: shown for name, shown in content["examples"].items() if name not in examples})
        titles = [shown["summary"] for shown in declared["content"][media_type]["examples"].values()]
        declared["description"] = " ".join(titles)


def shortcomings(document: Document) -> list[str]:
    """What the description of an API lacks, one sentence each; [] when it is complete."""
    found: list[str] = []
    names: set[str] = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method not in _METHODS:
                continue
            where = f"{method.upper()} {path}"
            if operation["operationId"] in names:
                found.append(f"{where}: its operationId {operation['operationId']} is taken")
            names.add(operation["operationId"])
            found += [f"{where}: {lack}" for lack in _lacks(operation)]
    schemas = document["components"]["schemas"]
    for name in sorted(set(_models_of(document))):
        found += [f"{name}: {lack}" for lack in _schema_lacks(schemas, name)]
    return found


def _models_of(document: Document) -> Iterator[str]:
    """The models that operations take and give, without the parts that these are made of."""
    for operations in document["paths"].values():
        for operation in operations.values():
            for message in (operation.get("requestBody", {}), *operation["responses"].values()):
                for media_type, content in message.get("content", {}).items():
                    if media_type != MEDIA_TYPE:
                        yield from _named_in(content.get("schema", {}))


def _named_in(schema: Document) -> Iterator[str]:
    """The models a schema names itself: alone, as a choice, or as the parts of a list."""
    if "$ref" in schema:
        yield str(schema["$ref"]).rpartition("/")[2]
    for branch in (
        *schema.get("anyOf", ()),
        *schema.get("oneOf", ()),
        *([schema["items"]] if "items" in schema else ()),
    ):
        yield from _named_in(branch)


def _lacks(operation: Document) -> Iterator[str]:
    if not operation.get("summary"):
        yield "no summary"
    if not any(status.startswith("4") for status in operation["responses"]):
        yield "no problem is documented"
    for parameter in operation.get("parameters", ()):
        yield from (f"parameter {parameter['name']} {lack}" for lack in _unbounded(parameter["schema"]))


def _unbounded(schema: Document) -> Iterator[str]:
    for branch in schema.get("anyOf", [schema]):
        if branch.get("type") == "integer" and not {"maximum", "exclusiveMaximum"} & branch.keys():
            yield "has no largest value"
        if branch.get("type") == "integer" and not {"minimum", "exclusiveMinimum"} & branch.keys():
            yield "has no smallest value"


_TELLS_ITSELF = frozenset({"examples", "example", "const", "enum", "default", "format"})


def _schema_lacks(schemas: Document, name: str) -> Iterator[str]:
    """A model shows an example of itself, or of each of its fields."""
    schema = schemas[name]
    if schema.keys() & {"examples", "example"}:
        return
    for field, shown in schema.get("properties", {}).items():
        parts = list(_named_in(shown))
        for part in parts:
            yield from _schema_lacks(schemas, part)
        if not parts and not shown.keys() & _TELLS_ITSELF:
            yield f"neither it nor its field {field} shows an example"
