"""The base of every event, and the envelope it travels in.

An event is a fact in the past tense: a frozen model with an explicit, versioned identity string. It carries ids and
facts, never personal data. An optional field keeps the version; anything else is a new version (a new class) plus an
upcaster in the same file. Readers ignore fields they do not know, so that an older reader survives a newer writer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

TriggeredBy = Literal["user", "system", "schedule"]


class Event(BaseModel):
    """A fact that a service publishes.

    Subclasses set `type`, e.g. "courses.booking-confirmed.v1", and `aggregate`, the name of what it is about with the
    fields that make it, e.g. "occurrences/{occurrence_id}".
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    type: ClassVar[str]
    aggregate: ClassVar[str]

    @classmethod
    def publisher(cls) -> str:
        """The service that publishes it: the first part of its type."""
        return cls.type.partition(".")[0]


E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Upcaster:
    """How events of a superseded version become events of the version after it."""

    older: type[Event]
    lift: Callable[[Any], Event]


def lifts(older: type[E], lift: Callable[[E], Event]) -> Upcaster:
    """A row of a contract file's UPCASTERS. The older class stays in the file, but leaves its union."""
    return Upcaster(older, lift)


class Envelope(BaseModel):
    """An event on its way, with what CloudEvents calls context attributes.

    id: UUIDv7, the same on every re-publication. source: "/courses". subject: the aggregate, "occurrences/<id>", which
    is the Kafka key. sequence: 1, 2, 3 … without gaps per subject. correlation_id: shared by everything that follows
    from one request. causation_id: the request or event that directly caused this one.
    """

    model_config = ConfigDict(frozen=True)
    id: str
    source: str
    subject: str
    time: datetime
    sequence: int
    correlation_id: str
    causation_id: str
    triggered_by: TriggeredBy
    traceparent: str | None = None
    event: Event

    @property
    def type(self) -> str:
        """The event's identity string."""
        return self.event.type
