"""Every day and time that a request may say is bounded, in every service: periods are added to them later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import iter_route_contexts
from pydantic import AwareDatetime, BaseModel, TypeAdapter, ValidationError

from services.gateway.description import all_services
from shared.http.problems import field_errors
from shared.http.requests import RequestModel

DATES = ("date", "datetime")


def asked() -> Iterator[tuple[str, Any]]:
    """Every parameter and body of every operation, with its name and what it is to be."""
    for service in all_services():
        for context in iter_route_contexts(service.router.routes):
            dependant = getattr(context, "dependant", None)
            if not isinstance(dependant, Dependant) or context.endpoint is None:
                continue
            for field in (*get_flat_params(dependant), context.body_field):
                if field is not None:
                    yield f"{context.endpoint.__name__}.{field.name}", field.field_info


def date_schemas(schema: object) -> Iterator[dict[str, Any]]:
    """The parts of a schema that take a day or a time."""
    if isinstance(schema, dict):
        if schema.get("type") in DATES:
            yield schema
        for part in schema.values():
            yield from date_schemas(part)
    elif isinstance(schema, list | tuple):
        for part in schema:
            yield from date_schemas(part)


def test_no_request_takes_an_unbounded_day_or_time() -> None:
    found = {name: date_schemas(TypeAdapter(info.annotation).core_schema) for name, info in asked()}
    dates = [(name, schema) for name, schemas in found.items() for schema in schemas]
    assert len(dates) > 20
    assert [name for name, schema in dates if "ge" not in schema or "lt" not in schema] == []


class Stay(BaseModel):
    """What nobody has bounded."""

    on: date


class Visit(RequestModel):
    on: date | None = None
    days: tuple[date, ...] = ()
    at: AwareDatetime | None = None


def test_a_model_of_another_base_would_be_found() -> None:
    assert [schema for schema in date_schemas(TypeAdapter(Stay).core_schema) if "ge" not in schema]


@pytest.mark.parametrize(
    ("body", "field", "rule"),
    [
        ({"on": "9999-12-31"}, "on", "less-than"),
        ({"on": "0001-01-01"}, "on", "greater-than-equal"),
        ({"days": ["2027-01-01", "2100-01-01"]}, "days.1", "less-than"),
        ({"at": "9999-12-31T23:59:59-01:00"}, "at", "less-than"),
        ({"at": "0001-01-01T00:00:00+01:00"}, "at", "greater-than-equal"),
    ],
)
def test_a_day_out_of_bounds_is_named_with_the_rule(body: dict[str, Any], field: str, rule: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Visit.model_validate(body)
    (error,) = field_errors([dict(one) for one in refused.value.errors()])
    assert (error.field, error.rule) == (field, rule)


def test_days_within_the_bounds_are_taken() -> None:
    body = {"on": "2000-01-01", "days": ["2099-12-31"], "at": "2099-12-31T23:59:59Z"}
    assert Visit.model_validate(body).days == (date(2099, 12, 31),)
