"""Schools at work: they book, cancel, answer offers and repeat themselves, through the edge or straight at replicas.

Everything is drawn from a seed. What they are told is kept in the journal. What others do at the same time is a client
of their own: see applying.py.
"""

from __future__ import annotations

import random
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import httpx

from infra.cli.client import Api, Problem, Unreachable
from infra.story.cast import MEMBERS, teacher
from services.gateway.demo_accounts import DEMO_PASSWORD
from shared.ids import new_id
from tests.faults.checker.places import NEW_DELEGATE
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

    A school that is in `teachers` sends these, again and again; any other sends somebody new every time.
    """

    bursary: float = 0.7
    waitlist: float = 0.5
    cancel: float = 0.25
    answer: float = 0.1
    repeat: float = 0.1
    pause: float = 0.15
    schools: tuple[str, ...] = MEMBERS
    teachers: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def without_cancelling(self) -> Habits:
        """The same, but whoever has booked stays."""
        return replace(self, cancel=0.0)


class Client(ABC):
    """Somebody at work in a thread of their own: `act` again and again, until it is over."""

    def __init__(self, journal: Journal, chance: random.Random, pause: float) -> None:
        self.journal = journal
        self.chance = chance
        self._pause = pause

    @abstractmethod
    def act(self) -> None:
        """One thing that this client does, told to the journal. Raises Problem and Unreachable."""

    def work(self, over: threading.Event) -> None:
        """Until it is over. A no is an answer; only errors of the server are noted as such."""
        while not over.is_set():
            try:
                self.act()
            except Problem as problem:
                if problem.status >= 500:
                    self.journal.errors.append((f"{problem}", f"{problem.status}"))
                self.journal.count(problem.slug)
            except Unreachable as unreachable:
                self.journal.unanswered.append((str(unreachable), ""))
            except Exception as unexpected:
                self.journal.errors.append((repr(unexpected), "the client broke"))
                raise
            over.wait(self.chance.uniform(0, self._pause))


@dataclass
class Load:
    """These clients at work while the block lasts."""

    clients: Sequence[Client]
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Begin."""
        for number, client in enumerate(self.clients):
            thread = threading.Thread(target=client.work, args=(self._over,), name=f"client-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        """Let everybody finish what they are at."""
        self._over.set()
        for thread in self._threads:
            thread.join(150)


class Booker(Client):
    """Books for schools on these occurrences."""

    def __init__(
        self,
        doors: Sequence[Api],
        badges: Badges,
        journal: Journal,
        occurrences: Sequence[str],
        partnership_id: str,
        habits: Habits,
        chance: random.Random,
    ) -> None:
        super().__init__(journal, chance, habits.pause)
        self.doors = doors
        self.badges = badges
        self.occurrences = occurrences
        self.partnership_id = partnership_id
        self.habits = habits
        self.own: list[Acknowledged] = []

    def act(self) -> None:
        """Book, cancel, answer an offer, or ask once more what was asked before."""
        habits, dice = self.habits, self.chance.random()
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
        habits = self.habits
        urn = self.chance.choice(habits.schools)
        bursary = {"kind": "bursary", "partnership_id": self.partnership_id}
        body = {
            "delegates": [{"delegate_id": delegate} for delegate in self._delegates(urn)],
            "funding": bursary if self.chance.random() < habits.bursary else {"kind": "school"},
            "if_full": "waitlist" if self.chance.random() < habits.waitlist else "refuse",
        }
        path = f"/api/occurrences/{self.chance.choice(self.occurrences)}/bookings"
        key = new_id()
        answer = self._send(urn, path, body, key).json()
        made = Acknowledged(answer["booking_id"], urn, path, key, body, answer)
        self.journal.note(made)
        self.own = [*self.own[-MOST_REMEMBERED:], made]

    def _delegates(self, urn: str) -> list[str]:
        """One teacher of a school, or two."""
        places = self.chance.choice((1, 1, 1, 2))
        if urn in self.habits.teachers:
            return self.chance.sample(self.habits.teachers[urn], places)
        return [f"{NEW_DELEGATE}{new_id()}" for _ in range(places)]

    def _ask(self, what: str, body: dict[str, Any]) -> None:
        booking = self.chance.choice(self.own)
        self._send(booking.school_urn, f"{booking.path}/{booking.booking_id}/{what}", body, new_id())
        self.journal.count(what)

    def _repeat(self) -> None:
        first = self.chance.choice(self.own)
        try:
            answer = self._send(first.school_urn, first.path, first.body, first.key).json()
            different = first.differs(answer)
        except Problem as problem:
            different = f"a repeat was answered {problem.status} {problem.slug}"
        self.journal.count("repeated")
        if different is not None:
            self.journal.unequal.append((f"bookings/{first.booking_id}", different))

    def _send(self, urn: str, path: str, body: dict[str, Any], key: str) -> httpx.Response:
        headers = self.badges.headers(urn) | {"Idempotency-Key": key}
        return self.chance.choice(self.doors).send("POST", path, json=body, headers=headers)
