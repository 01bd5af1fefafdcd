"""The money of an account, whatever is heard and asked for, in whatever order, once or often."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.partnerships.domain import claim as claims
from services.partnerships.domain import claim_expiry, shortage
from services.partnerships.domain.account import PURPOSES, Funded, PartnershipFacts
from services.partnerships.domain.claim import Claim, Claimed, ClaimStatus
from services.partnerships.domain.claim_expiry import Extension
from services.partnerships.domain.clawback import Clawback
from services.partnerships.domain.payment_run import RunLine
from services.partnerships.domain.reservation import Reservation
from services.partnerships.domain.usage import Usage
from shared.contracts.claims import ClaimFellShort, ClaimPurpose, ClaimShortageClosed
from shared.contracts.partnerships import FundsReservationRefused, FundsReserved
from tests.partnerships.books import (
    FINANCE_OFFICER,
    MEMBERS,
    NOW,
    PARTNERSHIP,
    PLACEMENT,
    RUNNING,
    Books,
    claimed,
    line_of,
)

BOOKING = Funded("booking", "booking-1")
WHAT_FOR = st.sampled_from([BOOKING, Funded("booking", "booking-2"), PLACEMENT, Funded("placement", "placement-2")])
TEACHERS = st.sampled_from(["teacher-1", "teacher-2", "teacher-3"])
AMOUNTS = st.integers(0, 700)


def spread(used: dict[str, int], pots: list[tuple[set[ClaimPurpose], int]]) -> bool:
    """Whether the pots can pay all of it: pushes money along paths that free what another purpose has taken."""
    taken: dict[tuple[int, str], int] = {}
    for purpose, amount in used.items():
        missing = amount
        while missing and (moved := _push(purpose, missing, pots, taken, set())):
            missing -= moved
        if missing:
            return False
    return True


def _push(
    purpose: str,
    amount: int,
    pots: list[tuple[set[ClaimPurpose], int]],
    taken: dict[tuple[int, str], int],
    seen: set[int],
) -> int:
    for number, (purposes, size) in enumerate(pots):
        if purpose not in purposes or number in seen:
            continue
        seen.add(number)
        left = size - sum(pence for (pot, _), pence in taken.items() if pot == number)
        if left > 0:
            moved = min(left, amount)
            taken[number, purpose] = taken.get((number, purpose), 0) + moved
            return moved
        for other in [key for key, pence in taken.items() if key[0] == number and pence and key[1] != purpose]:
            moved = _push(other[1], min(amount, taken[other]), pots, taken, seen)
            if moved:
                taken[other] -= moved
                taken[number, purpose] = taken.get((number, purpose), 0) + moved
                return moved
    return 0


class AnyOrder(RuleBasedStateMachine):
    """Whatever is heard, in whatever order, once or often."""

    def __init__(self) -> None:
        super().__init__()
        self.books = Books()
        self.version = 1
        self.runs: list[tuple[str, RunLine]] = []

    @rule(amount=st.integers(1, 900), number=st.integers(1, 4), purposes=st.sets(st.sampled_from(PURPOSES)))
    def credit(self, amount: int, number: int, purposes: set[ClaimPurpose]) -> None:
        self.books.credit(amount, f"allocation-{number}", tuple(sorted(purposes)))

    @rule(amount=st.integers(1, 900), number=st.integers(1, 4))
    def hand_back(self, amount: int, number: int) -> None:
        self.books.hand_back(amount, f"allocation-{number}")

    @rule(amount=AMOUNTS, of=WHAT_FOR, urn=st.sampled_from([*MEMBERS, "900099"]), active=st.booleans())
    def reserve(self, amount: int, of: Funded, urn: str, active: bool) -> None:
        self.version += 1
        self.books.reserve(amount, of, urn, PartnershipFacts(PARTNERSHIP, self.version, active, MEMBERS))

    @rule(of=WHAT_FOR)
    def release(self, of: Funded) -> None:
        self.books.release(of)

    @rule(of=WHAT_FOR, amount=AMOUNTS)
    def reduce(self, of: Funded, amount: int) -> None:
        self.books.reduce(amount, of)

    @rule(of=WHAT_FOR, charged=AMOUNTS, revision=st.integers(1, 4))
    def commit(self, of: Funded, charged: int, revision: int) -> None:
        self.books.commit(charged, revision, of)

    @rule(of=WHAT_FOR)
    def reflect(self, of: Funded) -> None:
        self.books.reflect(of)

    @rule(of=WHAT_FOR)
    def approve(self, of: Funded) -> None:
        self.books.approve(of)

    @rule(of=WHAT_FOR)
    def expire(self, of: Funded) -> None:
        late, what = NOW + timedelta(days=181), claimed(of)
        self.books.act(lambda account: claim_expiry.expire(account, self.books, late, claimed=what))

    @rule(of=WHAT_FOR)
    def extend(self, of: Funded) -> None:
        asked = Extension(claimed(of), "the school was flooded")
        self.books.act(lambda account: claim_expiry.extend(account, self.books, asked, RUNNING, FINANCE_OFFICER, NOW))

    @rule(of=WHAT_FOR)
    def retry(self, of: Funded) -> None:
        what = claimed(of)
        self.books.act(lambda account: shortage.retry(account, self.books, NOW, claimed=(what,)))

    @rule(of=WHAT_FOR)
    def settle(self, of: Funded) -> None:
        what = claimed(of)
        self.books.act(
            lambda account: shortage.settle(account, self.books, what, "no more", RUNNING, FINANCE_OFFICER, NOW)
        )

    @rule(of=WHAT_FOR)
    def draw_up(self, of: Funded) -> None:
        claim = self.books.claim(of)
        if claim is not None and claim.amount:
            self.runs.append((f"run-{len(self.runs)}", line_of(claim)))

    @rule(data=st.data())
    def pay(self, data: st.DataObject) -> None:
        if self.runs:
            run_id, line = data.draw(st.sampled_from(self.runs))
            self.books.pay([line], run_id)

    @rule(of=WHAT_FOR)
    def pay_what_is_due(self, of: Funded) -> None:
        self.books.reflect(of)
        self.books.approve(of)
        self.draw_up(of)
        if self.runs:
            run_id, line = self.runs[-1]
            self.books.pay([line], run_id)

    @rule(amount=st.integers(1, 500), name=st.sampled_from(["start-up", "year-1-term-1", "year-1-term-2"]))
    def release_instalment(self, amount: int, name: str) -> None:
        self.books.instalment(amount, name)

    @rule(name=st.sampled_from(["start-up", "year-1-term-1", "year-1-term-2"]))
    def pay_instalment(self, name: str) -> None:
        key = Claimed(PARTNERSHIP, "instalment", name).key
        self.books.act(
            lambda account: claims.approve(account, self.books.get(Claim, key), RUNNING, FINANCE_OFFICER, NOW)
        )
        claim = self.books.get(Claim, key)
        if claim is not None and claim.amount:
            self.runs.append((f"run-{len(self.runs)}", line_of(claim)))
            self.books.pay([self.runs[-1][1]], self.runs[-1][0])

    @rule(of=WHAT_FOR)
    def recover(self, of: Funded) -> None:
        self.books.recover(of)

    @rule(of=WHAT_FOR)
    def waive(self, of: Funded) -> None:
        self.books.waive(of)

    @invariant()
    def never_beyond_the_allocation(self) -> None:
        balances = self.books.balances
        assert min(balances.reserved, balances.committed, balances.spent, balances.available) >= 0

    @invariant()
    def no_purpose_is_paid_by_what_is_earmarked_for_others(self) -> None:
        """What is used can be spread over the allocations so that each pays only what it may."""
        balances = self.books.balances
        used = dict(balances.used)
        assert sum(used.values()) == balances.reserved + balances.committed + balances.spent
        free = balances.allocated - sum(earmark.amount for earmark in balances.earmarks)
        pots = [(set(earmark.purposes), earmark.amount) for earmark in balances.earmarks] + [(set(PURPOSES), free)]
        assert spread(used, pots)

    @invariant()
    def the_ledger_adds_up(self) -> None:
        total: Counter[str] = Counter()
        for position, entry in enumerate(self.books.ledger, 1):
            assert entry.number == position
            for name in ("allocated", "reserved", "committed", "spent"):
                total[name] += getattr(entry, name)
        assert all(total[name] == getattr(self.books.balances, name) for name in total)
        assert len(self.books.ledger) == self.books.balances.entries

    @invariant()
    def reservations_add_up(self) -> None:
        kept = [document for document in self.books.documents.values() if isinstance(document, Reservation)]
        assert sum(reservation.reserved for reservation in kept) == self.books.balances.reserved
        released = sum(
            claim.amount
            for claim in self.books.documents.values()
            if isinstance(claim, Claim) and claim.purpose == "instalment"
        )
        assert sum(reservation.committed for reservation in kept) + released == self.books.balances.committed

    @rule(of=WHAT_FOR, old=TEACHERS, new=TEACHERS)
    def substitute(self, of: Funded, old: str, new: str) -> None:
        self.books.substitute(of, old, new)

    @rule(starts_on=st.sampled_from([date(2027, 1, 15), date(2027, 9, 1)]))
    def reschedule(self, starts_on: date) -> None:
        self.books.reschedule(starts_on, "booking-1", "booking-2")

    @invariant()
    def what_counts_against_the_caps_adds_up(self) -> None:
        kept = [document for document in self.books.documents.values() if isinstance(document, Usage)]
        counted = [each.counts for each in self.books.documents.values() if isinstance(each, Reservation)]
        wanted: Counter[str] = Counter()
        for each in counted:
            wanted.update({key: usage.amount for key, usage in (each.shares() if each is not None else {}).items()})
        assert {usage.id: usage.amount for usage in kept if usage.amount} == {
            key: amount for key, amount in wanted.items() if amount
        }

    @invariant()
    def claims_add_up(self) -> None:
        kept = [document for document in self.books.documents.values() if isinstance(document, Claim)]
        assert sum(claim.amount for claim in kept) == self.books.balances.committed
        assert sum(claim.paid for claim in kept) == self.books.balances.spent
        assert all(claim.amount >= 0 <= claim.paid for claim in kept)

    @invariant()
    def what_is_due_is_claimed_and_what_is_not_is_clawed_back(self) -> None:
        for of, amount in self.books.charged.items():
            claim, clawback = (find(of) for find in (self.books.claim, self.books.clawback))
            if isinstance(claim, Claim):
                waived = clawback.waived if isinstance(clawback, Clawback) else 0
                assert claim.amount + claim.expired == max(0, amount - claim.paid)
                due = amount if claim.shortage is None else claim.shortage.charged
                assert (clawback.amount if isinstance(clawback, Clawback) else 0) == max(0, claim.paid - waived - due)

    @invariant()
    def who_is_short_is_neither_paid_nor_forgotten(self) -> None:
        opened: dict[tuple[ClaimPurpose, str], bool] = {}
        for event in self.books.told:
            if isinstance(event, ClaimFellShort | ClaimShortageClosed):
                opened[event.claim_purpose, event.funded_id] = isinstance(event, ClaimFellShort)
        short = {
            (claim.purpose, claim.funded_id): (claim.status, claim.shortage is not None)
            for claim in self.books.documents.values()
            if isinstance(claim, Claim)
        }
        for key, is_open in opened.items():
            assert (short[key] == (ClaimStatus.SHORT, True)) is is_open

    @invariant()
    def what_asks_is_answered_at_most_once(self) -> None:
        answers = Counter(
            event.funded_id for event in self.books.told if isinstance(event, FundsReserved | FundsReservationRefused)
        )
        assert all(count == 1 for count in answers.values())


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
