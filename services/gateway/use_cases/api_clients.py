"""Partners' programs: registered by an operator, with secrets that are shown when they are made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from services.gateway.domain import api_client as rules
from services.gateway.domain.api_client import ApiClient
from services.gateway.domain.scope import Scope, checked
from services.gateway.signing import issuer, sha256_hex
from shared.decision import Decision, Documents
from shared.ids import new_id
from shared.refusals import NotFound
from shared.work import Work


async def register(work: Work, name: str, scope: Scope) -> tuple[ApiClient, str]:
    """A new client and its first secret."""
    scope = checked(scope)
    client_id = f"client-{new_id()}"
    fresh = sha256_hex(client_secret(client_id, 1))

    def decide(_none: ApiClient | None, _documents: Documents, now: datetime) -> Decision[ApiClient]:
        return rules.register(client_id, name, scope, fresh, now)

    client = await work.create_or_change(ApiClient, client_id, decide)
    return client, _latest_secret(client)


async def rotate_secret(work: Work, client_id: str) -> tuple[ApiClient, str]:
    """The client with one more secret, and that secret. Raises SecretOvertaken, SecretShownBefore."""
    known = await work.collection(ApiClient).get(client_id)
    if known is None:
        raise NotFound()
    number = known.next_number
    fresh = sha256_hex(client_secret(client_id, number))
    client = await _change(work, client_id, lambda client, now: rules.rotate_secret(client, number, fresh, now))
    return client, _latest_secret(client)


async def disable(work: Work, client_id: str) -> ApiClient:
    """No more tokens."""
    return await _change(work, client_id, lambda client, _now: rules.disable(client))


async def enable(work: Work, client_id: str) -> ApiClient:
    """Tokens again."""
    return await _change(work, client_id, lambda client, _now: rules.enable(client))


def client_secret(client_id: str, number: int) -> str:
    """The `number`-th secret of a client: 256 bits."""
    return issuer().derived_secret("client-secret", client_id, number)


def _latest_secret(client: ApiClient) -> str:
    """The secret behind the newest hash. A repeat under another signing key cannot compute it any more."""
    latest = client.secrets[-1]
    secret = client_secret(client.id, latest.number)
    if sha256_hex(secret) != latest.sha256:
        raise rules.SecretShownBefore()
    return secret


async def _change(
    work: Work, client_id: str, decide: Callable[[ApiClient, datetime], Decision[ApiClient]]
) -> ApiClient:
    def on_client(client: ApiClient, _documents: Documents, now: datetime) -> Decision[ApiClient]:
        return decide(client, now)

    return await work.change(ApiClient, client_id, on_client)
