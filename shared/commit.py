"""The one door for every write: group commit of decisions, their events, idempotency rows and inbox marks.

Guarantees
- All or nothing: the root, side documents, events (outbox rows), the idempotency row and the inbox mark of a decision
  are written in one transaction, majority and journaled, before the caller has its answer.
- One writer per process takes all that waits, reads each root once, decides in order of arrival on the state in memory
  and writes everything together; a refusal concerns only its caller.
- Another writer's commit (a replica) is noticed by the root's version: everything is read and decided again.
- The same idempotency key or inbox mark takes effect once, whichever replica sees it, and gets the stored answer.
- A caller is told the truth: an answer (written), a Refusal (not written), Unavailable (not written) or OutcomeUnknown.
- Events of an aggregate are numbered 1, 2, 3 … in commit order, and their identifiers sort in that order.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar, cast

import structlog

from shared.clock import Clock
from shared.contracts.event import Event, TriggeredBy
from shared.database import CommitUnknown, Contention, Database, DuplicateKey, Index, StoreUnavailable, Transaction
from shared.decision import Decide, DecideOrCreate, Decision, Document, Read, Reads, Root
from shared.ids import new_id_after
from shared.messaging.outbox import OUTBOX_INDEXES, OutboxRow
from shared.refusals import (
    Conflict,
    IdempotencyKeyReused,
    NotFound,
    OutcomeUnknown,
    Refusal,
    Unavailable,
    VersionMismatch,
)

D = TypeVar("D", bound=Document)
S = TypeVar("S", bound=Root)
R = TypeVar("R", bound=Document | None)

KEEP_IDEMPOTENCY = timedelta(days=7)
KEEP_INBOX = timedelta(days=30)
DUPLICATES_BEFORE_BLAME = 3

log = structlog.get_logger("commit")


class AlreadyExists(Conflict):
    slug = "already-exists"
    title = "Something else already has this identity."


@dataclass(frozen=True, slots=True)
class Cause:
    """Who set a change off. causation_id is the id of the request, event or due time that directly caused it."""

    correlation_id: str
    causation_id: str
    triggered_by: TriggeredBy = "user"
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A request's identity (who, what, which key) and the fingerprint of its body."""

    id: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class InboxMark:
    """An event as seen by one subscription. It lets each aggregate be changed once by it."""

    event_id: str
    subscription: str


class IdempotencyRow(Document):
    """The stored answer of a request. `reply` is the reply document as JSON, `reply_kind` its collection."""

    collection = "idempotency"
    fingerprint: str
    reply_kind: str | None
    reply: str | None
    made_at: datetime


class InboxRow(Document):
    """An effect that has happened: id is event id, subscription and aggregate."""

    collection = "inbox"
    made_at: datetime


DOOR_DOCUMENTS: Mapping[type[Document], Sequence[Index]] = {
    OutboxRow: OUTBOX_INDEXES,
    IdempotencyRow: (Index((("made_at", 1),), expire_seconds=int(KEEP_IDEMPOTENCY.total_seconds())),),
    InboxRow: (Index((("made_at", 1),), expire_seconds=int(KEEP_INBOX.total_seconds())),),
}


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


@dataclass(slots=True, eq=False)
class Waiting:
    """A decision in the queue, and where its answer goes."""

    kind: type[Root]
    key: str
    decide: Callable[..., Decision[Any]]
    reads: Callable[[Any], Iterable[Read]]
    create: bool
    cause: Cause
    idempotency: Idempotency | None
    inbox: InboxMark | None
    if_version: int | None
    answer: asyncio.Future[Any]
    taken: bool = False

    @property
    def inbox_id(self) -> str | None:
        """The identity of this effect of an event."""
        if self.inbox is None:
            return None
        return f"{self.inbox.event_id} {self.inbox.subscription} {self.kind.collection}/{self.key}"

    def answered(self, outcome: Any) -> None:
        """Hand over the outcome, unless the caller has gone."""
        if self.answer.done():
            return
        if isinstance(outcome, BaseException):
            self.answer.set_exception(outcome)
        else:
            self.answer.set_result(outcome)


