"""A request for an activity: what a school would like, who was asked, and how far it has come.

Who was asked and what they answered stays here: the school learns who comes, never who did not. Invitations are live
while now is before their expiry and never after, whether the schedule has tidied them away or not.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from services.ambassadors.domain.change import (
    AMBASSADOR,
    OFFICER,
    SCHEDULE,
    SCHOOL,
    SYSTEM,
    Change,
    Dated,
)
from services.ambassadors.domain.terms import Terms
from services.ambassadors.domain.vocabulary import Format, Jurisdiction, Phase, YearGroup
from shared.contracts.ambassadors import InvitationEnded, RequestEnded
from shared.decision import Document, Documents
from shared.transitions import Table, Transition


class RequestStatus(StrEnum):
    """Where a request is in its life."""

    OPEN = "open"
    MATCHED = "matched"
    INVITED = "invited"
    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    DELIVERED = "delivered"
    FEEDBACK = "feedback"
    CLOSED = "closed"
    DECLINED = "declined"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


_S = RequestStatus
SEEKING = (_S.OPEN, _S.MATCHED, _S.INVITED)
AGREED = (_S.ACCEPTED, _S.CONFIRMED)


def _rows() -> Iterable[Transition[RequestStatus]]:
    yield Transition(_S.OPEN, "match", SYSTEM, _S.MATCHED)
    yield Transition(_S.MATCHED, "invite", SYSTEM, _S.INVITED)
    yield Transition(_S.MATCHED, "run-out", SYSTEM, _S.OPEN)
    yield Transition(_S.INVITED, "accept", AMBASSADOR, _S.ACCEPTED)
    yield Transition(_S.INVITED, "turn-down", AMBASSADOR, _S.MATCHED)
    yield Transition(_S.INVITED, "let-go", SCHEDULE, _S.MATCHED)
    yield Transition(_S.INVITED, "take-back", SYSTEM, _S.MATCHED)
    yield Transition(_S.ACCEPTED, "confirm", SYSTEM, _S.CONFIRMED)
    yield Transition(_S.CONFIRMED, "confirm", SYSTEM, _S.CONFIRMED)
    yield Transition(_S.CONFIRMED, "deliver", SYSTEM, _S.DELIVERED)
    yield Transition(_S.DELIVERED, "hear", SYSTEM, _S.FEEDBACK)
    yield Transition(_S.FEEDBACK, "hear", SYSTEM, _S.FEEDBACK)
    yield Transition(_S.DELIVERED, "close", SCHEDULE, _S.CLOSED)
    yield Transition(_S.FEEDBACK, "close", SYSTEM, _S.CLOSED)
    for status in SEEKING:
        yield Transition(status, "expire", SCHEDULE, _S.EXPIRED)
        yield Transition(status, "decline", OFFICER, _S.DECLINED)
    for status in (*SEEKING, *AGREED):
        yield Transition(status, "cancel", SCHOOL, _S.CANCELLED)
    for status in AGREED:
        yield Transition(status, "seek-substitute", SYSTEM, _S.MATCHED)
    for status in (_S.CONFIRMED, _S.DELIVERED, _S.FEEDBACK):
        yield Transition(status, "miss", SYSTEM, _S.CLOSED)
    yield Transition(_S.CLOSED, "deliver", SYSTEM, _S.DELIVERED)


REQUEST = Table(_rows())
"""An activity request. It goes back to matched whenever whoever was asked, or had agreed, does not come."""

OVER = (_S.CLOSED, _S.DECLINED, _S.EXPIRED, _S.CANCELLED)
InvitationEnding = Literal["accepted", "declined", "expired", "withdrawn"]


class Activity(BaseModel):
    """What a school would like to have. `skills` would help, and rule nobody out. `note` is in its own words. With
    `short_notice` the school is ready for whoever comes, up to the beginning of each date.
    """

    model_config = ConfigDict(frozen=True)
    format: Format
    subjects: tuple[str, ...]
    year_groups: tuple[YearGroup, ...]
    phases: tuple[Phase, ...]
    pupils_expected: int
    remote: bool
    languages: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    benchmark: int | None = None
    short_notice: bool = False
    note: str = ""


class Slot(BaseModel):
    """A time that would suit the school."""

    model_config = ConfigDict(frozen=True)
    starts_at: datetime
    ends_at: datetime


class Place(BaseModel):
    """Where the school is, and whose law on checks holds there. `zone` is where its days begin and end."""

    model_config = ConfigDict(frozen=True)
    jurisdiction: Jurisdiction
    latitude: float | None
    longitude: float | None
    zone: str = "Europe/London"


class Invitation(BaseModel):
    """Who was asked, until when, and why: the factors of the match in words."""

    model_config = ConfigDict(frozen=True)
    ambassador_id: str
    invited_at: datetime
    expires_at: datetime
    score: int
    because: tuple[str, ...]
    by: str
    ending: InvitationEnding | None = None


class Promise(BaseModel):
    """A time that an ambassador has promised to a request."""

    model_config = ConfigDict(frozen=True)
    request_id: str
    starts_at: datetime
    ends_at: datetime


class DiaryDay(Document):
    """What an ambassador has promised on a day (UTC), whichever request it was: nobody is at two places at once."""

    collection = "diary_days"
    promises: tuple[Promise, ...] = ()


class ActivityRequest(Dated):
    """See the module. `slots` are in order of time; the last one decides how long anybody is looked for. With a
    `visit_id` somebody has agreed to come (and, while it seeks again, a substitute is looked for); `missed` says that
    the visit did not take place.
    """

    collection = "requests"
    status: RequestStatus
    school_urn: str
    partnership_id: str | None
    tour_id: str | None = None
    asked_by: str
    asked_at: datetime
    activity: Activity
    slots: tuple[Slot, ...]
    place: Place
    terms: Terms
    invitations: tuple[Invitation, ...] = ()
    invited_id: str | None = None
    looked_at: datetime | None = None
    look_at: datetime | None = None
    ambassador_id: str | None = None
    visit_id: str | None = None
    slot: Slot | None = None
    close_at: datetime | None = None
    heard: tuple[str, ...] = ()
    missed: bool = False

    @property
    def invitation(self) -> Invitation | None:
        """The invitation that waits for an answer."""
        if self.status is not _S.INVITED:
            return None
        return self.invitations[-1]

    @property
    def closes_before(self) -> timedelta:
        """How long before a date begins it is no choice any more."""
        return self.terms.closes_before(short_notice=self.activity.short_notice)

    @property
    def seeks_until(self) -> datetime:
        """The moment from which nobody is looked for any more."""
        return self.slots[-1].starts_at - self.closes_before

    def is_too_near(self, slot: Slot, now: datetime) -> bool:
        """Whether a date is no choice any more: it has begun, or the school expects nobody so soon."""
        return slot.starts_at - self.closes_before <= now

    def asked(self) -> frozenset[str]:
        """Everybody who was ever asked."""
        return frozenset(invitation.ambassador_id for invitation in self.invitations)


def diary_key(ambassador_id: str, at: datetime) -> str:
    """The key of an ambassador's day."""
    return f"{ambassador_id} {at.date().isoformat()}"


