"""An account kept by hand: decisions applied one after the other, without a store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from services.partnerships.domain import account as accounts
from services.partnerships.domain import reservation as reservations
from services.partnerships.domain.account import Account, Funded, LedgerEntry, PartnershipFacts
from services.partnerships.domain.reservation import Attendance, Request, Reservation
from shared.contracts.event import Event
from shared.decision import Decision, Document, Documents

D = TypeVar("D", bound=Document)

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
MEMBERS = ("900001", "900002", "900003", "900004")
PARTNERSHIP = "partnership-1"
PLACEMENT = Funded("placement", "placement-1")
ACTIVE = PartnershipFacts(PARTNERSHIP, 1, True, MEMBERS)


def funded(of: str | Funded) -> Funded:
    """What money is for; a bare id is a booking's."""
    return of if isinstance(of, Funded) else Funded("booking", of)


@dataclass
class Books:
    """One account with its side documents; `told` are all events so far."""

    account: Account | None = None
    documents: dict[tuple[type[Document], str], Document] = field(default_factory=dict)
    told: list[Event] = field(default_factory=list)

    def get(self, kind: type[D], key: str) -> D | None:
        found = self.documents.get((kind, key))
        assert found is None or isinstance(found, kind)
        return found

    def take(self, decide: Callable[[Account | None, Documents, datetime], Decision[None]]) -> tuple[Event, ...]:
        """Apply a decision; gives its events."""
        decision = decide(self.account, self, NOW)
        if decision.root is not None:
            assert isinstance(decision.root, Account)
            self.account = decision.root
        for document in decision.documents:
            self.documents[type(document), document.id] = document
        self.told += decision.events
        return decision.events

    @property
    def balances(self) -> Account:
        return accounts.account_of(self.account, PARTNERSHIP)

    @property
    def ledger(self) -> list[LedgerEntry]:
        entries = [document for document in self.documents.values() if isinstance(document, LedgerEntry)]
        return sorted(entries, key=lambda entry: entry.number)

    def reservation(self, of: str | Funded) -> Reservation:
        found = self.get(Reservation, reservations.reservation_key(PARTNERSHIP, funded(of)))
        assert found is not None
        return found

    def credit(self, amount: int, allocation_id: str = "allocation-1") -> tuple[Event, ...]:
        return self.take(
            lambda account, documents, now: accounts.credit(
                account,
                documents,
                now,
                partnership_id=PARTNERSHIP,
                pot_id="pot-1",
                allocation_id=allocation_id,
                amount=amount,
            )
        )

    def reserve(
        self,
        amount: int,
        of: str | Funded = "booking-1",
        urn: str = MEMBERS[0],
        facts: PartnershipFacts | None = ACTIVE,
    ) -> tuple[Event, ...]:
        what = funded(of)
        asked_by = "occurrences/occurrence-1" if what.purpose == "booking" else f"placements/{what.id}"
        request = Request(PARTNERSHIP, what, asked_by, urn, amount)
        return self.take(lambda account, documents, now: reservations.reserve(account, documents, now, request, facts))

    def release(self, of: str | Funded = "booking-1") -> tuple[Event, ...]:
        return self.take(
            lambda account, documents, now: reservations.release(
                account, documents, now, partnership_id=PARTNERSHIP, funded=funded(of)
            )
        )

    def reduce(self, amount: int, of: str | Funded = "booking-1") -> tuple[Event, ...]:
        return self.take(
            lambda account, documents, now: reservations.reduce(
                account, documents, now, partnership_id=PARTNERSHIP, funded=funded(of), amount=amount
            )
        )

    def commit(self, charged: int, revision: int = 1, of: str | Funded = "booking-1") -> tuple[Event, ...]:
        attendance = Attendance(PARTNERSHIP, funded(of), revision, charged)
        return self.take(lambda account, documents, now: reservations.commit(account, documents, now, attendance))
