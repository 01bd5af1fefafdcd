"""The store on MongoDB: the only module that imports the driver (motor).

Guarantees: transactions read one snapshot and write with majority and journal; the commit itself is repeated on the
same session until its outcome is known or the deadline has passed; every driver error leaves as one of the four errors
of shared.database, except programming errors; no call waits for ever.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from collections.abc import Collection as Many
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from bson.codec_options import CodecOptions, TypeRegistry
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import InsertOne, MongoClient, ReplaceOne, ReturnDocument, UpdateOne, WriteConcern
from pymongo.client_session import ClientSession
from pymongo.errors import BulkWriteError, ConnectionFailure, DuplicateKeyError, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern

from shared.database import CommitUnknown, Contention, DuplicateKey, Filter, Index, Lease, Sort, StoreUnavailable
from shared.decision import Document, Root

D = TypeVar("D", bound=Document)
T = TypeVar("T")
Stored = dict[str, Any]

ANSWER_SECONDS = 10.0
COMMIT_SECONDS = 20.0
THREADS = 8
LEASES = "leases"

_DUPLICATE = 11000
_INDEX_DIFFERS = {85, 86}
_CONTENTION = {112, 24, 251}  # WriteConflict, LockTimeout, NoSuchTransaction
_NO_ANSWER = {50, 89, 91, 189, 10107, 11600, 11602, 13435, 13436}  # time limit, shutting down, not primary …


def _as_text(value: object) -> object:
    """Dates without a time are kept as ISO text: BSON has no type for them."""
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be stored")


CODEC: CodecOptions[dict[str, Any]] = CodecOptions(
    tz_aware=True, tzinfo=UTC, type_registry=TypeRegistry(fallback_encoder=_as_text)
)


def to_stored(document: Document) -> dict[str, Any]:
    """A document as the store keeps it: `id` becomes `_id`."""
    stored = document.model_dump(mode="python")
    stored["_id"] = stored.pop("id")
    return stored


def from_stored(kind: type[D], stored: dict[str, Any]) -> D:
    """A stored document as its model."""
    stored["id"] = stored.pop("_id")
    return kind.model_validate(stored)


def stored_field(field: str) -> str:
    """A field's name in the store: `id` is kept as `_id`."""
    return "_id" if field == "id" else field


def stored_filter(where: Filter) -> dict[str, Any]:
    """A filter in the store's field names."""
    return {
        stored_field(field): [stored_filter(part) for part in value] if field in ("$and", "$or") else value
        for field, value in where.items()
    }


def _translated(error: PyMongoError) -> Exception:
    """What a driver error means for us; errors that are nobody's passing trouble come back as they are."""
    if isinstance(error, DuplicateKeyError):
        return DuplicateKey(_taken(error.details))
    if isinstance(error, BulkWriteError):
        for entry in (error.details or {}).get("writeErrors", ()):
            if entry.get("code") == _DUPLICATE:
                return DuplicateKey(_taken(entry))
    if isinstance(error, ConnectionFailure) or error.timeout:
        return StoreUnavailable(str(error))
    code = error.code if isinstance(error, OperationFailure) else None
    if code in _NO_ANSWER:
        return StoreUnavailable(str(error))
    if code in _CONTENTION or error.has_error_label("TransientTransactionError"):
        return Contention(str(error))
    return error


def _taken(details: Mapping[str, Any] | None) -> str:
    """Which key is taken, without its value: that may be personal and would end in a log."""
    return f"the key {', '.join((details or {}).get('keyPattern', ()))} is taken"


async def _answer(call: Awaitable[T], seconds: float = ANSWER_SECONDS) -> T:
    """Wait for the driver, with a deadline, and translate its errors."""
    try:
        async with asyncio.timeout(seconds):
            return await call
    except TimeoutError:
        raise StoreUnavailable(f"no answer in {seconds:.0f} s") from None
    except PyMongoError as error:
        raise _translated(error) from error


