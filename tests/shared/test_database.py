"""One suite for the store's twin in memory and for real MongoDB."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from shared.database import Contention, DuplicateKey
from tests.shared.till import DOCUMENTS, Kind, Receipt, Till

if TYPE_CHECKING:
    from shared.database import Database

NOON = datetime(2026, 9, 1, 12, 0, 0, 123_000, tzinfo=UTC)


def receipt(key: str, **fields: object) -> Receipt:
    return Receipt.model_validate({"id": key, "till_id": "till", "amount": 1, **fields})


async def put(database: Database, *receipts: Receipt) -> None:
    await database.collection(Receipt).insert(receipts)


async def found(database: Database, where: dict[str, object], **options: object) -> list[str]:
    return [r.id for r in await database.collection(Receipt).find(where, sort=[("id", 1)], **options)]  # type: ignore[arg-type]


async def test_a_document_comes_back_as_it_went_in(database: Database) -> None:
    document = receipt("a", kind=Kind.CARD, tags=("x", "y"), number=3, on=date(2026, 9, 1), at=NOON)
    await put(database, document)
    assert await database.collection(Receipt).get("a") == document
    assert await database.collection(Receipt).get("b") is None


async def test_a_transaction_writes_all_or_nothing(database: Database) -> None:
    await put(database, receipt("taken"))
    with pytest.raises(DuplicateKey):
        async with database.transaction() as transaction:
            transaction.create([Till(id="till", limit=1)])
            transaction.create([receipt("taken")])
    assert await database.collection(Till).get("till") is None


async def test_an_exception_in_the_block_leaves_nothing_written(database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with database.transaction() as transaction:
            transaction.create([Till(id="till", limit=1)])
            raise RuntimeError
    assert await database.collection(Till).get("till") is None


async def test_a_root_of_another_version_is_not_overwritten(database: Database) -> None:
    async with database.transaction() as transaction:
        transaction.create([Till(id="till", limit=1, version=2)])
    with pytest.raises(Contention):
        async with database.transaction() as transaction:
            transaction.replace([(Till(id="till", limit=9, version=2), 1)])
    async with database.transaction() as transaction:
        transaction.replace([(Till(id="till", limit=9, version=3), 2)])
    till = await database.collection(Till).get("till")
    assert till is not None
    assert (till.limit, till.version) == (9, 3)


async def test_a_unique_index_holds_only_where_it_covers(database: Database) -> None:
    await database.prepare(DOCUMENTS)
    await put(database, receipt("a", number=7))
    with pytest.raises(DuplicateKey):
        async with database.transaction() as transaction:
            transaction.put([receipt("b", number=7)])
    assert await found(database, {}) == ["a"]


async def test_insert_counts_only_what_is_new(database: Database) -> None:
    await put(database, receipt("a"))
    assert await database.collection(Receipt).insert([receipt("a"), receipt("b")]) == 1


async def test_preparing_twice_and_with_other_options_is_harmless(database: Database) -> None:
    await database.prepare(DOCUMENTS)
    await database.prepare(DOCUMENTS)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"amount": 2}, ["b"]),
        ({"id": {"$in": ["a", "c"]}}, ["a", "c"]),
        ({"amount": {"$nin": [1, 2]}}, ["c"]),
        ({"amount": {"$gt": 1, "$lte": 3}}, ["b", "c"]),
        ({"tags": "red"}, ["a", "b"]),
        ({"tags": {"$all": ["red", "blue"]}}, ["b"]),
        ({"tags": {"$regex": "^bl"}}, ["b"]),
        ({"number": None}, ["a"]),
        ({"number": {"$ne": None}}, ["b", "c"]),
        ({"$or": [{"amount": 1}, {"id": "c"}]}, ["a", "c"]),
        ({"$and": [{"amount": {"$gte": 2}}, {"kind": "card"}]}, ["b"]),
        ({"at": {"$lt": NOON}}, []),
        ({"at": {"$lte": NOON}}, ["a"]),
    ],
)
async def test_a_filter_finds(database: Database, where: dict[str, object], expected: list[str]) -> None:
    await put(
        database,
        receipt("a", amount=1, tags=("red",), at=NOON),
        receipt("b", amount=2, tags=("red", "blue"), kind=Kind.CARD, number=1),
        receipt("c", amount=3, number=2),
    )
    assert await found(database, where) == expected


async def test_find_sorts_skips_and_limits(database: Database) -> None:
    await put(database, receipt("a", amount=2), receipt("b", amount=1), receipt("c", amount=2))
    documents = await database.collection(Receipt).find({}, sort=[("amount", -1), ("id", -1)], skip=1, limit=2)
    assert [document.id for document in documents] == ["a", "b"]
    assert await database.collection(Receipt).count({"amount": 2}) == 2
    assert await database.collection(Receipt).count({}, at_most=1) == 1


async def test_direct_writes_change_only_what_matches(database: Database) -> None:
    await put(database, receipt("a"), receipt("b", returned=True), receipt("c"))
    receipts = database.collection(Receipt)
    changes = [("a", {"amount": 5}), ("b", {"amount": 5}), ("nobody", {"amount": 5})]
    assert await receipts.set_each(changes, where={"returned": False}) == 1
    assert await receipts.set_all({"returned": False}, {"returned": True}) == 2
    assert await receipts.delete({"amount": 5}) == 1
    assert await found(database, {"returned": True}) == ["b", "c"]


async def test_a_lease_has_one_owner_and_a_new_owner_a_higher_epoch(database: Database) -> None:
    first = await database.acquire_lease("relay", "one", 60)
    assert first is not None
    assert await database.acquire_lease("relay", "two", 60) is None
    assert await database.acquire_lease("relay", "one", 60) == first
    await database.release_lease(first)
    second = await database.acquire_lease("relay", "two", 60)
    assert second is not None
    assert second.epoch > first.epoch
    await database.release_lease(first)
    assert await database.acquire_lease("relay", "one", 60) is None


async def test_a_lease_that_has_run_out_is_free(database: Database) -> None:
    assert await database.acquire_lease("relay", "one", -1) is not None
    assert await database.acquire_lease("relay", "two", 60) is not None


async def test_ping_answers(database: Database) -> None:
    await database.ping()


async def test_a_taken_key_is_named_without_its_value(database: Database) -> None:
    await database.prepare(DOCUMENTS)
    await put(database, receipt("a", number=424242))
    with pytest.raises(DuplicateKey) as taken:
        async with database.transaction() as transaction:
            transaction.put([receipt("b", number=424242)])
    assert "424242" not in str(taken.value)
