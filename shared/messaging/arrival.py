"""From a record to an event of a stream, or to the reason why it cannot be one. Pure.

A stream is the events of one aggregate of one publisher, numbered 1, 2, 3 … Its name is "<publisher>/<aggregate>",
e.g. "courses/occurrences/<id>".
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from shared.contracts.catalogue import EVENTS, UPCASTERS, MalformedEvent, UnknownEvent, decode
from shared.contracts.cloudevents import Attributes, Unreadable, attributes_of
from shared.contracts.event import Event
from shared.messaging.broker import Record
from shared.messaging.delivery import Park, shortened

TOPIC_ENDING = ".events"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record whose headers say which event of which stream it is. Its body has not been looked at."""

    record: Record
    attributes: Attributes
    stream: str

    @property
    def sequence(self) -> int:
        """Its number in the stream."""
        return self.attributes.sequence


def topic_of(publisher: str) -> str:
    """The topic that a service publishes on."""
    return publisher + TOPIC_ENDING


def arrival_of(record: Record) -> Arrival | Park:
    """What a record is, by its headers, its key and its topic."""
    try:
        attributes = attributes_of(record.key, record.headers)
    except Unreadable as unreadable:
        return Park("unreadable", str(unreadable))
    publisher = record.partition.topic.removesuffix(TOPIC_ENDING)
    if attributes.source != f"/{publisher}" or attributes.type.partition(".")[0] != publisher:
        return Park("foreign", f"{attributes.type} from {attributes.source} is not what {publisher} publishes")
    return Arrival(record, attributes, f"{publisher}/{attributes.subject}")


def event_of(arrival: Arrival, wanted: Set[type[Event]]) -> Event | Park | None:
    """The event, or None when nobody wants its type. A body that nobody wants is not read."""
    type_name = arrival.attributes.type
    known = EVENTS.get(type_name)
    if known is not None and known not in wanted:
        return None
    try:
        event = decode(type_name, arrival.record.value or b"")
    except UnknownEvent as unknown:
        return Park("unknown-event", shortened(str(unknown)))
    except MalformedEvent as malformed:
        return Park("malformed-event", shortened(str(malformed)))
    return event if type(event) in wanted else None


def is_known(type_name: str) -> bool:
    """Whether a contract has this type."""
    return type_name in EVENTS or type_name in UPCASTERS
