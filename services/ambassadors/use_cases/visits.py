"""Visits: agreed by an answer, confirmed, begun, delivered, corrected; and the gate that looks again and again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from services.ambassadors.domain import gate, visiting
from services.ambassadors.domain.ambassador import Ambassador
from services.ambassadors.domain.gate import NotLetIn
from services.ambassadors.domain.request import ActivityRequest, DiaryDay, diary_key
from services.ambassadors.domain.visit import Visit, its_reads
from services.ambassadors.policies import arrival_minutes_at
from services.ambassadors.store import lineage, visits_ahead
from shared.contracts.ambassadors import RequestEnding, VisitAgreed, VisitCancelledBy
from shared.decision import Decision, Document, Documents, Read
from shared.work import Work

R = TypeVar("R", bound=Document | None)


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a visit was, as its ambassador finds it, or the school."""

    by: str
    school_urn: str | None
    ambassador_id: str | None
    rating: int
    words: str


async def agree(work: Work, event: VisitAgreed) -> bool:
    """Keep the visit that was agreed; whether it is to be by this ambassador."""
    request = await work.collection(ActivityRequest).get(event.request_id)
    if request is None:
        return False

    def reads(existing: Visit | None) -> list[Read]:
        day = diary_key(event.ambassador_id, event.takes_place_at)
        return [*its_reads(existing), (Ambassador, event.ambassador_id), (DiaryDay, day)]

    await work.create_or_change(
        Visit,
        event.visit_id,
        lambda existing, documents, now: gate.agree(existing, documents, now, event=event, request=request),
        reads,
    )
    kept = await work.collection(Visit).get(event.visit_id)
    return kept is not None and gate.has(kept, event.ambassador_id)


async def end_of(work: Work, event: VisitAgreed) -> datetime:
    """When the agreed time is over."""
    request = await work.collection(ActivityRequest).get(event.request_id)
    slots = () if request is None else request.slots
    return next((slot.ends_at for slot in slots if slot.starts_at == event.takes_place_at), event.takes_place_at)


async def recheck_all(work: Work, ambassador_id: str) -> None:
    """Look again at every visit that an ambassador has ahead of them."""
    for visit_id in await visits_ahead(work, ambassador_id, work.clock.now()):
        await _ask(work, visit_id, gate.recheck)


async def look_again(work: Work, visit_id: str) -> None:
    """Look at a visit whose time has come."""
    await _ask(work, visit_id, gate.recheck)


async def give_up(work: Work, request_id: str, ending: RequestEnding) -> None:
    """The request has ended: its visit does not take place."""
    request = await work.collection(ActivityRequest).get(request_id)
    if request is not None and request.visit_id is not None:
        visit = await work.collection(Visit).get(request.visit_id)
        if visit is not None:
            await _ask(work, visit.id, gate.give_up, ending=ending)


async def confirm(work: Work, visit_id: str, by: str, school_urn: str, note: str) -> Visit:
    """Confirm the date, and say who is with the pupils."""
    return await _ask(work, visit_id, visiting.confirm, by=by, urns=await lineage(work, school_urn), note=note)


async def arrive(work: Work, visit_id: str, by: str, school_urn: str) -> Visit:
    """Let the ambassador in, or not; somebody who is not let in is replaced at once."""
    early = timedelta(minutes=arrival_minutes_at(work.clock.now()))
    urns = await lineage(work, school_urn)
    try:
        return await _ask(work, visit_id, gate.arrive, by=by, urns=urns, early=early)
    except NotLetIn:
        await look_again(replace(work, idempotency=None, if_version=None), visit_id)
        raise


async def cancel(
    work: Work, visit_id: str, by: str, school_urn: str | None, reason: str, by_whom: VisitCancelledBy
) -> Visit:
    """Cancel a visit for its school, or for the programme."""
    urns = None if school_urn is None else await lineage(work, school_urn)
    return await _ask(work, visit_id, visiting.cancel, by=by, urns=urns, reason=reason, by_whom=by_whom)


async def withdraw(work: Work, visit_id: str, by: str, ambassador_id: str) -> Visit:
    """The ambassador cannot come."""
    return await _ask(work, visit_id, visiting.withdraw, by=by, ambassador_id=ambassador_id)


async def deliver(
    work: Work,
    visit_id: str,
    by: str,
    school_urn: str | None,
    *,
    delivered: bool,
    pupils_reached: int,
    reason: str | None,
) -> Visit:
    """Say what came of a visit, or correct it, for its school or (None) for the programme."""
    return await _ask(
        work,
        visit_id,
        visiting.deliver,
        by=by,
        urns=None if school_urn is None else await lineage(work, school_urn),
        delivered=delivered,
        pupils_reached=pupils_reached,
        reason=reason,
    )


async def log_hours(work: Work, visit_id: str, by: str, ambassador_id: str, minutes: int) -> Visit:
    """Say how long it took."""
    return await _ask(work, visit_id, visiting.log_hours, by=by, ambassador_id=ambassador_id, minutes=minutes)


async def confirm_hours(work: Work, visit_id: str, by: str, school_urn: str, minutes: int) -> Visit:
    """Confirm the hours that were logged."""
    urns = await lineage(work, school_urn)
    return await _ask(work, visit_id, visiting.confirm_hours, by=by, urns=urns, minutes=minutes)


async def give_feedback(work: Work, visit_id: str, given: Judgement) -> Visit:
    """Say how the visit was."""
    return await _ask(
        work,
        visit_id,
        visiting.give_feedback,
        by=given.by,
        urns=frozenset() if given.school_urn is None else await lineage(work, given.school_urn),
        ambassador_id=given.ambassador_id,
        rating=given.rating,
        words=given.words,
    )


async def _ask(work: Work, visit_id: str, verb: Callable[..., Decision[R]], **given: object) -> R:
    """Let a verb decide about a visit, knowing the ambassador and their day."""

    def decide(root: Visit, documents: Documents, now: datetime) -> Decision[R]:
        return verb(root, documents, now, **given)

    return await work.change(Visit, visit_id, decide, its_reads)
