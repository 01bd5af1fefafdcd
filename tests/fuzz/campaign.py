"""Requests that nobody would think of, made by Schemathesis from the description, through the edge, in each role.

    found = round_of(Target.of(stack), Round("teacher", seed=1, examples=20))

A round is one role's: examples of the description, systematic coverage of each schema, random data, and chains of
requests in which one answer feeds the next (stateful). The same seed and description make the same data; what chains
do with it depends on the answers. A finding is a check that did not hold, with the request to repeat it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import schemathesis
from schemathesis.engine import Status, events, from_schema

from infra.local.stack import Stack
from services.gateway.demo_accounts import DEMO_DOMAIN, DEMO_PASSWORD

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
UNAVAILABLE: Final = 503
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


@dataclass(slots=True)
class Findings:
    """What one role's round has come to."""

    role: str
    seed: int
    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    phases: Counter[str] = field(default_factory=Counter)
    broken: dict[str, str] = field(default_factory=dict)

    @property
    def server_errors(self) -> int:
        """Answers of 500 and above, but for 503, by which an overloaded service says that it is not there just now."""
        return sum(count for status, count in self.statuses.items() if status >= 500 and status != UNAVAILABLE)

    def summary(self) -> str:
        """One line."""
        kinds = Counter(f"{status // 100}xx" for status in self.statuses.elements())
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        return (
            f"{self.role}: {self.cases} cases ({told}), {self.server_errors} server errors, "
            f"{self.statuses[UNAVAILABLE]} unavailable, {len(self.broken)} broken"
        )

    def take(self, event: events.ScenarioFinished) -> None:
        """Count a scenario in."""
        recorder = event.recorder
        answers = [interaction.response for interaction in recorder.interactions.values()]
        self.cases += len(answers)
        self.phases[event.phase.value] += len(answers)
        self.statuses.update(answer.status_code for answer in answers if answer is not None)
        for case_id, checks in recorder.checks.items():
            for check in checks:
                if check.status is Status.FAILURE and check.failure_info is not None:
                    failure = check.failure_info.failure
                    case = recorder.cases[case_id].value
                    where = f"{check.name}: {case.operation.label}: {failure.title}"
                    self.broken.setdefault(where, f"{failure.message}\n{case.as_curl_command()}")


@dataclass(frozen=True, slots=True)
class Round:
    """What is asked in one go: as one role, up to so many random examples an operation, for so many seconds."""

    role: str
    seed: int
    examples: int
    phases: tuple[str, ...] = PHASES
    seconds: int | None = None


def round_of(target: Target, wanted: Round) -> Findings:
    """Ask, and tell what was found."""
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
            found.take(event)
        elif isinstance(event, events.NonFatalError):
            found.broken.setdefault(f"not asked: {event.label}", str(event.value))
        elif isinstance(event, events.FatalError):
            raise event.exception
    return found
