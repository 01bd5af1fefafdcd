"""The door itself: a queue, its single writer, and what it does when a commit fails."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

import structlog

from shared.clock import Clock
from shared.commit.batch import Batch, Waiting
from shared.commit.cause import Cause, Idempotency, InboxMark
from shared.commit.rows import IdempotencyRow
from shared.commit.turn import OutOfTurn, Turn
from shared.database import CommitUnknown, Contention, Database, DuplicateKey, StoreUnavailable, Transaction
from shared.decision import Decide, DecideOrCreate, Document, Reads, Root
from shared.messaging.outbox import OutboxRow
from shared.refusals import (
    Conflict,
    IdempotencyKeyReused,
    NotFound,
    OutcomeUnknown,
    Refusal,
    Unavailable,
    VersionMismatch,
)

S = TypeVar("S", bound=Root)
R = TypeVar("R", bound=Document | None)

DUPLICATES_BEFORE_BLAME = 3

log = structlog.get_logger("commit")


class AlreadyExists(Conflict):
    slug = "already-exists"
    title = "Something else already has this identity."


class DoorMetrics(Protocol):
    """What the door tells about itself."""

    def committed(self, decisions: int, events: int, attempts: int, seconds: float) -> None:
        """A batch was committed."""

    def refused(self, slug: str) -> None:
        """A decision was refused."""


class NoMetrics:
    """Counts nothing."""

    def committed(self, decisions: int, events: int, attempts: int, seconds: float) -> None:
        """Ignore."""

    def refused(self, slug: str) -> None:
        """Ignore."""


class Door:
    """The single writer of a process for one service's store.

    `source` is the publishing service ("/courses"), `documents` are the kinds a stored reply may have. `batch_size`
    bounds the decisions of one transaction, `deadline` (seconds) bounds how long a caller waits for an answer.
    """

    def __init__(
        self,
        database: Database,
        *,
        source: str,
        documents: Iterable[type[Document]],
        clock: Clock,
        batch_size: int = 200,
        deadline: float = 15.0,
        metrics: DoorMetrics | None = None,
    ) -> None:
        self._database = database
        self._source = source
        self._kinds = {kind.collection: kind for kind in documents}
        self._clock = clock
        self._batch_size = batch_size
        self._deadline = deadline
        self._metrics = metrics or NoMetrics()
        self._queue: deque[Waiting] = deque()
        self._arrived = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False
        self.on_commit: list[Callable[[], None]] = []

    async def change(
        self,
        kind: type[S],
        key: str,
        decide: Decide[S, R],
        *,
        reads: Reads[S],
        cause: Cause,
        idempotency: Idempotency | None = None,
        inbox: InboxMark | None = None,
        if_version: int | None = None,
        turn: Turn | None = None,
    ) -> R:
        """Decide on an existing root and commit; gives the reply. Raises NotFound and what `decide` refuses with."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        return await self._wait(
            Waiting(kind, key, decide, reads, False, cause, idempotency, inbox, if_version, answer, turn), answer
        )

    async def create_or_change(
        self,
        kind: type[S],
        key: str,
        decide: DecideOrCreate[S, R],
        *,
        reads: Reads[S],
        cause: Cause,
        idempotency: Idempotency | None = None,
        inbox: InboxMark | None = None,
        if_version: int | None = None,
        turn: Turn | None = None,
    ) -> R:
        """Like `change`, for a root that may not exist yet: `decide` then gets None."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        return await self._wait(
            Waiting(kind, key, decide, reads, True, cause, idempotency, inbox, if_version, answer, turn), answer
        )

    async def _wait(self, waiting: Waiting, answer: asyncio.Future[R]) -> R:
        if waiting.turn is not None:
            await waiting.turn.reach()
        if self._closed:
            raise Unavailable("The service is stopping.")
        self._queue.append(waiting)
        if waiting.turn is not None:
            waiting.turn.enter()
        self._idle.clear()
        self._arrived.set()
        try:
            async with asyncio.timeout(self._deadline):
                return await answer
        except TimeoutError:
            raise (OutcomeUnknown() if waiting.taken else Unavailable()) from None

    async def run(self) -> None:
        """Commit what arrives, for ever. To be supervised."""
        while True:
            await self._arrived.wait()
            await self.step()

    async def step(self) -> int:
        """Commit one batch of what waits; how many decisions were taken."""
        batch = self._take()
        try:
            if batch:
                await self._commit(batch)
        except BaseException as broken:
            for waiting in batch:
                waiting.answered(OutcomeUnknown() if isinstance(broken, asyncio.CancelledError) else broken)
            raise
        finally:
            if not self._queue:
                self._arrived.clear()
                self._idle.set()
        return len(batch)

    async def drain(self, timeout: float) -> bool:
        """Take nothing new, finish what waits; False if that did not succeed in `timeout` seconds."""
        self._closed = True
        try:
            async with asyncio.timeout(timeout):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True

    def _take(self) -> list[Waiting]:
        batch: list[Waiting] = []
        while self._queue and len(batch) < self._batch_size:
            waiting = self._queue.popleft()
            if not waiting.answer.done():
                waiting.taken = True
                batch.append(waiting)
        return batch

    async def _commit(self, batch: list[Waiting]) -> None:  # noqa: C901 - one except clause an outcome reads best
        """Try until the batch is committed, its deadline has passed, or the culprit of a failure stands alone."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        attempt = duplicates = 0
        while True:
            attempt += 1
            try:
                outcomes, events = await self._attempt(batch)
            except CommitUnknown:
                return _answer_all(batch, OutcomeUnknown)
            except (Contention, StoreUnavailable) as passing:
                duplicates = duplicates + 1 if isinstance(passing, DuplicateKey) else 0
                if duplicates == DUPLICATES_BEFORE_BLAME:
                    return await self._divide(batch, AlreadyExists())
                if loop.time() - started > self._deadline:
                    log.warning("commit given up", decisions=len(batch), attempts=attempt, reason=str(passing))
                    return _answer_all(batch, Unavailable)
                await _back_off(attempt)
            except Exception as unexpected:
                log.exception("commit failed", decisions=len(batch), error=str(unexpected))
                return await self._divide(batch, unexpected)
            else:
                self._metrics.committed(len(batch), events, attempt, loop.time() - started)
                for waiting, outcome in zip(batch, outcomes, strict=True):
                    waiting.answered(outcome)
                return None

    async def _divide(self, batch: list[Waiting], culprit: Exception) -> None:
        if len(batch) == 1:
            batch[0].answered(culprit)
            return
        middle = len(batch) // 2
        await self._commit(batch[:middle])
        await self._commit(batch[middle:])

    async def _attempt(self, batch: list[Waiting]) -> tuple[list[Any], int]:
        state = Batch()
        async with self._database.transaction() as transaction:
            await state.load_rows(transaction, batch)
            outcomes = [await self._outcome(waiting, state, transaction) for waiting in batch]
            state.write(transaction)
        if state.outbox:
            for row in state.outbox:
                _log_event(row)
            for wake in self.on_commit:
                wake()
        return outcomes, len(state.outbox)

    async def _outcome(self, waiting: Waiting, state: Batch, transaction: Transaction) -> Any:
        outcome: Any
        try:
            outcome = await self._decide(waiting, state, transaction)
        except Refusal as refusal:
            self._metrics.refused(refusal.slug)
            outcome = refusal
        waiting.decided(outcome)
        return outcome

    async def _decide(self, waiting: Waiting, state: Batch, transaction: Transaction) -> Document | Exception | None:
        if waiting.turn is not None and not waiting.turn.may_go:
            return OutOfTurn()
        if waiting.idempotency is not None and (row := state.idempotency.get(waiting.idempotency.id)) is not None:
            return self._repeat(waiting.idempotency, row)
        if (mark := waiting.inbox_id) is not None and mark in state.inbox:
            return None
        root = state.roots[waiting.kind, waiting.key]
        if root is None and not waiting.create:
            raise NotFound()
        if waiting.if_version is not None and (root is None or root.version != waiting.if_version):
            raise VersionMismatch(current_version=None if root is None else root.version)
        await state.load_reads(transaction, waiting, root)
        now = self._clock.now()
        try:
            decision = waiting.decide(root, state, now)
            return state.apply(waiting, decision, self._source, now)
        except Refusal:
            raise
        except Exception as wrong:
            # A mistake in one decision must not cost the others in its batch their answer.
            log.exception(
                "decision failed",
                aggregate=f"{waiting.kind.collection}/{waiting.key}",
                correlation_id=waiting.cause.correlation_id,
            )
            return wrong

    def _repeat(self, idempotency: Idempotency, row: IdempotencyRow) -> Document | None:
        if row.fingerprint != idempotency.fingerprint:
            raise IdempotencyKeyReused(field="Idempotency-Key")
        if row.reply_kind is None or row.reply is None:
            return None
        return self._kinds[row.reply_kind].model_validate_json(row.reply)


def _answer_all(batch: Iterable[Waiting], refusal: Callable[[], Refusal]) -> None:
    for waiting in batch:
        waiting.answered(refusal())


async def _back_off(attempt: int) -> None:
    """Full jitter, at most half a second."""
    await asyncio.sleep(random.uniform(0, min(0.5, 0.002 * 2**attempt)))  # noqa: S311 - not for secrets


def _log_event(row: OutboxRow) -> None:
    log.info(
        "event committed",
        event_type=row.type,
        event_id=row.id,
        aggregate=row.subject,
        sequence=row.sequence,
        correlation_id=row.correlation_id,
        causation_id=row.causation_id,
        triggered_by=row.triggered_by,
    )