class MongoTransaction:
    """See shared.database.Transaction.

    It works in a thread of its own, several commands at a time: handing each to a thread and back takes longer than
    the store needs for it. The session is only ever used by one thread: while one is under way nothing else is begun.
    """

    def __init__(self, client: MongoClient[Stored], database: Any, threads: Executor) -> None:
        self._client = client
        self._database = database
        self._threads = threads
        self._session: Any = None
        self._writes: list[Callable[[], None]] = []
        self._under_way: asyncio.Future[Any] | None = None

    async def load(self, wanted: Mapping[type[Document], Many[str]]) -> dict[tuple[type[Document], str], Any]:
        """The documents of these kinds with these ids, as far as they exist."""

        def load() -> dict[tuple[type[Document], str], Any]:
            return {(kind, found.id): found for kind, keys in wanted.items() for found in self._found(kind, list(keys))}

        return await self._in_thread(load, ANSWER_SECONDS, StoreUnavailable)

    def create(self, documents: Sequence[Document]) -> None:
        """Insert documents of one kind when it ends, which raises DuplicateKey."""
        collection = self._database[documents[0].collection]

        def insert() -> None:
            collection.insert_many([to_stored(d) for d in documents], ordered=False, session=self._session)

        self._writes.append(insert)

    def put(self, documents: Sequence[Document]) -> None:
        """Write side documents of one kind whole when it ends, whether they exist or not."""
        collection = self._database[documents[0].collection]

        def put() -> None:
            writes = [ReplaceOne({"_id": document.id}, to_stored(document), upsert=True) for document in documents]
            collection.bulk_write(writes, ordered=False, session=self._session)

        self._writes.append(put)

    def replace(self, roots: Sequence[tuple[Root, int]]) -> None:
        """Write roots of one kind when it ends, which raises Contention unless the stored version is the given one."""
        collection = self._database[roots[0][0].collection]

        def replace() -> None:
            writes = [ReplaceOne({"_id": root.id, "version": version}, to_stored(root)) for root, version in roots]
            result = collection.bulk_write(writes, ordered=False, session=self._session)
            if result.matched_count != len(writes):
                raise Contention("a root has another version")

        self._writes.append(replace)

    async def commit(self) -> None:
        """Write and commit."""

        def commit() -> None:
            self._open()
            self._write()
            _commit(self._session)
            self._session.end_session()

        await self._in_thread(commit, ANSWER_SECONDS + COMMIT_SECONDS, CommitUnknown)

    async def give_up(self) -> None:
        """Abort it. A call that is still under way is not waited for: the session ends after it."""
        if self._under_way is not None and not self._under_way.done():
            self._under_way.add_done_callback(self._abort_after)
            return
        with suppress(StoreUnavailable):
            await self._in_thread(self._abort, ANSWER_SECONDS, StoreUnavailable)

    async def _in_thread(self, work: Callable[[], T], seconds: float, late: type[Exception]) -> T:
        """Wait for commands that a thread sends, with a deadline, and translate the driver's errors."""
        self._under_way = asyncio.get_running_loop().run_in_executor(self._threads, work)
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(self._under_way)
        except TimeoutError:
            raise late(f"no answer in {seconds:.0f} s") from None
        except PyMongoError as error:
            raise _translated(error) from error

    def _abort_after(self, _: asyncio.Future[Any]) -> None:
        with suppress(RuntimeError):  # the store was closed meanwhile
            self._threads.submit(self._abort)

    # What threads do

    def _open(self) -> None:
        if self._session is None:
            self._session = self._client.start_session()
            self._session.start_transaction(
                read_concern=ReadConcern("snapshot"), write_concern=WriteConcern("majority", j=True)
            )

    def _found(self, kind: type[D], keys: Sequence[str]) -> list[D]:
        self._open()
        where = {"_id": keys[0]} if len(keys) == 1 else {"_id": {"$in": keys}}
        cursor = self._database[kind.collection].find(where, session=self._session, batch_size=len(keys) + 1)
        return [from_stored(kind, stored) for stored in cursor]

    def _write(self) -> None:
        for write in self._writes:
            write()

    def _abort(self) -> None:
        if self._session is not None:
            with suppress(PyMongoError):
                self._session.abort_transaction()
            self._session.end_session()


