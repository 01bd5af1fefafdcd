"""Credentials are what Open Badges 3.0 asks for, and anybody can check them with the key that is published."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey

from services.courses.settings import courses_settings
from services.courses.signing import credential_keys
from services.courses.use_cases.start import check_credential_keys
from shared.signing_keys import SigningKeyUnusable
from tests.courses.organiser import URNS, Organiser

BASE = "https://stem.example"
KEYS = "/api/certificate-keys"


@pytest.fixture
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A key that courses signs with, reached at a public address."""
    file = tmp_path / "credentials.json"
    put_keys(file, new_key())
    monkeypatch.setenv("CREDENTIAL_KEY_FILE", str(file))
    monkeypatch.setenv("PUBLIC_URL", BASE)
    courses_settings.cache_clear()
    yield file
    courses_settings.cache_clear()


@pytest.fixture
def no_keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing to sign with."""
    monkeypatch.delenv("CREDENTIAL_KEY_FILE", raising=False)
    courses_settings.cache_clear()
    yield
    courses_settings.cache_clear()


def new_key() -> ECKey:
    return ECKey.generate_key("P-256", auto_kid=True)


def put_keys(file: Path, *keys: ECKey) -> None:
    file.write_text(json.dumps({"keys": [key.as_dict(private=True) for key in keys]}))


def kept_keys(file: Path) -> list[ECKey]:
    return [ECKey.import_key(key) for key in json.loads(file.read_text())["keys"]]


async def certified(organiser: Organiser) -> tuple[str, dict[str, Any]]:
    """The number of ada's certificate, and its booking."""
    booked = await organiser.book(await organiser.opened(), URNS[0], "ada")
    organiser.later(days=61, seconds=0.25)
    await organiser.attend(booked, ada="full")
    await organiser.world.settle()
    (certificate,) = (await organiser.get("/api/certificates", organiser.school()))["items"]
    return certificate["facts"]["number"], booked


async def credential(organiser: Organiser, number: str) -> str:
    return str((await organiser.get(f"/api/certificates/{number}/credential", organiser.school()))["credential"])


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def header_of(token: str) -> dict[str, Any]:
    header: dict[str, Any] = json.loads(decoded(token.split(".")[0]))
    return header


def payload_of(token: str) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(decoded(token.split(".")[1]))
    return payload


def check(token: str, jwk: dict[str, Any]) -> None:
    """ES256 (RFC 7518, 3.4) by nothing but elliptic curves. Raises InvalidSignature."""
    signed, _, signature = token.rpartition(".")
    x, y = (int.from_bytes(decoded(jwk[name]), "big") for name in ("x", "y"))
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    r, s = (int.from_bytes(half, "big") for half in (decoded(signature)[:32], decoded(signature)[32:]))
    public.verify(encode_dss_signature(r, s), signed.encode(), ec.ECDSA(SHA256()))


async def key_of(organiser: Organiser, token: str) -> dict[str, Any]:
    """What the header's `kid` leads to, asked without a token."""
    kid = str(header_of(token)["kid"])
    assert kid.startswith(f"{BASE}{KEYS}/")
    response = await organiser.world.client("courses").get(kid.removeprefix(BASE))
    assert response.status_code == 200, response.text
    jwk: dict[str, Any] = response.json()
    return jwk


async def test_a_credential_is_signed_with_the_key_that_its_header_leads_to(
    key_file: Path, organiser: Organiser
) -> None:
    number, _ = await certified(organiser)
    token = await credential(organiser, number)
    assert header_of(token) == {"alg": "ES256", "kid": header_of(token)["kid"], "typ": "JWT"}
    jwk = await key_of(organiser, token)
    assert "d" not in jwk
    check(token, jwk)
    header, payload, signature = token.split(".")
    changed = base64.urlsafe_b64encode(decoded(payload).replace(b'"name"', b'"nama"')).decode().rstrip("=")
    with pytest.raises(InvalidSignature):
        check(f"{header}.{changed}.{signature}", jwk)


async def test_it_says_what_open_badges_asks_for(key_file: Path, organiser: Organiser) -> None:
    number, _ = await certified(organiser)
    claims = payload_of(await credential(organiser, number))
    assert claims["@context"] == [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    ]
    assert claims["type"] == ["VerifiableCredential", "AchievementCredential"]
    assert claims["issuer"]["type"] == ["Profile"]
    assert claims["issuer"]["name"]
    subject = claims["credentialSubject"]
    assert (subject["type"], subject["achievement"]["type"]) == (["AchievementSubject"], ["Achievement"])
    assert subject["achievement"]["name"] == "Practical physics"
    assert all(subject["achievement"][field] for field in ("id", "description", "humanCode"))
    assert subject["achievement"]["criteria"]["narrative"]


