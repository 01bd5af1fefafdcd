"""The client repeats what may have been lost, with the same key, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from infra.cli import client
from infra.cli.client import Answer, Api, Problem, Session, Unreachable
from infra.local.ports import free_ports

TOKEN = {"access_token": "t-1", "expires_in": 900}


class Thing(Answer):
    name: str


class Edge:
    """Gives the answers it was given, one a request, and keeps the requests."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.waits: list[float] = []
        self.retried: list[tuple[str, str]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json=TOKEN)
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def api(self, patience: float = 60.0) -> Api:
        return Api(
            "http://edge.example",
            patience=patience,
            retried=lambda what, why: self.retried.append((what, why)),
            transport=httpx.MockTransport(self),
            wait=self.waits.append,
        )

    def session(self, patience: float = 60.0) -> Session:
        return self.api(patience).sign_in("teacher@stem.example", "a password")


def away(status: int, **headers: str) -> Callable[[], httpx.Response | Exception]:
    return lambda: httpx.Response(status, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    "lost",
    [
        away(502),
        away(503),
        away(504),
        away(429),
        lambda: httpx.ConnectError("refused"),
        lambda: httpx.ReadError("reset"),
        lambda: httpx.RemoteProtocolError("closed in the middle"),
        lambda: httpx.ReadTimeout("late"),
    ],
)
def test_a_post_whose_fate_is_unknown_is_repeated_with_the_same_key(
    lost: Callable[[], httpx.Response | Exception],
) -> None:
    edge = Edge(lost(), lost(), httpx.Response(201, json={"name": "made"}))
    assert edge.session().post("/api/things", Thing, {"a": 1}).name == "made"
    assert len({request.headers["Idempotency-Key"] for request in edge.requests}) == 1
    assert [request.content for request in edge.requests] == [b'{"a":1}'] * 3
    assert len(edge.waits) == len(edge.retried) == 2


def test_each_post_has_a_key_of_its_own() -> None:
    edge = Edge(*(httpx.Response(201, json={"name": "made"}) for _ in range(5)))
    session = edge.session()
    for _ in range(5):
        session.post("/api/things", Thing)
    assert len({request.headers["Idempotency-Key"] for request in edge.requests}) == 5


def test_a_limited_client_waits_as_long_as_it_is_told() -> None:
    edge = Edge(httpx.Response(429, headers={"Retry-After": "7"}), httpx.Response(200, json={"name": "seen"}))
    edge.session().get("/api/things/1", Thing)
    assert edge.waits == [7.0]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 422, 500])
def test_a_no_is_not_repeated(status: int) -> None:
    edge = Edge(httpx.Response(status, json={"type": "/problems/occurrence-full", "title": "Full.", "detail": "No."}))
    with pytest.raises(Problem) as raised:
        edge.session().post("/api/things", Thing)
    assert (raised.value.status, raised.value.slug, raised.value.detail) == (status, "occurrence-full", "No.")
    assert len(edge.requests) == 1


def test_a_problem_names_every_field_and_the_way_to_its_cause() -> None:
    errors = [{"field": "delegates.0", "rule": "missing", "message": "Who comes?"}]
    body = {"type": "/problems/request-invalid", "title": "Wrong.", "errors": errors, "correlation_id": "c-12345678"}
    with pytest.raises(Problem) as raised:
        Edge(httpx.Response(422, json=body)).session().post("/api/things", Thing)
    assert "delegates.0: Who comes?" in raised.value.what
    assert "stem trace c-12345678" in raised.value.remedy


def test_the_token_endpoints_own_errors_are_understood() -> None:
    refused = httpx.Response(400, json={"error": "invalid_grant", "error_description": "No such account."})
    with pytest.raises(Problem) as raised:
        Edge(refused).api().send("POST", "/oauth/other", data={})
    assert (raised.value.slug, raised.value.title) == ("invalid_grant", "No such account.")


def test_an_answer_that_is_no_json_is_still_a_problem() -> None:
    with pytest.raises(Problem) as raised:
        Edge(httpx.Response(500, text="<html>")).session().get("/api/things/1", Thing)
    assert raised.value.status == 500


def test_patience_has_an_end() -> None:
    edge = Edge(*(httpx.Response(503) for _ in range(50)))
    with pytest.raises(Unreachable) as raised:
        edge.session(patience=0.0).post("/api/things", Thing)
    assert "503" in raised.value.what
    assert edge.waits == []


def test_a_list_is_read_to_its_last_page() -> None:
    edge = Edge(
        httpx.Response(200, json={"items": [{"name": "a"}, {"name": "b"}], "next": "c1"}),
        httpx.Response(200, json={"items": [{"name": "c"}], "next": None}),
    )
    assert [thing.name for thing in edge.session().each("/api/things", Thing, {"open": True})] == ["a", "b", "c"]
    assert [dict(request.url.params) for request in edge.requests] == [
        {"open": "true"},
        {"open": "true", "cursor": "c1"},
    ]


def test_a_token_is_used_until_it_is_about_to_run_out() -> None:
    asked = 0

    def edge(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        if request.url.path == "/oauth/token":
            asked += 1
            return httpx.Response(200, json={"access_token": f"t-{asked}", "expires_in": 900 if asked == 1 else 1})
        return httpx.Response(200, json={"name": request.headers["Authorization"]})

    def sign_in() -> Session:
        return Api("http://edge.example", transport=httpx.MockTransport(edge)).sign_in("a@stem.example", "b")

    lasting, passing = sign_in(), sign_in()
    assert [lasting.get("/api/x", Thing).name for _ in range(2)] == ["Bearer t-1", "Bearer t-1"]
    assert [passing.get("/api/x", Thing).name for _ in range(2)] == ["Bearer t-3", "Bearer t-4"]


def test_an_edge_that_never_answers_is_said_so_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "FIRST_WORD", 0.0)
    (port,) = free_ports(1)
    with pytest.raises(Unreachable) as raised:
        client.connect(f"http://127.0.0.1:{port}")
    assert "make status" in raised.value.remedy
