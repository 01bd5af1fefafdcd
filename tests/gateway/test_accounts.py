"""Managing accounts and API clients over HTTP."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from joserfc.jwk import ECKey

from services.gateway.demo_accounts import DEMO_ACCOUNTS, DEMO_PASSWORD
from services.gateway.domain.account import Login
from services.gateway.domain.api_client import ApiClient
from shared.commit import IdempotencyRow
from shared.contracts.catalogue import decode
from shared.messaging.outbox import OutboxRow
from tests.gateway.conftest import bearer

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from tests.gateway.conftest import Gateway

ACCOUNTS = "/api/identity/accounts"
CLIENTS = "/api/identity/clients"
TEACHER = {"email": "Ada.Lovelace@school.example", "roles": ["teacher"], "school_urn": "900001"}
CHOSEN = "four newtons per kilogram"


def problem(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["type"] == f"/problems/{slug}"
    return told


async def register(gateway: Gateway, by: str = "operator", **body: Any) -> dict[str, Any]:
    answer = await gateway.post(ACCOUNTS, await gateway.as_(by), {**TEACHER, **body})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"{ACCOUNTS}/{answer.json()['account_id']}"
    registered: dict[str, Any] = answer.json()
    return registered


def account_id_of(name: str) -> str:
    return next(account.account_id for account in DEMO_ACCOUNTS if account.email == f"{name}@stem.example")


def publish_keys(file: Path, *keys: ECKey) -> None:
    file.write_text(json.dumps({"keys": [key.as_dict(private=True) for key in keys]}))


async def test_a_registered_person_signs_in_with_the_temporary_password_and_chooses_another(gateway: Gateway) -> None:
    registered = await register(gateway)
    email, temporary = registered["email"], registered["temporary_password"]
    first = await gateway.sign_in(email, temporary)
    caller = bearer(first["access_token"])
    gateway.pass_time(seconds=1)
    changed = await gateway.http.put(
        "/api/identity/me/password",
        headers=caller,
        json={"current_password": temporary, "new_password": CHOSEN},
    )
    assert changed.status_code == 204, changed.text
    refused = await gateway.token(grant_type="password", username=email, password=temporary)
    assert refused.json()["error"] == "invalid_grant"
    over = await gateway.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert over.json()["error"] == "invalid_grant"
    await gateway.sign_in(email, CHOSEN)


async def test_a_password_change_that_is_repeated_is_no_error(gateway: Gateway) -> None:
    caller = await gateway.as_("teacher-900001")
    body = {"current_password": DEMO_PASSWORD, "new_password": CHOSEN}
    for _ in range(2):
        answer = await gateway.http.put("/api/identity/me/password", headers=caller, json=body)
        assert answer.status_code == 204


async def test_no_password_leaves_a_quick_hash_behind(gateway: Gateway) -> None:
    caller = {**await gateway.as_("teacher-900001"), "Idempotency-Key": "change-1"}
    body = {"current_password": DEMO_PASSWORD, "new_password": CHOSEN}
    answer = await gateway.http.put("/api/identity/me/password", headers=caller, json=body)
    assert answer.status_code == 204
    assert await gateway.running.database.collection(IdempotencyRow).count({}) == 0


async def test_who_does_not_know_the_current_password_changes_nothing(gateway: Gateway) -> None:
    caller = await gateway.as_("teacher-900001")
    answer = await gateway.http.put(
        "/api/identity/me/password",
        headers=caller,
        json={"current_password": "guessed it?", "new_password": CHOSEN},
    )
    assert problem(answer, 422, "current-password-wrong")["field"] == "current_password"
    await gateway.sign_in("teacher-900001")


@pytest.mark.parametrize("password", ["short", "teacher-900001 is me", "x" * 150, "aaaaaaaaaaaaaaaa"])
async def test_a_weak_password_is_not_taken(gateway: Gateway, password: str) -> None:
    answer = await gateway.http.put(
        "/api/identity/me/password",
        headers=await gateway.as_("teacher-900001"),
        json={"current_password": DEMO_PASSWORD, "new_password": password},
    )
    problem(answer, 422, "password-too-weak")


async def test_a_temporary_password_ends(gateway: Gateway) -> None:
    registered = await register(gateway)
    gateway.pass_time(hours=72)
    answer = await gateway.token(
        grant_type="password", username=registered["email"], password=registered["temporary_password"]
    )
    assert answer.json()["error"] == "invalid_grant"


async def test_an_address_belongs_to_one_account(gateway: Gateway) -> None:
    await register(gateway)
    caller = await gateway.as_("operator")
    again = {**TEACHER, "email": "ADA.lovelace@SCHOOL.example"}
    assert problem(await gateway.post(ACCOUNTS, caller, again), 409, "email-taken")["field"] == "email"


async def test_of_many_registrations_of_one_address_at_once_one_succeeds(gateway: Gateway) -> None:
    caller = await gateway.as_("operator")
    answers = await asyncio.gather(*(gateway.post(ACCOUNTS, caller, TEACHER) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert await gateway.running.database.collection(Login).count({"email_key": "ada.lovelace@school.example"}) == 1


async def test_the_same_key_gives_the_same_account_and_password_and_keeps_neither(gateway: Gateway) -> None:
    caller = await gateway.as_("operator")
    answers = await asyncio.gather(*(gateway.post(ACCOUNTS, caller, TEACHER, key="k-1") for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    (row,) = await gateway.running.database.collection(IdempotencyRow).find({})
    kept = row.model_dump_json()
    assert answers[0].json()["temporary_password"] not in kept
    assert "lovelace" not in kept.casefold()
    other = await gateway.post(ACCOUNTS, caller, {**TEACHER, "email": "grace@school.example"}, key="k-1")
    problem(other, 422, "idempotency-key-reused")


async def test_a_repeated_reset_shows_the_same_password_and_a_new_one_another(gateway: Gateway) -> None:
    caller = await gateway.as_("operator")
    path = f"{ACCOUNTS}/{account_id_of('teacher-900001')}/password-reset"
    first = await gateway.post(path, caller, key="k-1")
    again = await gateway.post(path, caller, key="k-1")
    other = await gateway.post(path, caller, key="k-2")
    assert first.status_code == 200, first.text
    assert first.text == again.text
    assert first.json()["temporary_password"] != other.json()["temporary_password"]
    refused = await gateway.token(
        grant_type="password", username="teacher-900001@stem.example", password=first.json()["temporary_password"]
    )
    assert refused.status_code == 400
    await gateway.sign_in("teacher-900001", other.json()["temporary_password"])


async def test_a_disabled_person_neither_signs_in_nor_goes_on(gateway: Gateway) -> None:
    open_sign_in = await gateway.sign_in("teacher-900001")
    caller = await gateway.as_("operator")
    path = f"{ACCOUNTS}/{account_id_of('teacher-900001')}"
    assert (await gateway.post(f"{path}/disable", caller)).json()["status"] == "disabled"
    for form in (
        {"grant_type": "password", "username": "teacher-900001@stem.example", "password": DEMO_PASSWORD},
        {"grant_type": "refresh_token", "refresh_token": open_sign_in["refresh_token"]},
    ):
        assert (await gateway.token(**form)).json()["error"] == "invalid_grant"
    problem(await gateway.post(f"{path}/disable", caller), 409, "wrong-state")
    assert (await gateway.post(f"{path}/enable", caller)).json()["status"] == "active"
    await gateway.sign_in("teacher-900001")


async def test_other_roles_are_in_the_next_token_and_end_earlier_sign_ins(gateway: Gateway) -> None:
    before = await gateway.sign_in("teacher-900001")
    gateway.pass_time(seconds=1)
    answer = await gateway.http.put(
        f"{ACCOUNTS}/{account_id_of('teacher-900001')}/roles",
        headers=await gateway.as_("officer"),
        json={"roles": ["partnership-lead", "teacher"], "school_urn": "900002", "partnership_id": "p-1"},
    )
    assert answer.status_code == 200, answer.text
    over = await gateway.token(grant_type="refresh_token", refresh_token=before["refresh_token"])
    assert over.json()["error"] == "invalid_grant"
    me = await gateway.http.get("/api/identity/me", headers=await gateway.as_("teacher-900001"))
    assert me.json()["roles"] == ["partnership-lead", "teacher"]
    assert (me.json()["school_urn"], me.json()["partnership_id"]) == ("900002", "p-1")


async def test_an_etag_that_is_not_current_changes_nothing(gateway: Gateway) -> None:
    caller = await gateway.as_("operator")
    path = f"{ACCOUNTS}/{account_id_of('teacher-900001')}"
    seen = (await gateway.http.get(path, headers=caller)).headers["etag"]
    assert (await gateway.post(f"{path}/disable", {**caller, "If-Match": seen})).status_code == 200
    problem(await gateway.post(f"{path}/enable", {**caller, "If-Match": seen}), 412, "version-mismatch")


async def test_officers_manage_the_outside_and_see_no_staff(gateway: Gateway) -> None:
    caller = await gateway.as_("officer")
    await register(gateway, by="officer")
    staff = {"email": "new@stem.example", "roles": ["operator"]}
    problem(await gateway.post(ACCOUNTS, caller, staff), 403, "role-not-yours-to-give")
    for verb in ("", "/disable"):
        path = f"{ACCOUNTS}/{account_id_of('finance')}{verb}"
        answer = await (gateway.post(path, caller) if verb else gateway.http.get(path, headers=caller))
        problem(answer, 404, "not-found")
    promoted = await gateway.http.put(
        f"{ACCOUNTS}/{account_id_of('teacher-900001')}/roles", headers=caller, json={"roles": ["finance-officer"]}
    )
    problem(promoted, 403, "role-not-yours-to-give")


async def test_an_officer_who_was_made_staff_in_between_is_out_of_an_officers_reach(gateway: Gateway) -> None:
    registered = await register(gateway, by="officer")
    path = f"{ACCOUNTS}/{registered['account_id']}"
    made = await gateway.http.put(
        f"{path}/roles", headers=await gateway.as_("operator"), json={"roles": ["finance-officer"]}
    )
    assert made.status_code == 200
    problem(await gateway.post(f"{path}/password-reset", await gateway.as_("officer")), 404, "not-found")


async def test_nobody_changes_the_rights_of_their_own_account(gateway: Gateway) -> None:
    caller = await gateway.as_("operator")
    path = f"{ACCOUNTS}/{account_id_of('operator')}"
    for verb in ("disable", "password-reset"):
        problem(await gateway.post(f"{path}/{verb}", caller), 409, "own-account")


@pytest.mark.parametrize("name", ["teacher-900001", "approver-900001", "lead-900001", "finance", "host", "ambassador"])
async def test_who_does_not_manage_access_may_not_look_either(gateway: Gateway, name: str) -> None:
    caller = await gateway.as_(name)
    problem(await gateway.http.get(ACCOUNTS, headers=caller), 403, "not-allowed")
    problem(await gateway.post(ACCOUNTS, caller, TEACHER), 403, "not-allowed")
    problem(await gateway.http.get(CLIENTS, headers=caller), 403, "not-allowed")
    problem(await gateway.post(CLIENTS, caller, {"name": "x", "roles": ["auditor"]}), 403, "not-allowed")


async def test_an_auditor_reads_all_and_changes_nothing(gateway: Gateway) -> None:
    caller = await gateway.as_("auditor")
    path = f"{ACCOUNTS}/{account_id_of('operator')}"
    assert (await gateway.http.get(path, headers=caller)).json()["email"] == "operator@stem.example"
    problem(await gateway.post(f"{path}/disable", caller), 403, "not-allowed")
    problem(await gateway.post(CLIENTS, caller, {"name": "x", "roles": ["auditor"]}), 403, "not-allowed")


async def test_without_a_token_there_is_nothing(gateway: Gateway) -> None:
    for method, path in (("GET", ACCOUNTS), ("POST", ACCOUNTS), ("GET", CLIENTS), ("GET", "/api/identity/me")):
        answer = await gateway.http.request(method, path, headers={"Idempotency-Key": "k-1"})
        problem(answer, 401, "token-missing")


async def test_lists_come_in_pages_without_gaps(gateway: Gateway) -> None:
    caller = await gateway.as_("auditor")
    seen: list[str] = []
    path: str | None = f"{ACCOUNTS}?limit=10"
    while path is not None:
        answer = await gateway.http.get(path, headers=caller)
        seen += [item["email"] for item in answer.json()["items"]]
        path = answer.links["next"]["url"] if "next" in answer.links else None
    assert sorted(seen) == sorted(account.email for account in DEMO_ACCOUNTS)


async def test_lists_are_filtered_and_show_officers_no_staff(gateway: Gateway) -> None:
    async def emails(by: str, query: str) -> set[str]:
        answer = await gateway.http.get(f"{ACCOUNTS}?limit=200&{query}", headers=await gateway.as_(by))
        assert answer.status_code == 200, answer.text
        return {item["email"].partition("@")[0] for item in answer.json()["items"]}

    assert await emails("operator", "school_urn=900002") == {"teacher-900002", "approver-900002", "lead-900002"}
    assert await emails("operator", "role=finance-officer") == {"finance"}
    assert await emails("operator", "email=OFFICER@stem.example") == {"officer"}
    assert await emails("operator", "status=disabled") == set()
    assert await emails("officer", "email=operator@stem.example") == set()
    assert not {"operator", "officer", "finance", "auditor"} & await emails("officer", "status=active")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {**TEACHER, "email": "no address"},
        {**TEACHER, "email": {"$gt": ""}},
        {**TEACHER, "email": "a\u0000@school.example"},
        {**TEACHER, "roles": []},
        {**TEACHER, "roles": ["king"]},
        {**TEACHER, "roles": "teacher"},
        {**TEACHER, "school_urn": {"$ne": None}},
        {**TEACHER, "school_urn": "$where"},
        {**TEACHER, "school_urn": 900001},
        {**TEACHER, "password": "chosen by somebody else"},
        {**TEACHER, "status": "active"},
        {"email": "x@y.example", "roles": ["teacher"]},
    ],
)
async def test_a_body_that_breaks_a_rule_names_it_and_registers_nobody(
    gateway: Gateway, body: dict[str, object]
) -> None:
    before = await gateway.running.database.collection(Login).count({})
    answer = await gateway.post(ACCOUNTS, await gateway.as_("operator"), body)
    told = answer.json()
    assert answer.status_code == 422, answer.text
    assert told.get("field") or told["errors"]
    assert await gateway.running.database.collection(Login).count({}) == before


async def test_events_and_answers_for_events_hold_no_address(gateway: Gateway) -> None:
    registered = await register(gateway)
    caller = await gateway.as_("operator")
    await gateway.post(f"{ACCOUNTS}/{registered['account_id']}/disable", caller)
    await gateway.post(CLIENTS, caller, {"name": "A feed", "roles": ["auditor"]})
    rows = await gateway.running.database.collection(OutboxRow).find({}, sort=(("id", 1),))
    assert {row.type.rpartition(".v")[0] for row in rows} >= {
        "gateway.account-registered",
        "gateway.account-disabled",
        "gateway.api-client-registered",
    }
    for row in rows:
        event = decode(row.type, row.body.encode())
        assert event.aggregate.format(**json.loads(row.body)) == row.subject
        assert "@" not in row.body
        assert "feed" not in row.body


async def test_a_clients_secret_is_shown_again_to_a_repeat_and_never_kept(gateway: Gateway) -> None:
    caller = await gateway.as_("operator")
    body = {"name": "A feed", "roles": ["host-contact"], "employer_id": "e-1"}
    first = await gateway.post(CLIENTS, caller, body, key="k-1")
    again = await gateway.post(CLIENTS, caller, body, key="k-1")
    assert first.status_code == 201, first.text
    assert first.text == again.text
    secret = first.json()["client_secret"]
    assert len(secret) == 43
    (row,) = await gateway.running.database.collection(IdempotencyRow).find({})
    (client,) = await gateway.running.database.collection(ApiClient).find({})
    assert secret not in row.model_dump_json() + client.model_dump_json()
    read = await gateway.http.get(f"{CLIENTS}/{client.id}", headers=caller)
    assert "client_secret" not in read.json()
    assert "sha256" not in read.text


async def test_two_secrets_are_live_while_one_takes_over_from_the_other(gateway: Gateway) -> None:
    caller = await gateway.as_("operator")
    registered = (await gateway.post(CLIENTS, caller, {"name": "A feed", "roles": ["auditor"]})).json()
    path = f"{CLIENTS}/{registered['client_id']}"
    secrets = [registered["client_secret"]]
    for number in (2, 3):
        rotated = await gateway.post(f"{path}/secrets", caller, key=f"k-{number}")
        assert rotated.status_code == 201, rotated.text
        assert rotated.text == (await gateway.post(f"{path}/secrets", caller, key=f"k-{number}")).text
        secrets.append(rotated.json()["client_secret"])
    assert len(set(secrets)) == 3

    async def works(secret: str) -> bool:
        answer = await gateway.token(
            grant_type="client_credentials", client_id=registered["client_id"], client_secret=secret
        )
        return answer.status_code == 200

    assert [await works(secret) for secret in secrets] == [False, True, True]
    await gateway.post(f"{path}/disable", caller)
    assert not await works(secrets[2])
    problem(await gateway.post(f"{path}/secrets", caller), 409, "wrong-state")
    await gateway.post(f"{path}/enable", caller)
    assert await works(secrets[2])
    listed = (await gateway.http.get(CLIENTS, headers=caller)).json()["items"]
    assert [secret["number"] for secret in listed[0]["secrets"]] == [2, 3]


async def test_a_secret_cannot_be_shown_again_under_another_signing_key(
    gateway: Gateway, surroundings: Path, signing_key: ECKey
) -> None:
    caller = await gateway.as_("operator")
    body = {"name": "A feed", "roles": ["auditor"]}
    first = (await gateway.post(CLIENTS, caller, body, key="k-1")).json()
    fresh = ECKey.generate_key("P-256", auto_kid=True)
    publish_keys(surroundings, fresh, signing_key)
    problem(await gateway.post(CLIENTS, caller, body, key="k-1"), 409, "secret-shown-before")
    good = await gateway.token(
        grant_type="client_credentials", client_id=first["client_id"], client_secret=first["client_secret"]
    )
    assert good.status_code == 200
    keys = (await gateway.http.get("/.well-known/jwks.json")).json()["keys"]
    assert [key["kid"] for key in keys] == [fresh.kid, signing_key.kid]
