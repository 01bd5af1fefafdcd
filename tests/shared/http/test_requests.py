"""Repeating, versions, paging, correlation, and what is told about a request."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from datetime import UTC, date, datetime

import pytest
import structlog
from structlog.testing import CapturingLogger

from shared.http.exchange import continued
from shared.http.paging import LARGEST_LIMIT, CursorMalformed, Paging, encoded, following
from shared.http.versions import IfMatchMalformed, expected_version, is_current
from shared.http.working import IdempotencyKeyMalformed, bare_key
from shared.messaging.outbox import OutboxRow
from tests.shared.http.conftest import TillHouse
from tests.shared.http.test_problems import is_problem

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def test_a_repeated_post_gets_the_same_answer_once(house: TillHouse) -> None:
    till = await house.open_till()
    headers = house.posting(key="once")
    answers = await asyncio.gather(
        *(
            house.client.post(f"/api/tills/{till['id']}/receipts", json={"amount": 5}, headers=headers)
            for _ in range(20)
        )
    )
    assert {(answered.status_code, answered.text) for answered in answers} == {(201, answers[0].text)}
    assert (await house.client.get(f"/api/tills/{till['id']}")).json()["total"] == 5


async def test_a_key_may_be_quoted_or_not(house: TillHouse) -> None:
    till = await house.open_till()
    for key in ("k-1", '"k-1"'):
        await house.client.post(f"/api/tills/{till['id']}/receipts", json={"amount": 5}, headers=house.posting(key=key))
    assert (await house.client.get(f"/api/tills/{till['id']}")).json()["total"] == 5


async def test_a_key_belongs_to_its_caller_and_its_address(house: TillHouse) -> None:
    one, other = await house.open_till(), await house.open_till()
    for till, subject in ((one, "ann"), (one, "bob"), (other, "ann")):
        headers = house.signed(subject=subject) | {"Idempotency-Key": "same"}
        answered = await house.client.post(f"/api/tills/{till['id']}/receipts", json={"amount": 5}, headers=headers)
        assert answered.status_code == 201
    assert (await house.client.get(f"/api/tills/{one['id']}")).json()["total"] == 10


async def test_a_key_with_another_body_is_refused(house: TillHouse) -> None:
    till = await house.open_till()
    address, headers = f"/api/tills/{till['id']}/receipts", house.posting(key="k")
    await house.client.post(address, json={"amount": 5}, headers=headers)
    answered = await house.client.post(address, json={"amount": 6}, headers=headers)
    assert is_problem(answered, 422, "idempotency-key-reused")["field"] == "Idempotency-Key"


async def test_a_post_needs_a_key(house: TillHouse) -> None:
    answered = await house.client.post("/api/tills", json={"limit": 1}, headers=house.signed("operator"))
    is_problem(answered, 400, "idempotency-key-missing")


@pytest.mark.parametrize("key", ["", '""', " ", "a\tb", "x" * 256, "ключ", "a\x7f"])
def test_a_key_is_visible_text_of_at_most_255_characters(key: str) -> None:
    with pytest.raises(IdempotencyKeyMalformed):
        bare_key(key)


def test_the_longest_key_is_taken() -> None:
    assert bare_key("x" * 255) == "x" * 255
    assert bare_key(None) is None


async def test_a_change_to_a_version_seen_before_is_refused(house: TillHouse) -> None:
    till = await house.open_till()
    address = f"/api/tills/{till['id']}/receipts"
    seen = (await house.client.get(f"/api/tills/{till['id']}")).headers["etag"]
    assert seen == '"1"'
    first = await house.client.post(address, json={"amount": 1}, headers=house.posting() | {"If-Match": seen})
    second = await house.client.post(address, json={"amount": 1}, headers=house.posting() | {"If-Match": seen})
    assert first.status_code == 201
    assert is_problem(second, 412, "version-mismatch")["current_version"] == 2


async def test_a_version_that_is_current_is_not_sent_again(house: TillHouse) -> None:
    till = await house.open_till()
    answered = await house.client.get(f"/api/tills/{till['id']}", headers={"If-None-Match": 'W/"1-gzip", "x"'})
    assert answered.status_code == 304


@pytest.mark.parametrize(("tag", "version"), [('"7"', 7), ('W/"7"', 7), ('"7-gzip"', 7), ("*", None), (None, None)])
def test_a_tag_is_understood_as_proxies_leave_it(tag: str | None, version: int | None) -> None:
    assert expected_version(tag) == version


@pytest.mark.parametrize("tag", ["7", '"seven"', '"7", "8"', "", '"-1"', '"' + "9" * 30 + '"'])
async def test_a_malformed_tag_is_refused(house: TillHouse, tag: str) -> None:
    with pytest.raises(IfMatchMalformed):
        expected_version(tag)
    answered = await house.client.post(
        "/api/tills/t/receipts", json={"amount": 1}, headers=house.posting() | {"If-Match": tag}
    )
    is_problem(answered, 400, "if-match-malformed")


def test_another_tag_is_not_current() -> None:
    assert is_current('"7"', 7)
    assert not is_current('"77"', 7)
    assert not is_current(None, 7)


@pytest.mark.parametrize("fullest", ["false", "true"])
async def test_pages_show_every_row_once(house: TillHouse, fullest: str) -> None:
    opened = [await house.open_till() for _ in range(7)]
    for index, till in enumerate(opened[:4]):
        body = {"amount": 1 + index % 2}
        await house.client.post(f"/api/tills/{till['id']}/receipts", json=body, headers=house.posting())
    address, shown, pages = f"/api/tills?limit=3&fullest={fullest}", [], 0
    while address:
        answered = await house.client.get(address, headers=house.signed())
        shown += answered.json()["items"]
        pages += 1
        link = re.fullmatch('<(.+)>; rel="next"', answered.headers.get("link", ""))
        assert (link is None) == (answered.json()["next"] is None)
        address = link[1] if link else ""
        assert not address or ("limit=3" in address and f"fullest={fullest}" in address)
    assert pages == 3
    assert {till["id"] for till in shown} == {till["id"] for till in opened}
    if fullest == "true":
        assert [till["total"] for till in shown] == [2, 2, 1, 1, 0, 0, 0]


async def test_rows_that_come_and_go_do_not_shift_a_page(house: TillHouse) -> None:
    opened = [(await house.open_till())["id"] for _ in range(4)]
    first = (await house.client.get("/api/tills?limit=2", headers=house.signed())).json()
    await house.open_till()
    second = await house.client.get(f"/api/tills?limit=2&cursor={first['next']}", headers=house.signed())
    assert [till["id"] for till in second.json()["items"]] == opened[2:]


FORGED = [
    "x",
    "!!!",
    "a" * 1001,
    encoded([1]),
    encoded(["a", "b"]),
    encoded([]),
    encoded([{"$gt": ""}]),  # type: ignore[list-item]
    encoded([["a"]]),  # type: ignore[list-item]
    "bnVsbA",
    encoded(["a\0"]),
]


@pytest.mark.parametrize("cursor", FORGED)
async def test_a_forged_cursor_is_a_problem(house: TillHouse, cursor: str) -> None:
    answered = await house.client.get("/api/tills", params={"cursor": cursor}, headers=house.signed())
    assert answered.status_code in (400, 422)
    assert answered.json()["type"] in ("/problems/cursor-malformed", "/problems/request-invalid")


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(True, int), (2**70, int), ("a", float), (1, bool), ("2026-02-30", date), ("noon", datetime), ("a", bytes)],
)
def test_a_cursor_holds_only_what_the_list_expects(value: object, wanted: type) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps([value]).encode()).decode()
    with pytest.raises(CursorMalformed):
        Paging(1, cursor, None, None).after(wanted)  # type: ignore[arg-type]


def test_a_position_survives_its_cursor() -> None:
    moment = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    position = ("a", 7, 1.5, True, moment, date(2026, 3, 2), None)
    paging = Paging(LARGEST_LIMIT, encoded(position), None, None)  # type: ignore[arg-type]
    assert paging.after(str, int, float, bool, datetime, date, str) == position


def test_what_follows_a_position_is_asked_for_key_by_key() -> None:
    assert following((("name", 1), ("id", -1)), ("m", "7")) == {
        "$or": [{"name": {"$gt": "m"}}, {"name": "m", "id": {"$lt": "7"}}]
    }
    assert following((("id", 1),), None) == {}


async def test_a_request_id_is_kept_and_given_back(house: TillHouse) -> None:
    answered = await house.client.get("/api/guest", headers={"X-Request-ID": "edge-0001.a_b"})
    assert answered.headers["x-request-id"] == "edge-0001.a_b"


@pytest.mark.parametrize("request_id", ["short", "x" * 65, "has space", "-leading-dash", 'quote"quote', "ünïcödé-id"])
async def test_a_malformed_request_id_is_replaced(house: TillHouse, request_id: str) -> None:
    answered = await house.client.get("/api/guest", headers={b"X-Request-ID": request_id.encode()})
    assert re.fullmatch(r"[0-9a-f-]{36}", answered.headers["x-request-id"])


async def test_events_carry_the_request_and_its_trace(house: TillHouse) -> None:
    till = await house.open_till()
    headers = house.posting() | {"X-Request-ID": "request-1", "traceparent": TRACE}
    await house.client.post(f"/api/tills/{till['id']}/receipts", json={"amount": 1}, headers=headers)
    (row,) = await house.database.collection(OutboxRow).find({})
    assert (row.correlation_id, row.causation_id, row.triggered_by) == ("request-1", "request-1", "user")
    assert row.traceparent is not None
    assert row.traceparent.split("-")[1] == TRACE.split("-")[1]
    assert row.traceparent.split("-")[2] != TRACE.split("-")[2]


@pytest.mark.parametrize(
    "traceparent", [None, "", "00-0-0-00", TRACE.replace("4bf9", "4BF9"), f"00-{'0' * 32}-{'1' * 16}-01"]
)
def test_a_trace_that_is_malformed_begins_anew(traceparent: str | None) -> None:
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", continued(traceparent))


async def test_one_line_tells_about_a_request(house: TillHouse, log_lines: CapturingLogger) -> None:
    await house.client.get("/api/tills/none?", headers=house.signed() | {"X-Request-ID": "request-1"})
    (line,) = [call.kwargs for call in log_lines.calls if call.kwargs.get("event") == "request answered"]
    assert line.pop("ms") >= 0
    line.pop("level", None)
    assert line == {
        "event": "request answered",
        "correlation_id": "request-1",
        "method": "GET",
        "route": "/api/tills/{till_id}",
        "status": 404,
        "principal": "somebody",
        "problem": "not-found",
    }


async def test_a_bug_is_logged_with_its_stack(house: TillHouse, log_lines: CapturingLogger) -> None:
    await house.client.get("/api/failures/bug", headers={"X-Request-ID": "request-1"})
    (line,) = [call for call in log_lines.calls if call.kwargs.get("event") == "request failed"]
    assert line.method_name == "error"
    assert line.kwargs["exc_info"]
    assert line.kwargs["correlation_id"] == "request-1"


async def test_health_leaves_no_line(house: TillHouse, log_lines: CapturingLogger) -> None:
    await house.client.get("/health/live")
    assert log_lines.calls == []


async def test_a_request_leaves_nothing_bound(house: TillHouse) -> None:
    await house.client.get("/api/guest")
    assert structlog.contextvars.get_contextvars() == {}


async def test_requests_are_counted_by_route_and_problem(house: TillHouse) -> None:
    for till_id in ("a", "b"):
        await house.client.get(f"/api/tills/{till_id}")
    await house.open_till()
    counted = (await house.client.get("/metrics")).text
    assert 'stem_http_requests_total{method="GET",route="/api/tills/{till_id}",status="404"} 2.0' in counted
    assert 'stem_refusals_total{at="http",slug="not-found"} 2.0' in counted
    assert "stem_decisions_total 1.0" in counted
    assert "stem_commit_batch_size_count 1.0" in counted
    assert "process_resident_memory_bytes" in counted
