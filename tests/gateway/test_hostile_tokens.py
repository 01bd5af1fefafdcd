"""Tokens that somebody made up, altered, kept too long or brought from elsewhere open nothing."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.gateway.conftest import START, bearer

if TYPE_CHECKING:
    from tests.gateway.conftest import Gateway

ME = "/api/identity/me"


def claims(**changed: Any) -> dict[str, Any]:
    now = int(START.timestamp())
    whole = {
        "iss": "stem-gateway",
        "aud": "stem",
        "sub": "somebody",
        "roles": ["operator"],
        "iat": now,
        "exp": now + 900,
        "jti": "1",
        **changed,
    }
    return {name: value for name, value in whole.items() if value is not None}


def signed(key: ECKey, **changed: Any) -> str:
    return jwt.encode({"alg": "ES256", "kid": key.kid}, claims(**changed), key, algorithms=["ES256"])


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def part(value: object) -> str:
    return text(json.dumps(value).encode())


def made_up(signing_key: ECKey) -> dict[str, str]:
    good = signed(signing_key)
    head, body, signature = good.split(".")
    stranger = ECKey.generate_key("P-256", {"kid": str(signing_key.kid)})
    as_secret = f"{part({'alg': 'HS256', 'kid': signing_key.kid})}.{body}"
    forged = hmac.digest(signing_key.as_pem(private=False), as_secret.encode(), "sha256")
    past = int((START - timedelta(minutes=1)).timestamp())
    return {
        "without a signature": f"{part({'alg': 'none'})}.{body}.",
        "signed with the public key as a secret": f"{as_secret}.{text(forged)}",
        "signed by a stranger under our key's name": signed(stranger),
        "with another body": f"{head}.{part(claims(sub='somebody else'))}.{signature}",
        "with half a signature": f"{head}.{body}.{signature[:40]}",
        "of another issuer": signed(signing_key, iss="elsewhere"),
        "for another audience": signed(signing_key, aud="elsewhere"),
        "that has ended": signed(signing_key, exp=past),
        "without an end": signed(signing_key, exp=None),
        "of nobody": signed(signing_key, sub=None),
        "with a subject that is no text": signed(signing_key, sub={"$ne": None}),
        "with roles that are no list": signed(signing_key, roles="operator"),
        "with a school that is no text": signed(signing_key, school_urn={"$ne": None}),
        "of two parts": f"{head}.{body}",
        "of nothing": "..",
        "that is huge": "x" * 20_000,
        "that is no token": "four newtons per kilogram",
    }


async def test_the_same_claims_well_signed_do_open(gateway: Gateway, signing_key: ECKey) -> None:
    answer = await gateway.http.get(ME, headers=bearer(signed(signing_key)))
    assert (answer.status_code, answer.json()["roles"]) == (200, ["operator"])


@pytest.mark.parametrize("kind", sorted(made_up(ECKey.generate_key("P-256", auto_kid=True))))
async def test_a_token_opens_nothing(gateway: Gateway, signing_key: ECKey, kind: str) -> None:
    answer = await gateway.http.get(ME, headers=bearer(made_up(signing_key)[kind]))
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/token-invalid")
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_a_role_that_nobody_knows_allows_nothing(gateway: Gateway, signing_key: ECKey) -> None:
    caller = bearer(signed(signing_key, roles=["king", 1, None, ["operator"]]))
    assert (await gateway.http.get(ME, headers=caller)).json()["roles"] == []
    assert (await gateway.http.get("/api/identity/accounts", headers=caller)).status_code == 403


async def test_a_refresh_token_is_no_access_token(gateway: Gateway) -> None:
    token = (await gateway.sign_in("officer"))["refresh_token"]
    assert (await gateway.http.get(ME, headers=bearer(token))).status_code == 401
