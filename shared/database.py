"""The one seam to the store: collections of documents and transactions over them.

Two implementations pass the same suite: `shared.mongo` (the real one, the only driver import) and
`shared.testing.memory` (a twin for tests in one loop). A filter is a MongoDB filter limited to what the twin knows as
well: equality, $in, $nin, $ne, $gt, $gte, $lt, $lte, $exists, $all, $regex (anchored), and $and/$or.

Every call has a deadline: an unanswered one raises StoreUnavailable, never hangs.
"""

from __future__ import annotations

from collections.abc import Collection as Many
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from shared.decision import Document, Root

D = TypeVar("D", bound=Document)
Filter = Mapping[str, Any]
Sort = Sequence[tuple[str, int]]


class StoreError(Exception):
    """Something the store said or did not say; never reaches a client as it is."""


class Contention(StoreError):
    """Another writer came first, or the transaction was aborted in passing: nothing was written, try again."""


class DuplicateKey(Contention):
    """A unique key is taken. Inside a transaction it has aborted it: reading again shows who holds the key."""


class StoreUnavailable(StoreError):
    """No answer in time, or no primary. Inside a transaction nothing was written; outside one it is not known."""


class CommitUnknown(StoreError):
    """The commit was sent and its outcome could not be learnt within the deadline."""


@dataclass(frozen=True, slots=True)
class Index:
    """An index of a collection: (field, 1 | -1) pairs. `only` makes it partial, `expire_seconds` a TTL for clean-up."""

    fields: tuple[tuple[str, int], ...]
    unique: bool = False
    only: Filter | None = None
    expire_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to be the only one who does something, until it runs out. A new owner has a higher epoch."""

    name: str
    owner: str
    epoch: int


class Transaction(Protocol):
    """Reads of one snapshot and writes that all happen or none do. Obtained from Database.transaction().

    Writes are noted and sent when the block of the transaction ends, so reads do not see them, and that raises what is
    wrong with them.
    """

    async def load(self, wanted: Mapping[type[Document], Many[str]]) -> Mapping[tuple[type[Document], str], Any]:
        """The documents of these kinds with these ids, by kind and id, as far as they exist."""

    def create(self, documents: Sequence[Document]) -> None:
        """Insert documents of one kind. Raises DuplicateKey."""

    def put(self, documents: Sequence[Document]) -> None:
        """Write side documents of one kind whole, whether they exist or not."""

    def replace(self, roots: Sequence[tuple[Root, int]]) -> None:
        """Write roots of one kind where the stored version is the given one. Raises Contention otherwise."""


class Collection(Protocol, Generic[D]):
    """Documents of one kind outside transactions: queries, and the few direct writes of shared.messaging."""

    async def get(self, key: str) -> D | None:
        """One document."""

    async def find(self, where: Filter, *, sort: Sort = (), limit: int = 0, skip: int = 0) -> list[D]:
        """The documents that match, in order; limit 0 means all."""

    async def count(self, where: Filter, *, at_most: int = 0) -> int:
        """How many match; stops counting at `at_most` when that is not 0."""

    async def insert(self, documents: Sequence[D]) -> int:
        """Insert what is not there yet (by id); how many were new."""

    async def set_each(self, changes: Iterable[tuple[str, Mapping[str, Any]]], *, where: Filter | None = None) -> int:
        """Set fields of documents by id, each only where `where` also holds; how many were changed."""

    async def raise_each(self, field: str, values: Mapping[str, int]) -> None:
        """Set a number to at least these values, by id; where there is no such document, one of just these fields."""

    async def set_all(self, where: Filter, fields: Mapping[str, Any]) -> int:
        """Set fields of all that match; how many were changed."""

    async def delete(self, where: Filter) -> int:
        """Remove all that match; how many there were."""


class Database(Protocol):
    """One service's store."""

    def collection(self, kind: type[D]) -> Collection[D]:
        """The documents of a kind."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Snapshot reads, majority and journaled writes; commits when the block ends without an exception.

        Raises Contention (nothing written, try again), StoreUnavailable (nothing written), CommitUnknown.
        """

    async def acquire_lease(self, name: str, owner: str, seconds: float) -> Lease | None:
        """Take or renew the lease by the store's own clock; None while somebody else holds it."""

    async def release_lease(self, lease: Lease) -> None:
        """Give it up, if it is still ours."""

    async def prepare(self, indexes: Mapping[type[Document], Sequence[Index]]) -> None:
        """Create collections, indexes; change what differs. Safe to run from several processes at once."""

    async def ping(self) -> None:
        """Raises StoreUnavailable when the store does not answer as a primary."""

    async def close(self) -> None:
        """Let go of connections."""
