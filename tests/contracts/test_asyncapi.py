"""The AsyncAPI document hangs together: every reference leads somewhere, every example keeps to its schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from infra.docs.asyncapi import HEADERS, OPTIONAL_HEADERS, asyncapi
from infra.docs.documents import examples
from infra.docs.landscape import REPOSITORY, Landscape, Reaction, survey
from shared.contracts.catalogue import EVENTS, TOPICS
from shared.contracts.cloudevents import headers_of
from shared.contracts.courses import BookingCancelled, PlaceHeld
from shared.contracts.partnerships import FundsReserved
from shared.messaging.outbox import OutboxRow

Json = dict[str, Any]

DOCUMENT: Json = json.loads((REPOSITORY / "docs" / "asyncapi.json").read_text())
COMPONENT_NAME = re.compile(r"^[\w.\-]+$")


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "$ref":
                yield inner
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def follow(document: Json, reference: str) -> Any:
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return follow(document, found["$ref"]) if isinstance(found, dict) and set(found) == {"$ref"} else found


def test_it_says_which_version_of_which_interface_it_is() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert set(DOCUMENT["info"]) >= {"title", "version"}
    assert DOCUMENT.keys() <= {
        "asyncapi", "info", "defaultContentType", "servers", "channels", "operations", "components",
    }  # fmt: skip


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))

    assert found
    assert all(follow(DOCUMENT, reference) is not None for reference in found)


def test_components_have_names_that_tools_accept() -> None:
    names = [name for kind in DOCUMENT["components"].values() for name in kind]

    assert [name for name in names if not COMPONENT_NAME.match(name)] == []


def test_a_channel_is_a_topic_with_all_its_events() -> None:
    assert {channel["address"] for channel in DOCUMENT["channels"].values()} == set(TOPICS.values())
    assert {type for channel in DOCUMENT["channels"].values() for type in channel["messages"]} == set(EVENTS)


def test_every_publisher_sends_all_of_its_events_and_only_those() -> None:
    for publisher in TOPICS:
        operation = DOCUMENT["operations"][f"{publisher}.send"]
        sent = {follow(DOCUMENT, message["$ref"])["name"] for message in operation["messages"]}
        assert operation["action"] == "send"
        assert sent == {type for type in EVENTS if type.startswith(f"{publisher}.")}


def test_every_reaction_of_a_service_is_received() -> None:
    landscape = survey()
    received = {
        (name.partition(".")[0], one["message"], one["function"])
        for name, operation in DOCUMENT["operations"].items()
        if operation["action"] == "receive"
        for one in operation["x-reactions"]
    }

    assert received == {(one.service, one.event.type, one.function) for one in landscape.reactions}


def test_a_service_receives_from_each_topic_just_what_it_acts_on() -> None:
    landscape = Landscape(
        services={"letters": ""},
        reactions=tuple(
            Reaction("letters", function, event, "")
            for function, event in (("a", PlaceHeld), ("b", PlaceHeld), ("c", BookingCancelled), ("d", FundsReserved))
        ),
        life_cycles=(),
    )

    operations = json.loads(asyncapi(landscape, {}, "1"))["operations"]

    assert sorted(operations) == ["letters.receive.courses", "letters.receive.partnerships"]
    assert [message["$ref"] for message in operations["letters.receive.courses"]["messages"]] == [
        "#/channels/courses/messages/courses.place-held.v1",
        "#/channels/courses/messages/courses.booking-cancelled.v1",
    ]


def test_an_operations_messages_are_messages_of_its_channel() -> None:
    for operation in DOCUMENT["operations"].values():
        channel = operation["channel"]["$ref"]
        assert all(message["$ref"].startswith(f"{channel}/messages/") for message in operation["messages"])


@pytest.mark.parametrize("type", sorted(EVENTS))
def test_the_example_of_a_message_keeps_to_its_payload(type: str) -> None:
    message = DOCUMENT["components"]["messages"][type]
    payload = follow(DOCUMENT, message["payload"]["$ref"])

    (example,) = message["examples"]
    assert example["payload"] == examples()[type]
    jsonschema.Draft7Validator(payload, format_checker=jsonschema.FormatChecker()).validate(example["payload"])


@pytest.mark.parametrize("traceparent", [None, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"])
def test_the_described_headers_are_those_that_are_sent(outbox_row: OutboxRow, traceparent: str | None) -> None:
    sent = dict(headers_of(outbox_row.model_copy(update={"traceparent": traceparent}), 0))
    described = DOCUMENT["components"]["schemas"]["context"]

    assert set(sent) | set(OPTIONAL_HEADERS) == set(HEADERS)
    headers = {name: value.decode() for name, value in sent.items()}
    jsonschema.Draft7Validator(described, format_checker=jsonschema.FormatChecker()).validate(headers)
