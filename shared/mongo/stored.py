"""How documents are kept in the store: their BSON, and the names of their fields there."""

from __future__ import annotations

from datetime import UTC, date
from typing import Any, TypeVar

from bson.codec_options import CodecOptions, TypeRegistry

from shared.database import Filter
from shared.decision import Document

D = TypeVar("D", bound=Document)
Stored = dict[str, Any]


def _as_text(value: object) -> object:
    """Dates without a time are kept as ISO text: BSON has no type for them."""
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be stored")


CODEC: CodecOptions[dict[str, Any]] = CodecOptions(
    tz_aware=True, tzinfo=UTC, type_registry=TypeRegistry(fallback_encoder=_as_text)
)


def to_stored(document: Document) -> dict[str, Any]:
    """A document as the store keeps it: `id` becomes `_id`."""
    stored = document.model_dump(mode="python")
    stored["_id"] = stored.pop("id")
    return stored


def from_stored(kind: type[D], stored: dict[str, Any]) -> D:
    """A stored document as its model."""
    stored["id"] = stored.pop("_id")
    return kind.model_validate(stored)


def stored_field(field: str) -> str:
    """A field's name in the store: `id` is kept as `_id`."""
    return "_id" if field == "id" else field


def stored_filter(where: Filter) -> dict[str, Any]:
    """A filter in the store's field names."""
    return {
        stored_field(field): [stored_filter(part) for part in value] if field in ("$and", "$or") else value
        for field, value in where.items()
    }
