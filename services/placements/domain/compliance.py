"""Compliance documents of an employer: what it must have before a teacher comes, and until when that holds.

A document counts by the day it is looked at. Renewing one records a newer one beside it; the one that runs out last
holds. Taking one back is told, so that placements that stand on it are looked at again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from services.placements.domain.employer import Employer, EmployerStatus, Paper
from services.placements.domain.vocabulary import PaperKind
from shared.contracts.employers import ComplianceDocumentRecorded, ComplianceDocumentWithdrawn
from shared.decision import Decision, Documents
from shared.refusals import Conflict, Invalid, Missing


class PaperExpired(Invalid):
    slug = "compliance-document-expired"
    title = "A compliance document ends after it begins, and not before today."


class NoSuchPaper(Missing):
    slug = "no-such-compliance-document"
    title = "The employer has no valid document of this kind."


class ComplianceMissing(Conflict):
    slug = "compliance-missing"
    title = "The employer lacks valid compliance documents, or is not verified."


def record(employer: Employer, _documents: Documents, _now: datetime, *, paper: Paper, on: date) -> Decision[Employer]:
    """Record a document of an employer. Raises PaperExpired."""
    if paper.expires_on < on or paper.expires_on < paper.valid_from:
        raise PaperExpired(field="expires_on")
    kept = employer.model_copy(update={"papers": (*employer.papers, paper)})
    told = ComplianceDocumentRecorded(
        employer_id=employer.id, document_kind=paper.kind.value, valid_until=paper.expires_on
    )
    return Decision(kept, kept, (), (told,))


def withdraw(
    employer: Employer, _documents: Documents, _now: datetime, *, kind: PaperKind, on: date
) -> Decision[Employer]:
    """Let no document of this kind count any more. Raises NoSuchPaper."""
    if valid_until(employer, kind, on) is None:
        raise NoSuchPaper()
    papers = tuple(
        paper.model_copy(update={"withdrawn": True}) if paper.kind is kind else paper for paper in employer.papers
    )
    kept = employer.model_copy(update={"papers": papers})
    told = ComplianceDocumentWithdrawn(employer_id=employer.id, document_kind=kind.value)
    return Decision(kept, kept, (), (told,))


def valid_until(employer: Employer, kind: PaperKind, on: date) -> date | None:
    """The last day of the document of this kind that is valid on a day; None where there is none."""
    ends = [
        paper.expires_on
        for paper in employer.papers
        if paper.kind is kind and not paper.withdrawn and paper.valid_from <= on <= paper.expires_on
    ]
    return max(ends, default=None)


def missing(employer: Employer | None, on: date) -> tuple[str, ...]:
    """What an employer lacks on a day, by name; nothing when a teacher may come."""
    if employer is None or employer.status is not EmployerStatus.VERIFIED:
        return ("verification",)
    return tuple(kind.value for kind in PaperKind if valid_until(employer, kind, on) is None)


def cleared_until(employer: Employer, on: date) -> date:
    """The last day on which everything that is valid on a day still is."""
    return min(_ends(employer, on), default=on)


def _ends(employer: Employer, on: date) -> Iterable[date]:
    for kind in PaperKind:
        end = valid_until(employer, kind, on)
        if end is not None:
            yield end
