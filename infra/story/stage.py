"""What the chapters play on: the edge, who acts, and what to do when something is not as it should be.

`eventually` waits for something that other services bring about; `expect` checks something that must be true at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from rich.console import RenderableType

from infra.cli.client import Api, Session
from infra.local.obstacles import Obstacle
from services.gateway.demo_accounts import DEMO_PASSWORD

T = TypeVar("T")

WITHIN = 60.0
BETWEEN_LOOKS = 0.05


class Mismatch(Obstacle):
    """The services did something else than the story says."""

    def __init__(self, what: str, expected: object, seen: object) -> None:
        super().__init__(
            f"{what}: expected {expected}, seen {seen}",
            "this is a fault of the services or of the story; what happened: make logs",
        )


class Teller(Protocol):
    """Who tells the story. Nobody has to listen."""

    def chapter(self, title: str, text: str) -> None:
        """Something new begins."""

    def done(self, what: str, seconds: float | None = None) -> None:
        """Something has happened, and was checked."""

    def show(self, picture: RenderableType) -> None:
        """A table or a tree."""


class Silence:
    """A teller for tests."""

    def chapter(self, title: str, text: str) -> None:
        """Say nothing."""

    def done(self, what: str, seconds: float | None = None) -> None:
        """Say nothing."""

    def show(self, picture: RenderableType) -> None:
        """Show nothing."""


@dataclass(slots=True)
class Stage:
    """One telling. `logs` is the folder of the services' log files, where they are on this machine."""

    api: Api
    teller: Teller = field(default_factory=Silence)
    logs: Path | None = None
    password: str = DEMO_PASSWORD
    within: float = WITHIN
    _sessions: dict[str, Session] = field(default_factory=dict)

    def as_account(self, email: str, password: str | None = None) -> Session:
        """The session of a demo account."""
        if email not in self._sessions:
            self._sessions[email] = self.api.sign_in(email, password or self.password)
        return self._sessions[email]

    def eventually(self, what: str, read: Callable[[], T], holds: Callable[[T], bool]) -> T:
        """Look until it holds; what was seen then. Raises Mismatch when it does not within the time."""
        return eventually(what, read, holds, self.within)


def eventually(what: str, read: Callable[[], T], holds: Callable[[T], bool], within: float = WITHIN) -> T:
    """Look until it holds; what was seen then. Raises Mismatch when it does not within so many seconds."""
    until = time.monotonic() + within
    while True:
        seen = read()
        if holds(seen):
            return seen
        if time.monotonic() > until:
            raise Mismatch(what, f"it within {within:.0f} s", seen)
        time.sleep(BETWEEN_LOOKS)


def expect(what: str, expected: object, seen: object) -> None:
    """Raises Mismatch unless the two are equal."""
    if expected != seen:
        raise Mismatch(what, expected, seen)


def pounds(pence: int) -> str:
    """An amount as people write it: £1,050, or £12.50."""
    whole, rest = divmod(pence, 100)
    return f"£{whole:,}" if rest == 0 else f"£{whole:,}.{rest:02}"
