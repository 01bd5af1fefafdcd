"""A decision in the making about a placement.

Each one begins with a Progress, which lets the placement catch up with the clock: documents that have run out reopen
it, its first day starts it, or ends it where it is not ready, days that nobody records become overdue, silence about
recorded days settles them, silence about who pays after a bursary was refused ends it. Ending one works out when the
schedule has to look at it next.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TypeVar

from services.placements.domain import compliance
from services.placements.domain.application import Step
from services.placements.domain.diary import Diary, struck
from services.placements.domain.employer import Employer
from services.placements.domain.placement import (
    BEFORE,
    CLEARED,
    PLACEMENT,
    SCHEDULE,
    SYSTEM,
    Placement,
    PlacementStatus,
    confirmer,
)
from services.placements.domain.settling import conclude
from services.placements.domain.terms import midnight, today
from shared.contracts.event import Event
from shared.contracts.placements import (
    CancelledPlacementBy,
    PlacementCancelled,
    PlacementDaysOverdue,
    PlacementReopened,
    ReflectionOverdue,
)
from shared.decision import Decision, Document, Documents, Read

R = TypeVar("R", bound=Document | None)
_S = PlacementStatus


def reads(placement: Placement | None) -> Iterable[Read]:
    """What every decision about a placement looks at."""
    if placement is None:
        return ()
    return ((Employer, placement.match.employer_id), (Diary, placement.match.teacher_id))


class Progress:
    """What a decision has changed so far. `by` names who decides."""

    __slots__ = ("_before", "_diary", "by", "documents", "events", "now", "placement")

    def __init__(self, placement: Placement, documents: Documents, now: datetime, by: str) -> None:
        self._before = placement
        self._diary: Diary | None = None
        self.documents = documents
        self.placement = placement
        self.now = now
        self.by = by
        self.events: list[Event] = []
        self._catch_up()

    @property
    def today(self) -> date:
        """Which day it is where the programme is."""
        return today(self.now, self.placement.terms.zone)

    @property
    def employer(self) -> Employer | None:
        """The host."""
        return self.documents.get(Employer, self.placement.match.employer_id)

    def update(self, **changes: object) -> None:
        """Give the placement new facts."""
        self.placement = self.placement.model_copy(update=changes)

    def move(self, verb: str, reason: str = "", *, by: str | None = None, **changes: object) -> None:
        """Take the placement along its life cycle, with the decision in its history. Raises WrongState."""
        status = PLACEMENT.next(self.placement.status, verb)
        step = Step(at=self.now, verb=verb, status=status.value, reason=reason, by=by or self.by)
        self.update(**changes, status=status, history=(*self.placement.history, step))

    def say(self, event: Event) -> None:
        """Publish a fact with this decision."""
        self.events.append(event)

    def enter(self, diary: Diary) -> None:
        """Write the teacher's diary with this decision."""
        self._diary = diary

    def look_at_compliance(self) -> None:
        """Clear what waits for documents that are there now; open again what stands on some that are gone."""
        placement, employer = self.placement, self.employer
        if placement.status is not _S.SIGNED and placement.status not in CLEARED:
            return
        lacks = compliance.missing(employer, self.today)
        if not lacks and employer is not None:
            until = compliance.cleared_until(employer, self.today)
            if placement.status is _S.SIGNED:
                self.move("clear", "The host's documents are valid.", by=SYSTEM, cleared_until=until)
            elif until != placement.cleared_until:
                self.update(cleared_until=until)
        elif placement.status in CLEARED:
            self.move("reopen", f"Missing: {', '.join(lacks)}.", by=SYSTEM, cleared_until=None)
            self.say(PlacementReopened(placement_id=placement.id, reason_code=f"{lacks[0]}-missing"))

    def end(self, verb: str, whose: CancelledPlacementBy, reason: str, code: str, *, by: str | None = None) -> None:
        """Cancel it before it has begun: its days are free, its money and its place are let go. Raises WrongState."""
        self.move(verb, reason, by=by, cancelled_by=whose, reason_code=code)
        match = self.placement.match
        self.enter(struck(self.documents, match.teacher_id, self.placement.id))
        self.say(
            PlacementCancelled(
                placement_id=self.placement.id,
                school_urn=match.school_urn,
                partnership_id=match.partnership_id,
                cancelled_placement_by=whose,
                reason_code=code,
            )
        )

    def settle(self, reason: str, *, by: str | None = None) -> None:
        """Draw the conclusion from recorded days. Raises WrongState."""
        done = conclude(self.placement)
        self.move(
            "settle" if done.days else "settle-none",
            reason,
            by=by,
            confirm_by=None,
            days_overdue=False,
            settled=1,
            done_on=done.days,
            charged_pence=done.charged_pence,
            reflection_due_at=reflection_due(self.placement) if done.days else None,
            host_asked_at=self.now,
        )
        self.say(done.event(self.placement))

    def decision(self, reply: R) -> Decision[R]:
        """The decision as the door takes it; a change of nothing writes nothing."""
        if self.placement is self._before and self._diary is None:
            return Decision(reply)
        due_at = next_due(self.placement)
        if due_at != self.placement.due_at:
            self.update(due_at=due_at)
        if isinstance(reply, Placement):
            reply = self.placement  # type: ignore[assignment]
        return Decision(reply, self.placement, () if self._diary is None else (self._diary,), tuple(self.events))

    def _catch_up(self) -> None:
        placement = self.placement
        if placement.due_at is None or self.now < placement.due_at:
            return
        cleared = _is_cleared_for(placement, min(self.today, placement.dates[0]))
        if placement.status in CLEARED and not (cleared and self._is_vouched_for()):
            self.look_at_compliance()
        if (by := awaited_own_cost(self.placement)) is not None and by <= self.now:
            said = "Nobody has agreed in time to go on at the school's own cost."
            self.end("lapse", "programme", said, self.placement.reason_code or "", by=SCHEDULE)
        if self.placement.status in BEFORE and self.now >= awaited_beginning(self.placement):
            self._begin()
        if (due := awaited_days(self.placement)) is not None and due <= self.now:
            self._remind_host()
        if self.placement.confirm_by is not None and self.placement.confirm_by <= self.now:
            self.settle(f"The {confirmer(self.placement)} has not objected in time.", by=SCHEDULE)
        if (due := awaited_reflection(self.placement)) is not None and due <= self.now:
            self._remind_teacher()

    def _is_vouched_for(self) -> bool:
        """Whether nobody had suspended the host when the placement was to begin."""
        suspended_at = self.employer.suspended_at if self.employer is not None else None
        return suspended_at is None or suspended_at >= self.placement.starts_at

    def _remind_teacher(self) -> None:
        self.move("remind", "The reflection is overdue.", by=SCHEDULE, reflection_overdue=True)
        match = self.placement.match
        self.say(
            ReflectionOverdue(placement_id=self.placement.id, school_urn=match.school_urn, teacher_id=match.teacher_id)
        )

    def _begin(self) -> None:
        if self.placement.status is _S.HOST_CONFIRMED:
            self.move("start", "Its first day has come.", by=SCHEDULE)
        else:
            self.end(
                "lapse", "programme", "It was not ready by the end of its first day.", "not-ready-in-time", by=SCHEDULE
            )

    def _remind_host(self) -> None:
        self.move("remind", "The host has not recorded all days.", by=SCHEDULE, days_overdue=True)
        match = self.placement.match
        self.say(
            PlacementDaysOverdue(
                placement_id=self.placement.id, employer_id=match.employer_id, school_urn=match.school_urn
            )
        )


