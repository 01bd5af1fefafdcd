"""Requests that nobody would think of, made by Schemathesis from the description, through the edge, in each role.

    found = round_of(Target.of(stack), Round("teacher", seed=1, examples=20))

A round is one role's: examples of the description, systematic coverage of each schema, random data, and chains of
requests in which one answer feeds the next (stateful). The same seed and description make the same data; what chains
do with it depends on the answers. A finding is a check that did not hold, with the request to repeat it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

import httpx
import schemathesis
from joserfc.jwk import ECKey
from schemathesis.engine import events, from_schema

from infra.cli.client import Api
from infra.local.stack import Stack
from infra.story.plot import told
from infra.story.stage import Stage
from services.gateway.demo_accounts import DEMO_ACCOUNTS, DEMO_DOMAIN
from services.gateway.description import METHODS
from services.gateway.signing import Issuer
from shared.http.principal import Principal
from shared.testing.tokens import AUDIENCE, ISSUER
from tests.fuzz.acquaintance import Known, known_ids
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

STAFF: Final = ("programme-officer", "finance-officer", "operator", "auditor")
OFTEN: Final = 0.8
"""How often what is asked about exists."""

PHASES: Final = ("examples", "coverage", "fuzzing", "stateful")
CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
)
UNSUPPORTED_METHOD: Final = "unsupported_method"
"""A check that needs the whole description: of a part it takes a method that was left out for one that is not there."""

REQUEST_SECONDS: Final = 40.0
PASSING: Final = {"enabled": True, "expected-statuses": ["2xx", "3xx", "4xx", str(UNAVAILABLE)]}
UNLIMITED: Final = {"RATE_LIMIT": "0", "SIGN_IN_RATE": "0"}
"""The environment of a stack that answers as often as it is asked."""


@dataclass(frozen=True, slots=True)
class Target:
    """A running stack: where it is, what it says of itself, what it signs tokens with (a JWK), and
    some ids of what it holds."""

    url: str
    description: dict[str, Any]
    key: str
    known: Known

    @classmethod
    def of(cls, stack: Stack) -> Target:
        """The target that a stack is, once the story was told on it: then there is something to ask about."""
        with Api(stack.edge_url) as api:
            told(Stage(api))
        answer = httpx.get(f"{stack.edge_url}/openapi.json", timeout=REQUEST_SECONDS)
        target = cls(stack.edge_url, answer.raise_for_status().json(), stack.plan.private_key.read_text(), {})
        asking = {role: target.headers(role) for role in STAFF}
        return replace(target, known=known_ids(target.url, target.description, asking))

    def headers(self, role: str) -> dict[str, str]:
        """The headers by which services know a role."""
        return {} if ROLES[role] is None else {"Authorization": f"Bearer {self.token(role)}"}

    def token(self, role: str) -> str:
        """A fresh access token of the demo account that plays a role.

        Signed here and not asked for: an operator's random requests shut accounts.
        """
        account = next(one for one in DEMO_ACCOUNTS if one.email == f"{ROLES[role]}@{DEMO_DOMAIN}")
        scope = account.scope
        principal = Principal(account.account_id, scope.held, scope.school_urn, scope.employer_id, scope.partnership_id)
        key = ECKey.import_key(json.loads(self.key))
        return Issuer(ISSUER, AUDIENCE, (key,)).access_token(principal, "fuzz", datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Round:
    """What is asked in one go: as one role, up to so many random examples an operation, for so many seconds."""

    role: str
    seed: int
    examples: int
    phases: tuple[str, ...] = PHASES
    seconds: int | None = None
    permitted_only: bool = False
    """Whether to ask only for what the role may do, which leads further than being refused."""


def round_of(target: Target, wanted: Round, heard: Callable[[int], None] = lambda _: None) -> Findings:
    """Ask, and tell what was found; `heard` is told of every few requests that have been answered."""
    found = Findings(wanted.role, wanted.seed)
    checks = CHECKS if wanted.permitted_only else (*CHECKS, UNSUPPORTED_METHOD)
    settings: dict[str, Any] = {
        "base-url": target.url,
        "headers": target.headers(wanted.role),
        "dictionaries": {name: {"values": values} for name, values in target.known.items()},
        "parameters": {
            f"{place}.{name}": {"dictionary": name, "probability": OFTEN}
            for name in target.known
            for place in ("path", "query", "body")
        },
        "seed": wanted.seed,
        "workers": 1,
        "request-timeout": REQUEST_SECONDS,
        "continue-on-failure": True,
        "checks": {"enabled": False, **{name: {"enabled": True} for name in checks}, "not_a_server_error": PASSING},
        "phases": {phase: {"enabled": phase in wanted.phases} for phase in PHASES},
        "generation": {"max-examples": wanted.examples, "no-shrink": True, "database": "none"},
        "suppress-health-check": ["all"],
    }
    if wanted.seconds is not None:
        settings["max-time"] = wanted.seconds
    schema = schemathesis.openapi.from_dict(_asked_for(target, wanted), config=schemathesis.Config.from_dict(settings))
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            heard(found.take(event))
        elif isinstance(event, events.NonFatalError):
            found.broken.setdefault(f"not asked: {event.label}", str(event.value))
        elif isinstance(event, events.FatalError):
            raise event.exception
    return found


def _asked_for(target: Target, wanted: Round) -> dict[str, Any]:
    """A copy of the description, or of what of it this role may do.

    A copy, because Schemathesis writes the links that it finds into it, and those of one round would lead another to
    operations that it does not know.
    """
    description = deepcopy(target.description)
    if not wanted.permitted_only:
        return description
    paths = {
        path: {
            method: operation
            for method, operation in methods.items()
            if method not in METHODS or wanted.role in operation.get("x-roles", (wanted.role,))
        }
        for path, methods in description["paths"].items()
    }
    return {**description, "paths": {path: methods for path, methods in paths.items() if methods}}
