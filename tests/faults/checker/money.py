"""What was promised about money: never more than was allocated, one reservation a booking, and both sides agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from tests.faults.checker.faults import Fault
from tests.faults.checker.placements import CALLED_OFF
from tests.faults.checker.snapshot import Row, Snapshot

ASKING: Final = (("courses", "bookings"), ("placements", "placements"))
BALANCES = ("allocated", "reserved", "committed", "spent")
OVER = ("cancelled", "declined", "expired")
Standing = Literal["open", "granted", "refused", "over"]
STANDING: Final[Mapping[str, Standing]] = {
    "asked": "open",
    "granted": "granted",
    "refused": "refused",
    "own-cost": "refused",
}
"""By what a placement says of its funds."""


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


@dataclass(frozen=True, slots=True)
class Spender:
    """A booking or a placement that has asked for money, in pence, and what it says has become of that."""

    name: str
    purpose: str
    partnership_id: str
    pence: int
    standing: Standing

    @property
    def about(self) -> str:
        """The name of it."""
        return f"{self.purpose}s/{self.name}"


def _reservations(seen: Snapshot) -> Iterator[Fault]:
    """What a bursary pays for has one reservation that says the same, and no reservation is alone."""
    left = {(row["purpose"], row["funded_id"]): row for row in seen.documents("partnerships", "reservations")}
    sums: Counter[str] = Counter()
    for spender in (*_bookings(seen), *_placements(seen)):
        if spender.standing == "granted":
            sums[spender.partnership_id] += spender.pence
        if (wrong := _disagreement(spender, left.pop((spender.purpose, spender.name), None))) is not None:
            yield Fault("money", spender.about, wrong)
    asking = {row["_id"] for where in ASKING for row in seen.documents(*where)}
    for (purpose, funded_id), row in left.items():
        if funded_id not in asking or row["reserved"]:
            yield Fault(
                "money", f"reservations/{funded_id}", f"no such {purpose} has asked for {row['reserved']} pence"
            )
    for account in seen.documents("partnerships", "accounts"):
        if account["reserved"] != sums[account["_id"]]:
            what = f"{account['reserved']} pence are reserved, what it pays for costs {sums[account['_id']]}"
            yield Fault("money", f"accounts/{account['_id']} reserved", what)


def _bookings(seen: Snapshot) -> Iterator[Spender]:
    for row in seen.documents("courses", "bookings"):
        if any(moment["verb"] == "ask-for-funds" for moment in row["history"]):
            status, pence = row["status"], row["places"] * row["price_pence"]
            standing: Standing = "granted" if status == "confirmed" else "over" if status in OVER else "open"
            yield Spender(row["_id"], "booking", row["funding"]["partnership_id"], pence, standing)


def _placements(seen: Snapshot) -> Iterator[Spender]:
    for row in seen.documents("placements", "placements"):
        if row["funds"] != "not-needed":
            match, standing = row["match"], "over" if row["status"] in CALLED_OFF else STANDING[row["funds"]]
            yield Spender(row["_id"], "placement", match["partnership_id"], match["amount_pence"], standing)


def _disagreement(spender: Spender, reservation: Row | None) -> str | None:
    if reservation is None:
        return f"its money is {spender.standing}, and it has no reservation"
    status, reserved = reservation["status"], reservation["reserved"]
    if spender.standing == "granted" and (status, reserved) != ("reserved", spender.pence):
        return f"it goes ahead for {spender.pence}, its reservation is {status}: {reserved}"
    if spender.standing == "over" and reserved != 0:
        return f"it is over and {reserved} pence are still reserved"
    if spender.standing == "refused" and status != "refused":
        return f"its money was refused, its reservation is {status}: {reserved}"
    return None
