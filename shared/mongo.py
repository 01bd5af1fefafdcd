"""The store on MongoDB: the only module that imports the driver (motor).

Guarantees: transactions read one snapshot and write with majority and journal; the commit itself is repeated on the
same session until its outcome is known or the deadline has passed; every driver error leaves as one of the four errors
of shared.database, except programming errors; no call waits for ever.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping, Sequence
from collections.abc import Collection as Many
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from bson.codec_options import CodecOptions, TypeRegistry
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import InsertOne, ReplaceOne, ReturnDocument, UpdateOne, WriteConcern
from pymongo.errors import BulkWriteError, ConnectionFailure, DuplicateKeyError, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern

from shared.database import CommitUnknown, Contention, DuplicateKey, Filter, Index, Lease, Sort, StoreUnavailable
from shared.decision import Document, Root

D = TypeVar("D", bound=Document)
T = TypeVar("T")

ANSWER_SECONDS = 10.0
COMMIT_SECONDS = 20.0
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
    """See shared.database.Transaction."""

    def __init__(self, database: Any, session: Any) -> None:
        self._database = database
        self._session = session

    async def load(self, kind: type[D], keys: Many[str]) -> dict[str, D]:
        """The documents with these ids that exist, by id."""
        wanted = list(keys)
        where = {"_id": wanted[0]} if len(wanted) == 1 else {"_id": {"$in": wanted}}
        cursor = self._database[kind.collection].find(where, session=self._session, batch_size=len(wanted) + 1)
        found = await _answer(cursor.to_list(None))
        return {stored["_id"]: from_stored(kind, stored) for stored in found}

    async def create(self, documents: Sequence[Document]) -> None:
        """Insert documents of one kind. Raises DuplicateKey."""
        collection = self._database[documents[0].collection]
        await _answer(collection.insert_many([to_stored(d) for d in documents], ordered=False, session=self._session))

    async def put(self, documents: Sequence[Document]) -> None:
        """Write side documents of one kind whole, whether they exist or not."""
        writes = [ReplaceOne({"_id": document.id}, to_stored(document), upsert=True) for document in documents]
        collection = self._database[documents[0].collection]
        await _answer(collection.bulk_write(writes, ordered=False, session=self._session))

    async def replace(self, roots: Sequence[tuple[Root, int]]) -> None:
        """Write roots of one kind where the stored version is the given one. Raises Contention otherwise."""
        writes = [ReplaceOne({"_id": root.id, "version": version}, to_stored(root)) for root, version in roots]
        collection = self._database[roots[0][0].collection]
        result = await _answer(collection.bulk_write(writes, ordered=False, session=self._session))
        if result.matched_count != len(writes):
            raise Contention("a root has another version")


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

    def collection(self, kind: type[D]) -> Any:
        """The documents of a kind."""
        return MongoCollection(self._database[kind.collection], kind)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[MongoTransaction]:
        """One transaction; see shared.database.Database.transaction."""
        session = await _answer(self._client.start_session())
        try:
            session.start_transaction(
                read_concern=ReadConcern("snapshot"), write_concern=WriteConcern("majority", j=True)
            )
            try:
                yield MongoTransaction(self._database, session)
            except BaseException:
                with suppress(PyMongoError, TimeoutError):
                    async with asyncio.timeout(ANSWER_SECONDS):
                        await session.abort_transaction()
                raise
            await _commit(session)
        finally:
            await session.end_session()

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
        self._client.close()


async def _commit(session: Any) -> None:
    """Commit, and ask again until the outcome is known: a repeated commit of one session is harmless."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + COMMIT_SECONDS
    attempt = 0
    while True:
        attempt += 1
        try:
            async with asyncio.timeout_at(deadline):
                await session.commit_transaction()
                return
        except TimeoutError:
            raise CommitUnknown(f"no outcome in {COMMIT_SECONDS:.0f} s") from None
        except PyMongoError as error:
            if error.has_error_label("UnknownTransactionCommitResult"):
                if loop.time() >= deadline:
                    raise CommitUnknown(str(error)) from error
                await asyncio.sleep(random.uniform(0, min(1.0, 0.05 * 2**attempt)))  # noqa: S311
                continue
            raise _translated(error) from error
