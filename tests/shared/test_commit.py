"""What the commit door guarantees, on the twin and on real MongoDB."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from shared.clock import SystemClock
from shared.commit import AlreadyExists, Cause, Door, Idempotency, InboxMark
from shared.database import CommitUnknown, Contention, StoreUnavailable
from shared.decision import Decision, Documents, Read, ReadsInTurn
from shared.ids import new_id
from shared.messaging.outbox import OutboxRow
from shared.refusals import IdempotencyKeyReused, NotFound, OutcomeUnknown, Refusal, Unavailable, VersionMismatch
from shared.testing.memory import MemoryDatabase
from tests.shared.till import DOCUMENTS, Receipt, Till, TillFull, give_back, pay

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from shared.database import Database

CAUSE = Cause(correlation_id="correlation", causation_id="request")


@asynccontextmanager
async def opened(database: Database, **options: Any) -> AsyncIterator[Door]:
    door = Door(database, source="/tests", documents=DOCUMENTS, clock=SystemClock(), **options)
    running = asyncio.create_task(door.run())
    try:
        yield door
    finally:
        running.cancel()


@pytest.fixture
async def door(database: Database) -> AsyncIterator[Door]:
    await database.prepare(DOCUMENTS)
    async with opened(database) as door:
        yield door


async def set_up(door: Door, key: str = "till", limit: int = 100) -> Till:
    def decide(till: Till | None, _documents: Documents, _now: datetime) -> Decision[Till]:
        assert till is None
        fresh = Till(id=key, limit=limit)
        return Decision(fresh, fresh)

    return await door.create_or_change(Till, key, decide, reads=lambda _: (), cause=CAUSE)


async def put_in(door: Door, amount: int = 1, key: str = "till", receipt_id: str = "", **options: Any) -> Receipt:
    receipt = Receipt(
        id=receipt_id or new_id(),
        till_id=key,
        amount=amount,
        number=options.pop("number", None),
        tags=options.pop("tags", ()),
    )
    return await door.change(
        Till, key, lambda till, _, now: pay(till, receipt, now), reads=lambda _: (), cause=CAUSE, **options
    )


async def take_out(door: Door, receipt_id: str) -> Receipt:
    return await door.change(
        Till,
        "till",
        lambda till, documents, _: give_back(till, documents, receipt_id),
        reads=lambda _: ((Receipt, receipt_id),),
        cause=CAUSE,
    )


async def the_till(database: Database, key: str = "till") -> Till:
    till = await database.collection(Till).get(key)
    assert till is not None
    return till


async def events(database: Database) -> list[OutboxRow]:
    return await database.collection(OutboxRow).find({}, sort=[("id", 1)])


async def test_state_side_document_and_event_are_written_together(database: Database, door: Door) -> None:
    await set_up(door)
    receipt = await put_in(door, 40)
    till = await the_till(database)
    assert (till.total, till.version, till.sequence) == (40, 2, 1)
    assert await database.collection(Receipt).get(receipt.id) == receipt
    (row,) = await events(database)
    assert (row.subject, row.sequence, row.type, row.state) == ("tills/till", 1, "tests.paid.v1", "waiting")
    assert (row.source, row.correlation_id, row.causation_id) == ("/tests", "correlation", "request")
    assert till.last_event == row.id


async def test_many_at_once_never_pass_the_limit_and_refusals_concern_only_their_callers(
    database: Database, door: Door
) -> None:
    await set_up(door, limit=100)
    outcomes = await asyncio.gather(*(put_in(door) for _ in range(300)), return_exceptions=True)
    assert sum(isinstance(outcome, Receipt) for outcome in outcomes) == 100
    assert sum(isinstance(outcome, TillFull) for outcome in outcomes) == 200
    assert (await the_till(database)).total == 100
    assert await database.collection(Receipt).count({}) == 100


async def test_many_decisions_share_few_transactions(database: Database, door: Door) -> None:
    await set_up(door, limit=1_000)
    transactions = 0
    begin = database.transaction

    def counted() -> Any:
        nonlocal transactions
        transactions += 1
        return begin()

    database.transaction = counted  # type: ignore[method-assign]
    await asyncio.gather(*(put_in(door) for _ in range(400)))
    assert transactions <= 4


async def test_two_replicas_never_pass_the_limit(database: Database, door: Door) -> None:
    await set_up(door, limit=100)
    async with opened(database, batch_size=7) as second:
        outcomes = await asyncio.gather(
            *(put_in(replica) for _ in range(150) for replica in (door, second)), return_exceptions=True
        )
    assert sum(isinstance(outcome, Receipt) for outcome in outcomes) == 100
    till = await the_till(database)
    rows = await events(database)
    assert till.total == 100
    assert [row.sequence for row in rows] == list(range(1, 101)), "ids sort in the order of sequences"


async def test_one_batch_serves_many_aggregates(database: Database, door: Door) -> None:
    keys = [f"till-{number}" for number in range(50)]
    await asyncio.gather(*(set_up(door, key) for key in keys))
    await asyncio.gather(*(put_in(door, 2, key) for key in keys for _ in range(3)))
    assert {(await the_till(database, key)).total for key in keys} == {6}


async def test_a_missing_root_is_not_found(door: Door) -> None:
    with pytest.raises(NotFound):
        await put_in(door, key="nobody")


async def test_a_decision_sees_side_documents_as_they_are_now(database: Database, door: Door) -> None:
    await set_up(door)
    receipt = await put_in(door, 10)
    outcomes = await asyncio.gather(*(take_out(door, receipt.id) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(outcome, Receipt) for outcome in outcomes) == 1
    assert (await the_till(database)).total == 0


async def test_what_is_to_be_read_may_depend_on_what_was_read(database: Database, door: Door) -> None:
    """Also on what an earlier decision of the same batch has written."""
    await set_up(door)
    named = await put_in(door, 40)

    def total(till: Till, documents: Documents, _now: datetime) -> Decision[Receipt]:
        first = documents.get(Receipt, "first")
        assert first is not None
        second = documents.get(Receipt, first.tags[0])
        assert second is not None
        return Decision(second)

    def named_by_the_first(documents: Documents) -> tuple[Read, ...]:
        first = documents.get(Receipt, "first")
        return () if first is None else tuple((Receipt, tag) for tag in first.tags)

    reads = ReadsInTurn[Till](lambda _till: ((Receipt, "first"),), named_by_the_first)
    _, found = await asyncio.gather(
        put_in(door, 1, receipt_id="first", tags=(named.id,)),
        door.change(Till, "till", total, reads=reads, cause=CAUSE),
    )
    assert found == named


async def test_a_side_document_that_was_not_read_is_never_overwritten(database: Database, door: Door) -> None:
    await set_up(door)
    await put_in(door, 10, receipt_id="same")
    with pytest.raises(AlreadyExists):
        await put_in(door, 20, receipt_id="same")
    assert (await the_till(database)).total == 10


async def test_a_culprit_in_a_batch_fails_alone(database: Database, door: Door) -> None:
    await set_up(door)
    await put_in(door, 1, number=7)
    calls = [put_in(door, 1, number=7 if position == 5 else None) for position in range(20)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert [position for position, outcome in enumerate(outcomes) if isinstance(outcome, AlreadyExists)] == [5]
    assert (await the_till(database)).total == 20


async def test_what_the_store_cannot_hold_fails_alone(database: Database, door: Door) -> None:
    await set_up(door)
    calls = [put_in(door, tags=("\ud800",) if position == 3 else ()) for position in range(8)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert [position for position, outcome in enumerate(outcomes) if isinstance(outcome, Exception)] == [3]
    assert (await the_till(database)).total == 7


async def test_a_mistake_in_a_decision_fails_alone(database: Database, door: Door) -> None:
    await set_up(door)

    def wrong(_till: Till, _documents: Documents, _now: datetime) -> Decision[None]:
        raise ZeroDivisionError

    mistaken = door.change(Till, "till", wrong, reads=lambda _: (), cause=CAUSE)
    outcomes = await asyncio.gather(put_in(door), mistaken, put_in(door), return_exceptions=True)
    assert isinstance(outcomes[1], ZeroDivisionError)
    assert (await the_till(database)).total == 2


async def test_an_idempotency_key_takes_effect_once_and_repeats_the_answer(database: Database, door: Door) -> None:
    await set_up(door)
    key = Idempotency("teacher POST /tills/till 1", "fingerprint")
    async with opened(database) as second:
        answers = await asyncio.gather(
            *(put_in(replica, 5, idempotency=key) for _ in range(50) for replica in (door, second))
        )
    assert len({answer.model_dump_json() for answer in answers}) == 1
    assert (await the_till(database)).total == 5
    assert await put_in(door, 5, idempotency=key) == answers[0]
    with pytest.raises(IdempotencyKeyReused):
        await put_in(door, 5, idempotency=Idempotency(key.id, "another"))


async def test_a_reply_that_is_the_root_carries_its_new_version(database: Database, door: Door) -> None:
    created = await set_up(door)
    assert created == await the_till(database)


async def test_an_event_changes_an_aggregate_once(database: Database, door: Door) -> None:
    await set_up(door)
    await set_up(door, "other")
    mark = InboxMark("event", "bank_payment")
    for _ in range(3):
        await put_in(door, 5, inbox=mark)
    await put_in(door, 5, "other", inbox=mark)
    assert (await the_till(database)).total == 5
    assert (await the_till(database, "other")).total == 5


async def test_a_stale_version_is_refused(database: Database, door: Door) -> None:
    await set_up(door)
    await put_in(door, if_version=1)
    with pytest.raises(VersionMismatch):
        await put_in(door, if_version=1)
    assert (await the_till(database)).total == 1


async def test_draining_finishes_what_waits_and_takes_nothing_new(database: Database, door: Door) -> None:
    await set_up(door)
    waiting = [asyncio.ensure_future(put_in(door)) for _ in range(20)]
    await asyncio.sleep(0)
    assert await door.drain(10)
    assert all(isinstance(outcome, Receipt) for outcome in await asyncio.gather(*waiting))
    with pytest.raises(Unavailable):
        await put_in(door)


async def test_a_commit_wakes_the_relay(door: Door) -> None:
    woken = asyncio.Event()
    door.on_commit.append(woken.set)
    await set_up(door)
    assert not woken.is_set(), "a commit without events has nothing to publish"
    await put_in(door)
    assert woken.is_set()


@pytest.fixture
async def memory() -> MemoryDatabase:
    database = MemoryDatabase()
    await database.prepare(DOCUMENTS)
    return database


async def test_contention_is_decided_again(memory: MemoryDatabase) -> None:
    async with opened(memory) as door:
        await set_up(door)
        memory.faults.before.extend([Contention(), Contention(), StoreUnavailable()])
        await put_in(door, 5)
    assert (await the_till(memory)).total == 5


@pytest.mark.parametrize(
    ("fault", "refusal"),
    [(CommitUnknown(), OutcomeUnknown), (StoreUnavailable(), Unavailable)],
    ids=["unknown", "away"],
)
async def test_a_caller_is_told_what_is_not_known(
    memory: MemoryDatabase, fault: Exception, refusal: type[Refusal]
) -> None:
    async with opened(memory, deadline=0.05) as door:
        await set_up(door)
        memory.faults.before.extend([fault] * 1_000)
        with pytest.raises((refusal, OutcomeUnknown)):
            await put_in(door, 5)


async def test_a_crash_after_the_commit_is_answered_by_the_stored_reply(memory: MemoryDatabase) -> None:
    key = Idempotency("teacher POST /tills/till 1", "fingerprint")
    async with opened(memory) as door:
        await set_up(door)
        memory.faults.after.append(CommitUnknown())
        with pytest.raises(OutcomeUnknown):
            await put_in(door, 5, receipt_id="only", idempotency=key)
        assert (await put_in(door, 5, receipt_id="another", idempotency=key)).id == "only"
    assert (await the_till(memory)).total == 5


async def test_control_without_the_version_guard_a_replica_overbooks(mongodb_uri: str) -> None:
    """The same race as above with the guard taken out must pass the limit, or the test above shows nothing."""
    from shared.mongo import MongoDatabase, MongoTransaction, from_stored, to_stored

    class Unguarded(MongoTransaction):
        def _found(self, kind: Any, keys: Any) -> Any:
            found = self._database[kind.collection].find({"_id": {"$in": keys}})
            return [from_stored(kind, stored) for stored in found]

        def create(self, documents: Any) -> None:
            if not isinstance(documents[0], OutboxRow):
                collection = self._database[documents[0].collection]
                self._writes.append(lambda: collection.insert_many([to_stored(document) for document in documents]))

        def replace(self, roots: Any) -> None:
            ((root, _version),) = roots
            collection = self._database[root.collection]
            self._writes.append(lambda: collection.replace_one({"_id": root.id}, to_stored(root)))

    real = MongoDatabase(mongodb_uri, f"test-{new_id()}")
    await real.prepare(DOCUMENTS)
    async with opened(real) as first:
        await set_up(first, limit=100)
        replicas = [MongoDatabase(mongodb_uri, real._name) for _ in range(2)]
        for replica in replicas:
            replica.transaction = partial(_without_transaction, replica, Unguarded)  # type: ignore[method-assign]
        async with opened(replicas[0], batch_size=3) as one, opened(replicas[1], batch_size=3) as two:
            await asyncio.gather(*(put_in(door) for _ in range(100) for door in (one, two)), return_exceptions=True)
    assert await real.collection(Receipt).count({}) > 100
    for database in (real, *replicas):
        await database.close()


@asynccontextmanager
async def _without_transaction(database: Any, kind: Any) -> AsyncIterator[Any]:
    transaction = kind(database._client.delegate, database._database.delegate, database._threads)
    yield transaction
    await asyncio.get_running_loop().run_in_executor(database._threads, transaction._write)
