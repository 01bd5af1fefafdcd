"""The key pair that access tokens are signed with (ES256): the gateway alone holds the private half. And the key that
credentials are signed with, which courses alone holds, and publishes the public half of itself.

    python -m infra.local.keys --private FILE --public FILE [--credentials FILE]

makes what does not exist, with what a service image has installed; `stem keys generate` makes the pair as well.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from joserfc.jwk import ECKey, KeySet

PRIVATE_MODE = 0o600


def generate(private: Path, public: Path) -> bool:
    """Write a private JWK (mode 0600) and the JWK set with its public half, unless the private one is there already.

    The public file is written in any case, so that the two always belong together. Says whether the pair is new.
    """
    is_new = generate_private(private)
    key = ECKey.import_key(json.loads(private.read_text()))
    published = KeySet([key]).as_dict(private=False)
    for entry in published["keys"]:
        entry.update(use="sig", alg="ES256")
    public.parent.mkdir(parents=True, exist_ok=True)
    public.write_text(json.dumps(published, indent=1))
    return is_new


def generate_private(private: Path) -> bool:
    """Write a private JWK (mode 0600), unless it is there already. Says whether it is new."""
    if private.exists():
        return False
    key = ECKey.generate_key("P-256", auto_kid=True)
    private.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(private, os.O_CREAT | os.O_WRONLY | os.O_EXCL, PRIVATE_MODE), "w") as file:
        json.dump(key.as_dict(private=True) | {"use": "sig", "alg": "ES256"}, file)
    return True


def main() -> None:
    """Read the command line and make the pair."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--private", type=Path, required=True)
    arguments.add_argument("--public", type=Path, required=True)
    arguments.add_argument("--credentials", type=Path)
    files = arguments.parse_args()
    is_new = generate(files.private, files.public)
    if files.credentials is not None:
        generate_private(files.credentials)
    sys.stdout.write(f"the key pair for tokens {'was made' if is_new else 'is there'}\n")


if __name__ == "__main__":
    main()
