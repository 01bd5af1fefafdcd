"""What operators do about parked events, over HTTP: look, mend, replay, discard. Auditors may look.

Replaying and discarding are asked for here and done by the consumer that follows the event's partition, in the order
of the stream: the answer is 202, and the event's state tells how it went.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field

from shared.http.paging import Page, PageRequest
from shared.http.principal import Principal, requires
from shared.http.problems import problems
from shared.http.requests import RequestModel, ResponseModel
from shared.http.working import HttpWork
from shared.messaging.delivery import ParkReason
from shared.messaging.parked import AlreadySettled, Ask, Parked, ParkedEvents, State
from shared.refusals import NotFound
from shared.work import Work

LONGEST_KEY = 700
LARGEST_BODY = 200_000

EXAMPLE_KEY = "courses/occurrences/01992c1e-7b00-7cc1-8a53-2f6d9c0b1e01/7"
EXAMPLE: dict[str, Any] = {
    "key": EXAMPLE_KEY,
    "state": "parked",
    "reason": "malformed-event",
    "detail": "courses.place-held.v1: places: Input should be a valid integer",
    "attempts": 1,
    "mended": False,
    "stream": "courses/occurrences/01992c1e-7b00-7cc1-8a53-2f6d9c0b1e01",
    "sequence": 7,
    "event_id": "01992c20-11f4-7d0e-9b6a-6c1f0e2a4b02",
    "event_type": "courses.place-held.v1",
    "correlation_id": "0af7651916cd43dd8448eb211c80319c",
    "topic": "courses.events",
    "partition": 3,
    "offset": 4711,
    "headers": {"ce_specversion": "1.0", "ce_sequence": "7"},
    "body": '{"places": "two"}',
    "parked_at": "2026-09-07T08:30:00.000Z",
    "settled_at": None,
    "asked_by": None,
    "note": None,
}

Operator = Annotated[Principal, requires("operator")]
Onlooker = Annotated[Principal, requires("operator", "auditor")]
Key = Annotated[
    str,
    Path(
        min_length=1,
        max_length=LONGEST_KEY,
        description="The parked event's key, with its slashes, as lists and log lines give it.",
        examples=[EXAMPLE_KEY],
    ),
]
Note = Annotated[str, Field(min_length=1, max_length=500, description="Why. It is kept with the event.")]


class ParkedAnswer(ResponseModel):
    """An event put aside. `body` and `headers` are shown as text; bytes that are not UTF-8 show as �."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})
    key: str
    state: State
    reason: ParkReason
    detail: str
    attempts: int
    mended: bool
    stream: str | None
    sequence: int | None
    event_id: str | None
    event_type: str | None
    correlation_id: str | None
    topic: str
    partition: int
    offset: int
    headers: dict[str, str]
    body: str | None
    parked_at: datetime
    settled_at: datetime | None
    asked_by: str | None
    note: str | None


class MendRequest(RequestModel):
    """What to replace: the whole body (JSON as text), single headers, or both."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"body": '{"places": 2}', "headers": {}, "note": "number sent as text"}]}
    )
    body: Annotated[str | None, Field(max_length=LARGEST_BODY)] = None
    headers: Annotated[dict[str, str], Field(max_length=30, default_factory=dict)]
    note: Note


class ReplayRequest(RequestModel):
    """Try again. With `skip_gap`, events missing before this one are given up on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"note": "the rule is mended", "skip_gap": False}]})
    note: Note
    skip_gap: bool = False


class DiscardRequest(RequestModel):
    """Pass over it for good."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"note": "sent by mistake, see incident 12"}]})
    note: Note


def operations_router(service: str) -> APIRouter:
    """The operations on the parked events of one service."""
    router = APIRouter(prefix=f"/api/operations/{service}/parked", tags=["Operations"])

    @router.get("", summary="List parked events", responses=problems())
    async def list_parked(
        _caller: Onlooker,
        work: HttpWork,
        paging: PageRequest,
        state: Annotated[Literal["open", "all"], Query(description="Whether to show settled ones too.")] = "open",
        reason: Annotated[ParkReason | None, Query(description="Only those parked for this reason.")] = None,
    ) -> Page[ParkedAnswer]:
        after = paging.after(str)
        found = await events_of(work).page(
            open_only=state == "open", after=str(after[0]) if after else "", limit=paging.limit + 1, reason=reason
        )
        return paging.page(found, position=lambda row: (row.id,), show=parked_answer)

    @router.get("/{key:path}", summary="Show a parked event", responses=problems(NotFound))
    async def show_parked(_caller: Onlooker, work: HttpWork, key: Key) -> ParkedAnswer:
        return parked_answer(await events_of(work).one(key))

    @router.post("/{key:path}/mend", summary="Mend a parked event", responses=problems(NotFound, AlreadySettled))
    async def mend_parked(caller: Operator, work: HttpWork, key: Key, body: MendRequest) -> ParkedAnswer:
        headers = {name: value.encode() for name, value in body.headers.items()}
        mended = None if body.body is None else body.body.encode()
        row = await events_of(work).mend(key, ask_of(caller, work, body.note), body=mended, headers=headers)
        return parked_answer(row)

    @router.post(
        "/{key:path}/replay",
        status_code=202,
        summary="Replay a parked event, and what waits behind it",
        responses=problems(NotFound, AlreadySettled),
    )
    async def replay_parked(caller: Operator, work: HttpWork, key: Key, body: ReplayRequest) -> ParkedAnswer:
        ask = ask_of(caller, work, body.note)
        return parked_answer(await events_of(work).replay(key, ask, skip_gap=body.skip_gap))

    @router.post(
        "/{key:path}/discard",
        status_code=202,
        summary="Discard a parked event",
        responses=problems(NotFound, AlreadySettled),
    )
    async def discard_parked(caller: Operator, work: HttpWork, key: Key, body: DiscardRequest) -> ParkedAnswer:
        return parked_answer(await events_of(work).discard(key, ask_of(caller, work, body.note)))

    return router


def events_of(work: Work) -> ParkedEvents:
    """The service's parked events."""
    return ParkedEvents(work.database, work.clock)


def ask_of(caller: Principal, work: Work, note: str) -> Ask:
    """Who wants it, why, and under which request."""
    under = None if work.idempotency is None else f"{work.idempotency.id} {work.idempotency.fingerprint}"
    return Ask(caller.subject, note, under)


def parked_answer(row: Parked) -> ParkedAnswer:
    """A row as operators see it."""
    return ParkedAnswer(
        key=row.id,
        state=row.state,
        reason=row.reason,
        detail=row.detail,
        attempts=row.attempts,
        mended=row.mended,
        stream=row.stream,
        sequence=row.sequence,
        event_id=row.event_id,
        event_type=row.event_type,
        correlation_id=row.correlation_id,
        topic=row.topic,
        partition=row.partition,
        offset=row.offset,
        headers={name: value.decode(errors="replace") for name, value in row.headers},
        body=None if row.body is None else row.body.decode(errors="replace"),
        parked_at=row.parked_at,
        settled_at=row.settled_at,
        asked_by=row.asked_by,
        note=row.note,
    )
