"""Every no is a problem, whatever was sent."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from structlog.testing import CapturingLogger

from shared.http.bodies import LEVELS, MEBIBYTE
from shared.http.problems import MEDIA_TYPE, example, problems, status_of
from shared.refusals import IdempotencyKeyReused, NotFound, Refusal, VersionMismatch
from tests.shared.http.conftest import TillHouse


def is_problem(answered: httpx.Response, status: int, slug: str) -> Any:
    assert (answered.status_code, answered.headers["content-type"]) == (status, MEDIA_TYPE), answered.text
    problem = answered.json()
    assert problem["type"] == f"/problems/{slug}"
    assert problem["status"] == status
    assert problem["correlation_id"] == answered.headers["x-request-id"]
    assert problem["instance"] == answered.request.url.path
    assert problem["title"]
    assert problem["detail"]
    return problem


async def test_an_unknown_address_is_a_problem(house: TillHouse) -> None:
    is_problem(await house.client.get("/api/nothing"), 404, "no-such-route")


async def test_a_slash_too_many_is_not_redirected(house: TillHouse) -> None:
    is_problem(await house.client.get("/api/me/"), 404, "no-such-route")


async def test_a_wrong_method_says_which_ones_are_right(house: TillHouse) -> None:
    answered = await house.client.delete("/api/me")
    is_problem(answered, 405, "method-not-allowed")
    assert answered.headers["allow"] == "GET"


async def test_a_missing_object_is_a_problem(house: TillHouse) -> None:
    is_problem(await house.client.get("/api/tills/none"), 404, "not-found")


async def test_a_refusal_carries_its_facts(house: TillHouse) -> None:
    till = await house.open_till(limit=3)
    answered = await house.client.post(f"/api/tills/{till['id']}/receipts", json={"amount": 4}, headers=house.posting())
    assert is_problem(answered, 409, "till-full")["total"] == 0


async def test_every_field_and_rule_is_listed_in_one_shape(house: TillHouse) -> None:
    body = {"amount": "5", "kind": "shells", "surprise": 1, "lines": [{"limit": -1, "note": "x" * 51}, {}]}
    answered = await house.client.post("/api/tills/t/receipts", json=body, headers=house.posting())
    problem = is_problem(answered, 422, "request-invalid")
    assert {(error["field"], error["rule"]) for error in problem["errors"]} == {
        ("amount", "int-type"),
        ("kind", "literal-error"),
        ("surprise", "extra-forbidden"),
        ("lines.0.limit", "greater-than-equal"),
        ("lines.0.note", "string-too-long"),
        ("lines.1.limit", "missing"),
    }
    assert all(error["message"] for error in problem["errors"])


async def test_what_was_sent_is_not_repeated(house: TillHouse) -> None:
    body = {"limit": "canary-value", "note": "canary-value" * 9}
    answered = await house.client.post("/api/tills", json=body, headers=house.posting())
    is_problem(answered, 422, "request-invalid")
    assert "canary" not in answered.text


async def test_many_wrong_fields_do_not_make_an_endless_answer(house: TillHouse) -> None:
    body = {"amount": 1, "lines": [{}] * 5000}
    answered = await house.client.post("/api/tills/t/receipts", json=body, headers=house.posting())
    assert len(is_problem(answered, 422, "request-invalid")["errors"]) == 100


async def test_an_unknown_parameter_is_refused(house: TillHouse) -> None:
    answered = await house.client.get("/api/tills?limt=3&fullest=true", headers=house.signed())
    problem = is_problem(answered, 422, "request-invalid")
    assert [error["field"] for error in problem["errors"]] == ["limt"]


@pytest.mark.parametrize("limit", ["0", "201", "-1", "9" * 40, "ten", "1e3", "NaN", ""])
async def test_a_page_has_1_to_200_rows(house: TillHouse, limit: str) -> None:
    answered = await house.client.get(f"/api/tills?limit={limit}", headers=house.signed())
    assert is_problem(answered, 422, "request-invalid")["errors"][0]["field"] == "limit"


HOSTILE_JSON = {
    "not JSON": b"limit=3",
    "cut off": b'{"limit": 3',
    "two documents": b'{"limit": 3}{"limit": 4}',
    "the same name twice": b'{"limit": 3, "limit": 4}',
    "NaN": b'{"limit": NaN}',
    "infinity": b'{"limit": -Infinity}',
    "beyond floating point": b'{"limit": 1e999}',
    "beyond 64 bits": b'{"limit": 9223372036854775808}',
    "thousands of digits": b'{"limit": ' + b"9" * 10_000 + b"}",
    "lone surrogate": b'{"limit": 3, "note": "\\ud800"}',
    "lone surrogate as a name": b'{"limit": 3, "\\udfff": 1}',
    "lone surrogate twice": b'{"\\ud800": 1, "\\ud800": 2}',
    "invalid UTF-8": b'{"limit": 3, "note": "\xff\xfe"}',
    "UTF-16": '{"limit": 3}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf" + b'{"limit": 3}',
    "bare NUL": b'{"limit": 3, "note": "\x00"}',
    "deep": b'{"note": ' + b"[" * LEVELS + b"]" * LEVELS + b"}",
    "very deep": b"[" * 200_000,
    "deep objects": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
}


@pytest.mark.parametrize("body", HOSTILE_JSON.values(), ids=HOSTILE_JSON.keys())
async def test_json_that_cannot_be_understood_is_malformed(house: TillHouse, body: bytes) -> None:
    headers = house.posting() | {"Content-Type": "application/json"}
    answered = await house.client.post("/api/tills", content=body, headers=headers)
    is_problem(answered, 400, "body-malformed")


SHAPELESS: dict[str, object] = {
    "nothing": None,
    "a list": [],
    "text": "limit",
    "a number": 3,
    "an operator": {"limit": {"$gt": 0}},
    "an operator as a name": {"limit": 3, "$where": "1"},
    "a truth for a number": {"limit": True},
    "a fraction": {"limit": 3.5},
    "text for a number": {"limit": "3"},
    "escaped NUL": {"limit": 3, "note": "a\0b"},
    "escape sequence": {"limit": 3, "note": "\x1b[2J"},
    "NUL in a name": {"limit": 3, "a\0": 1},
    "the largest number": {"limit": 2**63 - 1},
}


@pytest.mark.parametrize("body", SHAPELESS.values(), ids=SHAPELESS.keys())
async def test_json_of_another_shape_is_invalid(house: TillHouse, body: object) -> None:
    headers = house.posting() | {"Content-Type": "application/json"}
    answered = await house.client.post("/api/tills", content=json.dumps(body), headers=headers)
    assert is_problem(answered, 422, "request-invalid")["errors"]


async def test_an_empty_body_misses_what_it_should_hold(house: TillHouse) -> None:
    answered = await house.client.post("/api/tills", headers=house.posting())
    assert is_problem(answered, 422, "request-invalid")["errors"] == [
        {"field": "body", "rule": "missing", "message": "Field required"}
    ]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "", "json"]
)
async def test_another_content_type_is_not_supported(house: TillHouse, content_type: str) -> None:
    headers = house.posting() | {"Content-Type": content_type}
    answered = await house.client.post("/api/tills", content=b'{"limit": 3}', headers=headers)
    assert is_problem(answered, 415, "content-type-unsupported")["content_types"] == ["application/json"]


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON", "application/x+json"])
async def test_json_may_be_called_so_in_several_ways(house: TillHouse, content_type: str) -> None:
    headers = house.posting() | {"Content-Type": content_type}
    answered = await house.client.post("/api/tills", content=b'{"limit": 3}', headers=headers)
    assert answered.status_code == 201


async def test_a_compressed_body_is_not_supported(house: TillHouse) -> None:
    headers = house.posting() | {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answered = await house.client.post("/api/tills", content=b"\x1f\x8b", headers=headers)
    is_problem(answered, 415, "content-type-unsupported")


async def test_a_declared_body_that_is_too_large_is_not_read(house: TillHouse) -> None:
    body = json.dumps({"limit": 3, "note": "x" * MEBIBYTE}).encode()
    headers = house.posting() | {"Content-Type": "application/json"}
    answered = await house.client.post("/api/tills", content=body, headers=headers)
    assert is_problem(answered, 413, "body-too-large")["limit_bytes"] == MEBIBYTE


async def test_an_undeclared_body_is_cut_off_at_the_limit(house: TillHouse) -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while sent < 50 * MEBIBYTE:
            sent += 65_536
            yield b"[" * 65_536

    headers = house.posting() | {"Content-Type": "application/json"}
    answered = await house.client.post("/api/tills", content=endless(), headers=headers)
    is_problem(answered, 413, "body-too-large")
    assert sent <= MEBIBYTE + 2 * 65_536


async def test_an_operation_may_take_other_content_and_more_of_it(house: TillHouse) -> None:
    body = b"a;b\n" * 400_000
    headers = house.posting() | {"Content-Type": "text/csv"}
    answered = await house.client.post("/api/till-imports", content=body, headers=headers)
    assert (answered.status_code, answered.json()) == (202, {"bytes": len(body)})
    too_much = await house.client.post("/api/till-imports", content=body * 2, headers=headers)
    is_problem(too_much, 413, "body-too-large")
    as_json = await house.client.post("/api/till-imports", json={}, headers=house.posting())
    is_problem(as_json, 415, "content-type-unsupported")


@pytest.mark.parametrize(
    "address", ["/api/tills/a%00b", "/api/tills/a%0Ab", "/api/tills?cursor=%00", "/api/nothing%1b"]
)
async def test_control_characters_in_an_address_are_refused(house: TillHouse, address: str) -> None:
    answered = await house.client.get(address, headers=house.signed())
    assert answered.status_code == 400
    assert answered.json()["type"] == "/problems/address-malformed"


async def test_the_unforeseen_tells_nothing_of_the_inside(house: TillHouse, log_lines: CapturingLogger) -> None:
    answered = await house.client.get("/api/failures/bug")
    is_problem(answered, 500, "unexpected-failure")
    assert "secret" not in answered.text
    assert log_lines.calls


@pytest.mark.parametrize(("kind", "slug"), [("store", "temporarily-unavailable"), ("commit", "outcome-unknown")])
async def test_a_store_that_is_away_is_said_without_its_address(house: TillHouse, kind: str, slug: str) -> None:
    answered = await house.client.get(f"/api/failures/{kind}")
    is_problem(answered, 503, slug)
    assert answered.headers["retry-after"] == "1"
    assert "10.0.0.7" not in answered.text


def test_every_declared_refusal_has_a_status_and_an_example() -> None:
    for slug, refusal in Refusal.catalogue().items():
        shown = example(refusal)
        assert shown["type"] == f"/problems/{slug}"
        assert 400 <= status_of(refusal) <= 504
        assert refusal.title.endswith("."), slug


def test_responses_of_one_status_are_documented_together() -> None:
    documented = problems(NotFound, VersionMismatch, IdempotencyKeyReused)
    assert set(documented) == {404, 412, 422}
    content = documented[404]["content"][MEDIA_TYPE]
    assert content["examples"]["not-found"]["value"]["status"] == 404
