"""The edge: what it lets in, where it sends it, what it says itself. The services behind it only echo."""

from __future__ import annotations

import importlib
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from infra.local.children import Child
from infra.local.edge import edge_part
from infra.local.plan import CADDYFILE, services_in
from infra.local.ports import free_ports
from tests.stack import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.stack import Stack

MEBIBYTE = 1024 * 1024
SECONDS = 20


@pytest.fixture
def edge(echo_stack: Stack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=echo_stack.edge_url, timeout=SECONDS) as client:
        yield client


def echoed(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == httpx.codes.OK, response.text
    answer: dict[str, Any] = response.json()
    return answer


def problem(response: httpx.Response, status: int) -> str:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == status
    assert response.headers["x-request-id"]
    return str(response.json()["type"])


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/api/schools", "partnerships"),
        ("/api/schools/100000", "partnerships"),
        ("/api/register-imports", "partnerships"),
        ("/api/partnerships/1/submission", "partnerships"),
        ("/api/pots/1/allocations", "partnerships"),
        ("/api/occurrences/1/bookings", "courses"),
        ("/api/course-imports", "courses"),
        ("/api/booking-approvals/100000", "courses"),
        ("/api/certificates/1", "courses"),
        ("/api/placements/1", "placements"),
        ("/api/visits/1", "ambassadors"),
        ("/oauth/token", "gateway"),
        ("/.well-known/jwks.json", "gateway"),
        ("/openapi.json", "gateway"),
        ("/docs", "gateway"),
        ("/problems/wrong-state", "gateway"),
        ("/", "gateway"),
        ("/api/identity/accounts", "gateway"),
    ],
)
def test_a_request_reaches_the_service_that_owns_its_path(edge: httpx.Client, path: str, service: str) -> None:
    answer = echoed(edge.get(path, params={"q": "1"}))
    assert (answer["service"], answer["path"]) == (service, f"{path}?q=1")


@pytest.mark.parametrize("service", services_in())
def test_every_address_of_a_service_is_routed_to_it(edge: httpx.Client, service: str) -> None:
    app = importlib.import_module(f"services.{service}.app").app
    paths = sorted(re.sub(r"\{[^}]*\}", "1", path) for path in app.openapi()["paths"])
    assert paths
    answers = {path: edge.get(path) for path in paths}
    astray = {path: answer for path, answer in answers.items() if not answer.is_success}
    assert not astray, "infra/caddy/Caddyfile has no route"
    assert {echoed(answer)["service"] for answer in answers.values()} == {service}


@pytest.mark.parametrize("path", ["/metrics", "/health/ready", "/health/live", "/api", "/api/schoolsx", "/api/else"])
def test_nothing_else_is_reachable(edge: httpx.Client, path: str) -> None:
    assert problem(edge.get(path), 404) == "/problems/not-found"


def test_the_edge_is_healthy_by_itself(edge: httpx.Client) -> None:
    assert edge.get("/health").json() == {"status": "ok"}


def test_one_aggregate_is_served_by_one_replica_and_all_replicas_serve_some(edge: httpx.Client) -> None:
    def replica(number: int, below: str) -> int:
        return int(echoed(edge.get(f"/api/occurrences/{number}{below}"))["pid"])

    by_aggregate = {number: {replica(number, below) for below in ("", "/bookings", "/queue")} for number in range(60)}
    assert all(len(replicas) == 1 for replicas in by_aggregate.values())
    assert len(Counter(next(iter(replicas)) for replicas in by_aggregate.values())) == 3


def test_headers_that_only_the_edge_may_set_do_not_come_in(edge: httpx.Client) -> None:
    sent = {
        "X-Aggregate": "mine",
        "X-Principal-Roles": "operator",
        "X-Internal-Trust": "1",
        "X-Forwarded-For": "10.9.8.7",
    }
    reached = echoed(edge.get("/api/schools", headers=sent))["headers"]
    assert {"x-aggregate", "x-principal-roles", "x-internal-trust"}.isdisjoint(reached)
    assert reached["x-forwarded-for"] == "127.0.0.1"


