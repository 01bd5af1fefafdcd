"""A client of the API as a partner would write one: through the edge only, with tokens, and safe to repeat.

    api = connect("http://127.0.0.1:8080")
    teacher = api.sign_in("teacher-900001@stem.example", password)
    booking = teacher.post(f"/api/occurrences/{occurrence}/bookings", BookingAnswer, {...})

Guarantee: a POST takes effect once. It carries an Idempotency-Key of its own, and while the service behind it is away
(no connection, 502, 503, 504) or the caller is too fast (429), it is repeated with the same key until it is answered
or `patience` seconds are over. Any other answer that is no success raises Problem. A session may serve many threads.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict

from infra.local.obstacles import Obstacle
from shared.ids import new_id

PATIENCE = 60.0
FIRST_WORD = 5.0
TIMEOUT = httpx.Timeout(40.0, connect=5.0)
LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=32)
AWAY = {429, 502, 503, 504}
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 1.0
RENEW_BEFORE = 30.0

Query = Mapping[str, str | int | bool]


class Answer(BaseModel):
    """What a client reads of an answer; it ignores what it does not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")


A = TypeVar("A", bound=Answer)


def edge_at(url: str) -> str:
    """The edge to call: the one that is given, or that of the stack that runs here. Raises Obstacle when none does."""
    if url:
        return url.rstrip("/")
    # Imported when it is needed: it knows how to start the stack, and so takes as long as all other imports together.
    from infra.local import running

    return running.edge_url()


def connect(url: str, *, retried: Callable[[str, str], None] | None = None) -> Api:
    """The edge at this address, or that of the stack that runs here, once it has answered. Raises Obstacle."""
    address = edge_at(url)
    with Api(address, patience=FIRST_WORD) as api:
        api.send("GET", "/health")
    return Api(address, retried=retried)


class Token(Answer):
    """An access token and how many seconds it lives."""

    access_token: str
    expires_in: float


class BrokenRule(Answer):
    """One field of a request and the rule it breaks."""

    field: str = ""
    rule: str = ""
    message: str = ""


class Problem(Obstacle):
    """A no of the API (RFC 9457). `slug` is its stable type, `correlation_id` finds it in the logs."""

    def __init__(self, request: str, status: int, body: Mapping[str, Any]) -> None:
        self.status = status
        self.body = body
        self.slug = str(body.get("type") or body.get("error") or "no-problem-given").rpartition("/")[2]
        self.title = str(body.get("title") or body.get("error_description") or self.slug)
        self.detail = str(body.get("detail") or self.title)
        self.correlation_id = str(body.get("correlation_id", ""))
        self.broken_rules = [BrokenRule.model_validate(rule) for rule in body.get("errors", ())]
        rules = "".join(f"\n    {rule.field}: {rule.message or rule.rule}" for rule in self.broken_rules)
        super().__init__(
            f"{request} was answered {status} ({self.slug}): {self.detail}{rules}",
            f"see what led to it: stem trace {self.correlation_id}" if self.correlation_id else "see: make logs",
        )


class Unreachable(Obstacle):
    """The edge did not answer, or said for too long that a service is away."""

    def __init__(self, request: str, seconds: float, reason: str) -> None:
        super().__init__(
            f"{request} was not answered within {seconds:.0f} s ({reason})", "is the stack ready? see: make status"
        )


