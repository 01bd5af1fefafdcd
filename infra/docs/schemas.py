"""The JSON schema of an event's body, as other systems would want it: self-contained, with every field explained."""

from __future__ import annotations

from typing import Any

from shared.contracts.event import Event
from shared.contracts.words import meaning

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(event: type[Event]) -> Schema:
    """The schema of the body, without references; its title is the event's type."""
    raw = event.model_json_schema(mode="validation")
    plain: Schema = _inline(raw, raw.get("$defs", {}))
    properties = {
        name: {"description": meaning(event, name) or "", **value} for name, value in plain["properties"].items()
    }
    return {
        "$schema": DIALECT,
        "title": event.type,
        "description": first_paragraphs(event),
        "type": "object",
        "properties": properties,
        "required": plain.get("required", []),
        **{key: value for key, value in plain.items() if key not in _REPLACED},
    }


_REPLACED = {"$defs", "title", "description", "type", "properties", "required"}


def first_paragraphs(event: type[Event]) -> str:
    """The event's docstring with its lines joined; paragraphs stay apart."""
    paragraphs = (event.__doc__ or "").strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _inline(value: Any, definitions: dict[str, Any]) -> Any:
    """Put definitions where they are referred to, and leave out the titles that were only made from field names."""
    if isinstance(value, list):
        return [_inline(item, definitions) for item in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        target = definitions[value["$ref"].rpartition("/")[2]]
        return _inline({**target, **{key: item for key, item in value.items() if key != "$ref"}}, definitions)
    return {
        key: {name: _inline(item, definitions) for name, item in inner.items()}
        if key == "properties"
        else _inline(inner, definitions)
        for key, inner in value.items()
        if not (key == "title" and isinstance(inner, str))
    }
