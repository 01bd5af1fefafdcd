"""Sign-ins that are refreshed, and API clients with two secrets, decided without a store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain import api_client as clients
from services.gateway.domain import sign_in as rules
from services.gateway.domain.api_client import API_CLIENT, ApiClient, ApiClientStatus, SecretOvertaken
from services.gateway.domain.scope import Scope
from services.gateway.domain.sign_in import SIGN_IN_LASTS, TOKEN_LASTS, SignIn, SignInStatus
from shared.contracts.gateway import ApiClientRegistered, ApiClientSecretRotated, RefreshTokenReused
from shared.transitions import WrongState

NOW = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)
HOST = Scope(roles=("host-contact",), employer_id="e-1")


def begun() -> SignIn:
    return rules.begin("s-1", "a-1", "hash 0", NOW).reply


def test_a_refresh_takes_the_token_and_gives_the_next() -> None:
    decision = rules.refresh(begun(), "hash 0", "hash 1", NOW + timedelta(minutes=15))
    assert decision.reply is not None
    assert (decision.reply.token_hash, decision.reply.refreshed) == ("hash 1", 1)
    assert decision.events == ()


def test_an_earlier_token_ends_the_sign_in_for_everybody() -> None:
    first = rules.refresh(begun(), "hash 0", "hash 1", NOW).reply
    assert first is not None
    again = rules.refresh(first, "hash 0", "hash 2", NOW)
    assert again.reply is None
    assert isinstance(again.root, SignIn)
    assert again.root.status is SignInStatus.REUSED
    assert again.events == (RefreshTokenReused(sign_in_id="s-1", account_id="a-1"),)
    owner = rules.refresh(again.root, "hash 1", "hash 2", NOW)
    assert (owner.reply, owner.root, owner.events) == (None, None, ())


def test_a_token_ends_after_fourteen_days_and_a_sign_in_after_ninety() -> None:
    assert rules.refresh(begun(), "hash 0", "x", NOW + TOKEN_LASTS - timedelta(milliseconds=1)).reply is not None
    assert rules.refresh(begun(), "hash 0", "x", NOW + TOKEN_LASTS).reply is None
    sign_in, now, count = begun(), NOW, 0
    while (after := rules.refresh(sign_in, f"hash {count}", f"hash {count + 1}", now).reply) is not None:
        sign_in, count, now = after, count + 1, now + timedelta(days=10)
    assert now - NOW == SIGN_IN_LASTS


def test_signing_out_ends_it_and_may_be_said_twice() -> None:
    ended = rules.end(begun()).reply
    assert ended.status is SignInStatus.ENDED
    assert rules.end(ended).root is None
    assert rules.refresh(ended, "hash 0", "hash 1", NOW).reply is None


@given(st.lists(st.integers(0, 6), max_size=12))
def test_whatever_tokens_come_only_the_latest_ever_works(shown: list[int]) -> None:
    sign_in, latest, broken = begun(), 0, False
    for token in shown:
        decision = rules.refresh(sign_in, f"hash {token}", f"hash {latest + 1}", NOW)
        works = token == latest and not broken
        assert (decision.reply is not None) is works
        broken = broken or token != latest
        latest += works
        sign_in = decision.root if isinstance(decision.root, SignIn) else sign_in


def registered() -> ApiClient:
    return clients.register("client-1", "A feed", HOST, "hash 1", NOW).reply


def test_a_registered_client_is_told_without_its_name_or_secret() -> None:
    decision = clients.register("client-1", "A feed", HOST, "hash 1", NOW)
    assert decision.events == (
        ApiClientRegistered(client_id="client-1", roles=("host-contact",), school_urn=None, employer_id="e-1"),
    )
    assert clients.proves(decision.reply, "hash 1")


def test_two_secrets_are_live_and_the_third_ends_the_first() -> None:
    second = clients.rotate_secret(registered(), 2, "hash 2", NOW)
    assert second.events == (ApiClientSecretRotated(client_id="client-1", number=2),)
    assert clients.proves(second.reply, "hash 1")
    assert clients.proves(second.reply, "hash 2")
    third = clients.rotate_secret(second.reply, 3, "hash 3", NOW).reply
    assert not clients.proves(third, "hash 1")
    assert clients.proves(third, "hash 2")
    assert clients.proves(third, "hash 3")


def test_of_two_rotations_at_once_the_second_is_told() -> None:
    with pytest.raises(SecretOvertaken):
        clients.rotate_secret(clients.rotate_secret(registered(), 2, "a", NOW).reply, 2, "b", NOW)


def test_a_disabled_client_proves_nothing_until_it_is_enabled() -> None:
    off = clients.disable(registered()).reply
    assert not clients.proves(off, "hash 1")
    assert clients.proves(clients.enable(off).reply, "hash 1")


@pytest.mark.parametrize("status", list(ApiClientStatus))
@pytest.mark.parametrize("verb", ["disable", "enable", "rotate-secret"])
def test_what_the_table_does_not_hold_is_refused(status: ApiClientStatus, verb: str) -> None:
    client = registered().model_copy(update={"status": status})
    acts = {
        "disable": lambda: clients.disable(client),
        "enable": lambda: clients.enable(client),
        "rotate-secret": lambda: clients.rotate_secret(client, 2, "hash 2", NOW),
    }
    if API_CLIENT.allows(status, verb):
        assert acts[verb]().reply.status is API_CLIENT.next(status, verb)
    else:
        with pytest.raises(WrongState):
            acts[verb]()
