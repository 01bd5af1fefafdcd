"""A placement offer: the root that holds every number the rules of places need.

accepted + live offered places ≤ places, in each cohort, always. A place that is offered to a teacher is live while now
is before its deadline: one that has run out never counts, whether the schedule has tidied it away or not.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from services.placements.domain.terms import Terms, midnight
from services.placements.domain.vocabulary import AccessNeed, OfferKind, Phase
from shared.contracts.placements import PlacementOfferPublished
from shared.decision import Document, Root
from shared.transitions import Table, Transition


class OfferStatus(StrEnum):
    """Where an offer is in its life."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    UNDER_REVIEW = "under-review"
    PUBLISHED = "published"
    PAUSED = "paused"
    FILLED = "filled"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


_S = OfferStatus
HOST = "host-contact"
OFFICER = "programme-officer"
TEACHER = "teacher"
SYSTEM = "system"
SCHEDULE = "schedule"

OFFER = Table(
    (
        Transition(_S.DRAFT, "change", HOST, _S.DRAFT),
        Transition(_S.DRAFT, "submit", HOST, _S.SUBMITTED),
        Transition(_S.DRAFT, "withdraw", HOST, _S.WITHDRAWN),
        Transition(_S.SUBMITTED, "review", OFFICER, _S.UNDER_REVIEW),
        Transition(_S.SUBMITTED, "withdraw", HOST, _S.WITHDRAWN),
        Transition(_S.UNDER_REVIEW, "return", OFFICER, _S.DRAFT),
        Transition(_S.UNDER_REVIEW, "publish", OFFICER, _S.PUBLISHED),
        Transition(_S.UNDER_REVIEW, "withdraw", HOST, _S.WITHDRAWN),
        Transition(_S.PUBLISHED, "apply", TEACHER, _S.PUBLISHED),
        Transition(_S.PUBLISHED, "pause", HOST, _S.PAUSED),
        Transition(_S.PUBLISHED, "fill", SYSTEM, _S.FILLED),
        Transition(_S.PUBLISHED, "close", HOST, _S.CLOSED),
        Transition(_S.PUBLISHED, "withdraw", HOST, _S.WITHDRAWN),
        Transition(_S.PUBLISHED, "expire", SCHEDULE, _S.EXPIRED),
        Transition(_S.PAUSED, "resume", HOST, _S.PUBLISHED),
        Transition(_S.PAUSED, "fill", SYSTEM, _S.FILLED),
        Transition(_S.PAUSED, "close", HOST, _S.CLOSED),
        Transition(_S.PAUSED, "withdraw", HOST, _S.WITHDRAWN),
        Transition(_S.PAUSED, "expire", SCHEDULE, _S.EXPIRED),
        Transition(_S.FILLED, "reopen", SYSTEM, _S.PUBLISHED),
        Transition(_S.FILLED, "reopen-paused", SYSTEM, _S.PAUSED),
        Transition(_S.FILLED, "close", HOST, _S.CLOSED),
        Transition(_S.FILLED, "withdraw", HOST, _S.WITHDRAWN),
        Transition(_S.FILLED, "expire", SCHEDULE, _S.CLOSED),
    )
)

ANNOUNCED = (_S.PUBLISHED, _S.PAUSED, _S.FILLED, _S.CLOSED, _S.EXPIRED)
"""What everybody may see: what was published once, and was not taken back."""

MOST_COHORTS = 20
"""How many cohorts an offer has at most."""

MOST_OTHER_HOSTS = 10
"""How many employers at most host an offer besides the one that posts it."""

LASTING = (_S.PUBLISHED, _S.PAUSED, _S.FILLED)
"""What comes to its end by time."""


class Chore(StrEnum):
    """What is left to be done to an offer's many applications, in slices, after its own status has changed."""

    REJECT = "reject-applications"


class Cohort(BaseModel):
    """Teachers who are hosted together, by one of the offer's employers, on days within these dates.

    `accepted` places are taken; `site_id` names a site of the employer, None where it is remote.
    """

    model_config = ConfigDict(frozen=True)
    number: int
    employer_id: str
    site_id: str | None
    starts_on: date
    ends_on: date
    places: int
    accepted: int = 0


