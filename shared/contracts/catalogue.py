"""Every event there is, closed: what may be on a topic, and how its body becomes an event again.

A body that this service cannot read is never guessed at: `decode` says that the type is unknown (a newer publisher)
or that the body breaks the contract (and where), and the consumer parks it. A type that has been succeeded by a
newer version is decoded through its upcaster, so that reactions are written against the newest version only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, get_args

from pydantic import ValidationError

from shared.contracts import ambassadors, courses, gateway, partnerships, partnerships_before, placements
from shared.contracts.ambassadors import AmbassadorsEvent
from shared.contracts.courses import CoursesEvent
from shared.contracts.event import Event, Upcaster
from shared.contracts.gateway import GatewayEvent
from shared.contracts.partnerships import PartnershipsEvent
from shared.contracts.placements import PlacementsEvent

AnyEvent = PartnershipsEvent | CoursesEvent | PlacementsEvent | AmbassadorsEvent | GatewayEvent


class UndecodableEvent(Exception):
    """A message that cannot become an event; `type` is what it called itself."""

    def __init__(self, type: str, detail: str) -> None:
        self.type = type
        self.detail = detail
        super().__init__(f"{type}: {detail}")


class UnknownEvent(UndecodableEvent):
    """No contract knows this type: a newer publisher, or a message that is not ours."""


class MalformedEvent(UndecodableEvent):
    """The type is known and its body breaks the contract. `problems` are "path: rule", never the values."""

    def __init__(self, type: str, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__(type, "; ".join(problems))


EVENTS: Final[Mapping[str, type[Event]]] = {event.type: event for event in get_args(AnyEvent)}

TOPICS: Final[Mapping[str, str]] = {
    publisher: f"{publisher}.events" for publisher in sorted({event.publisher() for event in EVENTS.values()})
}

UPCASTERS: Final[Mapping[str, Upcaster]] = {
    upcaster.older.type: upcaster
    for contracts in (partnerships, partnerships_before, courses, placements, ambassadors, gateway)
    for upcaster in contracts.UPCASTERS
}

VERSIONS: Final[Mapping[str, type[Event]]] = {
    **{type: upcaster.older for type, upcaster in UPCASTERS.items()},
    **EVENTS,
}
"""Every version that may still be on a topic: what is published now and what was before it."""


def decode(type: str, body: bytes) -> Event:
    """The event in a message body (JSON), in its newest version. Raises UnknownEvent or MalformedEvent."""
    version = VERSIONS.get(type)
    if version is None:
        raise UnknownEvent(type, "no contract has this type")
    try:
        event = version.model_validate_json(body)
    except ValidationError as error:
        raise MalformedEvent(type, _problems(error)) from error
    while (upcaster := UPCASTERS.get(event.type)) is not None:
        event = upcaster.lift(event)
    return event


def _problems(error: ValidationError) -> tuple[str, ...]:
    return tuple(
        f"{'.'.join(str(part) for part in found['loc']) or 'body'}: {found['msg']}"
        for found in error.errors(include_url=False, include_input=False, include_context=False)
    )
