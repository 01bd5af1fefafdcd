"""An account: a person who may sign in, and the login that proves who it is.

The account is the root and holds no personal data, so answers and events made of it hold none either. The e-mail
address and the password's hash are in its login, a side document with the same id: erasing a person is emptying that.

Whatever ends earlier sign-ins (a new password, other roles, a disabled account) moves `valid_from`: a sign-in that
began before it is refused at its next refresh.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from services.gateway.domain.scope import Scope
from shared.contracts.gateway import (
    AccountDisabled,
    AccountEnabled,
    AccountPasswordChanged,
    AccountRegistered,
    AccountRolesChanged,
)
from shared.decision import Decision, Document, Documents, Read, Root
from shared.refusals import Conflict, Invalid
from shared.transitions import Table, Transition

TEMPORARY_PASSWORD_LASTS = timedelta(hours=72)
PASSWORD_LENGTH = (12, 128)
"""Fewest and most characters of a password: short ones are guessed, endless ones are work for nothing."""


class EmailTaken(Conflict):
    slug = "email-taken"
    title = "There is an account with this e-mail address already."


class OwnAccount(Conflict):
    slug = "own-account"
    title = "Nobody changes the rights of their own account: ask another operator."


class PasswordTooWeak(Invalid):
    slug = "password-too-weak"
    title = "A password has 12 to 128 characters, at least 5 different ones, and does not contain the e-mail name."


class CurrentPasswordWrong(Invalid):
    slug = "current-password-wrong"
    title = "The current password is another one."


class ResetOvertaken(Conflict):
    slug = "reset-overtaken"
    title = "The password was reset by somebody else at the same moment: use theirs or repeat."


class AccountStatus(StrEnum):
    """Whether the person may sign in."""

    ACTIVE = "active"
    DISABLED = "disabled"


ACCOUNT = Table(
    (
        Transition(AccountStatus.ACTIVE, "disable", "operator", AccountStatus.DISABLED),
        Transition(AccountStatus.ACTIVE, "disable", "programme-officer", AccountStatus.DISABLED),
        Transition(AccountStatus.DISABLED, "enable", "operator", AccountStatus.ACTIVE),
        Transition(AccountStatus.DISABLED, "enable", "programme-officer", AccountStatus.ACTIVE),
        Transition(AccountStatus.ACTIVE, "reset-password", "operator", AccountStatus.ACTIVE),
        Transition(AccountStatus.ACTIVE, "reset-password", "programme-officer", AccountStatus.ACTIVE),
        Transition(AccountStatus.ACTIVE, "change-password", "owner", AccountStatus.ACTIVE),
        Transition(AccountStatus.ACTIVE, "change-roles", "operator", AccountStatus.ACTIVE),
        Transition(AccountStatus.ACTIVE, "change-roles", "programme-officer", AccountStatus.ACTIVE),
    )
)


class Account(Root):
    """Who may sign in, as what. `resets` counts the passwords that were set by somebody else."""

    collection = "accounts"
    status: AccountStatus
    scope: Scope
    registered_at: datetime
    valid_from: datetime
    resets: int = 0


class Login(Document):
    """How the person proves who it is; `id` is the account's. The only place with an e-mail address.

    `email` is as it was typed, `email_key` as it is compared. A temporary password ends at `temporary_until`.
    """

    collection = "logins"
    email: str
    email_key: str
    password_hash: str
    temporary_until: datetime | None


class NewPassword(BaseModel):
    """A password that was hashed before the decision."""

    model_config = ConfigDict(frozen=True)
    hash: str
    temporary: bool

    def ends_at(self, now: datetime) -> datetime | None:
        """When it stops working, if it is a temporary one."""
        return now + TEMPORARY_PASSWORD_LASTS if self.temporary else None


def email_key(email: str) -> str:
    """The form in which two addresses are compared."""
    return email.strip().casefold()


def check_password(password: str, email: str) -> None:
    """Raises PasswordTooWeak."""
    shortest, longest = PASSWORD_LENGTH
    name = email_key(email).partition("@")[0]
    if not shortest <= len(password) <= longest:
        raise PasswordTooWeak(f"It has {len(password)} characters.", field="new_password")
    if len(set(password)) < 5:
        raise PasswordTooWeak("It repeats too few characters.", field="new_password")
    if len(name) > 3 and name in password.casefold():
        raise PasswordTooWeak("It contains the e-mail name.", field="new_password")


def reads_login(account: Account | None) -> tuple[Read, ...]:
    """A decision that also needs the login."""
    return () if account is None else ((Login, account.id),)


def register(account_id: str, email: str, password: NewPassword, scope: Scope, now: datetime) -> Decision[Account]:
    """A new account; the store refuses a second one with the same address."""
    account = Account(
        id=account_id,
        status=AccountStatus.ACTIVE,
        scope=scope,
        registered_at=now,
        valid_from=now,
        resets=int(password.temporary),
    )
    login = Login(
        id=account_id,
        email=email.strip(),
        email_key=email_key(email),
        password_hash=password.hash,
        temporary_until=password.ends_at(now),
    )
    registered = AccountRegistered(account_id=account_id, **scope.model_dump())
    return Decision(account, account, (login,), (registered,))


def change_scope(account: Account, scope: Scope, by: str, now: datetime) -> Decision[Account]:
    """Other roles; earlier sign-ins end, so that no refresh goes on with the old ones."""
    _check_not_own(account, by)
    ACCOUNT.next(account.status, "change-roles")
    if scope == account.scope:
        return Decision(account)
    after = account.model_copy(update={"scope": scope, "valid_from": now})
    return Decision(after, after, (), (AccountRolesChanged(account_id=account.id, **scope.model_dump()),))


def disable(account: Account, by: str, now: datetime) -> Decision[Account]:
    """No more sign-ins."""
    _check_not_own(account, by)
    status = ACCOUNT.next(account.status, "disable")
    after = account.model_copy(update={"status": status, "valid_from": now})
    return Decision(after, after, (), (AccountDisabled(account_id=account.id),))


def enable(account: Account, by: str) -> Decision[Account]:
    """Sign-ins again, with the password as it was."""
    _check_not_own(account, by)
    after = account.model_copy(update={"status": ACCOUNT.next(account.status, "enable")})
    return Decision(after, after, (), (AccountEnabled(account_id=account.id),))


def reset_password(
    account: Account, documents: Documents, number: int, password: NewPassword, by: str, now: datetime
) -> Decision[Account]:
    """A temporary password, the `number`-th of the account: another reset in between makes it a stale one."""
    _check_not_own(account, by)
    ACCOUNT.next(account.status, "reset-password")
    if number != account.resets + 1:
        raise ResetOvertaken()
    after = account.model_copy(update={"resets": number, "valid_from": now})
    changed = AccountPasswordChanged(account_id=account.id, by="manager")
    return Decision(after, after, (_with_password(account, documents, password, now),), (changed,))


def change_password(
    account: Account, documents: Documents, proved: str, password: NewPassword, now: datetime
) -> Decision[Account]:
    """The owner's own choice. `proved` is the hash that the current password was compared with: still the same?"""
    ACCOUNT.next(account.status, "change-password")
    login = documents.get(Login, account.id)
    if login is None or login.password_hash != proved:
        raise CurrentPasswordWrong(field="current_password")
    after = account.model_copy(update={"valid_from": now})
    changed = AccountPasswordChanged(account_id=account.id, by="owner")
    return Decision(after, after, (_with_password(account, documents, password, now),), (changed,))


def _with_password(account: Account, documents: Documents, password: NewPassword, now: datetime) -> Login:
    login = documents.get(Login, account.id)
    if login is None:
        raise LookupError(f"account {account.id} has no login")
    return login.model_copy(update={"password_hash": password.hash, "temporary_until": password.ends_at(now)})


def _check_not_own(account: Account, by: str) -> None:
    if account.id == by:
        raise OwnAccount()


def may_sign_in(account: Account, login: Login, now: datetime) -> bool:
    """Whether the right password opens this account now."""
    in_time = login.temporary_until is None or now < login.temporary_until
    return account.status is AccountStatus.ACTIVE and in_time