class MongoCollection:
    """See shared.database.Collection."""

    def __init__(self, collection: Any, kind: type[D]) -> None:
        self._collection = collection
        self._kind: type[Any] = kind

    async def get(self, key: str) -> Any:
        """One document."""
        stored = await _answer(self._collection.find_one({"_id": key}))
        return None if stored is None else from_stored(self._kind, stored)

    async def find(self, where: Filter, *, sort: Sort = (), limit: int = 0, skip: int = 0) -> list[Any]:
        """The documents that match, in order; limit 0 means all."""
        # Without a batch size the driver asks twice: for the first 101, then for the rest.
        cursor = self._collection.find(stored_filter(where), limit=limit, skip=skip, batch_size=limit)
        if sort:
            cursor = cursor.sort([(stored_field(field), direction) for field, direction in sort])
        return [from_stored(self._kind, stored) for stored in await _answer(cursor.to_list(None))]

    async def count(self, where: Filter, *, at_most: int = 0) -> int:
        """How many match; stops counting at `at_most` when that is not 0."""
        options = {"limit": at_most} if at_most else {}
        count: int = await _answer(self._collection.count_documents(stored_filter(where), **options))
        return count

    async def insert(self, documents: Sequence[Any]) -> int:
        """Insert what is not there yet (by id); how many were new."""
        if not documents:
            return 0
        try:
            writes = [InsertOne(to_stored(document)) for document in documents]
            result = await self._collection_bulk(writes)
        except DuplicateKey as duplicate:
            cause = duplicate.__cause__
            if not isinstance(cause, BulkWriteError):
                raise
            return int(cause.details["nInserted"])
        return int(result.inserted_count)

    async def set_each(self, changes: Iterable[tuple[str, Mapping[str, Any]]], *, where: Filter | None = None) -> int:
        """Set fields of documents by id, each only where `where` also holds; how many were changed."""
        guard = stored_filter(where or {})
        writes = [UpdateOne({**guard, "_id": key}, {"$set": dict(fields)}) for key, fields in changes]
        if not writes:
            return 0
        return int((await self._collection_bulk(writes)).modified_count)

    async def raise_each(self, field: str, values: Mapping[str, int]) -> None:
        """Set a number to at least these values, by id; where there is no such document, one of just these fields."""
        if values:
            writes = [UpdateOne({"_id": key}, {"$max": {field: value}}, upsert=True) for key, value in values.items()]
            await self._collection_bulk(writes)

    async def set_all(self, where: Filter, fields: Mapping[str, Any]) -> int:
        """Set fields of all that match; how many were changed."""
        result = await _answer(self._collection.update_many(stored_filter(where), {"$set": dict(fields)}))
        return int(result.modified_count)

    async def delete(self, where: Filter) -> int:
        """Remove all that match; how many there were."""
        return int((await _answer(self._collection.delete_many(stored_filter(where)))).deleted_count)

    async def _collection_bulk(self, writes: list[Any]) -> Any:
        return await _answer(self._collection.bulk_write(writes, ordered=False))


