"""Access tokens for tests: keys of one's own, and tokens signed with them, right or wrong on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from shared.clock import Clock
from shared.http.principal import Role
from shared.http.tokens import ALGORITHM, KnownKeys
from shared.ids import new_id

ISSUER = "stem-gateway"
AUDIENCE = "stem"
LASTS_SECONDS = 900


def new_key(kid: str = "test") -> ECKey:
    """A fresh P-256 key."""
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": ALGORITHM})


@dataclass(slots=True)
class TokenMaker:
    """Signs tokens as the gateway would."""

    clock: Clock
    key: ECKey = field(default_factory=new_key)

    def keys(self) -> KnownKeys:
        """The public half, for `assemble(…, keys=…)`."""
        public = ECKey.import_key(self.key.as_dict(private=False))
        return KnownKeys(KeySet([public]))

    def token(self, subject: str, *roles: Role, **claims: Any) -> str:
        """A token; claims given by name replace or add to the usual ones, None leaves one out."""
        now = int(self.clock.now().timestamp())
        usual: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject,
            "roles": list(roles),
            "iat": now,
            "exp": now + LASTS_SECONDS,
            "jti": new_id(),
        }
        wanted = {name: value for name, value in (usual | claims).items() if value is not None}
        return jwt.encode({"alg": ALGORITHM, "kid": self.key.kid}, wanted, self.key, algorithms=[ALGORITHM])

    def headers(self, subject: str, *roles: Role, **claims: Any) -> Mapping[str, str]:
        """The Authorization header of such a token."""
        return {"Authorization": f"Bearer {self.token(subject, *roles, **claims)}"}
