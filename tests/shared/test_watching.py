"""The twin of all services fails a test whose reaction changes one aggregate twice for one event."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import pytest
from fastapi import APIRouter

from shared.contracts.cover import CoverGuardSet
from shared.decision import Decision, Documents, Root
from shared.definition import Service
from shared.subscriptions import on
from shared.testing.watching import ChangedTwice
from shared.testing.world import World
from shared.work import Work


class Count(Root):
    """Counts how often it was changed."""

    collection = "counts"
    changes: int = 0


class Guard(Root):
    """Says what it is told to say."""

    collection = "covers"


def count(known: Count | None, key: str) -> Decision[None]:
    before = known or Count(id=key)
    return Decision(None, before.model_copy(update={"changes": before.changes + 1}))


def counting(*keys: str) -> Callable[[Work, CoverGuardSet], Awaitable[None]]:
    async def count_all(work: Work, _event: CoverGuardSet) -> None:
        for key in keys:

            def decide(known: Count | None, _documents: Documents, _now: datetime, key: str = key) -> Decision[None]:
                return count(known, key)

            await work.create_or_change(Count, key, decide)

    return count_all


async def heard(react: Callable[[Work, CoverGuardSet], Awaitable[None]]) -> list[int]:
    """What was counted once a school has begun to guard its cover."""
    speaker = Service("partnerships", "Speaks.", APIRouter(), {Guard: ()})
    listener = Service("courses", "Counts.", APIRouter(), {Count: ()}, (on(CoverGuardSet, react),))
    async with World([speaker, listener]) as world:
        running = world.running["partnerships"]
        said = Decision(None, Guard(id="900001"), (), (CoverGuardSet(school_urn="900001", guarded=True),))
        await running.door.create_or_change(
            Guard, "900001", lambda *_: said, reads=lambda _root: (), cause=running.work().cause
        )
        await world.settle()
        return [each.changes for each in await world.databases["courses"].collection(Count).find({})]


async def test_a_reaction_that_changes_an_aggregate_twice_fails_the_test() -> None:
    with pytest.raises(ChangedTwice, match="count_all changes counts/one twice"):
        await heard(counting("one", "other", "one"))


async def test_a_reaction_may_change_many_aggregates_once_each() -> None:
    assert await heard(counting("one", "other")) == [1, 1]
