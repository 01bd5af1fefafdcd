"""What goes over the wire about accounts and API clients."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from services.gateway.domain.account import AccountStatus
from services.gateway.domain.api_client import ApiClient, ApiClientStatus
from services.gateway.domain.scope import Scope
from services.gateway.views import AccountRow
from shared.contracts.gateway import Role
from shared.http.requests import RequestModel, ResponseModel

ACCOUNT_ID = "0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d12"
CLIENT_ID = "client-0198c5f3-11aa-7d02-9c41-5e6f70819203"

Email = Annotated[
    str,
    Field(
        max_length=254,
        pattern=r"^[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+$",
        description="What the person signs in with. It is kept in the gateway's store and nowhere else.",
    ),
]
Urn = Annotated[str, Field(max_length=40, pattern=r"^[A-Za-z0-9-]+$", description="The school acted for.")]
EmployerId = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9-]+$", description="The employer acted for.")]
PartnershipId = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9-]+$", description="The partnership led.")]
Roles = Annotated[tuple[Role, ...], Field(min_length=1, max_length=9, description="Each role once, in any order.")]
PasswordText = Annotated[str, Field(max_length=200)]


class ScopeRequest(RequestModel):
    """Roles, and for whom they act."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"roles": ["teacher", "school-approver"], "school_urn": "900001"},
                {
                    "roles": ["partnership-lead"],
                    "school_urn": "900001",
                    "partnership_id": "0198c5f4-0b1c-7e2d-a3f4-15263748596a",
                },
            ]
        }
    )
    roles: Roles
    school_urn: Urn | None = None
    employer_id: EmployerId | None = None
    partnership_id: PartnershipId | None = None

    def scope(self) -> Scope:
        """As the domain knows it, not checked yet."""
        return Scope(
            roles=self.roles,
            school_urn=self.school_urn,
            employer_id=self.employer_id,
            partnership_id=self.partnership_id,
        )


class AccountRequest(ScopeRequest):
    """A person who shall be able to sign in."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"email": "a.teacher@school-900001.example", "roles": ["teacher"], "school_urn": "900001"},
                {"email": "second.officer@stem.example", "roles": ["programme-officer"]},
            ]
        }
    )
    email: Email


class PasswordRequest(RequestModel):
    """One's own password, and the one that shall take its place."""

    model_config = ConfigDict(
        str_strip_whitespace=False,
        json_schema_extra={
            "examples": [{"current_password": "k3mwz-p8qrt-hv4nd-x9ybc", "new_password": "four newtons per kilogram"}]
        },
    )
    current_password: PasswordText
    new_password: Annotated[PasswordText, Field(description="12 to 128 characters; a sentence is a good one.")]


class AccountAnswer(ResponseModel):
    """An account."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "account_id": ACCOUNT_ID,
                    "email": "a.teacher@school-900001.example",
                    "status": "active",
                    "roles": ["teacher"],
                    "school_urn": "900001",
                    "employer_id": None,
                    "partnership_id": None,
                    "registered_at": "2026-09-07T08:30:00Z",
                    "version": 1,
                }
            ]
        }
    )
    account_id: str
    email: str
    status: AccountStatus
    roles: tuple[Role, ...]
    school_urn: str | None
    employer_id: str | None
    partnership_id: str | None
    registered_at: AwareDatetime
    version: int = Field(description="Also the ETag; send it in If-Match to change just this version.")


class NewPasswordAnswer(AccountAnswer):
    """An account with a password that was just made for it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "account_id": ACCOUNT_ID,
                    "email": "a.teacher@school-900001.example",
                    "status": "active",
                    "roles": ["teacher"],
                    "school_urn": "900001",
                    "employer_id": None,
                    "partnership_id": None,
                    "registered_at": "2026-09-07T08:30:00Z",
                    "version": 1,
                    "temporary_password": "k3mwz-p8qrt-hv4nd-x9ybc",
                }
            ]
        }
    )
    temporary_password: str = Field(
        description="Works for 72 hours; the person then chooses another with PUT /api/identity/me/password. "
        "It is shown here only, and again to a repeat under the same Idempotency-Key."
    )


