"""A service's store on MongoDB: its collections, transactions, leases and indexes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any, TypeVar

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import InsertOne, ReturnDocument, UpdateOne, WriteConcern
from pymongo.errors import BulkWriteError, OperationFailure
from pymongo.read_concern import ReadConcern

from shared.database import DuplicateKey, Filter, Index, Lease, Sort, StoreUnavailable
from shared.decision import Document
from shared.mongo.answers import ANSWER_SECONDS, answered
from shared.mongo.stored import CODEC, from_stored, stored_field, stored_filter, to_stored
from shared.mongo.transaction import MongoTransaction

D = TypeVar("D", bound=Document)

LEASES = "leases"
INDEX_SECONDS = 20.0
THREADS = 8

_INDEX_DIFFERS = {85, 86}


class MongoCollection:
    """See shared.database.Collection."""

    def __init__(self, collection: Any, kind: type[D]) -> None:
        self._collection = collection
        self._kind: type[Any] = kind

    async def get(self, key: str) -> Any:
        """One document."""
        stored = await answered(self._collection.find_one({"_id": key}))
        return None if stored is None else from_stored(self._kind, stored)

    async def find(self, where: Filter, *, sort: Sort = (), limit: int = 0, skip: int = 0) -> list[Any]:
        """The documents that match, in order; limit 0 means all."""
        # Without a batch size the driver asks twice: for the first 101, then for the rest.
        cursor = self._collection.find(stored_filter(where), limit=limit, skip=skip, batch_size=limit)
        if sort:
            cursor = cursor.sort([(stored_field(field), direction) for field, direction in sort])
        return [from_stored(self._kind, stored) for stored in await answered(cursor.to_list(None))]

    async def count(self, where: Filter, *, at_most: int = 0) -> int:
        """How many match; stops counting at `at_most` when that is not 0."""
        options = {"limit": at_most} if at_most else {}
        count: int = await answered(self._collection.count_documents(stored_filter(where), **options))
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
        result = await answered(self._collection.update_many(stored_filter(where), {"$set": dict(fields)}))
        return int(result.modified_count)

    async def delete(self, where: Filter) -> int:
        """Remove all that match; how many there were."""
        return int((await answered(self._collection.delete_many(stored_filter(where)))).deleted_count)

    async def _collection_bulk(self, writes: list[Any]) -> Any:
        return await answered(self._collection.bulk_write(writes, ordered=False))


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
        if taken is None and await answered(leases.count_documents({"_id": name}, limit=1)) == 0:
            first = {"owner": None, "epoch": 0, "expires_at": datetime.fromtimestamp(0, UTC)}
            await answered(leases.update_one({"_id": name}, {"$setOnInsert": first}, upsert=True))
            taken = await self._take_lease(leases, name, free, take)
        return None if taken is None else Lease(name, owner, taken["epoch"])

    async def _take_lease(self, leases: Any, name: str, free: object, take: object) -> Any:
        return await answered(
            leases.find_one_and_update(
                {"_id": name, "$expr": free}, [{"$set": take}], return_document=ReturnDocument.AFTER
            )
        )

    async def release_lease(self, lease: Lease) -> None:
        """Give it up, if it is still ours."""
        ours = {"_id": lease.name, "owner": lease.owner, "epoch": lease.epoch}
        gone = {"owner": None, "expires_at": datetime.fromtimestamp(0, UTC)}
        await answered(self._database[LEASES].update_one(ours, {"$set": gone}))

    async def prepare(self, indexes: Mapping[type[Document], Sequence[Index]]) -> None:
        """Create collections, indexes; change what differs. Safe to run from several processes at once."""
        present = set(await answered(self._database.list_collection_names()))
        for kind, wanted in indexes.items():
            if kind.collection not in present:
                with suppress(OperationFailure):  # another process was faster
                    await answered(self._database.create_collection(kind.collection))
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
            await answered(collection.create_index(keys, **options), INDEX_SECONDS)
        except OperationFailure as differs:
            if differs.code not in _INDEX_DIFFERS:
                raise
            await answered(collection.drop_index(options["name"]))
            await answered(collection.create_index(keys, **options), INDEX_SECONDS)

    async def ping(self) -> None:
        """Raises StoreUnavailable when the store does not answer as a primary."""
        hello = await answered(self._client.admin.command("hello"), 5.0)
        if not hello.get("isWritablePrimary"):
            raise StoreUnavailable("the store has no primary at the moment")

    async def close(self) -> None:
        """Let go of connections."""
        self._threads.shutdown(wait=False)
        self._client.close()
