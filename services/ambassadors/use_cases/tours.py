"""Tours: asked for by a partnership's lead, made school by school."""

from __future__ import annotations

from collections.abc import Sequence

from services.ambassadors.domain import tour as domain
from services.ambassadors.domain.asking import Wish
from services.ambassadors.domain.known import KnownPartnership
from services.ambassadors.domain.request import Activity, Slot
from services.ambassadors.domain.tour import Stop, Tour
from services.ambassadors.policies import visit_terms_at
from services.ambassadors.use_cases import requests
from shared.ids import new_id
from shared.refusals import Refusal, Unavailable
from shared.work import Work


async def plan(
    work: Work, partnership_id: str, by: str, activity: Activity, stops: Sequence[tuple[str, tuple[Slot, ...]]]
) -> Tour:
    """Ask for a tour."""
    asked_at = work.clock.now()
    terms = visit_terms_at(asked_at)
    fresh = Tour(
        id=new_id(),
        partnership_id=partnership_id,
        asked_by=by,
        asked_at=asked_at,
        activity=activity,
        stops=tuple(Stop(school_urn=urn, request_id=new_id(), slots=slots) for urn, slots in stops),
    )
    return await work.create_or_change(
        Tour,
        fresh.id,
        lambda _existing, documents, now: domain.plan(documents, now, fresh, terms),
        lambda _existing: [(KnownPartnership, partnership_id)],
    )


async def go_on(work: Work, tour_id: str) -> None:
    """Make the requests that are still to be made."""
    tour = await work.collection(Tour).get(tour_id)
    for stop in () if tour is None else tour.stops:
        if tour is not None and not stop.made and stop.refused is None:
            await _make(work, tour, stop)


async def _make(work: Work, tour: Tour, stop: Stop) -> None:
    refused = None
    wish = Wish(
        request_id=stop.request_id,
        school_urn=stop.school_urn,
        asked_by=tour.asked_by,
        activity=tour.activity,
        slots=stop.slots,
        partnership_id=tour.partnership_id,
        tour_id=tour.id,
    )
    try:
        await requests.ask(work, wish)
    except Unavailable:
        raise
    except Refusal as refusal:
        refused = refusal.slug
    await work.change(Tour, tour.id, lambda root, _documents, now: domain.made(root, now, stop.request_id, refused))
