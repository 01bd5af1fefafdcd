"""The next offer of a host that will host again: the same cohorts on the same weekdays, when those days are to come.

It is a draft like any other: the host changes it, submits it or withdraws it, and nobody else sees it before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from services.placements.domain.employer import Employer
from services.placements.domain.offer import Cohort, Offer
from shared.decision import Decision


def next_cohorts(offer: Offer, employer: Employer, weeks: int, today: date) -> tuple[Cohort, ...]:
    """What an employer hosted of an offer, so many weeks on, or a multiple of them if that is over as well.

    Cohorts at a site that it does not have any more are left out.
    """
    hosted = [one for one in offer.cohorts if one.employer_id == employer.id and _is_there(one, offer, employer)]
    shift = _shift(hosted, weeks, today)
    return tuple(
        one.model_copy(update={"starts_on": one.starts_on + shift, "ends_on": one.ends_on + shift, "accepted": 0})
        for one in hosted
    )


def draft_again(existing: Offer | None, fresh: Offer) -> Decision[None]:
    """Keep the draft. The host answers once for each placement of an offer: what the first answer drafted stays."""
    return Decision(None, fresh if existing is None else None)


def _is_there(cohort: Cohort, offer: Offer, employer: Employer) -> bool:
    if cohort.site_id is None:
        return offer.listing.remote
    return employer.site(cohort.site_id) is not None


def _shift(cohorts: Sequence[Cohort], weeks: int, today: date) -> timedelta:
    period = timedelta(weeks=weeks)
    first = min((cohort.starts_on for cohort in cohorts), default=today)
    return period * max(1, (today - first) // period + 1)
