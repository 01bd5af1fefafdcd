"""A placement request: a teacher looks for a placement. While it is open it is demand that no offer has met.

It is what offers are matched with. One is recorded by the teacher, or by us when an application or a placement has come
to nothing for no fault of the teacher's. It ends when a placement is accepted, when the teacher says so, or by time.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from services.placements.domain.terms import midnight
from services.placements.domain.vocabulary import AccessNeed, Phase
from shared.contracts.placements import PlacementRequested, PlacementRequestEnded, PlacementRequestEnding
from shared.decision import Decision, Documents, Root
from shared.refusals import Invalid, NotFound
from shared.transitions import Table, Transition


class RequestStatus(StrEnum):
    """Whether the teacher still looks."""

    OPEN = "open"
    MET = "met"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


REQUEST = Table(
    (
        Transition(RequestStatus.OPEN, "meet", "system", RequestStatus.MET),
        Transition(RequestStatus.OPEN, "withdraw", "teacher", RequestStatus.WITHDRAWN),
        Transition(RequestStatus.OPEN, "expire", "schedule", RequestStatus.EXPIRED),
    )
)
_ENDINGS: dict[str, PlacementRequestEnding] = {"meet": "met", "withdraw": "withdrawn", "expire": "expired"}


class PeriodDoesNotFit(Invalid):
    slug = "request-period-does-not-fit"
    title = "The free time ends after it begins, and in the future."


class Search(BaseModel):
    """What is looked for, and from where: the school's position as it was when the request was made."""

    model_config = ConfigDict(frozen=True)
    subjects: tuple[str, ...]
    phases: tuple[Phase, ...]
    free_from: date
    free_to: date
    most_km: float
    remote: bool
    access_needs: tuple[AccessNeed, ...] = ()
    latitude: float | None = None
    longitude: float | None = None


class PlacementRequest(Root):
    """See the module. `because` is the application or placement that it follows from, where one is."""

    collection = "placement_requests"
    teacher_id: str
    school_urn: str
    status: RequestStatus
    search: Search
    earlier_placements: int
    hosts_before: tuple[str, ...]
    made_at: datetime
    expires_at: datetime
    because: str | None = None


def record(
    existing: PlacementRequest | None,
    _documents: Documents,
    now: datetime,
    *,
    fresh: PlacementRequest,
    today: date,
    offers_found: int,
) -> Decision[PlacementRequest]:
    """Keep a new request; a second time changes nothing. Raises PeriodDoesNotFit."""
    if existing is not None:
        return Decision(existing)
    if not max(today, fresh.search.free_from) <= fresh.search.free_to:
        raise PeriodDoesNotFit(field="free_to")
    kept = fresh.model_copy(update={"made_at": now, "due_at": fresh.expires_at})
    told = PlacementRequested(
        request_id=kept.id,
        school_urn=kept.school_urn,
        teacher_id=kept.teacher_id,
        subjects=kept.search.subjects,
        offers_found=offers_found,
    )
    return Decision(kept, kept, (), (told,))


def expiry(search: Search, now: datetime, days: int, zone: str) -> datetime:
    """When a request made now is over: with the free time, and after so many days."""
    return min(midnight(search.free_to + timedelta(days=1), zone), now + timedelta(days=days))


def end(
    request: PlacementRequest, _documents: Documents, _now: datetime, *, verb: str, teacher_id: str | None = None
) -> Decision[PlacementRequest]:
    """The search is over. Raises NotFound for another's, WrongState."""
    if teacher_id is not None and teacher_id != request.teacher_id:
        raise NotFound()
    kept = request.model_copy(update={"status": REQUEST.next(request.status, verb), "due_at": None})
    told = PlacementRequestEnded(
        request_id=kept.id, teacher_id=kept.teacher_id, placement_request_ending=_ENDINGS[verb]
    )
    return Decision(kept, kept, (), (told,))


def end_if_open(
    request: PlacementRequest, documents: Documents, now: datetime, *, verb: str
) -> Decision[PlacementRequest]:
    """The same, where it may have ended already."""
    if request.status is not RequestStatus.OPEN or (verb == "expire" and now < request.expires_at):
        return Decision(request)
    return end(request, documents, now, verb=verb)


def later(day: date, days: int) -> date:
    """The day so many days later."""
    return day + timedelta(days=days)
