"""An API client: a partner's program that asks for tokens with a secret of its own.

Two secrets are live at a time, so that a partner can bring the new one into use before the old one dies. Secrets are
256 random-looking bits, which nobody guesses: their SHA-256 is enough to keep.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from services.gateway.domain.scope import Scope
from shared.contracts.gateway import ApiClientDisabled, ApiClientEnabled, ApiClientRegistered, ApiClientSecretRotated
from shared.decision import Decision, Root
from shared.refusals import Conflict
from shared.transitions import Table, Transition

LIVE_SECRETS = 2


class SecretOvertaken(Conflict):
    slug = "secret-overtaken"
    title = "Another secret was made for this client at the same moment: repeat if you need one more."


class SecretShownBefore(Conflict):
    slug = "secret-shown-before"
    title = "This secret was shown when it was made and cannot be shown again: rotate to get a new one."


class ApiClientStatus(StrEnum):
    """Whether it gets tokens."""

    ACTIVE = "active"
    DISABLED = "disabled"


API_CLIENT = Table(
    (
        Transition(ApiClientStatus.ACTIVE, "rotate-secret", "operator", ApiClientStatus.ACTIVE),
        Transition(ApiClientStatus.ACTIVE, "disable", "operator", ApiClientStatus.DISABLED),
        Transition(ApiClientStatus.DISABLED, "enable", "operator", ApiClientStatus.ACTIVE),
    )
)


class Secret(BaseModel):
    """A live secret: its number (1, 2, 3 …), SHA-256 in hex, and when it was made."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    number: int
    sha256: str
    made_at: datetime


class ApiClient(Root):
    """A program with its live secrets, oldest first. `name` says whose program it is, never a person."""

    collection = "api_clients"
    name: str
    status: ApiClientStatus
    scope: Scope
    secrets: tuple[Secret, ...]
    registered_at: datetime

    @property
    def next_number(self) -> int:
        """The number that the next secret will have."""
        return self.secrets[-1].number + 1


def register(client_id: str, name: str, scope: Scope, sha256: str, now: datetime) -> Decision[ApiClient]:
    """A new client with its first secret."""
    client = ApiClient(
        id=client_id,
        name=name,
        status=ApiClientStatus.ACTIVE,
        scope=scope,
        secrets=(Secret(number=1, sha256=sha256, made_at=now),),
        registered_at=now,
    )
    facts = scope.model_dump(include={"roles", "school_urn", "employer_id"})
    return Decision(client, client, (), (ApiClientRegistered(client_id=client_id, **facts),))


def rotate_secret(client: ApiClient, number: int, sha256: str, now: datetime) -> Decision[ApiClient]:
    """One more secret, its `number`-th; the oldest dies when there are more than two. Raises SecretOvertaken."""
    API_CLIENT.next(client.status, "rotate-secret")
    if number != client.next_number:
        raise SecretOvertaken()
    secrets = (*client.secrets, Secret(number=number, sha256=sha256, made_at=now))[-LIVE_SECRETS:]
    after = client.model_copy(update={"secrets": secrets})
    return Decision(after, after, (), (ApiClientSecretRotated(client_id=client.id, number=number),))


def disable(client: ApiClient) -> Decision[ApiClient]:
    """No more tokens."""
    after = client.model_copy(update={"status": API_CLIENT.next(client.status, "disable")})
    return Decision(after, after, (), (ApiClientDisabled(client_id=client.id),))


def enable(client: ApiClient) -> Decision[ApiClient]:
    """Tokens again, with the secrets as they were."""
    after = client.model_copy(update={"status": API_CLIENT.next(client.status, "enable")})
    return Decision(after, after, (), (ApiClientEnabled(client_id=client.id),))


def proves(client: ApiClient, shown_sha256: str) -> bool:
    """Whether the secret with this hash opens the client now. Looks at every live secret, whichever it is."""
    matches = [hmac.compare_digest(secret.sha256, shown_sha256) for secret in client.secrets]
    return any(matches) and client.status is ApiClientStatus.ACTIVE
