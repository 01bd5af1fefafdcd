"""A placement: one teacher at one employer, from the accepted application to the reflection.

The root holds everything that a decision about it needs: money and cover that were asked for, the agreement with its
versions and signatures, the days with every mark and correction. What people write stays in this document.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from services.placements.domain.application import Step
from services.placements.domain.terms import Terms, midnight
from shared.contracts.placements import CancelledPlacementBy, PlacementOutcome
from shared.decision import Root
from shared.transitions import Table, Transition

Party = Literal["teacher", "school", "host"]
PARTIES: tuple[Party, ...] = ("teacher", "school", "host")
Asked = Literal["not-needed", "asked", "granted"]
Funds = Literal["not-needed", "asked", "granted", "refused", "own-cost"]


class PlacementStatus(StrEnum):
    """Where a placement is in its life."""

    MATCHED = "matched"
    FUNDS_REFUSED = "funds-refused"
    AGREEMENT_DRAFTED = "agreement-drafted"
    PARTLY_SIGNED = "partly-signed"
    SIGNED = "signed"
    COMPLIANCE_CLEARED = "compliance-cleared"
    HOST_CONFIRMED = "host-confirmed"
    IN_PROGRESS = "in-progress"
    DAYS_RECORDED = "days-recorded"
    REFLECTION_DUE = "reflection-due"
    COMPLETED = "completed"
    PARTIALLY_COMPLETED = "partially-completed"
    CANCELLED_BY_SCHOOL = "cancelled-by-school"
    CANCELLED_BY_HOST = "cancelled-by-host"
    CANCELLED_BY_PROGRAMME = "cancelled-by-programme"
    DID_NOT_SHOW = "did-not-show"


_S = PlacementStatus
TEACHER = "teacher"
SCHOOL = "school"
HOST = "host"
TEACHER_OR_SCHOOL = "teacher or school"
ANY_PARTY = "any party"
RECORDER = "host or programme-officer; teacher once overdue"
HOST_OR_OFFICER = "host or programme-officer"
CONFIRMER = "teacher, or host where the teacher has recorded; programme-officer after a dispute; schedule"
OFFICER = "programme-officer"
SYSTEM = "system"
SCHEDULE = "schedule"

BEFORE = (
    _S.MATCHED,
    _S.FUNDS_REFUSED,
    _S.AGREEMENT_DRAFTED,
    _S.PARTLY_SIGNED,
    _S.SIGNED,
    _S.COMPLIANCE_CLEARED,
    _S.HOST_CONFIRMED,
)
"""It has not begun."""
CLEARED = (_S.COMPLIANCE_CLEARED, _S.HOST_CONFIRMED)
FINISHED = (_S.COMPLETED, _S.PARTIALLY_COMPLETED)
SETTLED = (_S.REFLECTION_DUE, *FINISHED, _S.DID_NOT_SHOW)
CANCELLED = (_S.CANCELLED_BY_SCHOOL, _S.CANCELLED_BY_HOST, _S.CANCELLED_BY_PROGRAMME)


def _rows() -> Iterable[Transition[PlacementStatus]]:
    yield Transition(_S.MATCHED, "refuse-cover", SYSTEM, _S.CANCELLED_BY_SCHOOL)
    yield Transition(_S.MATCHED, "refuse-funds", SYSTEM, _S.FUNDS_REFUSED)
    yield Transition(_S.FUNDS_REFUSED, "go-on", TEACHER_OR_SCHOOL, _S.AGREEMENT_DRAFTED)
    yield Transition(_S.MATCHED, "draft-agreement", SYSTEM, _S.AGREEMENT_DRAFTED)
    yield Transition(_S.AGREEMENT_DRAFTED, "sign", ANY_PARTY, _S.PARTLY_SIGNED)
    yield Transition(_S.AGREEMENT_DRAFTED, "amend-all", ANY_PARTY, _S.AGREEMENT_DRAFTED)
    yield Transition(_S.PARTLY_SIGNED, "sign", ANY_PARTY, _S.PARTLY_SIGNED)
    yield Transition(_S.PARTLY_SIGNED, "sign-last", ANY_PARTY, _S.SIGNED)
    for status in (_S.PARTLY_SIGNED, _S.SIGNED, *CLEARED):
        yield Transition(status, "amend", ANY_PARTY, _S.PARTLY_SIGNED)
        yield Transition(status, "amend-all", ANY_PARTY, _S.AGREEMENT_DRAFTED)
    yield Transition(_S.SIGNED, "clear", SYSTEM, _S.COMPLIANCE_CLEARED)
    yield Transition(_S.COMPLIANCE_CLEARED, "confirm", HOST, _S.HOST_CONFIRMED)
    for status in CLEARED:
        yield Transition(status, "reopen", SYSTEM, _S.SIGNED)
    yield Transition(_S.HOST_CONFIRMED, "start", SCHEDULE, _S.IN_PROGRESS)
    for status in BEFORE:
        yield Transition(status, "cancel", SCHOOL, _S.CANCELLED_BY_SCHOOL)
        yield Transition(status, "call-off", HOST, _S.CANCELLED_BY_HOST)
        yield Transition(status, "stop", OFFICER, _S.CANCELLED_BY_PROGRAMME)
        if status is not _S.HOST_CONFIRMED:
            yield Transition(status, "lapse", SCHEDULE, _S.CANCELLED_BY_PROGRAMME)
    yield Transition(_S.IN_PROGRESS, "record", RECORDER, _S.IN_PROGRESS)
    yield Transition(_S.IN_PROGRESS, "break-off", ANY_PARTY, _S.IN_PROGRESS)
    yield Transition(_S.IN_PROGRESS, "record-last", RECORDER, _S.DAYS_RECORDED)
    yield Transition(_S.IN_PROGRESS, "remind", SCHEDULE, _S.IN_PROGRESS)
    yield Transition(_S.IN_PROGRESS, "close-days", OFFICER, _S.DAYS_RECORDED)
    yield Transition(_S.DAYS_RECORDED, "record", HOST_OR_OFFICER, _S.DAYS_RECORDED)
    yield Transition(_S.DAYS_RECORDED, "dispute", TEACHER, _S.IN_PROGRESS)
    yield Transition(_S.DAYS_RECORDED, "settle", CONFIRMER, _S.REFLECTION_DUE)
    yield Transition(_S.DAYS_RECORDED, "settle-none", CONFIRMER, _S.DID_NOT_SHOW)
    yield Transition(_S.REFLECTION_DUE, "remind", SCHEDULE, _S.REFLECTION_DUE)
    yield Transition(_S.REFLECTION_DUE, "reflect", TEACHER, _S.COMPLETED)
    yield Transition(_S.REFLECTION_DUE, "reflect-in-part", TEACHER, _S.PARTIALLY_COMPLETED)
    for status in SETTLED:
        yield Transition(status, "correct-to-all", HOST, _S.COMPLETED)
        yield Transition(status, "correct-to-part", HOST, _S.PARTIALLY_COMPLETED)
        yield Transition(status, "correct-to-none", HOST, _S.DID_NOT_SHOW)
        yield Transition(status, "correct", HOST, _S.REFLECTION_DUE)


PLACEMENT = Table(_rows())


class Particulars(BaseModel):
    """What the parties agree on beside the text. `supervisor` is personal."""

    model_config = ConfigDict(frozen=True)
    dates: tuple[date, ...]
    site: str
    supervisor: str | None = None
    cover_pence_per_day: int = 0
    note: str = ""


class Version(BaseModel):
    """A version of the agreement: who made it, and which parties it touches and so has to be signed by."""

    model_config = ConfigDict(frozen=True)
    number: int
    text: str
    particulars: Particulars
    touches: tuple[Party, ...]
    made_at: datetime
    made_by: str


class Signature(BaseModel):
    """A party's word on a version."""

    model_config = ConfigDict(frozen=True)
    party: Party
    version: int
    by: str
    at: datetime


