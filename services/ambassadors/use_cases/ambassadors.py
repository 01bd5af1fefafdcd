"""An ambassador's own verbs, and what a programme officer records about them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from services.ambassadors.domain import checks, engagements, registering
from services.ambassadors.domain.ambassador import Ambassador, Engagement, Home, Profile, Volunteer
from services.ambassadors.domain.checks import MonitoringOutcome, Outcome
from services.ambassadors.domain.known import KnownEmployer
from services.ambassadors.domain.standing import its_offer
from services.ambassadors.domain.vocabulary import Scheme
from services.ambassadors.policies import check_terms_at
from services.ambassadors.views.positions import position_of
from shared.decision import Decision, Documents, Read
from shared.ids import new_id
from shared.work import Work

Verb = Callable[..., Decision[Ambassador]]


async def register(work: Work, account_id: str, profile: Profile, postcode: str) -> Ambassador:
    """Take a volunteer in."""
    home = await _home(work, postcode)
    now = work.clock.now()
    fresh = registering.fresh(new_id(), account_id, profile, home, now, check_terms_at(now))
    return await work.create_or_change(
        Ambassador,
        fresh.id,
        lambda _existing, documents, now: registering.register(documents, now, fresh),
        lambda _existing: registering.reads_for(account_id, profile),
    )


async def change_profile(work: Work, ambassador_id: str, by: str, profile: Profile, postcode: str) -> Ambassador:
    """Take over what an ambassador says of themselves."""
    home = await _home(work, postcode)

    def reads(root: Ambassador | None) -> list[Read]:
        employer: list[Read] = [] if profile.employer_id is None else [(KnownEmployer, profile.employer_id)]
        return [*its_offer(root), *employer]

    return await work.change(
        Ambassador,
        ambassador_id,
        lambda root, documents, now: registering.change_profile(
            root, documents, now, by=by, profile=profile, home=home
        ),
        reads,
    )


async def _home(work: Work, postcode: str) -> Home:
    place = await position_of(work, postcode)
    return Home(postcode=place.postcode, latitude=place.latitude, longitude=place.longitude)


async def activate(work: Work, ambassador_id: str, by: str) -> Ambassador:
    """Be there for schools from now on."""
    return await _ask(work, ambassador_id, registering.activate, by=by)


async def pause(work: Work, ambassador_id: str, by: str) -> Ambassador:
    """Take no invitations for a while."""
    return await _ask(work, ambassador_id, registering.pause, by=by)


async def resume(work: Work, ambassador_id: str, by: str) -> Ambassador:
    """Take invitations again."""
    return await _ask(work, ambassador_id, registering.resume, by=by)


async def leave(work: Work, ambassador_id: str, by: str) -> Ambassador:
    """Leave for good."""
    return await work.change(
        Ambassador,
        ambassador_id,
        lambda root, documents, now: registering.leave(root, documents, now, by=by),
        lambda root: [*its_offer(root), *([] if root is None else [(Volunteer, root.account_id)])],
    )


async def record_check(work: Work, ambassador_id: str, by: str, outcome: Outcome) -> Ambassador:
    """Record a check."""
    terms = check_terms_at(work.clock.now())
    return await _ask(work, ambassador_id, checks.record, by=by, outcome=outcome, terms=terms)


async def record_monitoring(
    work: Work, ambassador_id: str, by: str, scheme: Scheme, outcome: MonitoringOutcome
) -> Ambassador:
    """Record what continuous monitoring said."""
    return await _ask(work, ambassador_id, checks.monitor, by=by, scheme=scheme, outcome=outcome)


async def induct(work: Work, ambassador_id: str, by: str) -> Ambassador:
    """The ambassador knows how visits work."""
    return await _ask(work, ambassador_id, checks.induct, by=by)


async def suspend(work: Work, ambassador_id: str, by: str, reason: str) -> Ambassador:
    """Send the ambassador to nobody for now."""
    return await _ask(work, ambassador_id, checks.suspend, by=by, reason=reason)


async def reinstate(work: Work, ambassador_id: str, by: str, reason: str) -> Ambassador:
    """End a suspension."""
    return await _ask(work, ambassador_id, checks.reinstate, by=by, reason=reason)


async def restore(work: Work, ambassador_id: str, by: str, reason: str) -> Ambassador:
    """Let a lapsed ambassador be one again."""
    return await _ask(work, ambassador_id, checks.restore, by=by, reason=reason)


async def tidy(work: Work, ambassador_id: str) -> Ambassador:
    """Write down what time has done."""
    return await _ask(work, ambassador_id, checks.tidy)


async def note_invited(work: Work, ambassador_id: str, request_id: str, expires_at: datetime) -> None:
    """An invitation waits for the ambassador's answer."""
    await _ask(work, ambassador_id, engagements.invited, request_id=request_id, expires_at=expires_at)


async def note_answered(work: Work, ambassador_id: str, request_id: str) -> None:
    """The invitation does not wait any more."""
    await _ask(work, ambassador_id, engagements.answered, request_id=request_id)


async def note_agreed(work: Work, ambassador_id: str, request_id: str, engagement: Engagement) -> None:
    """The ambassador has agreed to a visit."""
    await _ask(work, ambassador_id, engagements.agreed, request_id=request_id, engagement=engagement)


async def note_off(work: Work, ambassador_id: str, visit_id: str) -> None:
    """Somebody else goes, or nobody."""
    await _ask(work, ambassador_id, engagements.off, visit_id=visit_id)


async def note_delivered(work: Work, ambassador_id: str, engagement: Engagement) -> None:
    """The visit took place."""
    await _ask(work, ambassador_id, engagements.delivered, engagement=engagement)


async def _ask(work: Work, ambassador_id: str, verb: Verb, **given: object) -> Ambassador:
    """Let a verb decide about an ambassador."""

    def decide(root: Ambassador, documents: Documents, now: datetime) -> Decision[Ambassador]:
        return verb(root, documents, now, **given)

    return await work.change(Ambassador, ambassador_id, decide, its_offer)
