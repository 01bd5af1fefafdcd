"""Every string that a request carries is replaced by what an attacker would write: it is refused, or it stays a text.

The rows of the authorisation matrix give a request that works for every operation, and a caller who may make it. Each
string field of its body (those of the description that it leaves out, too), each parameter, each part of its path and
each of its headers is replaced in turn. Stores are put back after each request.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from services.gateway.description import whole_api
from shared.ids import new_id
from tests.authorisation.conftest import stages, surroundings
from tests.authorisation.matrix import ROWS, documented, members, operation_of
from tests.authorisation.stage import Stage
from tests.authorisation.stages import Stages, looked_up

__all__ = ["stages", "surroundings"]

OPERATORS: tuple[Any, ...] = (
    {"$ne": None},
    {"$gt": ""},
    {"$where": "sleep(1000) || true"},
    {"$regex": ".*"},
    ["a", "b"],
    [{"$ne": 1}],
    True,
)
"""What is no text, and would mean something to the store."""

TEXTS = (
    '{"$ne": null}',
    "$where: function() { return true }",
    "'; return true; //",
    "a.$[].b",
    "nul\x00within",
    "lone \ud800 surrogate",
    "\udfff",
    "x" * 100_000,
    "right to left \u202e and back, e\u0301\U0001f9ea\ufeff",
    "=HYPERLINK(1)",
    "../../../etc/passwd",
    "line\r\nX-Injected: 1",
)
"""Texts that something, somewhere, has once taken for more."""

Place = tuple[str | int, ...]


def stage_of(row: str) -> str:
    """How far the story has to have come."""
    return str(ROWS[row].get("stage", "running"))


def permitted(row: str) -> str:
    """Somebody who may: the last named, since anonymous callers come first."""
    return list(members(ROWS[row]["may"]))[-1]


async def send(stage: Stage, row: str, *, path: dict[str, str] | None = None, **changed: Any) -> httpx.Response:
    """The row's request with something replaced."""
    wanted, ids = ROWS[row], stage.ids
    method, _, template = operation_of(row).partition(" ")
    parts = {name: quote(value, safe="") for name, value in (ids | looked_up(wanted.get("given", {}), ids)).items()}
    headers = {**stage.caller(permitted(row)), **changed.pop("headers", {})}
    if method == "POST":
        headers.setdefault("Idempotency-Key", new_id())
    body = changed.pop("body", looked_up(wanted["body"], ids) if "body" in wanted else None)
    if body is not None:
        changed["content"] = json.dumps(body)
        headers["Content-Type"] = "application/json"
    elif "csv" in wanted and "content" not in changed:
        changed["content"] = looked_up(wanted["csv"], ids)
    if "csv" in wanted:
        headers["Content-Type"] = "text/csv"
    if "form" in wanted and "data" not in changed:
        changed["data"] = wanted["form"]
    params = {**looked_up(wanted.get("query", {}), ids), **changed.pop("params", {})}
    query = "&".join(f"{quote(name)}={escaped(value)}" for name, value in params.items())
    url = template.format(**(parts | (path or {}))) + (f"?{query}" if query else "")
    client = stage.world.client(documented()[operation_of(row)])
    answer = await client.request(method, url, headers=headers, **changed)
    stage.restore()
    return answer


def escaped(value: str) -> str:
    """As it stands in an address; a lone surrogate as the bytes that it would be."""
    return quote(value.encode("utf-8", "surrogatepass"), safe="")


def strings(value: Any, place: Place = ()) -> Iterator[Place]:
    """Where strings stand in a body."""
    if isinstance(value, str):
        yield place
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from strings(part, (*place, name))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from strings(part, (*place, number))


def left_out(row: str) -> Iterator[Place]:
    """The string fields of the description that the row's body does not have."""
    method, _, path = operation_of(row).partition(" ")
    operation = whole_api()["paths"][path][method.lower()]
    reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    for name, field in whole_api()["components"]["schemas"][reference]["properties"].items():
        kinds = {branch.get("type") for branch in field.get("anyOf", [field])}
        if "string" in kinds and name not in ROWS[row]["body"]:
            yield (name,)


