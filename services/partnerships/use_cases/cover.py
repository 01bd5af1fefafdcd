"""The cover of a school's staff: its rules, and what is asked of it. A school that never had rules has no document."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial

from services.partnerships.domain import cover
from services.partnerships.domain.cover import Cover, Covered, CoverPolicy, CoverRequest, Override, Question
from services.partnerships.domain.school import School
from shared.decision import Decision, Documents
from shared.refusals import NotFound
from shared.work import Work


async def set_policy(work: Work, urn: str, policy: CoverPolicy) -> Cover:
    """Give a school its rules. Raises NotFound, PeriodBackwards."""
    await _require_school(work, urn)

    def decide(known: Cover | None, _documents: Documents, now: datetime) -> Decision[Cover]:
        return cover.set_policy(known, urn, policy, now)

    return await work.create_or_change(Cover, urn, decide)


async def allow(
    work: Work, urn: str, person_ids: Sequence[str], first_day: date, last_day: date, *, reason: str, by: str
) -> Cover:
    """Let people go all the same. Raises NotFound, PeriodBackwards, PeriodOver."""
    await _require_school(work, urn)

    def decide(known: Cover | None, _documents: Documents, now: datetime) -> Decision[Cover]:
        override = Override(
            person_ids=tuple(person_ids), first_day=first_day, last_day=last_day, reason=reason, by=by, at=now
        )
        return cover.allow(known, urn, override, now)

    return await work.create_or_change(Cover, urn, decide)


async def ask(work: Work, question: Question) -> None:
    """Decide what courses or placements ask; the answer is an event."""
    decide = partial(cover.ask, question=question)
    await work.create_or_change(Cover, question.covered.school_urn, decide, cover.reads_requests(question.covered))


async def release(work: Work, covered: Covered) -> None:
    """They are not away after all."""
    decide = partial(cover.release, covered=covered)
    await work.create_or_change(Cover, covered.school_urn, decide, cover.reads_requests(covered))


async def replace_person(work: Work, covered: Covered, person_id: str, by: str | None) -> None:
    """Somebody else is away instead, or nobody."""
    decide = partial(cover.replace_person, covered=covered, person_id=person_id, by=by)
    await work.create_or_change(Cover, covered.school_urn, decide, cover.reads_requests(covered))


async def move(work: Work, asked_by: str, days_out: tuple[date, ...]) -> None:
    """What this aggregate has asked for takes place on other days: for every school concerned, all it has at once."""
    where = {"asked_by": asked_by, "status": cover.CoverStatus.GRANTED.value}
    of_school: dict[str, list[Covered]] = {}
    for request in await work.collection(CoverRequest).find(where):
        covered = Covered(request.school_urn, request.purpose, request.covered_id)
        of_school.setdefault(request.school_urn, []).append(covered)
    for urn, all_covered in of_school.items():
        decide = partial(cover.move, all_covered=all_covered, days_out=days_out)
        await work.create_or_change(Cover, urn, decide, cover.reads_requests(*all_covered))


async def _require_school(work: Work, urn: str) -> None:
    if await work.collection(School).get(urn) is None:
        raise NotFound()