@dataclass(slots=True)
class Batch:
    """The state that a batch decides on: everything read so far, changed in memory, written at the end.

    It implements `Documents`, the view that decisions have of side documents.
    """

    roots: dict[tuple[type[Root], str], Root | None] = field(default_factory=dict)
    stored_versions: dict[tuple[type[Root], str], int] = field(default_factory=dict)
    changed_roots: dict[tuple[type[Root], str], Root] = field(default_factory=dict)
    sides: dict[Read, Document | None] = field(default_factory=dict)
    stored_sides: set[Read] = field(default_factory=set)
    changed_sides: dict[Read, Document] = field(default_factory=dict)
    idempotency: dict[str, IdempotencyRow] = field(default_factory=dict)
    new_idempotency: list[IdempotencyRow] = field(default_factory=list)
    inbox: set[str] = field(default_factory=set)
    new_inbox: list[InboxRow] = field(default_factory=list)
    outbox: list[OutboxRow] = field(default_factory=list)

    def get(self, kind: type[D], key: str) -> D | None:
        """A side document among the declared reads, as of now."""
        try:
            return cast("D | None", self.sides[kind, key])
        except KeyError:
            raise LookupError(f"{kind.__name__} {key} is not among the reads of this decision") from None

    async def load_rows(self, transaction: Transaction, batch: Sequence[Waiting]) -> None:
        """Read idempotency rows, inbox marks, roots and the side documents that are known to be needed."""
        keys = {waiting.idempotency.id for waiting in batch if waiting.idempotency is not None}
        if keys:
            self.idempotency = await transaction.load(IdempotencyRow, keys)
        marks = {mark for waiting in batch if (mark := waiting.inbox_id) is not None}
        if marks:
            self.inbox = set(await transaction.load(InboxRow, marks))
        for kind, wanted in _by_kind({(waiting.kind, waiting.key) for waiting in batch}).items():
            found = await transaction.load(kind, wanted)
            for key in wanted:
                self.roots[kind, key] = found.get(key)
            self.stored_versions.update({(kind, key): root.version for key, root in found.items()})
        needed = {read for waiting in batch for read in waiting.reads(self.roots[waiting.kind, waiting.key])}
        await self.load_sides(transaction, needed)

    async def load_sides(self, transaction: Transaction, reads: Iterable[Read]) -> None:
        """Read the side documents that are not in memory yet."""
        missing = {read for read in reads if read not in self.sides}
        for kind, wanted in _by_kind(missing).items():
            found = await transaction.load(kind, wanted)
            for key in wanted:
                self.sides[kind, key] = found.get(key)
            self.stored_sides.update((kind, key) for key in found)

    def apply(self, waiting: Waiting, decision: Decision[Any], source: str, now: datetime) -> Document | None:
        """Take a decision over into memory; gives the reply with its version as it will be stored."""
        reply: Document | None = decision.reply
        if decision.root is not None or decision.documents or decision.events:
            root = self._apply_root(waiting, decision, source, now)
            if isinstance(reply, Root) and type(reply) is type(root) and reply.id == root.id:
                reply = reply.model_copy(update=_bookkeeping(root))
            for document in decision.documents:
                self.sides[type(document), document.id] = document
                self.changed_sides[type(document), document.id] = document
            if (mark := waiting.inbox_id) is not None:
                self.inbox.add(mark)
                self.new_inbox.append(InboxRow(id=mark, made_at=now))
        if waiting.idempotency is not None:
            self._remember(waiting.idempotency, reply, now)
        return reply

    def _apply_root(self, waiting: Waiting, decision: Decision[Any], source: str, now: datetime) -> Root:
        before = self.roots[waiting.kind, waiting.key]
        after = decision.root if decision.root is not None else before
        if after is None or type(after) is not waiting.kind or after.id != waiting.key:
            raise TypeError(f"a decision on {waiting.kind.__name__} {waiting.key} must leave that root, not {after!r}")
        sequence = before.sequence if before is not None else 0
        last_event = before.last_event if before is not None else None
        for event in decision.events:
            sequence += 1
            last_event = new_id_after(last_event)
            self.outbox.append(_outbox_row(event, last_event, source, after.aggregate, sequence, waiting.cause, now))
        version = (before.version if before is not None else 0) + 1
        root = after.model_copy(update={"version": version, "sequence": sequence, "last_event": last_event})
        self.roots[waiting.kind, waiting.key] = root
        self.changed_roots[waiting.kind, waiting.key] = root
        return root

    def _remember(self, idempotency: Idempotency, reply: Document | None, now: datetime) -> None:
        row = IdempotencyRow(
            id=idempotency.id,
            fingerprint=idempotency.fingerprint,
            reply_kind=None if reply is None else reply.collection,
            reply=None if reply is None else reply.model_dump_json(),
            made_at=now,
        )
        self.idempotency[row.id] = row
        self.new_idempotency.append(row)

    async def write(self, transaction: Transaction) -> None:
        """Write everything that changed, roots first since a conflict shows there."""
        new_roots: dict[type[Root], list[Root]] = {}
        known_roots: dict[type[Root], list[tuple[Root, int]]] = {}
        for (kind, key), root in self.changed_roots.items():
            stored = self.stored_versions.get((kind, key))
            if stored is None:
                new_roots.setdefault(kind, []).append(root)
            else:
                known_roots.setdefault(kind, []).append((root, stored))
        for known in known_roots.values():
            await transaction.replace(known)
        for new in new_roots.values():
            await transaction.create(new)
        await self._write_sides(transaction)
        for rows in (self.outbox, self.new_idempotency, self.new_inbox):
            if rows:
                await transaction.create(rows)

    async def _write_sides(self, transaction: Transaction) -> None:
        """A side document that was not read is taken to be new: nothing is ever overwritten blindly."""
        new: dict[type[Document], list[Document]] = {}
        known: dict[type[Document], list[Document]] = {}
        for read, document in self.changed_sides.items():
            (known if read in self.stored_sides else new).setdefault(read[0], []).append(document)
        for documents in known.values():
            await transaction.put(documents)
        for documents in new.values():
            await transaction.create(documents)


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
    ) -> R:
        """Decide on an existing root and commit; gives the reply. Raises NotFound and what `decide` refuses with."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        return await self._wait(
            Waiting(kind, key, decide, reads, False, cause, idempotency, inbox, if_version, answer), answer
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
    ) -> R:
        """Like `change`, for a root that may not exist yet: `decide` then gets None."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        return await self._wait(
            Waiting(kind, key, decide, reads, True, cause, idempotency, inbox, if_version, answer), answer
        )

    async def _wait(self, waiting: Waiting, answer: asyncio.Future[R]) -> R:
        if self._closed:
            raise Unavailable("The service is stopping.")
        self._queue.append(waiting)
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
            await state.write(transaction)
        if state.outbox:
            for row in state.outbox:
                _log_event(row)
            for wake in self.on_commit:
                wake()
        return outcomes, len(state.outbox)

    async def _outcome(self, waiting: Waiting, state: Batch, transaction: Transaction) -> Any:
        try:
            return await self._decide(waiting, state, transaction)
        except Refusal as refusal:
            self._metrics.refused(refusal.slug)
            return refusal

    async def _decide(self, waiting: Waiting, state: Batch, transaction: Transaction) -> Document | Exception | None:
        if waiting.idempotency is not None and (row := state.idempotency.get(waiting.idempotency.id)) is not None:
            return self._repeat(waiting.idempotency, row)
        if (mark := waiting.inbox_id) is not None and mark in state.inbox:
            return None
        root = state.roots[waiting.kind, waiting.key]
        if root is None and not waiting.create:
            raise NotFound()
        if waiting.if_version is not None and (root is None or root.version != waiting.if_version):
            raise VersionMismatch(current_version=None if root is None else root.version)
        await state.load_sides(transaction, waiting.reads(root))
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


def _by_kind(reads: Iterable[tuple[type[D], str]]) -> dict[type[D], list[str]]:
    kinds: dict[type[D], list[str]] = {}
    for kind, key in reads:
        kinds.setdefault(kind, []).append(key)
    return kinds


def _bookkeeping(root: Root) -> dict[str, object]:
    return {"version": root.version, "sequence": root.sequence, "last_event": root.last_event}


def _outbox_row(
    event: Event, event_id: str, source: str, subject: str, sequence: int, cause: Cause, now: datetime
) -> OutboxRow:
    return OutboxRow(
        id=event_id,
        subject=subject,
        sequence=sequence,
        type=event.type,
        source=source,
        time=now,
        correlation_id=cause.correlation_id,
        causation_id=cause.causation_id,
        triggered_by=cause.triggered_by,
        traceparent=cause.traceparent,
        body=event.model_dump_json(),
    )


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
