"""Events put aside: what could not be applied, and what waits behind it in the same stream.

Nothing parked is lost and nothing overtakes it: the position of a stream stands still before a parked event. An
operator looks at it, mends it if need be, and asks for it to be replayed or discarded; the consumer that follows the
partition then does so, and everything behind it follows in order. Rows are kept for 30 days after they were settled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

import structlog

from shared.clock import Clock
from shared.database import Database, Index
from shared.decision import Document
from shared.messaging.arrival import Arrival, is_known
from shared.messaging.broker import Headers, Partition, Record
from shared.messaging.delivery import Park, ParkReason
from shared.refusals import Conflict, NotFound

log = structlog.get_logger("consumer")

KEEP_SETTLED_SECONDS = 30 * 24 * 3600

State = Literal["parked", "replay", "discard", "replayed", "discarded"]
"""parked: waits. replay, discard: an operator has asked for it. replayed, discarded: settled."""


class AlreadySettled(Conflict):
    slug = "parked-event-settled"
    title = "This event has been replayed or discarded already."


@dataclass(frozen=True, slots=True)
class Ask:
    """Who wants it and why; `under` identifies the request, so that a repeated one changes nothing."""

    by: str
    note: str
    under: str | None = None


class Parked(Document):
    """An event put aside. id: "<stream>/<sequence>", or "<topic>/<partition>/<offset>" when its headers say nothing.

    `open` until it is settled, `asked` while the consumer has to do what an operator asked for. With `skips_gap` a
    replay gives up on the events missing before this one.
    """

    collection: ClassVar[str] = "parked"
    stream: str | None
    sequence: int | None
    open: bool = True
    asked: bool = False
    skips_gap: bool = False
    state: State = "parked"
    reason: ParkReason
    detail: str
    attempts: int = 1
    mended: bool = False
    event_id: str | None
    event_type: str | None
    correlation_id: str | None
    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: Headers
    body: bytes | None
    parked_at: datetime
    settled_at: datetime | None = None
    asked_by: str | None = None
    asked_under: str | None = None
    note: str | None = None

    def record(self) -> Record:
        """The record, as it was or as it was mended."""
        return Record(self.home, self.offset, self.key, self.headers, self.body)

    @property
    def home(self) -> Partition:
        """The partition it came from."""
        return Partition(self.topic, self.partition)

    @property
    def passable(self) -> bool:
        """Whether it may be applied or passed over as soon as it is next in its stream."""
        if self.asked or self.reason == "behind":
            return True
        return self.reason == "unknown-event" and self.event_type is not None and is_known(self.event_type)


PARKED_DOCUMENTS: Mapping[type[Document], Sequence[Index]] = {
    Parked: (
        Index((("stream", 1), ("sequence", 1)), only={"open": True}),
        Index((("asked", 1),), only={"asked": True}),
        Index((("settled_at", 1),), expire_seconds=KEEP_SETTLED_SECONDS),
    )
}


def parked_event(arrival: Arrival, park: Park, now: datetime) -> Parked:
    """The row of an event of a stream."""
    attributes, record = arrival.attributes, arrival.record
    return Parked(
        id=f"{arrival.stream}/{attributes.sequence}",
        stream=arrival.stream,
        sequence=attributes.sequence,
        event_id=attributes.id,
        event_type=attributes.type,
        correlation_id=attributes.correlation_id,
        **_what(record, park, now),
    )


def parked_record(record: Record, park: Park, now: datetime) -> Parked:
    """The row of a record that nothing is known about."""
    return Parked(
        id=f"{record.partition}/{record.offset}",
        stream=None,
        sequence=None,
        event_id=None,
        event_type=None,
        correlation_id=None,
        **_what(record, park, now),
    )


def _what(record: Record, park: Park, now: datetime) -> dict[str, Any]:
    return {
        "reason": park.reason,
        "detail": park.detail,
        "topic": record.partition.topic,
        "partition": record.partition.number,
        "offset": record.offset,
        "key": record.key,
        "headers": record.headers,
        "body": record.value,
        "parked_at": now,
    }


class ParkedEvents:
    """A service's parked events."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._rows = database.collection(Parked)
        self._clock = clock

    async def add(self, rows: Sequence[Parked]) -> None:
        """Put aside; what is there already stays as it is."""
        if rows:
            await self._rows.insert(rows)

    async def of_stream(self, stream: str, *, after: int, limit: int) -> list[Parked]:
        """Open rows of a stream with a sequence above `after`, in order."""
        where = {"open": True, "stream": stream, "sequence": {"$gt": after}}
        return await self._rows.find(where, sort=(("sequence", 1),), limit=limit)

    async def heads(self) -> list[Parked]:
        """The first open row of every stream that has one."""
        found: list[Parked] = []
        stream = ""
        while True:
            where = {"open": True, "stream": {"$gt": stream}}
            row = await self._rows.find(where, sort=(("stream", 1), ("sequence", 1)), limit=1)
            if not row or row[0].stream is None:
                return found
            found.append(row[0])
            stream = row[0].stream

    async def asked(self, limit: int) -> list[Parked]:
        """Rows that an operator wants something done about."""
        return await self._rows.find({"asked": True}, limit=limit)

    async def settle(self, changes: Mapping[str, Mapping[str, Any]]) -> None:
        """Write what became of rows, by id."""
        await self._rows.set_each(changes.items())

    async def count_open(self) -> int:
        """How many wait."""
        return await self._rows.count({"open": True})

    def settled(self, state: Literal["replayed", "discarded"]) -> dict[str, Any]:
        """The changes that settle a row."""
        return {"state": state, "open": False, "asked": False, "settled_at": self._clock.now()}

    @staticmethod
    def failed_again(row: Parked, park: Park) -> dict[str, Any]:
        """The changes to a row whose replay failed."""
        return {
            "state": "parked",
            "asked": False,
            "skips_gap": False,
            "reason": park.reason,
            "detail": park.detail,
            "attempts": row.attempts + 1,
        }

    # What an operator does

    async def page(self, *, open_only: bool, after: str, limit: int, reason: ParkReason | None = None) -> list[Parked]:
        """Rows in the order of their ids, those after the given one."""
        where: dict[str, Any] = {"id": {"$gt": after}}
        if open_only:
            where["open"] = True
        if reason is not None:
            where["reason"] = reason
        return await self._rows.find(where, sort=(("id", 1),), limit=limit)

    async def one(self, key: str) -> Parked:
        """One row. Raises NotFound."""
        row = await self._rows.get(key)
        if row is None:
            raise NotFound(f"There is no parked event {key}.")
        return row

    async def mend(self, key: str, ask: Ask, *, body: bytes | None, headers: Mapping[str, bytes]) -> Parked:
        """Replace the body and single headers; it stays parked. Raises NotFound, AlreadySettled."""
        row = await self.one(key)
        changes: dict[str, Any] = {"mended": True}
        if body is not None:
            changes["body"] = body
        if headers:
            changes["headers"] = tuple((dict(row.headers) | dict(headers)).items())
        return await self._change(key, ask, changes)

    async def replay(self, key: str, ask: Ask, *, skip_gap: bool = False) -> Parked:
        """Have it tried again, and everything behind it follow. Raises NotFound, AlreadySettled."""
        return await self._change(key, ask, {"state": "replay", "asked": True, "skips_gap": skip_gap})

    async def discard(self, key: str, ask: Ask) -> Parked:
        """Have it passed over, for the reason in the note. Raises NotFound, AlreadySettled."""
        return await self._change(key, ask, {"state": "discard", "asked": True})

    async def _change(self, key: str, ask: Ask, changes: Mapping[str, Any]) -> Parked:
        """Change an open row, unless this very request has done so before."""
        row = await self.one(key)
        if ask.under is not None and row.asked_under == ask.under:
            return row
        who = {"asked_by": ask.by, "asked_under": ask.under, "note": ask.note}
        changed = await self._rows.set_each([(key, {**changes, **who})], where={"open": True})
        row = await self.one(key)
        if not changed and not row.open:
            raise AlreadySettled(state=row.state)
        log.warning("operator asked", parked=key, state=row.state, mended=row.mended, by=ask.by, note=ask.note)
        return row