class Where(BaseModel):
    """The site of a cohort as it was when the offer was made: what distance is measured to."""

    model_config = ConfigDict(frozen=True)
    cohort: int
    name: str
    postcode: str
    region: str | None = None
    latitude: float | None = None
    longitude: float | None = None


class Listing(BaseModel):
    """What is shown, searched and matched: nothing here decides about a place.

    `cover_pence_per_day` is what the employer pays a school for cover.
    """

    model_config = ConfigDict(frozen=True)
    title: str
    summary: str
    kind: OfferKind
    days: int
    subjects: tuple[str, ...]
    phases: tuple[Phase, ...]
    remote: bool
    access: tuple[AccessNeed, ...] = ()
    cover_pence_per_day: int = 0
    sites: tuple[Where, ...] = ()
    words: tuple[str, ...] = ()


class Pending(BaseModel):
    """An application that somebody has to answer. `offered` ones hold a place of their cohort until then."""

    model_config = ConfigDict(frozen=True)
    cohort: int
    expires_at: datetime
    remind_at: datetime | None = None
    offered: bool = False


class Offer(Root):
    """See the module. The first of `employer_ids` posted it. `reference` is the partner's own name for it, `follows`
    the earlier offer that it was drafted from because its host will host again. One that was `paused` when it was
    filled is so again when a place becomes free; so is one with a host that is not verified any more.
    """

    collection = "offers"
    status: OfferStatus
    employer_ids: tuple[str, ...]
    reference: str | None = None
    listing: Listing
    cohorts: tuple[Cohort, ...]
    terms: Terms
    posted_at: datetime
    pending: dict[str, Pending] = Field(default_factory=dict)
    chore: Chore | None = None
    reason: str | None = None
    follows: str | None = None
    paused: bool = False

    @property
    def starts_on(self) -> date:
        """The first day on which it may begin."""
        return min(cohort.starts_on for cohort in self.cohorts)

    @property
    def ends_on(self) -> date:
        """The last day on which it may end."""
        return max(cohort.ends_on for cohort in self.cohorts)

    @property
    def capacity(self) -> int:
        """Its places in all."""
        return sum(cohort.places for cohort in self.cohorts)

    @property
    def closes_at(self) -> datetime:
        """When nobody can begin any more: the last day that leaves enough days in the last cohort is over."""
        last = self.ends_on - timedelta(days=self.listing.days - 1)
        return midnight(last + timedelta(days=1), self.terms.zone)

    def cohort(self, number: int) -> Cohort | None:
        """One of its cohorts."""
        return next((cohort for cohort in self.cohorts if cohort.number == number), None)


class OfferReference(Document):
    """Which offer a partner's own reference names; the id is `reference_key`."""

    collection = "offer_references"
    offer_id: str


def reference_key(employer_id: str, reference: str) -> str:
    """The key of a partner's own reference."""
    return f"{employer_id}/{reference}"


def offered(offer: Offer, number: int, now: datetime) -> int:
    """Places of a cohort that teachers have yet to answer for."""
    return sum(
        pending.offered and pending.cohort == number and now < pending.expires_at for pending in offer.pending.values()
    )


def free(offer: Offer, cohort: Cohort, now: datetime) -> int:
    """Places of a cohort that are nobody's now."""
    return cohort.places - cohort.accepted - offered(offer, cohort.number, now)


def places_left(offer: Offer, now: datetime) -> int:
    """Places that are nobody's now, in all cohorts."""
    return sum(max(0, free(offer, cohort, now)) for cohort in offer.cohorts)


def is_full(offer: Offer) -> bool:
    """Whether every place is taken for good."""
    return all(cohort.accepted >= cohort.places for cohort in offer.cohorts)


def published(offer: Offer) -> PlacementOfferPublished:
    """That teachers may apply for it, as it is told."""
    return PlacementOfferPublished(
        offer_id=offer.id,
        employer_ids=offer.employer_ids,
        subjects=offer.listing.subjects,
        remote=offer.listing.remote,
        days=offer.listing.days,
        starts_on=offer.starts_on,
        ends_on=offer.ends_on,
        capacity=offer.capacity,
    )
