"""A prepared operation answers as the framework does, to good requests and to bad ones, and calls nothing twice."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, Query, Response
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, Field

from shared.http.access import Access
from shared.http.bodies import Bodies, takes
from shared.http.prepared import Prepared, prepared
from shared.http.problems import install
from shared.http.requests import RequestModel
from shared.http.switchboard import Switchboard, install_switchboard
from shared.observability import Metrics
from shared.refusals import NotAllowed

JSON = {"Content-Type": "application/json"}
CALLED: Counter[str] = Counter()


class Parcel(RequestModel):
    weight: Annotated[int, Field(ge=1)]
    labels: tuple[str, ...] = ()


class Receipt(BaseModel):
    place: str
    sender: str
    weight: int
    limit: int = 0
    labels: tuple[str, ...] = ()


async def sender(x_sender: Annotated[str | None, Header()] = None) -> str:
    """A dependency of a dependency, and of the operations."""
    CALLED["sender"] += 1
    if x_sender == "stranger":
        raise NotAllowed("Strangers send nothing.")
    return x_sender or "nobody"


class Desk:
    """A dependency that is an object."""

    async def __call__(self, sender: Annotated[str, Depends(sender)], response: Response) -> str:
        CALLED["desk"] += 1
        response.headers["X-Desk"] = sender
        return sender.upper()


Sender = Annotated[str, Depends(sender)]
AtDesk = Annotated[str, Depends(Desk())]
router = APIRouter(prefix="/api/parcels")


@router.post("/{place}", status_code=201)
async def send(place: Annotated[str, Field(max_length=8)], body: Parcel, sender: Sender, desk: AtDesk) -> Receipt:
    return Receipt(place=place, sender=f"{sender} {desk}", weight=body.weight, labels=body.labels)


@router.get("/{place}", response_model=Receipt)
async def look(
    place: str,
    sender: Sender,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=9)] = 3,
    label: Annotated[tuple[str, ...], Query()] = (),
) -> Receipt | Response:
    if sender == "again":
        return Response(status_code=304, headers={"ETag": '"7"'})
    response.headers["ETag"] = '"7"'
    if sender == "slow":
        response.status_code = 202
    return Receipt(place=place, sender=sender, weight=1, limit=limit, labels=label)


@router.delete("/{place}", status_code=204)
async def discard(place: str) -> None:
    CALLED[f"discard {place}"] += 1


@router.put("/{place}")
@takes("text/csv")
async def bring(place: str, body: Parcel) -> Receipt:
    return Receipt(place=place, sender="file", weight=body.weight)


def make_app() -> FastAPI:
    app = FastAPI(openapi_url=None)
    app.include_router(router)
    install(app)
    app.add_middleware(Bodies)
    app.add_middleware(Access, metrics=Metrics("tests"))
    return app


def is_prepared(app: FastAPI, method: str) -> bool:
    return any(
        isinstance(prepared(context), Prepared)
        for context in iter_route_contexts(app.routes)
        if method in (context.methods or ()) and (context.path_format or "").startswith("/api/parcels")
    )


GOOD: list[tuple[str, str, Mapping[str, str], bytes]] = [
    ("POST", "/api/parcels/north", JSON, b'{"weight": 3, "labels": ["a", "b"]}'),
    ("POST", "/api/parcels/north", {**JSON, "X-Sender": "ada"}, b'{"weight": 3}'),
    ("GET", "/api/parcels/north", {}, b""),
    ("GET", "/api/parcels/north?limit=5&label=a&label=b", {"X-Sender": "bo"}, b""),
    ("GET", "/api/parcels/north", {"X-Sender": "slow"}, b""),
    ("GET", "/api/parcels/north", {"X-Sender": "again"}, b""),
]
BAD: list[tuple[str, str, Mapping[str, str], bytes]] = [
    ("POST", "/api/parcels/north", {**JSON, "X-Sender": "stranger"}, b'{"weight": 3}'),
    ("POST", "/api/parcels/north", {**JSON, "X-Sender": "stranger"}, b'{"weight": 0}'),
    ("POST", "/api/parcels/north", JSON, b'{"weight": 0, "more": 1}'),
    ("POST", "/api/parcels/north", JSON, b'{"weight": "3"}'),
    ("POST", "/api/parcels/north", JSON, b"{}"),
    ("POST", "/api/parcels/north", JSON, b""),
    ("POST", "/api/parcels/north", JSON, b"null"),
    ("POST", "/api/parcels/north", JSON, b'{"weight": 1, "weight": 2}'),
    ("POST", "/api/parcels/north", JSON, b"{"),
    ("POST", "/api/parcels/north", {"Content-Type": "text/plain"}, b'{"weight": 3}'),
    ("POST", "/api/parcels/north", {}, b'{"weight": 3}'),
    ("POST", "/api/parcels/far-too-long", JSON, b'{"weight": 3}'),
    ("POST", "/api/parcels/north", JSON, b'{"weight": 3, "labels": "' + b"x" * (1 << 20) + b'"}'),
    ("GET", "/api/parcels/north?limit=0", {}, b""),
    ("GET", "/api/parcels/north?limit=many&limit=1", {"X-Sender": "stranger"}, b""),
]


def parts(answer: httpx.Response) -> tuple[int, list[tuple[str, str]], Any]:
    """What has to be the same."""
    headers = sorted((name, value) for name, value in answer.headers.items() if name != "x-request-id")
    body = json.loads(answer.content) if answer.content else None
    if isinstance(body, dict):
        body.pop("correlation_id", None)
    return answer.status_code, headers, body


async def ask(app: FastAPI, asked: tuple[str, str, Mapping[str, str], bytes]) -> httpx.Response:
    method, path, headers, content = asked
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return await client.request(method, path, headers=dict(headers), content=content)


@pytest.mark.parametrize("asked", [*GOOD, *BAD], ids=lambda asked: f"{asked[0]} {asked[1]} {asked[3][:40]!r}")
async def test_the_answer_is_the_frameworks(asked: tuple[str, str, Mapping[str, str], bytes]) -> None:
    plain, quick = make_app(), make_app()
    install_switchboard(quick)
    assert is_prepared(quick, asked[0])
    assert parts(await ask(quick, asked)) == parts(await ask(plain, asked))


@pytest.mark.parametrize("asked", GOOD, ids=lambda asked: f"{asked[0]} {asked[1]} {asked[3][:40]!r}")
async def test_a_dependency_is_called_once_a_request(asked: tuple[str, str, Mapping[str, str], bytes]) -> None:
    app = make_app()
    install_switchboard(app)
    CALLED.clear()
    await ask(app, asked)
    assert set(CALLED.values()) == {1}


def test_what_is_not_plain_json_is_left_to_the_framework() -> None:
    app = make_app()
    assert not is_prepared(app, "PUT")
    assert not is_prepared(app, "DELETE")


def test_nearly_all_operations_of_the_services_are_prepared() -> None:
    from services.courses.app import app as courses

    (board,) = [route for route in courses.router.routes if isinstance(route, Switchboard)]
    operations = [operation for found in board._table.values() for operation in found]
    by_framework = [operation.path_format for operation in operations if not isinstance(operation.app, Prepared)]
    assert by_framework == ["/health/ready"]
