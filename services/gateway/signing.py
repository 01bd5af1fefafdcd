"""The signing keys, and what is made with them: access tokens, and secrets that can be shown again without being kept.

TOKEN_SIGNING_KEY_FILE is a JWK set of private P-256 keys, or one such key by itself. The first one signs; the others
are still published, so that tokens they signed stay good until they end. To rotate, put a new key in front: the file
is read again when it changes.

A repeated request must get the same answer, and a secret may not be stored in one. So client secrets and temporary
passwords are derived (HMAC-SHA256 under the signing key) from what they are for: whoever asks again under the same
Idempotency-Key sees the same secret, and the store only ever holds its hash.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

from services.gateway.settings import gateway_settings
from shared.http.principal import Principal
from shared.ids import new_id
from shared.signing_keys import ALGORITHM, private_keys, public_halves

TOKEN_TYPE = "at+jwt"  # noqa: S105 - a media type (RFC 9068)
ACCESS_TOKEN_LASTS = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Issuer:
    """Signs for one issuer and audience with the first of its keys."""

    name: str
    audience: str
    keys: tuple[ECKey, ...]

    def access_token(self, principal: Principal, client_id: str, now: datetime) -> str:
        """A token for this principal, good for 15 minutes from now."""
        issued_at = int(now.timestamp())
        claims: dict[str, Any] = {
            "iss": self.name,
            "aud": self.audience,
            "sub": principal.subject,
            "client_id": client_id,
            "roles": sorted(principal.roles),
            "school_urn": principal.school_urn,
            "employer_id": principal.employer_id,
            "partnership_id": principal.partnership_id,
            "iat": issued_at,
            "exp": issued_at + int(ACCESS_TOKEN_LASTS.total_seconds()),
            "jti": new_id(),
        }
        key = self.keys[0]
        header = {"alg": ALGORITHM, "kid": key.kid, "typ": TOKEN_TYPE}
        return jwt.encode(
            header,
            {name: value for name, value in claims.items() if value is not None},
            key,
            algorithms=[ALGORITHM],
        )

    def published(self) -> dict[str, list[dict[str, Any]]]:
        """The JWK set that everybody may know: public halves only."""
        return {"keys": public_halves(self.keys)}

    def derived_secret(self, *purpose: str | int) -> str:
        """256 bits that only holders of the signing key can compute, as 43 URL-safe characters."""
        return _text(self.derived_bytes(*purpose))

    def derived_bytes(self, *purpose: str | int) -> bytes:
        """The same as 32 bytes. Different purposes give unrelated bits."""
        private = self.keys[0].as_dict(private=True)["d"]
        key = hmac.digest(b"stem-gateway derived secrets", str(private).encode(), hashlib.sha256)
        return hmac.digest(key, json.dumps(purpose).encode(), hashlib.sha256)


def issuer() -> Issuer:
    """The issuer with the keys as the file has them now. Raises SigningKeyUnusable."""
    settings = gateway_settings()
    return Issuer(settings.token_issuer, settings.token_audience, private_keys(settings.token_signing_key_file))


def sha256_hex(secret: str) -> str:
    """How a secret of 256 bits is kept."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
