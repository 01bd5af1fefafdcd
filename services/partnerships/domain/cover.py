"""Cover: how many of a school's staff may be away on one day, and on which days nobody may. The school's own document.

Decisions about what is asked never raise: what courses and placements tell has happened, and a no is a fact that they
are told in turn. Each is safe to meet twice: an answer stands, and a release that comes before its question leaves a
tombstone, on which the question is refused. Saturdays and Sundays need no cover.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from pydantic import BaseModel, ConfigDict

from services.partnerships.domain.cover_request import COVER, Covered, CoverRequest, CoverStatus, Question, unanswered
from shared.contracts.cover import CoverGranted, CoverGuardSet, CoverRefusalReason, CoverRefused
from shared.contracts.event import Event
from shared.decision import Decision, Document, Documents, Root
from shared.refusals import Invalid

SATURDAY: Final = 5


class PeriodBackwards(Invalid):
    slug = "period-backwards"
    title = "A period ends on the day that it begins, or later."


class PeriodOver(Invalid):
    slug = "period-over"
    title = "The period is over already: nothing can be allowed in it any more."


class Blackout(BaseModel):
    """Days on which nobody may be away, such as an exam week; both days belong to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    first_day: date
    last_day: date


class CoverPolicy(BaseModel):
    """What a school wants: `most_out` of its staff away on one day (None: no limit), nobody in a blackout."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    most_out: int | None = None
    blackouts: tuple[Blackout, ...] = ()

    @property
    def guarded(self) -> bool:
        """Whether there is anything to ask the school about."""
        return self.most_out is not None or bool(self.blackouts)


class Absence(BaseModel):
    """Who is away on which days, and for which request."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    request: str
    person_ids: tuple[str, ...]
    days_out: tuple[date, ...]


class Override(BaseModel):
    """An approver lets these people go in this period, whatever the policy says; both days belong to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    person_ids: tuple[str, ...]
    first_day: date
    last_day: date
    reason: str
    by: str
    at: datetime


class Cover(Root):
    """A school's rules and everybody who is away; its id is the URN. What is over is dropped at the next decision.

    With a `successor_urn` the school goes on under another URN, and so does its cover (cover_succession.py).
    """

    collection = "covers"
    policy: CoverPolicy = CoverPolicy()
    absences: tuple[Absence, ...] = ()
    overrides: tuple[Override, ...] = ()
    successor_urn: str | None = None

    def away(self, day: date) -> frozenset[str]:
        """Who is away on a day; somebody with two reasons to be away is one person."""
        return frozenset(who for absence in self.absences if day in absence.days_out for who in absence.person_ids)

    def allows(self, person_id: str, day: date) -> bool:
        """Whether an approver lets this person go on this day all the same."""
        return any(
            person_id in override.person_ids and override.first_day <= day <= override.last_day
            for override in self.overrides
        )


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that would be broken on a day."""

    reason: CoverRefusalReason
    day: date


def set_policy(cover: Cover | None, urn: str, policy: CoverPolicy, now: datetime) -> Decision[Cover]:
    """Give a school its rules; who is away stays away. Raises PeriodBackwards."""
    for index, blackout in enumerate(policy.blackouts):
        _check_period(blackout.first_day, blackout.last_day, f"blackouts.{index}.last_day")
    before = current(cover, urn, now)
    after = before.model_copy(update={"policy": policy})
    events: tuple[Event, ...] = ()
    if policy.guarded != before.policy.guarded:
        events = (CoverGuardSet(school_urn=urn, guarded=policy.guarded),)
    return Decision(after, after, (), events)


def allow(cover: Cover | None, urn: str, override: Override, now: datetime) -> Decision[Cover]:
    """Let people go all the same. Raises PeriodBackwards, PeriodOver."""
    _check_period(override.first_day, override.last_day, "last_day")
    if override.last_day < now.date():
        raise PeriodOver(field="last_day")
    before = current(cover, urn, now)
    after = before.model_copy(update={"overrides": (*before.overrides, override)})
    return Decision(after, after)


