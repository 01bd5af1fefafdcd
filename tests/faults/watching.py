"""Somebody who looks at the money all the time: in every snapshot of the store it has to add up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from tests.faults.checker.money import BALANCES
from tests.faults.checker.snapshot import Row, client_of
from tests.faults.lab import Lab

PAUSE_SECONDS = 0.1
SUMS = {"$group": {"_id": "$partnership_id", **{balance: {"$sum": f"${balance}"} for balance in BALANCES}}}


@dataclass
class Watch:
    """How many snapshots were looked at, and what was wrong in some."""

    snapshots: int = 0
    found: list[tuple[str, str]] = field(default_factory=list)

    @property
    def wrong(self) -> int:
        """In how many it did not add up."""
        return len(self.found)


@contextmanager
def money_watched(lab: Lab) -> Iterator[Watch]:
    """While the block lasts. What was found is a fault, whatever becomes of it later."""
    watch, over = Watch(), threading.Event()
    watcher = threading.Thread(target=_watch, args=(lab.stack.uri(), watch, over), name="watches-money", daemon=True)
    watcher.start()
    try:
        yield watch
    finally:
        over.set()
        watcher.join(60)
        lab.journal.seen += watch.found


def _watch(uri: str, watch: Watch, over: threading.Event) -> None:
    with client_of(uri) as client:
        while not over.wait(PAUSE_SECONDS):
            try:
                wrong = _look(client)
            except PyMongoError:  # the store is killed now and then
                continue
            watch.snapshots += 1
            watch.found += wrong


def _look(client: MongoClient[Row]) -> list[tuple[str, str]]:
    with client.start_session(snapshot=True) as moment:
        accounts = list(client["partnerships"]["accounts"].find(session=moment))
        ledgers = {row["_id"]: row for row in client["partnerships"]["ledger"].aggregate([SUMS], session=moment)}
    found = []
    for account in accounts:
        balances, sums = _balances(account), _balances(ledgers.get(account["_id"], {}))
        used = balances["reserved"] + balances["committed"] + balances["spent"]
        if balances != sums or used > balances["allocated"]:
            found.append((f"accounts/{account['_id']} under load", f"{balances}, by its ledger {sums}"))
    return found


def _balances(row: Row) -> dict[str, int]:
    return {balance: row.get(balance, 0) for balance in BALANCES}