class DayMark(BaseModel):
    """Whether a day was done. A later mark for the same day corrects it."""

    model_config = ConfigDict(frozen=True)
    day: date
    done: bool
    at: datetime
    by: str
    reason: str | None = None


class Reflection(BaseModel):
    """What the teacher takes home. Personal: it stays here."""

    model_config = ConfigDict(frozen=True)
    text: str
    pupils_to_reach: int | None
    at: datetime


class Match(BaseModel):
    """What was accepted: who, where, on which days, at whose cost, within which dates it may be moved."""

    model_config = ConfigDict(frozen=True)
    offer_id: str
    application_id: str
    employer_id: str
    school_urn: str
    teacher_id: str
    partnership_id: str | None
    amount_pence: int
    subjects: tuple[str, ...]
    dates: tuple[date, ...]
    opens_on: date
    closes_on: date
    site: str
    cover_pence_per_day: int


class Placement(Root):
    """See the module. `cleared_until` is the last day on which all documents of the employer are valid, `own_cost_by`
    the end of the time to go on at the school's own cost after a bursary that was refused. Days that are overdue the
    teacher may record too.
    """

    collection = "placements"
    match: Match
    terms: Terms
    status: PlacementStatus
    matched_at: datetime
    cover: Asked = "not-needed"
    funds: Funds = "not-needed"
    own_cost_by: datetime | None = None
    versions: tuple[Version, ...] = ()
    signatures: tuple[Signature, ...] = ()
    cleared_until: date | None = None
    marks: tuple[DayMark, ...] = ()
    broken_off_from: date | None = None
    confirm_by: datetime | None = None
    days_overdue: bool = False
    settled: int = 0
    done_on: tuple[date, ...] = ()
    charged_pence: int = 0
    reflection_due_at: datetime | None = None
    reflection_overdue: bool = False
    reflection: Reflection | None = None
    outcome: PlacementOutcome | None = None
    host_asked_at: datetime | None = None
    hosts_again: bool | None = None
    cancelled_by: CancelledPlacementBy | None = None
    reason_code: str | None = None
    history: tuple[Step, ...] = ()

    @property
    def dates(self) -> tuple[date, ...]:
        """The days that are agreed, in order."""
        return self.versions[-1].particulars.dates if self.versions else self.match.dates

    @property
    def starts_at(self) -> datetime:
        """When its first day begins."""
        return midnight(self.dates[0], self.terms.zone)

    @property
    def ready_by(self) -> datetime:
        """When its first day is over: whoever agrees in the morning may come at noon."""
        return midnight(self.dates[0] + timedelta(days=1), self.terms.zone)

    @property
    def ends_at(self) -> datetime:
        """When its last day is over."""
        return midnight(self.dates[-1] + timedelta(days=1), self.terms.zone)


