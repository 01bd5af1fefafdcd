"""Who is calling: tokens that are right, tokens that are wrong in every way, roles, and how often."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from shared.clock import ManualClock
from shared.http.principal import Principal, TokenInvalid
from shared.http.rate_limit import RateLimit
from shared.http.tokens import LEEWAY_SECONDS, REMEMBER_SECONDS, KeyFile, Verifier
from shared.refusals import Unavailable
from shared.testing.tokens import AUDIENCE, ISSUER, TokenMaker, new_key
from tests.shared.http.conftest import START, TillHouse
from tests.shared.http.test_problems import is_problem

RSA = RSAKey.generate_key(2048, {"kid": "test"})


async def test_a_caller_is_who_the_token_says(house: TillHouse) -> None:
    answered = await house.client.get("/api/me", headers=house.signed("teacher", subject="ann", school_urn="900001"))
    assert answered.json() == {"subject": "ann", "school_urn": "900001"}


async def test_without_a_token_it_says_which_one_is_wanted(house: TillHouse) -> None:
    answered = await house.client.get("/api/me")
    is_problem(answered, 401, "token-missing")
    assert answered.headers["www-authenticate"] == "Bearer"


async def test_another_scheme_is_no_token(house: TillHouse) -> None:
    answered = await house.client.get("/api/me", headers={"Authorization": "Basic YTpi"})
    is_problem(answered, 401, "token-missing")


async def test_a_public_operation_takes_anybody(house: TillHouse) -> None:
    assert (await house.client.get("/api/guest")).json() == {"subject": None}
    assert (await house.client.get("/api/guest", headers=house.signed())).json() == {"subject": "somebody"}


async def test_a_role_that_is_not_enough_is_forbidden(house: TillHouse) -> None:
    answered = await house.client.post("/api/tills", json={"limit": 1}, headers=house.posting("teacher", "auditor"))
    assert is_problem(answered, 403, "not-allowed")["roles"] == ["operator"]


async def test_one_role_of_several_is_enough(house: TillHouse) -> None:
    answered = await house.client.post("/api/tills", json={"limit": 1}, headers=house.posting("teacher", "operator"))
    assert (answered.status_code, answered.headers["x-opened-by"]) == (201, "somebody")


def _part(value: object) -> str:
    return _base64(json.dumps(value).encode())


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def wrong_tokens(maker: TokenMaker) -> dict[str, str]:
    """Every way that comes to mind in which a token may be wrong."""
    good = maker.token("ann", "teacher")
    header, payload, signature = good.split(".")
    claims = jwt.decode(good, maker.key, algorithms=["ES256"]).claims
    public = maker.key.as_pem(private=False)
    now = int(START.timestamp())
    confused = f"{_part({'alg': 'HS256', 'kid': 'test'})}.{payload}"
    return {
        "empty": "",
        "not a token": "hello",
        "two parts": f"{header}.{payload}",
        "four parts": f"{good}.x",
        "not base64": "!!.??.##",
        "not ASCII": "ä.ö.ü",
        "endless": "a" * 100_000,
        "no signature": f"{header}.{payload}.",
        "another signature": f"{header}.{payload}.{signature[::-1]}",
        "changed claims": f"{header}.{_part(claims | {'roles': ['operator']})}.{signature}",
        "algorithm none": f"{_part({'alg': 'none', 'kid': 'test'})}.{payload}.",
        "algorithm None": f"{_part({'alg': 'None', 'kid': 'test'})}.{payload}.",
        "public key as a secret": f"{confused}.{_base64(hmac.digest(public, confused.encode(), hashlib.sha256))}",
        "RSA": jwt.encode({"alg": "RS256", "kid": "test"}, claims, RSA, algorithms=["RS256"]),
        "somebody else's key": jwt.encode({"alg": "ES256", "kid": "test"}, claims, new_key(), algorithms=["ES256"]),
        "unknown key": jwt.encode({"alg": "ES256", "kid": "other"}, claims, maker.key, algorithms=["ES256"]),
        "brings its own key": jwt.encode(
            {"alg": "ES256", "jwk": (own := new_key("own")).as_dict(private=False)}, claims, own, algorithms=["ES256"]
        ),
        "critical extension": f"{_part({'alg': 'ES256', 'kid': 'test', 'crit': ['x'], 'x': 1})}.{payload}.{signature}",
        "expired": maker.token("ann", exp=now - LEEWAY_SECONDS - 1),
        "never expires": maker.token("ann", exp=None),
        "expires at NaN": maker.token("ann", exp=float("nan")),
        "expires as text": maker.token("ann", exp="tomorrow"),
        "not yet": maker.token("ann", nbf=now + LEEWAY_SECONDS + 1),
        "issued in the future": maker.token("ann", iat=now + LEEWAY_SECONDS + 60),
        "another issuer": maker.token("ann", iss="elsewhere"),
        "no issuer": maker.token("ann", iss=None),
        "another audience": maker.token("ann", aud=["others"]),
        "no audience": maker.token("ann", aud=None),
        "no subject": maker.token("ann", sub=None),
        "empty subject": maker.token("", sub=""),
        "number for a subject": maker.token("ann", sub=7),
        "roles as text": maker.token("ann", roles="operator"),
        "school as a list": maker.token("ann", school_urn=["900001"]),
        "claims as a list": jwt.encode({"alg": "ES256", "kid": "test"}, {}, maker.key, algorithms=["ES256"]),
    }


WRONG = list(wrong_tokens(TokenMaker(ManualClock(START))))


@pytest.mark.parametrize("what", WRONG)
async def test_a_wrong_token_is_refused(house: TillHouse, what: str) -> None:
    token = wrong_tokens(house.tokens)[what]
    answered = await house.client.get("/api/me", headers={b"Authorization": f"Bearer {token}".encode()})
    is_problem(answered, 401, "token-invalid")
    assert answered.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_roles_that_nobody_knows_are_left_aside(house: TillHouse) -> None:
    headers = {"Authorization": f"Bearer {house.tokens.token('ann', roles=['operator', 'emperor', 7])}"}
    answered = await house.client.post("/api/tills", json={"limit": 1}, headers=headers | {"Idempotency-Key": "a"})
    assert answered.status_code == 201


def verifier_of(maker: TokenMaker, clock: ManualClock) -> Verifier:
    return Verifier(maker.keys(), issuer=ISSUER, audience=AUDIENCE, clock=clock)


def test_a_remembered_token_still_expires() -> None:
    clock = ManualClock(START)
    maker = TokenMaker(clock)
    verifier = verifier_of(maker, clock)
    token = maker.token("ann", exp=int(START.timestamp()) + 5)
    assert verifier.principal(token).subject == "ann"
    clock.advance(timedelta(seconds=5 + LEEWAY_SECONDS))
    with pytest.raises(TokenInvalid):
        verifier.principal(token)


def write_keys(path: Path, keys: list[ECKey | RSAKey], mtime: int) -> None:
    path.write_text(json.dumps(KeySet([*keys]).as_dict(private=False)))
    os.utime(path, (mtime, mtime))


def test_keys_are_read_again_when_their_file_changes(tmp_path: Path) -> None:
    clock, path = ManualClock(START), tmp_path / "keys.json"
    old, new = TokenMaker(clock, new_key("old")), TokenMaker(clock, new_key("new"))
    verifier = Verifier(KeyFile(path), issuer=ISSUER, audience=AUDIENCE, clock=clock)
    write_keys(path, [old.key], 1)
    token = old.token("ann")
    assert verifier.principal(token) == Principal("ann", frozenset())
    with pytest.raises(TokenInvalid):
        verifier.principal(new.token("ann"))
    write_keys(path, [new.key, RSA], 2)
    assert verifier.principal(new.token("bob")).subject == "bob"
    with pytest.raises(TokenInvalid):  # although it was remembered a moment ago
        verifier.principal(token)


def test_a_key_file_that_has_become_unreadable_leaves_the_keys_as_they_were(tmp_path: Path) -> None:
    clock, path = ManualClock(START), tmp_path / "keys.json"
    maker = TokenMaker(clock)
    verifier = Verifier(KeyFile(path), issuer=ISSUER, audience=AUDIENCE, clock=clock)
    assert not verifier.has_keys()
    with pytest.raises(Unavailable):
        verifier.principal(maker.token("ann"))
    write_keys(path, [maker.key], 1)
    assert verifier.principal(maker.token("ann")).subject == "ann"
    path.write_text("{")
    os.utime(path, (2, 2))
    clock.advance(timedelta(seconds=REMEMBER_SECONDS + 1))
    assert verifier.principal(maker.token("ann")).subject == "ann"
    path.unlink()
    assert verifier.has_keys()


async def test_a_caller_who_asks_too_often_has_to_wait(strict_house: TillHouse) -> None:
    answers = [await strict_house.client.get("/api/me", headers=strict_house.signed()) for _ in range(4)]
    assert [answered.status_code for answered in answers] == [200, 200, 200, 429]
    assert [answered.headers["ratelimit-policy"] for answered in answers] == ['"default";q=3;w=60'] * 4
    assert [answered.headers["ratelimit"] for answered in answers[:3]] == [
        '"default";r=2;t=20',
        '"default";r=1;t=40',
        '"default";r=0;t=60',
    ]
    problem = is_problem(answers[3], 429, "too-many-requests")
    assert int(answers[3].headers["retry-after"]) == problem["retry_after_seconds"] == 20


async def test_one_caller_does_not_use_up_what_another_may(strict_house: TillHouse) -> None:
    for _ in range(4):
        await strict_house.client.get("/api/me", headers=strict_house.signed(subject="greedy"))
    assert (await strict_house.client.get("/api/me", headers=strict_house.signed(subject="calm"))).status_code == 200
    assert (await strict_house.client.get("/api/guest")).status_code == 200


async def test_a_wrong_token_counts_for_the_address(strict_house: TillHouse) -> None:
    wrong = [{"Authorization": f"Bearer guess-{number}"} for number in range(4)]
    answers = [await strict_house.client.get("/api/me", headers=headers) for headers in wrong]
    assert [answered.status_code for answered in answers] == [401, 401, 401, 429]


async def test_health_is_never_limited(strict_house: TillHouse) -> None:
    answers = [await strict_house.client.get("/health/live") for _ in range(9)]
    assert {answered.status_code for answered in answers} == {200}


def test_a_bucket_fills_again_as_time_passes() -> None:
    now = 0.0
    limit = RateLimit(60, lambda: now)
    waits: list[Any] = [limit.take("ann") for _ in range(61)]
    assert [allowance.wait for allowance in waits] == [0] * 60 + [1]
    now = 2.0
    assert [allowance.wait for allowance in (limit.take("ann"), limit.take("ann"), limit.take("ann")) if allowance] == [
        0,
        0,
        1,
    ]


def test_the_quietest_callers_are_forgotten_first() -> None:
    limit = RateLimit(1, lambda: 0.0, callers=2)
    limit.take("ann")
    limit.take("bob")
    limit.take("ann")
    limit.take("eve")
    remembered = [allowance.wait > 0 for name in ("ann", "bob") if (allowance := limit.take(name))]
    assert remembered == [True, False]


def test_no_limit_counts_nothing() -> None:
    assert RateLimit(0).take("ann") is None
