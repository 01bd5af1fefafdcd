"""Which events a service reacts to: the table that its reactions.py closes with.

    REACTIONS = (
        on(FundsReserved, confirm_funded_booking, changes_once=True),
        on(FundsReservationRefused, decline_unfunded_booking, changes_once=True),
    )

A reaction is `async def verb(work, event)`, calling a use case. It may run more than once for one event (after a
crash); the inbox mark in `work` makes each of its changes happen once.

`changes_once` says that its one change is the last thing it does, and that it reads nothing before it that other
reactions to this event, or reactions to earlier events of the same aggregate, change (what it declares as `reads` is
safe). Then the next event need not wait until that change is committed: its own follows in the same transaction, in
order (shared.commit.turn). Where an event has several subscriptions, all of them must say so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from shared.contracts.event import Event
from shared.work import Work

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A reaction to one kind of event. Its name marks the inbox, so renaming one makes a re-read act again."""

    event: type[Event]
    name: str
    react: Callable[[Work, Any], Awaitable[object]]
    changes_once: bool = False


def on(event: type[E], react: Callable[[Work, E], Awaitable[object]], *, changes_once: bool = False) -> Subscription:
    """A row of the table; the subscription is named after the function."""
    return Subscription(event, react.__name__, react, changes_once)
