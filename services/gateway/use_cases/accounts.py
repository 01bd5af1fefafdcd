"""People's accounts: registered and changed by who manages access, their passwords by themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from services.gateway.domain import account as rules
from services.gateway.domain.account import Account, Login, NewPassword
from services.gateway.domain.scope import OUTSIDE_ROLES, Scope, check_may_give, checked
from services.gateway.passwords import passwords
from services.gateway.signing import issuer
from shared.commit import AlreadyExists
from shared.decision import Decision, Documents
from shared.http.principal import Principal
from shared.ids import new_id
from shared.refusals import NotFound
from shared.work import Work

READABLE = "abcdefghijkmnpqrstuvwxyz23456789"
"""32 characters of which no two look alike."""


async def register(work: Work, caller: Principal, email: str, scope: Scope) -> tuple[Account, str]:
    """A new account and its temporary password. Raises EmailTaken, RoleNotYoursToGive and what `checked` does."""
    scope = checked(scope)
    check_may_give(caller.roles, scope.held)
    account_id = new_id()
    password = NewPassword(hash=await passwords().hash(temporary_password(account_id, 1)), temporary=True)

    def decide(_none: Account | None, _documents: Documents, now: datetime) -> Decision[Account]:
        return rules.register(account_id, email, password, scope, now)

    try:
        account = await work.create_or_change(Account, account_id, decide)
    except AlreadyExists:
        raise rules.EmailTaken(field="email") from None
    return account, temporary_password(account.id, 1)


async def change_scope(work: Work, caller: Principal, account_id: str, scope: Scope) -> Account:
    """Other roles, for another school or employer."""
    scope = checked(scope)
    check_may_give(caller.roles, scope.held)
    return await _manage(
        work, caller, account_id, lambda account, now: rules.change_scope(account, scope, caller.subject, now)
    )


async def disable(work: Work, caller: Principal, account_id: str) -> Account:
    """No more sign-ins."""
    return await _manage(work, caller, account_id, lambda account, now: rules.disable(account, caller.subject, now))


async def enable(work: Work, caller: Principal, account_id: str) -> Account:
    """Sign-ins again."""
    return await _manage(work, caller, account_id, lambda account, _now: rules.enable(account, caller.subject))


async def reset_password(work: Work, caller: Principal, account_id: str) -> tuple[Account, str]:
    """A temporary password in place of the one that was."""
    known = await work.collection(Account).get(account_id)
    if known is None:
        raise NotFound()
    number = known.resets + 1
    password = NewPassword(hash=await passwords().hash(temporary_password(account_id, number)), temporary=True)

    def decide(account: Account, documents: Documents, now: datetime) -> Decision[Account]:
        _check_managed(account, caller)
        return rules.reset_password(account, documents, number, password, caller.subject, now)

    account = await work.change(Account, account_id, decide, rules.reads_login)
    return account, temporary_password(account.id, account.resets)


async def change_own_password(work: Work, caller: Principal, current: str, wanted: str) -> Account:
    """The owner's choice. Repeating it with the same words changes nothing and is no error.

    It is done without an idempotency row, whose fingerprint of the body would be a fast hash of both passwords.
    """
    login = await work.collection(Login).get(caller.subject)
    if login is None:
        raise NotFound("An API client has no password.")
    rules.check_password(wanted, login.email)
    if not await passwords().matches(login.password_hash, current):
        return await _changed_before(work, login, wanted)
    password = NewPassword(hash=await passwords().hash(wanted), temporary=False)

    def decide(account: Account, documents: Documents, now: datetime) -> Decision[Account]:
        return rules.change_password(account, documents, login.password_hash, password, now)

    return await work.one_of_many().change(Account, caller.subject, decide, rules.reads_login)


async def _changed_before(work: Work, login: Login, wanted: str) -> Account:
    account = await work.collection(Account).get(login.id)
    if account is None or login.temporary_until or not await passwords().matches(login.password_hash, wanted):
        raise rules.CurrentPasswordWrong(field="current_password")
    return account


def temporary_password(account_id: str, number: int) -> str:
    """The `number`-th temporary password of an account: 100 bits, in groups that can be read aloud."""
    bits = issuer().derived_bytes("temporary-password", account_id, number)
    chosen = [READABLE[byte % len(READABLE)] for byte in bits[:20]]
    return "-".join("".join(chosen[start : start + 5]) for start in range(0, 20, 5))


def is_visible(account: Account, caller: Principal) -> bool:
    """Whether the caller may know that the account exists."""
    if account.id == caller.subject or caller.has("operator", "auditor"):
        return True
    return caller.has("programme-officer") and account.scope.held <= OUTSIDE_ROLES


def _check_managed(account: Account, caller: Principal) -> None:
    if not is_visible(account, caller):
        raise NotFound()
    check_may_give(caller.roles, account.scope.held)


async def _manage(
    work: Work, caller: Principal, account_id: str, decide: Callable[[Account, datetime], Decision[Account]]
) -> Account:
    def on_managed(account: Account, _documents: Documents, now: datetime) -> Decision[Account]:
        _check_managed(account, caller)
        return decide(account, now)

    return await work.change(Account, account_id, on_managed)