class MongoDatabase:
    """See shared.database.Database. `uri` names a replica set; `name` is this service's database."""

    def __init__(self, uri: str, name: str) -> None:
        self._client: Any = AsyncIOMotorClient(
            uri,
            serverSelectionTimeoutMS=5_000,
            connectTimeoutMS=5_000,
            socketTimeoutMS=int(ANSWER_SECONDS * 1000),
            heartbeatFrequencyMS=1_000,  # so that a primary that is back is noticed at once
            maxPoolSize=32,
            retryWrites=True,
            appname=name,
        )
        self._database = self._client.get_database(
            name,
            codec_options=CODEC,
            write_concern=WriteConcern("majority", j=True),
            read_concern=ReadConcern("majority"),
        )
        self._name = name
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="store")

    def collection(self, kind: type[D]) -> Any:
        """The documents of a kind."""
        return MongoCollection(self._database[kind.collection], kind)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[MongoTransaction]:
        """One transaction; see shared.database.Database.transaction."""
        transaction = MongoTransaction(self._client.delegate, self._database.delegate, self._threads)
        try:
            yield transaction
            await transaction.commit()
        except BaseException:
            await transaction.give_up()
            raise

    async def acquire_lease(self, name: str, owner: str, seconds: float) -> Lease | None:
        """Take or renew the lease by the store's own clock; None while somebody else holds it."""
        leases = self._database[LEASES]
        free = {"$or": [{"$eq": ["$owner", {"$literal": owner}]}, {"$lt": ["$expires_at", "$$NOW"]}]}
        take = {
            "owner": {"$literal": owner},
            "epoch": {"$cond": [{"$eq": ["$owner", {"$literal": owner}]}, "$epoch", {"$add": ["$epoch", 1]}]},
            "expires_at": {"$add": ["$$NOW", int(seconds * 1000)]},
        }
        # The expression language is not allowed in an upsert, so the document is made first.
        taken = await self._take_lease(leases, name, free, take)
        if taken is None and await _answer(leases.count_documents({"_id": name}, limit=1)) == 0:
            first = {"owner": None, "epoch": 0, "expires_at": datetime.fromtimestamp(0, UTC)}
            await _answer(leases.update_one({"_id": name}, {"$setOnInsert": first}, upsert=True))
            taken = await self._take_lease(leases, name, free, take)
        return None if taken is None else Lease(name, owner, taken["epoch"])

    async def _take_lease(self, leases: Any, name: str, free: object, take: object) -> Any:
        return await _answer(
            leases.find_one_and_update(
                {"_id": name, "$expr": free}, [{"$set": take}], return_document=ReturnDocument.AFTER
            )
        )

    async def release_lease(self, lease: Lease) -> None:
        """Give it up, if it is still ours."""
        ours = {"_id": lease.name, "owner": lease.owner, "epoch": lease.epoch}
        gone = {"owner": None, "expires_at": datetime.fromtimestamp(0, UTC)}
        await _answer(self._database[LEASES].update_one(ours, {"$set": gone}))

    async def prepare(self, indexes: Mapping[type[Document], Sequence[Index]]) -> None:
        """Create collections, indexes; change what differs. Safe to run from several processes at once."""
        present = set(await _answer(self._database.list_collection_names()))
        for kind, wanted in indexes.items():
            if kind.collection not in present:
                with suppress(OperationFailure):  # another process was faster
                    await _answer(self._database.create_collection(kind.collection))
            for index in wanted:
                await self._ensure_index(self._database[kind.collection], index)

    async def _ensure_index(self, collection: Any, index: Index) -> None:
        keys = [(stored_field(field), direction) for field, direction in index.fields]
        options: dict[str, Any] = {"name": "_".join(f"{field}_{direction}" for field, direction in keys)}
        if index.unique:
            options["unique"] = True
        if index.only is not None:
            options["partialFilterExpression"] = stored_filter(index.only)
        if index.expire_seconds is not None:
            options["expireAfterSeconds"] = index.expire_seconds
        try:
            await _answer(collection.create_index(keys, **options), COMMIT_SECONDS)
        except OperationFailure as differs:
            if differs.code not in _INDEX_DIFFERS:
                raise
            await _answer(collection.drop_index(options["name"]))
            await _answer(collection.create_index(keys, **options), COMMIT_SECONDS)

    async def ping(self) -> None:
        """Raises StoreUnavailable when the store does not answer as a primary."""
        hello = await _answer(self._client.admin.command("hello"), 5.0)
        if not hello.get("isWritablePrimary"):
            raise StoreUnavailable("the store has no primary at the moment")

    async def close(self) -> None:
        """Let go of connections."""
        self._threads.shutdown(wait=False)
        self._client.close()


def _commit(session: ClientSession) -> None:
    """Commit, and ask again until the outcome is known: a repeated commit of one session is harmless."""
    deadline = time.monotonic() + COMMIT_SECONDS
    attempt = 0
    while True:
        attempt += 1
        try:
            session.commit_transaction()
        except PyMongoError as error:
            if not error.has_error_label("UnknownTransactionCommitResult"):
                raise
            if time.monotonic() >= deadline:
                raise CommitUnknown(str(error)) from error
            time.sleep(random.uniform(0, min(1.0, 0.05 * 2**attempt)))  # noqa: S311
        else:
            return
