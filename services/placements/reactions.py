"""Events in: what placements does about what other services say, and what its own aggregates owe each other."""

from __future__ import annotations

from services.placements.domain.known import SchoolFacts
from services.placements.use_cases import facts
from shared.contracts.partnerships import (
    PartnershipActivated,
    PartnershipEnded,
    PartnershipMembersChanged,
    SchoolChanged,
    SchoolRegistered,
    SchoolSucceeded,
)
from shared.subscriptions import on
from shared.work import Work


async def keep_registered_school(work: Work, event: SchoolRegistered) -> None:
    """Know a new school."""
    await facts.keep_school(work, event.urn, _facts(event))


async def keep_changed_school(work: Work, event: SchoolChanged) -> None:
    """Know a school's new facts."""
    await facts.keep_school(work, event.urn, _facts(event))


async def keep_school_successor(work: Work, event: SchoolSucceeded) -> None:
    """Know under which identifier a school goes on."""
    await facts.keep_successor(work, event.urn, event.successor_urn)


async def keep_active_partnership(work: Work, event: PartnershipActivated) -> None:
    """Know that a partnership's schools may ask for its funds."""
    await facts.keep_activity(work, event.partnership_id, active=True, school_urns=event.school_urns)


async def keep_partnership_members(work: Work, event: PartnershipMembersChanged) -> None:
    """Know who belongs to a partnership now."""
    await facts.keep_members(work, event.partnership_id, event.school_urns)


async def keep_ended_partnership(work: Work, event: PartnershipEnded) -> None:
    """Know that a partnership takes no new commitments."""
    await facts.keep_activity(work, event.partnership_id, active=False)


def _facts(event: SchoolRegistered | SchoolChanged) -> SchoolFacts:
    postcode = " ".join(event.postcode.upper().split()) if event.postcode else None
    return SchoolFacts(
        name=event.name,
        open=event.status != "closed",
        phase=event.phase,
        region=event.region,
        postcode=postcode,
        outcode=postcode.split(" ")[0] if postcode else None,
        latitude=event.latitude,
        longitude=event.longitude,
    )


REACTIONS = (
    on(SchoolRegistered, keep_registered_school),
    on(SchoolChanged, keep_changed_school),
    on(SchoolSucceeded, keep_school_successor),
    on(PartnershipActivated, keep_active_partnership),
    on(PartnershipMembersChanged, keep_partnership_members),
    on(PartnershipEnded, keep_ended_partnership),
)