def latest_marks(placement: Placement) -> dict[date, DayMark]:
    """The mark that holds for each day."""
    return {mark.day: mark for mark in placement.marks}


def all_marked(placement: Placement) -> bool:
    """Whether every day has a mark."""
    marks = latest_marks(placement)
    return all(day in marks for day in placement.dates)


def confirmer(placement: Placement) -> Party:
    """Who is to confirm the days: the host where the newest mark that holds is the teacher's, else the teacher. Days
    that the teacher did not do, or broke off, are no claim of theirs.
    """
    holding, teacher = latest_marks(placement), placement.match.teacher_id
    claims = [mark for mark in placement.marks if holding[mark.day] is mark and (mark.done or mark.by != teacher)]
    return "host" if claims and claims[-1].by == teacher else "teacher"


def signed_by(placement: Placement, party: Party) -> Signature | None:
    """The signature of a party that is good for the current version: not older than what last touched the party."""
    touched = max((version.number for version in placement.versions if party in version.touches), default=0)
    good = [one for one in placement.signatures if one.party == party and one.version >= touched]
    return good[-1] if good else None


def unsigned(placement: Placement) -> tuple[Party, ...]:
    """The parties whose signature is missing."""
    return tuple(party for party in PARTIES if signed_by(placement, party) is None)
