"""An account kept by hand: decisions applied one after the other, without a store."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from services.partnerships.domain import account as accounts
from services.partnerships.domain import allocation_return, payment_run, recounting, settlement
from services.partnerships.domain import claim as claims
from services.partnerships.domain import clawback as clawbacks
from services.partnerships.domain import instalment as instalments
from services.partnerships.domain import reservation as reservations
from services.partnerships.domain.account import Account, Funded, LedgerEntry, PartnershipFacts
from services.partnerships.domain.allocation_return import Return
from services.partnerships.domain.claim import Claim, Claimed
from services.partnerships.domain.claim_policy import Payee
from services.partnerships.domain.clawback import Clawback
from services.partnerships.domain.instalment import Due
from services.partnerships.domain.life_cycle import MemberStatus, Status
from services.partnerships.domain.partnership import Actor, Member, Partnership
from services.partnerships.domain.payment_run import RunLine
from services.partnerships.domain.reservation import Request, Reservation, Terms
from services.partnerships.domain.settlement import Attendance
from shared.contracts.claims import ClaimPurpose
from shared.contracts.event import Event
from shared.contracts.partnerships import FundsCommitted
from shared.decision import Decision, Document, Documents
from shared.refusals import Refusal

D = TypeVar("D", bound=Document)

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
MEMBERS = ("900001", "900002", "900003", "900004")
PARTNERSHIP = "partnership-1"
PAYEE = Payee(kind="school", reference=MEMBERS[0], name="School")
SUBMITTER = Actor("approver-1", speaks_for_school=True, school_urn=MEMBERS[0])
FINANCE_OFFICER = Actor("finance-1", sees_all=True, finance=True)
RUNNING = Partnership(
    id=PARTNERSHIP,
    name="Tyne Valley",
    status=Status.ACTIVE,
    lead_urn=MEMBERS[0],
    members=tuple(Member(urn=urn, status=MemberStatus.ACCEPTED, since=NOW) for urn in MEMBERS),
    school_urns=MEMBERS,
    created_at=NOW,
    changed_at=NOW,
)
TERMS = Terms(date(2027, 1, 15), ("teacher-1", "teacher-2"))
PLACEMENT = Funded("placement", "placement-1")
ACTIVE = PartnershipFacts(PARTNERSHIP, 1, True, MEMBERS)


def claimed(of: str | Funded) -> Claimed:
    """What a claim is for."""
    what = funded(of)
    return Claimed(PARTNERSHIP, what.purpose, what.id)


def line_of(claim: Claim) -> RunLine:
    """The line of a payment run for a claim as it is now."""
    return RunLine(
        partnership_id=claim.partnership_id,
        purpose=claim.purpose,
        funded_id=claim.funded_id,
        school_urn=claim.school_urn,
        amount=claim.amount,
        payee=PAYEE,
    )


def funded(of: str | Funded) -> Funded:
    """What money is for; a bare id is a booking's."""
    return of if isinstance(of, Funded) else Funded("booking", of)


