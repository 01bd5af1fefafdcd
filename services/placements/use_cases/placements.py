"""Placements: made of accepted applications, signed, begun, recorded, completed, cancelled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.placements.domain import agreement, arranging, hosting, reflecting
from services.placements.domain.application import Application
from services.placements.domain.diary import Diary
from services.placements.domain.employer import Employer
from services.placements.domain.hosting import Day
from services.placements.domain.known import KnownSchool, is_guarded, successor
from services.placements.domain.offer import Offer
from services.placements.domain.party import Actor
from services.placements.domain.placement import Match, Party, Placement
from services.placements.domain.progress import reads, recheck, tidy
from services.placements.domain.terms import check_reason
from services.placements.policies import ReasonsFor, policy_at
from services.placements.store import current_urn, placements_that_stand_on, unended_placements
from services.placements.use_cases import applying
from shared.decision import Decision, Documents, ReadsInTurn
from shared.refusals import NotFound
from shared.work import Work

Decide = Callable[[Placement, Documents, datetime], Decision[Placement]]
Quietly = Callable[[Placement, Documents, datetime], Decision[None]]


async def arrange(
    work: Work, placement_id: str, application_id: str, amount_pence: int, partnership_id: str | None
) -> None:
    """Make the placement of an accepted application.

    Whether its school guards its cover is read with the decision: a guard that is set meanwhile is told of placements
    that are there, and this one asks it.
    """
    application = await work.collection(Application).get(application_id)
    offer = None if application is None else await work.collection(Offer).get(application.offer_id)
    if application is None or offer is None:
        raise NotFound()
    employer = await work.collection(Employer).get(application.employer_id)
    match = _match(application, offer, employer, amount_pence, partnership_id)
    urn = await current_urn(work, match.school_urn)
    await work.create_or_change(
        Placement,
        placement_id,
        lambda root, documents, now: arranging.arrange(
            root,
            documents,
            now,
            placement_id=placement_id,
            match=match,
            terms=offer.terms,
            guarded=is_guarded(documents, urn),
        ),
        ReadsInTurn[Placement](
            lambda _root: [(Employer, match.employer_id), (Diary, match.teacher_id), (KnownSchool, urn)],
            lambda documents: successor(documents, urn),
        ),
    )


def _match(
    application: Application, offer: Offer, employer: Employer | None, amount_pence: int, partnership_id: str | None
) -> Match:
    wishes = application.wishes
    cohort = offer.cohort(wishes.cohort)
    if cohort is None:
        raise NotFound()
    where = next((site for site in offer.listing.sites if site.cohort == cohort.number), None)
    name = employer.facts.name if employer is not None else application.employer_id
    return Match(
        offer_id=offer.id,
        application_id=application.id,
        employer_id=application.employer_id,
        school_urn=application.school_urn,
        teacher_id=application.teacher_id,
        partnership_id=partnership_id,
        amount_pence=amount_pence,
        subjects=offer.listing.subjects,
        dates=wishes.dates,
        opens_on=cohort.starts_on,
        closes_on=cohort.ends_on,
        site=f"{name}, {where.name}, {where.postcode}" if where is not None else f"{name}, remote",
        cover_pence_per_day=offer.listing.cover_pence_per_day,
    )


async def cover_granted(work: Work, placement_id: str) -> None:
    """The school can spare the teacher."""
    await _quietly(work, placement_id, arranging.cover_granted)


async def cover_refused(work: Work, placement_id: str, reason: str) -> None:
    """The school cannot spare the teacher."""
    await _quietly(
        work,
        placement_id,
        lambda placement, documents, now: arranging.cover_refused(placement, documents, now, reason=reason),
    )


async def funds_reserved(work: Work, placement_id: str) -> None:
    """The bursary pays."""
    await _quietly(work, placement_id, arranging.funds_reserved)


async def funds_refused(work: Work, placement_id: str, reason: str) -> None:
    """The bursary does not pay."""
    days = policy_at(work.clock.now()).own_cost_days
    await _quietly(
        work,
        placement_id,
        lambda placement, documents, now: arranging.funds_refused(placement, documents, now, reason=reason, days=days),
    )


async def tell_guard(work: Work, school_urn: str) -> None:
    """A school guards its cover from now on: tell it of what was agreed before."""
    for placement_id in await unended_placements(work, school_urn):
        await _quietly(work, placement_id, arranging.tell_guard)


async def release_place(work: Work, placement_id: str) -> None:
    """A placement was cancelled: its place on the offer is free again."""
    placement = await work.collection(Placement).get(placement_id)
    if placement is not None:
        await applying.release(work, placement.match.offer_id, placement.match.application_id)


async def recheck_compliance(work: Work, employer_id: str) -> None:
    """An employer's documents have changed: look again at what stands on them."""
    for placement_id in await placements_that_stand_on(work, employer_id):
        await _quietly(work, placement_id, recheck)


