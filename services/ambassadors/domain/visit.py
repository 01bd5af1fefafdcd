"""A visit: one ambassador at one school at an agreed time, and what came of it.

Nobody is ever alone with pupils: a school confirms a visit by saying who is with them, and one that is not confirmed
when it begins does not take place. Whether the ambassador may be there is looked at when the visit is agreed, whenever
something about the ambassador changes, when the visit begins, and at the school's door.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from services.ambassadors.domain.ambassador import Ambassador, may_visit
from services.ambassadors.domain.change import AMBASSADOR, SCHEDULE, SCHOOL, SYSTEM, Change, Dated
from services.ambassadors.domain.request import Activity, DiaryDay, Place, diary_key
from shared.contracts.ambassadors import SubstituteSought, VisitCancelled, VisitCancelledBy
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
    yield Transition(_S.CONFIRMED, "deliver", SCHOOL, _S.DELIVERED)
    yield Transition(_S.CONFIRMED, "miss", SCHOOL, _S.NOT_DELIVERED)
    yield Transition(_S.DELIVERED, "deliver", SCHOOL, _S.DELIVERED)
    yield Transition(_S.DELIVERED, "miss", SCHOOL, _S.NOT_DELIVERED)
    yield Transition(_S.NOT_DELIVERED, "deliver", SCHOOL, _S.DELIVERED)
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

    `replaced` are those who were to come before. `revision` counts what was said of the delivery.
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
    begun: bool = False
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


def next_due(visit: Visit, now: datetime) -> datetime | None:
    """When the schedule has to look: soon after it was agreed, and when it begins."""
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
    change.move(
        "lose", status, SOMEBODY_ELSE, by=SYSTEM, replaced=(*visit.replaced, visit.ambassador_id), check_at=None
    )
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