class Api:
    """An edge, spoken to by any number of sessions. `retried` is told of each repeat: what, and why."""

    def __init__(
        self,
        url: str,
        *,
        patience: float = PATIENCE,
        retried: Callable[[str, str], None] | None = None,
        transport: httpx.BaseTransport | None = None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url
        self._patience = patience
        self._retried = retried
        self._wait = wait
        headers = {"User-Agent": "stem"}
        self._http = httpx.Client(base_url=url, timeout=TIMEOUT, limits=LIMITS, headers=headers, transport=transport)

    def __enter__(self) -> Api:
        """The connections, to be closed at the end."""
        return self

    def __exit__(self, *failure: object) -> None:
        """Close the connections."""
        self._http.close()

    def sign_in(self, email: str, password: str) -> Session:
        """A session of a built-in account. Raises Problem where the two do not fit."""
        return Session(self, email, password)

    def anonymous(self, path: str, answer: type[A], query: Query | None = None) -> A:
        """Read what anybody may read."""
        return answer.model_validate_json(self.send("GET", path, params=_asked(query)).content)

    def token(self, email: str, password: str) -> Token:
        """A fresh access token."""
        form = {"grant_type": "password", "username": email, "password": password}
        return Token.model_validate_json(self.send("POST", "/oauth/token", data=form).content)

    def send(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Send until there is an answer that says more than "not now". Raises Problem or Unreachable."""
        what = f"{method} {path}"
        until = time.monotonic() + self._patience
        pause = FIRST_PAUSE
        while True:
            try:
                response = self._http.request(method, path, **request)
                if response.status_code not in AWAY:
                    return _checked(what, response)
                reason = f"{response.status_code} {response.reason_phrase}"
            except httpx.TransportError as error:
                response, reason = None, type(error).__name__
            seconds = max(pause * random.uniform(0.5, 1.5), _retry_after(response))  # noqa: S311 - jitter, no secret
            if time.monotonic() + seconds > until:
                raise Unreachable(what, self._patience, reason)
            if self._retried is not None:
                self._retried(what, reason)
            self._wait(seconds)
            pause = min(pause * 2, LONGEST_PAUSE)


class Session:
    """Somebody who is signed in. The token is renewed before it runs out."""

    def __init__(self, api: Api, email: str, password: str) -> None:
        self.api = api
        self.email = email
        self._password = password
        self._lock = threading.Lock()
        self._token = ""
        self._good_until = 0.0
        self._headers()

    def get(self, path: str, answer: type[A], query: Query | None = None) -> A:
        """Read one answer."""
        response = self.api.send("GET", path, params=_asked(query), headers=self._headers())
        return answer.model_validate_json(response.content)

    def each(self, path: str, answer: type[A], query: Query | None = None) -> Iterator[A]:
        """Read all pages of a list, row by row."""
        asked = dict(query or {})
        while True:
            page = self.api.send("GET", path, params=_asked(asked), headers=self._headers()).json()
            yield from (answer.model_validate(row) for row in page["items"])
            if not page.get("next"):
                return
            asked["cursor"] = page["next"]

    def post(
        self,
        path: str,
        answer: type[A],
        body: object = None,
        *,
        key: str | None = None,
        request_id: str | None = None,
        method: Literal["POST", "PUT", "PATCH"] = "POST",
    ) -> A:
        """Do something once, however often it has to be said. `request_id` becomes its correlation id."""
        headers = self._headers() | {"Idempotency-Key": key or new_id()}
        if request_id is not None:
            headers["X-Request-ID"] = request_id
        response = self.api.send(method, path, json={} if body is None else body, headers=headers)
        return answer.model_validate_json(response.content)

    def upload(self, path: str, answer: type[A], content: bytes, query: Query | None = None) -> A:
        """Send a CSV file."""
        headers = self._headers() | {"Idempotency-Key": new_id(), "Content-Type": "text/csv"}
        response = self.api.send("POST", path, content=content, params=_asked(query), headers=headers)
        return answer.model_validate_json(response.content)

    def _headers(self) -> dict[str, str]:
        with self._lock:
            if time.monotonic() > self._good_until - RENEW_BEFORE:
                token = self.api.token(self.email, self._password)
                self._token = token.access_token
                self._good_until = time.monotonic() + token.expires_in
            return {"Authorization": f"Bearer {self._token}"}


def _asked(query: Query | None) -> dict[str, str]:
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in (query or {}).items()
    }


def _checked(what: str, response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    try:
        body = response.json()
    except ValueError:
        body = {}
    raise Problem(what, response.status_code, body if isinstance(body, dict) else {})


def _retry_after(response: httpx.Response | None) -> float:
    said = "" if response is None else response.headers.get("Retry-After", "")
    return float(said) if said.isdecimal() else 0.0
