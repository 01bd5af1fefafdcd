"""The pages, the merged description and the catalogue of problems. All public, all from this process."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Annotated, Any

import orjson
import structlog
from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from pydantic import ConfigDict, Field

from services.gateway import pages
from services.gateway.catalogue import ProblemType, problem_types
from services.gateway.description import whole_api
from services.gateway.settings import gateway_settings
from shared.http.problems import problems
from shared.http.requests import ResponseModel
from shared.refusals import NotFound, Unavailable

EXAMPLE: dict[str, Any] = {
    "type": "/problems/version-mismatch",
    "title": "The object has changed since you read it: read it again and repeat with its new ETag.",
    "status": 412,
    "advice": "Read the object again and repeat with its new ETag.",
}

router = APIRouter()
log = structlog.get_logger("pages")


class ProblemTypeAnswer(ResponseModel):
    """A problem type."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})
    type: str = Field(description="What a problem of this type says in its own `type`.")
    title: str = Field(description="The rule.")
    status: int
    advice: str = Field(description="What to do about it.")


class ProblemTypesAnswer(ResponseModel):
    """Every problem type, in alphabetical order."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [EXAMPLE]}]})
    items: tuple[ProblemTypeAnswer, ...]


@router.get("/", include_in_schema=False)
async def landing_page(request: Request) -> Response:
    """What this is and where to go on."""
    settings = gateway_settings()
    base = settings.public_url or str(request.base_url).rstrip("/")
    described = await _described()
    return _html(pages.landing(base, described["tags"], with_demo_accounts=settings.demo_accounts))


@router.get("/docs", include_in_schema=False)
async def docs_page() -> Response:
    """The page to read and try the API."""
    return _html(pages.docs(with_demo_accounts=gateway_settings().demo_accounts))


@router.get("/docs/assets/{name}", include_in_schema=False)
async def docs_asset(
    name: Annotated[str, Path(max_length=40)], v: Annotated[str | None, Query(max_length=40)] = None
) -> Response:
    """A style sheet, script or picture of the pages. Under its own version it may be kept for good."""
    found = pages.asset(name)
    if found is None:
        raise NotFound()
    kept = "public, max-age=31536000, immutable" if v == pages.assets_version() else "no-cache"
    return FileResponse(found.path, media_type=found.media_type, headers={**pages.HEADERS, "Cache-Control": kept})


@router.get("/openapi.json", include_in_schema=False)
async def whole_description(if_none_match: Annotated[str | None, Header(alias="If-None-Match")] = None) -> Response:
    """The description of every service's API."""
    await _described()
    body, tag = _description_text()
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if if_none_match is not None and tag.strip('"') in if_none_match:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


@router.get("/problems", summary="List the problem types", response_model=ProblemTypesAnswer)
async def list_problem_types(request: Request) -> ProblemTypesAnswer | Response:
    """What each `type` of a problem means. A browser gets a page."""
    await _described()
    types = problem_types().values()
    if _wants_page(request):
        return _html(pages.problem_list(types))
    return ProblemTypesAnswer(items=tuple(_answer(found) for found in types))


@router.get(
    "/problems/{slug}",
    summary="Read a problem type",
    response_model=ProblemTypeAnswer,
    responses=problems(NotFound),
)
async def read_problem_type(
    request: Request, slug: Annotated[str, Path(max_length=80, examples=["version-mismatch"])]
) -> ProblemTypeAnswer | Response:
    """What a problem of this type means and what to do about it. A browser gets a page."""
    await _described()
    found = problem_types().get(slug)
    if found is None:
        raise NotFound()
    if _wants_page(request):
        shown = orjson.dumps(found.example, option=orjson.OPT_INDENT_2).decode()
        return _html(pages.problem(found, shown))
    return _answer(found)


async def _described() -> dict[str, list[dict[str, str]]]:
    """The whole description, made off the loop the first time. Raises Unavailable where it cannot be made."""
    try:
        return await asyncio.to_thread(whole_api)
    except Exception as error:
        log.exception("the API's description cannot be made")
        raise Unavailable("The description of the API cannot be made just now.") from error


@cache
def _description_text() -> tuple[bytes, str]:
    body = orjson.dumps(whole_api())
    return body, f'"{pages.digest(body)}"'


def _answer(found: ProblemType) -> ProblemTypeAnswer:
    return ProblemTypeAnswer(
        type=f"/problems/{found.slug}", title=found.title, status=found.status, advice=found.advice
    )


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _html(page: str) -> HTMLResponse:
    return HTMLResponse(page, headers={**pages.HEADERS, "Cache-Control": "no-cache", "Vary": "Accept"})
