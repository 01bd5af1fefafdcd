"""The store's twin in memory, for tests in one loop.

It passes the same suite as shared.mongo: atomic transactions, guarded roots, unique indexes, leases by its own clock,
and values that come back as BSON would give them. Transactions are serial. `faults` holds errors to be raised by the
next commits: one of `before` leaves nothing written, one of `after` leaves everything written.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from collections.abc import Collection as Many
from contextlib import asynccontextmanager
from dataclasses import dataclass
from dataclasses import field as default
from datetime import datetime, timedelta
from typing import Any, TypeVar

import bson

from shared.clock import Clock, SystemClock
from shared.database import Contention, DuplicateKey, Filter, Index, Lease, Sort, StoreUnavailable
from shared.decision import Document, Root
from shared.mongo import CODEC, from_stored, stored_field, stored_filter, to_stored

D = TypeVar("D", bound=Document)
Stored = dict[str, Any]
Table = dict[str, bytes]

_ABSENT = object()


@dataclass(slots=True)
class Faults:
    """Errors for the next commits, in order."""

    before: deque[Exception] = default(default_factory=deque)
    after: deque[Exception] = default(default_factory=deque)


class MemoryDatabase:
    """See shared.database.Database."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._tables: dict[str, Table] = {}
        self._unique: dict[str, list[Index]] = {}
        self._leases: dict[str, tuple[str, int, datetime]] = {}
        self._lock = asyncio.Lock()
        self.faults = Faults()
        self.available = True

    def table(self, name: str) -> Table:
        """The stored documents of a collection, by id."""
        return self._tables.setdefault(name, {})

    def collection(self, kind: type[D]) -> Any:
        """The documents of a kind."""
        return MemoryCollection(self, kind)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[MemoryTransaction]:
        """One transaction at a time."""
        async with self._lock:
            self.check_available()
            transaction = MemoryTransaction(self)
            yield transaction
            self.check_available()
            if self.faults.before:
                raise self.faults.before.popleft()
            self._write(transaction.writes)
            if self.faults.after:
                raise self.faults.after.popleft()

    def _write(self, writes: Sequence[Write]) -> None:
        before = {name: dict(self.table(name)) for name in {write.collection for write in writes}}
        try:
            for write in writes:
                self.apply(write)
        except Exception:
            self._tables.update(before)
            raise

    def apply(self, write: Write) -> None:
        """Carry out one write, or raise what the real store would."""
        table = self.table(write.collection)
        key = write.stored["_id"]
        present = table.get(key)
        if write.must == "be new" and present is not None:
            raise DuplicateKey(f"{write.collection} {key}")
        if write.version is not None and (present is None or read(present)["version"] != write.version):
            raise Contention(f"{write.collection} {key} has another version")
        self._check_unique(write.collection, key, write.stored)
        table[key] = bson.encode(write.stored, codec_options=CODEC)

    def _check_unique(self, collection: str, key: str, stored: Stored) -> None:
        for index in self._unique.get(collection, ()):
            if not self._covers(index, stored):
                continue
            wanted = [_value(stored, name) for name, _ in index.fields]
            for other_key, raw in self.table(collection).items():
                other = read(raw)
                if (
                    other_key != key
                    and self._covers(index, other)
                    and [_value(other, n) for n, _ in index.fields] == wanted
                ):
                    raise DuplicateKey(f"{collection}: the key {index.fields} is taken")

    @staticmethod
    def _covers(index: Index, stored: Stored) -> bool:
        return index.only is None or matches(stored, stored_filter(index.only))

    async def acquire_lease(self, name: str, owner: str, seconds: float) -> Lease | None:
        """Take or renew the lease by this store's clock; None while somebody else holds it."""
        self.check_available()
        now = self._clock.now()
        holder, epoch, expires_at = self._leases.get(name, ("", 0, now - timedelta(seconds=1)))
        if holder != owner and expires_at >= now:
            return None
        epoch += holder != owner
        self._leases[name] = (owner, epoch, now + timedelta(seconds=seconds))
        return Lease(name, owner, epoch)

    async def release_lease(self, lease: Lease) -> None:
        """Give it up, if it is still ours."""
        holder, epoch, _ = self._leases.get(lease.name, ("", 0, None))
        if (holder, epoch) == (lease.owner, lease.epoch):
            self._leases[lease.name] = ("", epoch, self._clock.now() - timedelta(seconds=1))

    async def prepare(self, indexes: Mapping[type[Document], Sequence[Index]]) -> None:
        """Remember the unique indexes: only those change behaviour."""
        for kind, wanted in indexes.items():
            self._unique[kind.collection] = [index for index in wanted if index.unique]

    async def ping(self) -> None:
        """Raises StoreUnavailable when made unavailable."""
        self.check_available()

    async def close(self) -> None:
        """Nothing to let go of."""

    def check_available(self) -> None:
        """Raises StoreUnavailable when made unavailable."""
        if not self.available:
            raise StoreUnavailable("made unavailable")


