"""One batch of decisions: what was read for them, how they change it in memory, and what is written at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast

from shared.commit.cause import Cause, Idempotency, InboxMark
from shared.commit.rows import IdempotencyRow, InboxRow
from shared.commit.turn import Turn
from shared.contracts.event import Event
from shared.database import Transaction
from shared.decision import Decision, Document, Read, ReadsInTurn, Root
from shared.ids import new_id_after
from shared.messaging.outbox import OutboxRow

D = TypeVar("D", bound=Document)


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
    turn: Turn | None = None
    taken: bool = False

    @property
    def inbox_id(self) -> str | None:
        """The identity of this effect of an event."""
        if self.inbox is None:
            return None
        return f"{self.inbox.event_id} {self.inbox.subscription} {self.kind.collection}/{self.key}"

    def decided(self, outcome: Any) -> None:
        """Let those know that come after this in a line, if it stands in one."""
        if self.turn is not None:
            self.turn.decided(well=not isinstance(outcome, BaseException))

    def answered(self, outcome: Any) -> None:
        """Hand over the outcome, unless the caller has gone."""
        self.decided(outcome)
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
        """A side document among the declared reads, as of now: the root of another decision is as that left it."""
        if issubclass(kind, Root) and (kind, key) in self.roots:
            return cast("D | None", self.roots[kind, key])
        try:
            return cast("D | None", self.sides[kind, key])
        except KeyError:
            raise LookupError(f"{kind.__name__} {key} is not among the reads of this decision") from None

    async def load_rows(self, transaction: Transaction, batch: Sequence[Waiting]) -> None:
        """Read idempotency rows, inbox marks, roots and the side documents that are known to be needed."""
        found = await transaction.load(
            _by_kind(
                {(IdempotencyRow, waiting.idempotency.id) for waiting in batch if waiting.idempotency is not None}
                | {(InboxRow, mark) for waiting in batch if (mark := waiting.inbox_id) is not None}
                | {(waiting.kind, waiting.key) for waiting in batch}
            )
        )
        for (kind, key), document in found.items():
            if kind is IdempotencyRow:
                self.idempotency[key] = document
            elif kind is InboxRow:
                self.inbox.add(key)
            elif issubclass(kind, Root):
                self.stored_versions[kind, key] = document.version
        self.roots = {(waiting.kind, waiting.key): found.get((waiting.kind, waiting.key)) for waiting in batch}
        needed = {read for waiting in batch for read in waiting.reads(self.roots[waiting.kind, waiting.key])}
        await self.load_sides(transaction, needed)
        in_turn = [waiting.reads for waiting in batch if isinstance(waiting.reads, ReadsInTurn)]
        await self.load_sides(transaction, {read for reads in in_turn for read in reads.then(self)})

    async def load_reads(self, transaction: Transaction, waiting: Waiting, root: Root | None) -> None:
        """Read what one decision needs, as of now."""
        await self.load_sides(transaction, waiting.reads(root))
        if isinstance(waiting.reads, ReadsInTurn):
            await self.load_sides(transaction, waiting.reads.then(self))

    async def load_sides(self, transaction: Transaction, reads: Iterable[Read]) -> None:
        """Read the side documents that are not in memory yet."""
        missing = {read for read in reads if read not in self.sides and read not in self.roots}
        if missing:
            found = await transaction.load(_by_kind(missing))
            self.sides.update({read: found.get(read) for read in missing})
            self.stored_sides.update(found)

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

    def write(self, transaction: Transaction) -> None:
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
            transaction.replace(known)
        for new in new_roots.values():
            transaction.create(new)
        self._write_sides(transaction)
        for rows in (self.outbox, self.new_idempotency, self.new_inbox):
            if rows:
                transaction.create(rows)

    def _write_sides(self, transaction: Transaction) -> None:
        """A side document that was not read is taken to be new: nothing is ever overwritten blindly."""
        new: dict[type[Document], list[Document]] = {}
        known: dict[type[Document], list[Document]] = {}
        for read, document in self.changed_sides.items():
            (known if read in self.stored_sides else new).setdefault(read[0], []).append(document)
        for documents in known.values():
            transaction.put(documents)
        for documents in new.values():
            transaction.create(documents)


def _by_kind(reads: Iterable[tuple[type[Document], str]]) -> dict[type[Document], list[str]]:
    kinds: dict[type[Document], list[str]] = {}
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
