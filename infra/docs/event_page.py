"""docs/events.md: every event, who says it, what is in it and who acts on it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from infra.docs.landscape import Landscape, Reaction
from infra.docs.schemas import Schema, first_paragraphs, schema_of
from shared.contracts.catalogue import EVENTS, TOPICS, UPCASTERS
from shared.contracts.event import Event

GENERATED = "<!-- Made by `stem docs` from the code: change that, not this. -->"

OPENING = """\
Services tell each other what has happened; nobody is told what to do. An event is a fact in the past tense, committed
together with the state it speaks of, and it travels as a CloudEvents 1.0 message in Kafka's binary mode: the context
in `ce_*` headers, the facts as JSON in the body. The message key is the aggregate that the event is about, so that
everything about one aggregate keeps its order.

| header | meaning |
|---|---|
| `ce_id` | the event, a UUIDv7; the same however often it is sent |
| `ce_type` | what happened, with the version of the contract |
| `ce_source` | the service, e.g. `/courses` |
| `ce_subject` | the aggregate, e.g. `occurrences/<id>`; also the message key |
| `ce_sequence` | counts the events of the aggregate from 1, without gaps |
| `ce_time` | when it was committed |
| `ce_correlationid` | the same in everything that follows from one request |
| `ce_causationid` | the request or event that directly caused it |
| `ce_triggeredby` | `user`, `system` (another event) or `schedule` (a time that came) |
| `ce_traceparent` | the W3C trace context, where there is one |

Readers ignore fields they do not know. A new optional field keeps the version; anything else is a new version with an
upcaster, and the check in tests/contracts says so.

Some events are for notices to people: that attendance, days or a reflection are overdue (`attendance-overdue`,
`placement-days-overdue`, `reflection-overdue`), that a check is to be renewed or a status ends soon
(`check-renewal-due`, `status-ends-soon`), that nobody says what came of a visit (`visit-outcome-missing`). No service
reacts to those; whoever writes to people subscribes to them."""


def event_page(landscape: Landscape, examples: Mapping[str, Any]) -> str:
    """The page as Markdown. `examples` holds the body of one event of each type."""
    lines = [GENERATED, "", "# Events", "", *OPENING.splitlines(), ""]
    for publisher, topic in TOPICS.items():
        events = [event for event in EVENTS.values() if event.publisher() == publisher]
        lines += [f"- [{publisher}](#{publisher}) publishes {len(events)} events on `{topic}`"]
    for publisher, topic in TOPICS.items():
        lines += ["", f"## {publisher}", ""]
        lines += [line for line in (landscape.services.get(publisher, ""), f"Topic `{topic}`.") if line]
        for event in EVENTS.values():
            if event.publisher() == publisher:
                lines += _event(event, landscape.reacting_to(event), examples.get(event.type))
    return "\n".join(lines) + "\n"


def _event(event: type[Event], reactions: tuple[Reaction, ...], example: Any) -> Iterator[str]:
    yield from ("", f"### {event.type}", "", first_paragraphs(event), "")
    yield f"Key: `{event.aggregate}`. {_reactors(reactions)}"
    older = [type for type, upcaster in UPCASTERS.items() if type.rpartition(".")[0] == event.type.rpartition(".")[0]]
    if older:
        yield f"Earlier versions that are still read: {', '.join(f'`{type}`' for type in older)}."
    yield from ("", "| field | type | meaning |", "|---|---|---|")
    schema = schema_of(event)
    for name, value in schema["properties"].items():
        optional = "" if name in schema["required"] else ", optional"
        yield f"| `{name}` | {type_of(value)}{optional} | {value['description']} |"
    if example is not None:
        yield from ("", "```json", json.dumps(example, indent=2, ensure_ascii=False), "```")


def _reactors(reactions: tuple[Reaction, ...]) -> str:
    if not reactions:
        return "No service reacts to it yet."
    return "Reactions: " + ", ".join(f"{one.service} `{one.function}`" for one in reactions) + "."


def type_of(schema: Schema) -> str:
    """The schema of a field in a few words, for a table's cell."""
    if "anyOf" in schema:
        return " or ".join(type_of(branch) for branch in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type", "anything"))
