"""What a use case works with: its stores to read, the one door to write, and who caused it.

A use case is `async def verb(work, …)`: it gathers facts, then changes ONE aggregate through `work.change`. The same
function serves HTTP, events and the schedule; only the cause differs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

from shared.clock import Clock
from shared.commit import Cause, Door, Idempotency, InboxMark, Turn
from shared.database import Collection, Database
from shared.decision import Decide, DecideOrCreate, Document, Read, Reads, Root

D = TypeVar("D", bound=Document)
S = TypeVar("S", bound=Root)
R = TypeVar("R", bound=Document | None)


def reads_nothing(_root: Root | None) -> tuple[Read, ...]:
    """The decision looks at its root alone."""
    return ()


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of work: a request, an event or a due time, with everything it may touch."""

    database: Database
    door: Door
    clock: Clock
    cause: Cause
    idempotency: Idempotency | None = None
    inbox: InboxMark | None = None
    if_version: int | None = None
    turn: Turn | None = None

    def collection(self, kind: type[D]) -> Collection[D]:
        """Documents of a kind, for reading."""
        return self.database.collection(kind)

    async def change(self, kind: type[S], key: str, decide: Decide[S, R], reads: Reads[S] = reads_nothing) -> R:
        """Decide on a root that must exist, and commit. Raises NotFound and whatever `decide` refuses with."""
        return await self.door.change(
            kind,
            key,
            decide,
            reads=reads,
            cause=self.cause,
            idempotency=self.idempotency,
            inbox=self.inbox,
            if_version=self.if_version,
            turn=self.turn,
        )

    async def create_or_change(
        self, kind: type[S], key: str, decide: DecideOrCreate[S, R], reads: Reads[S] = reads_nothing
    ) -> R:
        """Decide on a root that may not exist yet (decide then gets None), and commit."""
        return await self.door.create_or_change(
            kind,
            key,
            decide,
            reads=reads,
            cause=self.cause,
            idempotency=self.idempotency,
            inbox=self.inbox,
            if_version=self.if_version,
            turn=self.turn,
        )

    def one_of_many(self) -> Work:
        """The same work without its idempotency key: for a request that changes many aggregates, such as an import."""
        return replace(self, idempotency=None, if_version=None)
