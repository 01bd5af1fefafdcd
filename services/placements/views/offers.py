"""Finding offers: by subject, phase, dates, words, distance and places left.

The store answers what it has indexes for; distance and places left are worked out here, over slices from the newest on,
until a page is full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.placements.domain.offer import ANNOUNCED, Offer, OfferStatus, places_left
from services.placements.domain.vocabulary import OfferKind, Phase
from services.placements.use_cases.offering import words_of
from shared.http.paging import Value, following
from shared.http.principal import Principal
from shared.position import Position
from shared.refusals import NotFound
from shared.work import Work

SORT = (("posted_at", -1), ("id", -1))
SLICE = 200


@dataclass(frozen=True, slots=True)
class OfferAudience:
    """Which offers a caller may see: those that are announced, its own employer's, or all."""

    everything: bool = False
    employer_id: str | None = None

    @classmethod
    def of(cls, caller: Principal | None) -> OfferAudience:
        """The audience of a caller."""
        if caller is None:
            return cls()
        return cls(
            everything=caller.has("programme-officer", "auditor"),
            employer_id=caller.employer_id if caller.has("host-contact") else None,
        )

    def sees(self, offer: Offer) -> bool:
        """Whether this offer is theirs to see."""
        return self.everything or offer.status in ANNOUNCED or self.employer_id in offer.employer_ids

    def filter(self) -> dict[str, Any]:
        """The same for the store."""
        if self.everything:
            return {}
        announced = {"status": {"$in": [status.value for status in ANNOUNCED]}}
        if self.employer_id is None:
            return announced
        return {"$or": [announced, {"employer_ids": self.employer_id}]}


@dataclass(frozen=True, slots=True)
class OfferSearch:
    """What is looked for. `near` with `radius_km` keeps remote offers, and leaves out those without a position."""

    subject: str | None = None
    phase: Phase | None = None
    kind: OfferKind | None = None
    remote: bool | None = None
    employer_id: str | None = None
    status: OfferStatus | None = None
    starts_from: date | None = None
    ends_before: date | None = None
    q: str | None = None
    near: Position | None = None
    radius_km: float = 0.0
    places: int = 0

    def filter(self) -> list[dict[str, Any]]:
        """What the store can answer."""
        where: list[dict[str, Any]] = []
        for field, value in (
            ("listing.subjects", self.subject),
            ("listing.phases", self.phase and self.phase.value),
            ("listing.kind", self.kind and self.kind.value),
            ("listing.remote", self.remote),
            ("employer_ids", self.employer_id),
            ("status", self.status and self.status.value),
        ):
            if value is not None:
                where.append({field: value})
        return [*where, *({"listing.words": {"$regex": f"^{word}"}} for word in words_of(self.q or "")[:10])]

    def matches(self, offer: Offer, now: datetime) -> bool:
        """What the store cannot answer."""
        if places_left(offer, now) < self.places:
            return False
        fits = [
            cohort
            for cohort in offer.cohorts
            if (self.starts_from is None or cohort.ends_on >= self.starts_from)
            and (self.ends_before is None or cohort.starts_on < self.ends_before)
        ]
        if not fits:
            return False
        distance = self.distance(offer)
        return self.near is None or offer.listing.remote or (distance is not None and distance <= self.radius_km)

    def distance(self, offer: Offer) -> float | None:
        """How far away its nearest site is, in km; None without a place to go by."""
        return None if self.near is None else nearest_km(self.near, offer)


def nearest_km(near: Position, offer: Offer) -> float | None:
    """How far the nearest site of an offer is, in km; None where no site has a position."""
    distances = [
        near.km_to(site.latitude, site.longitude)
        for site in offer.listing.sites
        if site.latitude is not None and site.longitude is not None
    ]
    return min(distances, default=None)


async def offer(work: Work, audience: OfferAudience, offer_id: str) -> Offer:
    """One offer. Raises NotFound, also for one that the caller may not see."""
    found = await work.collection(Offer).get(offer_id)
    if found is None or not audience.sees(found):
        raise NotFound()
    return found


async def find_offers(
    work: Work, audience: OfferAudience, wanted: OfferSearch, after: tuple[Value, ...] | None, limit: int
) -> Sequence[Offer]:
    """Up to `limit` offers from the newest on."""
    now = work.clock.now()
    found: list[Offer] = []
    while True:
        where = [*wanted.filter(), audience.filter(), following(SORT, after)]
        part = await work.collection(Offer).find(
            {"$and": [condition for condition in where if condition] or [{}]}, sort=SORT, limit=SLICE
        )
        found += [one for one in part if wanted.matches(one, now)]
        if len(part) < SLICE or len(found) >= limit:
            return found[:limit]
        after = (part[-1].posted_at, part[-1].id)
