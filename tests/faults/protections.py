"""How each protection is switched off for a control. Only the lab's entry to a service calls this."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any


def replaced(place: object, name: str, by: object) -> Any:
    """Put something else in this place; what was there."""
    before = getattr(place, name)
    setattr(place, name, by)
    return before


def no_outbox_guarantee() -> None:
    """Events are marked as published before they are sent: a process that dies in between loses them."""
    from shared.messaging.relay import Relay

    async def publish(self: Any, tenure: Any, rows: Any) -> None:
        marks = {"state": "published", "published_at": self._clock.now()}
        await self._rows.set_each((row.id, marks) for row in rows)
        await send(self, tenure, rows)

    send = replaced(Relay, "_publish", publish)


def no_audit() -> None:
    """What the broker has acknowledged is taken to be safe."""
    from shared.messaging import relay
    from shared.messaging.audit import Judgement

    def trusting(ends: Any, placements: Any) -> Judgement:
        judged = judge(ends, placements)
        return Judgement(judged.ends, {}, tuple(placement is not None for placement in placements))

    async def recognise(_self: Any, _tenure: Any, _last: Any) -> None:
        return None

    judge = replaced(relay, "judge", trusting)
    replaced(relay, "lost_by_extent", lambda _ends, _extents: {})
    replaced(relay.Relay, "_recognise", recognise)


def no_order() -> None:
    """Events are handled as they arrive, whatever their number."""
    from shared.messaging.stream import Walk

    async def take(self: Any, arrivals: Iterable[Any]) -> None:
        for arrival in arrivals:
            await self.handle(arrival)
            self.position = max(self.position, arrival.sequence)

    replaced(Walk, "take", take)


def no_inbox() -> None:
    """Effects leave no mark."""
    from shared.commit.batch import Waiting

    replaced(Waiting, "inbox_id", property(lambda _self: None))


def no_single_answer() -> None:
    """A booking's money is reserved as often as it is asked for."""
    from services.partnerships.domain import reservation
    from services.partnerships.domain.account import Change, EntryKind, post
    from shared.decision import Decision

    def asked_again(account: Any, known: Any, request: Any) -> Decision[None]:
        change = Change(reserved=request.amount)
        after, entry = post(account, EntryKind.RESERVED, change, known.changed_at, funded=request.funded)
        return Decision(None, after, (entry,))

    replaced(reservation, "_asked_again", asked_again)


def no_versions() -> None:
    """Replicas overwrite each other's roots: read and written outside the transaction, whatever is there."""
    from pymongo import ReplaceOne
    from pymongo.errors import OperationFailure

    from shared import mongo

    def found(self: Any, kind: Any, keys: Sequence[str]) -> list[Any]:
        stored = self._database[kind.collection].find({"_id": {"$in": keys}})
        return [mongo.from_stored(kind, one) for one in stored]

    def replace(self: Any, roots: Any) -> None:
        writes = [ReplaceOne({"_id": root.id}, mongo.to_stored(root), upsert=True) for root, _ in roots]
        collection = self._database[roots[0][0].collection]
        self._writes.append(lambda: collection.bulk_write(writes, ordered=False))

    async def ensure_index(self: Any, collection: Any, index: Any) -> None:
        if not index.unique:
            await ensure(self, collection, index)
            return
        # The outbox would refuse two events of one number, and so notice what the versions have let through.
        with suppress(OperationFailure):
            await collection.drop_index("_".join(f"{field}_{direction}" for field, direction in index.fields))

    replaced(mongo.MongoTransaction, "_found", found)
    replaced(mongo.MongoTransaction, "replace", replace)
    ensure = replaced(mongo.MongoDatabase, "_ensure_index", ensure_index)


def no_queue_order() -> None:
    """A freed place goes to whoever came last."""
    from services.courses.domain import places

    def offer(change: Any, because: str) -> None:
        change.update(queue=tuple(reversed(change.occurrence.queue)))
        first_in_first_out(change, because)
        change.update(queue=tuple(reversed(change.occurrence.queue)))

    first_in_first_out = replaced(places, "_offer", offer)
    # What is offered is read for the decision: all of the list, since its end is not among its heads.
    _read_whole_queue()


def _read_whole_queue() -> None:
    from services.courses.domain.booking import Booking
    from shared.commit.batch import Batch

    async def load_sides(self: Any, transaction: Any, reads: Iterable[Any]) -> None:
        queues = [getattr(root, "queue", ()) for root in self.roots.values() if root is not None]
        waiting = [(Booking, entry.booking_id) for queue in queues for entry in queue]
        await load(self, transaction, [*reads, *waiting])

    load = replaced(Batch, "load_sides", load_sides)


