"""What an ambassador offers schools, as matching reads it: a side document written with every change of the ambassador.

It holds what a match is decided by and nothing about the person: no name, no postcode. Its box (south, north, west,
east) is where the ambassador travels, so that the store finds those who would come to a school by their own radius.

Who invites somebody writes so here, in the same decision, and the ambassador hears of it later: otherwise several
requests that invite at a time would all see the same offer, and one person get more than the limit.
"""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta

from pydantic import Field

from services.ambassadors.domain.ambassador import Ambassador, Engagement, Period, Status, status_at
from services.ambassadors.domain.vocabulary import JURISDICTION_OF, Format, Jurisdiction, Phase, Weekday
from shared.decision import Document
from shared.position import KM_PER_DEGREE

FOR_EVER = date(9999, 12, 31)


class Offer(Document):
    """See the module; the id is the ambassador's. `cleared` gives the last day of each jurisdiction's check, `load` how
    much was asked of the ambassador lately, `reserved` the expiries of invitations, by request, of which the ambassador
    has not heard yet; `invitations` counts those, too.
    """

    collection = "offers"
    open: bool
    subjects: tuple[str, ...]
    skills: tuple[str, ...] = ()
    phases: tuple[Phase, ...]
    languages: tuple[str, ...]
    formats: tuple[Format, ...]
    visits: bool
    remote: bool
    radius_km: int
    latitude: float
    longitude: float
    south: float
    north: float
    west: float
    east: float
    weekdays: tuple[Weekday, ...]
    away: tuple[Period, ...]
    cleared: dict[Jurisdiction, date]
    engagements: tuple[Engagement, ...]
    invitations: int
    load: int
    invited_at: datetime | None
    reserved: dict[str, datetime] = Field(default_factory=dict)

    def reserve(self, request_id: str, expires_at: datetime, now: datetime) -> Offer:
        """The offer with one more invitation."""
        more = {"invitations": self.invitations + 1, "load": self.load + 1, "invited_at": now}
        return self.model_copy(update={**more, "reserved": {**self.reserved, request_id: expires_at}})


def offer_of(ambassador: Ambassador, now: datetime, before: Offer | None = None) -> Offer:
    """What an ambassador offers as they stand now; `before` knows of invitations that they have not heard of."""
    profile, home = ambassador.profile, ambassador.home
    latitude, longitude = (home.latitude, home.longitude) if home is not None else (0.0, 0.0)
    high = profile.radius_km / KM_PER_DEGREE
    wide = high / max(0.01, math.cos(math.radians(latitude)))
    since = now - timedelta(days=ambassador.load_days)
    lately = tuple(found for found in ambassador.engagements.values() if found.starts_at > since)
    reserved = {} if before is None else _unheard(ambassador, before, now)
    invitations = len(reserved) + sum(expires_at > now for expires_at in ambassador.invitations.values())
    asked = (ambassador.invited_at, before.invited_at if before is not None and reserved else None)
    return Offer(
        id=ambassador.id,
        open=home is not None and status_at(ambassador, now) is Status.ACTIVE,
        subjects=profile.subjects,
        skills=profile.skills,
        phases=profile.phases,
        languages=profile.languages,
        formats=profile.formats,
        visits=profile.visits,
        remote=profile.remote,
        radius_km=profile.radius_km,
        latitude=latitude,
        longitude=longitude,
        south=latitude - high,
        north=latitude + high,
        west=longitude - wide,
        east=longitude + wide,
        weekdays=profile.weekdays,
        away=profile.away,
        cleared={
            JURISDICTION_OF[found.scheme]: found.valid_until or FOR_EVER
            for found in ambassador.credentials.values()
            if found.counts_on(now.date())
        },
        engagements=tuple(found for found in lately if found.ends_at > now),
        invitations=invitations,
        load=len(lately) + invitations,
        invited_at=max((at for at in asked if at is not None), default=None),
        reserved=reserved,
    )


def _unheard(ambassador: Ambassador, before: Offer, now: datetime) -> dict[str, datetime]:
    """Reserved invitations that are open and that the ambassador does not count yet."""
    return {
        request_id: expires_at
        for request_id, expires_at in before.reserved.items()
        if expires_at > now and request_id not in ambassador.invitations
    }