def test_a_request_id_is_kept_passed_on_and_given_back(edge: httpx.Client) -> None:
    answer = edge.get("/api/schools", headers={"X-Request-ID": "0190-abcdef"})
    assert echoed(answer)["headers"]["x-request-id"] == answer.headers["x-request-id"] == "0190-abcdef"


@pytest.mark.parametrize("given", [None, "short", "with space in it", '{"a":1}', "x" * 65])
def test_a_request_id_that_is_none_is_made_anew(edge: httpx.Client, given: str | None) -> None:
    answer = edge.get("/api/schools", headers={} if given is None else {"X-Request-ID": given})
    made = answer.headers["x-request-id"]
    assert echoed(answer)["headers"]["x-request-id"] == made != given
    assert len(made) == 36


@pytest.mark.parametrize(
    ("path", "limit"),
    [("/api/occurrences/1/bookings", MEBIBYTE), ("/api/course-imports", 32 * MEBIBYTE)],
)
def test_a_body_may_be_as_long_as_its_address_allows(edge: httpx.Client, path: str, limit: int) -> None:
    assert echoed(edge.post(path, content=bytes(limit)))["length"] == limit
    assert problem(edge.post(path, content=bytes(limit + 1)), 413) == "/problems/body-too-large"


def test_answers_are_compressed_where_the_client_allows(edge: httpx.Client) -> None:
    answer = edge.get("/api/schools", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert echoed(answer)["service"] == "partnerships"


def test_the_access_log_names_the_request_but_nobody(edge: httpx.Client, echo_stack: Stack) -> None:
    edge.get("/api/schools?name=secret-name", headers={"X-Request-ID": "look-for-me", "Authorization": "Bearer secret"})

    def found() -> list[str]:
        return [line for line in echo_stack.logs("edge").read_text().splitlines() if "look-for-me" in line]

    eventually(lambda: bool(found()))
    (line,) = found()
    said = json.loads(line)
    assert (said["request"]["uri"], said["status"], said["request_id"]) == ("/api/schools?...", 200, "look-for-me")
    assert "secret" not in line
    assert "127.0.0.1" not in json.dumps(said["request"] | {"host": ""})


def test_a_replica_that_dies_costs_no_request(edge: httpx.Client, echo_stack: Stack) -> None:
    echo_stack.kill("courses-2")
    try:
        assert {edge.get(f"/api/occurrences/{number}").status_code for number in range(40)} == {200}
        assert {edge.post(f"/api/occurrences/{number}/bookings").status_code for number in range(40)} == {200}
    finally:
        echo_stack.start("courses-2")


def test_a_post_that_was_delivered_is_not_repeated(edge: httpx.Client, echo_stack: Stack) -> None:
    assert problem(edge.post("/api/partnerships/1/hang-up"), 503) == "/problems/temporarily-unavailable"
    assert echoed(edge.get("/api/partnerships/1"))["hung_up"] == 1


def test_a_service_that_is_gone_is_a_problem_and_comes_back_by_itself(edge: httpx.Client, echo_stack: Stack) -> None:
    echo_stack.kill("placements")
    answer = edge.get("/api/placements/1")
    assert problem(answer, 503) == "/problems/temporarily-unavailable"
    assert answer.headers["retry-after"]
    assert echoed(edge.get("/api/schools"))["service"] == "partnerships"
    echo_stack.start("placements")
    eventually(lambda: edge.get("/api/placements/1").status_code == httpx.codes.OK)


def test_a_service_that_does_not_run_has_no_routes(echo_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> None:

    folder = tmp_path_factory.mktemp("edge")
    (port,) = free_ports(1)
    alone = Child(edge_part(folder, port, {"courses": echo_stack.plan.ports.services["courses"]}, CADDYFILE), folder)
    alone.start()
    try:
        alone.await_ready()
        assert httpx.get(f"http://127.0.0.1:{port}/api/courses").status_code == httpx.codes.OK
        assert problem(httpx.get(f"http://127.0.0.1:{port}/api/placements"), 404) == "/problems/not-found"
    finally:
        alone.stop()
