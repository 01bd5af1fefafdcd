"""Employers: registered by themselves or by the programme, verified by the programme alone."""

from __future__ import annotations

from datetime import date, datetime

from services.placements.domain import compliance, employer
from services.placements.domain.employer import Employer, EmployerFacts, Paper, Site, numbers_read
from services.placements.domain.terms import today
from services.placements.domain.vocabulary import PaperKind
from services.placements.policies import policy_at
from services.placements.views.places import PostcodeNotKnown, place_of
from shared.ids import new_id
from shared.work import Work


async def register(work: Work, facts: EmployerFacts, employer_id: str | None) -> Employer:
    """Register an employer; under the identity that its contact signs in with, or a new one."""
    key = employer_id or new_id()
    placed = await _placed(work, facts)
    return await work.create_or_change(
        Employer,
        key,
        lambda root, documents, now: employer.register(root, documents, now, employer_id=key, facts=placed),
        lambda root: numbers_read(root, placed),
    )


async def change(work: Work, employer_id: str, facts: EmployerFacts) -> Employer:
    """Give an employer other facts."""
    placed = await _placed(work, facts)
    return await work.change(
        Employer,
        employer_id,
        lambda root, documents, now: employer.change(root, documents, now, facts=placed),
        lambda root: numbers_read(root, placed),
    )


async def verify(work: Work, employer_id: str) -> Employer:
    """Vouch for an employer."""
    return await work.change(Employer, employer_id, employer.verify)


async def suspend(work: Work, employer_id: str, reason: str) -> Employer:
    """Vouch for it no more."""
    return await work.change(
        Employer, employer_id, lambda root, documents, now: employer.suspend(root, documents, now, reason=reason)
    )


async def reject(work: Work, employer_id: str, reason: str) -> Employer:
    """Turn a registration down."""
    return await work.change(
        Employer,
        employer_id,
        lambda root, documents, now: employer.reject(root, documents, now, reason=reason),
        lambda root: () if root is None else numbers_read(root, root.facts),
    )


async def record_paper(
    work: Work, employer_id: str, by: str, kind: PaperKind, reference: str, valid_from: date, expires_on: date
) -> Employer:
    """Record a compliance document."""

    def paper(now: datetime) -> Paper:
        return Paper(
            kind=kind,
            reference=reference,
            valid_from=valid_from,
            expires_on=expires_on,
            recorded_at=now,
            recorded_by=by,
        )

    return await work.change(
        Employer,
        employer_id,
        lambda root, documents, now: compliance.record(
            root, documents, now, paper=paper(now), on=today(now, policy_at(now).zone)
        ),
    )


async def withdraw_paper(work: Work, employer_id: str, kind: PaperKind) -> Employer:
    """Let no document of a kind count any more."""
    return await work.change(
        Employer,
        employer_id,
        lambda root, documents, now: compliance.withdraw(
            root, documents, now, kind=kind, on=today(now, policy_at(now).zone)
        ),
    )


async def _placed(work: Work, facts: EmployerFacts) -> EmployerFacts:
    """The facts with a position for each site whose postcode lies near a school that is known."""
    sites = [await _position(work, site) for site in facts.sites]
    return facts.model_copy(update={"sites": tuple(sites)})


async def _position(work: Work, site: Site) -> Site:
    if site.latitude is not None and site.longitude is not None:
        return site
    try:
        position = await place_of(work, site.postcode)
    except PostcodeNotKnown:
        return site
    return site.model_copy(update={"latitude": position.latitude, "longitude": position.longitude})
