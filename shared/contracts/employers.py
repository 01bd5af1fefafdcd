"""What the placements service says about employers: who they are, and whether the programme vouches for them.

Aggregate: `employers/<id>`.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from shared.contracts.event import Event, Upcaster

EmployerKind = Literal["company", "university"]


class EmployerRegistered(Event):
    """An employer has been registered; nobody has verified it yet."""

    type: ClassVar[str] = "placements.employer-registered.v1"
    aggregate: ClassVar[str] = "employers/{employer_id}"
    employer_id: str
    employer_name: str
    employer_kind: EmployerKind
    company_number: str | None
    sic_codes: tuple[str, ...]
    region: str | None


class EmployerVerified(Event):
    """A programme officer has verified the employer: its offers may be published."""

    type: ClassVar[str] = "placements.employer-verified.v1"
    aggregate: ClassVar[str] = "employers/{employer_id}"
    employer_id: str


class EmployerChanged(Event):
    """The employer has another name, kind or company number: whoever verified it before, it is to be verified again."""

    type: ClassVar[str] = "placements.employer-changed.v1"
    aggregate: ClassVar[str] = "employers/{employer_id}"
    employer_id: str
    employer_name: str
    employer_kind: EmployerKind
    company_number: str | None


class EmployerSuspended(Event):
    """The programme vouches for the employer no more: nobody is placed there until it is verified again."""

    type: ClassVar[str] = "placements.employer-suspended.v1"
    aggregate: ClassVar[str] = "employers/{employer_id}"
    employer_id: str


class ComplianceDocumentRecorded(Event):
    """The employer has a compliance document of this kind until the end of `valid_until`."""

    type: ClassVar[str] = "placements.compliance-document-recorded.v1"
    aggregate: ClassVar[str] = "employers/{employer_id}"
    employer_id: str
    document_kind: str
    valid_until: date


class ComplianceDocumentWithdrawn(Event):
    """No compliance document of this kind counts any more."""

    type: ClassVar[str] = "placements.compliance-document-withdrawn.v1"
    aggregate: ClassVar[str] = "employers/{employer_id}"
    employer_id: str
    document_kind: str


EmployersEvent = (
    EmployerRegistered
    | EmployerVerified
    | EmployerChanged
    | EmployerSuspended
    | ComplianceDocumentRecorded
    | ComplianceDocumentWithdrawn
)

UPCASTERS: tuple[Upcaster, ...] = ()
