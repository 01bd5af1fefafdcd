"""What goes over the wire about employers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from services.placements.api.fields import EMPLOYER_ID, Id, Postcode, ShortText
from services.placements.domain.compliance import missing
from services.placements.domain.employer import Employer, EmployerFacts, EmployerStatus, Paper, Site
from services.placements.domain.terms import today
from services.placements.domain.vocabulary import PaperKind
from services.placements.policies import policy_at
from services.placements.views.places import tidied
from shared.contracts.employers import EmployerKind
from shared.http.requests import RequestModel, ResponseModel

_SITE: dict[str, Any] = {
    "site_id": "york",
    "name": "Process laboratory",
    "address": "1 River Lane",
    "postcode": "YO1 1AA",
    "region": "Yorkshire and The Humber",
    "latitude": 53.9583,
    "longitude": -1.0803,
}
_EMPLOYER: dict[str, Any] = {
    "name": "Ouse Instruments Ltd",
    "kind": "company",
    "company_number": "01234567",
    "sic_codes": ["26511"],
    "region": "Yorkshire and The Humber",
    "sites": [_SITE],
    "contact_ids": ["0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d12"],
}


class SiteRequest(RequestModel):
    """A place where teachers are hosted. Without a position it gets that of its postcode, where we know it."""

    site_id: Id
    name: ShortText
    address: Annotated[str, Field(max_length=300)] | None = None
    postcode: Postcode
    region: ShortText | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None


class EmployerRequest(RequestModel):
    """What an employer says of itself. Contacts are account ids; SIC codes are those of 2007, with five digits."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EMPLOYER]})
    name: ShortText
    kind: EmployerKind
    company_number: Annotated[str, Field(pattern=r"^[A-Z0-9]{8}$")] | None = None
    sic_codes: Annotated[tuple[Annotated[str, Field(pattern=r"^[0-9]{5}$")], ...], Field(max_length=10)] = ()
    region: ShortText | None = None
    sites: Annotated[tuple[SiteRequest, ...], Field(max_length=50)] = ()
    contact_ids: Annotated[tuple[Id, ...], Field(max_length=20)] = ()

    @model_validator(mode="after")
    def _sites_once(self) -> EmployerRequest:
        if len({site.site_id for site in self.sites}) < len(self.sites):
            raise ValueError("Each site has an id of its own")
        return self

    def facts(self) -> EmployerFacts:
        """As the domain knows it."""
        sites = [Site(**site.model_dump() | {"postcode": tidied(site.postcode)}) for site in self.sites]
        return EmployerFacts(**self.model_dump() | {"sites": tuple(sites)})


class PaperRequest(RequestModel):
    """A compliance document: its number at the insurer or in your files, and its first and last day."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"reference": "EL-2027-0042", "valid_from": "2026-09-01", "expires_on": "2027-08-31"}]
        }
    )
    reference: ShortText
    valid_from: date
    expires_on: date


class SiteAnswer(ResponseModel):
    """A place where teachers are hosted."""

    site_id: str
    name: str
    address: str | None
    postcode: str
    region: str | None
    latitude: float | None
    longitude: float | None


class PaperAnswer(ResponseModel):
    """A compliance document."""

    kind: PaperKind
    reference: str
    valid_from: date
    expires_on: date
    recorded_at: datetime
    withdrawn: bool


class EmployerAnswer(ResponseModel):
    """An employer. `lacks` names what is missing today before a teacher may come; `reason` why it is not verified."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "employer_id": EMPLOYER_ID,
                    "status": "verified",
                    **_EMPLOYER,
                    "documents": [
                        {
                            "kind": "liability-insurance",
                            "reference": "EL-2027-0042",
                            "valid_from": "2026-09-01",
                            "expires_on": "2027-08-31",
                            "recorded_at": "2026-09-14T10:17:07.250000Z",
                            "withdrawn": False,
                        }
                    ],
                    "lacks": ["risk-assessment", "health-and-safety"],
                    "reason": None,
                }
            ]
        }
    )
    employer_id: str
    status: EmployerStatus
    name: str
    kind: EmployerKind
    company_number: str | None
    sic_codes: tuple[str, ...]
    region: str | None
    sites: tuple[SiteAnswer, ...]
    contact_ids: tuple[str, ...]
    documents: tuple[PaperAnswer, ...]
    lacks: tuple[str, ...]
    reason: str | None


def employer_answer(employer: Employer, now: datetime) -> EmployerAnswer:
    """An employer as it stands today."""
    facts = employer.facts
    return EmployerAnswer(
        employer_id=employer.id,
        status=employer.status,
        name=facts.name,
        kind=facts.kind,
        company_number=facts.company_number,
        sic_codes=facts.sic_codes,
        region=facts.region,
        sites=tuple(SiteAnswer(**site.model_dump()) for site in facts.sites),
        contact_ids=facts.contact_ids,
        documents=tuple(_paper_answer(paper) for paper in employer.papers),
        lacks=missing(employer, today(now, policy_at(now).zone)),
        reason=employer.reason,
    )


def _paper_answer(paper: Paper) -> PaperAnswer:
    return PaperAnswer(**paper.model_dump(exclude={"recorded_by"}))
