"""The vocabulary of the domain: documents, the one root a decision changes, and the decision itself.

`decide(root, documents, now) → Decision` or a Refusal. It is pure: no await, no clock, no identifiers made, no driver.
A decision changes ONE root, the document that holds every number an invariant needs; side documents (a booking, a
ledger entry) are written beside it and only ever together with it, so that the root's version guards them as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from shared.contracts.event import Event


class Document(BaseModel):
    """A stored document. `collection` names where it is kept; `id` is its key there.

    Fields hold what both JSON and the store can hold: str, int, bool, float, aware datetimes, dates, StrEnums, tuples,
    dicts with string keys and nested frozen models.
    """

    # What is stored may be about people: an error about it, which ends up in a log, must not repeat it.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    collection: ClassVar[str]
    id: str


class Root(Document):
    """The one document of an aggregate that a decision may change.

    `version` and `sequence` belong to the commit door: version counts decisions, sequence counts events, `last_event`
    is the identifier of the latest one. `due_at` is the time at which the schedule has to look at the aggregate next
    (an expiry, a deadline); None when nothing is waiting.
    """

    version: int = 0
    sequence: int = 0
    last_event: str | None = None
    due_at: datetime | None = None

    @property
    def aggregate(self) -> str:
        """The aggregate's name on the event path: `collection/id`."""
        return f"{self.collection}/{self.id}"


class Documents(Protocol):
    """The side documents that a decision may look at, as of the moment it is made."""

    def get(self, kind: type[D], key: str) -> D | None:
        """The document with this key, or None. It must be among the decision's declared reads."""


D = TypeVar("D", bound=Document)
S = TypeVar("S", bound=Root)
R = TypeVar("R", bound=Document | None)

Read = tuple[type[Document], str]
"""A side document that a decision needs: its kind and key."""


@dataclass(frozen=True, slots=True)
class Decision(Generic[R]):
    """What a decision changes and says.

    `root` is the new state of the root (None: unchanged), `documents` are side documents to be written whole (one that
    is not among the declared reads is taken to be new: nothing is overwritten unseen), `events` are facts in the order
    they happened, `reply` goes to the caller: a document of the service, kept with the
    idempotency key so that a repeated request gets the same answer.
    """

    reply: R
    root: Root | None = None
    documents: tuple[Document, ...] = ()
    events: tuple[Event, ...] = ()


Decide = Callable[[S, Documents, datetime], Decision[R]]
"""A decision on a root that must exist."""

DecideOrCreate = Callable[[S | None, Documents, datetime], Decision[R]]
"""A decision on a root that may not exist yet."""


@dataclass(frozen=True)
class ReadsInTurn(Generic[S]):
    """Reads of which some are known only once others are read.

    `first` tells them by the root, `then` by the documents of `first`.
    """

    first: Callable[[S | None], Iterable[Read]]
    then: Callable[[Documents], Iterable[Read]]

    def __call__(self, root: S | None) -> Iterable[Read]:
        """The first ones."""
        return self.first(root)


Reads = Callable[[S | None], Iterable[Read]]
"""Which side documents a decision needs, given the root as it stands."""
