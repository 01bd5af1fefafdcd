"""Poison: parked with its reason, everything behind it in order, mended, replayed or discarded by an operator."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import orjson
import pytest

from shared.contracts.catalogue import UnknownEvent
from shared.ids import new_id
from shared.messaging.broker import Message
from shared.messaging.consumer import TooManyParked
from shared.messaging.parked import AlreadySettled, Ask
from shared.messaging.positions import Position
from shared.refusals import NotFound
from tests.shared.messaging.post import CONSUMER_TIMING, TOPIC

if TYPE_CHECKING:
    from shared.contracts.event import Event
    from shared.testing.broker import MemoryBroker
    from tests.shared.messaging.post import Post

PATIENT = replace(CONSUMER_TIMING, gap_seconds=60.0)


def key_of(occurrence: str, sequence: int) -> str:
    return f"courses/occurrences/{occurrence}/{sequence}"


def ask(note: str) -> Ask:
    return Ask(by="operator-1", note=note)


async def states(post: Post) -> list[tuple[int | None, str, str]]:
    return [(row.sequence, row.reason, row.state) for row in await post.parked()]


async def poisoned(post: Post, occurrence: str, number: int = 2, count: int = 4) -> None:
    """`count` events, of which the `number`-th breaks the reaction."""
    post.listener.broken = {number}
    await post.say(occurrence, count)
    await post.publish()
    await post.consume()


async def test_poison_is_parked_and_what_follows_it_waits_behind(post: Post) -> None:
    occurrence = new_id()
    await poisoned(post, occurrence)
    assert await post.noted(occurrence) == (1,)
    assert await states(post) == [(2, "failed", "parked"), (3, "behind", "parked"), (4, "behind", "parked")]
    row = (await post.parked())[0]
    assert row.id == key_of(occurrence, 2)
    assert row.detail == "ValueError: 2 cannot be noted"
    assert (row.correlation_id, row.event_type) == ("correlation", "courses.occurrence-cancelled.v1")
    position = await post.listeners.collection(Position).get(f"courses/occurrences/{occurrence}")
    assert position is not None
    assert position.sequence == 1


async def test_an_unexpected_refusal_is_parked_with_its_slug(post: Post) -> None:
    occurrence = new_id()
    post.listener.refused = {1}
    await post.say(occurrence)
    await post.publish()
    await post.consume()
    (row,) = await post.parked()
    assert (row.reason, row.detail) == ("refused", "tests-unheard: not 1")


async def test_other_streams_are_not_held_up(post: Post) -> None:
    occurrence, other = new_id(), new_id()
    await poisoned(post, occurrence)
    post.listener.broken = {2}
    await post.say(other, 1)
    await post.until_noted(other, (1,))


async def test_a_replay_lets_everything_behind_follow_in_order(post: Post) -> None:
    occurrence = new_id()
    await poisoned(post, occurrence)
    await post.say(occurrence, 3)
    await post.publish()
    await post.consume()
    post.listener.broken = set()
    await post.operator.replay(key_of(occurrence, 2), ask("mended in release 7"))
    await post.until_noted(occurrence, range(1, 8))
    assert await post.parked() == []
    await post.say(occurrence)
    await post.until_noted(occurrence, range(1, 9))
    row = await post.operator.one(key_of(occurrence, 2))
    assert (row.state, row.asked_by, row.settled_at is not None) == ("replayed", "operator-1", True)


async def test_a_replay_that_fails_again_stays_parked_and_counts(post: Post) -> None:
    occurrence = new_id()
    await poisoned(post, occurrence)
    await post.operator.replay(key_of(occurrence, 2), ask("perhaps now"))

    async def failed_again() -> bool:
        return (await post.operator.one(key_of(occurrence, 2))).attempts == 2

    await post.until(failed_again)
    assert (await states(post))[0] == (2, "failed", "parked")
    assert await post.noted(occurrence) == (1,)


async def test_a_mended_body_is_applied_in_its_place(post: Post) -> None:
    occurrence = new_id()
    await poisoned(post, occurrence)
    body = orjson.dumps({"occurrence_id": occurrence, "reason": "22"})
    await post.operator.mend(key_of(occurrence, 2), ask("wrong number"), body=body, headers={})
    await post.operator.replay(key_of(occurrence, 2), ask("mended"))
    await post.until_noted(occurrence, (1, 22, 3, 4))
    assert (await post.operator.one(key_of(occurrence, 2))).mended


async def test_a_discarded_event_is_passed_over_and_kept_with_the_reason(post: Post) -> None:
    occurrence = new_id()
    await poisoned(post, occurrence)
    await post.operator.discard(key_of(occurrence, 2), ask("sent by mistake"))
    await post.until_noted(occurrence, (1, 3, 4))
    row = await post.operator.one(key_of(occurrence, 2))
    assert (row.state, row.note) == ("discarded", "sent by mistake")
    assert await post.parked() == []


async def test_what_is_settled_cannot_be_asked_for_again(post: Post) -> None:
    occurrence = new_id()
    await poisoned(post, occurrence)
    await post.operator.discard(key_of(occurrence, 2), ask("sent by mistake"))
    await post.until_noted(occurrence, (1, 3, 4))
    with pytest.raises(AlreadySettled):
        await post.operator.replay(key_of(occurrence, 2), ask("after all"))
    with pytest.raises(NotFound):
        await post.operator.discard(key_of(occurrence, 99), ask("no such event"))


async def test_parked_events_outlive_the_consumer(post: Post) -> None:
    occurrence = new_id()
    await poisoned(post, occurrence)
    await post.restart_consumer()
    await post.say(occurrence)
    await post.publish()
    await post.consume()
    assert [sequence for sequence, _, _ in await states(post)] == [2, 3, 4, 5]
    post.listener.broken = set()
    await post.operator.replay(key_of(occurrence, 2), ask("mended in release 7"))
    await post.until_noted(occurrence, range(1, 6))


async def test_a_read_again_does_not_park_twice(post: Post, twin: MemoryBroker) -> None:
    occurrence = new_id()
    await poisoned(post, occurrence)
    before = await post.parked()
    await post.consumer.close()
    twin.group(post.group).committed.clear()
    await post.restart_consumer()
    await post.consume()
    assert await post.parked() == before


async def test_trouble_while_taking_up_leaves_the_rest_for_the_next_look(post: Post) -> None:
    occurrence = new_id()
    await poisoned(post, occurrence)
    post.listener.broken = set()
    post.listener.troubled[3] = 12
    await post.operator.replay(key_of(occurrence, 2), ask("mended in release 7"))
    await post.until_noted(occurrence, range(1, 5))
    assert await post.parked() == []


def message(occurrence: str, number: int, /, **changes: bytes | None) -> Message:
    headers: dict[str, bytes | None] = {
        "ce_specversion": b"1.0",
        "ce_id": new_id().encode(),
        "ce_type": b"courses.occurrence-cancelled.v1",
        "ce_source": b"/courses",
        "ce_subject": f"occurrences/{occurrence}".encode(),
        "ce_time": b"2026-09-01T12:00:00.000+00:00",
        "ce_sequence": str(number).encode(),
        "ce_correlationid": b"correlation",
        "ce_causationid": b"request",
        "ce_triggeredby": b"user",
    }
    headers.update({f"ce_{name}": value for name, value in changes.items() if name not in ("body", "key")})
    key = changes.get("key", f"occurrences/{occurrence}".encode())
    body = changes.get("body", orjson.dumps({"occurrence_id": occurrence, "reason": str(number)}))
    return Message(key, tuple((name, value) for name, value in headers.items() if value is not None), body)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"specversion": None}, "unreadable"),
        ({"id": None}, "unreadable"),
        ({"id": b"x" * 600}, "unreadable"),
        ({"id": b"\xff"}, "unreadable"),
        ({"sequence": b"0"}, "unreadable"),
        ({"sequence": b"one"}, "unreadable"),
        ({"time": b"yesterday"}, "unreadable"),
        ({"time": b"2026-09-01T12:00:00"}, "unreadable"),
        ({"triggeredby": b"nobody"}, "unreadable"),
        ({"key": None}, "unreadable"),
        ({"key": b"occurrences/another"}, "unreadable"),
        ({"source": b"/partnerships"}, "foreign"),
        ({"type": b"partnerships.funds-reserved.v1"}, "foreign"),
        ({"type": b"courses.of-tomorrow.v1"}, "unknown-event"),
        ({"body": b"{"}, "malformed-event"),
        ({"body": b'{"occurrence_id": {"$ne": 1}}'}, "malformed-event"),
        ({"body": None}, "malformed-event"),
    ],
)
async def test_a_message_that_makes_no_sense_is_parked_and_the_rest_goes_on(
    post: Post, twin: MemoryBroker, changes: dict[str, bytes | None], reason: str
) -> None:
    occurrence, other = new_id(), new_id()
    twin.append(TOPIC, message(occurrence, 1, **changes), partition=0)
    await post.say(other, 2)
    await post.until_noted(other, (1, 2))
    await post.consume()
    (row,) = await post.parked()
    assert (row.reason, bool(row.detail)) == (reason, True)


async def test_a_record_of_no_stream_can_be_mended_into_its_place(post: Post, twin: MemoryBroker) -> None:
    occurrence = new_id()
    twin.append(TOPIC, message(occurrence, 1, sequence=b"first"), partition=0)
    twin.append(TOPIC, message(occurrence, 2), partition=0)
    await post.consume()
    assert {(row.stream is None, row.reason) for row in await post.parked()} == {
        (True, "unreadable"),
        (False, "behind"),
    }
    key = f"{TOPIC}/0/0"
    await post.operator.mend(key, ask("numbered"), body=None, headers={"ce_sequence": b"1"})
    await post.operator.replay(key, ask("numbered"))
    await post.until_noted(occurrence, (1, 2))
    assert await post.parked() == []


async def test_a_record_of_no_stream_can_be_discarded(post: Post, twin: MemoryBroker) -> None:
    twin.append(TOPIC, Message(None, (), b"hello"), partition=0)
    await post.consume()
    await post.operator.discard(f"{TOPIC}/0/0", ask("not ours"))

    async def settled() -> bool:
        return not await post.parked()

    await post.until(settled)


async def test_an_event_unknown_to_an_older_release_is_taken_up_by_the_next(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    occurrence = new_id()

    def older(type_name: str, _body: bytes) -> Event:
        raise UnknownEvent(type_name, "no contract has this type")

    monkeypatch.setattr("shared.messaging.arrival.EVENTS", {})
    monkeypatch.setattr("shared.messaging.arrival.decode", older)
    await post.say(occurrence, 2)
    await post.publish()
    await post.consume()
    assert [(row.sequence, row.reason) for row in await post.parked()] == [(1, "unknown-event"), (2, "behind")]
    monkeypatch.undo()
    await post.restart_consumer()
    await post.until_noted(occurrence, (1, 2))
    assert await post.parked() == []


async def test_a_gap_an_operator_gives_up_on_is_passed(post: Post, twin: MemoryBroker) -> None:
    occurrence = new_id()
    await post.restart_consumer(PATIENT)
    twin.append(TOPIC, message(occurrence, 5), partition=0)
    await post.consume()
    assert await states(post) == [(5, "behind", "parked")]
    await post.operator.replay(key_of(occurrence, 5), ask("1 to 4 are lost"), skip_gap=True)
    await post.until_noted(occurrence, (5,))
    assert await post.parked() == []


async def test_too_many_failures_in_a_row_stop_the_consumer_and_park_no_more(post: Post) -> None:
    post.listener.broken = {1}
    for _ in range(30):
        await post.say(new_id())
    await post.publish()
    await post.restart_consumer(replace(CONSUMER_TIMING, parked_in_a_row=5))
    with pytest.raises(TooManyParked):
        await post.consume()
    assert post.consumer.stopped == "5 events in a row could not be handled"
    assert len(await post.parked()) == 5
    running = asyncio.create_task(post.consumer.run())
    await post.consumer.close()
    await asyncio.wait_for(running, 5)
    post.listener.broken = set()
    await post.restart_consumer()
    await post.consume()
    assert len(await post.parked()) == 5
