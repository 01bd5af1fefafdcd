"""What must hold when two replicas of the gateway work on one real store."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from services.gateway.demo_accounts import DEMO_ACCOUNTS, DEMO_PASSWORD
from services.gateway.domain.account import Account, Login
from services.gateway.domain.attempts import Attempts
from services.gateway.domain.sign_in import SignIn, SignInStatus
from shared.messaging.outbox import OutboxRow

if TYPE_CHECKING:
    from tests.gateway.conftest import Gateway

ACCOUNTS = "/api/identity/accounts"
TEACHER = {"email": "ada@school.example", "roles": ["teacher"], "school_urn": "900001"}
Replicas = tuple["Gateway", "Gateway"]


async def test_replicas_that_start_together_make_each_demo_account_once(replicas: Replicas) -> None:
    one, other = replicas
    await asyncio.gather(one.running.begin(), other.running.begin())
    database = one.running.database
    assert await database.collection(Account).count({}) == len(DEMO_ACCOUNTS)
    registered = await database.collection(OutboxRow).count({"type": "gateway.account-registered.v1"})
    assert registered == len(DEMO_ACCOUNTS)


async def test_an_address_is_registered_once_whichever_replica_is_asked(replicas: Replicas) -> None:
    one, other = replicas
    caller = await one.as_("operator")
    answers = await asyncio.gather(*(replica.post(ACCOUNTS, caller, TEACHER) for replica in (one, other) * 4))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert {answer.json()["type"] for answer in answers if answer.status_code == 409} == {"/problems/email-taken"}
    assert await one.running.database.collection(Login).count({"email_key": TEACHER["email"]}) == 1


async def test_one_key_gives_one_account_and_one_password_whichever_replica_is_asked(replicas: Replicas) -> None:
    one, other = replicas
    caller = await one.as_("operator")
    answers = await asyncio.gather(
        *(replica.post(ACCOUNTS, caller, TEACHER, key="k-1") for replica in (one, other) * 10)
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    await other.sign_in(str(TEACHER["email"]), answers[0].json()["temporary_password"])


async def test_a_refresh_token_works_once_whichever_replica_is_asked(replicas: Replicas) -> None:
    one, other = replicas
    token = (await one.sign_in("officer"))["refresh_token"]
    answers = await asyncio.gather(
        *(replica.token(grant_type="refresh_token", refresh_token=token) for replica in (one, other) * 5)
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 9
    (sign_in,) = await one.running.database.collection(SignIn).find({})
    assert sign_in.status is SignInStatus.REUSED


async def test_failures_at_all_replicas_count_together(replicas: Replicas) -> None:
    one, other = replicas
    wrong = {"grant_type": "password", "username": "officer@stem.example", "password": "wrong"}
    await asyncio.gather(*(replica.token(**wrong) for replica in (one, other, one, other, one)))
    (attempts,) = await one.running.database.collection(Attempts).find({})
    assert attempts.failures == 5
    right = await other.token(**{**wrong, "password": DEMO_PASSWORD})
    assert right.json()["error"] == "invalid_grant"


async def test_what_one_replica_ends_is_over_at_the_other(replicas: Replicas) -> None:
    one, other = replicas
    sign_in = await other.sign_in("teacher-900001")
    listed = await one.http.get(
        ACCOUNTS, params={"email": "teacher-900001@stem.example"}, headers=await one.as_("officer")
    )
    account_id = listed.json()["items"][0]["account_id"]
    assert (await one.post(f"{ACCOUNTS}/{account_id}/disable", await one.as_("officer"))).status_code == 200
    over = await other.token(grant_type="refresh_token", refresh_token=sign_in["refresh_token"])
    assert over.json()["error"] == "invalid_grant"