class MeAnswer(ResponseModel):
    """Who the access token stands for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "subject": ACCOUNT_ID,
                    "kind": "account",
                    "email": "a.teacher@school-900001.example",
                    "roles": ["teacher"],
                    "school_urn": "900001",
                    "employer_id": None,
                    "partnership_id": None,
                }
            ]
        }
    )
    subject: str
    kind: Literal["account", "api-client"]
    email: str | None
    roles: tuple[Role, ...]
    school_urn: str | None
    employer_id: str | None
    partnership_id: str | None


class ApiClientRequest(RequestModel):
    """A partner's program that shall get tokens."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Brightwell Robotics placements feed",
                    "roles": ["host-contact"],
                    "employer_id": "0198c5f5-3c2d-7f1e-8a9b-0c1d2e3f4051",
                },
                {"name": "Evaluation dashboard", "roles": ["auditor"]},
            ]
        }
    )
    name: Annotated[str, Field(min_length=1, max_length=120, description="Whose program it is; no person's name.")]
    roles: Roles
    school_urn: Urn | None = None
    employer_id: EmployerId | None = None

    def scope(self) -> Scope:
        """As the domain knows it, not checked yet."""
        return Scope(roles=self.roles, school_urn=self.school_urn, employer_id=self.employer_id)


class SecretAnswer(ResponseModel):
    """A live secret of a client, without the secret."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"number": 1, "made_at": "2026-09-07T08:30:00Z"}]})
    number: int
    made_at: AwareDatetime


CLIENT_EXAMPLE: dict[str, Any] = {
    "client_id": CLIENT_ID,
    "name": "Brightwell Robotics placements feed",
    "status": "active",
    "roles": ["host-contact"],
    "school_urn": None,
    "employer_id": "0198c5f5-3c2d-7f1e-8a9b-0c1d2e3f4051",
    "secrets": [{"number": 1, "made_at": "2026-09-07T08:30:00Z"}],
    "registered_at": "2026-09-07T08:30:00Z",
    "version": 1,
}


class ApiClientAnswer(ResponseModel):
    """An API client."""

    model_config = ConfigDict(json_schema_extra={"examples": [CLIENT_EXAMPLE]})
    client_id: str
    name: str
    status: ApiClientStatus
    roles: tuple[Role, ...]
    school_urn: str | None
    employer_id: str | None
    secrets: tuple[SecretAnswer, ...] = Field(description="The live ones, at most two, oldest first.")
    registered_at: AwareDatetime
    version: int


class NewSecretAnswer(ApiClientAnswer):
    """An API client with a secret that was just made for it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{**CLIENT_EXAMPLE, "client_secret": "Zk3ZpS1yq0m2x5vB8n7cTQe4RwU9aHdLgJfKiYoXbPs"}]
        }
    )
    client_secret: str = Field(
        description="256 bits. Shown here only, and again to a repeat under the same Idempotency-Key."
    )


def account_answer(row: AccountRow) -> AccountAnswer:
    """An account as it is shown."""
    return AccountAnswer(**_account_fields(row))


def new_password_answer(row: AccountRow, password: str) -> NewPasswordAnswer:
    """The same with its new password."""
    return NewPasswordAnswer(**_account_fields(row), temporary_password=password)


def client_answer(client: ApiClient) -> ApiClientAnswer:
    """A client as it is shown."""
    return ApiClientAnswer(**_client_fields(client))


def new_secret_answer(client: ApiClient, secret: str) -> NewSecretAnswer:
    """The same with its new secret."""
    return NewSecretAnswer(**_client_fields(client), client_secret=secret)


def _account_fields(row: AccountRow) -> dict[str, Any]:
    account = row.account
    return {
        "account_id": account.id,
        "email": row.email,
        "status": account.status,
        **account.scope.model_dump(),
        "registered_at": account.registered_at,
        "version": account.version,
    }


def _client_fields(client: ApiClient) -> dict[str, Any]:
    return {
        "client_id": client.id,
        "name": client.name,
        "status": client.status,
        **client.scope.model_dump(include={"roles", "school_urn", "employer_id"}),
        "secrets": [SecretAnswer(number=secret.number, made_at=secret.made_at) for secret in client.secrets],
        "registered_at": client.registered_at,
        "version": client.version,
    }
