"""Every event is in the catalogue, with an example, a schema and a meaning; every body is read or refused clearly."""

from __future__ import annotations

import importlib
import json
import pkgutil
import string
from typing import Any

import jsonschema
import pytest

import shared.contracts
from infra.docs.documents import broken, examples, published
from infra.docs.schemas import schema_of
from shared.contracts.catalogue import EVENTS, TOPICS, UPCASTERS, VERSIONS, MalformedEvent, UnknownEvent, decode
from shared.contracts.event import Event
from shared.contracts.words import WORDS, meaning

EXAMPLES = examples()
SCHEMAS = published()
PERSONAL = {"email", "e_mail", "phone", "first_name", "last_name", "surname", "full_name", "date_of_birth", "address"}

every_version = pytest.mark.parametrize("type", sorted(VERSIONS))


def declared() -> set[type[Event]]:
    modules = [
        importlib.import_module(f"shared.contracts.{found.name}")
        for found in pkgutil.iter_modules(shared.contracts.__path__)
    ]
    return {
        thing
        for module in modules
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, Event) and hasattr(thing, "type")
    }


def test_every_declared_event_is_in_the_catalogue_or_superseded() -> None:
    assert declared() == set(VERSIONS.values())


def test_no_two_events_call_themselves_the_same() -> None:
    types = [event.type for event in declared()]

    assert sorted(types) == sorted(set(types))


@every_version
def test_an_event_is_published_on_the_topic_of_its_publisher(type: str) -> None:
    event = VERSIONS[type]

    assert type.startswith(f"{event.publisher()}.")
    assert TOPICS[event.publisher()] == f"{event.publisher()}.events"


@every_version
def test_an_event_declares_its_version_and_what_it_is_about(type: str) -> None:
    event = VERSIONS[type]
    fields = {name for _, name, _, _ in string.Formatter().parse(event.aggregate) if name}

    assert type.rpartition(".v")[2].isdecimal()
    assert fields
    assert fields <= set(event.model_fields)
    assert all(event.model_fields[field].annotation is str for field in fields)


@every_version
def test_every_field_has_a_meaning(type: str) -> None:
    event = VERSIONS[type]

    assert [field for field in event.model_fields if not meaning(event, field)] == []


def test_every_meaning_belongs_to_a_field() -> None:
    fields = {name for event in VERSIONS.values() for name in event.model_fields}
    fields |= {f"{event.__name__}.{name}" for event in VERSIONS.values() for name in event.model_fields}

    assert sorted(WORDS.keys() - fields) == []


@every_version
def test_no_event_carries_what_identifies_a_person(type: str) -> None:
    assert PERSONAL.isdisjoint(VERSIONS[type].model_fields)


def test_examples_and_schemas_are_those_of_the_versions_there_are() -> None:
    assert sorted(EXAMPLES) == sorted(VERSIONS)
    assert sorted(SCHEMAS) == sorted(VERSIONS)


@every_version
def test_an_example_is_exactly_what_is_written_on_the_topic(type: str) -> None:
    event = VERSIONS[type].model_validate(EXAMPLES[type])

    assert json.loads(event.model_dump_json()) == EXAMPLES[type]


@every_version
def test_an_example_is_read_as_the_newest_version(type: str) -> None:
    event = decode(type, json.dumps(EXAMPLES[type]).encode())

    assert event.type in EVENTS
    if type in EVENTS:
        assert event == VERSIONS[type].model_validate(EXAMPLES[type])


@every_version
def test_an_example_keeps_to_the_committed_schema(type: str) -> None:
    validator = jsonschema.Draft202012Validator(SCHEMAS[type], format_checker=jsonschema.FormatChecker())

    assert [error.message for error in validator.iter_errors(EXAMPLES[type])] == []


@every_version
def test_the_committed_schema_is_the_one_the_code_has(type: str) -> None:
    assert SCHEMAS[type] == schema_of(VERSIONS[type]), "run: stem docs"


def test_no_published_contract_is_broken() -> None:
    assert [str(one) for one in broken()] == []


def test_superseded_versions_lead_to_a_current_one() -> None:
    for type in UPCASTERS:
        assert decode(type, json.dumps(EXAMPLES[type]).encode()).type in EVENTS


def test_a_reader_ignores_fields_it_does_not_know() -> None:
    type = "courses.occurrence-opened.v1"
    body = {**EXAMPLES[type], "weather": "fine"}

    assert decode(type, json.dumps(body).encode()) == decode(type, json.dumps(EXAMPLES[type]).encode())


@pytest.mark.parametrize("type", ["courses.never-heard-of.v1", "courses.place-held.v99", "", "place-held"])
def test_an_unknown_type_is_refused_by_name(type: str) -> None:
    with pytest.raises(UnknownEvent) as refused:
        decode(type, b"{}")

    assert refused.value.type == type


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"places": "a few"}, "places"),
        ({"places": None}, "places"),
        ({"booking_id": {"$ne": ""}}, "booking_id"),
        ({"hold_expires_at": "2026-09-14T10:32:07"}, "hold_expires_at"),
        ({"starts_on": "05-11-2026"}, "starts_on"),
    ],
)
def test_a_malformed_field_is_named_and_its_value_is_not_repeated(change: dict[str, Any], path: str) -> None:
    type = "courses.place-held.v1"

    with pytest.raises(MalformedEvent) as refused:
        decode(type, json.dumps({**EXAMPLES[type], **change}).encode())

    (problem,) = refused.value.problems
    assert problem.startswith(f"{path}: ")
    assert str(change[path]) not in str(refused.value) or change[path] is None


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedEvent) as refused:
        decode("courses.occurrence-opened.v1", body)

    assert refused.value.problems[0].startswith("body: ")
