"""An ambassador, a request and offers without any store: decisions are made and applied in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from services.ambassadors.domain import checks, registering
from services.ambassadors.domain.ambassador import Ambassador, Home, Profile, Status, status_at
from services.ambassadors.domain.checks import Outcome
from services.ambassadors.domain.known import KnownSchool, SchoolFacts
from services.ambassadors.domain.offer import Offer
from services.ambassadors.domain.request import Activity, ActivityRequest, Place, RequestStatus, Slot
from services.ambassadors.domain.standing import its_offer
from services.ambassadors.domain.vocabulary import (
    Format,
    Jurisdiction,
    Level,
    Phase,
    Scheme,
    Weekday,
    YearGroup,
)
from services.ambassadors.policies import check_terms_at, visit_terms_at
from shared.contracts.ambassadors import AmbassadorStatusChanged
from shared.contracts.event import Event
from shared.decision import Decision, Document, Documents, Read

R = TypeVar("R", bound=Document | None)
E = TypeVar("E", bound=Event)

NOW = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)  # a Monday
CHECKED = date(2026, 9, 1)
DAY = NOW + timedelta(days=60)
CHECK_TERMS, VISIT_TERMS = check_terms_at(NOW), visit_terms_at(NOW)
PROFILE = Profile(
    name="Ada",
    subjects=("Physics", "Engineering"),
    phases=(Phase.SECONDARY,),
    languages=("English",),
    formats=(Format.TALK,),
    radius_km=30,
    weekdays=tuple(Weekday)[:5],
)
HOME = Home(postcode="ZF1 2AB", latitude=54.75, longitude=-1.55)


def slot(days: float = 60, minutes: int = 90) -> Slot:
    starts_at = NOW + timedelta(days=days)
    return Slot(starts_at=starts_at, ends_at=starts_at + timedelta(minutes=minutes))


def wanted(*slots: Slot, **changes: Any) -> ActivityRequest:
    """A request for a talk about physics, 5 km north of everybody's home."""
    place = Place(
        jurisdiction=changes.pop("jurisdiction", Jurisdiction.ENGLAND_AND_WALES),
        latitude=changes.pop("latitude", 54.795),
        longitude=-1.55,
    )
    usual: dict[str, Any] = {
        "format": Format.TALK,
        "subjects": ("Physics",),
        "year_groups": (YearGroup.YEAR_9,),
        "phases": (Phase.SECONDARY,),
        "pupils_expected": 60,
        "remote": False,
    }
    return ActivityRequest(
        id="request-1",
        status=RequestStatus.OPEN,
        school_urn="900001",
        partnership_id=None,
        asked_by="teacher",
        asked_at=NOW,
        activity=Activity(**usual | changes),
        slots=slots or (slot(),),
        place=place,
        terms=VISIT_TERMS,
    )


class Desk:
    """Makes decisions about one ambassador, one after the other, and remembers what was said."""

    def __init__(self, ambassador_id: str = "ambassador-1", **profile: Any) -> None:
        self.now = NOW
        self.sides: dict[Read, Document] = {}
        self.events: list[Event] = []
        fresh = registering.fresh(
            ambassador_id, f"account-{ambassador_id}", PROFILE.model_copy(update=profile), HOME, NOW, CHECK_TERMS
        )
        self.ambassador = fresh
        self._looked_at: frozenset[Read] = frozenset(registering.reads_for(fresh.account_id, fresh.profile))
        self._apply(registering.register(self, self.now, fresh))

    @classmethod
    def active(cls, ambassador_id: str = "ambassador-1", *, check: Outcome | None = None, **profile: Any) -> Desk:
        """An ambassador whom schools may meet."""
        desk = cls(ambassador_id, **profile)
        desk.record(check or dbs())
        desk.do(checks.induct, by="officer")
        desk.do(registering.activate, by="ada")
        return desk

    def get(self, kind: type[Any], key: str) -> Any:
        """As the door does: only what was declared may be looked at."""
        assert (kind, key) in self._looked_at, f"{kind.__name__} {key} was not declared"
        return self.sides.get((kind, key))

    def do(self, verb: Callable[..., Decision[Ambassador]], *reads: Read, **given: Any) -> Ambassador:
        """Let a verb decide, and apply it."""
        self._looked_at = frozenset([*its_offer(self.ambassador), *reads])
        documents: Documents = self
        return self._apply(verb(self.ambassador, documents, self.now, **given))

    def _apply(self, made: Decision[R]) -> R:
        if isinstance(made.root, Ambassador):
            self.ambassador = made.root
        for document in made.documents:
            self.sides[type(document), document.id] = document
        self.events += made.events
        return made.reply

    def record(self, outcome: Outcome) -> Ambassador:
        return self.do(checks.record, by="officer", outcome=outcome, terms=CHECK_TERMS)

    def tidy(self) -> Ambassador:
        return self.do(checks.tidy)

    def pass_time(self, **step: float) -> None:
        self.now += timedelta(**step)

    def said(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def status(self) -> Status:
        """How the ambassador truly stands."""
        return status_at(self.ambassador, self.now)

    @property
    def offer(self) -> Offer:
        """What the ambassador offers, as it is stored."""
        found = self.sides[Offer, self.ambassador.id]
        assert isinstance(found, Offer)
        return found


def dbs(checked_on: date = CHECKED, **changes: Any) -> Outcome:
    """A check that lets somebody work with pupils in England and Wales."""
    usual = {"scheme": Scheme.DBS, "level": Level.ENHANCED, "decision": "cleared", "monitored": False}
    return Outcome(**{**usual, "checked_on": checked_on, **changes})


def pvg(checked_on: date = CHECKED, **changes: Any) -> Outcome:
    """A check that lets somebody work with pupils in Scotland."""
    return dbs(checked_on, **{"scheme": Scheme.PVG, "level": Level.SCHEME_MEMBER, **changes})


def known(urn: str, **facts: Any) -> KnownSchool:
    return KnownSchool(
        id=urn, facts=SchoolFacts(**{"name": urn, "open": True, "latitude": 54.8, "longitude": -1.5} | facts)
    )


def offers(*desks: Desk) -> Iterable[Offer]:
    return [desk.offer for desk in desks]


def told(desk: Desk) -> list[str]:
    return [event.ambassador_status for event in desk.said(AmbassadorStatusChanged)]


def desk_reads(desk: Desk) -> Desk:
    desk._looked_at = frozenset(registering.reads_for(desk.ambassador.account_id, desk.ambassador.profile))
    return desk
