"""The cover of a school's staff: its rules, and what is asked of it. A school that never had rules has no document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import TypeVar

from services.partnerships.domain import cover, cover_succession
from services.partnerships.domain.cover import Cover, CoverPolicy, Override
from services.partnerships.domain.cover_request import Covered, CoverRequest, CoverStatus, Question, reads_requests
from services.partnerships.domain.cover_succession import CoverClosed, SchoolGoesOn, refuse_closed
from services.partnerships.domain.school import School
from services.partnerships.store import current_urn, current_urn_of
from shared.decision import Decision, Document, Documents, Reads
from shared.refusals import NotFound
from shared.work import Work, reads_nothing

R = TypeVar("R", bound=Document | None)
Rule = Callable[[Cover | None, Documents, datetime], Decision[R]]


async def set_policy(work: Work, urn: str, policy: CoverPolicy) -> Cover:
    """Give a school its rules. Raises NotFound, SchoolGoesOn, PeriodBackwards."""
    await _require_school(work, urn)

    def decide(known: Cover | None, _documents: Documents, now: datetime) -> Decision[Cover]:
        return cover.set_policy(known, urn, policy, now)

    return await _decide(work, urn, decide)


async def allow(
    work: Work, urn: str, person_ids: Sequence[str], first_day: date, last_day: date, *, reason: str, by: str
) -> Cover:
    """Let people go all the same. Raises NotFound, SchoolGoesOn, PeriodBackwards, PeriodOver."""
    await _require_school(work, urn)

    def decide(known: Cover | None, _documents: Documents, now: datetime) -> Decision[Cover]:
        override = Override(
            person_ids=tuple(person_ids), first_day=first_day, last_day=last_day, reason=reason, by=by, at=now
        )
        return cover.allow(known, urn, override, now)

    return await _decide(work, urn, decide)


async def ask(work: Work, question: Question) -> None:
    """Decide what courses or placements ask; the answer is an event."""
    await _about(
        work, question.covered, lambda covered: partial(cover.ask, question=replace(question, covered=covered))
    )


async def release(work: Work, covered: Covered) -> None:
    """They are not away after all."""
    await _about(work, covered, lambda covered: partial(cover.release, covered=covered))


async def replace_person(work: Work, covered: Covered, person_id: str, by: str | None) -> None:
    """Somebody else is away instead, or nobody."""
    await _about(
        work,
        covered,
        lambda covered: partial(cover.replace_person, covered=covered, person_id=person_id, by=by),
    )


async def move(work: Work, asked_by: str, days_out: tuple[date, ...]) -> None:
    """What this aggregate has asked for takes place on other days: for every school concerned, all it has at once."""
    where = {"asked_by": asked_by, "status": CoverStatus.GRANTED.value}
    of_school: dict[str, list[Covered]] = {}
    for request in await work.collection(CoverRequest).find(where):
        covered = await _today(work, request.covered)
        of_school.setdefault(covered.school_urn, []).append(covered)
    for urn, all_covered in of_school.items():
        decide = partial(cover.move, all_covered=all_covered, days_out=days_out)
        await _decide(work, urn, decide, reads_requests(*all_covered))


async def succeed(work: Work, urn: str, successor_urn: str) -> None:
    """A school goes on under another URN, and its cover with it: to where the school is today."""

    def close(known: Cover | None, _documents: Documents, _now: datetime) -> Decision[None]:
        return cover_succession.close(known, urn, successor_urn)

    await work.create_or_change(Cover, urn, close)
    today = await current_urn_of(work, successor_urn)
    decide = partial(cover_succession.take_over, urn=today, predecessor_urn=urn)
    await _decide(work, today, decide, lambda _cover: ((Cover, urn),))


async def _today(work: Work, covered: Covered) -> Covered:
    """Where it is covered today, although it was asked for under a URN that the school had before."""
    urn = await current_urn_of(work, covered.school_urn)
    return covered if urn == covered.school_urn else replace(covered, school_urn=urn, named=covered.request_urn)


async def _about(work: Work, covered: Covered, rule: Callable[[Covered], Rule[None]]) -> None:
    """Decide where it was asked for, or where the school is today once that is closed.

    Until then its document goes over as a whole; so nobody is looked up for the many schools that never went on.
    """
    try:
        await _decide(work, covered.school_urn, rule(covered), reads_requests(covered))
    except CoverClosed:
        today = await _today(work, covered)
        await _decide(work, today.school_urn, rule(today), reads_requests(today))


async def _decide(work: Work, urn: str, rule: Rule[R], reads: Reads[Cover] = reads_nothing) -> R:
    def decide(known: Cover | None, documents: Documents, now: datetime) -> Decision[R]:
        refuse_closed(known)
        return rule(known, documents, now)

    return await work.create_or_change(Cover, urn, decide, reads)


async def _require_school(work: Work, urn: str) -> None:
    school = await work.collection(School).get(urn)
    if school is None:
        raise NotFound()
    if school.successor_urn is not None:
        raise SchoolGoesOn(successor_urn=await current_urn(work, school))
