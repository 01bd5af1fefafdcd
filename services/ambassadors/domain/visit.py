"""A visit: one ambassador at one school at an agreed time, and what came of it.

Nobody is ever alone with pupils: a school confirms a visit by saying who is with them, and one that is not confirmed
when it begins does not take place. Whether the ambassador may be there is looked at when the visit is agreed, whenever
something about the ambassador changes, when the visit begins, and at the school's door.

What came of a visit the school says, or the programme. While nobody does, they are reminded once, and after a period
of the policy the visit has not taken place; who knows better can still say so. A visit whose ambassador the school has
let in took place in all likelihood, but only a person knows for how many pupils: it waits for the school or an officer.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from services.ambassadors.domain.ambassador import Ambassador, may_visit
from services.ambassadors.domain.change import AMBASSADOR, OFFICER, SCHEDULE, SCHOOL, SYSTEM, Change, Dated
from services.ambassadors.domain.request import Activity, DiaryDay, Place, diary_key
from shared.contracts.ambassadors import (
    SubstituteSought,
    VisitCancelled,
    VisitCancelledBy,
    VisitDelivered,
    VisitOutcomeMissing,
)
from shared.decision import Documents, Read
from shared.transitions import Table, Transition


class VisitStatus(StrEnum):
    """Where a visit is in its life."""

    AGREED = "agreed"
    CONFIRMED = "confirmed"
    SEEKING_SUBSTITUTE = "seeking-substitute"
    DELIVERED = "delivered"
    NOT_DELIVERED = "not-delivered"
    CANCELLED = "cancelled"


_S = VisitStatus
AHEAD = (_S.AGREED, _S.CONFIRMED)


def _rows() -> Iterable[Transition[VisitStatus]]:
    yield Transition(_S.AGREED, "confirm", SCHOOL, _S.CONFIRMED)
    yield Transition(_S.CONFIRMED, "confirm", SCHOOL, _S.CONFIRMED)
    yield Transition(_S.AGREED, "run-out", SCHEDULE, _S.CANCELLED)
    yield Transition(_S.CONFIRMED, "arrive", SCHOOL, _S.CONFIRMED)
    yield Transition(_S.SEEKING_SUBSTITUTE, "replace", AMBASSADOR, _S.AGREED)
    for who in (SCHOOL, OFFICER):
        yield Transition(_S.CONFIRMED, "deliver", who, _S.DELIVERED)
        yield Transition(_S.CONFIRMED, "miss", who, _S.NOT_DELIVERED)
        yield Transition(_S.DELIVERED, "deliver", who, _S.DELIVERED)
        yield Transition(_S.DELIVERED, "miss", who, _S.NOT_DELIVERED)
        yield Transition(_S.NOT_DELIVERED, "deliver", who, _S.DELIVERED)
    yield Transition(_S.CONFIRMED, "miss", SCHEDULE, _S.NOT_DELIVERED)
    yield Transition(_S.DELIVERED, "log-hours", AMBASSADOR, _S.DELIVERED)
    yield Transition(_S.DELIVERED, "confirm-hours", SCHOOL, _S.DELIVERED)
    yield Transition(_S.DELIVERED, "give-feedback", SCHOOL, _S.DELIVERED)
    for status in AHEAD:
        yield Transition(status, "lose", SYSTEM, _S.SEEKING_SUBSTITUTE)
        yield Transition(status, "withdraw", AMBASSADOR, _S.SEEKING_SUBSTITUTE)
    for status in (*AHEAD, _S.SEEKING_SUBSTITUTE):
        yield Transition(status, "cancel", SCHOOL, _S.CANCELLED)


VISIT = Table(_rows())
"""A visit. What is said of a delivered one can be corrected: each time under a higher revision."""

Side = Literal["school", "ambassador"]
SOMEBODY_ELSE = "Another ambassador is looked for."


class Supervision(BaseModel):
    """Who of the school is with the pupils all the time. The note is the school's own and stays here."""

    model_config = ConfigDict(frozen=True)
    note: str
    confirmed_by: str
    confirmed_at: datetime