async def test_its_claims_are_those_of_the_credential_to_the_second(key_file: Path, organiser: Organiser) -> None:
    number, _ = await certified(organiser)
    claims = payload_of(await credential(organiser, number))
    assert claims["iss"] == claims["issuer"]["id"] == BASE
    assert claims["jti"] == claims["id"] == f"{BASE}/api/certificates/{number}"
    assert claims["sub"] == claims["credentialSubject"]["id"] == f"{BASE}/delegates/ada"
    assert datetime.fromisoformat(claims["validFrom"]).timestamp() == claims["nbf"]
    assert "vc" not in claims


async def test_its_id_is_where_it_is_verified_without_a_token(key_file: Path, organiser: Organiser) -> None:
    number, _ = await certified(organiser)
    where = str(payload_of(await credential(organiser, number))["id"]).removeprefix(BASE)
    response = await organiser.world.client("courses").get(where)
    assert response.json()["status"] == "valid"


async def test_a_revoked_certificate_has_none_any_more(key_file: Path, organiser: Organiser) -> None:
    number, booked = await certified(organiser)
    await organiser.attend(booked, ada="absent:signed in by mistake")
    await organiser.world.settle()
    path = f"/api/certificates/{number}/credential"
    refused = await organiser.world.client("courses").get(path, headers=dict(organiser.school()))
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/certificate-revoked")


async def test_it_is_for_the_delegate_and_their_school_alone(key_file: Path, organiser: Organiser) -> None:
    number, _ = await certified(organiser)
    path = f"/api/certificates/{number}/credential"
    delegate = organiser.world.caller("ada", "teacher", school_urn=URNS[1])
    assert (await organiser.get(path, delegate))["credential"]
    http = organiser.world.client("courses")
    assert (await http.get(path, headers=dict(organiser.school(URNS[1])))).status_code == 404
    assert (await http.get(path)).status_code == 401


async def test_after_a_rotation_what_was_signed_can_still_be_checked(key_file: Path, organiser: Organiser) -> None:
    number, _ = await certified(organiser)
    before = await credential(organiser, number)
    put_keys(key_file, new_key(), *kept_keys(key_file))
    after = await credential(organiser, number)
    assert header_of(after)["kid"] != header_of(before)["kid"]
    check(before, await key_of(organiser, before))
    check(after, await key_of(organiser, after))
    published = (await organiser.world.client("courses").get(KEYS)).json()["keys"]
    assert [f"{BASE}{KEYS}/{key['kid']}" for key in published] == [header_of(one)["kid"] for one in (after, before)]
    assert not any("d" in key for key in published)


async def test_a_key_that_was_never_there_is_not_found(key_file: Path, organiser: Organiser) -> None:
    assert (await organiser.world.client("courses").get(f"{KEYS}/somebody-else")).status_code == 404


async def test_without_a_key_nothing_is_signed_and_the_certificate_stands(no_keys: None, organiser: Organiser) -> None:
    number, _ = await certified(organiser)
    http = organiser.world.client("courses")
    refused = await http.get(f"/api/certificates/{number}/credential", headers=dict(organiser.school()))
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/credentials-not-signed")
    assert (await http.get(f"/api/certificates/{number}")).json()["status"] == "valid"
    assert (await http.get(KEYS)).json() == {"keys": []}


@pytest.mark.parametrize("content", ["", "{}", '{"keys": []}', json.dumps(ECKey.generate_key("P-384").as_dict())])
def test_a_key_file_that_is_no_good_is_named_and_not_shown(key_file: Path, content: str) -> None:
    key_file.write_text(content)
    with pytest.raises(SigningKeyUnusable, match=r"credentials\.json") as refused:
        credential_keys()
    assert "P-384" not in str(refused.value)


async def test_a_service_that_cannot_read_its_keys_does_not_start(key_file: Path, organiser: Organiser) -> None:
    put_keys(key_file)
    with pytest.raises(SigningKeyUnusable):
        await check_credential_keys(organiser.world.running["courses"].work())


async def test_without_a_public_address_nothing_is_signed_in_the_name_of_what_a_request_says(
    key_file: Path, organiser: Organiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PUBLIC_URL")
    courses_settings.cache_clear()
    number, _ = await certified(organiser)
    headers = {**organiser.school(), "Host": "somebody.example"}
    refused = await organiser.world.client("courses").get(f"/api/certificates/{number}/credential", headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/credentials-not-signed")
