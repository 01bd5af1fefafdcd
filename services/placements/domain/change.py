"""A decision in the making: the offer, the applications it touches and the events so far.

Each decision on an offer begins with a Change and ends with its `decision`. Beginning one lets the offer catch up with
the clock (it has expired once nobody can begin any more, whether the schedule has looked at it or not); ending one
works out when the schedule has to look at it next.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from services.placements.domain.application import Application
from services.placements.domain.employer import Employer, EmployerStatus
from services.placements.domain.offer import (
    LASTING,
    OFFER,
    Chore,
    Cohort,
    Offer,
    OfferStatus,
    Pending,
    is_full,
    published,
)
from shared.contracts.event import Event
from shared.contracts.placements import PlacementOfferEnded
from shared.decision import Decision, Document, Documents, Read
from shared.refusals import NotFound

R = TypeVar("R", bound=Document | None)

AT_ONCE = 20
"""How many applications a decision of the schedule moves; the next slice goes on where one has stopped."""


class Change:
    """What a decision has changed so far. `by` names who decides, in the history of applications."""

    __slots__ = ("_before", "_kept", "by", "documents", "events", "now", "offer")

    def __init__(self, offer: Offer, documents: Documents, now: datetime, by: str) -> None:
        self._before = offer
        self._kept: dict[tuple[type[Document], str], Document] = {}
        self.documents = documents
        self.offer = offer
        self.now = now
        self.by = by
        self.events: list[Event] = []
        if offer.status in LASTING and now >= offer.closes_at:
            self._expire()

    def application(self, application_id: str) -> Application:
        """An application as it stands in this change. Raises NotFound for one that is not of this offer."""
        found = self._kept.get((Application, application_id)) or self.documents.get(Application, application_id)
        if not isinstance(found, Application) or found.offer_id != self.offer.id:
            raise NotFound()
        return found

    def keep(self, document: Document) -> None:
        """Write a side document with this decision."""
        self._kept[type(document), document.id] = document

    def update(self, **changes: object) -> None:
        """Give the offer new numbers or facts."""
        self.offer = self.offer.model_copy(update=changes)

    def move(self, verb: str, **changes: object) -> None:
        """Take the offer along its life cycle. Raises WrongState."""
        self.update(status=OFFER.next(self.offer.status, verb), **changes)

    def say(self, event: Event) -> None:
        """Publish a fact with this decision."""
        self.events.append(event)

    def await_answer(self, application: Application, *, offered: bool = False) -> None:
        """Keep an application that somebody has to answer, with its deadline in the offer."""
        assert application.expires_at is not None  # noqa: S101 - for the type checker: the caller has set it
        pending = Pending(
            cohort=application.wishes.cohort,
            expires_at=application.expires_at,
            remind_at=application.remind_at,
            offered=offered,
        )
        self.update(pending={**self.offer.pending, application.id: pending})
        self.keep(application)

    def answered(self, application: Application) -> None:
        """Keep an application that nobody has to answer any more; a place that it held is free."""
        pending = {key: other for key, other in self.offer.pending.items() if key != application.id}
        self.update(pending=pending)
        self.keep(application)

    def count(self, number: int, places: int) -> None:
        """Take places of a cohort for good, or give them back; the offer is filled, or not any more."""

        def counted(cohort: Cohort) -> Cohort:
            if cohort.number != number:
                return cohort
            return cohort.model_copy(update={"accepted": cohort.accepted + places})

        self.update(cohorts=tuple(counted(cohort) for cohort in self.offer.cohorts))
        status = self.offer.status
        if is_full(self.offer) and status in (OfferStatus.PUBLISHED, OfferStatus.PAUSED):
            self.move("fill", paused=status is OfferStatus.PAUSED)
            self.say(PlacementOfferEnded(offer_id=self.offer.id, ending="filled"))
        elif status is OfferStatus.FILLED and not is_full(self.offer):
            self._reopen()

    def decision(self, reply: R) -> Decision[R]:
        """The decision as the door takes it; a change of nothing writes nothing."""
        if self.offer is self._before and not self._kept:
            return Decision(reply)
        due_at = next_due(self.offer, self.now)
        if due_at != self.offer.due_at:
            self.update(due_at=due_at)
        if isinstance(reply, Offer):
            reply = self.offer  # type: ignore[assignment]
        return Decision(reply, self.offer, tuple(self._kept.values()), tuple(self.events))

    def unverified(self) -> list[str]:
        """The hosts for which the programme does not vouch, or not any more."""
        hosts = {key: self.documents.get(Employer, key) for key in self.offer.employer_ids}
        return [key for key, host in hosts.items() if host is None or host.status is not EmployerStatus.VERIFIED]

    def _reopen(self) -> None:
        if self.offer.paused or self.unverified():
            self.move("reopen-paused", paused=False)
        else:
            self.move("reopen")
            self.say(published(self.offer))

    def _expire(self) -> None:
        filled = self.offer.status is OfferStatus.FILLED
        self.move("expire", chore=Chore.REJECT)
        self.say(PlacementOfferEnded(offer_id=self.offer.id, ending="closed" if filled else "expired"))


def next_due(offer: Offer, now: datetime) -> datetime | None:
    """When the schedule has to look at it: a deadline, a reminder, its end, or now when work is left over."""
    if offer.chore is not None:
        return now
    times = [pending.expires_at for pending in offer.pending.values()]
    times += [pending.remind_at for pending in offer.pending.values() if pending.remind_at is not None]
    if offer.status in LASTING:
        times.append(offer.closes_at)
    return min(times, default=None)


def next_ones(offer: Offer | None) -> Iterable[Read]:
    """The applications whose deadline or reminder comes first."""
    if offer is None:
        return []
    both = [(pending.remind_at or pending.expires_at, key) for key, pending in offer.pending.items()]
    return [(Application, key) for _, key in sorted(both)[:AT_ONCE]]
