"""What was promised about money: never more than was allocated, one reservation a booking, and both sides agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.faults.checker.faults import Fault
from tests.faults.checker.snapshot import Row, Snapshot

BALANCES = ("allocated", "reserved", "committed", "spent")
OVER = ("cancelled", "declined", "expired")


def money_faults(seen: Snapshot) -> Iterator[Fault]:
    """All of them, at rest."""
    ledgers: dict[str, list[Row]] = {}
    for entry in seen.documents("partnerships", "ledger"):
        ledgers.setdefault(entry["partnership_id"], []).append(entry)
    for account in seen.documents("partnerships", "accounts"):
        entries = sorted(ledgers.get(account["_id"], ()), key=lambda entry: entry["number"])
        yield from _ledger(account, entries)
    yield from _reservations(seen)


def _ledger(account: Row, entries: list[Row]) -> Iterator[Fault]:
    """The entries add up to the balances, and after none of them more was used than allocated."""
    key = f"accounts/{account['_id']}"
    sums = dict.fromkeys(BALANCES, 0)
    if [entry["number"] for entry in entries] != list(range(1, account["entries"] + 1)):
        yield Fault("money", key, f"it counts {account['entries']} ledger entries, there are {len(entries)}")
    for entry in entries:
        for balance in BALANCES:
            sums[balance] += entry[balance]
        if sums["reserved"] + sums["committed"] + sums["spent"] > sums["allocated"]:
            yield Fault("money", f"{key} limit", f"more is used than allocated after entry {entry['number']}: {sums}")
            break
    if sums != {balance: account[balance] for balance in BALANCES} and len(entries) == account["entries"]:
        yield Fault("money", key, f"the ledger adds up to {sums}")
    reserved = Counter(entry["funded_id"] for entry in entries if entry["kind"] == "reserved")
    for booking_id, times in reserved.items():
        if times > 1:
            yield Fault("doubled", f"{key} booking {booking_id}", f"money was reserved {times} times")


def _reservations(seen: Snapshot) -> Iterator[Fault]:
    """Each booking that a bursary pays for has one reservation that says the same, and no reservation is alone."""
    kept = list(seen.documents("partnerships", "reservations"))
    reservations = {row["funded_id"]: row for row in kept if row["purpose"] == "booking"}
    bookings = {row["_id"]: row for row in seen.documents("courses", "bookings")}
    sums = _placements(kept)
    for booking in bookings.values():
        partnership_id = booking["funding"]["partnership_id"]
        if partnership_id is None or booking["price_pence"] == 0:
            continue
        reservation = reservations.get(booking["_id"])
        if booking["status"] == "confirmed":
            sums[partnership_id] += booking["places"] * booking["price_pence"]
        if (wrong := _disagreement(booking, reservation)) is not None:
            yield Fault("money", f"bookings/{booking['_id']}", wrong)
    for booking_id in reservations.keys() - bookings.keys():
        yield Fault("money", f"reservations/{booking_id}", "there is no such booking")
    for account in seen.documents("partnerships", "accounts"):
        if account["reserved"] != sums[account["_id"]]:
            what = f"{account['reserved']} pence are reserved, what it pays for costs {sums[account['_id']]}"
            yield Fault("money", f"accounts/{account['_id']} reserved", what)


def _placements(reservations: list[Row]) -> Counter[str]:
    """What is reserved for placements, by partnership."""
    sums: Counter[str] = Counter()
    for row in reservations:
        if row["purpose"] == "placement":
            sums[row["partnership_id"]] += row["reserved"]
    return sums


def _disagreement(booking: Row, reservation: Row | None) -> str | None:
    asked = any(moment["verb"] == "ask-for-funds" for moment in booking["history"])
    if not asked:
        return None
    if reservation is None:
        return f"it is {booking['status']} and has no reservation"
    amount = booking["places"] * booking["price_pence"]
    if booking["status"] == "confirmed" and (reservation["status"], reservation["reserved"]) != ("reserved", amount):
        return f"it is confirmed for {amount}, its reservation is {reservation['status']}: {reservation['reserved']}"
    if booking["status"] in OVER and reservation["reserved"] != 0:
        return f"it is {booking['status']} and {reservation['reserved']} pence are still reserved"
    return None
