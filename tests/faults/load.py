"""Schools at work: they book, cancel, answer offers and repeat themselves, through the edge or straight at replicas.

Everything is drawn from a seed. What they are told is kept in the journal.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import httpx

from infra.cli.client import Api, Problem, Unreachable
from infra.story.cast import MEMBERS, teacher
from services.gateway.demo_accounts import DEMO_PASSWORD
from shared.ids import new_id
from tests.faults.checker.places import TEACHER
from tests.faults.journal import Acknowledged, Journal

RENEW_BEFORE = 60.0
MOST_REMEMBERED = 60


class Badges:
    """Access tokens of schools, renewed before they run out. They come from the edge, whoever they are shown to."""

    def __init__(self, edge: Api) -> None:
        self._edge = edge
        self._tokens: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def headers(self, urn: str) -> dict[str, str]:
        """What a school shows."""
        with self._lock:
            token, good_until = self._tokens.get(urn, ("", 0.0))
            if time.monotonic() > good_until - RENEW_BEFORE:
                fresh = self._edge.token(teacher(urn), DEMO_PASSWORD)
                token, good_until = fresh.access_token, time.monotonic() + fresh.expires_in
                self._tokens[urn] = (token, good_until)
            return {"Authorization": f"Bearer {token}"}


@dataclass(frozen=True)
class Habits:
    """How clients behave. Shares are of 1; `pause` is the longest pause in seconds between two requests of a client.

    Each of the `schools` has so many `teachers` whom it sends; None: a new one every time.
    """

    bursary: float = 0.7
    waitlist: float = 0.5
    cancel: float = 0.25
    answer: float = 0.1
    repeat: float = 0.1
    pause: float = 0.15
    schools: tuple[str, ...] = MEMBERS
    teachers: int | None = None

    def without_cancelling(self) -> Habits:
        """The same, but whoever has booked stays."""
        return replace(self, cancel=0.0)


@dataclass
class Load:
    """`clients` at work on these occurrences while the block lasts."""

    doors: Sequence[Api]
    badges: Badges
    journal: Journal
    occurrences: Sequence[str]
    partnership_id: str
    seed: int
    clients: int = 6
    habits: Habits = Habits()
    _stopped: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Begin."""
        for number in range(self.clients):
            client = Client(self, random.Random(f"{self.seed}/{number}"))
            thread = threading.Thread(target=client.work, name=f"client-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        """Let everybody finish what they are at."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(150)

    @property
    def is_over(self) -> bool:
        """Whether clients should go home."""
        return self._stopped.is_set()

    def pause(self, seconds: float) -> None:
        """Wait between two requests."""
        self._stopped.wait(seconds)


@dataclass
class Client:
    """One of them."""

    load: Load
    chance: random.Random
    own: list[Acknowledged] = field(default_factory=list)

    def work(self) -> None:
        """Until it is over. A no is an answer; only errors of the server are noted as such."""
        while not self.load.is_over:
            try:
                self._act()
            except Problem as problem:
                if problem.status >= 500:
                    self.load.journal.errors.append((f"{problem}", f"{problem.status}"))
                self.load.journal.count(problem.slug)
            except Unreachable as unreachable:
                self.load.journal.unanswered.append((str(unreachable), ""))
            except Exception as unexpected:
                self.load.journal.errors.append((repr(unexpected), "the client broke"))
                raise
            self.load.pause(self.chance.uniform(0, self.load.habits.pause))

    def _act(self) -> None:
        habits, dice = self.load.habits, self.chance.random()
        if not self.own:
            self._book()
        elif dice < habits.cancel:
            self._ask("cancellation", {"reason": "a colleague is ill"})
        elif dice < habits.cancel + habits.answer:
            self._ask(self.chance.choice(("acceptance", "acceptance", "refusal")), {})
        elif dice < habits.cancel + habits.answer + habits.repeat:
            self._repeat()
        else:
            self._book()

    def _book(self) -> None:
        habits = self.load.habits
        urn = self.chance.choice(habits.schools)
        bursary = {"kind": "bursary", "partnership_id": self.load.partnership_id}
        body = {
            "delegates": [{"delegate_id": delegate} for delegate in self._delegates(urn)],
            "funding": bursary if self.chance.random() < habits.bursary else {"kind": "school"},
            "if_full": "waitlist" if self.chance.random() < habits.waitlist else "refuse",
        }
        path = f"/api/occurrences/{self.chance.choice(self.load.occurrences)}/bookings"
        key = new_id()
        answer = self._send(urn, path, body, key).json()
        made = Acknowledged(answer["booking_id"], urn, path, key, body, answer)
        self.load.journal.note(made)
        self.own = [*self.own[-MOST_REMEMBERED:], made]

    def _delegates(self, urn: str) -> list[str]:
        """One teacher of a school, or two."""
        places, teachers = self.chance.choice((1, 1, 1, 2)), self.load.habits.teachers
        if teachers is None:
            return [f"delegate-{new_id()}" for _ in range(places)]
        return [f"{TEACHER}{urn}-{number}" for number in self.chance.sample(range(teachers), places)]

    def _ask(self, what: str, body: dict[str, Any]) -> None:
        booking = self.chance.choice(self.own)
        self._send(booking.school_urn, f"{booking.path}/{booking.booking_id}/{what}", body, new_id())
        self.load.journal.count(what)

    def _repeat(self) -> None:
        first = self.chance.choice(self.own)
        try:
            answer = self._send(first.school_urn, first.path, first.body, first.key).json()
            different = first.differs(answer)
        except Problem as problem:
            different = f"a repeat was answered {problem.status} {problem.slug}"
        self.load.journal.count("repeated")
        if different is not None:
            self.load.journal.unequal.append((f"bookings/{first.booking_id}", different))

    def _send(self, urn: str, path: str, body: dict[str, Any], key: str) -> httpx.Response:
        headers = self.load.badges.headers(urn) | {"Idempotency-Key": key}
        return self.chance.choice(self.load.doors).send("POST", path, json=body, headers=headers)
