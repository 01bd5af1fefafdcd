"""Events on the wire: CloudEvents 1.0 in Kafka's binary mode. Pure.

Context attributes travel as `ce_*` headers, the body is the event's JSON exactly as it was committed, the key is the
aggregate (`subject`), so that all events of an aggregate share a partition. One header is not about the event but
about the topic: `topic-generation`, which grows whenever the relay finds that the broker lost records; it tells
consumers to read the partition again from its beginning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, get_args

from shared.contracts.event import Envelope, Event, TriggeredBy
from shared.messaging.outbox import OutboxRow

Headers = tuple[tuple[str, bytes], ...]

CONTENT_TYPE: Final = "application/json"
GENERATION: Final = "topic-generation"
LONGEST_ATTRIBUTE: Final = 512

_TRIGGERS: Final[Mapping[str, TriggeredBy]] = {trigger: trigger for trigger in get_args(TriggeredBy)}
_FIXED: Final[Headers] = (("content-type", CONTENT_TYPE.encode()), ("ce_specversion", b"1.0"))


class Unreadable(Exception):
    """A message whose headers do not say what it is: not ours, or damaged. The text names the header."""


@dataclass(frozen=True, slots=True)
class Attributes:
    """What the headers say about an event, before its body is looked at. See Envelope for the meaning of each."""

    id: str
    type: str
    source: str
    subject: str
    time: datetime
    sequence: int
    correlation_id: str
    causation_id: str
    triggered_by: TriggeredBy
    traceparent: str | None
    generation: int


def key_of(row: OutboxRow) -> bytes:
    """The message key: the aggregate."""
    return row.subject.encode()


def headers_of(row: OutboxRow, generation: int) -> Headers:
    """The message headers of an event; `generation` is the topic's."""
    traceparent = () if row.traceparent is None else (("ce_traceparent", row.traceparent.encode()),)
    return (
        *_FIXED,
        ("ce_id", row.id.encode()),
        ("ce_type", row.type.encode()),
        ("ce_source", row.source.encode()),
        ("ce_subject", row.subject.encode()),
        ("ce_time", row.time.isoformat(timespec="milliseconds").encode()),
        ("ce_sequence", b"%d" % row.sequence),
        ("ce_correlationid", row.correlation_id.encode()),
        ("ce_causationid", row.causation_id.encode()),
        ("ce_triggeredby", row.triggered_by.encode()),
        *traceparent,
        (GENERATION, b"%d" % generation),
    )


def attributes_of(key: bytes | None, headers: Iterable[tuple[str, bytes]]) -> Attributes:
    """What the headers say. Raises Unreadable when one is missing or cannot be true."""
    given = dict(headers)
    if given.get("ce_specversion") != b"1.0":
        raise Unreadable("no CloudEvents 1.0 message: ce_specversion is not 1.0")
    subject = _text(given, "ce_subject")
    if key != given["ce_subject"]:
        raise Unreadable("the message key is not ce_subject")
    return Attributes(
        id=_text(given, "ce_id"),
        type=_text(given, "ce_type"),
        source=_text(given, "ce_source"),
        subject=subject,
        time=_time(_text(given, "ce_time")),
        sequence=_count(given, "ce_sequence", least=1),
        correlation_id=_text(given, "ce_correlationid"),
        causation_id=_text(given, "ce_causationid"),
        triggered_by=_trigger(_text(given, "ce_triggeredby")),
        traceparent=_text(given, "ce_traceparent") if "ce_traceparent" in given else None,
        generation=_count(given, GENERATION, least=0) if GENERATION in given else 0,
    )


def envelope_of(attributes: Attributes, event: Event) -> Envelope:
    """The event with what its headers say."""
    return Envelope(
        id=attributes.id,
        source=attributes.source,
        subject=attributes.subject,
        time=attributes.time,
        sequence=attributes.sequence,
        correlation_id=attributes.correlation_id,
        causation_id=attributes.causation_id,
        triggered_by=attributes.triggered_by,
        traceparent=attributes.traceparent,
        event=event,
    )


def _text(given: Mapping[str, bytes], name: str) -> str:
    raw = given.get(name)
    if not raw:
        raise Unreadable(f"the header {name} is missing")
    if len(raw) > LONGEST_ATTRIBUTE:
        raise Unreadable(f"the header {name} is longer than {LONGEST_ATTRIBUTE} bytes")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Unreadable(f"the header {name} is not UTF-8") from None


def _count(given: Mapping[str, bytes], name: str, *, least: int) -> int:
    text = _text(given, name)
    if not (text.isascii() and text.isdigit() and len(text) < 19 and int(text) >= least):
        raise Unreadable(f"the header {name} is not a whole number from {least}")
    return int(text)


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable("the header ce_time is not an RFC 3339 time") from None
    if time.tzinfo is None:
        raise Unreadable("the header ce_time has no time zone")
    return time


def _trigger(text: str) -> TriggeredBy:
    trigger = _TRIGGERS.get(text)
    if trigger is None:
        raise Unreadable(f"the header ce_triggeredby is none of {', '.join(_TRIGGERS)}")
    return trigger
