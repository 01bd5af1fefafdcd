"""What goes over the wire about offers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from services.placements.api.fields import EMPLOYER_ID, OFFER_ID, Days, Id, LongText, Pence, Places, ShortText
from services.placements.domain.offer import (
    MOST_COHORTS,
    MOST_OTHER_HOSTS,
    Cohort,
    Offer,
    OfferStatus,
    free,
    places_left,
)
from services.placements.domain.vocabulary import AccessNeed, OfferKind, Phase
from services.placements.use_cases.offering import CohortPlan, Plan
from shared.http.requests import RequestModel, ResponseModel

_COHORT: dict[str, Any] = {
    "starts_on": "2027-06-07",
    "ends_on": "2027-06-18",
    "places": 4,
    "site_id": "york",
    "employer_id": EMPLOYER_ID,
}
_OFFER: dict[str, Any] = {
    "title": "Two weeks in the process laboratory",
    "summary": "Work beside our chemists on a real measuring problem, and take a lesson home.",
    "kind": "ten-days",
    "days": None,
    "subjects": ["Chemistry", "Physics"],
    "phases": ["secondary", "post-16"],
    "cohorts": [_COHORT],
    "remote": False,
    "access": ["step-free", "parking"],
    "cover_pence_per_day": 15000,
    "also_hosted_by": [],
    "reference": "OUSE-2027-01",
}


class CohortRequest(RequestModel):
    """Teachers who are hosted together: on the offer's number of days within these dates, both included."""

    starts_on: date
    ends_on: date
    places: Places
    site_id: Annotated[Id | None, Field(description="A site of the employer; none for a remote offer.")] = None
    employer_id: Annotated[Id | None, Field(description="Which of the hosts; the one that posts if none is given.")] = (
        None
    )


class OfferRequest(RequestModel):
    """What a host offers. `days` is for single days: the other kinds say it themselves."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"employer_id": EMPLOYER_ID, **_OFFER}]})
    employer_id: Annotated[
        Id | None, Field(description="Who posts: a programme officer names the employer, a host contact need not.")
    ] = None
    title: ShortText
    summary: LongText
    kind: OfferKind
    days: Days | None = None
    subjects: Annotated[tuple[ShortText, ...], Field(min_length=1, max_length=20)]
    phases: Annotated[tuple[Phase, ...], Field(min_length=1, max_length=4)]
    cohorts: Annotated[tuple[CohortRequest, ...], Field(min_length=1, max_length=MOST_COHORTS)]
    remote: bool = False
    access: Annotated[tuple[AccessNeed, ...], Field(max_length=20)] = ()
    cover_pence_per_day: Pence = 0
    also_hosted_by: Annotated[tuple[Id, ...], Field(max_length=MOST_OTHER_HOSTS)] = ()
    reference: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")] | None = None

    @model_validator(mode="after")
    def _days_for_single_days(self) -> OfferRequest:
        if self.kind is OfferKind.SINGLE_DAYS and self.days is None:
            raise ValueError("Single days need the number of days")
        return self

    def plan(self, employer_id: str) -> Plan:
        """As the use case takes it."""
        return Plan(
            employer_id=employer_id,
            title=self.title,
            summary=self.summary,
            kind=self.kind,
            days=self.days,
            subjects=tuple(dict.fromkeys(self.subjects)),
            phases=tuple(dict.fromkeys(self.phases)),
            cohorts=tuple(CohortPlan(**cohort.model_dump()) for cohort in self.cohorts),
            remote=self.remote,
            access=tuple(dict.fromkeys(self.access)),
            cover_pence_per_day=self.cover_pence_per_day,
            also_hosted_by=self.also_hosted_by,
            reference=self.reference,
        )


class CohortAnswer(ResponseModel):
    """A cohort; `places_left` are those that are nobody's now."""

    number: int
    employer_id: str
    site_id: str | None
    site_name: str | None
    postcode: str | None
    region: str | None
    starts_on: date
    ends_on: date
    places: int
    places_left: int


class OfferAnswer(ResponseModel):
    """An offer as it stands now. `applications` wait for an answer; `reason` says why it was returned or withdrawn;
    `follows` is the earlier offer that it was drafted from.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "offer_id": OFFER_ID,
                    "status": "published",
                    "employer_ids": [EMPLOYER_ID],
                    **{name: value for name, value in _OFFER.items() if name != "also_hosted_by"},
                    "days": 10,
                    "cohorts": [
                        {
                            "number": 1,
                            **_COHORT,
                            "site_name": "Process laboratory",
                            "postcode": "YO1 1AA",
                            "region": "Yorkshire and The Humber",
                            "places_left": 3,
                        }
                    ],
                    "capacity": 4,
                    "places_left": 3,
                    "applications": 2,
                    "bursary_pence_per_day": 22000,
                    "closes_at": "2027-06-09T23:00:00Z",
                    "reason": None,
                    "follows": None,
                    "distance_km": None,
                }
            ]
        }
    )
    offer_id: str
    status: OfferStatus
    employer_ids: tuple[str, ...]
    reference: str | None
    title: str
    summary: str
    kind: OfferKind
    days: int
    subjects: tuple[str, ...]
    phases: tuple[Phase, ...]
    remote: bool
    access: tuple[AccessNeed, ...]
    cover_pence_per_day: int
    cohorts: tuple[CohortAnswer, ...]
    capacity: int
    places_left: int
    applications: int
    bursary_pence_per_day: int
    closes_at: datetime
    reason: str | None
    follows: str | None
    distance_km: float | None = None


def offer_answer(offer: Offer, now: datetime, distance_km: float | None = None) -> OfferAnswer:
    """An offer as it stands now."""
    listing = offer.listing
    return OfferAnswer(
        offer_id=offer.id,
        status=offer.status,
        employer_ids=offer.employer_ids,
        reference=offer.reference,
        title=listing.title,
        summary=listing.summary,
        kind=listing.kind,
        days=listing.days,
        subjects=listing.subjects,
        phases=listing.phases,
        remote=listing.remote,
        access=listing.access,
        cover_pence_per_day=listing.cover_pence_per_day,
        cohorts=tuple(_cohort_answer(offer, cohort, now) for cohort in offer.cohorts),
        capacity=offer.capacity,
        places_left=places_left(offer, now),
        applications=sum(now < pending.expires_at for pending in offer.pending.values()),
        bursary_pence_per_day=offer.terms.day_rate_pence,
        closes_at=offer.closes_at,
        reason=offer.reason,
        follows=offer.follows,
        distance_km=None if distance_km is None else round(distance_km, 1),
    )


def _cohort_answer(offer: Offer, cohort: Cohort, now: datetime) -> CohortAnswer:
    where = next((site for site in offer.listing.sites if site.cohort == cohort.number), None)
    return CohortAnswer(
        number=cohort.number,
        employer_id=cohort.employer_id,
        site_id=cohort.site_id,
        site_name=where.name if where is not None else None,
        postcode=where.postcode if where is not None else None,
        region=where.region if where is not None else None,
        starts_on=cohort.starts_on,
        ends_on=cohort.ends_on,
        places=cohort.places,
        places_left=max(0, free(offer, cohort, now)),
    )
