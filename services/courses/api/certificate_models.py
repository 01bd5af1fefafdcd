"""What goes over the wire about certificates."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.courses.api.fields import DELEGATE_ID
from services.courses.domain.certificate import Certificate, CertificateStatus, Facts
from shared.http.requests import ResponseModel
from shared.refusals import NotFound

NUMBER = "7K3Q-X9M2-WDF4-T8V8"
SHA256 = "66445eb12187111ea0650e704375c12d1c3dd232bad0f64f918e011cddcecf46"
TAUGHT: JsonDict = {
    "number": NUMBER,
    "course_code": "PH210",
    "course_title": "Practical physics for non-specialists",
    "starts_on": "2026-11-06",
    "ends_on": "2026-11-13",
    "minutes": 720,
    "issued_at": "2026-11-13T16:04:12.482000Z",
}
STANDING: JsonDict = {"status": "valid", "revoked_at": None, "reason": None, "sha256": SHA256}
Status = Literal["valid", "revoked"]
PUBLIC_KEY: JsonDict = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    "kid": "Jk8mGbmM2ePp0TtHT3sGBi9Ht0GAcLE4XuWC0jVuqzo",
    "use": "sig",
    "alg": "ES256",
}
CREDENTIAL = (
    "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJAY29udGV4dCI6WyJodHRwczovL3d3dy53My5vcmcvbnMvY3JlZGVudGlhbHMvdjIiXX0."
    "kq2b8m1pYt0sVw7c"
)


class FactsAnswer(ResponseModel):
    """What is certified. The hash is over these, as JSON with its names in alphabetical order and without blanks."""

    number: str
    delegate_id: str
    school_urn: str
    course_code: str
    course_title: str
    starts_on: date
    ends_on: date
    minutes: int = Field(description="Those taught, over all sessions.")
    issued_at: datetime


class CertificateAnswer(ResponseModel):
    """A certificate for its delegate and their school. `sha256` is the hash of the facts."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"facts": {**TAUGHT, "delegate_id": DELEGATE_ID, "school_urn": "900001"}, **STANDING}]
        }
    )
    facts: FactsAnswer
    status: Status
    revoked_at: datetime | None
    reason: str | None
    sha256: str


class VerificationAnswer(ResponseModel):
    """What everybody may know who has a certificate's number: what was taught, and whether it still holds."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**TAUGHT, **STANDING}]})
    number: str
    course_code: str
    course_title: str
    starts_on: date
    ends_on: date
    minutes: int
    issued_at: datetime
    status: Status
    revoked_at: datetime | None
    reason: str | None
    sha256: str


class CredentialAnswer(ResponseModel):
    """An Open Badges 3.0 AchievementCredential as a VC-JWT: what a badge wallet takes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"credential": CREDENTIAL}]})
    credential: str


class KeyAnswer(ResponseModel):
    """A public P-256 key."""

    model_config = ConfigDict(extra="ignore", json_schema_extra={"examples": [PUBLIC_KEY]})
    kty: str
    crv: str
    x: str
    y: str
    kid: str
    use: str
    alg: str


class KeySetAnswer(ResponseModel):
    """A JWK set."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"keys": [PUBLIC_KEY]}]})
    keys: tuple[KeyAnswer, ...]


def certificate_answer(certificate: Certificate) -> CertificateAnswer:
    """With all its facts."""
    return CertificateAnswer(
        facts=FactsAnswer(**_issued(certificate).model_dump()),
        status=_status(certificate),
        revoked_at=certificate.revoked_at,
        reason=certificate.reason,
        sha256=certificate.sha256 or "",
    )


def verification_answer(certificate: Certificate) -> VerificationAnswer:
    """Without whose it is."""
    return VerificationAnswer(
        **_issued(certificate).model_dump(exclude={"delegate_id", "school_urn"}),
        status=_status(certificate),
        revoked_at=certificate.revoked_at,
        reason=certificate.reason,
        sha256=certificate.sha256 or "",
    )


def _issued(certificate: Certificate) -> Facts:
    if certificate.facts is None:
        raise NotFound()
    return certificate.facts


def _status(certificate: Certificate) -> Status:
    return "revoked" if certificate.status is CertificateStatus.REVOKED else "valid"
