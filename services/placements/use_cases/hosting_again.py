"""A host that will host again finds its next offer drafted."""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

from services.placements.domain.employer import Employer
from services.placements.domain.hosting_again import draft_again, next_cohorts
from services.placements.domain.offer import Offer
from services.placements.domain.placement import Placement
from services.placements.domain.terms import today
from services.placements.policies import policy_at
from services.placements.use_cases.offering import CohortPlan, Plan, assembled
from shared.refusals import NotFound
from shared.work import Work


async def draft_next_offer(work: Work, placement_id: str) -> None:
    """Draft the offer that follows the one of a placement, once for each host of it."""
    placement = await work.collection(Placement).get(placement_id)
    offer = None if placement is None else await work.collection(Offer).get(placement.match.offer_id)
    employer = None if placement is None else await work.collection(Employer).get(placement.match.employer_id)
    if offer is None or employer is None:
        raise NotFound()
    fresh = _next(offer, employer, work)
    if fresh is not None:
        await work.create_or_change(
            Offer, fresh.id, lambda existing, _documents, _now: draft_again(existing, fresh), lambda _existing: ()
        )


def _next(offer: Offer, employer: Employer, work: Work) -> Offer | None:
    """The next offer; None where nothing of the earlier one can be hosted any more."""
    now = work.clock.now()
    policy = policy_at(now)
    cohorts = next_cohorts(offer, employer, policy.next_offer_weeks, today(now, policy.zone))
    if not cohorts:
        return None
    listing = offer.listing
    plan = Plan(
        employer_id=employer.id,
        title=listing.title,
        summary=listing.summary,
        kind=listing.kind,
        days=listing.days,
        subjects=listing.subjects,
        phases=listing.phases,
        cohorts=tuple(CohortPlan(one.starts_on, one.ends_on, one.places, one.site_id) for one in cohorts),
        remote=listing.remote,
        access=listing.access,
        cover_pence_per_day=listing.cover_pence_per_day,
    )
    offer_id = str(uuid5(NAMESPACE_URL, f"offers/{offer.id}/hosted-again-by/{employer.id}"))
    return assembled(plan, offer_id, {employer.id: employer}, now).model_copy(update={"follows": offer.id})
