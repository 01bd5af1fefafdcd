"""What this service keeps, with the indexes its queries need, and those queries by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.ambassadors.domain.ambassador import Ambassador, Volunteer
from services.ambassadors.domain.known import KnownEmployer, KnownPartnership, KnownSchool
from services.ambassadors.domain.offer import Offer
from services.ambassadors.domain.request import ActivityRequest, DiaryDay
from services.ambassadors.domain.safeguarding import Asker, Concern, ConcernEntry, Designation
from services.ambassadors.domain.tour import Tour
from services.ambassadors.domain.visit import AHEAD, Visit
from shared.database import Index
from shared.decision import Document
from shared.work import Work

MOST_REMOTE = 200
"""For what is done at a distance those who were asked least are looked at: everybody would be everybody."""

MOST_NEAR = 5_000
"""Of those who would come to a school so many are ranked, those who were asked least before the others."""

MOST_PREDECESSORS = 100
"""So many schools at most have gone on as one: more are a mistake of the register."""

DOCUMENTS: Mapping[type[Document], Sequence[Index]] = {
    Ambassador: (Index((("status", 1), ("id", 1))), Index((("account_id", 1),))),
    Volunteer: (),
    Offer: (
        Index((("open", 1), ("subjects", 1), ("south", 1))),
        Index((("open", 1), ("subjects", 1), ("load", 1))),
        Index((("latitude", 1),)),
    ),
    ActivityRequest: (
        Index((("school_urn", 1), ("id", 1))),
        Index((("partnership_id", 1), ("id", 1))),
        Index((("status", 1), ("id", 1))),
        Index((("invited_id", 1),)),
        Index((("ambassador_id", 1), ("id", 1))),
        Index((("tour_id", 1), ("id", 1))),
    ),
    DiaryDay: (),
    Visit: (
        Index((("school_urn", 1), ("id", 1))),
        Index((("ambassador_id", 1), ("status", 1), ("starts_at", 1))),
        Index((("partnership_id", 1), ("id", 1))),
    ),
    Tour: (Index((("partnership_id", 1), ("id", 1))),),
    Designation: (),
    Asker: (),
    Concern: (Index((("status", 1), ("id", 1))),),
    ConcernEntry: (Index((("concern_id", 1), ("id", 1))),),
    KnownSchool: (Index((("facts.outcode", 1),)), Index((("facts.postcode", 1),)), Index((("successor_urn", 1),))),
    KnownPartnership: (),
    KnownEmployer: (),
}


async def offers_for(work: Work, request: ActivityRequest) -> list[Offer]:
    """Those who take invitations, speak about one of the subjects, and would come so far: at most MOST_NEAR, or
    MOST_REMOTE for what is done at a distance, of those who were asked least.
    """
    activity, place = request.activity, request.place
    where: dict[str, object] = {
        "open": True,
        "subjects": {"$in": list(activity.subjects)},
        "formats": activity.format.value,
        "phases": {"$in": [phase.value for phase in activity.phases]},
    }
    if activity.remote:
        where["remote"] = True
        return await work.collection(Offer).find(where, sort=(("load", 1),), limit=MOST_REMOTE)
    where |= {
        "visits": True,
        "south": {"$lte": place.latitude},
        "north": {"$gte": place.latitude},
        "west": {"$lte": place.longitude},
        "east": {"$gte": place.longitude},
    }
    found = await work.collection(Offer).find(where, limit=MOST_NEAR + 1)
    # Nearly always that was all of them; in order of load the store would look at everybody of these subjects.
    if len(found) <= MOST_NEAR:
        return found
    return await work.collection(Offer).find(where, sort=(("load", 1),), limit=MOST_NEAR)


async def offers_around(work: Work, request: ActivityRequest, degrees: float, limit: int) -> list[Offer]:
    """Offers near a request's school, suitable or not; for what is done at a distance, those who work so."""
    place = request.place
    if request.activity.remote or place.latitude is None or place.longitude is None:
        return await work.collection(Offer).find({"remote": True}, sort=(("load", 1),), limit=limit)
    where = {
        "latitude": {"$gte": place.latitude - degrees, "$lte": place.latitude + degrees},
        "longitude": {"$gte": place.longitude - 2 * degrees, "$lte": place.longitude + 2 * degrees},
    }
    return await work.collection(Offer).find(where, limit=limit)


async def visits_ahead(work: Work, ambassador_id: str, now: datetime) -> list[str]:
    """The ids of an ambassador's visits that have not begun."""
    where = {
        "ambassador_id": ambassador_id,
        "status": {"$in": [status.value for status in AHEAD]},
        "ends_at": {"$gt": now},
    }
    return [visit.id for visit in await work.collection(Visit).find(where)]


async def invitations_of(work: Work, ambassador_id: str) -> list[str]:
    """The ids of the requests that wait for an ambassador's answer."""
    found = await work.collection(ActivityRequest).find({"invited_id": ambassador_id})
    return [request.id for request in found]


async def lineage(work: Work, school_urn: str) -> frozenset[str]:
    """Every identifier of a school, those included under which it, or a school that it took in, was known before."""
    urns, latest = {school_urn}, {school_urn}
    while latest:
        where = {"successor_urn": {"$in": sorted(latest)}}
        before = await work.collection(KnownSchool).find(where, limit=MOST_PREDECESSORS)
        latest = {school.id for school in before} - urns
        urns |= latest
    return frozenset(urns)


async def ambassador_of(work: Work, account_id: str) -> str | None:
    """Which ambassador an account is."""
    volunteer = await work.collection(Volunteer).get(account_id)
    return None if volunteer is None else volunteer.ambassador_id
