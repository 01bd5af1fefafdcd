"""What a service is, as a value: everything that the assembly needs to run it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter

from shared.database import Index
from shared.decision import Document, Root
from shared.subscriptions import Subscription
from shared.work import Work


@dataclass(frozen=True, slots=True)
class Due:
    """What to do with roots of a kind whose `due_at` has come: `act(work, root id)`.

    It only gives the occasion: the decision looks at the clock itself, so that a late or repeated call does no harm.
    It must leave the root with another `due_at` (or none); one that does not is called again after a while.
    """

    kind: type[Root]
    act: Callable[[Work, str], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Service:
    """What a service is made of. Its name is its store, its consumer group, "<name>.events" and "/<name>".

    `on_start` is done once the store is there and before the service is ready; it must bear being repeated, by several
    processes at a time.
    """

    name: str
    summary: str
    router: APIRouter
    documents: Mapping[type[Document], Sequence[Index]]
    reactions: tuple[Subscription, ...] = ()
    schedule: tuple[Due, ...] = ()
    on_start: tuple[Callable[[Work], Awaitable[object]], ...] = ()

    @property
    def topic(self) -> str:
        """Where it publishes."""
        return f"{self.name}.events"

    @property
    def source(self) -> str:
        """Who it says it is in its events."""
        return f"/{self.name}"
