"""The token endpoint: what it gives, to whom, and what it refuses in OAuth's words."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any

import pytest
from joserfc import jwt

from services.gateway.api.oauth import sign_in_limit
from services.gateway.demo_accounts import DEMO_ACCOUNTS, DEMO_PASSWORD
from services.gateway.domain.attempts import Attempts
from services.gateway.domain.sign_in import SignIn
from services.gateway.passwords import Passwords, TooManySignIns
from services.gateway.settings import gateway_settings
from services.gateway.use_cases import tokens as use_cases
from shared.messaging.outbox import OutboxRow
from tests.gateway.conftest import bearer

if TYPE_CHECKING:
    import httpx
    from joserfc.jwk import ECKey

    from tests.gateway.conftest import Gateway

OFFICER = "officer@stem.example"


def refused(answer: httpx.Response, error: str, status: int = 400) -> None:
    assert answer.status_code == status, answer.text
    assert answer.json()["error"] == error
    assert answer.json().keys() == {"error", "error_description"}
    assert answer.headers["cache-control"] == "no-store"


async def register_client(gateway: Gateway, **scope: Any) -> tuple[str, str]:
    body = {"name": "A feed", "roles": ["auditor"], **scope}
    answer = await gateway.post("/api/identity/clients", await gateway.as_("operator"), body)
    assert answer.status_code == 201, answer.text
    return answer.json()["client_id"], answer.json()["client_secret"]


async def test_a_person_gets_a_token_that_says_who_and_for_whom(gateway: Gateway, signing_key: ECKey) -> None:
    answer = await gateway.token(
        grant_type="password", username="Lead-900003@stem.example", password=DEMO_PASSWORD, client_id="docs"
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    given = answer.json()
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 900)
    token = jwt.decode(given["access_token"], signing_key, algorithms=["ES256"])
    assert token.header == {"alg": "ES256", "kid": signing_key.kid, "typ": "at+jwt"}
    claims = token.claims
    assert (claims["iss"], claims["aud"]) == ("stem-gateway", "stem")
    assert (claims["roles"], claims["school_urn"]) == (["partnership-lead"], "900003")
    assert claims["exp"] - claims["iat"] == 900
    assert "lead-900003" not in answer.text.casefold()


async def test_every_demo_account_signs_in(gateway: Gateway) -> None:
    for account in DEMO_ACCOUNTS:
        await gateway.sign_in(account.email)


async def test_starting_again_makes_no_demo_account_twice(gateway: Gateway) -> None:
    before = await gateway.running.database.collection(OutboxRow).count({})
    await gateway.running.begin()
    assert await gateway.running.database.collection(OutboxRow).count({}) == before


async def test_two_tokens_of_one_person_are_different(gateway: Gateway) -> None:
    first, second = await gateway.sign_in("officer"), await gateway.sign_in("officer")
    assert first["access_token"] != second["access_token"]
    assert first["refresh_token"] != second["refresh_token"]


async def test_an_access_token_ends_after_fifteen_minutes(gateway: Gateway) -> None:
    caller = await gateway.as_("officer")
    gateway.pass_time(minutes=15, seconds=-1)
    assert (await gateway.http.get("/api/identity/me", headers=caller)).status_code == 200
    gateway.pass_time(seconds=15)
    answer = await gateway.http.get("/api/identity/me", headers=caller)
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/token-invalid")


async def test_an_unknown_address_and_a_wrong_password_look_alike(gateway: Gateway) -> None:
    wrong = await gateway.token(grant_type="password", username=OFFICER, password="not this one")
    unknown = await gateway.token(grant_type="password", username="nobody@stem.example", password="not this one")
    refused(wrong, "invalid_grant")
    assert (unknown.status_code, unknown.json()) == (wrong.status_code, wrong.json())
    ignored = {"x-request-id"}
    assert {k: v for k, v in unknown.headers.items() if k not in ignored} == {
        k: v for k, v in wrong.headers.items() if k not in ignored
    }


async def test_an_unknown_address_costs_the_same_hash_and_the_same_commit(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[bool] = []
    commits: list[None] = []
    real = Passwords._is_same

    def counted(self: Passwords, kept: str, password: str) -> bool:
        compared.append(True)
        return real(self, kept, password)

    monkeypatch.setattr(Passwords, "_is_same", counted)
    steps = gateway.running.door.step

    async def step() -> int:
        commits.append(None)
        return await steps()

    monkeypatch.setattr(gateway.running.door, "step", step)
    costs = []
    for email in (OFFICER, "nobody@stem.example"):
        compared.clear()
        commits.clear()
        refused(await gateway.token(grant_type="password", username=email, password="wrong"), "invalid_grant")
        costs.append((len(compared), len(commits)))
    assert costs == [(1, 1), (1, 1)]


async def test_a_hash_of_nobody_is_never_a_match() -> None:
    quick = Passwords(memory_kib=8, rounds=1)
    assert not await quick.matches(None, "")
    kept = await quick.hash("four newtons")
    assert await quick.matches(kept, "four newtons")
    assert not await quick.matches(kept, "five newtons")
    assert not await quick.matches("no hash at all", "four newtons")


async def test_a_flood_of_sign_ins_is_told_to_come_back(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    full = Passwords(memory_kib=8, rounds=1, waiting_room=0)
    monkeypatch.setattr(use_cases, "passwords", lambda: full)
    with pytest.raises(TooManySignIns):
        await full.hash("anything")
    answer = await gateway.token(grant_type="password", username=OFFICER, password=DEMO_PASSWORD)
    refused(answer, "temporarily_unavailable", 503)
    assert answer.headers["retry-after"] == "1"


@pytest.mark.parametrize("email", [OFFICER, "nobody@stem.example"])
async def test_five_failures_lock_whether_or_not_there_is_an_account(gateway: Gateway, email: str) -> None:
    for _ in range(5):
        refused(await gateway.token(grant_type="password", username=email, password="wrong"), "invalid_grant")
    (attempts,) = await gateway.running.database.collection(Attempts).find({})
    assert attempts.locked_until is not None
    assert email not in attempts.model_dump_json()


async def test_while_locked_the_right_password_waits_too_and_works_after(gateway: Gateway) -> None:
    for _ in range(5):
        await gateway.token(grant_type="password", username=OFFICER, password="wrong")
    right = {"grant_type": "password", "username": OFFICER, "password": DEMO_PASSWORD}
    refused(await gateway.token(**right), "invalid_grant")
    gateway.pass_time(seconds=15)
    assert (await gateway.token(**right)).status_code == 200
    (attempts,) = await gateway.running.database.collection(Attempts).find({})
    assert (attempts.failures, attempts.locked_until) == (0, None)


async def test_one_account_cannot_be_tried_more_often_than_the_limit(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGN_IN_RATE", "3")
    gateway_settings.cache_clear()
    sign_in_limit.cache_clear()
    answers = [await gateway.token(grant_type="password", username=OFFICER, password="wrong") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [400, 400, 400, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    other = await gateway.token(grant_type="password", username="finance@stem.example", password=DEMO_PASSWORD)
    assert other.status_code == 200


async def test_a_refresh_token_works_once_and_gives_the_next(gateway: Gateway) -> None:
    first = await gateway.sign_in("officer")
    second = await gateway.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert second.status_code == 200
    third = await gateway.token(grant_type="refresh_token", refresh_token=second.json()["refresh_token"])
    assert third.status_code == 200


async def test_a_refresh_token_that_comes_twice_ends_the_sign_in(gateway: Gateway) -> None:
    first = await gateway.sign_in("officer")
    second = (await gateway.token(grant_type="refresh_token", refresh_token=first["refresh_token"])).json()
    refused(await gateway.token(grant_type="refresh_token", refresh_token=first["refresh_token"]), "invalid_grant")
    refused(await gateway.token(grant_type="refresh_token", refresh_token=second["refresh_token"]), "invalid_grant")
    noticed = await gateway.running.database.collection(OutboxRow).find({"type": "gateway.refresh-token-reused.v1"})
    assert len(noticed) == 1


async def test_of_many_who_come_at_once_with_one_token_at_most_one_gets_on(gateway: Gateway) -> None:
    token = (await gateway.sign_in("officer"))["refresh_token"]
    answers = await asyncio.gather(*(gateway.token(grant_type="refresh_token", refresh_token=token) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 9


async def test_a_refresh_token_ends_after_fourteen_days(gateway: Gateway) -> None:
    token = (await gateway.sign_in("officer"))["refresh_token"]
    gateway.pass_time(days=14)
    refused(await gateway.token(grant_type="refresh_token", refresh_token=token), "invalid_grant")


async def test_refresh_tokens_are_kept_as_hashes(gateway: Gateway) -> None:
    token = (await gateway.sign_in("officer"))["refresh_token"]
    (sign_in,) = await gateway.running.database.collection(SignIn).find({})
    assert token.partition(".")[2] not in sign_in.model_dump_json()


async def test_signing_out_ends_the_sign_in_and_says_the_same_to_anybody(gateway: Gateway) -> None:
    token = (await gateway.sign_in("officer"))["refresh_token"]
    for shown in (token, token, "nobody's", f"{token.partition('.')[0]}.{'x' * 43}"):
        answer = await gateway.http.post("/oauth/revoke", data={"token": shown})
        assert (answer.status_code, answer.content) == (200, b"")
    refused(await gateway.token(grant_type="refresh_token", refresh_token=token), "invalid_grant")


async def test_a_stranger_who_knows_a_sign_in_but_no_token_of_it_cannot_end_it(gateway: Gateway) -> None:
    token = (await gateway.sign_in("officer"))["refresh_token"]
    await gateway.http.post("/oauth/revoke", data={"token": f"{token.partition('.')[0]}.{'x' * 43}"})
    assert (await gateway.token(grant_type="refresh_token", refresh_token=token)).status_code == 200


async def test_access_tokens_are_not_revoked(gateway: Gateway) -> None:
    token = (await gateway.sign_in("officer"))["access_token"]
    refused(await gateway.http.post("/oauth/revoke", data={"token": token}), "unsupported_token_type")


@pytest.mark.parametrize("way", ["basic", "form"])
async def test_a_program_gets_a_token_by_its_secret(gateway: Gateway, way: str) -> None:
    client_id, secret = await register_client(gateway, roles=["host-contact"], employer_id="e-1")
    if way == "basic":
        answer = await gateway.http.post(
            "/oauth/token", data={"grant_type": "client_credentials"}, auth=(client_id, secret)
        )
    else:
        answer = await gateway.token(grant_type="client_credentials", client_id=client_id, client_secret=secret)
    assert answer.status_code == 200, answer.text
    assert "refresh_token" not in answer.json()
    me = await gateway.http.get("/api/identity/me", headers=bearer(answer.json()["access_token"]))
    assert me.json() == {
        "subject": client_id,
        "kind": "api-client",
        "email": None,
        "roles": ["host-contact"],
        "school_urn": None,
        "employer_id": "e-1",
        "partnership_id": None,
    }


async def test_a_wrong_secret_and_an_unknown_program_look_alike(gateway: Gateway) -> None:
    client_id, secret = await register_client(gateway)
    for known, shown in ((client_id, "wrong"), ("client-unknown", secret), (client_id, secret[:-1])):
        answer = await gateway.token(grant_type="client_credentials", client_id=known, client_secret=shown)
        refused(answer, "invalid_client", 401)
        assert answer.headers["www-authenticate"].startswith("Basic")


def basic(text: bytes) -> str:
    return "Basic " + base64.b64encode(text).decode()


@pytest.mark.parametrize(
    "authorization",
    [
        "Basic",
        "Basic %%%",
        basic(b"no colon"),
        basic(b"\xff\xfe:x"),
        basic(b"%ff:x"),
        basic(b":x"),
        basic(b":"),
        basic(b"client:"),
    ],
)
async def test_a_program_that_cannot_say_who_it_is_gets_nothing(gateway: Gateway, authorization: str) -> None:
    answer = await gateway.http.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, headers={"Authorization": authorization}
    )
    refused(answer, "invalid_client", 401)


@pytest.mark.parametrize("nobody", [("", ""), ("docs", "")])
async def test_a_tool_without_a_client_of_its_own_signs_people_in(gateway: Gateway, nobody: tuple[str, str]) -> None:
    form = {"grant_type": "password", "username": OFFICER, "password": DEMO_PASSWORD, "scope": ""}
    answer = await gateway.http.post("/oauth/token", data=form, auth=nobody)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("form", "error", "status"),
    [
        ({}, "invalid_request", 400),
        ({"grant_type": ""}, "invalid_request", 400),
        ({"grant_type": "implicit"}, "unsupported_grant_type", 400),
        ({"grant_type": "password"}, "invalid_request", 400),
        ({"grant_type": "password", "username": OFFICER}, "invalid_request", 400),
        ({"grant_type": "password", "username": OFFICER, "password": "x", "scope": "all"}, "invalid_scope", 400),
        ({"grant_type": "refresh_token"}, "invalid_request", 400),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant", 400),
        ({"grant_type": "refresh_token", "refresh_token": f"{'0' * 36}.{'x' * 43}"}, "invalid_grant", 400),
        ({"grant_type": "client_credentials"}, "invalid_client", 401),
        ({"grant_type": "client_credentials", "client_secret": "x"}, "invalid_request", 400),
        (
            {"grant_type": "password", "username": OFFICER, "password": "x", "client_id": "c", "client_secret": "s"},
            "unauthorized_client",
            400,
        ),
        ({"grant_type": "password", "username": '{"$ne": null}', "password": "x"}, "invalid_grant", 400),
        ({"grant_type": "password", "username": "\0" * 50, "password": "\0"}, "invalid_grant", 400),
        ({"grant_type": "password", "username": "x" * 4000, "password": "ö" * 300}, "invalid_grant", 400),
        ({"grant_type": "client_credentials", "client_id": "$where", "client_secret": "\0"}, "invalid_client", 401),
    ],
)
async def test_what_is_wrong_with_a_form_is_said_in_oauths_words(
    gateway: Gateway, form: dict[str, str], error: str, status: int
) -> None:
    refused(await gateway.token(**form), error, status)


@pytest.mark.parametrize(
    "body",
    [
        b"grant_type=password&grant_type=password",
        b"grant_type",
        b"grant_type=%ff",
        b"grant_type=pass\xc3\xb6rd",
        b"&".join(b"f%d=x" % number for number in range(30)),
        b"grant_type=password&username[$ne]=x&password[$ne]=x",
        b"%00=1&grant_type=%00",
    ],
)
async def test_a_form_that_means_nothing_or_two_things_is_refused(gateway: Gateway, body: bytes) -> None:
    answer = await gateway.http.post(
        "/oauth/token", content=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 400
    assert answer.json()["error"] in {"invalid_request", "unsupported_grant_type"}


async def test_json_is_no_form(gateway: Gateway) -> None:
    refused(await gateway.http.post("/oauth/token", json={"grant_type": "password"}), "invalid_request")


async def test_a_huge_form_is_refused(gateway: Gateway) -> None:
    answer = await gateway.token(grant_type="password", username=OFFICER, password="x" * 9000)
    refused(answer, "invalid_request", 413)


async def test_a_client_authenticates_one_way_only(gateway: Gateway) -> None:
    for form in ({"client_secret": "x"}, {"client_id": "another"}):
        answer = await gateway.http.post(
            "/oauth/token", data={"grant_type": "client_credentials", **form}, auth=("client-1", "x")
        )
        refused(answer, "invalid_request")


async def test_trouble_with_the_store_is_said_in_oauths_words(gateway: Gateway) -> None:
    gateway.running.database.available = False  # type: ignore[attr-defined] # the twin's switch
    answer = await gateway.token(grant_type="password", username=OFFICER, password=DEMO_PASSWORD)
    refused(answer, "temporarily_unavailable", 503)


async def test_the_keys_are_public_and_only_public(gateway: Gateway, signing_key: ECKey) -> None:
    answer = await gateway.http.get("/.well-known/jwks.json")
    (key,) = answer.json()["keys"]
    assert key.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert key["kid"] == signing_key.kid
    token = (await gateway.sign_in("officer"))["access_token"]
    assert jwt.decode(token, signing_key.import_key(key), algorithms=["ES256"]).claims["roles"] == ["programme-officer"]


async def test_the_metadata_says_where_everything_is(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    path = "/.well-known/oauth-authorization-server"
    told = (await gateway.http.get(path)).json()
    assert told["issuer"] == "stem-gateway"
    assert told["token_endpoint"] == "http://gateway.example/oauth/token"
    monkeypatch.setenv("PUBLIC_URL", "http://stem.example:8080")
    gateway_settings.cache_clear()
    told = (await gateway.http.get(path, headers={"Host": "evil.example"})).json()
    assert told["jwks_uri"] == "http://stem.example:8080/.well-known/jwks.json"
