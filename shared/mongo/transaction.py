"""A transaction on MongoDB: several commands go to a thread at a time, and its end is known or said not to be."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Collection as Many
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any, TypeVar

from pymongo import MongoClient, ReplaceOne, WriteConcern
from pymongo.client_session import ClientSession
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern

from shared.database import CommitUnknown, Contention, StoreUnavailable
from shared.decision import Document, Root
from shared.mongo.answers import ANSWER_SECONDS, translated
from shared.mongo.stored import Stored, from_stored, to_stored

D = TypeVar("D", bound=Document)
T = TypeVar("T")

COMMIT_SECONDS = 20.0


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
            raise translated(error) from error

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
