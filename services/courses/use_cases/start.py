"""What courses does when it starts: see whether it can sign credentials."""

from __future__ import annotations

import structlog

from services.courses.signing import credential_keys
from shared.work import Work

log = structlog.get_logger("courses")


async def check_credential_keys(_work: Work) -> None:
    """Raises SigningKeyUnusable for a key file that is no good; without one credentials are not signed."""
    keys = credential_keys()
    log.info("credential keys read", keys=len(keys), signs_with=keys[0].kid if keys else None)
