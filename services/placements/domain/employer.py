"""An employer: a company or university that hosts teachers, with its sites, contacts and compliance documents.

Anybody from it may register it; only a programme officer verifies it, and offers are published for verified employers
alone. What was verified is who it is: with another name, kind or company number it is to be verified again. Company
numbers name one employer: a side document keyed by the number guards that.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from services.placements.domain.vocabulary import PaperKind
from shared.contracts.employers import (
    EmployerChanged,
    EmployerKind,
    EmployerRegistered,
    EmployerSuspended,
    EmployerVerified,
)
from shared.contracts.event import Event
from shared.decision import Decision, Document, Documents, Read, Root
from shared.refusals import Conflict
from shared.transitions import Table, Transition


class EmployerStatus(StrEnum):
    """What the programme says of an employer."""

    REGISTERED = "registered"
    VERIFIED = "verified"
    SUSPENDED = "suspended"
    REJECTED = "rejected"


_S = EmployerStatus
OFFICER = "programme-officer"
HOST = "host-contact"

EMPLOYER = Table(
    (
        Transition(_S.REGISTERED, "change", HOST, _S.REGISTERED),
        Transition(_S.REGISTERED, "verify", OFFICER, _S.VERIFIED),
        Transition(_S.REGISTERED, "reject", OFFICER, _S.REJECTED),
        Transition(_S.REGISTERED, "rename", HOST, _S.REGISTERED),
        Transition(_S.VERIFIED, "change", HOST, _S.VERIFIED),
        Transition(_S.VERIFIED, "rename", HOST, _S.REGISTERED),
        Transition(_S.VERIFIED, "suspend", OFFICER, _S.SUSPENDED),
        Transition(_S.SUSPENDED, "change", HOST, _S.SUSPENDED),
        Transition(_S.SUSPENDED, "rename", HOST, _S.SUSPENDED),
        Transition(_S.SUSPENDED, "verify", OFFICER, _S.VERIFIED),
        Transition(_S.REJECTED, "change", HOST, _S.REGISTERED),
        Transition(_S.REJECTED, "rename", HOST, _S.REGISTERED),
    )
)


class CompanyNumberTaken(Conflict):
    slug = "company-number-taken"
    title = "Another employer is registered under this company number."


class EmployerExists(Conflict):
    slug = "employer-registered"
    title = "You have registered your employer already: change it instead."


class Site(BaseModel):
    """A place where teachers are hosted. `site_id` is the employer's own name for it."""

    model_config = ConfigDict(frozen=True)
    site_id: str
    name: str
    address: str | None = None
    postcode: str
    region: str | None = None
    latitude: float | None = None
    longitude: float | None = None


class EmployerFacts(BaseModel):
    """What an employer says of itself. Contacts are accounts, by id only."""

    model_config = ConfigDict(frozen=True)
    name: str
    kind: EmployerKind
    company_number: str | None = None
    sic_codes: tuple[str, ...] = ()
    region: str | None = None
    sites: tuple[Site, ...] = ()
    contact_ids: tuple[str, ...] = ()


class Paper(BaseModel):
    """A compliance document: valid on its last day, not after it. The paper itself stays with the employer."""

    model_config = ConfigDict(frozen=True)
    kind: PaperKind
    reference: str
    valid_from: date
    expires_on: date
    recorded_at: datetime
    recorded_by: str
    withdrawn: bool = False


class Employer(Root):
    """See the module. `papers` are those recorded, the newest of a kind last; `reason` says why it is not verified.

    `suspended_at` is when the programme began to vouch for it no more; None while it does, or never has.
    """

    collection = "employers"
    status: EmployerStatus
    facts: EmployerFacts
    papers: tuple[Paper, ...] = ()
    registered_at: datetime
    reason: str | None = None
    suspended_at: datetime | None = None

    @property
    def identity(self) -> tuple[str, EmployerKind, str | None]:
        """Who it is: what the programme verifies."""
        return (self.facts.name, self.facts.kind, self.facts.company_number)

    def site(self, site_id: str | None) -> Site | None:
        """One of its sites."""
        return next((site for site in self.facts.sites if site.site_id == site_id), None)


class CompanyNumber(Document):
    """Who is registered under a company number; the id is the number. None: nobody any more."""

    collection = "company_numbers"
    employer_id: str | None


