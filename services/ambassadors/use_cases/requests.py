"""What schools ask for, and who is invited: by the schedule, by an officer, by the ambassadors' own answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from services.ambassadors.domain import asking, inviting
from services.ambassadors.domain.ambassador import Ambassador
from services.ambassadors.domain.asking import Wish
from services.ambassadors.domain.inviting import its_diary
from services.ambassadors.domain.matching import rank
from services.ambassadors.domain.offer import Offer
from services.ambassadors.domain.request import ActivityRequest, RequestStatus
from services.ambassadors.policies import visit_terms_at
from services.ambassadors.store import invitations_of, lineage, offers_for
from shared.decision import Decision, Documents, Read
from shared.ids import new_id
from shared.refusals import NotFound
from shared.work import Work

LOOKED_AT_AGAIN = 20
"""So many of those who suit best are read again in the decision: some may have become busy since they were found."""


async def ask(work: Work, wish: Wish) -> ActivityRequest:
    """Ask for an activity."""
    terms = visit_terms_at(work.clock.now())
    return await work.create_or_change(
        ActivityRequest,
        wish.request_id,
        lambda existing, documents, now: asking.ask(existing, documents, now, wish, terms),
        lambda _existing: wish.reads(),
    )


async def cancel(work: Work, request_id: str, by: str, school_urn: str | None, reason: str) -> ActivityRequest:
    """Need no ambassador any more."""
    urns = None if school_urn is None else await lineage(work, school_urn)
    return await work.change(
        ActivityRequest,
        request_id,
        lambda root, documents, now: asking.cancel(root, documents, now, by=by, urns=urns, reason=reason),
    )


async def decline(work: Work, request_id: str, by: str, reason: str) -> ActivityRequest:
    """The programme does not do this."""
    return await work.change(
        ActivityRequest,
        request_id,
        lambda root, documents, now: asking.decline(root, documents, now, by=by, reason=reason),
    )


async def look(work: Work, request_id: str, by: str, *, force: bool = True) -> ActivityRequest:
    """Look for somebody now, and ask the best who suits."""
    request = await work.collection(ActivityRequest).get(request_id)
    if request is None:
        raise NotFound()
    found = await best_for(work, request)
    reads: list[Read] = [(Offer, key) for key in found]
    return await work.change(
        ActivityRequest,
        request_id,
        lambda root, documents, now: inviting.proceed(root, documents, now, found=found, by=by, force=force),
        lambda _root: reads,
    )


async def best_for(work: Work, request: ActivityRequest) -> list[str]:
    """The ids of those who suit best now."""
    ranking = rank(request, await offers_for(work, request), work.clock.now(), LOOKED_AT_AGAIN)
    return [found.ambassador_id for found in ranking]


async def invite(work: Work, request_id: str, by: str, ambassador_id: str) -> ActivityRequest:
    """Invite somebody whom an officer has chosen."""
    return await work.change(
        ActivityRequest,
        request_id,
        lambda root, documents, now: inviting.invite(root, documents, now, ambassador_id=ambassador_id, by=by),
        lambda _root: [(Offer, ambassador_id)],
    )


async def accept(work: Work, request_id: str, ambassador_id: str, by: str, starts_at: datetime) -> ActivityRequest:
    """Promise to come at one of the dates."""
    visit_id = new_id()
    return await work.change(
        ActivityRequest,
        request_id,
        lambda root, documents, now: inviting.accept(
            root, documents, now, ambassador_id=ambassador_id, by=by, starts_at=starts_at, visit_id=visit_id
        ),
        lambda _root: its_diary(ambassador_id, starts_at),
    )


async def turn_down(work: Work, request_id: str, ambassador_id: str, by: str) -> ActivityRequest:
    """Not want to come."""
    return await work.change(
        ActivityRequest,
        request_id,
        lambda root, documents, now: inviting.turn_down(root, documents, now, ambassador_id=ambassador_id, by=by),
    )


async def take_back_invitations(work: Work, ambassador_id: str) -> None:
    """Take invitations back from somebody who may not be sent any more."""
    for request_id in await invitations_of(work, ambassador_id):
        await work.change(
            ActivityRequest,
            request_id,
            lambda root, documents, now: inviting.take_back(root, documents, now, ambassador_id=ambassador_id),
            lambda _root: [(Ambassador, ambassador_id)],
        )


async def seek_substitute(work: Work, request_id: str, visit_id: str, ambassador_id: str) -> None:
    """Look for somebody else for an agreed date."""
    await work.change(
        ActivityRequest,
        request_id,
        lambda root, documents, now: inviting.seek_substitute(
            root, documents, now, visit_id=visit_id, ambassador_id=ambassador_id
        ),
    )


async def confirm(work: Work, request_id: str) -> None:
    """The school has confirmed the visit."""
    await _follow(work, request_id, asking.confirm)


async def deliver(work: Work, request_id: str, *, delivered: bool) -> None:
    """The visit took place, or did not."""
    await _follow(work, request_id, asking.deliver, delivered=delivered)


async def call_off(work: Work, request_id: str) -> None:
    """The visit was cancelled."""
    await _follow(work, request_id, asking.call_off)


async def hear(work: Work, request_id: str, side: str) -> None:
    """One side gave feedback."""
    await _follow(work, request_id, asking.hear, side=side)


async def _follow(work: Work, request_id: str, verb: Callable[..., Decision[None]], **given: object) -> None:
    def decide(root: ActivityRequest, documents: Documents, now: datetime) -> Decision[None]:
        return verb(root, documents, now, **given)

    await work.change(ActivityRequest, request_id, decide)


async def act_on_due(work: Work, request_id: str) -> None:
    """Do what time has brought: invitations that ran out, the next look for somebody, the end of feedback."""
    request = await work.collection(ActivityRequest).get(request_id)
    if request is None or request.due_at is None or request.due_at > work.clock.now():
        return
    alone = replace(work, idempotency=None)
    if request.status in (RequestStatus.DELIVERED, RequestStatus.FEEDBACK):
        await _follow(alone, request_id, asking.close_in_time)
    else:
        await look(alone, request_id, "schedule", force=False)
