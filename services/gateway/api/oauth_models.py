"""What the OAuth endpoints take and give, as the API's description shows it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.gateway.api.forms import FORM
from shared.http.requests import ResponseModel

ACCESS_TOKEN = "eyJhbGciOiJFUzI1NiIsImtpZCI6IjEiLCJ0eXAiOiJhdCtqd3QifQ.eyJzdWIiOiIwMTk4YzVmMiJ9.c2lnbmF0dXJl"  # noqa: S105 - shape only
REFRESH_TOKEN = "0198c5f6-5a4b-7c3d-9e2f-a1b2c3d4e5f6.bXbqk3VwY0u9x1tDq0Yw2m4n6p8r0s2t4v6x8z0A1B2"  # noqa: S105 - invented


PUBLIC_KEY: dict[str, Any] = {
    "kty": "EC",
    "crv": "P-256",
    "x": "HmZN-ZTgQVFPbQ9DFP9hby7bykVZENkZ5eNf4KqX6OU",
    "y": "9Yg_dibDI0_EGYbjyY8SZdFrqv9Z-jxy-CBZIckGBe0",
    "kid": "k7JDvZ5Zr6dZeOV5Q-kUL4orSynjbSJd2CupnqywEj8",
    "use": "sig",
    "alg": "ES256",
}


class TokenAnswer(ResponseModel):
    """An access token, and for a person the refresh token that follows it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "access_token": ACCESS_TOKEN,
                    "token_type": "Bearer",
                    "expires_in": 900,
                    "refresh_token": REFRESH_TOKEN,
                }
            ]
        }
    )
    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the one there is
    expires_in: int = Field(description="Seconds.")
    refresh_token: str | None = Field(default=None, description="Only for people; good for 14 days and once.")


class OAuthErrorAnswer(ResponseModel):
    """A refusal as RFC 6749 defines it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"error": "invalid_request", "error_description": "The parameter 'grant_type' is missing."}]
        }
    )
    error: str
    error_description: str


class KeyAnswer(ResponseModel):
    """A public P-256 key."""

    model_config = ConfigDict(extra="ignore", json_schema_extra={"examples": [PUBLIC_KEY]})
    kty: str
    crv: str
    x: str
    y: str
    kid: str
    use: str
    alg: str


class KeySetAnswer(ResponseModel):
    """A JWK set."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"keys": [PUBLIC_KEY]}]})
    keys: tuple[KeyAnswer, ...]


