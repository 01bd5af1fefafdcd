"""Keeping what the programme has reached, and who the employers are: from what the other services tell."""

from __future__ import annotations

from services.partnerships.domain import employer, reach, sponsor
from services.partnerships.domain.employer import EmployerUnknown, KnownEmployer
from services.partnerships.domain.reach import Contribution, Told
from services.partnerships.domain.sponsor import Sponsor
from shared.contracts.employers import EmployerKind
from shared.decision import Decision
from shared.work import Work


async def keep(work: Work, told: Told) -> None:
    """Count what an event says, or correct what was counted."""
    await work.create_or_change(Contribution, told.key, lambda known, _documents, _now: reach.keep(known, told))


async def keep_employer(
    work: Work, employer_id: str, name: str, kind: EmployerKind, company_number: str | None
) -> None:
    """Know an employer."""
    await work.create_or_change(
        KnownEmployer,
        employer_id,
        lambda known, _documents, _now: employer.keep_registered(known, employer_id, name, kind, company_number),
    )


async def keep_changed_employer(
    work: Work, employer_id: str, name: str, kind: EmployerKind, company_number: str | None
) -> None:
    """Know an employer as it is now."""
    await work.create_or_change(
        KnownEmployer,
        employer_id,
        lambda known, _documents, _now: employer.keep_changed(known, employer_id, name, kind, company_number),
    )


async def keep_verified(work: Work, employer_id: str) -> None:
    """Know that an employer is verified."""
    await work.create_or_change(
        KnownEmployer, employer_id, lambda known, _documents, _now: employer.keep_verified(known, employer_id)
    )


async def keep_suspended(work: Work, employer_id: str) -> None:
    """Know that nobody vouches for an employer any more."""
    await work.create_or_change(
        KnownEmployer, employer_id, lambda known, _documents, _now: employer.keep_suspended(known, employer_id)
    )


async def link_employer(work: Work, sponsor_id: str, employer_id: str | None, company_number: str | None) -> Sponsor:
    """Say which employer a sponsor is, by its id or its company number; neither: none.

    Raises NotFound, EmployerUnknown.
    """
    if employer_id is None and company_number is None:
        linked = None
    else:
        linked = (await _employer(work, employer_id, company_number)).id

    def decide(known: Sponsor, _documents: object, _now: object) -> Decision[Sponsor]:
        return sponsor.link(known, linked)

    return await work.change(Sponsor, sponsor_id, decide)


async def _employer(work: Work, employer_id: str | None, company_number: str | None) -> KnownEmployer:
    where = {"id": employer_id} if employer_id is not None else {"company_number": company_number}
    found = await work.collection(KnownEmployer).find(where, sort=(("verified", -1), ("id", 1)), limit=1)
    if not found or found[0].name is None:
        raise EmployerUnknown(field="company_number" if employer_id is None else "employer_id")
    return found[0]
