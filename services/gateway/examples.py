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
