"""Keeping the copies of what the partnerships service publishes about schools and partnerships."""

from __future__ import annotations

from services.placements.domain import known
from services.placements.domain.known import KnownPartnership, KnownSchool, SchoolFacts
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


async def keep_guard(work: Work, urn: str, *, guarded: bool) -> None:
    """Remember whether a school guards its cover."""
    await work.create_or_change(
        KnownSchool, urn, lambda school, _documents, _now: known.keep_guard(school, urn, guarded)
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
