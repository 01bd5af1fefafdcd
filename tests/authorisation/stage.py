"""A world that stands still at one point of the story, and the ids of what is in it.

What must never be shown to strangers is worded with `CANARY`. `remember` and `restore` put the stores back, so that
each question meets the same state.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from shared.running import documents_of
from shared.testing.world import START, Headers, World
from tests.authorisation.callers import CALLERS, WITHOUT_ROLE, Who

CANARY: Final = "canary"
Tables = dict[tuple[str, str], dict[str, bytes]]


@dataclass
class Stage:
    """A world that stands still at one point of the story, and the ids of what is in it."""

    world: World
    ids: dict[str, str] = field(default_factory=dict)
    before: Tables = field(default_factory=dict)
    time: datetime = START
    headers: dict[str, Headers] = field(default_factory=dict)

    def caller(self, name: str) -> Headers:
        """The headers of a caller of the matrix."""
        if self.before and name in self.headers:
            return self.headers[name]
        self.headers[name] = self._headers(CALLERS[name], name)
        return self.headers[name]

    def _headers(self, who: Who | None, name: str) -> Headers:
        if who is None:
            return {}
        roles = () if name == WITHOUT_ROLE else (who.role,)
        leads = None if who.leads is None else self.ids[who.leads]
        acting = {"school_urn": who.urn, "partnership_id": leads, "employer_id": who.employer}
        return self.world.caller(who.subject, *roles, **acting)

    def tables(self) -> Tables:
        """Everything that is stored."""
        return {
            (name, kind.collection): dict(self.world.databases[name].table(kind.collection))
            for name, service in self.world.services.items()
            for kind in documents_of(service)
        }

    def remember(self) -> None:
        """From now on `restore` leads back here."""
        self.before = self.tables()
        self.time = self.world.clock.now()
        self.headers.clear()

    def restore(self) -> None:
        """Put back everything that is stored, and the time."""
        self.world.clock.advance(self.time - self.world.clock.now())
        for (name, collection), documents in self.before.items():
            table = self.world.databases[name].table(collection)
            table.clear()
            table.update(documents)


Telling = Callable[[Stage], Awaitable[None]]