def next_due(request: ActivityRequest, now: datetime) -> datetime | None:
    """When the schedule has to look: an invitation's end, the next look for candidates, the end of feedback."""
    if request.status is _S.INVITED:
        return request.invitations[-1].expires_at
    if request.status is _S.MATCHED:
        return now
    if request.status is _S.OPEN:
        return min(request.look_at or now, request.seeks_until)
    if request.status in (_S.DELIVERED, _S.FEEDBACK):
        return request.close_at
    return None


def changing(request: ActivityRequest, documents: Documents, now: datetime, by: str) -> Change[ActivityRequest]:
    """Begin a decision about a request, as it truly stands now."""
    change = Change(request, documents, now, by, next_due)
    invitation = request.invitation
    if invitation is not None and invitation.expires_at <= now:
        end_invitation(
            change, "let-go", "The invitation was not answered in time.", "expired", at=invitation.expires_at
        )
    return change


def end_invitation(
    change: Change[ActivityRequest],
    verb: str,
    reason: str,
    ending: Literal["declined", "expired", "withdrawn"],
    *,
    at: datetime | None = None,
) -> None:
    """Let the invitation come to nothing; somebody else is looked for at once. Raises WrongState."""
    request = change.root
    status = REQUEST.next(request.status, verb)
    last = request.invitations[-1]
    by = SCHEDULE if ending == "expired" else change.by
    ended = (*request.invitations[:-1], last.model_copy(update={"ending": ending}))
    change.move(verb, status, reason, at=at or change.now, by=by, invitations=ended, invited_id=None)
    change.say(InvitationEnded(request_id=request.id, ambassador_id=last.ambassador_id, invitation_ending=ending))


def end(
    change: Change[ActivityRequest],
    verb: str,
    reason: str,
    ending: Literal["closed", "declined", "expired", "cancelled"],
) -> None:
    """End the request; whoever has been asked need not come. Raises WrongState."""
    status = REQUEST.next(change.root.status, verb)
    if change.root.invitation is not None:
        end_invitation(change, "take-back", "The request has ended.", "withdrawn")
    change.move(verb, status, reason, close_at=None)
    root = change.root
    change.say(RequestEnded(request_id=root.id, school_urn=root.school_urn, request_ending=ending))


def as_of(request: ActivityRequest, now: datetime) -> ActivityRequest:
    """The request as it truly stands now."""
    invitation = request.invitation
    if invitation is None or invitation.expires_at > now:
        return request
    return changing(request, _Nothing(), now, SCHEDULE).root


class _Nothing:
    """No side documents."""

    def get(self, kind: type[Document], key: str) -> None:
        """None."""
