"""Verifying access tokens: ES256 and nothing else, from our issuer, for our audience, not expired.

The public keys come from a JWKS file that is read again when it changes, so that keys can be rotated without a
restart; a file that has become unreadable leaves the keys as they were. A verified token is remembered by its hash for
at most a minute, since verifying costs more than most requests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, cast

import orjson
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from shared.clock import Clock
from shared.http.principal import ROLES, Principal, Role, TokenInvalid
from shared.refusals import Unavailable

ALGORITHM = "ES256"
LEEWAY_SECONDS = 10
REMEMBER_SECONDS = 60
REMEMBERED_TOKENS = 20_000
TOKEN_LENGTH = 8192

log = structlog.get_logger("tokens")


class Keys(Protocol):
    """Where the public keys come from."""

    def current(self) -> KeySet | None:
        """The keys as they are now, the same object until they change; None if there are none."""


class KeyFile:
    """The keys of a JWKS file."""

    def __init__(self, path: Path | None) -> None:
        self._path = path or Path("no TOKEN_JWKS_FILE is set")
        self._changed: int | None = None
        self._keys: KeySet | None = None

    def current(self) -> KeySet | None:
        """The keys of the file as it is now, or as it last could be read."""
        try:
            changed = self._path.stat().st_mtime_ns
            if changed != self._changed:
                self._keys = signing_keys(self._path.read_bytes())
                self._changed = changed
                log.info("token keys read", keys=len(self._keys.keys), file=str(self._path))
        except (OSError, ValueError, KeyError, TypeError, JoseError) as error:
            if self._changed != -1:
                log.error("token keys cannot be read", file=str(self._path), reason=type(error).__name__)  # noqa: TRY400
            self._changed = -1
        return self._keys


class KnownKeys:
    """Keys that are given, for tests and tools."""

    def __init__(self, keys: KeySet) -> None:
        self._keys = keys

    def current(self) -> KeySet | None:
        """Always these."""
        return self._keys


def signing_keys(jwks: bytes) -> KeySet:
    """The P-256 keys of a JWKS document; others are left aside. Raises what a malformed document raises."""
    keys = [key for key in KeySet.import_key_set(orjson.loads(jwks)).keys if _signs(key)]
    return KeySet(keys)


def _signs(key: object) -> bool:
    return isinstance(key, ECKey) and key.curve_name == "P-256"


class Verifier:
    """Turns access tokens into principals."""

    def __init__(self, keys: Keys, *, issuer: str, audience: str, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(clock.now().timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            sub={"essential": True},
            exp={"essential": True},
        )
        self._remembered: dict[bytes, tuple[Principal, float]] = {}
        self._remembered_under: KeySet | None = None

    def has_keys(self) -> bool:
        """Whether tokens can be verified at all."""
        return bool(self._keys.current())

    def principal(self, token: str) -> Principal:
        """Who the token stands for. Raises TokenInvalid, or Unavailable while there are no keys."""
        keys = self._keys.current()
        if not keys:
            raise Unavailable("No keys to verify tokens with have been read yet.")
        if keys is not self._remembered_under:
            self._remembered.clear()
            self._remembered_under = keys
        if len(token) > TOKEN_LENGTH:
            raise TokenInvalid()
        name = hashlib.sha256(token.encode()).digest()
        now = self._clock.now().timestamp()
        known = self._remembered.get(name)
        if known is not None and now < known[1]:
            return known[0]
        claims = self._verified(token, keys)
        principal = principal_of(claims)
        self._remember(name, principal, min(now + REMEMBER_SECONDS, claims["exp"] + LEEWAY_SECONDS))
        return principal

    def _verified(self, token: str, keys: KeySet) -> dict[str, Any]:
        try:
            claims = jwt.decode(token, keys, algorithms=[ALGORITHM]).claims
            self._claims.validate(claims)
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            log.debug("token refused", reason=type(error).__name__)
            raise TokenInvalid() from None
        return claims

    def _remember(self, name: bytes, principal: Principal, until: float) -> None:
        if len(self._remembered) >= REMEMBERED_TOKENS:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[name] = (principal, until)


def principal_of(claims: Mapping[str, Any]) -> Principal:
    """The principal of verified claims; roles that nobody knows are left aside. Raises TokenInvalid."""
    subject, roles = claims["sub"], claims.get("roles", [])
    if not isinstance(subject, str) or not subject or not isinstance(roles, list):
        raise TokenInvalid()
    known = frozenset(cast("Role", role) for role in roles if isinstance(role, str) and role in ROLES)
    return Principal(
        subject, known, _id(claims, "school_urn"), _id(claims, "employer_id"), _id(claims, "partnership_id")
    )


def _id(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    if value is not None and not isinstance(value, str):
        raise TokenInvalid()
    return value or None
