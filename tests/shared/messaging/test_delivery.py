"""The rules of delivery, without a loop: places, outcomes, attributes on the wire, and which streams stand still."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from shared.contracts.cloudevents import Unreadable, attributes_of, envelope_of, headers_of, key_of
from shared.contracts.courses import OccurrenceCancelled
from shared.database import CommitUnknown, Contention, DuplicateKey, StoreUnavailable
from shared.messaging.blocked import BlockedStreams
from shared.messaging.broker import Partition
from shared.messaging.delivery import (
    LONGEST_DELAY,
    LONGEST_DETAIL,
    Park,
    Place,
    Retry,
    delay_before,
    outcome_of_failure,
    place,
    shortened,
)
from shared.messaging.outbox import OutboxRow
from shared.refusals import NotFound, OutcomeUnknown, Unavailable

NOON = datetime(2026, 9, 1, 12, 0, 0, 250_000, tzinfo=UTC)
EVENT = OccurrenceCancelled(occurrence_id="o-1", reason="storm")
ROW = OutboxRow(
    id="01992c20-11f4-7d0e-9b6a-6c1f0e2a4b02",
    subject="occurrences/o-1",
    sequence=7,
    type=EVENT.type,
    source="/courses",
    time=NOON,
    correlation_id="correlation",
    causation_id="request",
    triggered_by="schedule",
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    body=EVENT.model_dump_json(),
)


@pytest.mark.parametrize(
    ("position", "sequence", "expected"),
    [(0, 1, Place.NEXT), (3, 4, Place.NEXT), (3, 3, Place.HAD), (3, 1, Place.HAD), (3, 5, Place.AHEAD)],
)
def test_only_the_next_event_of_a_stream_is_applied(position: int, sequence: int, expected: Place) -> None:
    assert place(position, sequence) is expected


@pytest.mark.parametrize(
    "error",
    [
        StoreUnavailable("away"),
        Contention("busy"),
        DuplicateKey("taken"),
        CommitUnknown("no answer"),
        TimeoutError(),
        ConnectionResetError(),
        Unavailable(),
        OutcomeUnknown(),
    ],
)
@pytest.mark.parametrize("attempt", [1, 10, 10_000])
def test_trouble_that_passes_is_tried_again_however_often(error: Exception, attempt: int) -> None:
    assert isinstance(outcome_of_failure(error, attempt), Retry)


def test_a_refusal_parks_under_its_slug_and_a_mistake_under_its_kind() -> None:
    assert outcome_of_failure(NotFound("no pot"), 1) == Park("refused", "not-found: no pot")
    assert outcome_of_failure(KeyError("pot"), 1) == Park("failed", "KeyError: 'pot'")


@given(some.integers(min_value=2, max_value=10_000))
def test_delays_grow_up_to_a_bound(attempt: int) -> None:
    assert 0 < delay_before(attempt) <= delay_before(attempt + 1) <= LONGEST_DELAY


@given(some.text(max_size=2 * LONGEST_DETAIL))
def test_a_detail_fits_into_a_row(detail: str) -> None:
    assert len(shortened(detail)) == min(len(detail), LONGEST_DETAIL)


def test_an_event_arrives_with_what_it_was_sent_with() -> None:
    attributes = attributes_of(key_of(ROW), headers_of(ROW, generation=3))
    assert attributes.generation == 3
    envelope = envelope_of(attributes, EVENT)
    expected = ROW.model_dump(exclude={"body", "state", "partition", "offset", "published_at", "epoch", "type"})
    assert envelope.model_dump(exclude={"event"}) == expected
    assert envelope.type == ROW.type


def test_an_event_without_a_trace_arrives_without_one() -> None:
    row = ROW.model_copy(update={"traceparent": None})
    headers = headers_of(row, generation=0)
    assert "ce_traceparent" not in dict(headers)
    assert attributes_of(key_of(row), headers).traceparent is None


@given(
    some.none() | some.binary(max_size=20),
    some.lists(some.tuples(some.sampled_from([name for name, _ in headers_of(ROW, 0)]), some.binary(max_size=30))),
)
def test_any_headers_are_either_read_or_refused(key: bytes | None, changes: list[tuple[str, bytes]]) -> None:
    headers = tuple((dict(headers_of(ROW, 0)) | dict(changes)).items())
    try:
        attributes = attributes_of(key if key is not None else key_of(ROW), headers)
    except Unreadable:
        return
    assert attributes.sequence >= 1
    assert attributes.time.tzinfo is not None


def test_a_gap_is_looked_for_at_growing_intervals_and_only_where_held() -> None:
    here, there = Partition("courses.events", 1), Partition("courses.events", 2)
    blocked = BlockedStreams(patience=10.0)
    blocked.block("a", here, poisoned=False, now=0.0)
    blocked.block("b", there, poisoned=False, now=0.0)
    blocked.block("c", here, poisoned=True, now=0.0)
    assert blocked.overdue({here}, 9.9) == {}
    assert blocked.overdue({here}, 10.0) == {here: ["a"]}
    assert blocked.overdue({here}, 29.9) == {}
    assert blocked.overdue({here}, 30.0) == {here: ["a"]}
    assert blocked.overdue({here, there}, 31.0) == {there: ["b"]}


def test_one_reading_serves_all_gaps_of_a_partition() -> None:
    here = Partition("courses.events", 1)
    blocked = BlockedStreams(patience=10.0)
    blocked.block("a", here, poisoned=False, now=0.0)
    blocked.block("b", here, poisoned=False, now=5.0)
    assert blocked.overdue({here}, 10.0) == {here: ["a", "b"]}
    assert blocked.overdue({here}, 15.0) == {}


def test_a_gap_keeps_its_age_and_a_change_of_cause_does_not() -> None:
    here = Partition("courses.events", 1)
    blocked = BlockedStreams(patience=10.0)
    blocked.block("a", here, poisoned=False, now=0.0)
    blocked.block("a", here, poisoned=False, now=8.0)
    assert blocked.overdue({here}, 10.0) == {here: ["a"]}
    blocked.block("a", here, poisoned=True, now=11.0)
    blocked.block("a", here, poisoned=False, now=12.0)
    assert blocked.overdue({here}, 21.9) == {}
    blocked.free("a")
    assert blocked.overdue({here}, 99.0) == {}
