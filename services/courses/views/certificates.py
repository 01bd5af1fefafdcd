"""Certificates as their delegates, their schools and everybody may see them."""

from __future__ import annotations

from typing import Any

from services.courses.domain.certificate import Certificate, CertificateRevoked, CertificateStatus, Facts
from services.courses.domain.certificate_number import as_written
from services.courses.store import lineage
from services.courses.views.bookings import SEES_ALL, SEES_SCHOOL
from shared.http.paging import Value, following
from shared.http.principal import Principal
from shared.refusals import NotFound
from shared.work import Work

SORT = (("facts.issued_at", -1), ("id", -1))


async def certificate(work: Work, typed: str) -> Certificate:
    """The certificate of a number as somebody has typed it. Raises NotFound, whatever is wrong with it."""
    number = as_written(typed)
    found = await work.collection(Certificate).find({"number": number}, limit=1) if number is not None else []
    if not found or found[0].facts is None:
        raise NotFound()
    return found[0]


async def own_certificate(work: Work, caller: Principal, typed: str) -> Certificate:
    """The same for who would see it in the list. Raises NotFound."""
    found = await certificate(work, typed)
    seen = {"$and": [{"number": found.number}, await _seen_by(work, caller)]}
    if not await work.collection(Certificate).count(seen, at_most=1):
        raise NotFound()
    return found


def valid_facts(known: Certificate) -> Facts:
    """What a certificate says, while it holds. Raises CertificateRevoked."""
    if known.facts is None or known.status is not CertificateStatus.VALID:
        raise CertificateRevoked()
    return known.facts


async def certificates(
    work: Work, caller: Principal, delegate_id: str | None, after: tuple[Value, ...] | None, limit: int
) -> list[Certificate]:
    """What was issued, the newest first: the caller's own, their school's under every URN it had, or everybody's."""
    where = [await _seen_by(work, caller), following(SORT, after)]
    if delegate_id is not None:
        where.append({"facts.delegate_id": delegate_id})
    return await work.collection(Certificate).find(
        {"$and": [condition for condition in where if condition]}, sort=SORT, limit=limit
    )


async def _seen_by(work: Work, caller: Principal) -> dict[str, Any]:
    if caller.has(*SEES_ALL):
        return {"facts.delegate_id": {"$gt": ""}}
    own: list[dict[str, Any]] = [{"facts.delegate_id": caller.subject}]
    if caller.school_urn is not None and caller.has(*SEES_SCHOOL):
        own.append({"facts.school_urn": {"$in": await lineage(work, caller.school_urn)}})
    return {"$or": own}
