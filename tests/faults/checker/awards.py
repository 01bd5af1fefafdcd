"""What was promised about a partnership's award: every allocation arrives once, and an instalment is released once, as
soon as the money for it is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from tests.faults.checker.faults import Fault
from tests.faults.checker.snapshot import Row, Snapshot

ON_ITS_WAY: Final = ("submitted", "approved", "paid")


def award_faults(seen: Snapshot) -> Iterator[Fault]:
    """All of them, at rest. Nobody attends a course or comes to a placement in the lab: only awards are committed."""
    entries: dict[str, list[Row]] = {}
    for entry in seen.documents("partnerships", "ledger"):
        entries.setdefault(entry["partnership_id"], []).append(entry)
    claims = {claim["_id"]: claim for claim in seen.documents("partnerships", "claims")}
    for account in seen.documents("partnerships", "accounts"):
        own = [row for row in seen.documents("partnerships", "instalments") if row["partnership_id"] == account["_id"]]
        yield from _allocations(seen, account, entries.get(account["_id"], []))
        yield from _instalments(account, own, entries.get(account["_id"], []))
        for instalment in own:
            yield from _claim(instalment, claims.get(instalment["_id"]))


def _allocations(seen: Snapshot, account: Row, entries: list[Row]) -> Iterator[Fault]:
    arrived = Counter(entry["allocation_id"] for entry in entries if entry["kind"] == "credited")
    for allocation in seen.documents("partnerships", "allocations"):
        times = arrived.pop(allocation["_id"], 0) if allocation["partnership_id"] == account["_id"] else 1
        if times != 1:
            yield Fault("money", f"allocations/{allocation['_id']}", f"it has arrived {times} times")
    for allocation_id in arrived:
        yield Fault("money", f"allocations/{allocation_id}", "it has arrived, and no pot gave it")


def _instalments(account: Row, instalments: list[Row], entries: list[Row]) -> Iterator[Fault]:
    paid = Counter(entry["funded_id"] for entry in entries if entry["kind"] == "committed")
    released = [row for row in instalments if row["status"] == "released"]
    for row in released:
        if paid[row["name"]] != 1:
            yield Fault(
                "money", f"instalments/{row['_id']}", f"it was taken from the account {paid[row['name']]} times"
            )
    owed = sum(row["amount"] for row in released)
    if account["committed"] != owed:
        what = f"{account['committed']} pence are committed, the instalments come to {owed}"
        yield Fault("money", f"accounts/{account['_id']} committed", what)
    free = _free(account)
    for row in instalments:
        if row["status"] == "waiting" and row["amount"] <= free:
            yield Fault("stuck", f"instalments/{row['_id']}", f"it waits for {row['amount']} pence, {free} are there")


def _free(account: Row) -> int:
    """What an instalment may take: not what is used, and not what may pay for other things only."""
    others = sum(one["amount"] for one in account["earmarks"] if "instalment" not in one["purposes"])
    used = account["reserved"] + account["committed"] + account["spent"]
    return int(account["allocated"] - max(used, others + account["committed"]))


def _claim(instalment: Row, claim: Row | None) -> Iterator[Fault]:
    about = f"claim of instalments/{instalment['_id']}"
    if instalment["status"] == "released":
        if claim is None:
            yield Fault("money", about, "it was released, and nobody claims it")
        elif claim["status"] not in ON_ITS_WAY or claim["amount"] != instalment["amount"]:
            yield Fault(
                "money", about, f"{claim['status']} for {claim['amount']}, released were {instalment['amount']}"
            )
    elif claim is not None:
        yield Fault("money", about, f"the instalment is {instalment['status']}, and is claimed")
