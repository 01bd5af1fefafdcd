"""Examples of JSON schemas: what a schema shows of itself, and where it shows nothing, what its parts show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

REF: Final = "#/components/schemas/"
DEPTH: Final = 12
BY_FORMAT: Final[Mapping[str, str]] = {
    "date-time": "2026-09-07T08:30:00Z",
    "date": "2026-09-07",
    "uuid": "0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d12",
    "uri": "https://stem.example/",
    "binary": "",
}
BY_TYPE: Final[Mapping[str, object]] = {"string": "text", "boolean": True, "null": None}


class Examples:
    """Makes examples of schemas that refer to `schemas` by name."""

    def __init__(self, schemas: Mapping[str, Schema]) -> None:
        self._schemas = schemas

    def of(self, schema: Schema, depth: int = DEPTH) -> Any:
        """A value that the schema describes; its own example if it has one."""
        if depth == 0:
            return None
        if "$ref" in schema:
            return self.of(self._schemas[schema["$ref"].removeprefix(REF)], depth - 1)
        for own in ("examples", "enum"):
            if schema.get(own):
                return schema[own][0]
        for own in ("example", "const", "default"):
            if own in schema:
                return schema[own]
        return self._made(schema, depth - 1)

    def completed(self, value: Any, schema: Schema) -> Any:
        """The value with null wherever a member is required, may be null, and is not there.

        The framework drops every null from a description, those inside examples too.
        """
        if "$ref" in schema:
            return self.completed(value, self._schemas[schema["$ref"].removeprefix(REF)])
        if isinstance(value, list):
            return [self.completed(part, schema.get("items", {})) for part in value]
        if not isinstance(value, dict):
            return value
        for choice in schema.get("anyOf", schema.get("oneOf", ())):
            value = self.completed(value, choice) if _describes(choice, value, self._schemas) else value
        properties: Mapping[str, Schema] = schema.get("properties", {})
        whole = {name: self.completed(part, properties.get(name, {})) for name, part in value.items()}
        absent = [name for name in schema.get("required", ()) if name not in whole]
        return {**whole, **{name: None for name in absent if _may_be_null(properties[name])}}

    def _made(self, schema: Schema, depth: int) -> Any:
        if "allOf" in schema:
            return self._joined([self.of(part, depth) for part in schema["allOf"]])
        for choice in ("anyOf", "oneOf"):
            if choice in schema:
                return self.of(schema[choice][0], depth)
        kind = schema.get("type")
        if kind == "object" or "properties" in schema:
            return {name: self.of(part, depth) for name, part in schema.get("properties", {}).items()}
        if kind == "array":
            return self._array(schema, depth)
        if kind in ("integer", "number"):
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        return BY_FORMAT.get(str(schema.get("format")), BY_TYPE.get(str(kind)))

    def _array(self, schema: Schema, depth: int) -> list[Any]:
        if "prefixItems" in schema:
            return [self.of(part, depth) for part in schema["prefixItems"]]
        return [self.of(schema["items"], depth)] if "items" in schema else []

    @staticmethod
    def _joined(parts: list[Any]) -> Any:
        if all(isinstance(part, dict) for part in parts):
            return {name: value for part in parts for name, value in part.items()}
        return parts[0] if parts else None


def _may_be_null(schema: Schema) -> bool:
    return any(choice.get("type") == "null" for choice in (schema, *schema.get("anyOf", ())))


def _describes(schema: Schema, value: Mapping[str, Any], schemas: Mapping[str, Schema]) -> bool:
    """Whether a choice is about objects with these members: of several, the one that knows them all."""
    if "$ref" in schema:
        return _describes(schemas[schema["$ref"].removeprefix(REF)], value, schemas)
    return value.keys() <= schema.get("properties", {}).keys() and all(
        value.get(name) == part["const"] for name, part in schema["properties"].items() if "const" in part
    )
