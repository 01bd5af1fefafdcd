"""Keeping the copies of what others publish about schools, partnerships and employers."""

from __future__ import annotations

from services.ambassadors.domain import known
from services.ambassadors.domain.known import KnownEmployer, KnownPartnership, KnownSchool, SchoolFacts
from shared.work import Work


async def keep_school(work: Work, urn: str, facts: SchoolFacts) -> None:
    """Take over the register's facts about a school."""
    await work.create_or_change(
        KnownSchool, urn, lambda school, _documents, _now: known.keep_school(school, urn, facts)
    )


async def keep_successor(work: Work, urn: str, successor_urn: str) -> None:
    """Remember under which identifier a school goes on."""
    await work.create_or_change(
        KnownSchool, urn, lambda school, _documents, _now: known.keep_successor(school, urn, successor_urn)
    )


async def keep_members(work: Work, partnership_id: str, school_urns: tuple[str, ...]) -> None:
    """Take over who belongs to a partnership."""
    await work.create_or_change(
        KnownPartnership,
        partnership_id,
        lambda partnership, _documents, _now: known.keep_members(partnership, partnership_id, school_urns),
    )


async def keep_activity(
    work: Work, partnership_id: str, *, active: bool, school_urns: tuple[str, ...] | None = None
) -> None:
    """Take over that a partnership has become active (with these schools) or has ended."""
    await work.create_or_change(
        KnownPartnership,
        partnership_id,
        lambda partnership, _documents, _now: known.keep_activity(partnership, partnership_id, active, school_urns),
    )


async def keep_employer(work: Work, employer_id: str, name: str) -> None:
    """Take over an employer's name."""
    await work.create_or_change(
        KnownEmployer,
        employer_id,
        lambda employer, _documents, _now: known.keep_employer(employer, employer_id, name),
    )
