"""A certificate as an Open Badges 3.0 credential, and the claims of its VC-JWT.

Source: 1EdTech Open Badges 3.0, "JSON Web Token Proof Format": the payload is the credential itself, with `iss`, `jti`,
`nbf` and `sub` repeating its issuer, id, validFrom and subject. `nbf` counts whole seconds and must be `validFrom`.
All identifiers are addresses under the public one: that of the credential is where its certificate is verified.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from services.courses.domain.certificate import Facts

CONTEXT: Final = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)


def claims_of(facts: Facts, base: str, issuer: str) -> dict[str, Any]:
    """The payload of the VC-JWT. `base` is the public address without a slash at its end, `issuer` a name."""
    credential = _credential(facts, base, issuer)
    return credential | {
        "iss": credential["issuer"]["id"],
        "jti": credential["id"],
        "nbf": int(facts.issued_at.timestamp()),
        "sub": credential["credentialSubject"]["id"],
    }


def _credential(facts: Facts, base: str, issuer: str) -> dict[str, Any]:
    since = datetime.fromtimestamp(int(facts.issued_at.timestamp()), UTC)
    return {
        "@context": list(CONTEXT),
        "id": f"{base}/api/certificates/{facts.number}",
        "type": ["VerifiableCredential", "AchievementCredential"],
        "issuer": {"id": base, "type": ["Profile"], "name": issuer},
        "validFrom": since.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "name": facts.course_title,
        "credentialSubject": {
            "id": f"{base}/delegates/{quote(facts.delegate_id, safe='')}",
            "type": ["AchievementSubject"],
            "achievement": _achievement(facts, base),
        },
    }


def _achievement(facts: Facts, base: str) -> dict[str, Any]:
    days = f"on {facts.starts_on}" if facts.starts_on == facts.ends_on else f"{facts.starts_on} to {facts.ends_on}"
    return {
        "id": f"{base}/api/courses?q={quote(facts.course_code, safe='')}",
        "type": ["Achievement"],
        "achievementType": "CertificateOfCompletion",
        "humanCode": facts.course_code,
        "name": facts.course_title,
        "description": f"{facts.course_title}, {days}: {facts.minutes} minutes taught.",
        "criteria": {"narrative": "Present at every session of the course, from its beginning to its end."},
    }
