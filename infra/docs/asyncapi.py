"""docs/asyncapi.json: the event interface as an AsyncAPI 3.0 document, for tools and for partners.

A channel is a topic, a message is an event, and each service has one operation for what it sends and one for each
topic that it reads from, with just the messages it acts on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from infra.docs.landscape import Landscape, Reaction
from infra.docs.schemas import first_paragraphs, schema_of
from shared.contracts.catalogue import EVENTS, TOPICS
from shared.contracts.event import Event

Json = dict[str, Any]

PARTITIONS = 6

TITLE = "STEM bookings and placements: events"
DESCRIPTION = (
    "Facts that the services publish, as CloudEvents 1.0 in Kafka's binary mode. The message key is the aggregate "
    "(ce_subject); the events of one aggregate come in order and are numbered without gaps (ce_sequence). An event "
    "may be delivered more than once, always under the same ce_id."
)

HEADERS: Json = {
    "ce_specversion": {"type": "string", "const": "1.0"},
    "ce_id": {"type": "string", "format": "uuid", "description": "The event; the same however often it is sent."},
    "ce_type": {"type": "string", "description": "What happened, with the version of the contract."},
    "ce_source": {"type": "string", "description": "The service that says it."},
    "ce_subject": {"type": "string", "description": "The aggregate that it is about; also the message key."},
    "ce_time": {"type": "string", "format": "date-time", "description": "When it was committed."},
    "ce_sequence": {
        "type": "string",
        "pattern": "^[1-9][0-9]*$",
        "description": "Counts the events of the aggregate from 1, without gaps.",
    },
    "ce_correlationid": {"type": "string", "description": "Shared by everything that follows from one request."},
    "ce_causationid": {"type": "string", "description": "The request or event that directly caused it."},
    "ce_triggeredby": {
        "type": "string",
        "enum": ["user", "system", "schedule"],
        "description": "A person, another event, or a time that came.",
    },
    "ce_traceparent": {"type": "string", "description": "The W3C trace context, where there is one."},
    "content-type": {"type": "string", "const": "application/json"},
    "topic-generation": {
        "type": "string",
        "pattern": "^[0-9]+$",
        "description": "Grows when lost records were sent again: read the partition from its start.",
    },
}
OPTIONAL_HEADERS = ("ce_traceparent", "topic-generation")


def asyncapi(landscape: Landscape, examples: Mapping[str, Any], version: str) -> str:
    """The document as JSON text. `examples` holds the body of one event of each type."""
    document = {
        "asyncapi": "3.0.0",
        "info": {"title": TITLE, "version": version, "description": DESCRIPTION},
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": "kafka:9092",
                "protocol": "kafka",
                "description": "The broker as the services see it; KAFKA_BOOTSTRAP in their settings.",
            }
        },
        "channels": {publisher: _channel(publisher) for publisher in TOPICS},
        "operations": _operations(landscape),
        "components": {
            "messages": {event.type: _message(event, examples) for event in EVENTS.values()},
            "schemas": {
                "context": {
                    "type": "object",
                    "properties": HEADERS,
                    "required": [name for name in HEADERS if name not in OPTIONAL_HEADERS],
                },
                **{event.type: _payload(event) for event in EVENTS.values()},
            },
            "correlationIds": {
                "request": {
                    "description": "Follows one request through every service.",
                    "location": "$message.header#/ce_correlationid",
                }
            },
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _channel(publisher: str) -> Json:
    return {
        "address": TOPICS[publisher],
        "title": f"What {publisher} says",
        "servers": [_to("servers", "kafka")],
        "messages": {event.type: _to("components", "messages", event.type) for event in _published_by(publisher)},
        "bindings": {
            "kafka": {
                "topic": TOPICS[publisher],
                "partitions": PARTITIONS,
                "topicConfiguration": {"cleanup.policy": ["delete"], "retention.ms": -1},
                "bindingVersion": "0.5.0",
            }
        },
    }


def _operations(landscape: Landscape) -> Json:
    operations: Json = {}
    for service, says in landscape.services.items():
        if service in TOPICS:
            operations[f"{service}.send"] = {
                "action": "send",
                "channel": _to("channels", service),
                "title": f"{service} publishes",
                **({"description": says} if says else {}),
                "messages": _in_channel(service, [event.type for event in _published_by(service)]),
            }
        for publisher in TOPICS:
            heard = [
                reaction
                for reaction in landscape.reactions
                if reaction.service == service and reaction.event.publisher() == publisher
            ]
            if heard:
                operations[f"{service}.receive.{publisher}"] = _receive(service, publisher, heard)
    return operations


def _receive(service: str, publisher: str, heard: list[Reaction]) -> Json:
    types = list(dict.fromkeys(reaction.event.type for reaction in heard))
    return {
        "action": "receive",
        "channel": _to("channels", publisher),
        "title": f"{service} reacts to {publisher}",
        "messages": _in_channel(publisher, types),
        "bindings": {"kafka": {"groupId": {"type": "string", "const": service}, "bindingVersion": "0.5.0"}},
        "x-reactions": [
            {"message": reaction.event.type, "function": reaction.function, "does": reaction.says} for reaction in heard
        ],
    }


def _message(event: type[Event], examples: Mapping[str, Any]) -> Json:
    paragraphs = first_paragraphs(event)
    message: Json = {
        "name": event.type,
        "title": event.__name__,
        "summary": paragraphs.partition("\n\n")[0],
        "contentType": "application/json",
        "correlationId": _to("components", "correlationIds", "request"),
        "headers": {
            "type": "object",
            "allOf": [
                _to("components", "schemas", "context"),
                {
                    "properties": {
                        "ce_type": {"const": event.type},
                        "ce_source": {"const": f"/{event.publisher()}"},
                    }
                },
            ],
        },
        "payload": _to("components", "schemas", event.type),
        "bindings": {
            "kafka": {"key": {"type": "string", "description": f"{event.aggregate}"}, "bindingVersion": "0.5.0"}
        },
    }
    if event.type in examples:
        message["examples"] = [{"name": "example", "payload": examples[event.type]}]
    return message


def _payload(event: type[Event]) -> Json:
    """The body's schema without the dialect, which AsyncAPI fixes for the whole document."""
    return {key: value for key, value in schema_of(event).items() if key != "$schema"}


def _published_by(service: str) -> list[type[Event]]:
    return [event for event in EVENTS.values() if event.publisher() == service]


def _in_channel(publisher: str, types: list[str]) -> list[Json]:
    return [_to("channels", publisher, "messages", type) for type in types]


def _to(*path: str) -> Json:
    return {"$ref": "#/" + "/".join(path)}