@dataclass
class Books:
    """One account with its side documents; `told` are all events so far, `charged` what was told of each booking last.

    What was told as committed is what is charged, without what of it has expired.
    """

    account: Account | None = None
    documents: dict[tuple[type[Document], str], Document] = field(default_factory=dict)
    told: list[Event] = field(default_factory=list)
    charged: dict[Funded, int] = field(default_factory=dict)

    def get(self, kind: type[D], key: str) -> D | None:
        found = self.documents.get((kind, key))
        assert found is None or isinstance(found, kind)
        return found

    def take(self, decide: Callable[[Account | None, Documents, datetime], Decision[None]]) -> tuple[Event, ...]:
        """Apply a decision; gives its events."""
        return self._apply(decide(self.account, self, NOW))

    def _apply(self, decision: Decision[Any]) -> tuple[Event, ...]:
        if decision.root is not None:
            assert isinstance(decision.root, Account)
            self.account = decision.root
        for document in decision.documents:
            self.documents[type(document), document.id] = document
        self.told += decision.events
        for event in decision.events:
            if isinstance(event, FundsCommitted):
                of = Funded(event.purpose, event.funded_id)
                claim = self.get(Claim, claimed(of).key)
                self.charged[of] = event.amount_pence + (claim.expired if claim is not None else 0)
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

    def credit(
        self, amount: int, allocation_id: str = "allocation-1", purposes: tuple[ClaimPurpose, ...] = ()
    ) -> tuple[Event, ...]:
        return self.take(
            lambda account, documents, now: accounts.credit(
                account,
                documents,
                now,
                partnership_id=PARTNERSHIP,
                pot_id="pot-1",
                allocation_id=allocation_id,
                amount=amount,
                purposes=purposes,
            )
        )

    def hand_back(self, amount: int, allocation_id: str = "allocation-1") -> bool:
        wanted = Return(f"return-{len(self.told)}", allocation_id, amount)
        return self.act(
            lambda account: allocation_return.hand_back(account, self, wanted, RUNNING, FINANCE_OFFICER, NOW)
        )

    def reserve(
        self,
        amount: int,
        of: str | Funded = "booking-1",
        urn: str = MEMBERS[0],
        facts: PartnershipFacts | None = ACTIVE,
        terms: Terms = TERMS,
        *,
        state_funded: bool | None = True,
    ) -> tuple[Event, ...]:
        what = funded(of)
        asked_by = "occurrences/occurrence-1" if what.purpose == "booking" else f"placements/{what.id}"
        request = Request(PARTNERSHIP, what, asked_by, urn, amount, terms)
        return self.take(
            lambda account, documents, now: reservations.reserve(
                account, documents, now, request, facts, state_funded=state_funded
            )
        )

    def release(self, of: str | Funded = "booking-1") -> tuple[Event, ...]:
        return self.take(
            lambda account, documents, now: reservations.release(
                account, documents, now, partnership_id=PARTNERSHIP, funded=funded(of)
            )
        )

    def reduce(self, amount: int, of: str | Funded = "booking-1", without: str | None = None) -> tuple[Event, ...]:
        return self.take(
            lambda account, documents, now: reservations.reduce(
                account,
                documents,
                now,
                partnership_id=PARTNERSHIP,
                funded=funded(of),
                amount=amount,
                without=without,
            )
        )

    def act(self, rule: Callable[[Account], Decision[Any]]) -> bool:
        """Do what somebody asks for over HTTP; whether it was not refused."""
        if self.account is None:
            return False
        try:
            self._apply(rule(self.account))
        except Refusal:
            return False
        return True

    def claim(self, of: str | Funded) -> Claim | None:
        return self.get(Claim, claimed(of).key)

    def clawback(self, of: str | Funded) -> Clawback | None:
        return self.get(Clawback, claimed(of).key)

    def reflect(self, of: str | Funded) -> tuple[Event, ...]:
        key = claimed(of)
        return self.take(
            lambda account, documents, now: settlement.reflect(account, documents, now, key, f"placements/{key.id}")
        )

    def approve(self, of: str | Funded) -> bool:
        """The school submits, finance approves."""
        return self.act(
            lambda account: claims.submit(account, self.claim(of), PAYEE, RUNNING, SUBMITTER, NOW)
        ) and self.act(lambda account: claims.approve(account, self.claim(of), RUNNING, FINANCE_OFFICER, NOW))

    def pay(self, lines: Iterable[RunLine], run_id: str) -> tuple[Event, ...]:
        if self.account is None:
            return ()
        return self._apply(payment_run.pay(self.account, self, NOW, run_id, tuple(lines)))

    def substitute(self, of: str | Funded, old: str, new: str) -> tuple[Event, ...]:
        key = claimed(of).key
        return self.take(
            lambda account, documents, now: recounting.substitute(account, documents, now, key=key, old=old, new=new)
        )

    def reschedule(self, starts_on: date, *bookings: str) -> None:
        keys = tuple(claimed(of).key for of in bookings)
        self.act(lambda account: recounting.reschedule(account, self, NOW, keys=keys, starts_on=starts_on))

    def instalment(self, amount: int, name: str) -> tuple[Event, ...]:
        due = self._due(amount, name)
        return self.take(lambda account, documents, now: instalments.release(account, documents, now, due))

    def instalments(self, *waiting: tuple[str, int]) -> tuple[Event, ...]:
        dues = tuple(self._due(amount, name) for name, amount in waiting)
        return self.take(lambda account, documents, now: instalments.release_first(account, documents, now, dues))

    def _due(self, amount: int, name: str) -> Due:
        return Due(PARTNERSHIP, name, amount, "reports/r#accepted", "officer-1", MEMBERS[0], PAYEE)

    def recover(self, of: str | Funded) -> bool:
        return self.act(
            lambda account: clawbacks.recover(account, self.clawback(of), self.claim(of), RUNNING, FINANCE_OFFICER, NOW)
        )

    def waive(self, of: str | Funded) -> bool:
        return self.act(
            lambda account: clawbacks.waive(account, self.clawback(of), "fell ill", RUNNING, FINANCE_OFFICER, NOW)
        )

    def commit(self, charged: int, revision: int = 1, of: str | Funded = "booking-1") -> tuple[Event, ...]:
        attendance = Attendance(
            PARTNERSHIP,
            funded(of),
            revision,
            charged,
            source=f"told/{funded(of).id}",
            school_urn=MEMBERS[0],
            payee=PAYEE,
        )
        return self.take(lambda account, documents, now: settlement.commit(account, documents, now, attendance))
