"""Events in: what placements does about what other services say, and what its own aggregates owe each other."""

from __future__ import annotations

from services.placements.domain.known import KnownSchool, SchoolFacts
from services.placements.store import current_urn
from services.placements.use_cases import applying, facts, hosting_again, placements, seeking
from shared.contracts.cover import CoverGranted, CoverGuardSet, CoverRefused
from shared.contracts.employers import (
    ComplianceDocumentRecorded,
    ComplianceDocumentWithdrawn,
    EmployerChanged,
    EmployerSuspended,
    EmployerVerified,
)
from shared.contracts.partnerships import (
    FundsReservationRefused,
    FundsReserved,
    PartnershipActivated,
    PartnershipEnded,
    PartnershipMembersChanged,
    SchoolChanged,
    SchoolRegistered,
    SchoolSucceeded,
)
from shared.contracts.placements import ApplicationAccepted, ApplicationEnded, HostingAgainAnswered, PlacementCancelled
from shared.subscriptions import on
from shared.work import Work


async def arrange_placement(work: Work, event: ApplicationAccepted) -> None:
    """An accepted application becomes a placement."""
    await placements.arrange(work, event.placement_id, event.application_id, event.amount_pence, event.partnership_id)


async def withdraw_overlapping(work: Work, event: ApplicationAccepted) -> None:
    """What else the teacher has applied for on these days is taken back."""
    await applying.withdraw_overlapping(work, event.teacher_id, event.placement_id)


async def meet_request(work: Work, event: ApplicationAccepted) -> None:
    """Who has found a placement looks no more."""
    await seeking.meet(work, event.teacher_id)


async def look_on(work: Work, event: ApplicationEnded) -> None:
    """Whose application was rejected, or not answered by the host, is matched with other offers."""
    if event.application_ending == "rejected" or event.reason_code == "host-did-not-answer":
        await seeking.record_for_application(work, event.application_id)


async def look_on_after_placement(work: Work, event: PlacementCancelled) -> None:
    """Whose placement was cancelled by the host or the programme is matched with other offers."""
    if event.cancelled_placement_by != "school":
        await seeking.record_for_placement(work, event.placement_id)


async def release_place(work: Work, event: PlacementCancelled) -> None:
    """A place is free again on its offer."""
    await placements.release_place(work, event.placement_id)


async def clear_placements(work: Work, event: ComplianceDocumentRecorded) -> None:
    """What waits for the document may be cleared."""
    await placements.recheck_compliance(work, event.employer_id)


async def reopen_placements(work: Work, event: ComplianceDocumentWithdrawn) -> None:
    """What stands on the document is open again."""
    await placements.recheck_compliance(work, event.employer_id)


async def reopen_placements_of_suspended(work: Work, event: EmployerSuspended | EmployerChanged) -> None:
    """What was cleared at a host for which the programme does not vouch any more is open again."""
    await placements.recheck_compliance(work, event.employer_id)


async def clear_placements_of_verified(work: Work, event: EmployerVerified) -> None:
    """What waits for the programme to vouch for the host may be cleared."""
    await placements.recheck_compliance(work, event.employer_id)


async def draft_next_offer(work: Work, event: HostingAgainAnswered) -> None:
    """Who will host again need not write it all down again."""
    if event.hosts_again:
        await hosting_again.draft_next_offer(work, event.placement_id)


async def draft_agreement(work: Work, event: FundsReserved) -> None:
    """The bursary pays: the agreement can be drafted."""
    if event.purpose == "placement":
        await placements.funds_reserved(work, event.funded_id)


async def ask_for_own_cost(work: Work, event: FundsReservationRefused) -> None:
    """The bursary does not pay: the placement comes to nothing unless the school does."""
    if event.purpose == "placement":
        await placements.funds_refused(work, event.funded_id, event.reason)


async def ask_for_funds(work: Work, event: CoverGranted) -> None:
    """The school can spare the teacher: the money is next."""
    if event.purpose == "placement":
        await placements.cover_granted(work, event.covered_id)


async def end_uncovered_placement(work: Work, event: CoverRefused) -> None:
    """The school cannot spare the teacher: the placement comes to nothing."""
    if event.purpose == "placement":
        await placements.cover_refused(work, event.covered_id, event.reason)


async def keep_cover_guard(work: Work, event: CoverGuardSet) -> None:
    """Know whether a school is to be asked, and tell it of what was agreed before, under every URN that it had."""
    await facts.keep_guard(work, event.school_urn, guarded=event.guarded)
    if event.guarded:
        await placements.tell_guard(work, event.school_urn)


async def keep_registered_school(work: Work, event: SchoolRegistered) -> None:
    """Know a new school."""
    await facts.keep_school(work, event.urn, _facts(event))


async def keep_changed_school(work: Work, event: SchoolChanged) -> None:
    """Know a school's new facts."""
    await facts.keep_school(work, event.urn, _facts(event))


async def keep_school_successor(work: Work, event: SchoolSucceeded) -> None:
    """Know under which identifier a school goes on, and tell it of what was agreed if it guards its cover there."""
    await facts.keep_successor(work, event.urn, event.successor_urn)
    school = await work.collection(KnownSchool).get(await current_urn(work, event.successor_urn))
    if school is not None and school.guarded:
        await placements.tell_guard(work, school.id)


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
    on(ApplicationAccepted, arrange_placement),
    on(ApplicationAccepted, withdraw_overlapping),
    on(ApplicationAccepted, meet_request),
    on(ApplicationEnded, look_on),
    on(PlacementCancelled, release_place),
    on(PlacementCancelled, look_on_after_placement),
    on(ComplianceDocumentRecorded, clear_placements),
    on(ComplianceDocumentWithdrawn, reopen_placements),
    on(EmployerSuspended, reopen_placements_of_suspended),
    on(EmployerChanged, reopen_placements_of_suspended),
    on(EmployerVerified, clear_placements_of_verified),
    on(HostingAgainAnswered, draft_next_offer),
    on(FundsReserved, draft_agreement),
    on(FundsReservationRefused, ask_for_own_cost),
    on(CoverGranted, ask_for_funds),
    on(CoverRefused, end_uncovered_placement),
    on(CoverGuardSet, keep_cover_guard),
    on(SchoolRegistered, keep_registered_school),
    on(SchoolChanged, keep_changed_school),
    on(SchoolSucceeded, keep_school_successor),
    on(PartnershipActivated, keep_active_partnership),
    on(PartnershipMembersChanged, keep_partnership_members),
    on(PartnershipEnded, keep_ended_partnership),
)
