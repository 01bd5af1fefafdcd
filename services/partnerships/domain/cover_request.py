"""What is asked of a school's cover, and the answer: one request a booking or a placement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from shared.contracts.cover import CoverPurpose, CoverRefusalReason
from shared.decision import Document, Read, Root
from shared.transitions import Table, Transition


class CoverStatus(StrEnum):
    """What has become of a request for cover. UNASKED is the state before anything was heard; it is never stored."""

    UNASKED = "unasked"
    GRANTED = "granted"
    REFUSED = "refused"
    RELEASED = "released"


COVER: Table[CoverStatus] = Table(
    (
        Transition(CoverStatus.UNASKED, "grant", "system", CoverStatus.GRANTED),
        Transition(CoverStatus.UNASKED, "refuse", "system", CoverStatus.REFUSED),
        Transition(CoverStatus.UNASKED, "release", "system", CoverStatus.RELEASED),
        Transition(CoverStatus.GRANTED, "change", "system", CoverStatus.GRANTED),
        Transition(CoverStatus.GRANTED, "release", "system", CoverStatus.RELEASED),
    )
)


@dataclass(frozen=True, slots=True)
class Covered:
    """What an absence is for: a booking or a placement, by its id, of a school's staff.

    `school_urn` is where the school's history goes on today, `named` the URN it had when the places were taken.
    """

    school_urn: str
    purpose: CoverPurpose
    id: str
    named: str = ""

    @property
    def request_urn(self) -> str:
        """The URN under which its request is kept."""
        return self.named or self.school_urn

    @property
    def key(self) -> str:
        """Its name within the school's document."""
        return f"{self.purpose}/{self.id}"

    @property
    def request_key(self) -> str:
        """The id of its request. It belongs to one school, whatever ids others make up."""
        return f"{self.request_urn}/{self.key}"


class CoverRequest(Document):
    """What was asked of a school, and the answer. A tombstone has been released before it was asked."""

    collection = "cover_requests"
    school_urn: str
    purpose: CoverPurpose
    covered_id: str
    asked_by: str | None = None
    status: CoverStatus
    person_ids: tuple[str, ...] = ()
    days_out: tuple[date, ...] = ()
    overridden: bool = False
    reason: CoverRefusalReason | None = None
    day: date | None = None
    changed_at: datetime

    @property
    def covered(self) -> Covered:
        """What it is for."""
        return Covered(self.school_urn, self.purpose, self.covered_id, self.id.partition("/")[0])


@dataclass(frozen=True, slots=True)
class Question:
    """May these people be away on these days? `settled`: they will be; it is only told of."""

    covered: Covered
    asked_by: str
    person_ids: tuple[str, ...]
    days_out: tuple[date, ...]
    settled: bool = False


def reads_requests(*covered: Covered) -> Callable[[Root | None], tuple[Read, ...]]:
    """The reads of every decision about requests."""
    wanted: tuple[Read, ...] = tuple((CoverRequest, each.request_key) for each in covered)
    return lambda _cover: wanted


def unanswered(covered: Covered, verb: str, now: datetime) -> CoverRequest:
    """A request of which nothing was heard before, after this verb."""
    return CoverRequest(
        id=covered.request_key,
        school_urn=covered.school_urn,
        purpose=covered.purpose,
        covered_id=covered.id,
        status=COVER.next(CoverStatus.UNASKED, verb),
        changed_at=now,
    )