def replaced(body: Any, place: Place, value: Any) -> Any:
    """A copy of the body with something else in this place."""
    whole = copy.deepcopy(body)
    part = whole
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = value
    return whole


def parameters(row: str, where: str) -> list[str]:
    """The names of the operation's parameters."""
    method, _, path = operation_of(row).partition(" ")
    described = whole_api()["paths"][path][method.lower()].get("parameters", ())
    return [one["name"] for one in described if one["in"] == where]


def sane(answer: httpx.Response) -> bool:
    """Neither a failure of ours nor a header of theirs."""
    return answer.status_code < 500 and "x-injected" not in answer.headers


WITH_BODY = [row for row in ROWS if "body" in ROWS[row]]
WITH_PATH = [row for row in ROWS if "{" in row and " [" not in row]
WITH_QUERY = [row for row in ROWS if parameters(row, "query") and " [" not in row]
WITH_KEY = [row for row in ROWS if parameters(row, "header") and " [" not in row]
WITH_CSV = [row for row in ROWS if "csv" in ROWS[row]]


@pytest.mark.parametrize("row", WITH_BODY)
async def test_what_is_no_text_is_refused_in_every_text_field(stages: Stages, row: str) -> None:
    stage = await stages.at(stage_of(row))
    body = looked_up(ROWS[row]["body"], stage.ids)
    for place in (*strings(body), *left_out(row)):
        for value in OPERATORS:
            answer = await send(stage, row, body=replaced(body, place, value))
            assert 400 <= answer.status_code < 500, (place, value, answer.text[:300])


@pytest.mark.parametrize("row", WITH_BODY)
async def test_a_text_stays_a_text_in_every_field(stages: Stages, row: str) -> None:
    stage = await stages.at(stage_of(row))
    body = looked_up(ROWS[row]["body"], stage.ids)
    for place in (*strings(body), *left_out(row)):
        for value in TEXTS:
            answer = await send(stage, row, body=replaced(body, place, value))
            assert sane(answer), (place, value[:40], answer.text[:300])


@pytest.mark.parametrize("row", WITH_BODY)
async def test_operators_beside_the_fields_are_refused(stages: Stages, row: str) -> None:
    stage = await stages.at(stage_of(row))
    body = looked_up(ROWS[row]["body"], stage.ids)
    for name in ("$where", "$set", "__proto__", "_id", "version", "a.b", "nul\x00"):
        answer = await send(stage, row, body={**body, name: "1"})
        assert answer.status_code == 422, (name, answer.text[:300])
    for whole in ([], [body], "text", 7, {"$ne": None}):
        answer = await send(stage, row, body=whole)
        assert answer.status_code == 422, (whole, answer.text[:300])


@pytest.mark.parametrize("row", WITH_PATH)
async def test_nothing_is_found_by_a_part_of_a_path_that_is_no_id(stages: Stages, row: str) -> None:
    stage = await stages.at(stage_of(row))
    for name in parameters(row, "path"):
        for value in (*TEXTS[:6], TEXTS[8], "../..", "{$ne}", "x" * 3000):
            answer = await send(stage, row, path={name: escaped(value)})
            assert 400 <= answer.status_code < 500, (name, value[:40], answer.text[:300])


@pytest.mark.parametrize("row", WITH_QUERY)
async def test_a_search_for_an_operator_finds_no_more_than_a_search_for_nonsense(stages: Stages, row: str) -> None:
    stage = await stages.at(stage_of(row))
    for name in parameters(row, "query"):
        nonsense = await send(stage, row, params={name: "zzzunheardof"})
        for value in TEXTS:
            encoded = value.encode("utf-8", "surrogatepass").decode("latin-1") if value >= "\ud800" else value
            answer = await send(stage, row, params={name: encoded[:20_000]})
            assert sane(answer), (name, value[:40], answer.text[:300])
            if answer.is_success and nonsense.is_success and "items" in answer.json():
                assert len(answer.json()["items"]) <= len(nonsense.json()["items"]), (name, value)
        answer = await send(stage, row, params={f"{name}[$ne]": "x"})
        assert answer.status_code == 422, (name, answer.text[:300])


