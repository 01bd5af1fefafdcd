"""A decision in the making: the root as it stands in it, the side documents it writes and the events so far.

Each decision begins with a Change, which first lets the root catch up with the clock (a check that has run out has run
out, whether the schedule has looked or not), and ends with its `decision`, which works out when the schedule has to
look next.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from shared.contracts.event import Event
from shared.decision import Decision, Document, Documents, Root
from shared.refusals import NotFound

SCHOOL = "school"
AMBASSADOR = "ambassador"
OFFICER = "programme-officer"
SYSTEM = "system"
SCHEDULE = "schedule"


class Moment(BaseModel):
    """A decision, with where it led and why."""

    model_config = ConfigDict(frozen=True)
    at: datetime
    verb: str
    status: str
    reason: str
    by: str


class Dated(Root):
    """A root that keeps its own history: each decision with its time and its reason."""

    history: tuple[Moment, ...] = ()


S = TypeVar("S", bound=Dated)
D = TypeVar("D", bound=Document)
R = TypeVar("R", bound=Document | None)


class Change(Generic[S]):
    """What a decision has changed so far. `by` names who decides, in the history."""

    __slots__ = ("_before", "_documents", "_due", "_kept", "by", "events", "now", "root")

    def __init__(
        self, root: S, documents: Documents, now: datetime, by: str, due: Callable[[S, datetime], datetime | None]
    ) -> None:
        self._before = root
        self._documents = documents
        self._due = due
        self._kept: dict[tuple[type[Document], str], Document] = {}
        self.root = root
        self.now = now
        self.by = by
        self.events: list[Event] = []

    def get(self, kind: type[D], key: str) -> D | None:
        """A side document as it stands in this change."""
        kept = self._kept.get((kind, key))
        return kept if isinstance(kept, kind) else self._documents.get(kind, key)

    def must(self, kind: type[D], key: str) -> D:
        """A side document that has to be there. Raises NotFound."""
        found = self.get(kind, key)
        if found is None:
            raise NotFound()
        return found

    def keep(self, document: Document) -> None:
        """Write a side document with this decision."""
        self._kept[type(document), document.id] = document

    def update(self, **changes: Any) -> None:
        """Give the root new facts."""
        self.root = self.root.model_copy(update=changes)

    def move(self, verb: str, status: StrEnum, reason: str, **changes: Any) -> None:
        """Give the root a status and facts, and write down why. A moment of the clock may be in the past."""
        at = changes.pop("at", self.now)
        moment = Moment(at=at, verb=verb, status=status.value, reason=reason, by=changes.pop("by", self.by))
        self.update(status=status, history=(*self.root.history, moment), **changes)

    def say(self, event: Event) -> None:
        """Publish a fact with this decision."""
        self.events.append(event)

    def decision(self, reply: R) -> Decision[R]:
        """The decision as the door takes it; a change of nothing writes nothing."""
        if self.root is self._before and not self._kept and self._due(self.root, self.now) == self.root.due_at:
            return Decision(reply)
        due_at = self._due(self.root, self.now)
        if due_at != self.root.due_at:
            self.update(due_at=due_at)
        if type(reply) is type(self.root):
            reply = self.root  # type: ignore[assignment]
        return Decision(reply, self.root, tuple(self._kept.values()), tuple(self.events))
