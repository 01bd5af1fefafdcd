"""How OAuth requests are read, and how they are refused: forms in, `{"error", "error_description"}` out."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from http import HTTPStatus
from typing import Literal
from urllib.parse import parse_qsl, unquote_plus

from fastapi import Request
from fastapi.responses import JSONResponse

from shared.http.problems import status_of
from shared.refusals import Refusal

FORM = "application/x-www-form-urlencoded"
FORM_LIMIT = 8 * 1024
FIELDS_LIMIT = 20
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}

Error = Literal[
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_token_type",
    "invalid_scope",
    "temporarily_unavailable",
]


class OAuthError(Exception):
    """A refusal in OAuth's words (RFC 6749 section 5.2)."""

    def __init__(
        self,
        error: Error,
        description: str,
        status: int = HTTPStatus.BAD_REQUEST,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status
        self.headers = dict(headers or {})

    def response(self) -> JSONResponse:
        """The answer."""
        body = {"error": self.error, "error_description": self.description}
        return JSONResponse(body, self.status, {**NO_STORE, **self.headers})


def invalid_client() -> OAuthError:
    """The client is not who it says; 401 as RFC 6749 wants it."""
    challenge = {"WWW-Authenticate": 'Basic realm="stem"'}
    return OAuthError("invalid_client", "The client id or secret is not right.", HTTPStatus.UNAUTHORIZED, challenge)


def invalid_grant(description: str) -> OAuthError:
    """What should prove who is asking does not."""
    return OAuthError("invalid_grant", description)


def passing_trouble(refusal: Refusal) -> OAuthError:
    """Trouble of ours, or a request that is too large, too often or no form."""
    status = status_of(refusal)
    if status < HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.TOO_MANY_REQUESTS:
        return OAuthError("invalid_request", refusal.detail, status)
    return OAuthError("temporarily_unavailable", refusal.detail, status, {"Retry-After": "1"})


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form, those that are empty left out as RFC 6749 says. Raises OAuthError and body refusals."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != FORM:
        raise OAuthError("invalid_request", f"Send a form: Content-Type {FORM}.")
    try:
        text = (await request.body()).decode("ascii")
        pairs = parse_qsl(
            text, keep_blank_values=True, strict_parsing=bool(text), errors="strict", max_num_fields=FIELDS_LIMIT
        )
    except ValueError:
        raise OAuthError("invalid_request", "The form cannot be read.") from None
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in fields:
            raise OAuthError("invalid_request", f"The parameter {name[:40]!r} stands twice.")
        fields[name] = value
    return {name: value for name, value in fields.items() if value}


def demanded(form: Mapping[str, str], name: str) -> str:
    """A parameter that must be there. Raises OAuthError."""
    value = form.get(name)
    if value is None:
        raise OAuthError("invalid_request", f"The parameter {name!r} is missing.")
    return value


def client_of(request: Request, form: Mapping[str, str]) -> tuple[str, str] | None:
    """The client's id and secret, by HTTP Basic or in the form; None without a secret. Raises OAuthError.

    Many tools send HTTP Basic with an empty secret, or with nothing at all, where nobody gave them one.
    """
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    in_form = form.get("client_secret")
    if scheme.lower() != "basic":
        return None if in_form is None else (demanded(form, "client_id"), in_form)
    if in_form is not None:
        raise OAuthError("invalid_request", "Authenticate once: by HTTP Basic or in the form.")
    client_id, secret = _basic(value)
    if not secret:
        return None
    if form.get("client_id", client_id) != client_id:
        raise OAuthError("invalid_request", "The form names another client than HTTP Basic.")
    return client_id, secret


def _basic(value: str) -> tuple[str, str]:
    """Id and secret are form-encoded within HTTP Basic (RFC 6749 section 2.3.1)."""
    try:
        pair = base64.b64decode(value.strip(), validate=True).decode()
        client_id, colon, secret = (unquote_plus(part, errors="strict") for part in pair.partition(":"))
    except (binascii.Error, ValueError):
        raise invalid_client() from None
    if not colon:
        raise invalid_client()
    return client_id, secret
