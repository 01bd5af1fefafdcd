"""An ambassador: a volunteer, what they offer, how they were checked, and whether they may be sent to schools.

Name, address and home stay in this document: events, logs and the offer that matching reads know ids and positions.
Of a check only its outcome is kept, never the certificate. Whether somebody may be sent is decided at use: a check that
has run out counts for nobody, whether the schedule has tidied it away or not.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.ambassadors.domain.change import AMBASSADOR, OFFICER, SCHEDULE, Dated
from services.ambassadors.domain.terms import after, beginning
from services.ambassadors.domain.vocabulary import (
    JURISDICTION_OF,
    Format,
    Jurisdiction,
    Level,
    Phase,
    Scheme,
    Weekday,
)
from shared.decision import Document
from shared.transitions import Table, Transition


class Status(StrEnum):
    """Where an ambassador stands. `suspended` is told to nobody else: events call it paused."""

    REGISTERED = "registered"
    CHECKS_PENDING = "checks-pending"
    INDUCTED = "inducted"
    ACTIVE = "active"
    PAUSED = "paused"
    LAPSED = "lapsed"
    SUSPENDED = "suspended"
    LEFT = "left"


_S = Status


def _rows() -> Iterable[Transition[Status]]:
    yield Transition(_S.REGISTERED, "check", OFFICER, _S.CHECKS_PENDING)
    yield Transition(_S.CHECKS_PENDING, "induct", OFFICER, _S.INDUCTED)
    yield Transition(_S.INDUCTED, "activate", AMBASSADOR, _S.ACTIVE)
    yield Transition(_S.ACTIVE, "pause", AMBASSADOR, _S.PAUSED)
    yield Transition(_S.PAUSED, "resume", AMBASSADOR, _S.ACTIVE)
    yield Transition(_S.SUSPENDED, "reinstate-as-lapsed", OFFICER, _S.LAPSED)
    for status in (_S.INDUCTED, _S.ACTIVE, _S.PAUSED):
        yield Transition(_S.LAPSED, f"restore-as-{status.value}", OFFICER, status)
        yield Transition(_S.SUSPENDED, f"reinstate-as-{status.value}", OFFICER, status)
        yield Transition(status, "lapse", SCHEDULE, _S.LAPSED)
        yield Transition(status, "suspend", OFFICER, _S.SUSPENDED)
    yield Transition(_S.LAPSED, "suspend", OFFICER, _S.SUSPENDED)
    for status in Status:
        if status is _S.LEFT:
            continue
        if status is not _S.REGISTERED:
            yield Transition(status, "check", OFFICER, status)
        yield Transition(status, "change", AMBASSADOR, status)
        if status is not _S.SUSPENDED:
            yield Transition(status, "leave", AMBASSADOR, _S.LEFT)


LIFE_CYCLE = Table(_rows())
"""An ambassador. While paused, nobody new invites them, and agreed visits stand. After a lapse or a suspension they are
back where they were. Who is suspended cannot leave, since nothing would be left of what is open about them.
"""

MAY_VISIT = (_S.ACTIVE, _S.PAUSED)
TOLD = {
    _S.ACTIVE: "active",
    _S.PAUSED: "paused",
    _S.SUSPENDED: "paused",
    _S.LAPSED: "lapsed",
    _S.LEFT: "left",
}
"""What events say of a status; the others are not told."""

CheckDecision = Literal["pending", "cleared", "refused", "suspended"]
LapseReason = Literal["credential", "inactivity"]


class Credential(BaseModel):
    """The outcome of a check. One that is monitored has no last day: it counts until monitoring says otherwise.

    `renewal_pending_on` is the day of a renewal whose decision is awaited: until then this one counts as it
    did. `renewal_told` says that others were told once that it should be renewed.
    """

    model_config = ConfigDict(frozen=True)
    scheme: Scheme
    level: Level
    decision: CheckDecision
    checked_on: date
    valid_until: date | None
    monitored_on: date | None = None
    renewal_pending_on: date | None = None
    renewal_told: bool = False
    recorded_by: str
    recorded_at: datetime

    @property
    def monitored(self) -> bool:
        """Whether it is continuously monitored."""
        return self.monitored_on is not None

    def counts_on(self, day: date) -> bool:
        """Whether it lets somebody work with pupils on a day."""
        return self.decision == "cleared" and (self.valid_until is None or day <= self.valid_until)


class Period(BaseModel):
    """Days from the first to the last, both included."""

    model_config = ConfigDict(frozen=True)
    first: date
    last: date


class Profile(BaseModel):
    """What an ambassador says of themselves. `name` and `email` are personal data."""

    model_config = ConfigDict(frozen=True)
    name: str
    email: str | None = None
    employer_id: str | None = None
    subjects: tuple[str, ...]
    skills: tuple[str, ...] = ()
    phases: tuple[Phase, ...]
    languages: tuple[str, ...] = ()
    formats: tuple[Format, ...]
    radius_km: int
    visits: bool = True
    remote: bool = False
    weekdays: tuple[Weekday, ...]
    away: tuple[Period, ...] = ()


class Home(BaseModel):
    """Where an ambassador lives: the postcode is personal data, the position is that of its district's schools."""

    model_config = ConfigDict(frozen=True)
    postcode: str
    latitude: float
    longitude: float


class Engagement(BaseModel):
    """A visit that the ambassador has agreed to, and whether it took place."""

    model_config = ConfigDict(frozen=True)
    visit_id: str
    starts_at: datetime
    ends_at: datetime
    delivered: bool = False


