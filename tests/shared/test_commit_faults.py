"""The door while real MongoDB misbehaves: nothing acknowledged is lost, nothing happens twice, and it recovers."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from shared.commit import Idempotency
from shared.database import StoreUnavailable
from shared.ids import new_id
from shared.messaging.outbox import OutboxRow
from shared.mongo import MongoDatabase
from tests.shared.test_commit import opened, put_in, set_up, the_till
from tests.shared.till import DOCUMENTS, Receipt

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PAYMENTS = 120


@pytest.fixture
async def real(mongodb_uri: str) -> AsyncIterator[MongoDatabase]:
    database = MongoDatabase(mongodb_uri, f"test-{new_id()}")
    await database.prepare(DOCUMENTS)
    yield database
    await database.close()


@asynccontextmanager
async def failing(database: MongoDatabase, commands: list[str], times: int, **data: Any) -> AsyncIterator[None]:
    """Make the server fail these commands of this client."""
    admin = database._client.admin
    data = {"failCommands": commands, "appName": database._name, **data}
    await admin.command("configureFailPoint", "failCommand", mode={"times": times}, data=data)
    try:
        yield
    finally:
        await admin.command("configureFailPoint", "failCommand", mode="off")


FAULTS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "the connection breaks at commit": (["commitTransaction"], {"closeConnection": True}),
    "the primary steps down at commit": (
        ["commitTransaction"],
        {"errorCode": 10107, "errorLabels": ["UnknownTransactionCommitResult"]},
    ),
    "the commit is aborted in passing": (
        ["commitTransaction"],
        {"errorCode": 251, "errorLabels": ["TransientTransactionError"]},
    ),
    "the connection breaks in the middle": (["insert", "update"], {"closeConnection": True}),
    "a write conflicts": (["insert", "update"], {"errorCode": 112, "errorLabels": ["TransientTransactionError"]}),
    "a read fails": (["find"], {"errorCode": 11600}),
    "the connection breaks at a read": (["find"], {"closeConnection": True}),
    "nothing is known to a majority yet": (["find"], {"errorCode": 134}),
    "no key has been made yet": (["find", "commitTransaction"], {"errorCode": 211}),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_every_payment_happens_once_whatever_fails(real: MongoDatabase, fault: str) -> None:
    commands, data = FAULTS[fault]
    async with opened(real, batch_size=10) as door:
        await set_up(door, limit=PAYMENTS * 2)
        async with failing(real, commands, 6, **data):
            await asyncio.gather(
                *(put_in(door, idempotency=Idempotency(f"payment {n}", "same")) for n in range(PAYMENTS))
            )
    till = await the_till(real)
    assert till.total == PAYMENTS
    assert await real.collection(Receipt).count({}) == PAYMENTS
    rows = await real.collection(OutboxRow).find({}, sort=[("id", 1)])
    assert [row.sequence for row in rows] == list(range(1, PAYMENTS + 1))


@pytest.mark.parametrize("code", [6, 7, 50, 89, 91, 134, 189, 211, 246, 262, 9001, 10107, 11600, 11602, 13435, 13436])
async def test_a_store_that_is_going_or_coming_back_is_unavailable_to_a_reader(real: MongoDatabase, code: int) -> None:
    async with failing(real, ["find"], 10, errorCode=code):
        with pytest.raises(StoreUnavailable):
            await real.collection(Receipt).get("a")


async def test_a_commit_whose_answer_is_lost_is_not_made_again(real: MongoDatabase) -> None:
    """The server commits and the connection breaks before it says so: the repeated commit only asks for the outcome."""
    async with opened(real) as door:
        await set_up(door)
        written = {"writeConcernError": {"code": 91, "errmsg": "shutting down"}}
        async with failing(real, ["commitTransaction"], 2, **written):
            await put_in(door, 5)
    assert (await the_till(real)).total == 5
    assert await real.collection(Receipt).count({}) == 1


KILLED_IN_A_TRANSACTION = """
import os, sys
from pymongo import MongoClient
client = MongoClient(sys.argv[1])
with client.start_session() as session:
    session.start_transaction()
    client[sys.argv[2]].tills.update_one({"_id": "till"}, {"$inc": {"limit": 1}}, session=session)
    os.kill(os.getpid(), 9)
"""


async def test_what_a_killed_process_had_locked_is_free_before_requests_give_up(
    real: MongoDatabase, mongodb_uri: str
) -> None:
    """Its transaction stays open in the store, which has to give it up before a request at the door does."""
    async with opened(real) as door:
        await set_up(door)
        killed = await asyncio.create_subprocess_exec(
            sys.executable, "-c", KILLED_IN_A_TRANSACTION, mongodb_uri, real._name
        )
        assert await killed.wait() == -9
        await put_in(door, 5)
    assert (await the_till(real)).total == 5