@dataclass(frozen=True, slots=True)
class Write:
    """One write of a transaction."""

    collection: str
    stored: Stored
    must: str = ""
    version: int | None = None


class MemoryTransaction:
    """See shared.database.Transaction."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self.writes: list[Write] = []

    async def load(self, wanted: Mapping[type[Document], Many[str]]) -> dict[tuple[type[Document], str], Any]:
        """The documents of these kinds with these ids, as far as they exist."""
        tables = {kind: self._database.table(kind.collection) for kind in wanted}
        return {
            (kind, key): from_stored(kind, read(tables[kind][key]))
            for kind, keys in wanted.items()
            for key in keys
            if key in tables[kind]
        }

    def create(self, documents: Sequence[Document]) -> None:
        """Insert documents of one kind."""
        self.writes += [Write(d.collection, to_stored(d), must="be new") for d in documents]

    def put(self, documents: Sequence[Document]) -> None:
        """Write side documents whole."""
        self.writes += [Write(d.collection, to_stored(d)) for d in documents]

    def replace(self, roots: Sequence[tuple[Root, int]]) -> None:
        """Write roots where the stored version is the given one."""
        self.writes += [Write(root.collection, to_stored(root), version=version) for root, version in roots]


class MemoryCollection:
    """See shared.database.Collection."""

    def __init__(self, database: MemoryDatabase, kind: type[Document]) -> None:
        self._database = database
        self._kind = kind

    @property
    def _table(self) -> Table:
        self._database.check_available()
        return self._database.table(self._kind.collection)

    async def get(self, key: str) -> Any:
        """One document."""
        raw = self._table.get(key)
        return None if raw is None else from_stored(self._kind, read(raw))

    async def find(self, where: Filter, *, sort: Sort = (), limit: int = 0, skip: int = 0) -> list[Any]:
        """The documents that match, in order; limit 0 means all."""
        found = self._matching(where)
        for name, direction in reversed(sort):
            found.sort(key=_by(stored_field(name)), reverse=direction < 0)
        chosen = found[skip : skip + limit] if limit else found[skip:]
        return [from_stored(self._kind, stored) for stored in chosen]

    async def count(self, where: Filter, *, at_most: int = 0) -> int:
        """How many match."""
        count = len(self._matching(where))
        return min(count, at_most) if at_most else count

    async def insert(self, documents: Sequence[Any]) -> int:
        """Insert what is not there yet (by id); how many were new."""
        before = len(self._table)
        for document in documents:
            try:
                self._database.apply(Write(document.collection, to_stored(document), must="be new"))
            except DuplicateKey:
                continue
        return len(self._table) - before

    async def set_each(self, changes: Iterable[tuple[str, Mapping[str, Any]]], *, where: Filter | None = None) -> int:
        """Set fields of documents by id, each only where `where` also holds; how many were changed."""
        return sum(self._set({**(where or {}), "id": key}, fields) for key, fields in changes)

    async def raise_each(self, field: str, values: Mapping[str, int]) -> None:
        """Set a number to at least these values, by id; where there is no such document, one of just these fields."""
        for key, value in values.items():
            raw = self._table.get(key)
            stored: Stored = {"_id": key} if raw is None else read(raw)
            if field not in stored or stored[field] < value:
                self._table[key] = bson.encode({**stored, field: value}, codec_options=CODEC)

    async def set_all(self, where: Filter, fields: Mapping[str, Any]) -> int:
        """Set fields of all that match; how many were changed."""
        return self._set(where, fields)

    async def delete(self, where: Filter) -> int:
        """Remove all that match; how many there were."""
        keys = [stored["_id"] for stored in self._matching(where)]
        for key in keys:
            del self._table[key]
        return len(keys)

    def _set(self, where: Filter, fields: Mapping[str, Any]) -> int:
        changed = 0
        for stored in self._matching(where):
            after = bson.encode({**stored, **fields}, codec_options=CODEC)
            changed += after != self._table[stored["_id"]]
            self._table[stored["_id"]] = after
        return changed

    def _matching(self, where: Filter) -> list[Stored]:
        wanted, table = stored_filter(where), self._table
        key = wanted.get("_id")
        candidates = [table[key]] if isinstance(key, str) and key in table else table.values()
        return [stored for raw in candidates if matches(stored := read(raw), wanted)]


def read(raw: bytes) -> Stored:
    """What the driver would have given back."""
    return bson.decode(raw, codec_options=CODEC)


def _by(field: str) -> Callable[[Stored], tuple[int, Any]]:
    return lambda stored: _sortable(_value(stored, field))


def _sortable(value: object) -> tuple[int, Any]:
    return (0, 0) if value is None or value is _ABSENT else (1, value)


def _value(stored: object, path: str) -> Any:
    """The value at a dotted path; of an array, the values of its members."""
    value: Any = stored
    for index, part in enumerate(parts := path.split(".")):
        if isinstance(value, list):
            found = [_value(member, ".".join(parts[index:])) for member in value]
            return [member for member in found if member is not _ABSENT]
        if not isinstance(value, dict) or part not in value:
            return _ABSENT
        value = value[part]
    return value


def matches(stored: Stored, where: Mapping[str, Any]) -> bool:
    """Whether a document passes a filter."""
    for name, wanted in where.items():
        if name == "$and":
            held = all(matches(stored, part) for part in wanted)
        elif name == "$or":
            held = any(matches(stored, part) for part in wanted)
        else:
            held = _passes(_value(stored, name), wanted)
        if not held:
            return False
    return True


def _passes(value: object, wanted: object) -> bool:
    if isinstance(wanted, Mapping) and any(key.startswith("$") for key in wanted):
        return all(_OPERATORS[operator](value, operand) for operator, operand in wanted.items())
    return _equal(value, wanted)


def _equal(value: object, wanted: object) -> bool:
    if wanted is None:
        return value is None or value is _ABSENT
    wanted = list(wanted) if isinstance(wanted, tuple) else wanted
    return value == wanted or (isinstance(value, list) and wanted in value)


def _compare(holds: Callable[[Any, Any], bool]) -> Callable[[object, object], bool]:
    def compare(value: object, operand: object) -> bool:
        limit = _number(operand)
        members = [_number(member) for member in (value if isinstance(value, list) else [value])]
        return any(type(member) is type(limit) and holds(member, limit) for member in members)

    return compare


def _number(value: object) -> object:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _regex(value: object, pattern: object) -> bool:
    members = value if isinstance(value, list) else [value]
    return any(isinstance(member, str) and re.search(str(pattern), member) is not None for member in members)


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "$in": lambda value, operand: any(_equal(value, wanted) for wanted in operand),
    "$nin": lambda value, operand: not any(_equal(value, wanted) for wanted in operand),
    "$ne": lambda value, operand: not _equal(value, operand),
    "$gt": _compare(lambda value, operand: value > operand),
    "$gte": _compare(lambda value, operand: value >= operand),
    "$lt": _compare(lambda value, operand: value < operand),
    "$lte": _compare(lambda value, operand: value <= operand),
    "$exists": lambda value, operand: (value is not _ABSENT) == operand,
    "$all": lambda value, operand: all(_equal(value, wanted) for wanted in operand),
    "$regex": _regex,
}
