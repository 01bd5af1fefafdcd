"""A tour: the same activity at every school of a partnership, each on dates of its own.

It is asked for in one go and becomes one request a school, made one after the other by the schedule, so that a tour
that was broken off half-way is gone on with. A school that cannot be asked for keeps the reason at its stop.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from services.ambassadors.domain.asking import dates_of
from services.ambassadors.domain.known import KnownPartnership, check_partnership
from services.ambassadors.domain.request import Activity, Slot
from services.ambassadors.domain.terms import Terms
from shared.decision import Decision, Documents, Root
from shared.refusals import Invalid


class StopTwice(Invalid):
    slug = "tour-stops-twice"
    title = "A tour stops at each school once."


class Stop(BaseModel):
    """A school on the tour, and the request it becomes; `refused` says by its slug why it cannot."""

    model_config = ConfigDict(frozen=True)
    school_urn: str
    request_id: str
    slots: tuple[Slot, ...]
    made: bool = False
    refused: str | None = None


class Tour(Root):
    """See the module."""

    collection = "tours"
    partnership_id: str
    asked_by: str
    asked_at: datetime
    activity: Activity
    stops: tuple[Stop, ...]

    def next_stop(self) -> Stop | None:
        """The first stop whose request is still to be made."""
        return next((stop for stop in self.stops if not stop.made and stop.refused is None), None)


def plan(documents: Documents, now: datetime, tour: Tour, terms: Terms) -> Decision[Tour]:
    """Ask for a tour. Raises StopTwice, SlotsOverlap, TooSoon, VisitPartnershipNotActive, NotOfThePartnership."""
    urns = [stop.school_urn for stop in tour.stops]
    if len(set(urns)) < len(urns):
        raise StopTwice(field="stops")
    partnership = documents.get(KnownPartnership, tour.partnership_id)
    for urn in urns:
        check_partnership(partnership, urn)
    closes_before = terms.closes_before(short_notice=tour.activity.short_notice)
    stops = tuple(
        stop.model_copy(update={"slots": dates_of(stop.slots, closes_before, now, f"stops.{number}.dates")})
        for number, stop in enumerate(tour.stops)
    )
    planned = tour.model_copy(update={"stops": stops, "due_at": now})
    return Decision(planned, planned)


def made(tour: Tour, now: datetime, request_id: str, refused: str | None) -> Decision[Tour]:
    """Note that a stop's request is made, or why it is not."""
    stops = tuple(
        stop.model_copy(update={"made": refused is None, "refused": refused}) if stop.request_id == request_id else stop
        for stop in tour.stops
    )
    kept = tour.model_copy(update={"stops": stops})
    kept = kept.model_copy(update={"due_at": now if kept.next_stop() is not None else None})
    return Decision(kept, kept)
