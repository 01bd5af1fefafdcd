"""One description of the whole API (OpenAPI 3.1), merged from what each service says of itself.

Services are found by walking services/*/app.py and described from their code: none of them has to run. What the merged
document adds is a single way to sign in, one tag a service, and an example for every answer. Two services that claim
the same operation are refused; models that share a name without being the same get their service's name in front.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final, cast

import services
from services.gateway.examples import Examples
from shared.http.openapi import VERSION, describe
from shared.service import Service

Document = dict[str, Any]

REF: Final = "#/components/schemas/"
METHODS: Final = frozenset({"get", "put", "post", "delete", "patch"})
TITLE: Final = "STEM partnerships"
SUMMARY: Final = "Bookings and placements in STEM education: schools, partnerships, funds, courses."
TEXT: Final = """\
Everything here is one API, whichever service answers.

**Begin** with *Authorize*: sign in with an e-mail address and password, or with an API client's id and secret.
By hand it is `POST /oauth/token`; send the token as `Authorization: Bearer …`. It lasts 15 minutes.

**Habits**, the same everywhere:

- A `POST` carries an `Idempotency-Key` of your making. Repeat it with the same key after a time-out: it happens once.
- Objects have an `ETag`. Send it in `If-Match` to change only what you have seen; otherwise 412.
- Lists come in pages: follow `next`, or the `Link` header.
- What is refused is a [problem](/problems): switch on its `type`, show its `detail`.
- Money is in pence, times are in UTC, unknown fields and parameters are refused.
- Quote `X-Request-ID` when something looks wrong: it names the request in every log it touched.
"""
SIGN_IN: Final[Document] = {
    "type": "oauth2",
    "description": "People sign in with an e-mail address and password, programs with an API client's id and secret.",
    "flows": {
        "password": {"tokenUrl": "/oauth/token", "refreshUrl": "/oauth/token", "scopes": {}},
        "clientCredentials": {"tokenUrl": "/oauth/token", "scopes": {}},
    },
}
_MAKING: Final = threading.Lock()


class DescriptionConflict(Exception):
    """Two services claim the same operation, or name two operations alike."""


def all_services() -> tuple[Service, ...]:
    """Every service of this code, in alphabetical order."""
    apps = sorted(path for root in services.__path__ for path in Path(root).glob("*/app.py"))
    return tuple(cast("Service", import_module(f"services.{app.parent.name}.app").SERVICE) for app in apps)


def whole_api() -> Document:
    """The description of every service's API, made once. Takes a second or two: not for the event loop."""
    with _MAKING:
        return _whole_api()


@cache
def _whole_api() -> Document:
    return merged(all_services())


def merged(parts: Iterable[Service]) -> Document:
    """One document of several services' documents. Raises DescriptionConflict."""
    described = {service.name: describe(service) for service in parts}
    schemas = _joined_schemas(described)
    document: Document = {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": VERSION, "summary": SUMMARY, "description": TEXT},
        "tags": [{"name": name, "description": part["info"]["summary"]} for name, part in described.items()],
        "paths": _joined_paths(described),
        "components": {"schemas": schemas, "securitySchemes": _security_schemes(described)},
    }
    examples = Examples(schemas)
    for schema in schemas.values():
        _show_an_example(schema, examples)
    for operation in operations(document):
        _let_people_sign_in(operation)
        _leave_conditions_open(operation)
        _give_examples(operation, examples)
    return document


def operations(document: Document) -> Iterator[Document]:
    """Every operation of a document."""
    for path in document["paths"].values():
        yield from (operation for method, operation in path.items() if method in METHODS)


def _joined_paths(described: Mapping[str, Document]) -> Document:
    paths: Document = {}
    names: dict[str, str] = {}
    for service, document in described.items():
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                where = f"{method.upper()} {path}"
                if method in paths.setdefault(path, {}):
                    raise DescriptionConflict(f"{service} is not the only service with {where}")
                taken = names.setdefault(operation["operationId"], where)
                if taken != where:
                    raise DescriptionConflict(f"{where} and {taken} are both called {operation['operationId']}")
                paths[path][method] = {**operation, "tags": [service]}
    return dict(sorted(paths.items()))


def _joined_schemas(described: Mapping[str, Document]) -> Document:
    """The schemas of all; the documents are changed where a name means different things."""
    ambiguous = _ambiguous_names(described)
    schemas: Document = {}
    for service, document in described.items():
        renamed = {name: f"{service.capitalize()}{name}" for name in ambiguous if name in _schemas_of(document)}
        _rename_references(document, renamed)
        for name, schema in _schemas_of(document).items():
            schemas[renamed.get(name, name)] = schema
    return dict(sorted(schemas.items()))


def _ambiguous_names(described: Mapping[str, Document]) -> frozenset[str]:
    """Names that mean different things in different services, by themselves or by what they refer to."""
    known: Document = {}
    ambiguous: set[str] = set()
    for document in described.values():
        for name, schema in _schemas_of(document).items():
            if known.setdefault(name, schema) != schema:
                ambiguous.add(name)
    while spreading := {
        name
        for document in described.values()
        for name, schema in _schemas_of(document).items()
        if name not in ambiguous and ambiguous & set(_references(schema))
    }:
        ambiguous |= spreading
    return frozenset(ambiguous)


def _schemas_of(document: Document) -> Document:
    schemas: Document = document["components"]["schemas"]
    return schemas


def _references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            yield reference.removeprefix(REF)
        for part in node.values():
            yield from _references(part)
    elif isinstance(node, list):
        for part in node:
            yield from _references(part)


def _rename_references(node: object, renamed: Mapping[str, str]) -> None:
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str) and reference.removeprefix(REF) in renamed:
            node["$ref"] = REF + renamed[reference.removeprefix(REF)]
        for part in node.values():
            _rename_references(part, renamed)
    elif isinstance(node, list):
        for part in node:
            _rename_references(part, renamed)


def _security_schemes(described: Mapping[str, Document]) -> Document:
    schemes: Document = {"signIn": SIGN_IN}
    for document in described.values():
        schemes.update(document["components"].get("securitySchemes", {}))
    return schemes


def _let_people_sign_in(operation: Document) -> None:
    """Wherever a bearer token is wanted, signing in on the page gives one."""
    wanted = operation.get("security")
    if wanted and not any("signIn" in scheme for scheme in wanted):
        operation["security"] = [{"signIn": []}, *wanted]


def _leave_conditions_open(operation: Document) -> None:
    """A page fills in what a parameter shows: a made-up ETag would make every first try fail with 412."""
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == "If-Match" and "example" in parameter:
            shown = parameter.pop("example")
            parameter["description"] = f"{parameter.get('description', '')} For instance `{shown}`.".strip()


def _show_an_example(schema: Document, examples: Examples) -> None:
    """A model's own examples, whole; made from its parts where it has none."""
    if schema.get("type") == "object":
        shown = schema.get("examples") or [examples.of(schema)]
        schema["examples"] = [examples.completed(example, schema) for example in shown]


def _give_examples(operation: Document, examples: Examples) -> None:
    """An example for each answer that shows none of its own."""
    for response in operation["responses"].values():
        for content in response.get("content", {}).values():
            if "examples" not in content and "example" not in content and "schema" in content:
                content["example"] = examples.of(content["schema"])
