"""Reactions under watch: one that changes an aggregate twice for one event is a failed test.

The inbox mark names event, subscription and aggregate, so the door takes the second change for a repetition of the
first and leaves it out without a word. What belongs to one aggregate has to be changed in one decision.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from shared.decision import Decide, DecideOrCreate, Document, Reads, Root
from shared.definition import Service
from shared.subscriptions import Subscription
from shared.work import Work, reads_nothing

S = TypeVar("S", bound=Root)
R = TypeVar("R", bound=Document | None)


class ChangedTwice(AssertionError):
    """A reaction asked for two changes of one aggregate for one event: the second would have been left out."""


@dataclass(frozen=True)
class WatchedWork(Work):
    """Work that remembers what it has changed."""

    changed: set[str] = field(default_factory=set)

    async def change(self, kind: type[S], key: str, decide: Decide[S, R], reads: Reads[S] = reads_nothing) -> R:
        """As Work does. Raises ChangedTwice."""
        self._note(kind, key)
        return await Work.change(self, kind, key, decide, reads)

    async def create_or_change(
        self, kind: type[S], key: str, decide: DecideOrCreate[S, R], reads: Reads[S] = reads_nothing
    ) -> R:
        """As Work does. Raises ChangedTwice."""
        self._note(kind, key)
        return await Work.create_or_change(self, kind, key, decide, reads)

    def _note(self, kind: type[Root], key: str) -> None:
        aggregate = f"{kind.collection}/{key}"
        if aggregate in self.changed:
            raise ChangedTwice(aggregate)
        self.changed.add(aggregate)


def watched(service: Service, twice: list[str]) -> Service:
    """The service with reactions under watch; what changes an aggregate twice is put down in `twice`, and parked."""

    def watch(subscription: Subscription) -> Subscription:
        return replace(subscription, react=_watching(subscription, twice))

    return replace(service, reactions=tuple(watch(subscription) for subscription in service.reactions))


def _watching(subscription: Subscription, twice: list[str]) -> Callable[[Work, Any], Awaitable[object]]:
    async def react(work: Work, event: Any) -> object:
        given = {each.name: getattr(work, each.name) for each in fields(Work)}
        try:
            return await subscription.react(WatchedWork(**given), event)
        except ChangedTwice as found:
            twice.append(f"{subscription.name} changes {found} twice for one {event.type}")
            raise

    return react
