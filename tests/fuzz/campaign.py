"""Requests that nobody would think of, made by Schemathesis from the description, through the edge, in each role.

    found = round_of(Target.of(stack), Round("teacher", seed=1, examples=20))

A round is one role's: examples of the description, systematic coverage of each schema, random data, and chains of
requests in which one answer feeds the next (stateful). The same seed and description make the same data; what chains
do with it depends on the answers. A finding is a check that did not hold, with the request to repeat it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx
import schemathesis
from schemathesis.engine import events, from_schema

from infra.local.stack import Stack
from services.gateway.demo_accounts import DEMO_DOMAIN, DEMO_PASSWORD
from tests.fuzz.findings import UNAVAILABLE, Findings

ROLES: Final[Mapping[str, str | None]] = {
    "programme-officer": "officer",
    "finance-officer": "finance",
    "operator": "operator",
    "partnership-lead": "lead-900001",
    "school-approver": "approver-900002",
    "teacher": "teacher-900001",
    "auditor": "auditor",
    "host-contact": "host",
    "ambassador": "ambassador",
    "anonymous": None,
}
"""The roles, and the demo account that plays each."""

PHASES: Final = ("examples", "coverage", "fuzzing", "stateful")
CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
    "unsupported_method",
)
REQUEST_SECONDS: Final = 40.0
PASSING: Final = {"enabled": True, "expected-statuses": ["2xx", "3xx", "4xx", str(UNAVAILABLE)]}
UNLIMITED: Final = {"RATE_LIMIT": "0", "SIGN_IN_RATE": "0"}
"""The environment of a stack that answers as often as it is asked."""


@dataclass(frozen=True, slots=True)
class Target:
    """A running stack: where it is and what it says of itself."""

    url: str
    description: dict[str, Any]

    @classmethod
    def of(cls, stack: Stack) -> Target:
        """The target that a stack is."""
        answer = httpx.get(f"{stack.edge_url}/openapi.json", timeout=REQUEST_SECONDS)
        return cls(stack.edge_url, answer.raise_for_status().json())

    def token(self, account: str) -> str | None:
        """A fresh access token of a demo account; None where an operator's random requests have shut the account."""
        form = {"grant_type": "password", "username": f"{account}@{DEMO_DOMAIN}", "password": DEMO_PASSWORD}
        answer = httpx.post(f"{self.url}/oauth/token", data=form, timeout=REQUEST_SECONDS)
        if answer.status_code == httpx.codes.BAD_REQUEST and answer.json()["error"] == "invalid_grant":
            return None
        return str(answer.raise_for_status().json()["access_token"])


@dataclass(frozen=True, slots=True)
class Round:
    """What is asked in one go: as one role, up to so many random examples an operation, for so many seconds."""

    role: str
    seed: int
    examples: int
    phases: tuple[str, ...] = PHASES
    seconds: int | None = None


def round_of(target: Target, wanted: Round, heard: Callable[[int], None] = lambda _: None) -> Findings:
    """Ask, and tell what was found; `heard` is told of every few requests that have been answered."""
    account = ROLES[wanted.role]
    found = Findings(wanted.role, wanted.seed)
    token = None if account is None else target.token(account)
    if account is not None and token is None:
        return found
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    settings: dict[str, Any] = {
        "base-url": target.url,
        "headers": headers,
        "seed": wanted.seed,
        "workers": 1,
        "request-timeout": REQUEST_SECONDS,
        "continue-on-failure": True,
        "checks": {"enabled": False, **{name: {"enabled": True} for name in CHECKS}, "not_a_server_error": PASSING},
        "phases": {phase: {"enabled": phase in wanted.phases} for phase in PHASES},
        "generation": {"max-examples": wanted.examples, "no-shrink": True, "database": "none"},
        "suppress-health-check": ["all"],
    }
    if wanted.seconds is not None:
        settings["max-time"] = wanted.seconds
    schema = schemathesis.openapi.from_dict(target.description, config=schemathesis.Config.from_dict(settings))
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            heard(found.take(event))
        elif isinstance(event, events.NonFatalError):
            found.broken.setdefault(f"not asked: {event.label}", str(event.value))
        elif isinstance(event, events.FatalError):
            raise event.exception
    return found
