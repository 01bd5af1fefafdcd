"""The base of everything that comes in and goes out as JSON.

What comes in is taken literally: unknown fields are refused, numbers and booleans must be numbers and booleans, text is
stripped, and control characters are refused (line ends and tabs may stand in text). Every text has a limit of
4,000 characters where its field does not say a lower one. Days and times lie in the years 2000 to 2099, so that periods
can be added to them and zones applied. Validation errors never repeat what was sent.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, field_validator
from pydantic_core import CoreSchema, PydanticCustomError

TEXT_LIMIT = 4000
_ALLOWED_CONTROLS = frozenset("\n\r\t")
_LITERAL = frozenset({"int", "float", "bool"})
_FIRST_DAY: Final = date(2000, 1, 1)
_AFTER_LAST_DAY: Final = date(2100, 1, 1)
_BOUNDS: Final[dict[str, dict[str, date]]] = {
    "date": {"ge": _FIRST_DAY, "lt": _AFTER_LAST_DAY},
    "datetime": {"ge": datetime(2000, 1, 1, tzinfo=UTC), "lt": datetime(2100, 1, 1, tzinfo=UTC)},
}

Day = Annotated[date, Field(ge=_FIRST_DAY, lt=_AFTER_LAST_DAY)]
"""A day in a query. In a JSON body every date and datetime has these bounds without being asked."""


def _refuse_control_characters(value: object) -> None:
    if isinstance(value, str):
        if not value.isprintable() and any(
            unicodedata.category(character) == "Cc" and character not in _ALLOWED_CONTROLS for character in value
        ):
            raise PydanticCustomError("control_characters", "Text may not hold control characters")
    elif isinstance(value, list | tuple | set | frozenset):
        for part in value:
            _refuse_control_characters(part)
    elif isinstance(value, dict):
        for key, part in value.items():
            _refuse_control_characters(key)
            _refuse_control_characters(part)


def _tighten(schema: Any) -> None:
    if isinstance(schema, dict):
        if schema.get("type") in _LITERAL:
            schema["strict"] = True
        for bound, value in _BOUNDS.get(schema.get("type", ""), {}).items():
            schema.setdefault(bound, value)
        for part in schema.values():
            _tighten(part)
    elif isinstance(schema, list):
        for part in schema:
            _tighten(part)


class _Incoming(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        str_strip_whitespace=True,
        str_max_length=TEXT_LIMIT,
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )

    @field_validator("*", mode="after")
    @classmethod
    def _printable(cls, value: Any) -> Any:
        _refuse_control_characters(value)
        return value


class RequestModel(_Incoming):
    """A JSON body, or a part of one. "5" is not a number here, and 1 is not true."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[BaseModel], handler: GetCoreSchemaHandler) -> CoreSchema:
        """Make numbers and booleans literal, which dates and enumerations must not be, and bound dates and times."""
        schema = handler(source)
        _tighten(schema)
        return schema


class QueryModel(_Incoming):
    """A set of query parameters, which are always text: "5" is a number here."""


class ResponseModel(BaseModel):
    """A JSON answer, or a part of one."""

    model_config = ConfigDict(frozen=True, extra="forbid")
