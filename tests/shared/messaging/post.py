"""Two tiny services joined by the event path: one says numbers about an occurrence, the other notes them in order.

`said` is what was committed, `noted` is what took effect: on every path they must end up equal.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from shared.clock import Clock, SystemClock
from shared.commit import DOOR_DOCUMENTS, Cause, Door
from shared.contracts.courses import OccurrenceCancelled, OccurrenceClosed
from shared.database import Database, Index
from shared.decision import Decision, Document, Documents, Root
from shared.ids import new_id
from shared.messaging.broker import Broker, BrokerUnavailable
from shared.messaging.consumer import CONSUMER_DOCUMENTS, Consumer
from shared.messaging.outbox import OutboxRow
from shared.messaging.parked import Parked, ParkedEvents
from shared.messaging.relay import RELAY_DOCUMENTS, Relay
from shared.messaging.timing import ConsumerTiming, RelayTiming
from shared.refusals import Conflict
from shared.subscriptions import Subscription, on
from shared.work import Work

TOPIC = "courses.events"
DEADLINE = 60.0


class Speaker(Root):
    """Says 1, 2, 3 …"""

    collection: ClassVar[str] = "occurrences"
    said: int = 0


class Notebook(Root):
    """What was heard about an occurrence, in the order it was heard."""

    collection: ClassVar[str] = "notebooks"
    noted: tuple[int, ...] = ()


class Again(Root):
    """The same in another book, by another reaction."""

    collection: ClassVar[str] = "notebooks_again"
    noted: tuple[int, ...] = ()


class Unheard(Conflict):
    slug = "tests-unheard"
    title = "The reaction refuses this number."


SPEAKER_DOCUMENTS: Mapping[type[Document], Sequence[Index]] = {**DOOR_DOCUMENTS, **RELAY_DOCUMENTS, Speaker: ()}
LISTENER_DOCUMENTS: Mapping[type[Document], Sequence[Index]] = {
    **DOOR_DOCUMENTS,
    **CONSUMER_DOCUMENTS,
    Notebook: (),
    Again: (),
}

RELAY_TIMING = RelayTiming(mark_seconds=0.0, poll_seconds=0.05, audit_seconds=0.2)
CONSUMER_TIMING = ConsumerTiming(
    note_seconds=0.0, fetch_seconds=0.02, gap_seconds=0.2, look_seconds=0.0, work_seconds=0.5
)


@dataclass(slots=True)
class Listener:
    """The reaction, and what is made to go wrong in it: numbers that break it, refusals, trouble that passes."""

    broken: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    troubled: Counter[int] = field(default_factory=Counter)
    trouble: type[Exception] = ConnectionError
    in_line: bool = True
    twice: bool = False
    broken_again: set[int] = field(default_factory=set)
    calls: int = 0

    async def note(self, work: Work, event: OccurrenceCancelled) -> None:
        """Write the number down."""
        self.calls += 1
        number = int(event.reason)
        if number in self.broken:
            raise ValueError(f"{number} cannot be noted")
        if number in self.refused:
            raise Unheard(f"not {number}")
        if self.troubled[number]:
            self.troubled[number] -= 1
            raise self.trouble("for a moment")

        def decide(book: Notebook | None, _documents: Documents, _now: datetime) -> Decision[None]:
            book = book or Notebook(id=event.occurrence_id)
            return Decision(None, book.model_copy(update={"noted": (*book.noted, number)}))

        await work.create_or_change(Notebook, event.occurrence_id, decide)

    async def note_again(self, work: Work, event: OccurrenceCancelled) -> None:
        """Write the number down in another book, if the first has it: reactions to one event keep their order."""
        number = int(event.reason)
        if number in self.broken_again:
            raise ValueError(f"{number} cannot be noted again")

        def decide(again: Again | None, documents: Documents, _now: datetime) -> Decision[None]:
            first, again = documents.get(Notebook, event.occurrence_id), again or Again(id=event.occurrence_id)
            if first is None or first.noted[-1] != number:
                raise Unheard(f"{number} is not in the first book")
            return Decision(None, again.model_copy(update={"noted": (*again.noted, number)}))

        await work.create_or_change(Again, event.occurrence_id, decide, lambda _: ((Notebook, event.occurrence_id),))

    def subscriptions(self) -> tuple[Subscription, ...]:
        """Its one row, or two."""
        once = on(OccurrenceCancelled, self.note, changes_once=self.in_line)
        again = on(OccurrenceCancelled, self.note_again, changes_once=self.in_line)
        return (once, again) if self.twice else (once,)


@dataclass(slots=True)
class Commits:
    """How many transactions a door has made in which something was decided."""

    made: int = 0

    def committed(self, decisions: int, events: int, attempts: int, seconds: float) -> None:
        """Count it."""
        self.made += bool(decisions)

    def refused(self, slug: str) -> None:
        """Ignore."""


class Post:
    """Both services, stepped by hand."""

    def __init__(
        self,
        speakers: Database,
        listeners: Database,
        broker: Broker,
        clock: Clock | None = None,
        *,
        in_line: bool = True,
        twice: bool = False,
    ) -> None:
        self.speakers = speakers
        self.listeners = listeners
        self.broker = broker
        self.clock = clock or SystemClock()
        self.listener = Listener(in_line=in_line, twice=twice)
        self.group = f"listeners-{new_id()}"
        self.door_out = Door(speakers, source="/courses", documents=(Speaker,), clock=self.clock)
        self.commits = Commits()
        self.door_in = Door(
            listeners, source="/listeners", documents=(Notebook, Again), clock=self.clock, metrics=self.commits
        )
        self.relay = self.new_relay()
        self.consumer = self.new_consumer()

    def new_relay(self, timing: RelayTiming = RELAY_TIMING) -> Relay:
        """Another relay of the speakers."""
        return Relay(self.speakers, self.broker, TOPIC, self.clock, timing=timing)

    def new_consumer(self, timing: ConsumerTiming = CONSUMER_TIMING) -> Consumer:
        """Another consumer of the listeners."""
        subscriptions = self.listener.subscriptions()
        return Consumer(self.listeners, self.broker, self.door_in, self.clock, self.group, subscriptions, timing=timing)

    async def restart_consumer(self, timing: ConsumerTiming = CONSUMER_TIMING) -> None:
        """Let the consumer's process die, and begin another one."""
        await self.consumer.close()
        self.consumer = self.new_consumer(timing)

    async def restart_relay(self, timing: RelayTiming = RELAY_TIMING) -> None:
        """Stop the relay, and begin another one."""
        await self.relay.close()
        self.relay = self.new_relay(timing)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Post]:
        """Prepared stores and running doors, until the end of the block."""
        await self.speakers.prepare(SPEAKER_DOCUMENTS)
        await self.listeners.prepare(LISTENER_DOCUMENTS)
        await self.broker.ensure_topics([TOPIC])
        doors = [asyncio.create_task(door.run()) for door in (self.door_out, self.door_in)]
        try:
            yield self
        finally:
            for door in doors:
                door.cancel()
            await self.relay.close()
            await self.consumer.close()

    async def say(self, occurrence_id: str, count: int = 1, *, aside: bool = False) -> None:
        """Commit `count` events about an occurrence; `aside`: of a kind that nobody listens to."""
        cause = Cause(correlation_id="correlation", causation_id="request")

        def decide(speaker: Speaker | None, _documents: Documents, _now: datetime) -> Decision[None]:
            speaker = speaker or Speaker(id=occurrence_id)
            numbers = range(speaker.said + 1, speaker.said + count + 1)
            after = speaker.model_copy(update={"said": speaker.said + count})
            if aside:
                return Decision(
                    None, after, events=tuple(OccurrenceClosed(occurrence_id=occurrence_id) for _ in numbers)
                )
            return Decision(
                None,
                after,
                events=tuple(OccurrenceCancelled(occurrence_id=occurrence_id, reason=str(n)) for n in numbers),
            )

        await self.door_out.create_or_change(Speaker, occurrence_id, decide, reads=lambda _: (), cause=cause)

    async def noted(self, occurrence_id: str) -> tuple[int, ...]:
        """What has taken effect."""
        book = await self.listeners.collection(Notebook).get(occurrence_id)
        return () if book is None else book.noted

    async def noted_again(self, occurrence_id: str) -> tuple[int, ...]:
        """What has taken effect by the second reaction."""
        book = await self.listeners.collection(Again).get(occurrence_id)
        return () if book is None else book.noted

    async def until(self, holds: Callable[[], Awaitable[bool]], *, publish: bool = True) -> None:
        """Step both sides until it holds; fails at the deadline."""
        async with asyncio.timeout(DEADLINE):
            while not await holds():
                if publish:
                    with suppress(BrokerUnavailable):
                        await self.relay.step()
                with suppress(BrokerUnavailable):
                    await self.consumer.step()

    async def until_noted(self, occurrence_id: str, numbers: Sequence[int], *, publish: bool = True) -> None:
        """Step until exactly these have taken effect."""

        async def holds() -> bool:
            return await self.noted(occurrence_id) == tuple(numbers)

        with suppress(TimeoutError):
            await self.until(holds, publish=publish)
        assert await self.noted(occurrence_id) == tuple(numbers)

    async def publish(self) -> None:
        """Step the relay until nothing waits."""
        async with asyncio.timeout(DEADLINE):
            while await self.relay.step() or await self.waiting():
                pass

    async def consume(self) -> None:
        """Step the consumer until there is nothing to fetch."""
        async with asyncio.timeout(DEADLINE):
            while await self.consumer.step():
                pass

    async def waiting(self) -> int:
        """How many events wait to be published."""
        return await self.speakers.collection(OutboxRow).count({"state": "waiting"})

    async def parked(self) -> list[Parked]:
        """What is put aside, in order."""
        return await self.listeners.collection(Parked).find({"open": True}, sort=(("stream", 1), ("sequence", 1)))

    @property
    def operator(self) -> ParkedEvents:
        """What an operator works with."""
        return ParkedEvents(self.listeners, self.clock)


def later(seconds: float) -> timedelta:
    """For clocks that are moved by hand."""
    return timedelta(seconds=seconds)
