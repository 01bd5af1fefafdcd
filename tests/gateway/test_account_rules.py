"""Accounts, logins and failed attempts, decided without a store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain import account as rules
from services.gateway.domain import attempts as counting
from services.gateway.domain.account import (
    ACCOUNT,
    TEMPORARY_PASSWORD_LASTS,
    Account,
    AccountStatus,
    CurrentPasswordWrong,
    Login,
    NewPassword,
    OwnAccount,
    PasswordTooWeak,
    ResetOvertaken,
)
from services.gateway.domain.scope import Scope
from shared.contracts.gateway import (
    AccountDisabled,
    AccountEnabled,
    AccountPasswordChanged,
    AccountRegistered,
    AccountRolesChanged,
)
from shared.decision import Document
from shared.transitions import WrongState

NOW = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
TEMPORARY = NewPassword(hash="hash of a temporary one", temporary=True)
CHOSEN = NewPassword(hash="hash of a chosen one", temporary=False)
TEACHER = Scope(roles=("teacher",), school_urn="900001")


class Beside:
    """The side documents of a decision."""

    def __init__(self, *documents: Document) -> None:
        self._documents = {(type(document), document.id): document for document in documents}

    def get(self, kind, key):  # type: ignore[no-untyped-def]
        return self._documents.get((kind, key))


def registered(password: NewPassword = TEMPORARY) -> tuple[Account, Login]:
    decision = rules.register("a-1", " Ada@School.Example ", password, TEACHER, NOW)
    assert decision.root is not None
    (login,) = decision.documents
    assert isinstance(login, Login)
    return decision.reply, login


def test_a_registration_keeps_the_address_in_the_login_alone() -> None:
    decision = rules.register("a-1", "Ada@School.Example", TEMPORARY, TEACHER, NOW)
    (event,) = decision.events
    assert event == AccountRegistered(
        account_id="a-1", roles=("teacher",), school_urn="900001", employer_id=None, partnership_id=None
    )
    for document in (decision.reply, event):
        assert "ada" not in document.model_dump_json().casefold()


def test_addresses_are_compared_without_regard_to_case_and_space() -> None:
    _, login = registered()
    assert (login.email, login.email_key) == ("Ada@School.Example", "ada@school.example")
    assert rules.email_key("ADA@school.example ") == login.email_key


def test_a_temporary_password_opens_the_account_for_three_days() -> None:
    account, login = registered()
    assert rules.may_sign_in(account, login, NOW + TEMPORARY_PASSWORD_LASTS - timedelta(milliseconds=1))
    assert not rules.may_sign_in(account, login, NOW + TEMPORARY_PASSWORD_LASTS)


def test_a_chosen_password_has_no_end() -> None:
    account, login = registered(CHOSEN)
    assert rules.may_sign_in(account, login, NOW + timedelta(days=10_000))


def test_disabling_ends_sign_ins_and_enabling_brings_none_back() -> None:
    account, login = registered(CHOSEN)
    off = rules.disable(account, "somebody", LATER)
    assert off.reply.status is AccountStatus.DISABLED
    assert off.reply.valid_from == LATER
    assert off.events == (AccountDisabled(account_id="a-1"),)
    assert not rules.may_sign_in(off.reply, login, LATER)
    on = rules.enable(off.reply, "somebody")
    assert on.events == (AccountEnabled(account_id="a-1"),)
    assert on.reply.valid_from == LATER


def test_other_roles_end_earlier_sign_ins() -> None:
    account, _ = registered()
    scope = Scope(roles=("school-approver",), school_urn="900001")
    decision = rules.change_scope(account, scope, "somebody", LATER)
    assert (decision.reply.scope, decision.reply.valid_from) == (scope, LATER)
    assert isinstance(decision.events[0], AccountRolesChanged)


def test_the_same_roles_change_nothing() -> None:
    account, _ = registered()
    decision = rules.change_scope(account, TEACHER, "somebody", LATER)
    assert (decision.root, decision.events) == (None, ())


def test_a_reset_gives_the_next_temporary_password() -> None:
    account, login = registered(CHOSEN)
    decision = rules.reset_password(account, Beside(login), 1, TEMPORARY, "somebody", LATER)
    assert decision.reply.resets == 1
    assert decision.reply.valid_from == LATER
    assert decision.events == (AccountPasswordChanged(account_id="a-1", by="manager"),)
    (after,) = decision.documents
    assert isinstance(after, Login)
    assert (after.password_hash, after.temporary_until) == (TEMPORARY.hash, LATER + TEMPORARY_PASSWORD_LASTS)


def test_of_two_resets_at_once_the_second_is_told() -> None:
    account, login = registered()
    with pytest.raises(ResetOvertaken):
        rules.reset_password(account, Beside(login), 1, TEMPORARY, "somebody", LATER)


def test_the_owner_changes_the_password_that_was_proved_and_no_other() -> None:
    account, login = registered()
    decision = rules.change_password(account, Beside(login), login.password_hash, CHOSEN, LATER)
    (after,) = decision.documents
    assert isinstance(after, Login)
    assert (after.password_hash, after.temporary_until) == (CHOSEN.hash, None)
    assert decision.events == (AccountPasswordChanged(account_id="a-1", by="owner"),)
    with pytest.raises(CurrentPasswordWrong):
        rules.change_password(account, Beside(after), login.password_hash, CHOSEN, LATER)


def test_nobody_changes_the_rights_of_their_own_account() -> None:
    account, login = registered()
    with pytest.raises(OwnAccount):
        rules.disable(account, account.id, LATER)
    with pytest.raises(OwnAccount):
        rules.enable(account, account.id)
    with pytest.raises(OwnAccount):
        rules.change_scope(account, TEACHER, account.id, LATER)
    with pytest.raises(OwnAccount):
        rules.reset_password(account, Beside(login), 2, TEMPORARY, account.id, LATER)


@pytest.mark.parametrize("status", list(AccountStatus))
@pytest.mark.parametrize("verb", ["disable", "enable", "reset-password", "change-password", "change-roles"])
def test_what_the_table_does_not_hold_is_refused(status: AccountStatus, verb: str) -> None:
    fresh, login = registered()
    account = fresh.model_copy(update={"status": status})
    beside = Beside(login)
    acts = {
        "disable": lambda: rules.disable(account, "x", LATER),
        "enable": lambda: rules.enable(account, "x"),
        "reset-password": lambda: rules.reset_password(account, beside, 2, TEMPORARY, "x", LATER),
        "change-password": lambda: rules.change_password(account, beside, login.password_hash, CHOSEN, LATER),
        "change-roles": lambda: rules.change_scope(account, Scope(roles=("operator",)), "x", LATER),
    }
    if ACCOUNT.allows(status, verb):
        assert acts[verb]().reply.status is ACCOUNT.next(status, verb)
    else:
        with pytest.raises(WrongState):
            acts[verb]()


@pytest.mark.parametrize(
    "password", ["", "elevenchars", "x" * 129, "aaaaaaaaaaaa", "abababababab", "my name is ada.lovelace"]
)
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(PasswordTooWeak):
        rules.check_password(password, "Ada.Lovelace@school.example")


@pytest.mark.parametrize("password", ["four newtons per kilogram", "zwölf Boxkämpfer", "abcde" * 5])
def test_a_sentence_is_a_password(password: str) -> None:
    rules.check_password(password, "ada@school.example")


def test_waiting_times_begin_after_five_failures_and_double_up_to_a_limit() -> None:
    waits = [counting.waiting_time(failures) for failures in range(1, 40)]
    assert waits[:4] == [None] * 4
    later = [wait for wait in waits[4:] if wait is not None]
    assert len(later) == len(waits) - 4
    assert later[0] == counting.FIRST_WAIT
    assert all(after in (before * 2, counting.LONGEST_WAIT) for before, after in pairwise(later))
    assert later[-1] == counting.LONGEST_WAIT


def failures(count: int, every: timedelta = timedelta(seconds=1)) -> counting.Attempts | None:
    attempts: counting.Attempts | None = None
    for number in range(count):
        attempts = counting.record_failure(attempts, "key", NOW + number * every).reply
    return attempts


def test_the_fifth_failure_locks_and_the_lock_ends_to_the_millisecond() -> None:
    four, five = failures(4), failures(5)
    assert five is not None
    assert five.locked_until is not None
    assert not counting.is_locked(four, NOW)
    assert counting.is_locked(five, five.locked_until - timedelta(milliseconds=1))
    assert not counting.is_locked(five, five.locked_until)


def test_a_right_password_begins_the_count_anew() -> None:
    cleared = counting.clear(failures(9)).reply
    assert cleared is not None
    assert not counting.is_locked(cleared, NOW)
    assert counting.record_failure(cleared, "key", NOW).reply.failures == 1


@given(count=st.integers(1, 12), pause=st.integers(0, 24 * 60))
def test_failures_are_counted_while_remembered_and_forgotten_after(count: int, pause: int) -> None:
    attempts = failures(count)
    assert attempts is not None
    again = counting.record_failure(attempts, "key", attempts.last_failure_at + timedelta(minutes=pause)).reply
    expected = count + 1 if timedelta(minutes=pause) < counting.FORGOTTEN_AFTER else 1
    assert again.failures == expected