class MetadataAnswer(ResponseModel):
    """Authorization server metadata (RFC 8414)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "issuer": "stem-gateway",
                    "token_endpoint": "http://127.0.0.1:8080/oauth/token",
                    "revocation_endpoint": "http://127.0.0.1:8080/oauth/revoke",
                    "jwks_uri": "http://127.0.0.1:8080/.well-known/jwks.json",
                    "service_documentation": "http://127.0.0.1:8080/docs",
                    "grant_types_supported": ["password", "refresh_token", "client_credentials"],
                    "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
                    "revocation_endpoint_auth_methods_supported": ["none"],
                    "response_types_supported": [],
                    "scopes_supported": [],
                }
            ]
        }
    )
    issuer: str
    token_endpoint: str
    revocation_endpoint: str
    jwks_uri: str
    service_documentation: str
    grant_types_supported: tuple[str, ...] = ("password", "refresh_token", "client_credentials")
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic", "client_secret_post", "none")
    revocation_endpoint_auth_methods_supported: tuple[str, ...] = ("none",)
    response_types_supported: tuple[str, ...] = ()
    scopes_supported: tuple[str, ...] = ()

    @classmethod
    def at(cls, base: str, issuer: str) -> MetadataAnswer:
        """The metadata of a gateway that is reached at `base`."""
        return cls(
            issuer=issuer,
            token_endpoint=f"{base}/oauth/token",
            revocation_endpoint=f"{base}/oauth/revoke",
            jwks_uri=f"{base}/.well-known/jwks.json",
            service_documentation=f"{base}/docs",
        )


class TokenForm(BaseModel):
    """Which fields are needed depends on `grant_type`."""

    grant_type: Literal["password", "refresh_token", "client_credentials"]
    username: str | None = Field(default=None, description="The e-mail address; for `password`.")
    password: str | None = Field(default=None, json_schema_extra={"format": "password"})
    refresh_token: str | None = Field(default=None, description="For `refresh_token`.")
    client_id: str | None = Field(default=None, description="For `client_credentials`, or send both by HTTP Basic.")
    client_secret: str | None = Field(default=None, json_schema_extra={"format": "password"})


class RevocationForm(BaseModel):
    """The refresh token of the sign-in that shall end."""

    token: str
    token_type_hint: str | None = Field(default=None, description="Not needed.")


def _form(model: type[BaseModel], examples: dict[str, tuple[str, dict[str, str]]]) -> dict[str, Any]:
    shown = {name: {"summary": summary, "value": value} for name, (summary, value) in examples.items()}
    content = {FORM: {"schema": model.model_json_schema(), "examples": shown}}
    return {"requestBody": {"required": True, "content": content}}


TOKEN_FORM = _form(
    TokenForm,
    {
        "password": (
            "A person signs in",
            {
                "grant_type": "password",
                "username": "officer@stem.example",
                "password": "four newtons per kilogram",
            },
        ),
        "refresh_token": ("A person goes on", {"grant_type": "refresh_token", "refresh_token": REFRESH_TOKEN}),
        "client_credentials": (
            "A partner's program",
            {
                "grant_type": "client_credentials",
                "client_id": "client-0198c5f3-11aa-7d02-9c41-5e6f70819203",
                "client_secret": "Zk3ZpS1yq0m2x5vB8n7cTQe4RwU9aHdLgJfKiYoXbPs",
            },
        ),
    },
)
REVOCATION_FORM = _form(RevocationForm, {"sign_out": ("A person signs out", {"token": REFRESH_TOKEN})})

_SHOWN: dict[str, dict[int, dict[str, str]]] = {
    "token": {
        HTTPStatus.BAD_REQUEST: {
            "invalid_request": "The parameter 'grant_type' is missing.",
            "invalid_grant": "The e-mail address, password or refresh token is not right, or has ended.",
            "unsupported_grant_type": "grant_type is one of password, refresh_token, client_credentials.",
            "unauthorized_client": "API clients use the grant client_credentials.",
            "invalid_scope": "There are no scopes: a token carries all roles of its account.",
        },
        HTTPStatus.UNAUTHORIZED: {"invalid_client": "The client id or secret is not right."},
        HTTPStatus.TOO_MANY_REQUESTS: {
            "temporarily_unavailable": "Too many requests for this account or client: wait as long as Retry-After says."
        },
        HTTPStatus.SERVICE_UNAVAILABLE: {
            "temporarily_unavailable": "More people are signing in than can be checked at once. Try again in a second."
        },
    },
    "revocation": {
        HTTPStatus.BAD_REQUEST: {
            "invalid_request": "The parameter 'token' is missing.",
            "unsupported_token_type": "Access tokens end by themselves after 15 minutes.",
        },
        HTTPStatus.SERVICE_UNAVAILABLE: {
            "temporarily_unavailable": "The store does not answer in time: nothing was written. Try again shortly."
        },
    },
}


def errors(endpoint: str) -> dict[int | str, dict[str, Any]]:
    """What FastAPI's `responses=` takes: OAuth's errors by status, each with an example."""
    return {
        int(status): {
            "model": OAuthErrorAnswer,
            "description": " ".join(shown.values()),
            "content": {
                "application/json": {
                    "examples": {
                        error: {"summary": text, "value": {"error": error, "error_description": text}}
                        for error, text in shown.items()
                    }
                }
            },
        }
        for status, shown in _SHOWN[endpoint].items()
    }
