"""Who is calling: the principal that a verified token stands for, and what an operation demands of it.

    async def approve(partnership_id: str, caller: Annotated[Principal, requires("programme-officer")]) -> ...

`Caller` is any signed-in principal (401 problem otherwise), `requires(...)` one that holds at least one of the roles
(403 problem otherwise), `PossibleCaller` is None for an anonymous request. The token itself was verified at the door of
the process (shared.http.gate), before the operation was chosen; a bad token fails only where a caller is wanted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from fastapi import Depends, Request, Security
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from shared.http.exchange import exchange_of
from shared.refusals import NotAllowed, Refusal

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
ROLES: frozenset[str] = frozenset(get_args(Role))


class Unauthenticated(Refusal):
    """Nobody knows who is calling (401)."""

    kind = "unauthenticated"


class TokenMissing(Unauthenticated):
    slug = "token-missing"
    title = "This needs an access token in the Authorization header."


class TokenInvalid(Unauthenticated):
    slug = "token-invalid"
    title = "The access token is malformed, expired, or not meant for this service."


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in caller. `subject` is an account or API client id; the other ids say for whom it may act."""

    subject: str
    roles: frozenset[Role]
    school_urn: str | None = None
    employer_id: str | None = None
    partnership_id: str | None = None

    def has(self, *roles: Role) -> bool:
        """Whether it holds at least one of the roles."""
        return not self.roles.isdisjoint(roles)


class BearerToken(SecurityBase):
    """The security scheme as the API's description shows it; gives the principal that the gate has found."""

    def __init__(self, *, optional: bool = False) -> None:
        self.model = HTTPBearer(bearerFormat="JWT", description="An access token of POST /oauth/token.")
        self.scheme_name = "bearer"
        self.optional = optional

    async def __call__(self, request: Request) -> Principal | None:
        """The principal. Raises TokenMissing or TokenInvalid."""
        exchange = exchange_of(request.scope)
        if exchange.token_refusal is not None:
            raise exchange.token_refusal
        if exchange.principal is None and not self.optional:
            raise TokenMissing()
        return exchange.principal


signed_in = BearerToken()
Caller = Annotated[Principal, Security(signed_in)]
PossibleCaller = Annotated[Principal | None, Security(BearerToken(optional=True))]


class Requirement:
    """Lets through callers that hold one of the roles; the API's description reads `roles`."""

    def __init__(self, roles: tuple[Role, ...]) -> None:
        self.roles = roles

    async def __call__(self, caller: Caller) -> Principal:
        """The caller. Raises NotAllowed."""
        if not caller.has(*self.roles):
            raise NotAllowed(roles=list(self.roles))
        return caller


def requires(*roles: Role) -> Any:
    """A dependency that gives the caller if it holds one of `roles`, and refuses with 403 otherwise."""
    return Depends(Requirement(roles))
