"""Private keys from a file, for a service that signs: a JWK set of private P-256 keys, or one such key by itself.

The first one signs; the others are still published, so that what they signed stays good. To rotate, put a new key in
front: the file is read again when it changes. What goes wrong says which file, never what is in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey

ALGORITHM: Final = "ES256"


class SigningKeyUnusable(Exception):
    """The file does not hold private P-256 keys. Says which file, never what is in it."""


def private_keys(file: Path) -> tuple[ECKey, ...]:
    """The keys as the file has them now, one at least. Raises SigningKeyUnusable."""
    try:
        changed = file.stat().st_mtime_ns
    except OSError as error:
        raise SigningKeyUnusable(f"{file} cannot be read: {error.strerror}") from error
    return _read(file, changed)


def public_halves(keys: Iterable[ECKey]) -> list[dict[str, Any]]:
    """What everybody may know of these keys, as JWKs."""
    public = [key.as_dict(private=False) | {"use": "sig", "alg": ALGORITHM} for key in keys]
    return [dict(sorted(key.items())) for key in public]


@cache
def _read(file: Path, _changed: int) -> tuple[ECKey, ...]:
    try:
        content = json.loads(file.read_text())
        keys = tuple(_private_key(entry) for entry in content.get("keys", [content]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, JoseError) as error:
        raise SigningKeyUnusable(f"{file} does not hold private P-256 keys") from error
    if not keys:
        raise SigningKeyUnusable(f"{file} holds no key")
    return keys


def _private_key(entry: dict[str, Any]) -> ECKey:
    key = ECKey.import_key(entry)
    if key.curve_name != "P-256" or not key.is_private:
        raise ValueError("not a private P-256 key")
    key.ensure_kid()
    return key
