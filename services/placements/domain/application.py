"""An application: one teacher for a place of one cohort of an offer, and how it stands.

An application is a side document of its offer. It keeps its own history. What the teacher writes stays in this
document; events, logs and the offer know ids only.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from services.placements.domain.vocabulary import AccessNeed
from shared.decision import Document
from shared.transitions import Table, Transition


class ApplicationStatus(StrEnum):
    """How an application stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    SCHOOL_APPROVED = "school-approved"
    SHORTLISTED = "shortlisted"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


_S = ApplicationStatus
TEACHER = "teacher"
SCHOOL = "school-approver"
HOST = "host-contact"
SYSTEM = "system"
SCHEDULE = "schedule"


def _rows() -> Iterable[Transition[ApplicationStatus]]:
    yield Transition(_S.DRAFT, "revise", TEACHER, _S.DRAFT)
    yield Transition(_S.DRAFT, "submit", TEACHER, _S.SUBMITTED)
    yield Transition(_S.SUBMITTED, "approve", SCHOOL, _S.SCHOOL_APPROVED)
    yield Transition(_S.SUBMITTED, "refuse", SCHOOL, _S.DECLINED)
    yield Transition(_S.SCHOOL_APPROVED, "shortlist", HOST, _S.SHORTLISTED)
    yield Transition(_S.OFFERED, "accept", TEACHER, _S.ACCEPTED)
    yield Transition(_S.OFFERED, "turn-down", TEACHER, _S.DECLINED)
    yield Transition(_S.ACCEPTED, "cancel", SYSTEM, _S.CANCELLED)
    for status in (_S.SCHOOL_APPROVED, _S.SHORTLISTED):
        yield Transition(status, "offer", HOST, _S.OFFERED)
        yield Transition(status, "reject", HOST, _S.REJECTED)
        yield Transition(status, "remind", SCHEDULE, status)
    for status in (_S.DRAFT, _S.SUBMITTED, _S.SCHOOL_APPROVED, _S.SHORTLISTED, _S.OFFERED):
        yield Transition(status, "withdraw", TEACHER, _S.WITHDRAWN)
        yield Transition(status, "call-off", SYSTEM, _S.REJECTED)
    for status in (_S.SUBMITTED, _S.SCHOOL_APPROVED, _S.SHORTLISTED, _S.OFFERED):
        yield Transition(status, "expire", SCHEDULE, _S.EXPIRED)


APPLICATION = Table(_rows())
WAITING = (_S.SUBMITTED, _S.SCHOOL_APPROVED, _S.SHORTLISTED, _S.OFFERED)
"""Somebody has to answer."""
OPEN = (_S.DRAFT, *WAITING)
OVER = (_S.DECLINED, _S.REJECTED, _S.WITHDRAWN, _S.EXPIRED, _S.CANCELLED)

WHO_WAS_SILENT = {
    _S.SUBMITTED: "school-did-not-answer",
    _S.SCHOOL_APPROVED: "host-did-not-answer",
    _S.SHORTLISTED: "host-did-not-answer",
    _S.OFFERED: "teacher-did-not-answer",
}


class Step(BaseModel):
    """A decision about an application or a placement, with where it led and why."""

    model_config = ConfigDict(frozen=True)
    at: datetime
    verb: str
    status: str
    reason: str
    by: str


class Wishes(BaseModel):
    """What a teacher asks for: a cohort, its days in order, who pays. `statement` is personal."""

    model_config = ConfigDict(frozen=True)
    cohort: int
    dates: tuple[date, ...]
    subjects: tuple[str, ...] = ()
    access_needs: tuple[AccessNeed, ...] = ()
    partnership_id: str | None = None
    statement: str = ""


class Application(Document):
    """See the module. `expires_at` is when the next answer is due; `remind_at` when the host is reminded of it.

    Once `submitted` its school sees it, once `shown` its host: `employer_id`, which hosts the cohort. The others of
    `employer_ids` share the offer, and see and decide nothing about it.
    """

    collection = "applications"
    offer_id: str
    employer_ids: tuple[str, ...]
    employer_id: str
    teacher_id: str
    school_urn: str
    wishes: Wishes
    status: ApplicationStatus
    applied_at: datetime
    expires_at: datetime | None = None
    remind_at: datetime | None = None
    submitted: bool = False
    shown: bool = False
    reason_code: str | None = None
    placement_id: str | None = None
    revision: int = 1
    history: tuple[Step, ...] = ()


class Candidacy(Document):
    """Which application a teacher last made for an offer; the id is made by `candidacy_id`.

    It is never taken away: whether that application is still open is for the application to say.
    """

    collection = "candidacies"
    application_id: str


def candidacy_id(offer_id: str, teacher_id: str) -> str:
    """The key of a teacher's candidacy for an offer."""
    return f"{offer_id}/{teacher_id}"


def moved(application: Application, verb: str, now: datetime, reason: str, by: str, **changes: object) -> Application:
    """The application after a verb, with the decision in its history. Raises WrongState."""
    status = APPLICATION.next(application.status, verb)
    step = Step(at=now, verb=verb, status=status.value, reason=reason, by=by)
    return application.model_copy(
        update={
            "expires_at": None,
            "remind_at": None,
            **changes,
            "status": status,
            "revision": application.revision + 1,
            "history": (*application.history, step),
        }
    )


def lapsed(application: Application, now: datetime) -> bool:
    """Whether its time has run out and nobody has tidied it away yet."""
    return application.expires_at is not None and application.expires_at <= now


def expired(application: Application) -> Application:
    """A lapsed application as it stands: it expired when its time ran out, whenever that was noticed."""
    assert application.expires_at is not None  # noqa: S101 - for the type checker: only lapsed ones come here
    code = WHO_WAS_SILENT[application.status]
    return moved(application, "expire", application.expires_at, "Nobody answered in time.", SCHEDULE, reason_code=code)


def as_of(application: Application, now: datetime) -> Application:
    """The application as it truly stands now."""
    return expired(application) if lapsed(application, now) else application


def is_live(application: Application | None, now: datetime) -> bool:
    """Whether it is open or has led to a placement that goes on."""
    return application is not None and as_of(application, now).status not in OVER
