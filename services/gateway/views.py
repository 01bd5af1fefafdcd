"""Who may sign in, as managers and auditors see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.gateway.domain.account import Account, AccountStatus, Login, email_key
from services.gateway.domain.api_client import ApiClient
from services.gateway.domain.scope import STAFF_ROLES
from services.gateway.use_cases.accounts import is_visible
from shared.contracts.gateway import Role
from shared.http.paging import Value, following
from shared.http.principal import Principal
from shared.refusals import NotFound
from shared.work import Work

BY_ID = (("id", 1),)


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account and the e-mail address it signs in with."""

    account: Account
    email: str


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """What is looked for; None does not matter."""

    email: str | None = None
    role: Role | None = None
    school_urn: str | None = None
    status: AccountStatus | None = None


async def account_row(work: Work, account: Account) -> AccountRow:
    """An account with its address."""
    login = await work.collection(Login).get(account.id)
    return AccountRow(account, "" if login is None else login.email)


async def account(work: Work, caller: Principal, account_id: str) -> AccountRow:
    """One account. Raises NotFound also for one that the caller may not see."""
    found = await work.collection(Account).get(account_id)
    if found is None or not is_visible(found, caller):
        raise NotFound()
    return await account_row(work, found)


async def accounts(
    work: Work, caller: Principal, wanted: AccountFilter, after: Sequence[Value] | None, limit: int
) -> list[AccountRow]:
    """Accounts that the caller may see, in the order of their making; at most `limit`."""
    where: list[Mapping[str, Any]] = [following(BY_ID, after)]
    if not caller.has("operator", "auditor"):
        where.append({"scope.roles": {"$nin": sorted(STAFF_ROLES)}})
    if wanted.role is not None:
        where.append({"scope.roles": wanted.role})
    if wanted.school_urn is not None:
        where.append({"scope.school_urn": wanted.school_urn})
    if wanted.status is not None:
        where.append({"status": wanted.status.value})
    if wanted.email is not None:
        logins = await work.collection(Login).find({"email_key": email_key(wanted.email)}, limit=1)
        where.append({"id": {"$in": [login.id for login in logins]}})
    found = await work.collection(Account).find({"$and": where}, sort=BY_ID, limit=limit)
    return await _with_addresses(work, found)


async def api_client(work: Work, client_id: str) -> ApiClient:
    """One API client. Raises NotFound."""
    found = await work.collection(ApiClient).get(client_id)
    if found is None:
        raise NotFound()
    return found


async def api_clients(work: Work, after: Sequence[Value] | None, limit: int) -> list[ApiClient]:
    """API clients in the order of their making; at most `limit`."""
    return await work.collection(ApiClient).find(following(BY_ID, after), sort=BY_ID, limit=limit)


async def _with_addresses(work: Work, found: list[Account]) -> list[AccountRow]:
    logins = await work.collection(Login).find({"id": {"$in": [account.id for account in found]}})
    addresses = {login.id: login.email for login in logins}
    return [AccountRow(account, addresses.get(account.id, "")) for account in found]
