"""Claims, clawbacks and payment runs: their tables row by row, and who may ask."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from services.partnerships.domain import claim as claims
from services.partnerships.domain import claim_expiry, payment_run, shortage
from services.partnerships.domain import clawback as clawbacks
from services.partnerships.domain.account import Account
from services.partnerships.domain.claim import CLAIM, OPEN, Claim, Claimed, ClaimStatus, Shortage
from services.partnerships.domain.claim_expiry import ClaimMoneyGone, Extension
from services.partnerships.domain.claim_policy import Payee
from services.partnerships.domain.clawback import CLAWBACK, UNDECIDED, Clawback, ClawbackStatus
from services.partnerships.domain.life_cycle import FINANCE, Status
from services.partnerships.domain.partnership import Actor
from services.partnerships.domain.payment_run import RUN, RunStatus
from services.partnerships.domain.reservation import Reservation, ReservationStatus
from shared.decision import Decision, Document
from shared.refusals import NotAllowed, NotFound
from shared.transitions import Table, WrongState
from tests.partnerships.books import NOW, Books
from tests.partnerships.test_life_cycle import ACTORS, STRANGER, partnership

D = TypeVar("D", bound=Document)

OF = partnership(Status.ACTIVE)
ACCOUNT = Account(id=OF.id, allocated=1000, committed=300, spent=300)
CLAIMED = Claimed(OF.id, "booking", "b1")
EXTENSION = Extension(CLAIMED, "the school was flooded")
SHORTAGE = Shortage(source="occurrences/o/b1", revision=2, charged=1000, missing=600)
HELD = Reservation(
    id=CLAIMED.key,
    partnership_id=OF.id,
    purpose="booking",
    funded_id="b1",
    status=ReservationStatus.COMMITTED,
    revision=2,
    changed_at=NOW,
)
PAYEE = Payee(kind="school", reference="900002", name="School 900002")
EVERYBODY = {**ACTORS, FINANCE: Actor("finance-1", sees_all=True, finance=True)}


def claim(status: ClaimStatus, **changes: Any) -> Claim:
    usual = {
        "id": f"{OF.id}/booking/b1",
        "partnership_id": OF.id,
        "purpose": "booking",
        "funded_id": "b1",
        "school_urn": "900002",
        "status": status,
        "amount": 300 if status in OPEN else 0,
        "shortage": SHORTAGE if status is ClaimStatus.SHORT else None,
        "expired": 300 if status is ClaimStatus.EXPIRED else 0,
        "lapsed": status is ClaimStatus.EXPIRED,
        "payee": PAYEE,
        "changed_at": NOW,
    }
    return Claim.model_validate(usual | changes)


def kept(*documents: Document) -> Books:
    """These documents, to be looked at by a decision."""
    return Books(documents={(type(document), document.id): document for document in documents})


def clawback(status: ClawbackStatus, amount: int = 100) -> Clawback:
    return Clawback(
        id=f"{OF.id}/booking/b1",
        partnership_id=OF.id,
        purpose="booking",
        funded_id="b1",
        school_urn="900002",
        status=status,
        amount=amount if status in UNDECIDED else 0,
        opened_at=NOW,
        changed_at=NOW,
    )


ASKS: dict[str, Callable[[Claim, Actor], Decision[Claim]]] = {
    "submit": lambda known, actor: claims.submit(ACCOUNT, known, PAYEE, OF, actor, NOW),
    "approve": lambda known, actor: claims.approve(ACCOUNT, known, OF, actor, NOW),
    "return": lambda known, actor: claims.give_back(ACCOUNT, known, "a day too many", OF, actor, NOW),
    "extend": lambda known, actor: claim_expiry.extend(ACCOUNT, kept(known), EXTENSION, OF, actor, NOW),
    "settle": lambda known, actor: shortage.settle(ACCOUNT, kept(known, HELD), CLAIMED, "no more", OF, actor, NOW),
}
CLAWBACK_ASKS: dict[str, Callable[[Clawback, Actor], Decision[Clawback]]] = {
    "invoice": lambda known, actor: clawbacks.invoice(ACCOUNT, known, OF, actor, NOW),
    "recover": lambda known, actor: clawbacks.recover(
        ACCOUNT, known, claim(ClaimStatus.PAID, paid=300), OF, actor, NOW
    ),
    "waive": lambda known, actor: clawbacks.waive(ACCOUNT, known, "fell ill", OF, actor, NOW),
}
BY_THE_SYSTEM = {"draft", "expire", "stay expired", "fall short", "pay", "correct", "void", "restore"}
CLAWBACKS_BY_THE_SYSTEM = {"open", "correct", "withdraw"}


def verbs(table: Table[Any]) -> set[str]:
    return {row.verb for row in table.rows}


def test_every_verb_of_the_tables_is_asked_for() -> None:
    assert verbs(CLAIM) == set(ASKS) | BY_THE_SYSTEM
    assert verbs(CLAWBACK) == set(CLAWBACK_ASKS) | CLAWBACKS_BY_THE_SYSTEM


@pytest.mark.parametrize("actor", EVERYBODY)
@pytest.mark.parametrize("verb", ASKS)
@pytest.mark.parametrize("status", [status for status in ClaimStatus if status is not ClaimStatus.EMPTY])
def test_a_claim_moves_by_its_table_only(status: ClaimStatus, verb: str, actor: str) -> None:
    rows = [row for row in CLAIM.rows if row.verb == verb]
    known, asking = claim(status), EVERYBODY[actor]
    if actor not in {row.by for row in rows}:
        with pytest.raises(NotAllowed):
            ASKS[verb](known, asking)
        return
    targets = {row.target for row in rows if row.source is status}
    if not targets:
        with pytest.raises(WrongState):
            ASKS[verb](known, asking)
        return
    assert {ASKS[verb](known, asking).reply.status} == targets


@pytest.mark.parametrize("actor", EVERYBODY)
@pytest.mark.parametrize("verb", CLAWBACK_ASKS)
@pytest.mark.parametrize("status", ClawbackStatus)
def test_a_clawback_moves_by_its_table_only(status: ClawbackStatus, verb: str, actor: str) -> None:
    rows = [row for row in CLAWBACK.rows if row.verb == verb]
    known, asking = clawback(status), EVERYBODY[actor]
    if actor not in {row.by for row in rows}:
        with pytest.raises(NotAllowed):
            CLAWBACK_ASKS[verb](known, asking)
        return
    targets = {row.target for row in rows if row.source is status}
    if not targets:
        with pytest.raises(WrongState):
            CLAWBACK_ASKS[verb](known, asking)
        return
    assert {CLAWBACK_ASKS[verb](known, asking).reply.status} == targets


@pytest.mark.parametrize("status", ClaimStatus)
@pytest.mark.parametrize("verb", sorted(BY_THE_SYSTEM))
def test_what_the_system_asks_of_a_claim_is_in_its_table(status: ClaimStatus, verb: str) -> None:
    refuse_what_is_no_row(CLAIM, status, verb)


@pytest.mark.parametrize("status", ClawbackStatus)
@pytest.mark.parametrize("verb", sorted(CLAWBACKS_BY_THE_SYSTEM))
def test_what_the_system_asks_of_a_clawback_is_in_its_table(status: ClawbackStatus, verb: str) -> None:
    refuse_what_is_no_row(CLAWBACK, status, verb)


@pytest.mark.parametrize("status", RunStatus)
def test_a_run_is_settled_once(status: RunStatus) -> None:
    refuse_what_is_no_row(RUN, status, "settle")


def refuse_what_is_no_row(table: Table[Any], status: Any, verb: str) -> None:
    targets = {row.target for row in table.rows if (row.source, row.verb) == (status, verb)}
    if targets:
        assert {table.next(status, verb)} == targets
    else:
        with pytest.raises(WrongState):
            table.next(status, verb)


@pytest.mark.parametrize("verb", ASKS)
def test_to_a_stranger_no_claim_exists(verb: str) -> None:
    with pytest.raises(NotFound):
        ASKS[verb](claim(ClaimStatus.DRAFTED), STRANGER)


@pytest.mark.parametrize(
    ("status", "paid", "amount", "becomes"),
    [
        (ClaimStatus.EMPTY, 0, 300, ClaimStatus.DRAFTED),
        (ClaimStatus.EMPTY, 0, 0, ClaimStatus.EMPTY),
        (ClaimStatus.DRAFTED, 0, 200, ClaimStatus.DRAFTED),
        (ClaimStatus.SUBMITTED, 0, 200, ClaimStatus.DRAFTED),
        (ClaimStatus.APPROVED, 0, 200, ClaimStatus.DRAFTED),
        (ClaimStatus.APPROVED, 0, 300, ClaimStatus.APPROVED),
        (ClaimStatus.SUBMITTED, 0, 0, ClaimStatus.VOID),
        (ClaimStatus.SUBMITTED, 100, 0, ClaimStatus.PAID),
        (ClaimStatus.PAID, 300, 100, ClaimStatus.DRAFTED),
        (ClaimStatus.PAID, 300, 0, ClaimStatus.PAID),
        (ClaimStatus.VOID, 0, 50, ClaimStatus.DRAFTED),
        (ClaimStatus.SHORT, 0, 300, ClaimStatus.DRAFTED),
        (ClaimStatus.SHORT, 0, 0, ClaimStatus.VOID),
        (ClaimStatus.SHORT, 300, 0, ClaimStatus.PAID),
        (ClaimStatus.EXPIRED, 0, 0, ClaimStatus.VOID),
        (ClaimStatus.EXPIRED, 100, 0, ClaimStatus.PAID),
    ],
)
def test_a_claim_follows_what_is_committed(status: ClaimStatus, paid: int, amount: int, becomes: ClaimStatus) -> None:
    after = claims.followed(claim(status, paid=paid), amount, ("occurrences/o/b1#2",), NOW)
    assert (after.status, after.amount, after.expired, after.shortage) == (becomes, amount, 0, None)
    assert after.evidence == ("occurrences/o/b1#2",)


@pytest.mark.parametrize("amount", [100, 300, 500])
def test_a_claim_that_has_expired_stays_so_whatever_is_due(amount: int) -> None:
    after = claims.followed(claim(ClaimStatus.EXPIRED), amount, ("occurrences/o/b1#2",), NOW)
    assert (after.status, after.amount, after.expired) == (ClaimStatus.EXPIRED, 0, amount)


@pytest.mark.parametrize("paid", [0, 300])
def test_a_claim_that_has_expired_does_not_come_back_by_way_of_nothing(paid: int) -> None:
    nothing = claims.followed(claim(ClaimStatus.EXPIRED, paid=paid), 0, (), NOW)
    assert nothing.status is (ClaimStatus.PAID if paid else ClaimStatus.VOID)
    again = claims.followed(nothing, 200, (), NOW)
    assert (again.status, again.amount, again.expired, again.paid) == (ClaimStatus.EXPIRED, 0, 200, paid)


def test_a_run_has_as_many_claims_as_the_policy_allows() -> None:
    many = [claim(ClaimStatus.APPROVED, id=f"claim-{number}", funded_id=f"b{number}") for number in range(501)]
    assert len(payment_run.draw_up("run-1", many, "finance-1", NOW).reply.lines) == 500
    with pytest.raises(payment_run.NothingToPay):
        payment_run.draw_up("run-1", [claim(ClaimStatus.SUBMITTED)], "finance-1", NOW)


@pytest.mark.parametrize("status", ClaimStatus)
@pytest.mark.parametrize(("days_after", "is_late"), [(0, False), (1, True)])
def test_only_a_draft_expires_and_only_after_the_last_day(status: ClaimStatus, days_after: int, is_late: bool) -> None:
    window = NOW.date() - timedelta(days=days_after)
    decision = claim_expiry.expire(ACCOUNT, kept(claim(status, window_closes_on=window)), NOW, claimed=CLAIMED)
    if status is not ClaimStatus.DRAFTED or not is_late:
        assert decision == Decision(None)
        return
    assert isinstance(decision.root, Account)
    assert (decision.root.committed, decision.root.available) == (0, 700)
    (expired,) = (document for document in decision.documents if isinstance(document, Claim))
    assert (expired.status, expired.amount, expired.expired) == (ClaimStatus.EXPIRED, 0, 300)


def test_an_expired_claim_is_opened_anew_only_while_the_account_can_pay_it() -> None:
    known, finance = kept(claim(ClaimStatus.EXPIRED)), EVERYBODY[FINANCE]
    enough = Account(id=OF.id, allocated=300)
    assert claim_expiry.extend(enough, known, EXTENSION, OF, finance, NOW).reply.amount == 300
    with pytest.raises(ClaimMoneyGone) as refused:
        claim_expiry.extend(Account(id=OF.id, allocated=299), known, EXTENSION, OF, finance, NOW)
    assert refused.value.facts == {"short_by_pence": 1}


@pytest.mark.parametrize(("days_after", "days_left"), [(-3, 3), (0, 0), (1, 180)])
def test_what_is_given_back_after_its_window_may_be_submitted_again(days_after: int, days_left: int) -> None:
    known = claim(ClaimStatus.SUBMITTED, window_closes_on=NOW.date() - timedelta(days=days_after))
    after = claims.give_back(ACCOUNT, known, "a day too many", OF, EVERYBODY[FINANCE], NOW).reply
    assert after.window_closes_on == NOW.date() + timedelta(days=days_left)


@pytest.mark.parametrize(
    ("next_window_in", "more", "due_in"), [(None, False, 181), (5, False, 6), (400, False, 181), (5, True, None)]
)
def test_the_account_is_looked_at_when_the_next_window_has_closed(
    next_window_in: int | None, more: bool, due_in: int | None
) -> None:
    window = None if next_window_in is None else NOW.date() + timedelta(days=next_window_in)
    root = claim_expiry.look_again(ACCOUNT, window, more, NOW).root
    assert root is not None
    midnight = NOW.replace(hour=0)
    assert root.due_at == (NOW if due_in is None else midnight + timedelta(days=due_in))
