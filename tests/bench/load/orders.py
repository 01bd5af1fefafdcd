"""What the load process is told, and what it tells: one JSON object a line, in and out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

FRESH = "00000000-0000-0000-0000-000000000000"
"""Stands in a request for an identifier that is made anew each time it is sent."""

FIRST_LOOK = 0.02
BETWEEN_LOOKS = 0.01
SHARE_WAITED = 0.15
"""Seconds until the first look at a booking that is not decided yet, and between two looks at least; later a share of
the time that was waited: clients that look ever so often would themselves be the load."""


class Request(BaseModel):
    """One request, with its headers and body as they go over the wire; FRESH in it is replaced each time.

    In an order of kind once, `then` is what the client goes on with when it was answered with success.
    """

    model_config = ConfigDict(frozen=True)
    method: Literal["GET", "POST"]
    path: str
    token: str | None = None
    body: str | None = None
    then: Request | None = None

    def wire(self, port: int) -> bytes:
        """The bytes of the request."""
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "User-Agent: bench"]
        if self.token is not None:
            lines.append(f"Authorization: Bearer {self.token}")
        body = (self.body or "").encode()
        if self.method == "POST":
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", f"Idempotency-Key: {FRESH}"]
        return "\r\n".join([*lines, "", ""]).encode() + body


def post(path: str, body: object, token: str | None = None) -> Request:
    """A POST with a JSON body."""
    return Request(method="POST", path=path, token=token, body=json.dumps(body, separators=(",", ":")))


def get(path: str, token: str | None = None) -> Request:
    """A GET."""
    return Request(method="GET", path=path, token=token)


class Order(BaseModel):
    """What the clients shall do on a port.

    closed: `clients` ask again and again for `seconds`. steady: `rate` requests a second for `seconds`, whatever the
    answers take. once: each request once, with what
    follows it, `clients` at a time; the last answer counts. follow: like steady, but every `watch_every`-th booking
    is looked at until it is decided. insert: `clients` insert single documents into the store at `uri`, over and over.
    """

    model_config = ConfigDict(frozen=True)
    kind: Literal["closed", "steady", "once", "follow", "insert"]
    port: int = 0
    requests: tuple[Request, ...] = ()
    clients: int = 1
    seconds: float = 0.0
    rate: float = 0.0
    watch_every: int = 1
    uri: str = ""
    answers: bool = False


class Outcome(BaseModel):
    """What came of it. `cpu` is in seconds of the load process.

    `latencies` (milliseconds), `ended` (seconds after the start) and `order` (what was answered) have an entry for
    each answer, in the order in which they came; `statuses` counts the last.
    """

    seconds: float
    cpu: float
    latencies: tuple[float, ...]
    ended: tuple[float, ...] = ()
    order: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()

    @property
    def statuses(self) -> Counter[str]:
        """How often each was answered."""
        return Counter(self.order)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def count(self, *statuses: str) -> int:
        """How many were answered so."""
        return sum(self.statuses[status] for status in statuses)


def demand(outcome: Outcome, allowed: Sequence[str]) -> Outcome:
    """Raises RuntimeError when something else was answered: a figure of errors is no figure."""
    others = {status: count for status, count in outcome.statuses.items() if status not in allowed}
    if others:
        raise RuntimeError(f"the clients were answered {others}, such as {outcome.answers[-1:]}")
    return outcome
