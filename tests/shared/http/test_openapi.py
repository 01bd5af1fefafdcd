"""The description of an API is complete, true, and made without starting anything."""

from __future__ import annotations

import json
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Query
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shared.definition import Service
from shared.http.openapi import describe, shortcomings
from shared.http.principal import PossibleCaller
from shared.http.problems import MEDIA_TYPE
from shared.http.requests import RequestModel
from shared.http.versions import expected_version
from shared.http.working import bare_key
from tests.shared.http.conftest import TillHouse
from tests.shared.http.tills import SERVICE

ASCII = st.characters(max_codepoint=127)


class Bare(RequestModel):
    name: str


@pytest.fixture(scope="module")
def document() -> Any:
    return json.loads(json.dumps(describe(SERVICE)))


def header_shapes(document: Any) -> dict[str, Any]:
    """The schemas of the headers that a write takes."""
    return {p["name"]: p["schema"] for p in document["paths"]["/api/tills"]["post"]["parameters"]}


def examples_of(operation: Any) -> dict[str, Any]:
    """Problem examples by slug."""
    return {
        slug: shown["value"]
        for response in operation["responses"].values()
        for slug, shown in response.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {}).items()
    }


def test_a_complete_description_lacks_nothing(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    assert shortcomings(document) == []


def test_an_operation_says_whom_it_is_for(document: Any) -> None:
    operation = document["paths"]["/api/tills"]["post"]
    assert operation["x-roles"] == ["operator"]
    assert "For: operator." in operation["description"]
    assert operation["security"] == [{"bearer": []}]
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert "security" not in document["paths"]["/api/tills/{till_id}"]["get"]


def test_an_operation_that_only_welcomes_a_token_says_that_it_needs_none() -> None:
    router = APIRouter()

    @router.get("/api/things")
    async def list_things(_caller: PossibleCaller) -> Bare:
        """List them."""
        return Bare(name="thing")

    operation = describe(Service(name="things", summary="Things.", router=router, documents={}))["paths"]["/api/things"]
    assert operation["get"]["security"] == [{"bearer": []}, {}]
    assert "token-invalid" in examples_of(operation["get"])
    assert "token-missing" not in examples_of(operation["get"])


def test_an_operation_shows_every_problem_it_answers_with(document: Any) -> None:
    shown = examples_of(document["paths"]["/api/tills"]["post"])
    assert shown.keys() == {
        "till-full",
        "address-malformed",
        "body-malformed",
        "idempotency-key-missing",
        "idempotency-key-malformed",
        "idempotency-key-reused",
        "if-match-malformed",
        "token-missing",
        "token-invalid",
        "not-allowed",
        "version-mismatch",
        "body-too-large",
        "content-type-unsupported",
        "request-invalid",
        "too-many-requests",
        "temporarily-unavailable",
        "outcome-unknown",
    }


def test_problem_examples_are_problems(document: Any) -> None:
    schema = {"$ref": "#/components/schemas/Problem", "components": document["components"]}
    validator = Draft202012Validator(schema)
    for operations in document["paths"].values():
        for operation in operations.values():
            for slug, problem in examples_of(operation).items():
                validator.validate(problem)
                assert problem["type"] == f"/problems/{slug}"
                assert str(problem["status"]) in operation["responses"]


def test_only_writing_takes_a_key_and_a_post_needs_it(document: Any) -> None:
    def headers(operation: Any) -> dict[str, bool]:
        return {p["name"]: p["required"] for p in operation.get("parameters", ()) if p["in"] == "header"}

    assert headers(document["paths"]["/api/tills"]["post"]) == {"Idempotency-Key": True, "If-Match": False}
    assert headers(document["paths"]["/api/tills"]["get"]) == {}


def test_every_operation_says_that_an_address_holds_no_control_characters(document: Any) -> None:
    """They are refused before the operation is chosen."""
    for operations in document["paths"].values():
        for operation in operations.values():
            assert "address-malformed" in examples_of(operation)


@given(st.data())
def test_what_a_header_should_look_like_is_taken(document: Any, data: st.DataObject) -> None:
    shapes = header_shapes(document)
    key = data.draw(st.from_regex(shapes["Idempotency-Key"]["pattern"][1:-1], fullmatch=True))
    if len(key) <= shapes["Idempotency-Key"]["maxLength"]:
        assert bare_key(key) == key
    tag = data.draw(st.from_regex(shapes["If-Match"]["pattern"][1:-1], fullmatch=True, alphabet=ASCII))
    assert expected_version(tag) == (None if tag == "*" else int(tag.strip('W/"')))


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "caf\u00e9", "a\tb", '""'])
def test_what_is_no_key_does_not_look_like_one(document: Any, key: str) -> None:
    assert not Draft202012Validator(header_shapes(document)["Idempotency-Key"]).is_valid(key)


def test_other_content_is_described(document: Any) -> None:
    content = document["paths"]["/api/till-imports"]["post"]["requestBody"]["content"]
    assert list(content) == ["text/csv"]


def test_operations_are_named_after_their_function_and_tagged(document: Any) -> None:
    operation = document["paths"]["/api/tills/{till_id}/receipts"]["post"]
    assert (operation["operationId"], operation["tags"]) == ("add_receipt", ["tills"])


def test_what_is_lacking_is_named() -> None:
    router = APIRouter()

    @router.get("/api/bare", name="")
    async def list_bare(limit: Annotated[int, Query()] = 1) -> None: ...

    @router.post("/api/bare", summary="Make")
    async def make_bare(body: Bare) -> None: ...

    found = shortcomings(describe(Service("bare", "Bare.", router, {})))
    assert found == [
        "GET /api/bare: no summary",
        "GET /api/bare: parameter limit has no largest value",
        "GET /api/bare: parameter limit has no smallest value",
        "Bare: neither it nor its field name shows an example",
    ]


async def test_a_service_serves_its_description(house: TillHouse, document: Any) -> None:
    answered = await house.client.get("/openapi.json")
    assert answered.json() == document