def ask(cover: Cover | None, documents: Documents, now: datetime, question: Question) -> Decision[None]:
    """Answer a question once, and anew if it is about other days than were granted.

    What is only told of counts in any case, and replaces what was told before.
    """
    before = current(cover, question.covered.school_urn, now)
    known = documents.get(CoverRequest, question.covered.request_key)
    if known is not None:
        return _asked_again(before, known, question, now)
    found, refusing = ((), None) if question.settled else _judged(before, question, now)
    if refusing is not None:
        return _refused(before, question, refusing, now)
    return _granted(before, question, overridden=bool(found), now=now)


def breaches(cover: Cover, person_ids: Iterable[str], days_out: Iterable[date], today: date) -> Iterable[Breach]:
    """The rules that would be broken if these people were away too, in the order of the days."""
    people = frozenset(person_ids)
    for day in sorted(days_out):
        if day.weekday() >= SATURDAY or day < today:
            continue
        if any(blackout.first_day <= day <= blackout.last_day for blackout in cover.policy.blackouts):
            yield Breach("blackout", day)
        elif cover.policy.most_out is not None and len(cover.away(day) | people) > cover.policy.most_out:
            yield Breach("too-many-out", day)


def release(cover: Cover | None, documents: Documents, now: datetime, *, covered: Covered) -> Decision[None]:
    """They are not away after all; before the question, leave a tombstone, unless no guard will ask it."""
    known = documents.get(CoverRequest, covered.request_key)
    if known is None and (cover is None or not cover.policy.guarded):
        return Decision(None)
    before = current(cover, covered.school_urn, now)
    if known is None:
        return Decision(None, before, (unanswered(covered, "release", now),))
    if not COVER.allows(known.status, "release"):
        return Decision(None)
    released = known.model_copy(update={"status": COVER.next(known.status, "release"), "changed_at": now})
    return Decision(None, _without(before, covered), (released,))


def replace_person(
    cover: Cover | None, documents: Documents, now: datetime, *, covered: Covered, person_id: str, by: str | None
) -> Decision[None]:
    """Somebody else is away instead, or nobody (`by` None)."""
    known = documents.get(CoverRequest, covered.request_key)
    if cover is None or known is None:
        return Decision(None)
    staying = tuple(who for who in known.person_ids if who not in (person_id, by))
    return _changed(cover, known, covered, now, staying if by is None else (*staying, by), known.days_out)


def move(
    cover: Cover | None,
    documents: Documents,
    now: datetime,
    *,
    all_covered: Sequence[Covered],
    days_out: tuple[date, ...],
) -> Decision[None]:
    """All of them are away on other days; the school is told by its document, and cannot refuse."""
    kept: list[Document] = []
    for covered in all_covered:
        known = documents.get(CoverRequest, covered.request_key)
        if cover is None or known is None:
            continue
        moved = _changed(cover, known, covered, now, known.person_ids, days_out)
        if isinstance(moved.root, Cover):
            cover = moved.root
            kept += moved.documents
    return Decision(None, cover, tuple(kept)) if kept else Decision(None)


def _check_period(first_day: date, last_day: date, field: str) -> None:
    if last_day < first_day:
        raise PeriodBackwards(field=field)


def current(cover: Cover | None, urn: str, now: datetime) -> Cover:
    """The document without what is over."""
    if cover is None:
        return Cover(id=urn)
    today = now.date()
    absences = tuple(absence for absence in cover.absences if any(day >= today for day in absence.days_out))
    overrides = tuple(override for override in cover.overrides if override.last_day >= today)
    return cover.model_copy(update={"absences": absences, "overrides": overrides})


def _overridden(cover: Cover, question: Question, day: date) -> bool:
    return all(cover.allows(person_id, day) for person_id in question.person_ids)


def _asked_again(cover: Cover, known: CoverRequest, question: Question, now: datetime) -> Decision[None]:
    if question.settled:
        return _changed(cover, known, question.covered, now, question.person_ids, question.days_out)
    if known.status is CoverStatus.GRANTED and (known.person_ids, known.days_out) != _wanted(question):
        return _asked_for_others(cover, known, question, now)
    if known.status is not CoverStatus.RELEASED or known.asked_by is not None:
        return Decision(None)
    answered = known.model_copy(
        update={
            "asked_by": question.asked_by,
            "person_ids": question.person_ids,
            "days_out": question.days_out,
            "reason": "released-before",
        }
    )
    return Decision(None, cover, (answered,), (_said_no(question, "released-before", None),))