async def act_on_due(work: Work, placement_id: str) -> None:
    """Do what time has brought."""
    await _quietly(work, placement_id, tidy)


async def go_on_at_own_cost(work: Work, placement_id: str, actor: Actor) -> Placement:
    """The bursary does not pay, and teacher or school would rather bear the cost."""
    return await _decide(
        work,
        placement_id,
        lambda placement, documents, now: arranging.go_on_at_own_cost(placement, documents, now, actor=actor),
    )


async def sign(work: Work, placement_id: str, actor: Actor, party: Party, version: int) -> Placement:
    """Sign the agreement for a party."""
    return await _decide(
        work,
        placement_id,
        lambda placement, documents, now: agreement.sign(
            placement, documents, now, actor=actor, party=party, version=version
        ),
    )


async def amend(work: Work, placement_id: str, actor: Actor, changes: Mapping[str, Any], reason: str) -> Placement:
    """Make the next version of the agreement."""
    touches = policy_at(work.clock.now()).touches
    return await _decide(
        work,
        placement_id,
        lambda placement, documents, now: agreement.amend(
            placement, documents, now, actor=actor, changes=changes, touches=touches, reason=reason
        ),
    )


async def confirm(work: Work, placement_id: str, actor: Actor) -> Placement:
    """The host expects the teacher."""
    return await _decide(
        work, placement_id, lambda placement, documents, now: hosting.confirm(placement, documents, now, actor=actor)
    )


async def record_days(work: Work, placement_id: str, actor: Actor, days: Sequence[Day]) -> Placement:
    """Record days."""
    return await _decide(
        work,
        placement_id,
        lambda placement, documents, now: hosting.record(placement, documents, now, actor=actor, days=days),
    )


async def close_days(work: Work, placement_id: str, actor: Actor, reason: str) -> Placement:
    """Wait for no more days of the host."""
    return await _decide(
        work,
        placement_id,
        lambda placement, documents, now: hosting.close_days(placement, documents, now, actor=actor, reason=reason),
    )


async def confirm_days(work: Work, placement_id: str, actor: Actor) -> Placement:
    """The teacher agrees to what was recorded."""
    return await _decide(
        work,
        placement_id,
        lambda placement, documents, now: hosting.confirm_days(placement, documents, now, actor=actor),
    )


async def dispute_days(work: Work, placement_id: str, actor: Actor, reason: str) -> Placement:
    """The teacher does not agree."""
    return await _decide(
        work,
        placement_id,
        lambda placement, documents, now: hosting.dispute_days(placement, documents, now, actor=actor, reason=reason),
    )


async def correct_days(work: Work, placement_id: str, actor: Actor, days: Sequence[Day]) -> Placement:
    """Correct days that were settled."""
    return await _decide(
        work,
        placement_id,
        lambda placement, documents, now: hosting.correct(placement, documents, now, actor=actor, days=days),
    )


async def reflect(work: Work, placement_id: str, actor: Actor, text: str, pupils_to_reach: int | None) -> Placement:
    """Hand in the reflection."""
    return await _decide(
        work,
        placement_id,
        lambda placement, documents, now: reflecting.reflect(
            placement, documents, now, actor=actor, text=text, pupils_to_reach=pupils_to_reach
        ),
    )


async def answer_hosting_again(work: Work, placement_id: str, actor: Actor, *, hosts_again: bool) -> Placement:
    """The host says whether it will host again."""
    return await _decide(
        work,
        placement_id,
        lambda placement, documents, now: reflecting.answer_hosting_again(
            placement, documents, now, actor=actor, hosts_again=hosts_again
        ),
    )


_REASONS: dict[Party | None, ReasonsFor] = {
    "teacher": "school-cancels",
    "school": "school-cancels",
    "host": "host-cancels",
    None: "programme-cancels",
}


async def cancel(work: Work, placement_id: str, actor: Actor, party: Party | None, code: str) -> Placement:
    """End a placement for a party, or for the programme."""
    checked = check_reason(code, policy_at(work.clock.now()).reasons[_REASONS[party]])
    return await _decide(
        work,
        placement_id,
        lambda placement, documents, now: hosting.cancel(
            placement, documents, now, actor=actor, party=party, code=checked
        ),
    )


async def _decide(work: Work, placement_id: str, decide: Decide) -> Placement:
    return await work.change(Placement, placement_id, decide, reads)


async def _quietly(work: Work, placement_id: str, decide: Quietly) -> None:
    await work.change(Placement, placement_id, decide, reads)
