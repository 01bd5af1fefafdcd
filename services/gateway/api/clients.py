"""Managing partners' programs: registered, given secrets, stopped by an operator."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from services.gateway import views
from services.gateway.api.models import (
    ApiClientAnswer,
    ApiClientRequest,
    NewSecretAnswer,
    client_answer,
    new_secret_answer,
)
from services.gateway.domain.api_client import ApiClient, SecretOvertaken, SecretShownBefore
from services.gateway.domain.scope import RolesExclusive, ScopeIncomplete, ScopeNotWanted
from services.gateway.use_cases import api_clients as use_cases
from shared.http.paging import CursorMalformed, Page, PageRequest
from shared.http.principal import Principal, requires
from shared.http.problems import problems
from shared.http.versions import set_etag
from shared.http.working import HttpWork
from shared.refusals import NotFound, VersionMismatch
from shared.transitions import WrongState

router = APIRouter(prefix="/api/identity/clients")

Operator = Annotated[Principal, requires("operator")]
Reader = Annotated[Principal, requires("operator", "auditor")]
ClientId = Annotated[str, Path(max_length=64, examples=["client-0198c5f3-11aa-7d02-9c41-5e6f70819203"])]

CHANGE_PROBLEMS = (NotFound, WrongState, VersionMismatch)


@router.post(
    "",
    status_code=201,
    summary="Register a partner's program",
    responses=problems(ScopeIncomplete, ScopeNotWanted, RolesExclusive, SecretShownBefore),
)
async def register_api_client(
    body: ApiClientRequest, _caller: Operator, work: HttpWork, response: Response
) -> NewSecretAnswer:
    """Makes a client with its first secret, which the answer shows."""
    client, secret = await use_cases.register(work, body.name, body.scope())
    response.headers["Location"] = f"{router.prefix}/{client.id}"
    return _with_secret(client, secret, response)


@router.get("", summary="List API clients, oldest first", responses=problems(CursorMalformed))
async def list_api_clients(_caller: Reader, work: HttpWork, paging: PageRequest) -> Page[ApiClientAnswer]:
    """All of them, without their secrets."""
    found = await views.api_clients(work, paging.after(str), paging.limit + 1)
    return paging.page(found, lambda client: (client.id,), client_answer)


@router.get("/{client_id}", summary="Read an API client", responses=problems(NotFound))
async def read_api_client(client_id: ClientId, _caller: Reader, work: HttpWork, response: Response) -> ApiClientAnswer:
    """One client, without its secrets."""
    return _changed(await views.api_client(work, client_id), response)


@router.post(
    "/{client_id}/secrets",
    status_code=201,
    summary="Make one more secret",
    responses=problems(*CHANGE_PROBLEMS, SecretOvertaken, SecretShownBefore),
)
async def rotate_api_client_secret(
    client_id: ClientId, _caller: Operator, work: HttpWork, response: Response
) -> NewSecretAnswer:
    """The new secret and the one before are both good; anything older is dead. Bring it into use, then rotate again."""
    client, secret = await use_cases.rotate_secret(work, client_id)
    return _with_secret(client, secret, response)


@router.post(
    "/{client_id}/disable",
    summary="Disable an API client",
    responses=problems(*CHANGE_PROBLEMS),
)
async def disable_api_client(
    client_id: ClientId, _caller: Operator, work: HttpWork, response: Response
) -> ApiClientAnswer:
    """No more tokens; those that are out end within 15 minutes."""
    return _changed(await use_cases.disable(work, client_id), response)


@router.post(
    "/{client_id}/enable",
    summary="Enable a disabled API client",
    responses=problems(*CHANGE_PROBLEMS),
)
async def enable_api_client(
    client_id: ClientId, _caller: Operator, work: HttpWork, response: Response
) -> ApiClientAnswer:
    """Tokens again, with the secrets as they were."""
    return _changed(await use_cases.enable(work, client_id), response)


def _changed(client: ApiClient, response: Response) -> ApiClientAnswer:
    set_etag(response, client.version)
    return client_answer(client)


def _with_secret(client: ApiClient, secret: str, response: Response) -> NewSecretAnswer:
    set_etag(response, client.version)
    response.headers["Cache-Control"] = "no-store"
    return new_secret_answer(client, secret)