def _wanted(question: Question) -> tuple[tuple[str, ...], tuple[date, ...]]:
    return question.person_ids, question.days_out


def _asked_for_others(cover: Cover, known: CoverRequest, question: Question, now: datetime) -> Decision[None]:
    """Other days, for what was granted: it is judged without itself, and stays as it was if the answer is no."""
    found, refusing = _judged(_without(cover, question.covered), question, now)
    if refusing is not None:
        return Decision(None, cover, (), (_said_no(question, refusing.reason, refusing.day),))
    judged = known.model_copy(update={"overridden": bool(found)})
    changed = _changed(cover, judged, question.covered, now, question.person_ids, question.days_out)
    return Decision(None, changed.root, changed.documents, (_said_yes(question, overridden=bool(found)),))


def _judged(cover: Cover, question: Question, now: datetime) -> tuple[tuple[Breach, ...], Breach | None]:
    """The rules that it breaks, and the first of them that no approver has lifted."""
    found = tuple(breaches(cover, question.person_ids, question.days_out, now.date()))
    return found, next((breach for breach in found if not _overridden(cover, question, breach.day)), None)


def _granted(cover: Cover, question: Question, *, overridden: bool, now: datetime) -> Decision[None]:
    covered = question.covered
    granted = unanswered(covered, "grant", now).model_copy(
        update={
            "asked_by": question.asked_by,
            "person_ids": question.person_ids,
            "days_out": question.days_out,
            "overridden": overridden,
        }
    )
    after = _with(cover, covered, question.person_ids, question.days_out)
    return Decision(None, after, (granted,), () if question.settled else (_said_yes(question, overridden=overridden),))


def _refused(cover: Cover, question: Question, breach: Breach, now: datetime) -> Decision[None]:
    refused = unanswered(question.covered, "refuse", now).model_copy(
        update={
            "asked_by": question.asked_by,
            "person_ids": question.person_ids,
            "days_out": question.days_out,
            "reason": breach.reason,
            "day": breach.day,
        }
    )
    return Decision(None, cover, (refused,), (_said_no(question, breach.reason, breach.day),))


def _said_yes(question: Question, *, overridden: bool) -> CoverGranted:
    return CoverGranted(
        school_urn=question.covered.school_urn,
        purpose=question.covered.purpose,
        covered_id=question.covered.id,
        asked_by=question.asked_by,
        overridden=overridden,
    )


def _said_no(question: Question, reason: CoverRefusalReason, day: date | None) -> CoverRefused:
    return CoverRefused(
        school_urn=question.covered.school_urn,
        purpose=question.covered.purpose,
        covered_id=question.covered.id,
        asked_by=question.asked_by,
        reason=reason,
        day=day,
    )


def _changed(
    cover: Cover,
    known: CoverRequest,
    covered: Covered,
    now: datetime,
    person_ids: tuple[str, ...],
    days_out: tuple[date, ...],
) -> Decision[None]:
    same = (known.person_ids, known.days_out) == (person_ids, days_out)
    if same or not COVER.allows(known.status, "change"):
        return Decision(None)
    changed = known.model_copy(
        update={
            "status": COVER.next(known.status, "change"),
            "person_ids": person_ids,
            "days_out": days_out,
            "changed_at": now,
        }
    )
    return Decision(None, _with(current(cover, covered.school_urn, now), covered, person_ids, days_out), (changed,))


def _with(cover: Cover, covered: Covered, person_ids: tuple[str, ...], days_out: tuple[date, ...]) -> Cover:
    absence = Absence(request=covered.key, person_ids=person_ids, days_out=days_out)
    rest = _without(cover, covered)
    return rest.model_copy(update={"absences": (*rest.absences, absence)})


def _without(cover: Cover, covered: Covered) -> Cover:
    return cover.model_copy(
        update={"absences": tuple(absence for absence in cover.absences if absence.request != covered.key)}
    )