@pytest.mark.parametrize("row", WITH_KEY)
async def test_headers_hold_keys_and_versions_and_nothing_else(stages: Stages, row: str) -> None:
    stage = await stages.at(stage_of(row))
    for name in parameters(row, "header"):
        for value in ('{"$ne": null}', "$where", "x" * 5000, "\u202e\U0001f9ea", "lone\udcff", "", '"'):
            raw = value.encode("utf-8", "surrogateescape")
            answer = await send(stage, row, headers={name: raw})
            assert sane(answer), (name, value[:40], answer.text[:300])


FILES: dict[str, bytes] = {
    "nothing": b"",
    "a header alone": b"URN,code\r\n",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40,
    "an archive": b"PK\x03\x04" + bytes(2000),
    "zeros": bytes(10_000),
    "an open quote": b'URN,EstablishmentName\r\n900001,"never closed\r\n' + b"900002,x\r\n" * 100,
    "quotes in quotes": b'template_id,code,title\r\n"a"b"c,""",x\r\n',
    "a line of a megabyte": b"template_id,code,title\r\n" + b"x" * (1 << 20) + b"\r\n",
    "a header of ten thousand columns": b",".join(b"c%d" % n for n in range(10_000)) + b"\r\n",
    "a row of ten thousand cells": b"URN,EstablishmentName\r\n" + b"," * 10_000 + b"\r\n",
    "lone carriage returns": b"URN,code\r1,2\r3,4",
    "deep braces": b"{" * 10_000,
    "bytes of no encoding": b"URN,EstablishmentName\r\n900001,\x81\x8d\x8f\xff\xfe\r\n",
}
CELLS = (
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2",
    "@SUM(A1)",
    '{"$ne": null}',
    "$where",
    "nul\x00",
    "\u202eabc",
    "x" * 50_000,
)


def with_cells(example: str) -> Iterator[tuple[str, bytes]]:
    """For each such cell a file of as many rows as the example has columns, with the cell in each column in turn."""
    header, row = example.splitlines()[:2]
    for cell in CELLS:
        quoted = '"' + cell.replace('"', '""') + '"'
        rows = []
        for number in range(len(header.split(","))):
            cells = row.split(",")
            cells[number] = quoted
            rows.append(",".join(cells))
        yield f"cells of {cell[:20]}", "\r\n".join((header, *rows, "")).encode()


def encoded(example: str) -> Iterator[tuple[str, bytes]]:
    """The example file in encodings that nobody asked for."""
    for encoding in ("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "cp1252", "cp037"):
        yield encoding, example.encode(encoding)


@pytest.mark.parametrize("row", WITH_CSV)
async def test_no_file_does_more_than_fill_in_its_own_cells(stages: Stages, row: str) -> None:
    stage = await stages.at(stage_of(row))
    example = str(looked_up(ROWS[row]["csv"], stage.ids))
    kinds = ROWS[row].get("query", {}).get("kind")
    queries = [{"kind": kind} for kind in ("templates", "occurrences")] if kinds else [{}]
    for query in queries:
        for name, content in (*FILES.items(), *with_cells(example), *encoded(example)):
            answer = await send(stage, row, params={**query, "on_error": "import"}, content=content)
            assert sane(answer), (name, query, answer.text[:300])
            for kept in answer.json().get("errors") or ():
                assert len(json.dumps(kept)) < 2_000, (name, "a refusal repeats what was sent")


async def test_a_file_of_formulas_is_taken_as_it_stands_in_the_background_too(stages: Stages) -> None:
    row = "POST /api/register-imports"
    stage = await stages.at(stage_of(row))
    example = stage.ids["register"]
    for name, content in (*FILES.items(), *with_cells(example), *encoded(example)):
        headers = {**stage.caller("operator"), "Idempotency-Key": new_id(), "Content-Type": "text/csv"}
        client = stage.world.client("partnerships")
        begun = await client.post("/api/register-imports?on_error=import", headers=headers, content=content)
        assert sane(begun), (name, begun.text[:300])
        if begun.is_success:
            await stage.world.settle()
            ended = await client.get(begun.headers["Location"], headers=dict(stage.caller("operator")))
            assert ended.json()["status"] in ("completed", "failed"), (name, ended.text[:300])
        stage.restore()
