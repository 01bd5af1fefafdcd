"""A certificate: that a delegate was at every session of a course in full.

It follows the settled attendance of a booking, one root for each of its delegates. The latest revision decides, in
whatever order revisions come: a correction that takes full attendance away revokes the certificate, one that gives it
back reinstates it under its number, since its facts are the same. A correction that comes before anything was
certified is remembered as `withheld`, so that the revision before it, coming late, certifies nothing.

The hash is SHA-256 over the canonical form of the facts: whoever holds them can tell that none was changed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from services.courses.domain.occurrence import Occurrence
from shared.decision import Decision, Root
from shared.refusals import Conflict
from shared.transitions import Table, Transition

CORRECTED = "attendance corrected"
SYSTEM = "system"


class CertificateStatus(StrEnum):
    """How a certificate stands. One that is withheld was never issued, and is shown to nobody."""

    WITHHELD = "withheld"
    VALID = "valid"
    REVOKED = "revoked"


CERTIFICATE = Table(
    (
        Transition(CertificateStatus.WITHHELD, "issue", SYSTEM, CertificateStatus.VALID),
        Transition(CertificateStatus.WITHHELD, "withhold", SYSTEM, CertificateStatus.WITHHELD),
        Transition(CertificateStatus.VALID, "issue", SYSTEM, CertificateStatus.VALID),
        Transition(CertificateStatus.VALID, "withhold", SYSTEM, CertificateStatus.REVOKED),
        Transition(CertificateStatus.REVOKED, "issue", SYSTEM, CertificateStatus.VALID),
        Transition(CertificateStatus.REVOKED, "withhold", SYSTEM, CertificateStatus.REVOKED),
    )
)


class CertificateRevoked(Conflict):
    slug = "certificate-revoked"
    title = "The certificate is revoked: the attendance was corrected."


class Facts(BaseModel):
    """What is certified; ids only. `starts_on` and `ends_on` are days where it took place, `minutes` those taught."""

    model_config = ConfigDict(frozen=True)
    number: str
    delegate_id: str
    school_urn: str
    course_code: str
    course_title: str
    starts_on: date
    ends_on: date
    minutes: int
    issued_at: datetime

    def canonical(self) -> bytes:
        """One form of these facts and of no others: JSON in UTF-8 without blanks, its names in alphabetical order."""
        facts = self.model_dump(mode="json")
        return json.dumps(facts, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()

    def sha256(self) -> str:
        """The hash of the canonical form, in hexadecimal."""
        return hashlib.sha256(self.canonical()).hexdigest()


class Certificate(Root):
    """See the module; the id is made by `certificate_id`. `revision` is that of the attendance it was last decided by.

    `facts` and `sha256` are those of its issue, and stay. `revoked_at` and `reason` are of one that is revoked.
    """

    collection = "certificates"
    number: str
    status: CertificateStatus
    revision: int
    facts: Facts | None = None
    sha256: str | None = None
    revoked_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Attended:
    """What the register says of a delegate, at a revision of their booking."""

    delegate_id: str
    school_urn: str
    booking_id: str
    revision: int
    in_full: bool


def certificate_id(booking_id: str, delegate_id: str) -> str:
    """The key of a delegate's certificate: a booking is for one occurrence."""
    return f"{booking_id}/{delegate_id}"


def follow(
    known: Certificate | None, occurrence: Occurrence, attended: Attended, now: datetime, number: str
) -> Decision[None]:
    """Let a certificate follow the register. `number` is for one that is not known yet."""
    if known is not None and known.revision >= attended.revision:
        return Decision(None)
    if known is None and not attended.in_full and attended.revision == 1:
        return Decision(None)
    before = known or Certificate(
        id=certificate_id(attended.booking_id, attended.delegate_id),
        number=number,
        status=CertificateStatus.WITHHELD,
        revision=0,
    )
    status = CERTIFICATE.next(before.status, "issue" if attended.in_full else "withhold")
    after = before.model_copy(update={"status": status, "revision": attended.revision})
    if status is CertificateStatus.VALID:
        return Decision(None, _issued(after, occurrence, attended, now))
    if status is CertificateStatus.REVOKED and before.status is CertificateStatus.VALID:
        return Decision(None, after.model_copy(update={"revoked_at": now, "reason": CORRECTED}))
    return Decision(None, after)


def _issued(certificate: Certificate, occurrence: Occurrence, attended: Attended, now: datetime) -> Certificate:
    """Valid, with the facts of its first issue."""
    facts = certificate.facts or _facts(certificate.number, occurrence, attended, now)
    changes = {"facts": facts, "sha256": certificate.sha256 or facts.sha256(), "revoked_at": None, "reason": None}
    return certificate.model_copy(update=changes)


def _facts(number: str, occurrence: Occurrence, attended: Attended, now: datetime) -> Facts:
    zone = ZoneInfo(occurrence.zone)
    seconds = sum((session.ends_at - session.starts_at).total_seconds() for session in occurrence.sessions)
    return Facts(
        number=number,
        delegate_id=attended.delegate_id,
        school_urn=attended.school_urn,
        course_code=occurrence.listing.code,
        course_title=occurrence.listing.title,
        starts_on=occurrence.starts_on,
        ends_on=occurrence.ends_at.astimezone(zone).date(),
        minutes=int(seconds) // 60,
        issued_at=now,
    )
