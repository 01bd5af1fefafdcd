"""Tokens: given for a password, a client's secret or a refresh token; taken back with the sign-in.

Whoever is refused learns nothing of why: an unknown address, a wrong password, a disabled account, a temporary password
that has ended and a lock all look alike, and cost the same hash and the same commit.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

import structlog

from services.gateway.domain import account as accounts
from services.gateway.domain import api_client as clients
from services.gateway.domain import attempts as counting
from services.gateway.domain import sign_in as sign_ins
from services.gateway.domain.account import Account, email_key
from services.gateway.domain.api_client import ApiClient
from services.gateway.domain.attempts import Attempts
from services.gateway.domain.scope import Scope
from services.gateway.domain.sign_in import SignIn
from services.gateway.passwords import passwords
from services.gateway.signing import issuer, sha256_hex
from services.gateway.store import login_with_email
from shared.decision import Decision, Documents
from shared.http.principal import Principal
from shared.ids import new_id
from shared.refusals import NotFound, Refusal
from shared.work import Work

NOBODY = "00000000-0000-0000-0000-000000000000"
PASSWORD_CLIENT = "stem"  # noqa: S105 - who asks for a person's token when no client is named

log = structlog.get_logger("tokens")


class GrantRefused(Refusal):
    """Said in OAuth's words, so it has no slug."""

    kind = "unauthenticated"
    title = "The e-mail address, password or refresh token is not right, or has ended."


class ClientRefused(Refusal):
    """Said in OAuth's words, so it has no slug."""

    kind = "unauthenticated"
    title = "The client id or secret is not right."


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a grant gives. `refresh_token` only for people."""

    access_token: str
    refresh_token: str | None = None


async def with_password(work: Work, email: str, password: str) -> Tokens:
    """Tokens for a person. Raises GrantRefused, TooManySignIns."""
    asked_at = work.clock.now()
    account = await _proved(work, email, password)
    sign_in_id, secret = new_id(), _fresh_secret()

    def decide(_none: SignIn | None, _documents: Documents, _now: datetime) -> Decision[SignIn]:
        return sign_ins.begin(sign_in_id, account.id, sha256_hex(secret), asked_at)

    await work.create_or_change(SignIn, sign_in_id, decide)
    return _tokens(work, account, f"{sign_in_id}.{secret}")


async def with_refresh_token(work: Work, token: str) -> Tokens:
    """Tokens in place of those that end. The token given is used up. Raises GrantRefused."""
    sign_in_id, secret = _parts(token)
    sign_in = await work.collection(SignIn).get(sign_in_id)
    account = await work.collection(Account).get(sign_in.account_id) if sign_in is not None else None
    if sign_in is None or account is None or not _still_valid(account, sign_in):
        raise GrantRefused()
    fresh = _fresh_secret()

    def decide(sign_in: SignIn, _documents: Documents, now: datetime) -> Decision[SignIn | None]:
        return sign_ins.refresh(sign_in, sha256_hex(secret), sha256_hex(fresh), now)

    try:
        refreshed = await work.change(SignIn, sign_in_id, decide)
    except NotFound:
        raise GrantRefused() from None
    if refreshed is None:
        log.warning("refresh refused", sign_in_id=sign_in_id, account_id=account.id)
        raise GrantRefused()
    return _tokens(work, account, f"{sign_in_id}.{fresh}")


async def with_client_secret(work: Work, client_id: str, secret: str) -> Tokens:
    """A token for a program. Raises ClientRefused."""
    client = await work.collection(ApiClient).get(client_id)
    if client is None or not clients.proves(client, sha256_hex(secret)):
        raise ClientRefused()
    principal = principal_of(client.id, client.scope)
    return Tokens(issuer().access_token(principal, client.id, work.clock.now()))


async def revoke(work: Work, token: str) -> None:
    """End the sign-in of a refresh token. A token that is nobody's is as good as revoked."""
    try:
        sign_in_id, secret = _parts(token)
    except GrantRefused:
        return
    sign_in = await work.collection(SignIn).get(sign_in_id)
    if sign_in is None or not sign_ins.is_latest(sign_in, sha256_hex(secret)):
        return

    def decide(sign_in: SignIn, _documents: Documents, _now: datetime) -> Decision[SignIn]:
        return sign_ins.end(sign_in)

    await work.change(SignIn, sign_in_id, decide)


def principal_of(subject: str, scope: Scope) -> Principal:
    """Who a token with this scope stands for."""
    return Principal(subject, scope.held, scope.school_urn, scope.employer_id, scope.partnership_id)


async def _proved(work: Work, email: str, password: str) -> Account:
    """The account whose password this is. Raises GrantRefused, after the same work whatever is wrong."""
    key = issuer().derived_bytes("attempts", email_key(email)).hex()
    attempts = await work.collection(Attempts).get(key)
    login = await login_with_email(work, email)
    account = await work.collection(Account).get(login.id if login is not None else NOBODY)
    right = await passwords().matches(None if login is None else login.password_hash, password)
    now = work.clock.now()
    if counting.is_locked(attempts, now):
        raise GrantRefused()
    if login is None or account is None or not right or not accounts.may_sign_in(account, login, now):
        await work.create_or_change(
            Attempts, key, lambda attempts, _documents, now: counting.record_failure(attempts, key, now)
        )
        raise GrantRefused()
    if attempts is not None and attempts.failures:
        await work.create_or_change(Attempts, key, lambda attempts, _documents, _now: counting.clear(attempts))
    return account


def _still_valid(account: Account, sign_in: SignIn) -> bool:
    active = account.status is accounts.AccountStatus.ACTIVE
    return active and sign_in.began_at >= account.valid_from


def _tokens(work: Work, account: Account, refresh_token: str) -> Tokens:
    principal = principal_of(account.id, account.scope)
    return Tokens(issuer().access_token(principal, PASSWORD_CLIENT, work.clock.now()), refresh_token)


def _fresh_secret() -> str:
    return secrets.token_urlsafe(32)


def _parts(token: str) -> tuple[str, str]:
    """The sign-in and the secret of a refresh token. Raises GrantRefused."""
    sign_in_id, dot, secret = token.partition(".")
    if not dot or len(sign_in_id) != 36 or len(secret) != 43:
        raise GrantRefused()
    return sign_in_id, secret