class Hours(BaseModel):
    """What the ambassador has logged, preparation included, and how often the school has confirmed it."""

    model_config = ConfigDict(frozen=True)
    minutes: int
    logged_at: datetime
    confirmed: bool = False
    revision: int = 0


class Feedback(BaseModel):
    """How one side found the visit, from 1 to 5, and in words."""

    model_config = ConfigDict(frozen=True)
    rating: int
    words: str
    at: datetime


class Visit(Dated):
    """See the module. `check_at` is when the ambassador is looked at again, beside the beginning of the visit.

    `replaced` are those who were to come before. `revision` counts what was said of the delivery. Of visits that were
    agreed before the periods of silence were policy, none are known: they wait for a word.
    """

    collection = "visits"
    status: VisitStatus
    request_id: str
    school_urn: str
    partnership_id: str | None
    tour_id: str | None
    ambassador_id: str
    employer_id: str | None
    activity: Activity
    place: Place
    starts_at: datetime
    ends_at: datetime
    agreed_at: datetime
    check_at: datetime | None = None
    outcome_reminder_days: int | None = None
    outcome_days: int | None = None
    begun: bool = False
    reminded_at: datetime | None = None
    arrived_at: datetime | None = None
    replaced: tuple[str, ...] = ()
    supervision: Supervision | None = None
    pupils_reached: int | None = None
    revision: int = 0
    hours: Hours | None = None
    feedback: dict[Side, Feedback] = Field(default_factory=dict)
    cancelled_by: VisitCancelledBy | None = None

    @property
    def day(self) -> date:
        """The day of the visit, where the school is."""
        return self.starts_at.astimezone(ZoneInfo(self.place.zone)).date()

    @property
    def goes(self) -> str | None:
        """The ambassador who is to go, or went; None while somebody else is looked for."""
        return None if self.status is _S.SEEKING_SUBSTITUTE else self.ambassador_id

    @property
    def silent(self) -> bool:
        """Whether it has begun, and nobody has said what came of it."""
        return self.begun and self.status is _S.CONFIRMED

    @property
    def remind_at(self) -> datetime | None:
        """When those who should say what came of it are reminded; None where they were, or nobody is."""
        days = self.outcome_reminder_days
        return None if days is None or self.reminded_at is not None else self.ends_at + timedelta(days=days)

    @property
    def answer_by(self) -> datetime | None:
        """Until when somebody should say what came of it."""
        return None if self.outcome_days is None else self.ends_at + timedelta(days=self.outcome_days)

    @property
    def missed_at(self) -> datetime | None:
        """When it has not taken place, since nobody has said that it has; None where silence says nothing."""
        return self.answer_by if self.arrived_at is None else None


def next_due(visit: Visit, now: datetime) -> datetime | None:
    """When the schedule has to look: soon after it was agreed, when it begins, while nobody says what came of it."""
    if visit.silent:
        return min((at for at in (visit.remind_at, visit.missed_at) if at is not None), default=None)
    if visit.status not in AHEAD or visit.begun:
        return None
    return min(visit.starts_at, visit.check_at or visit.starts_at)


def its_reads(visit: Visit | None) -> list[Read]:
    """What every decision about a visit looks at: the ambassador, and their day."""
    if visit is None:
        return []
    return [(Ambassador, visit.ambassador_id), (DiaryDay, diary_key(visit.ambassador_id, visit.starts_at))]


def changing(visit: Visit, documents: Documents, now: datetime, by: str) -> Change[Visit]:
    """Begin a decision about a visit, as it truly stands now."""
    change = Change(visit, documents, now, by, next_due)
    if visit.status in AHEAD and not visit.begun and now >= visit.starts_at:
        _begin(change)
    if change.root.silent:
        _wait(change)
    return change


def _begin(change: Change[Visit]) -> None:
    """The visit begins, if the ambassador may be there and somebody of the school is with the pupils."""
    visit = change.root
    if not fit(change, visit.starts_at):
        lose(change, "lose")
    elif visit.status is _S.AGREED:
        call_off(change, "run-out", "The school had not confirmed it when it was to begin.", "programme", by=SCHEDULE)
    else:
        change.update(begun=True, check_at=None)


