"""The merged description: valid, complete, and every example in it is what its schema says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import APIRouter
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from services.gateway.catalogue import problem_types
from services.gateway.description import METHODS, DescriptionConflict, all_services, merged, operations, whole_api
from services.gateway.examples import Examples
from shared.http.openapi import shortcomings
from shared.http.problems import MEDIA_TYPE
from shared.http.requests import RequestModel, ResponseModel
from shared.refusals import Refusal
from shared.service import Service

if TYPE_CHECKING:
    from tests.gateway.conftest import Gateway

REPOSITORY = Path(__file__).parent.parent.parent
CADDYFILE = REPOSITORY / "infra" / "caddy" / "Caddyfile"
Document = dict[str, Any]


@pytest.fixture(scope="session")
def whole() -> Document:
    return whole_api()


def each_operation(document: Document) -> Iterator[tuple[str, Document]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                yield f"{method.upper()} {path}", operation


def shown_in(content: Document, examples: Examples) -> list[Any]:
    """The examples of a media type: its own, or those of its schema."""
    if "examples" in content:
        return [example["value"] for example in content["examples"].values()]
    if "example" in content:
        return [content["example"]]
    schema = content["schema"]
    if "$ref" in schema:
        schema = examples._schemas[schema["$ref"].rpartition("/")[2]]
    return list(schema.get("examples", ()))


def breaches(where: str, content: Document, whole: Document) -> Iterator[str]:
    """What is wrong with the examples of a media type: none at all, or not what the schema says."""
    shown = shown_in(content, Examples(whole["components"]["schemas"]))
    if not shown:
        yield f"{where}: no example"
    validator = Draft202012Validator({**content["schema"], "components": whole["components"]})
    for value in shown:
        for wrong in validator.iter_errors(value):
            yield f"{where}: {wrong.message[:200]} at {list(wrong.absolute_path)}"


def test_every_service_is_in_it() -> None:
    folders = {app.parent.name for app in (REPOSITORY / "services").glob("*/app.py")}
    assert {service.name for service in all_services()} == folders


def test_it_is_valid_openapi_3_1(whole: Document) -> None:
    errors = [
        f"{list(error.absolute_path)}: {error.message[:200]}" for error in OpenAPIV31SpecValidator(whole).iter_errors()
    ]
    assert errors == []
    assert whole["openapi"].startswith("3.1")


def test_nothing_in_it_is_left_undescribed(whole: Document) -> None:
    assert shortcomings(whole) == []


def test_every_operation_has_a_summary_a_name_of_its_own_and_the_tag_of_its_service(whole: Document) -> None:
    names: set[str] = set()
    tags = {tag["name"] for tag in whole["tags"]}
    for where, operation in each_operation(whole):
        assert operation.get("summary"), where
        assert operation["operationId"] not in names, where
        (tag,) = operation["tags"]
        assert tag in tags, where
        names.add(operation["operationId"])


def test_every_request_body_shows_an_example_that_its_own_schema_takes(whole: Document) -> None:
    found = [
        breach
        for where, operation in each_operation(whole)
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items()
        for breach in breaches(f"{where} {media_type}", content, whole)
    ]
    assert found == []


def test_every_answer_shows_an_example_that_its_own_schema_takes(whole: Document) -> None:
    found = [
        breach
        for where, operation in each_operation(whole)
        for status, response in operation["responses"].items()
        for content in response.get("content", {}).values()
        for breach in breaches(f"{where} {status}", content, whole)
    ]
    assert found == []


def test_every_operation_that_can_refuse_says_so_with_an_example_of_each_problem(whole: Document) -> None:
    for where, operation in each_operation(whole):
        refusals = {status: told for status, told in operation["responses"].items() if status[0] in "45"}
        assert any(status.startswith("4") for status in refusals), where
        for status, told in refusals.items():
            for slug, example in told["content"].get(MEDIA_TYPE, {}).get("examples", {}).items():
                assert example["value"]["type"] == f"/problems/{slug}", where
                assert example["value"]["status"] == int(status), where


def test_every_problem_in_it_is_in_the_catalogue(whole: Document) -> None:
    catalogue = problem_types()
    own = {slug for slug, refusal in Refusal.catalogue().items() if not refusal.__module__.startswith("tests.")}
    documented = {
        slug
        for operation in operations(whole)
        for response in operation["responses"].values()
        for slug in response.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {})
    }
    assert documented <= catalogue.keys() == own


def test_the_edges_own_problems_are_in_the_catalogue_as_the_edge_words_them() -> None:
    catalogue = problem_types()
    told = re.findall(r'"type":"/problems/([a-z-]+)"', CADDYFILE.read_text())
    assert told
    assert set(told) <= catalogue.keys()


def test_whoever_has_a_token_and_whoever_has_a_password_can_use_every_guarded_operation(whole: Document) -> None:
    schemes = whole["components"]["securitySchemes"]
    assert schemes["signIn"]["flows"]["password"]["tokenUrl"] == "/oauth/token"
    assert schemes["signIn"]["flows"]["clientCredentials"]["tokenUrl"] == "/oauth/token"
    guarded = [operation["security"] for operation in operations(whole) if operation.get("security")]
    assert guarded
    assert all({"signIn": []} in ways and {"bearer": []} in ways for ways in guarded)


def test_an_answer_without_a_body_is_described_without_one(whole: Document) -> None:
    assert "content" not in whole["paths"]["/oauth/revoke"]["post"]["responses"]["200"]


def test_every_post_below_api_says_that_it_needs_a_key(whole: Document) -> None:
    for where, operation in each_operation(whole):
        if where.startswith("POST /api/"):
            keys = [p for p in operation.get("parameters", ()) if p["name"] == "Idempotency-Key"]
            assert len(keys) == 1, where
            assert keys[0]["required"], where
            assert keys[0]["example"], where


def service(name: str, router: APIRouter) -> Service:
    return Service(name=name, summary=f"About {name}.", router=router, documents={})


def answering(path: str, model: type[ResponseModel], name: str) -> APIRouter:
    router = APIRouter()

    async def operation() -> object:
        """Answer."""
        return None

    operation.__name__ = name
    router.get(path, summary="Read", response_model=model)(operation)
    return router


def test_models_that_share_a_name_without_being_the_same_are_told_apart_with_all_that_refer_to_them() -> None:
    class Inner(ResponseModel):
        apples: int

    class Outer(ResponseModel):
        inner: Inner

    inner, outer = Inner, Outer

    class Inner(ResponseModel):  # type: ignore[no-redef]
        pears: str

    class Outer(ResponseModel):  # type: ignore[no-redef]
        inner: Inner

    document = merged(
        [
            service("orchard", answering("/api/apples", outer, "read_apples")),
            service("market", answering("/api/pears", Outer, "read_pears")),
        ]
    )
    schemas = document["components"]["schemas"]
    assert {"OrchardInner", "OrchardOuter", "MarketInner", "MarketOuter"} <= schemas.keys()
    assert not {"Inner", "Outer"} & schemas.keys()
    for path, field in (("/api/apples", "apples"), ("/api/pears", "pears")):
        content = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
        assert list(breaches(path, content, document)) == []
        assert content["example"]["inner"].keys() == {field}
    assert inner is not Inner


def test_two_services_cannot_claim_one_operation_or_one_name() -> None:
    class Thing(ResponseModel):
        number: int

    with pytest.raises(DescriptionConflict, match="not the only service"):
        merged([service(n, answering("/api/things", Thing, f"read_{n}")) for n in ("one", "two")])
    with pytest.raises(DescriptionConflict, match="both called"):
        merged([service(n, answering(f"/api/{n}", Thing, "read_it")) for n in ("one", "two")])


def test_an_example_is_made_of_what_a_schema_shows() -> None:
    class Part(RequestModel):
        name: str
        size: int | None = None

    class Whole(RequestModel):
        parts: tuple[Part, ...]
        pair: tuple[int, str]
        on: bool

    schema = Whole.model_json_schema(ref_template="#/components/schemas/{model}")
    made = Examples(schema.pop("$defs")).of(schema)
    assert made == {"parts": [{"name": "text", "size": None}], "pair": [1, "text"], "on": True}
    Whole.model_validate_json(json.dumps(made))


async def test_the_description_is_served_once_and_then_known(gateway: Gateway, whole: Document) -> None:
    first = await gateway.http.get("/openapi.json")
    assert first.status_code == 200
    assert first.json() == whole
    again = await gateway.http.get("/openapi.json", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
