"""Events in: what others say of schools, partnerships and employers, and what this service's own aggregates owe each
other: a visit its request, a request its visit, and both the ambassador.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.ambassadors.domain.ambassador import Engagement
from services.ambassadors.domain.known import SchoolFacts
from services.ambassadors.policies import jurisdiction_of
from services.ambassadors.use_cases import ambassadors, facts, requests, visits
from shared.contracts.ambassadors import (
    AmbassadorInvited,
    AmbassadorStatusChanged,
    ClearanceEnded,
    FeedbackGiven,
    InvitationEnded,
    RequestEnded,
    SubstituteSought,
    VisitAgreed,
    VisitCancelled,
    VisitConfirmed,
    VisitDelivered,
)
from shared.contracts.employers import EmployerChanged, EmployerRegistered
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
    """Know that visits may count for a partnership's plan."""
    await facts.keep_activity(work, event.partnership_id, active=True, school_urns=event.school_urns)


async def keep_partnership_members(work: Work, event: PartnershipMembersChanged) -> None:
    """Know who belongs to a partnership now."""
    await facts.keep_members(work, event.partnership_id, event.school_urns)


async def keep_ended_partnership(work: Work, event: PartnershipEnded) -> None:
    """Know that nothing new counts for a partnership."""
    await facts.keep_activity(work, event.partnership_id, active=False)


async def keep_registered_employer(work: Work, event: EmployerRegistered) -> None:
    """Know an employer, so that its people may say whom they work for."""
    await facts.keep_employer(work, event.employer_id, event.employer_name)


async def keep_changed_employer(work: Work, event: EmployerChanged) -> None:
    """Know an employer under its new name."""
    await facts.keep_employer(work, event.employer_id, event.employer_name)


async def note_invitation(work: Work, event: AmbassadorInvited) -> None:
    """Count the invitation as something that was asked of the ambassador."""
    await ambassadors.note_invited(work, event.ambassador_id, event.request_id, event.invitation_expires_at)


async def forget_invitation(work: Work, event: InvitationEnded) -> None:
    """The invitation waits for the ambassador no more."""
    await ambassadors.note_answered(work, event.ambassador_id, event.request_id)


async def note_promise(work: Work, event: VisitAgreed) -> None:
    """Note the visit with the ambassador, before there is one to be called off."""
    engagement = Engagement(
        visit_id=event.visit_id,
        starts_at=event.takes_place_at,
        ends_at=await visits.end_of(work, event),
    )
    await ambassadors.note_agreed(work, event.ambassador_id, event.request_id, engagement)


async def open_visit(work: Work, event: VisitAgreed) -> None:
    """Keep the visit, or let the other ambassador come instead; who has agreed to one that was called off is free."""
    if not await visits.agree(work, event):
        await ambassadors.note_off(work, event.ambassador_id, event.visit_id)


async def recheck_after_status(work: Work, event: AmbassadorStatusChanged) -> None:
    """Look at once at everything that the ambassador was to do."""
    await _recheck(work, event.ambassador_id)


async def recheck_after_check(work: Work, event: ClearanceEnded) -> None:
    """Look at once at everything that the ambassador was to do, there and elsewhere."""
    await _recheck(work, event.ambassador_id)


async def seek_substitute(work: Work, event: SubstituteSought) -> None:
    """Ask the next who suits for the agreed date."""
    await ambassadors.note_off(work, event.ambassador_id, event.visit_id)
    await requests.seek_substitute(work, event.request_id, event.visit_id, event.ambassador_id)


async def confirm_request(work: Work, event: VisitConfirmed) -> None:
    """The school has confirmed the visit that its request has led to."""
    await requests.confirm(work, event.request_id)


async def end_visit(work: Work, event: RequestEnded) -> None:
    """A request that was cancelled or declined, or for which nobody else was found, takes its visit with it."""
    await visits.give_up(work, event.request_id, event.request_ending)


async def end_request(work: Work, event: VisitCancelled) -> None:
    """The visit does not take place: neither ambassador nor request wait for it."""
    await ambassadors.note_off(work, event.ambassador_id, event.visit_id)
    await requests.call_off(work, event.request_id)


async def note_delivery(work: Work, event: VisitDelivered) -> None:
    """A visit that took place keeps the ambassador's status for another year; one that did not, does not."""
    if event.delivered:
        at = datetime.combine(event.delivered_on, time(12), ZoneInfo("UTC"))
        engagement = Engagement(visit_id=event.visit_id, starts_at=at, ends_at=at + timedelta(hours=1), delivered=True)
        await ambassadors.note_delivered(work, event.ambassador_id, engagement)
    else:
        await ambassadors.note_off(work, event.ambassador_id, event.visit_id)
    await requests.deliver(work, event.request_id, delivered=event.delivered)


async def hear_feedback(work: Work, event: FeedbackGiven) -> None:
    """A request is closed once both sides have said how it was."""
    await requests.hear(work, event.request_id, event.feedback_from)


async def _recheck(work: Work, ambassador_id: str) -> None:
    await visits.recheck_all(work, ambassador_id)
    await requests.take_back_invitations(work, ambassador_id)


def _facts(event: SchoolRegistered | SchoolChanged) -> SchoolFacts:
    postcode = " ".join(event.postcode.upper().split()) if event.postcode else None
    return SchoolFacts(
        name=event.name,
        open=event.status != "closed",
        jurisdiction=jurisdiction_of(event.identifier_scheme, event.region),
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
    on(EmployerRegistered, keep_registered_employer),
    on(EmployerChanged, keep_changed_employer),
    on(AmbassadorInvited, note_invitation),
    on(InvitationEnded, forget_invitation),
    on(VisitAgreed, note_promise),
    on(VisitAgreed, open_visit),
    on(AmbassadorStatusChanged, recheck_after_status),
    on(ClearanceEnded, recheck_after_check),
    on(SubstituteSought, seek_substitute),
    on(VisitConfirmed, confirm_request),
    on(RequestEnded, end_visit),
    on(VisitCancelled, end_request),
    on(VisitDelivered, note_delivery),
    on(FeedbackGiven, hear_feedback),
)
