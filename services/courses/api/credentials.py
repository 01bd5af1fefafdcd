"""Certificates as Open Badges 3.0 credentials, and the keys to check them with."""

from __future__ import annotations

from fastapi import APIRouter, Response

from services.courses.api.certificate_models import CredentialAnswer, KeyAnswer, KeySetAnswer
from services.courses.api.certificates import Number
from services.courses.domain.certificate import CertificateRevoked
from services.courses.signing import KEYS_PATH, CredentialsNotSigned, published_keys, signed_credential
from services.courses.views import certificates as views
from shared.http.principal import Caller
from shared.http.problems import problems
from shared.http.working import HttpWork
from shared.refusals import NotFound

router = APIRouter(tags=["Certificates"])
KEPT = "public, max-age=300"


@router.get(
    "/api/certificates/{number}/credential",
    summary="Get a certificate as an Open Badge",
    responses=problems(NotFound, CertificateRevoked, CredentialsNotSigned),
)
async def read_credential(number: Number, caller: Caller, work: HttpWork) -> CredentialAnswer:
    """For the delegate and their school: an Open Badges 3.0 AchievementCredential, signed as a VC-JWT (ES256). Its
    `kid` is the address of the public key, its `jti` that of the certificate, where a verifier learns whether it still
    holds.
    """
    facts = views.valid_facts(await views.own_certificate(work, caller, number))
    return CredentialAnswer(credential=signed_credential(facts))


@router.get(KEYS_PATH, summary="Read the keys that credentials are signed with")
async def read_credential_keys(response: Response) -> KeySetAnswer:
    """Public keys: the first signs now, the others have signed."""
    response.headers["Cache-Control"] = KEPT
    return KeySetAnswer.model_validate({"keys": published_keys()})


@router.get(KEYS_PATH + "/{kid}", summary="Read one key that credentials are signed with", responses=problems(NotFound))
async def read_credential_key(kid: str, response: Response) -> KeyAnswer:
    """A public key as a JWK: what the `kid` of a credential leads to."""
    for key in published_keys():
        if key["kid"] == kid:
            response.headers["Cache-Control"] = KEPT
            return KeyAnswer.model_validate(key)
    raise NotFound()
