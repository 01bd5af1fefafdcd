"""A change that some reader could not live with is found and named; one that every reader survives is not."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import AwareDatetime, BaseModel, Field, create_model

from infra.docs.breaks import BOTH, MEANING, OLD_BODIES, OLD_READERS, Break, breaks
from infra.docs.schemas import schema_of
from shared.contracts.event import Event

TYPE = "letters.posted.v1"


class Letter(Event):
    type: ClassVar[str] = TYPE
    aggregate: ClassVar[str] = "letters/{letter_id}"


class Address(BaseModel):
    street: str


class AddressWithTown(BaseModel):
    street: str
    town: str


class AddressMaybeWithTown(BaseModel):
    street: str
    town: str | None = None


def differences(before: dict[str, Any], after: dict[str, Any]) -> tuple[Break, ...]:
    """The breaks between two versions of an event, each given as field → annotation or (annotation, default)."""
    old, new = (
        schema_of(create_model("Posted", __base__=Letter, **definitions))
        for definitions in (_definitions(before), _definitions(after))
    )
    return breaks(TYPE, old, new)


def _definitions(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: kind if isinstance(kind, tuple) else (kind, ...) for name, kind in fields.items()}


def test_an_unchanged_contract_is_not_broken() -> None:
    fields = {"a": str, "b": int | None, "c": tuple[str, ...], "d": (Literal["x", "y"], "x"), "e": Address}

    assert differences(fields, fields) == ()


@pytest.mark.parametrize(
    "after",
    [
        pytest.param({"a": str, "b": (int | None, None)}, id="a new optional field"),
        pytest.param({"a": (str, "")}, id="a required field becomes optional"),
        pytest.param({"a": Annotated[str, Field(description="said better")]}, id="other words"),
    ],
)
def test_what_every_reader_survives_keeps_the_version(after: dict[str, Any]) -> None:
    assert differences({"a": str}, after) == ()


@pytest.mark.parametrize(
    ("before", "after", "field", "what", "hurts"),
    [
        pytest.param({"a": str, "b": str}, {"a": str}, "b", "is gone", "readers may rely on it", id="removed"),
        pytest.param({"a": (str, "")}, {}, "a", "is gone", "readers may rely on it", id="optional removed"),
        pytest.param({}, {"a": str}, "a", "is new and required", OLD_BODIES, id="new required"),
        pytest.param({"a": (str, "")}, {"a": str}, "a", "becomes required", OLD_BODIES, id="required now"),
        pytest.param({"a": (int, 1)}, {"a": (int, 2)}, "a", "gets another default", MEANING, id="other default"),
        pytest.param({"a": str}, {"a": int}, "a", "changes from string to integer", BOTH, id="other type"),
        pytest.param({"a": int}, {"a": float}, "a", "changes from integer to number", BOTH, id="whole to broken"),
        pytest.param({"a": str}, {"a": AwareDatetime}, "a", "changes from string to string", BOTH, id="other format"),
        pytest.param(
            {"a": str}, {"a": Annotated[str, Field(max_length=3)]}, "a", "changes from string", BOTH, id="new limit"
        ),
        pytest.param({"a": str | None}, {"a": str}, "a", "no longer allows null", OLD_BODIES, id="null gone"),
        pytest.param({"a": str}, {"a": str | None}, "a", "newly allows null", OLD_READERS, id="null allowed"),
        pytest.param({"a": str | int}, {"a": str}, "a", "no longer allows integer", OLD_BODIES, id="union narrower"),
        pytest.param(
            {"a": Literal["x", "y"]}, {"a": Literal["x"]}, "a", 'no longer allows "y"', OLD_BODIES, id="enum narrower"
        ),
        pytest.param(
            {"a": Literal["x"]}, {"a": Literal["x", "y"]}, "a", 'newly allows "y"', OLD_READERS, id="enum wider"
        ),
        pytest.param({"a": Literal["x", "y"]}, {"a": str}, "a", "changes from", BOTH, id="enum to text"),
        pytest.param(
            {"a": tuple[str, ...]}, {"a": tuple[int, ...]}, "a[]", "changes from string", BOTH, id="other items"
        ),
        pytest.param({"a": tuple[str, ...]}, {"a": str}, "a", "changes from array", BOTH, id="list to one"),
        pytest.param({"a": Address}, {"a": AddressWithTown}, "a.town", "is new and required", OLD_BODIES, id="nested"),
        pytest.param(
            {"a": tuple[AddressWithTown, ...]}, {"a": tuple[Address, ...]}, "a[].town", "is gone", "", id="in a list"
        ),
        pytest.param({"a": dict[str, int]}, {"a": dict[str, str]}, "a.*", "changes from integer", BOTH, id="in a map"),
    ],
)
def test_a_break_is_named_with_its_field_and_whom_it_hurts(
    before: dict[str, Any], after: dict[str, Any], field: str, what: str, hurts: str
) -> None:
    (found,) = differences(before, after)

    assert (found.event, found.field) == (TYPE, field)
    assert found.what.startswith(what)
    assert found.hurts.startswith(hurts)


def test_a_new_optional_field_inside_a_field_keeps_the_version() -> None:
    assert differences({"a": Address}, {"a": AddressMaybeWithTown}) == ()


def test_every_break_of_an_event_is_reported_not_just_the_first() -> None:
    found = differences({"a": str, "b": str}, {"b": int, "c": str})

    assert [one.field for one in found] == ["a", "c", "b"]


def test_a_renamed_field_is_a_loss_and_a_demand() -> None:
    found = differences({"urn": str}, {"school_urn": str})

    assert [(one.field, one.what) for one in found] == [("urn", "is gone"), ("school_urn", "is new and required")]


def test_a_break_says_what_to_do_instead() -> None:
    (found,) = differences({}, {"a": str})

    assert str(found) == (
        "letters.posted.v1: a is new and required: events already on the topic could not be read any more. "
        "Leave letters.posted.v1 as it was, add letters.posted.v2 beside it in shared/contracts/letters.py, "
        "and lift the old one in that file's UPCASTERS."
    )
