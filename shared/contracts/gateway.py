"""What the gateway says: who may sign in, and what happened to that right.

Aggregates: `accounts/<id>`, `api_clients/<id>`, `sign_ins/<id>`. Ids and roles only: an e-mail address never leaves
the gateway's own store.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from shared.contracts.event import Event, Upcaster

Role = Literal[
    "teacher",
    "school-approver",
    "partnership-lead",
    "programme-officer",
    "finance-officer",
    "host-contact",
    "ambassador",
    "operator",
    "auditor",
]


class AccountRegistered(Event):
    """A person may sign in, with these roles, for this school, employer or partnership."""

    type: ClassVar[str] = "gateway.account-registered.v1"
    aggregate: ClassVar[str] = "accounts/{account_id}"
    account_id: str
    roles: tuple[Role, ...]
    school_urn: str | None
    employer_id: str | None
    partnership_id: str | None


class AccountRolesChanged(Event):
    """The account has these roles now, for this school, employer or partnership: the whole new set."""

    type: ClassVar[str] = "gateway.account-roles-changed.v1"
    aggregate: ClassVar[str] = "accounts/{account_id}"
    account_id: str
    roles: tuple[Role, ...]
    school_urn: str | None
    employer_id: str | None
    partnership_id: str | None


class AccountDisabled(Event):
    """The person may not sign in any more; access tokens that are out end within 15 minutes."""

    type: ClassVar[str] = "gateway.account-disabled.v1"
    aggregate: ClassVar[str] = "accounts/{account_id}"
    account_id: str


class AccountEnabled(Event):
    """The person may sign in again."""

    type: ClassVar[str] = "gateway.account-enabled.v1"
    aggregate: ClassVar[str] = "accounts/{account_id}"
    account_id: str


class AccountPasswordChanged(Event):
    """The account has another password, chosen by its owner or set by a manager; every earlier sign-in has ended."""

    type: ClassVar[str] = "gateway.account-password-changed.v1"
    aggregate: ClassVar[str] = "accounts/{account_id}"
    account_id: str
    by: Literal["owner", "manager"]


class ApiClientRegistered(Event):
    """A program may ask for tokens, with these roles."""

    type: ClassVar[str] = "gateway.api-client-registered.v1"
    aggregate: ClassVar[str] = "api_clients/{client_id}"
    client_id: str
    roles: tuple[Role, ...]
    school_urn: str | None
    employer_id: str | None


class ApiClientSecretRotated(Event):
    """The client has a further secret, its `number`-th; the one before stays live beside it, older ones are dead."""

    type: ClassVar[str] = "gateway.api-client-secret-rotated.v1"
    aggregate: ClassVar[str] = "api_clients/{client_id}"
    client_id: str
    number: int


class ApiClientDisabled(Event):
    """The program gets no more tokens."""

    type: ClassVar[str] = "gateway.api-client-disabled.v1"
    aggregate: ClassVar[str] = "api_clients/{client_id}"
    client_id: str


class ApiClientEnabled(Event):
    """The program gets tokens again."""

    type: ClassVar[str] = "gateway.api-client-enabled.v1"
    aggregate: ClassVar[str] = "api_clients/{client_id}"
    client_id: str


class RefreshTokenReused(Event):
    """A refresh token came a second time, so somebody else may hold a copy: the whole sign-in has been ended."""

    type: ClassVar[str] = "gateway.refresh-token-reused.v1"
    aggregate: ClassVar[str] = "sign_ins/{sign_in_id}"
    sign_in_id: str
    account_id: str


GatewayEvent = (
    AccountRegistered
    | AccountRolesChanged
    | AccountDisabled
    | AccountEnabled
    | AccountPasswordChanged
    | ApiClientRegistered
    | ApiClientSecretRotated
    | ApiClientDisabled
    | ApiClientEnabled
    | RefreshTokenReused
)

UPCASTERS: tuple[Upcaster, ...] = ()
