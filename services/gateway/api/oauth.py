"""The OAuth 2.0 endpoints: tokens (RFC 6749), revocation (RFC 7009), keys (RFC 7517), metadata (RFC 8414).

These speak OAuth's own errors, `{"error", "error_description"}`, not problems, so that any OAuth library understands
them. They take no Idempotency-Key: a token that got lost on its way is simply asked for again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from services.gateway.api.forms import (
    FORM,
    FORM_LIMIT,
    NO_STORE,
    OAuthError,
    client_of,
    demanded,
    form_of,
    invalid_client,
    invalid_grant,
    passing_trouble,
)
from services.gateway.api.oauth_models import (
    REVOCATION_FORM,
    TOKEN_FORM,
    KeySetAnswer,
    MetadataAnswer,
    TokenAnswer,
    errors,
)
from services.gateway.domain.account import email_key
from services.gateway.settings import gateway_settings
from services.gateway.signing import ACCESS_TOKEN_LASTS, issuer
from services.gateway.use_cases import tokens
from services.gateway.use_cases.tokens import ClientRefused, GrantRefused, Tokens
from shared.database import StoreError
from shared.http.bodies import takes
from shared.http.rate_limit import RateLimit
from shared.http.working import PublicWork
from shared.refusals import Refusal, Unavailable
from shared.work import Work

router = APIRouter()


@router.post(
    "/oauth/token",
    summary="Get an access token",
    response_model=TokenAnswer,
    responses=errors("token"),
    openapi_extra=TOKEN_FORM,
)
@takes(FORM, limit=FORM_LIMIT)
async def issue_token(request: Request, work: PublicWork) -> Response:
    """For a person (`password`, then `refresh_token`) or a program (`client_credentials`).

    An access token is good for 15 minutes, a refresh token for 14 days and once only.
    """
    return await _answered(_grant(request, work))


@router.post(
    "/oauth/revoke",
    summary="End a sign-in",
    response_class=Response,
    responses={200: {"description": "The token is good for nothing now, or never was."}, **errors("revocation")},
    openapi_extra=REVOCATION_FORM,
)
@takes(FORM, limit=FORM_LIMIT)
async def revoke_token(request: Request, work: PublicWork) -> Response:
    """Ends the sign-in that a refresh token belongs to. Access tokens end by themselves."""
    return await _answered(_revocation(request, work))


@router.get("/.well-known/jwks.json", summary="Read the keys that tokens are signed with")
async def read_keys(response: Response) -> KeySetAnswer:
    """Public keys: the first signs now, the others have signed tokens that may still be good."""
    response.headers["Cache-Control"] = "public, max-age=300"
    return KeySetAnswer.model_validate(issuer().published())


@router.get(
    "/.well-known/oauth-authorization-server",
    summary="Read where the token endpoints are and what they take",
)
async def read_metadata(request: Request) -> MetadataAnswer:
    """Authorization server metadata."""
    base = gateway_settings().public_url or str(request.base_url).rstrip("/")
    return MetadataAnswer.at(base, issuer().name)


async def _answered(outcome: Awaitable[Response]) -> Response:
    """The outcome, or the refusal in OAuth's words."""
    try:
        return await outcome
    except OAuthError as error:
        return error.response()
    except GrantRefused as refusal:
        return invalid_grant(refusal.title).response()
    except ClientRefused:
        return invalid_client().response()
    except Refusal as refusal:
        return passing_trouble(refusal).response()
    except StoreError:
        return passing_trouble(Unavailable()).response()


async def _grant(request: Request, work: Work) -> Response:
    form = await form_of(request)
    grant = GRANTS.get(demanded(form, "grant_type"))
    if grant is None:
        raise OAuthError("unsupported_grant_type", f"grant_type is one of {', '.join(GRANTS)}.")
    if "scope" in form:
        raise OAuthError("invalid_scope", "There are no scopes: a token carries all roles of its account.")
    given = await grant(work, form, client_of(request, form))
    answer = TokenAnswer(
        access_token=given.access_token,
        expires_in=int(ACCESS_TOKEN_LASTS.total_seconds()),
        refresh_token=given.refresh_token,
    )
    return JSONResponse(answer.model_dump(exclude_none=True), headers=NO_STORE)


async def _by_password(work: Work, form: Mapping[str, str], client: tuple[str, str] | None) -> Tokens:
    _refuse_client(client)
    email, password = demanded(form, "username"), demanded(form, "password")
    _limit(f"email {email_key(email)}")
    return await tokens.with_password(work, email, password)


async def _by_refresh_token(work: Work, form: Mapping[str, str], client: tuple[str, str] | None) -> Tokens:
    _refuse_client(client)
    token = demanded(form, "refresh_token")
    _limit(f"sign-in {token[:36]}")
    return await tokens.with_refresh_token(work, token)


async def _by_client_secret(work: Work, _form: Mapping[str, str], client: tuple[str, str] | None) -> Tokens:
    if client is None:
        raise invalid_client()
    _limit(f"client {client[0]}")
    return await tokens.with_client_secret(work, *client)


GRANTS: Mapping[str, Callable[[Work, Mapping[str, str], tuple[str, str] | None], Awaitable[Tokens]]] = {
    "password": _by_password,
    "refresh_token": _by_refresh_token,
    "client_credentials": _by_client_secret,
}


async def _revocation(request: Request, work: Work) -> Response:
    form = await form_of(request)
    token = demanded(form, "token")
    if token.count(".") == 2:
        raise OAuthError("unsupported_token_type", "Access tokens end by themselves after 15 minutes.")
    await tokens.revoke(work, token)
    return Response(status_code=HTTPStatus.OK, headers=NO_STORE)


def _refuse_client(client: tuple[str, str] | None) -> None:
    """A program's secret beside a person's password is somebody's mistake."""
    if client is not None:
        raise OAuthError("unauthorized_client", "API clients use the grant client_credentials.")


@cache
def sign_in_limit() -> RateLimit:
    """Counts token requests of one e-mail address, client or sign-in, in this process."""
    return RateLimit(gateway_settings().sign_in_rate)


def _limit(who: str) -> None:
    """Raises OAuthError when the same account or client is tried too often."""
    allowance = sign_in_limit().take(who)
    if allowance is not None and allowance.wait:
        raise OAuthError(
            "temporarily_unavailable",
            "Too many requests for this account or client: wait as long as Retry-After says.",
            HTTPStatus.TOO_MANY_REQUESTS,
            {"Retry-After": str(allowance.wait)},
        )
