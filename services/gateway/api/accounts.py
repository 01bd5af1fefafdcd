"""Managing people's accounts: operators all of them, programme officers those of schools, employers and ambassadors."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from services.gateway import views
from services.gateway.api.models import (
    AccountAnswer,
    AccountRequest,
    Email,
    NewPasswordAnswer,
    ScopeRequest,
    account_answer,
    new_password_answer,
)
from services.gateway.domain.account import Account, AccountStatus, EmailTaken, OwnAccount, ResetOvertaken
from services.gateway.domain.scope import RoleNotYoursToGive, RolesExclusive, ScopeIncomplete, ScopeNotWanted
from services.gateway.passwords import TooManySignIns
from services.gateway.use_cases import accounts as use_cases
from shared.contracts.gateway import Role
from shared.http.paging import CursorMalformed, Page, PageRequest
from shared.http.principal import Principal, requires
from shared.http.problems import problems
from shared.http.versions import set_etag
from shared.http.working import HttpWork
from shared.refusals import NotFound, VersionMismatch
from shared.transitions import WrongState
from shared.work import Work

router = APIRouter(prefix="/api/identity/accounts")

Manager = Annotated[Principal, requires("operator", "programme-officer")]
Reader = Annotated[Principal, requires("operator", "programme-officer", "auditor")]
AccountId = Annotated[str, Path(max_length=64, examples=["0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d12"])]

SCOPE_PROBLEMS = (RoleNotYoursToGive, ScopeIncomplete, ScopeNotWanted, RolesExclusive)
CHANGE_PROBLEMS = (NotFound, RoleNotYoursToGive, OwnAccount, WrongState, VersionMismatch)


@router.post(
    "",
    status_code=201,
    summary="Register a person",
    responses=problems(EmailTaken, TooManySignIns, *SCOPE_PROBLEMS),
)
async def register_account(
    body: AccountRequest, caller: Manager, work: HttpWork, response: Response
) -> NewPasswordAnswer:
    """Makes an account with a temporary password, which the answer shows."""
    account, password = await use_cases.register(work, caller, body.email, body.scope())
    response.headers["Location"] = f"{router.prefix}/{account.id}"
    return await _with_password(work, account, password, response)


@router.get("", summary="List accounts, oldest first", responses=problems(CursorMalformed))
async def list_accounts(
    caller: Reader,
    work: HttpWork,
    paging: PageRequest,
    email: Annotated[Email | None, Query()] = None,
    role: Annotated[Role | None, Query()] = None,
    school_urn: Annotated[str | None, Query(max_length=40)] = None,
    status: Annotated[AccountStatus | None, Query()] = None,
) -> Page[AccountAnswer]:
    """Programme officers see the accounts they manage, operators and auditors see all."""
    wanted = views.AccountFilter(email, role, school_urn, status)
    found = await views.accounts(work, caller, wanted, paging.after(str), paging.limit + 1)
    return paging.page(found, lambda row: (row.account.id,), account_answer)


@router.get("/{account_id}", summary="Read an account", responses=problems(NotFound))
async def read_account(account_id: AccountId, caller: Reader, work: HttpWork, response: Response) -> AccountAnswer:
    """One account."""
    row = await views.account(work, caller, account_id)
    set_etag(response, row.account.version)
    return account_answer(row)


@router.put(
    "/{account_id}/roles",
    summary="Give an account other roles",
    responses=problems(*CHANGE_PROBLEMS, *SCOPE_PROBLEMS),
)
async def change_account_roles(
    account_id: AccountId, body: ScopeRequest, caller: Manager, work: HttpWork, response: Response
) -> AccountAnswer:
    """Replaces the roles and for whom they act. Sign-ins that are open end at their next refresh."""
    account = await use_cases.change_scope(work, caller, account_id, body.scope())
    return await _changed(work, account, response)


@router.post(
    "/{account_id}/disable",
    summary="Disable an account",
    responses=problems(*CHANGE_PROBLEMS),
)
async def disable_account(account_id: AccountId, caller: Manager, work: HttpWork, response: Response) -> AccountAnswer:
    """No more sign-ins; access tokens that are out end within 15 minutes."""
    return await _changed(work, await use_cases.disable(work, caller, account_id), response)


@router.post(
    "/{account_id}/enable",
    summary="Enable a disabled account",
    responses=problems(*CHANGE_PROBLEMS),
)
async def enable_account(account_id: AccountId, caller: Manager, work: HttpWork, response: Response) -> AccountAnswer:
    """Sign-ins again, with the password as it was."""
    return await _changed(work, await use_cases.enable(work, caller, account_id), response)


@router.post(
    "/{account_id}/password-reset",
    summary="Set a temporary password",
    responses=problems(*CHANGE_PROBLEMS, ResetOvertaken, TooManySignIns),
)
async def reset_account_password(
    account_id: AccountId, caller: Manager, work: HttpWork, response: Response
) -> NewPasswordAnswer:
    """For who has forgotten theirs. Earlier sign-ins end."""
    account, password = await use_cases.reset_password(work, caller, account_id)
    return await _with_password(work, account, password, response)


async def _changed(work: Work, account: Account, response: Response) -> AccountAnswer:
    set_etag(response, account.version)
    return account_answer(await views.account_row(work, account))


async def _with_password(work: Work, account: Account, password: str, response: Response) -> NewPasswordAnswer:
    set_etag(response, account.version)
    response.headers["Cache-Control"] = "no-store"
    return new_password_answer(await views.account_row(work, account), password)
