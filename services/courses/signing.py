"""Signing credentials: a VC-JWT (ES256) whose key anybody can read under the address that its header names.

CREDENTIAL_KEY_FILE holds keys of courses' own, which sign nothing else: a verifier of tokens does not know them.
"""

from __future__ import annotations

from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

from services.courses.domain.certificate import Facts
from services.courses.domain.credential import claims_of
from services.courses.settings import courses_settings
from shared.refusals import Refusal
from shared.signing_keys import ALGORITHM, private_keys, public_halves

KEYS_PATH = "/api/certificate-keys"


class CredentialsNotSigned(Refusal):
    kind = "unavailable"
    slug = "credentials-not-signed"
    title = "Nothing is set up to sign credentials with: the certificate itself can be verified by its number."


def signed_credential(facts: Facts) -> str:
    """The credential of these facts as a compact JWS, signed with the first key. Raises CredentialsNotSigned."""
    keys, base = credential_keys(), courses_settings().public_url
    if not keys or base is None:
        raise CredentialsNotSigned()
    header = {"alg": ALGORITHM, "kid": f"{base}{KEYS_PATH}/{keys[0].kid}", "typ": "JWT"}
    claims = claims_of(facts, base, courses_settings().credential_issuer)
    return jwt.encode(header, claims, keys[0], algorithms=[ALGORITHM])


def published_keys() -> list[dict[str, Any]]:
    """The public halves as JWKs: the first signs now, the others have signed."""
    return public_halves(credential_keys())


def credential_keys() -> tuple[ECKey, ...]:
    """The keys as the file has them now; none where none are set up. Raises SigningKeyUnusable."""
    file = courses_settings().credential_key_file
    return () if file is None else private_keys(file)