def _wait(change: Change[Visit]) -> None:
    """Wait for a word about what came of it: with a reminder, and not for ever where nobody was let in."""
    visit = change.root
    missed_at, remind_at, answer_by = visit.missed_at, visit.remind_at, visit.answer_by
    if missed_at is not None and change.now >= missed_at:
        reason = f"Nobody had said within {visit.outcome_days} days that it took place."
        say_outcome(change, None, reason, by=SCHEDULE)
    elif remind_at is not None and answer_by is not None and change.now >= remind_at:
        change.update(reminded_at=change.now)
        change.say(
            VisitOutcomeMissing(
                visit_id=visit.id,
                request_id=visit.request_id,
                school_urn=visit.school_urn,
                ambassador_id=visit.ambassador_id,
                answer_due_at=answer_by,
            )
        )


def say_outcome(change: Change[Visit], pupils_reached: int | None, reason: str, *, by: str) -> None:
    """Write down that the visit took place with so many pupils, or (None) that it did not. Raises WrongState."""
    verb = "miss" if pupils_reached is None else "deliver"
    status = VISIT.next(change.root.status, verb)
    revision = change.root.revision + 1
    change.move(verb, status, reason, by=by, pupils_reached=pupils_reached or 0, revision=revision)
    visit = change.root
    change.say(
        VisitDelivered(
            visit_id=visit.id,
            request_id=visit.request_id,
            school_urn=visit.school_urn,
            partnership_id=visit.partnership_id,
            ambassador_id=visit.ambassador_id,
            employer_id=visit.employer_id,
            revision=revision,
            delivered=pupils_reached is not None,
            delivered_on=visit.day,
            visit_format=visit.activity.format.value,
            subjects=visit.activity.subjects,
            year_groups=tuple(group.value for group in visit.activity.year_groups),
            pupils_reached=pupils_reached or 0,
        )
    )


def fit(change: Change[Visit], at: datetime) -> bool:
    """Whether the ambassador may go on this visit, as of a time that is now or was a moment ago."""
    visit = change.root
    ambassador = change.get(Ambassador, visit.ambassador_id)
    return may_visit(ambassador, visit.place.jurisdiction, visit.starts_at.date(), at)


def lose(change: Change[Visit], verb: Literal["lose", "withdraw"]) -> None:
    """Be without an ambassador: somebody else is looked for. Nobody is told why. Raises WrongState."""
    visit = change.root
    status = VISIT.next(visit.status, verb)
    free_day(change)
    replaced = (*visit.replaced, visit.ambassador_id)
    change.move("lose", status, SOMEBODY_ELSE, by=SYSTEM, replaced=replaced, check_at=None, arrived_at=None)
    change.say(
        SubstituteSought(
            visit_id=visit.id,
            request_id=visit.request_id,
            school_urn=visit.school_urn,
            ambassador_id=visit.ambassador_id,
        )
    )


def call_off(
    change: Change[Visit], verb: Literal["cancel", "run-out"], reason: str, by_whom: VisitCancelledBy, by: str
) -> None:
    """Not take place. Raises WrongState."""
    visit = change.root
    status = VISIT.next(visit.status, verb)
    if visit.status in AHEAD:
        free_day(change)
    change.move(verb, status, reason, by=by, cancelled_by=by_whom, check_at=None)
    change.say(
        VisitCancelled(
            visit_id=visit.id,
            request_id=visit.request_id,
            school_urn=visit.school_urn,
            partnership_id=visit.partnership_id,
            ambassador_id=visit.ambassador_id,
            visit_cancelled_by=by_whom,
        )
    )


def free_day(change: Change[Visit]) -> None:
    """Give the ambassador the time back that was promised."""
    free_day_of(change, change.root.ambassador_id)


def free_day_of(change: Change[Visit], ambassador_id: str) -> None:
    """Give an ambassador back the time that was promised to this visit."""
    visit = change.root
    day = change.get(DiaryDay, diary_key(ambassador_id, visit.starts_at))
    if day is not None:
        left = tuple(promise for promise in day.promises if promise.request_id != visit.request_id)
        if left != day.promises:
            change.keep(day.model_copy(update={"promises": left}))