def no_expiry_at_use() -> None:
    """A hold is good until the schedule has tidied it away."""
    from services.courses.domain import funding

    replaced(funding, "lapsed", lambda _booking, _now: False)


def no_schedule() -> None:
    """Nothing is tidied away (no protection by itself: it makes a late answer meet a hold that is still there)."""
    from shared.schedule import Schedule

    async def step(_self: Any) -> int:
        return 0

    replaced(Schedule, "step", step)


def no_idempotency() -> None:
    """No answer is kept for a repeated request."""
    from shared.commit.batch import Batch

    replaced(Batch, "_remember", lambda _self, _idempotency, _reply, _now: None)


def no_limit_of_funds() -> None:
    """Money is reserved whether it is there or not."""
    from services.partnerships.domain import reservation

    replaced(reservation, "_reason_against", lambda _account, _request: None)


def no_caps() -> None:
    """Money is reserved for a teacher and a school however much they have had."""
    from services.partnerships.domain import reservation

    replaced(reservation, "cap_reached", lambda *_asked: None)


def no_cover_guard() -> None:
    """A school lets everybody go."""
    from services.partnerships.domain import cover

    replaced(cover, "breaches", lambda _cover, _person_ids, _days_out, _today: ())


def no_parking_behind() -> None:
    """What cannot be applied is put aside, and what comes after it goes on."""
    from shared.messaging.delivery import Park, Place, Retry, place
    from shared.messaging.stream import Walk

    async def advance(self: Any) -> None:
        while self.retry is None and (arrival := self.waiting.get(self.position + 1)) is not None:
            outcome = await self.handle(arrival)
            if isinstance(outcome, Retry):
                self.retry = outcome
                return
            del self.waiting[arrival.sequence]
            if isinstance(outcome, Park):
                self.parked.append((arrival, outcome))
            self.position = arrival.sequence

    async def take_row(self: Any, row: Any) -> bool:
        from shared.messaging.arrival import arrival_of

        if place(self.position, row.sequence) is not Place.AHEAD and row.asked:
            await self.handle(arrival_of(row.record()))
            self.settled[row.id] = "replayed"
        return True

    async def take_up(self: Any, rows: Iterable[Any]) -> bool:
        return all([await take_row(self, row) for row in rows])

    replaced(Walk, "_advance", advance)
    replaced(Walk, "take_up", take_up)


def no_independence() -> None:
    """A request is answered only if the broker is there too, as where there is no outbox."""
    from shared.commit.door import Door
    from shared.refusals import Unavailable

    async def wait(self: Any, waiting: Any, answer: Any) -> Any:
        host, _, port = os.environ["KAFKA_BOOTSTRAP"].rpartition(":")
        try:
            _, writer = await asyncio.open_connection(host, int(port))
        except OSError:
            raise Unavailable("The broker is away.") from None
        writer.close()
        return await decided(self, waiting, answer)

    decided = replaced(Door, "_wait", wait)


def no_look_at_the_commit() -> None:
    """A commit is taken to have succeeded, however it ends."""
    from pymongo.errors import PyMongoError

    from shared.mongo import transaction

    def commit(session: Any) -> None:
        with suppress(PyMongoError):
            session.commit_transaction()

    replaced(transaction, "_commit", commit)


def no_perseverance() -> None:
    """A relay that could not reach the broker once never tries again."""
    from shared.messaging.broker import BrokerUnavailable
    from shared.messaging.relay import Relay

    ended: set[int] = set()

    async def step(self: Any) -> int:
        if id(self) in ended:
            await asyncio.Event().wait()
        try:
            sent: int = await try_once(self)
        except BrokerUnavailable:
            ended.add(id(self))
            raise
        return sent

    try_once = replaced(Relay, "step", step)


def no_grace() -> None:
    """A signal ends the process, whatever it is at."""
    from shared.serving import Server

    replaced(Server, "handle_exit", lambda _self, _sig, _frame: os._exit(0))


PROTECTIONS: dict[str, Callable[[], None]] = {
    "outbox": no_outbox_guarantee,
    "audit": no_audit,
    "order": no_order,
    "inbox": no_inbox,
    "single-answer": no_single_answer,
    "versions": no_versions,
    "queue": no_queue_order,
    "expiry": no_expiry_at_use,
    "schedule": no_schedule,
    "idempotency": no_idempotency,
    "funds": no_limit_of_funds,
    "caps": no_caps,
    "cover": no_cover_guard,
    "parking": no_parking_behind,
    "independence": no_independence,
    "commit": no_look_at_the_commit,
    "perseverance": no_perseverance,
    "grace": no_grace,
}