class Volunteer(Document):
    """Which ambassador an account is; the id is the account. Nobody is two ambassadors at once."""

    collection = "volunteers"
    ambassador_id: str | None


class Ambassador(Dated):
    """See the module. `cleared` are the jurisdictions that were last told of, `active_from` is when the status was
    granted, which lasts `active_days` without an activity; `load_days` say what is lately; `renew_from` is the first
    day of the renewal window of the check that ends first; `invitations` are those without an answer, by request with
    their expiry. `lapsed_from` and `suspended_from` are the statuses that a lapse or a suspension has interrupted.
    `warned_of` is the end of the status that was last told ahead, `warning_days` before it; who was last checked before
    that was policy is not warned.
    """

    collection = "ambassadors"
    account_id: str
    status: Status
    registered_at: datetime
    profile: Profile
    home: Home | None
    credentials: dict[Scheme, Credential] = Field(default_factory=dict)
    cleared: tuple[Jurisdiction, ...] = ()
    active_from: datetime | None = None
    active_days: int
    load_days: int
    renewal_days: int
    warning_days: int | None = None
    warned_of: datetime | None = None
    renew_from: date | None = None
    engagements: dict[str, Engagement] = Field(default_factory=dict)
    invitations: dict[str, datetime] = Field(default_factory=dict)
    invited_at: datetime | None = None
    lapse_reason: LapseReason | None = None
    lapsed_from: Status | None = None
    suspended_from: Status | None = None

    @property
    def active_until(self) -> datetime | None:
        """When the status ends without another activity. A visit that is agreed is one, until it is called off."""
        if self.active_from is None:
            return None
        times = [engagement.starts_at for engagement in self.engagements.values()]
        return max([self.active_from, *times]) + timedelta(days=self.active_days)


def clearance(ambassador: Ambassador, day: date) -> tuple[Jurisdiction, ...]:
    """Where checks let an ambassador work with pupils on a day, whatever the status."""
    return tuple(
        sorted(JURISDICTION_OF[scheme] for scheme, found in ambassador.credentials.items() if found.counts_on(day))
    )


def renewal_of(ambassador: Ambassador) -> date | None:
    """The first day of the renewal window of the check that ends first."""
    ends = [found.valid_until for found in ambassador.credentials.values() if found.decision == "cleared"]
    first = min((end for end in ends if end is not None), default=None)
    return None if first is None else first - timedelta(days=ambassador.renewal_days)


def renewals_due(ambassador: Ambassador, day: date) -> Iterable[Credential]:
    """The checks that should be made anew by a day, and that nobody was told of yet."""
    for found in ambassador.credentials.values():
        opens = _window_of(ambassador, found)
        if opens is not None and opens <= day and found.counts_on(day):
            yield found


def _window_of(ambassador: Ambassador, found: Credential) -> date | None:
    """The first day of a check's renewal window; None for what nobody has to be told of."""
    quiet = found.renewal_told or found.renewal_pending_on is not None or found.decision != "cleared"
    if quiet or found.valid_until is None:
        return None
    return found.valid_until - timedelta(days=ambassador.renewal_days)


def warn_at(ambassador: Ambassador) -> datetime | None:
    """When to tell that the status ends soon without another activity; None where that was told, or it does not end."""
    until, days = ambassador.active_until, ambassador.warning_days
    if until is None or days is None or until == ambassador.warned_of:
        return None
    return until - timedelta(days=days) if LIFE_CYCLE.allows(ambassador.status, "lapse") else None


def lapse_of(ambassador: Ambassador, now: datetime) -> LapseReason | None:
    """Why the status has lapsed by now, if it has."""
    if not LIFE_CYCLE.allows(ambassador.status, "lapse"):
        return None
    if not clearance(ambassador, now.date()):
        return "credential"
    until = ambassador.active_until
    return "inactivity" if until is not None and until <= now else None


def status_at(ambassador: Ambassador, now: datetime) -> Status:
    """How an ambassador truly stands."""
    return Status.LAPSED if lapse_of(ambassador, now) is not None else ambassador.status


def may_visit(ambassador: Ambassador | None, jurisdiction: Jurisdiction, day: date, now: datetime) -> bool:
    """Whether an ambassador may be sent to a school of this jurisdiction on this day, as far as is known now."""
    if ambassador is None or status_at(ambassador, now) not in MAY_VISIT:
        return False
    return jurisdiction in clearance(ambassador, now.date()) and jurisdiction in clearance(ambassador, day)


def next_due(ambassador: Ambassador, now: datetime) -> datetime | None:
    """When the schedule has to look: when a check or the status is about to end, and when it does."""
    if ambassador.status is Status.LEFT:
        return None
    times = [time for found in ambassador.credentials.values() for time in _times_of(ambassador, found)]
    if ambassador.active_until is not None and LIFE_CYCLE.allows(ambassador.status, "lapse"):
        times.append(warn_at(ambassador) or ambassador.active_until)
    return min(times, default=None)


def _times_of(ambassador: Ambassador, found: Credential) -> Iterable[datetime]:
    """When a check has to be looked at: once it should be made anew, and when it has run out."""
    if found.valid_until is None or JURISDICTION_OF[found.scheme] not in ambassador.cleared:
        return
    opens = _window_of(ambassador, found)
    if opens is not None:
        yield beginning(opens)
    yield after(found.valid_until)