def numbers_read(employer: Employer | None, facts: EmployerFacts) -> tuple[Read, ...]:
    """The company numbers that a decision on an employer looks at."""
    numbers = {facts.company_number, employer.facts.company_number if employer is not None else None}
    return tuple((CompanyNumber, number) for number in numbers if number is not None)


def register(
    employer: Employer | None, documents: Documents, now: datetime, *, employer_id: str, facts: EmployerFacts
) -> Decision[Employer]:
    """Take a new employer in, to be verified. Raises EmployerExists, CompanyNumberTaken."""
    if employer is not None:
        raise EmployerExists(employer_id=employer_id)
    fresh = Employer(id=employer_id, status=EmployerStatus.REGISTERED, facts=facts, registered_at=now)
    told = EmployerRegistered(
        employer_id=employer_id,
        employer_name=facts.name,
        employer_kind=facts.kind,
        company_number=facts.company_number,
        sic_codes=facts.sic_codes,
        region=facts.region,
    )
    return Decision(fresh, fresh, _claims(None, fresh, documents), (told,))


def change(employer: Employer, documents: Documents, now: datetime, *, facts: EmployerFacts) -> Decision[Employer]:
    """Give an employer other facts; one that is somebody else by them is to be verified again.

    Raises WrongState, CompanyNumberTaken.
    """
    told = employer.model_copy(update={"facts": facts})
    renamed = told.identity != employer.identity
    status = EMPLOYER.next(employer.status, "rename" if renamed else "change")
    if told == employer and status is employer.status:
        return Decision(employer)
    changes: dict[str, object] = {"status": status}
    if status is _S.REGISTERED:
        changes |= {"reason": None, "suspended_at": now if employer.status is _S.VERIFIED else employer.suspended_at}
    kept = told.model_copy(update=changes)
    return Decision(kept, kept, _claims(employer, kept, documents), (_changed(kept),) if renamed else ())


def verify(employer: Employer, _documents: Documents, _now: datetime) -> Decision[Employer]:
    """Vouch for an employer. Raises WrongState."""
    return _stepped(employer, "verify", None, EmployerVerified(employer_id=employer.id))


def suspend(employer: Employer, _documents: Documents, now: datetime, *, reason: str) -> Decision[Employer]:
    """Vouch for it no more: nobody is placed there until it is verified again. Raises WrongState."""
    return _stepped(employer, "suspend", reason, EmployerSuspended(employer_id=employer.id), suspended_at=now)


def reject(employer: Employer, _documents: Documents, _now: datetime, *, reason: str) -> Decision[Employer]:
    """Turn a registration down: its company number is free for who it belongs to. Raises WrongState."""
    number = employer.facts.company_number
    decision = _stepped(employer, "reject", reason, suspended_at=employer.suspended_at)
    return decision if number is None else replace(decision, documents=(CompanyNumber(id=number, employer_id=None),))


def _changed(employer: Employer) -> EmployerChanged:
    facts = employer.facts
    return EmployerChanged(
        employer_id=employer.id, employer_name=facts.name, employer_kind=facts.kind, company_number=facts.company_number
    )


def _stepped(
    employer: Employer, verb: str, reason: str | None, *events: Event, suspended_at: datetime | None = None
) -> Decision[Employer]:
    status = EMPLOYER.next(employer.status, verb)
    kept = employer.model_copy(update={"status": status, "reason": reason, "suspended_at": suspended_at})
    return Decision(kept, kept, (), events)


def _claims(before: Employer | None, after: Employer, documents: Documents) -> tuple[Document, ...]:
    """Its company number is taken, and one that it had is let go. Raises CompanyNumberTaken."""
    number = after.facts.company_number
    earlier = before.facts.company_number if before is not None and before.status is not _S.REJECTED else None
    if number == earlier:
        return ()
    claims: list[Document] = []
    if number is not None:
        holder = documents.get(CompanyNumber, number)
        if holder is not None and holder.employer_id not in (None, after.id):
            raise CompanyNumberTaken(field="company_number")
        claims.append(CompanyNumber(id=number, employer_id=after.id))
    if earlier is not None:
        claims.append(CompanyNumber(id=earlier, employer_id=None))
    return tuple(claims)
