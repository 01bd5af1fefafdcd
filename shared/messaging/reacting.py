"""Calling the reactions to one event: what they work with, what is tried again, what is logged."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from shared.clock import Clock
from shared.commit import Cause, Door, InboxMark, Turn, TurnTakenTwice
from shared.contracts.event import Event
from shared.database import Database
from shared.messaging.arrival import Arrival, event_of
from shared.messaging.delivery import LONGEST_DELAY, Done, Outcome, Park, Retry, outcome_of_failure
from shared.messaging.measures import ConsumerMetrics
from shared.subscriptions import Subscription
from shared.work import Work

log = structlog.get_logger("consumer")


class Reactions:
    """The reactions of a service. A reaction works under its own inbox mark, so a second call changes nothing.

    `failures_in_a_row` counts events that could not be handled since the last one that could. From `patience` on no
    more are put aside: they are left where they are.
    """

    def __init__(
        self,
        database: Database,
        door: Door,
        clock: Clock,
        subscriptions: Sequence[Subscription],
        metrics: ConsumerMetrics,
        patience: int,
    ) -> None:
        self._database = database
        self._door = door
        self._clock = clock
        self._metrics = metrics
        self._by_event: dict[type[Event], list[Subscription]] = {}
        for subscription in subscriptions:
            self._by_event.setdefault(subscription.event, []).append(subscription)
        self._patience = patience
        self.failures_in_a_row = 0

    @property
    def out_of_patience(self) -> bool:
        """Whether so many events in a row could not be handled that something else must be wrong."""
        return self.failures_in_a_row >= self._patience

    async def handle(self, arrival: Arrival, until: float) -> Outcome:
        """React to an event, trying again until the time `until` (of the loop) while trouble passes."""
        event = event_of(arrival, self._by_event.keys())
        outcome: Outcome = Done()
        if event is None:
            return outcome
        if self.out_of_patience:
            return Retry(LONGEST_DELAY, "too many events in a row could not be handled")
        if isinstance(event, Park):
            outcome = event
        else:
            for subscription in self._by_event[type(event)]:
                outcome = await self._react_in_time(subscription, arrival, event, until)
                if not isinstance(outcome, Done):
                    break
        if isinstance(outcome, Done):
            self.failures_in_a_row = 0
        elif isinstance(outcome, Park):
            self.failures_in_a_row += 1
        return outcome

    async def in_line(self, arrivals: Sequence[Arrival]) -> int:
        """React to events that follow each other, at once: how many of the first were handled well.

        Their changes enter the door in order and are decided in order, each only if the one before it was; so do those
        of several reactions to one event. An event of which any fails is not handled well, nor are those that follow
        it; `handle` finds out why and says what becomes of it. What a reaction before has changed, its mark keeps.
        """
        turn: Turn | None = None
        reacting: list[asyncio.Task[bool]] = []
        handled: list[int] = []
        for number, arrival in enumerate(arrivals):
            event = event_of(arrival, self._by_event.keys())
            if event is None:
                continue
            subscriptions = self._each_once(event)
            if not subscriptions or isinstance(event, Park):
                arrivals = arrivals[:number]
                break
            for subscription in subscriptions:
                turn = Turn(turn)
                handled.append(number)
                reacting.append(asyncio.create_task(self._react_in_turn(subscription, arrival, event, turn)))
        well = await asyncio.gather(*reacting)
        first_failed = next((number for number, was in zip(handled, well, strict=True) if not was), len(arrivals))
        if handled and handled[0] < first_failed:
            self.failures_in_a_row = 0
        return first_failed

    def _each_once(self, event: Event | Park) -> Sequence[Subscription]:
        """The subscriptions to an event, if each changes one thing and nothing stands in the way; else none."""
        if isinstance(event, Park) or self.out_of_patience:
            return ()
        subscriptions = self._by_event[type(event)]
        return subscriptions if all(subscription.changes_once for subscription in subscriptions) else ()

    async def _react_in_turn(self, subscription: Subscription, arrival: Arrival, event: Event, turn: Turn) -> bool:
        well = False
        begun = asyncio.get_running_loop().time()
        # This task has a context of its own, which ends with it.
        structlog.contextvars.bind_contextvars(**facts_of(arrival), subscription=subscription.name)
        try:
            await subscription.react(self._work(subscription, arrival, turn), event)
            well = True
        except TurnTakenTwice:
            log.exception("reaction changes more than once, although it is said to change once")
        except Exception as error:
            log.debug("reaction to be tried by itself", reason=f"{type(error).__name__}: {error}")
        finally:
            turn.end(well=well)
        if well:
            self._tell(subscription, begun)
        return well

    def _tell(self, subscription: Subscription, begun: float) -> None:
        seconds = asyncio.get_running_loop().time() - begun
        self._metrics.handled(subscription.name, seconds)
        log.info("event handled", milliseconds=round(seconds * 1000, 1))

    async def _react_in_time(self, subscription: Subscription, arrival: Arrival, event: Event, until: float) -> Outcome:
        loop, attempt = asyncio.get_running_loop(), 0
        while True:
            attempt += 1
            outcome = await self._react(subscription, arrival, event, attempt)
            if not isinstance(outcome, Retry):
                return outcome
            self._metrics.retried(subscription.name)
            if loop.time() + outcome.delay >= until:
                return outcome
            await asyncio.sleep(outcome.delay)

    async def _react(self, subscription: Subscription, arrival: Arrival, event: Event, attempt: int) -> Outcome:
        facts = facts_of(arrival) | {"subscription": subscription.name}
        begun = asyncio.get_running_loop().time()
        with structlog.contextvars.bound_contextvars(**facts):
            try:
                await subscription.react(self._work(subscription, arrival), event)
            except Exception as error:
                outcome = outcome_of_failure(error, attempt)
                if isinstance(outcome, Park) and outcome.reason == "failed":
                    log.exception("reaction failed")
                elif isinstance(outcome, Retry):
                    log.warning("reaction to be tried again", attempt=attempt, reason=outcome.reason)
                return outcome
            self._tell(subscription, begun)
        return Done()

    def _work(self, subscription: Subscription, arrival: Arrival, turn: Turn | None = None) -> Work:
        attributes = arrival.attributes
        return Work(
            database=self._database,
            door=self._door,
            clock=self._clock,
            cause=Cause(
                correlation_id=attributes.correlation_id,
                causation_id=attributes.id,
                triggered_by="system",
                traceparent=attributes.traceparent,
            ),
            inbox=InboxMark(event_id=attributes.id, subscription=subscription.name),
            turn=turn,
        )


def facts_of(arrival: Arrival) -> dict[str, object]:
    """What identifies an event in the logs."""
    attributes = arrival.attributes
    return {
        "event_id": attributes.id,
        "event_type": attributes.type,
        "aggregate": attributes.subject,
        "sequence": attributes.sequence,
        "correlation_id": attributes.correlation_id,
    }