def _is_cleared_for(placement: Placement, day: date) -> bool:
    return placement.cleared_until is not None and day <= placement.cleared_until


def awaited_beginning(placement: Placement) -> datetime:
    """When a placement starts that its host has confirmed; until when any other may yet be made ready."""
    return placement.starts_at if placement.status is _S.HOST_CONFIRMED else placement.ready_by


def awaited_days(placement: Placement) -> datetime | None:
    """When days that the host is to record are overdue; None where none are awaited, or that was told."""
    days, waits = placement.terms.record_days, placement.status is _S.IN_PROGRESS and not placement.days_overdue
    if not waits or days is None:
        return None
    since = max([placement.ends_at, *(step.at for step in placement.history if step.verb == "dispute")])
    return since + timedelta(days=days)


def reflection_due(placement: Placement) -> datetime:
    """When the reflection is due."""
    return placement.ends_at + timedelta(days=placement.terms.reflection_days)


def awaited_reflection(placement: Placement) -> datetime | None:
    """When a reflection that is waited for is overdue; None where none is, or that was noticed."""
    waits = placement.status is _S.REFLECTION_DUE and not placement.reflection_overdue
    return placement.reflection_due_at if waits else None


def awaited_own_cost(placement: Placement) -> datetime | None:
    """Until when somebody may agree to go on at the school's own cost; None where that is not asked."""
    return placement.own_cost_by if placement.status is _S.FUNDS_REFUSED else None


def next_due(placement: Placement) -> datetime | None:
    """When the schedule has to look at it: its first day, the end of documents or of a silence, the reflection."""
    times: list[datetime] = []
    if placement.status in BEFORE:
        times.append(awaited_beginning(placement))
    if placement.status in CLEARED and placement.cleared_until is not None:
        times.append(midnight(placement.cleared_until + timedelta(days=1), placement.terms.zone))
    if (by := awaited_own_cost(placement)) is not None:
        times.append(by)
    if (due := awaited_days(placement)) is not None:
        times.append(due)
    if placement.confirm_by is not None:
        times.append(placement.confirm_by)
    if (due := awaited_reflection(placement)) is not None:
        times.append(due)
    return min(times, default=None)


def tidy(placement: Placement, documents: Documents, now: datetime) -> Decision[None]:
    """Write down what time has done."""
    return Progress(placement, documents, now, SCHEDULE).decision(None)


def recheck(placement: Placement, documents: Documents, now: datetime) -> Decision[None]:
    """Look at the host's documents again: some have come, or are gone."""
    progress = Progress(placement, documents, now, SYSTEM)
    progress.look_at_compliance()
    return progress.decision(None)
