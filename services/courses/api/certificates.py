"""Certificates of full attendance: lists, and a check that needs no token."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query

from services.courses.api.certificate_models import (
    NUMBER,
    CertificateAnswer,
    VerificationAnswer,
    certificate_answer,
    verification_answer,
)
from services.courses.api.fields import ID_PATTERN
from services.courses.domain.certificate import Certificate
from services.courses.views import certificates as views
from shared.http.paging import CursorMalformed, Page, PageRequest, Value
from shared.http.principal import Caller
from shared.http.problems import problems
from shared.http.working import HttpWork, PublicWork
from shared.refusals import NotFound

router = APIRouter(prefix="/api/certificates", tags=["Certificates"])

Number = Annotated[
    str, Path(description="As it is written on the certificate; case and hyphens do not matter.", examples=[NUMBER])
]
ByDelegate = Annotated[
    str | None, Query(max_length=64, pattern=ID_PATTERN, description="Those of one delegate, by account id.")
]


def _position(certificate: Certificate) -> tuple[Value, ...]:
    return (None if certificate.facts is None else certificate.facts.issued_at, certificate.id)


@router.get("", summary="List certificates", responses=problems(CursorMalformed))
async def list_certificates(
    caller: Caller, work: HttpWork, paging: PageRequest, delegate_id: ByDelegate = None
) -> Page[CertificateAnswer]:
    """Your own; for staff of a school also those of its delegates, for officers and auditors all. The newest come
    first; revoked ones stay.
    """
    found = await views.certificates(work, caller, delegate_id, paging.after(datetime, str), paging.limit + 1)
    return paging.page(found, _position, certificate_answer)


@router.get("/{number}", summary="Verify a certificate", responses=problems(NotFound))
async def verify_certificate(number: Number, work: PublicWork) -> VerificationAnswer:
    """For everybody, without a token: what the certificate says, whether it still holds, and the hash of its facts. It
    does not say whose it is: the holder's own copy has the facts, and its hash must be this one.
    """
    return verification_answer(await views.certificate(work, number))
