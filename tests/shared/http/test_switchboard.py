"""The table finds what the framework would have found, and leaves the rest to it."""

from __future__ import annotations

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from starlette.routing import Match

from shared.http.switchboard import Switchboard, install_switchboard

ASKED = [
    ("GET", "/api/things"),
    ("POST", "/api/things"),
    ("GET", "/api/things/search"),
    ("GET", "/api/things/7"),
    ("GET", "/api/things/a%2Fb"),
    ("GET", "/api/things/7/parts/8"),
    ("GET", "/api/things/7/parts/"),
    ("GET", "/api/files/a/b/c"),
    ("GET", "/api/anything/7"),
    ("DELETE", "/api/things"),
    ("PUT", "/api/things/7"),
    ("GET", "/api"),
    ("GET", "/api/"),
    ("GET", "//"),
    ("GET", "/health"),
]


def make_app() -> FastAPI:
    app = FastAPI(redirect_slashes=False)
    inner, outer = APIRouter(prefix="/things"), APIRouter(prefix="/api")

    @inner.get("")
    async def everything() -> str:
        return "everything"

    @inner.post("")
    async def make() -> str:
        return "make"

    @inner.get("/search")
    async def search() -> str:
        return "search"

    @inner.get("/{thing}")
    async def one(thing: str) -> str:
        return f"one {thing}"

    @inner.get("/{thing}/parts/{part}")
    async def part(thing: str, part: str) -> str:
        return f"part {part} of {thing}"

    @outer.get("/files/{path:path}")
    async def file(path: str) -> str:
        return f"file {path}"

    outer.include_router(inner)

    @outer.get("/{kind}/{number}")
    async def whatever(kind: str, number: int) -> str:
        return f"{kind} {number}"

    app.include_router(outer)
    return app


@pytest.mark.parametrize(("method", "path"), ASKED)
async def test_the_table_and_the_framework_agree(method: str, path: str) -> None:
    answers = []
    plain, tabled = make_app(), make_app()
    install_switchboard(tabled)
    for app in (plain, tabled):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
            answered = await client.request(method, path)
            answers.append((answered.status_code, answered.text, answered.headers.get("allow")))
    assert answers[0] == answers[1]


def test_what_can_be_told_by_its_collection_is_in_the_table() -> None:
    board = Switchboard(make_app())

    def found(method: str, path: str) -> Match:
        return board.matches({"type": "http", "method": method, "path": path})[0]

    assert found("GET", "/api/things/7/parts/8") == Match.FULL
    assert found("DELETE", "/api/things") == Match.NONE
    assert found("GET", "/api/files/a/b") == Match.NONE
    assert found("GET", "/api/other/7") == Match.NONE
    assert board.matches({"type": "lifespan"})[0] == Match.NONE
